package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"
)

// released gives a state that another version of the program made; testdata/state/README.md says what it holds.
func released(t *testing.T, name string) Settings {
	t.Helper()
	dir := t.TempDir()
	s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Anchor: filepath.Join(dir, "anchor"), Who: "ann@host", Command: "apply"}
	if strings.Contains(name, "key") {
		s.Key = "correct horse"
	}
	copyFile(t, filepath.Join("..", "..", "testdata", "state", name), s.Path)
	seen, err := Inspect(t.Context(), s)
	must(t, err)
	s.Lineage, s.Expect = seen.Lineage, seen.Identity.String()
	return s
}

// recorded is what a released state says of one person.
type recorded struct {
	address  string
	revision int
	number   string
}

// releasedSends is what the states in testdata/state hold, as whoever opens them finds it.
var releasedSends = map[recorded]string{
	{"message.outage", 1, "12025550143"}:       "accepted 0",
	{"message.outage", 1, "61491570006"}:       "refused 105",
	{"message.outage", 1, "491713920001"}:      "accepted 0",
	{"message.outage", 1, "46701740605"}:       "refused 122",
	{"message.outage", 1, "12025550144"}:       "in doubt 0",
	{"message.outage", 1, "12025550145"}:       "in doubt 0",
	{"message.outage", 1, "12025550146"}:       "unconfirmed 0",
	{"message.outage", 1, "12025550147"}:       "unconfirmed 0",
	{"message.outage", 2, "12025550150"}:       "cancelled 0",
	{"message.outage", 2, "12025550151"}:       "imported 0",
	{"message.outage", 2, "12025550152"}:       "unsent 0",
	{`message.notice["en"]`, 1, "12025550143"}: "accepted 0",
	{`message.notice["en"]`, 1, "12025550148"}: "accepted 0",
	{`message.notice["en"]`, 1, "12025550149"}: "unsent 0",
	{"message.late", 1, "12025550153"}:         "in doubt 0",
	{"message.late", 1, "12025550154"}:         "unsent 0",
}

// known gives what a snapshot says of everybody in releasedSends, and how many sends it holds.
func known(snap *Snapshot) (map[recorded]string, int) {
	got, n := map[recorded]string{}, 0
	for r := range releasedSends {
		if send, found := snap.Ledger(r.address, r.revision).Find(snap.AppendAlias(nil, []byte(r.number))); found {
			got[r] = fmt.Sprintf("%s %d", send.Outcome, send.Code)
		}
	}
	for _, m := range snap.Messages() {
		for _, k := range m.Counts {
			n += k
		}
	}
	return got, n
}

func TestStatesOfEveryReleasedFormatAreUnderstood(t *testing.T) {
	fixtures, err := filepath.Glob(filepath.Join("..", "..", "testdata", "state", "*.state"))
	if err != nil || len(fixtures) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, fixture := range fixtures {
		name := filepath.Base(fixture)
		t.Run(name, func(t *testing.T) {
			s := released(t, name)
			before, err := os.ReadFile(s.Path)
			must(t, err)
			understood := func(when string, snap *Snapshot) {
				t.Helper()
				got, n := known(snap)
				if diff := cmp.Diff(releasedSends, got); diff != "" || n != len(releasedSends) {
					t.Errorf("%s: %d sends\n%s", when, n, diff)
				}
				stopped := func(number string) bool { return snap.Stopped(snap.AppendAlias(nil, []byte(number))) }
				if !stopped("46701740605") || stopped("12025550143") {
					t.Errorf("%s: the stop list is another", when)
				}
			}
			understood("read", read(t, s))
			sound(t, s)
			if after, err := os.ReadFile(s.Path); err != nil || string(after) != string(before) {
				t.Errorf("reading has changed the file (%v)", err)
			}

			st := opened(t, s)
			understood("opened", snapshot(t, st))
			var all []Person
			for r := range releasedSends {
				if r.address == "message.outage" && r.revision == 1 {
					all = st.AppendAlias(all, r.number)
				}
			}
			got := claimed(t, st, started(t, st), Claim{Address: "message.outage", Revision: 1, People: all})
			if got[0].Request != 0 {
				t.Error("somebody would be sent to twice")
			}
			must(t, st.Close())
			s.Expect = ""
			understood("opened once more", read(t, s))
			sound(t, s)
		})
	}
}

func TestTheFormerFormatIsKeptBesideTheState(t *testing.T) {
	s := released(t, "format-1.state")
	former := read(t, s)
	must(t, opened(t, s).Close())
	copies, err := filepath.Glob(s.Path + ".format-1.*")
	must(t, err)
	want := fmt.Sprintf("%s.format-1.%d-%x", s.Path, former.Serial, former.Head[:4])
	if diff := cmp.Diff([]string{want}, copies); diff != "" {
		t.Fatal(diff)
	}
	if i, err := os.Stat(want); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v; want 600", i.Mode(), err)
	}
	kept := s
	kept.Path = want
	kept.Anchor = ""
	if got := read(t, kept); got.Identity != former.Identity {
		t.Errorf("the copy ends with %v; want %v", got.Identity, former.Identity)
	}
	sound(t, kept)
}

func TestAMigratedStateIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it has no modes")
	}
	s := released(t, "format-1.state")
	must(t, os.Chmod(s.Path, 0o644))
	must(t, os.WriteFile(s.Path+"-shm", nil, 0o600))
	must(t, os.Chmod(s.Path+"-shm", 0o644)) // whatever the umask is
	must(t, opened(t, s).Close())
	files, err := filepath.Glob(s.Path + "*")
	must(t, err)
	for _, file := range files {
		if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("the mode of %s is %v, %v; want 600", filepath.Base(file), i.Mode(), err)
		}
	}
}

// Checksums and tables are two transactions: whoever comes in between reads the state, and goes on with it.
func TestAMigrationThatWasBrokenOffIsGoneOnWith(t *testing.T) {
	for _, name := range []string{"format-1.state", "format-2.state"} {
		t.Run(name, func(t *testing.T) {
			s := released(t, name)
			d, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READWRITE)
			must(t, err)
			must(t, d.addChecksums())
			must(t, d.close())
			before, n := known(read(t, s))
			must(t, opened(t, s).Close())
			s.Expect = ""
			after, m := known(read(t, s))
			if diff := cmp.Diff(before, after); diff != "" || n != m || len(after) != len(releasedSends) {
				t.Errorf("%d sends, then %d; %s", n, m, diff)
			}
			sound(t, s)
		})
	}
}

// What is not the configuration's is not touched.
func TestAForeignStateKeepsItsFormat(t *testing.T) {
	s := released(t, "format-1.state")
	s.Kind = Real
	before, err := os.ReadFile(s.Path)
	must(t, err)
	var mismatch *MismatchError
	if _, err := Open(t.Context(), s); !errors.As(err, &mismatch) {
		t.Errorf("Open gave %v; want a *MismatchError", err)
	}
	if _, err := Adopt(t.Context(), s); !errors.As(err, &mismatch) {
		t.Errorf("Adopt gave %v; want a *MismatchError", err)
	}
	s.Kind, s.Expect = Simulator, ""
	if _, err := Adopt(t.Context(), s); err != nil {
		t.Error(err)
	}
	copies, err := filepath.Glob(s.Path + ".format-1.*")
	must(t, err)
	if len(copies) != 1 {
		t.Errorf("copies %v; want one, from the time when it was adopted", copies)
	} else if after, err := os.ReadFile(copies[0]); err != nil || len(after) != len(before) {
		t.Errorf("the copy is not the state as it was: %v", err)
	}
}

func TestAMigratedStateHasTheTablesOfANewOne(t *testing.T) {
	tables := func(s Settings) map[string][]string {
		d, err := openDatabase(local{}, s.Path, 0x2)
		must(t, err)
		defer d.close()
		columns := map[string][]string{}
		for r, err := range d.rows("SELECT t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, t.wr, t.strict" +
			" FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main' ORDER BY t.name, c.cid") {
			must(t, err)
			var row []string
			for i := 1; i < r.ColumnCount(); i++ {
				row = append(row, r.ColumnText(i))
			}
			columns[r.ColumnText(0)] = append(columns[r.ColumnText(0)], strings.Join(row, " "))
		}
		for r, err := range d.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'index'") {
			must(t, err)
			columns["index "+r.ColumnText(0)] = []string{r.ColumnText(1)}
		}
		return columns
	}
	s := released(t, "format-1.state")
	must(t, opened(t, s).Close())
	if diff := cmp.Diff(tables(created(t)), tables(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	for _, version := range []int{0, Format + 1} {
		s := created(t)
		d, err := openDatabase(local{}, s.Path, 0x2)
		must(t, err)
		must(t, d.conn.Exec(fmt.Sprintf("PRAGMA user_version = %d", version)))
		must(t, d.close())
		_, openErr := Open(t.Context(), s)
		_, readErr := Read(t.Context(), s)
		_, adoptErr := Adopt(t.Context(), s)
		for call, err := range map[string]error{"Open": openErr, "Read": readErr, "Adopt": adoptErr} {
			var mismatch *MismatchError
			if !errors.As(err, &mismatch) || !strings.Contains(mismatch.Remedy, "newer") {
				t.Errorf("%s of format %d gave %v; want a *MismatchError that says what to do", call, version, err)
			}
		}
	}
}
