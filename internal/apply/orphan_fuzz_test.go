package apply

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/state"
)

// Whatever a file of orphans holds, it is refused whole, or its lines are outcomes that the state takes for the request that they are
// about and for no other: whoever was accepted stays so, and nobody is forgotten.
func FuzzOrphans(f *testing.F) {
	dir := f.TempDir()
	settings := state.Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: state.Simulator, Anchor: filepath.Join(dir, "anchor"), Who: "ann@desk", Command: "resolve"}
	id, err := state.Create(f.Context(), settings)
	if err != nil {
		f.Fatal(err)
	}
	settings.Lineage = id.Lineage
	words, files := doubtful(f, settings)
	const line = `{"at":"2026-03-02T12:00:00Z","lineage":"LINEAGE","run":RUN,"request":REQUEST,"climsgid":"CLIENT","people":2,"outcome":"accepted",` +
		`"apimsgids":["00000000000000000000000000000001","00000000000000000000000000000002"],"evidence":"answer read whole"}`
	refused := strings.Replace(line, `"evidence"`, `"exceptions":[{"position":1,"outcome":"refused","code":122}],"evidence"`, 1)
	for _, seed := range []string{
		line, line + "\n" + line, "\n\n" + refused + "\n", strings.Replace(line, "accepted", "unsent", 1), strings.Replace(line, "accepted", "planned", 1), strings.Replace(line, `"people":2`, `"people":-1`, 1),
		strings.Replace(refused, `"position":1`, `"position":2`, 1), strings.Replace(line, "LINEAGE", "another", 1), strings.Replace(line, "REQUEST", "1", 1), strings.Replace(line, "RUN", "99", 1),
		strings.Replace(line, "02\"]", "\"]", 1), "", "{}", "null", "[]", line[:80], strings.Replace(line, "CLIENT", "", 1), strings.Replace(line, `"code":122`, `"code":99999999999`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		text := words.Replace(string(content))
		late, err := readOrphans(strings.NewReader(text), settings.Lineage)
		if err != nil {
			for _, l := range strings.Fields(text) {
				if len(l) > 20 && strings.Contains(err.Error(), l) {
					t.Errorf("the file is repeated in the error %v", err)
				}
			}
			return
		}
		for _, l := range late {
			if again, err := readOrphans(strings.NewReader(lineOf(t, l, settings.Lineage)), settings.Lineage); err != nil || len(again) != 1 || cmp.Diff(again[0], l) != "" {
				t.Errorf("%+v is read again as %+v, %v", l, again, err)
			}
		}
		for path, b := range files {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := state.Open(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		done, _ := Reclaim(t.Context(), s, strings.NewReader(text), "ann@desk", "a test")
		snap, err := s.Snapshot(t.Context())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]map[state.Outcome]int{}
		for _, m := range snap.Messages() {
			counts[m.Address] = m.Counts
		}
		if got := counts["message.sent"]; got[state.Accepted] != 2 || len(got) != 1 {
			t.Errorf("whoever was accepted is now %v", got)
		}
		got := counts["message.doubt"]
		total := 0
		for o, n := range got {
			if total += n; !slices.Contains([]state.Outcome{state.InDoubt, state.Accepted, state.Refused, state.Unconfirmed, state.Unsent}, o) {
				t.Errorf("somebody is %s", o)
			}
		}
		if total != 2 || done.Recorded == 0 && got[state.InDoubt] != 2 || done.Recorded > len(late) {
			t.Errorf("%v after %+v", got, done)
		}
		if findings, err := state.Verify(t.Context(), settings); err != nil || len(findings) > 0 {
			t.Errorf("%v, %v", findings, err)
		}
	})
}

// doubtful leaves a request that was accepted and one in doubt in a new state. It gives the files, and what the words LINEAGE, RUN,
// REQUEST and CLIENT stand for, which is the one in doubt.
func doubtful(f *testing.F, settings state.Settings) (*strings.Replacer, map[string][]byte) {
	f.Helper()
	s, err := state.Open(f.Context(), settings)
	if err != nil {
		f.Fatal(err)
	}
	run, err := s.StartRun(f.Context(), state.Run{PlanID: "plan", Account: "account"})
	if err != nil {
		f.Fatal(err)
	}
	var last state.Claimed
	for _, outcome := range []state.Outcome{state.Accepted, state.InDoubt} {
		address := map[state.Outcome]string{state.Accepted: "message.sent", state.InDoubt: "message.doubt"}[outcome]
		claims := []state.Claim{{Address: address, Revision: 1, People: []state.Person{{1}, {2}}}}
		claimed, err := s.Claim(f.Context(), run, nil, slices.Values(claims))
		if err == nil {
			err = s.Begin(f.Context(), claimed[0].Request)
		}
		if err == nil {
			err = s.Settle(f.Context(), claimed[0].Request, state.Settlement{Outcome: outcome})
		}
		if err != nil {
			f.Fatal(err)
		}
		if outcome == state.InDoubt {
			last = claimed[0]
		}
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	files := map[string][]byte{}
	for _, path := range []string{settings.Path, settings.Path + "-wal", settings.Anchor} {
		if files[path], err = os.ReadFile(path); err != nil {
			f.Fatal(err)
		}
	}
	return strings.NewReplacer("LINEAGE", settings.Lineage, "RUN", strconv.FormatInt(int64(run), 10), "REQUEST", strconv.FormatInt(int64(last.Request), 10), "CLIENT", last.ClientID), files
}

// lineOf writes an outcome as an apply does.
func lineOf(t *testing.T, l state.Late, lineage string) string {
	t.Helper()
	o := orphan{Lineage: lineage, Run: l.Run, Request: l.Request, ClientID: l.ClientID, People: l.People, Outcome: l.Outcome.String(), Code: l.Code, Evidence: l.Evidence}
	for _, id := range l.IDs {
		o.IDs = append(o.IDs, hex.EncodeToString(id[:]))
	}
	for _, e := range l.Exceptions {
		o.Exceptions = append(o.Exceptions, orphanException{e.Index, e.Outcome.String(), e.Code})
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
