package state

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// image is the files of a state that holds sends.
type image struct {
	settings  Settings
	main, wal []byte
	anchor    []byte
	people    int
}

// imaged makes one. Live, its newest transactions are in the write-ahead log only, as after a crash.
func imaged(f *testing.F, live bool) image {
	f.Helper()
	i := image{settings: created(f)}
	st, err := Open(f.Context(), i.settings)
	must(f, err)
	run := started(f, st)
	for k := range 3 {
		people := crowd(10*k, 4)
		c := claimed(f, st, run, Claim{Address: address, Revision: 1 + k, People: people})
		must(f, st.Begin(f.Context(), c[0].Request))
		must(f, st.Settle(f.Context(), c[0].Request, Settlement{Outcome: []Outcome{Accepted, Refused, InDoubt}[k]}))
		i.people += len(people)
	}
	if !live {
		must(f, st.Close())
	}
	for path, into := range map[string]*[]byte{i.settings.Path: &i.main, i.settings.Path + "-wal": &i.wal, i.settings.Anchor: &i.anchor} {
		*into, err = os.ReadFile(path)
		must(f, err)
	}
	if live {
		must(f, st.Close())
	}
	return i
}

// lay puts the files of the image into the place of the state, changed by the fuzzer.
func (i *image) lay(t *testing.T, inLog bool, at uint32, patch []byte, cut uint32) {
	t.Helper()
	files := map[bool][]byte{false: append([]byte(nil), i.main...), true: append([]byte(nil), i.wal...)}
	if b := files[inLog]; len(b) > 0 {
		copy(b[int(at)%len(b):], patch)
		files[inLog] = b[:len(b)-int(cut)%len(b)]
	}
	path := i.settings.Path
	must(t, removeFiles(path+"-wal", path+"-shm"))
	must(t, os.WriteFile(path, files[false], 0o600))
	if len(files[true]) > 0 {
		must(t, os.WriteFile(path+"-wal", files[true], 0o600))
	}
	must(t, os.WriteFile(i.settings.Anchor, i.anchor, 0o600))
}

// A state whose bytes were changed, cut short or overwritten, in its header, its pages or its log, is opened, read and verified in
// bounded time and memory. Either all sends are in it, or it is refused as damaged, another one or rolled back, with what to do;
// never as one that is to be begun anew.
func FuzzStateFile(f *testing.F) {
	images := map[bool]image{false: imaged(f, false), true: imaged(f, true)}
	f.Add(false, false, uint32(0), []byte(nil), uint32(0))
	f.Add(true, false, uint32(0), []byte(nil), uint32(0))
	for _, at := range []uint32{0, 16, 18, 19, 20, 24, 28, 36, 40, 44, 47, 52, 56, 60, 68, 92, 96, 100, 103, 105, 108} {
		f.Add(false, false, at, []byte{0xff}, uint32(0))
		f.Add(true, false, at, []byte{0}, uint32(0))
		f.Add(true, true, at, []byte{1}, uint32(0))
	}
	for _, cut := range []uint32{1, 100, 512, 4096, 8192, 1 << 20} {
		f.Add(false, false, uint32(0), []byte(nil), cut)
		f.Add(true, true, uint32(0), []byte(nil), cut)
	}
	f.Add(false, false, uint32(0), []byte("another file altogether"), uint32(0))
	f.Fuzz(func(t *testing.T, live, inLog bool, at uint32, patch []byte, cut uint32) {
		i := images[live]
		i.lay(t, inLog, at, patch, cut)
		began, allocated := time.Now(), allocations()

		findings, err := Verify(t.Context(), i.settings)
		sane := err == nil && len(findings) == 0
		refusal(t, "Verify", err)
		snap, err := Read(t.Context(), i.settings)
		refusal(t, "Read", err)
		if err != nil && sane {
			t.Errorf("Verify finds nothing, and Read says %v", err)
		}
		if err == nil {
			i.whole(t, "Read", snap, sane)
		}
		st, err := Open(t.Context(), i.settings)
		refusal(t, "Open", err)
		if err != nil && sane {
			t.Errorf("Verify finds nothing, and Open says %v", err)
		}
		if err == nil {
			snap, err := st.Snapshot(t.Context())
			refusal(t, "Snapshot", err)
			if err == nil {
				i.whole(t, "Open", snap, sane)
			}
			if err := st.Close(); err != nil {
				refusal(t, "Close", err)
			}
		}
		if took, kept := time.Since(began), allocations()-allocated; took > 10*time.Second || kept > 256<<20 {
			t.Errorf("it took %v and %d bytes", took, kept)
		}
	})
}

// whole says that every send is in the snapshot of a state in which nothing is wrong.
func (i *image) whole(t *testing.T, how string, snap *Snapshot, sane bool) {
	t.Helper()
	people := 0
	for _, m := range snap.Messages() {
		for _, n := range m.Counts {
			people += n
		}
	}
	if sane && people != i.people {
		t.Errorf("%s: %d of %d sends are there, and Verify finds nothing", how, people, i.people)
	}
}

// refusal says that an error is one of a state that is not right, and what its reader is to do about it.
func refusal(t *testing.T, how string, err error) {
	t.Helper()
	var mismatch *MismatchError
	switch {
	case err == nil:
	case !errors.As(err, &mismatch):
		t.Errorf("%s: %v; it does not say that the state is damaged", how, err)
	case strings.Contains(mismatch.Remedy, "smsplan init"):
		t.Errorf("%s: %v; it says to begin anew", how, err)
	}
}

// allocations gives the bytes that were allocated so far.
func allocations() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Whatever the anchor holds, the state is taken only where it names the lineage, an event of the state with its head, and the host and
// the path; and the error names the anchor or what the state lacks.
func FuzzAnchor(f *testing.F) {
	i := imaged(f, false)
	for _, seed := range []string{string(i.anchor), "", "{}", "null", "[]", "{", `{"serial":1e99}`, `{"lineage":"x","serial":-1,"head":"00000000"}`} {
		f.Add([]byte(seed))
	}
	// Lineage, heads, host and path of this state cannot be guessed: they stand for words.
	f.Add([]byte(`{"lineage":"LINEAGE","serial":2,"head":"HEAD","host":"HOST","path":"PATH"}`))
	f.Add([]byte(`{"lineage":"LINEAGE","serial":99,"head":"HEAD","host":"HOST","path":"PATH"}`))
	path, err := resolve(i.settings.Path)
	must(f, err)
	host, err := hostID()
	must(f, err)
	d, err := openDatabase(local{}, path, sqlite3.OPEN_READONLY)
	must(f, err)
	f.Cleanup(func() { _ = d.close() })
	serial, head, err := d.last()
	must(f, err)
	m, err := d.meta()
	must(f, err)
	words := strings.NewReplacer("LINEAGE", m.Lineage, "HEAD", head.String(), "HOST", host, "PATH", path)
	settings := i.settings
	settings.Anchor = filepath.Join(f.TempDir(), "anchor")
	f.Fuzz(func(t *testing.T, content []byte) {
		text := words.Replace(string(content))
		must(t, os.WriteFile(settings.Anchor, []byte(text), 0o600))
		a, err := readAnchor(settings.Anchor)
		if err != nil && !strings.Contains(err.Error(), settings.Anchor) {
			t.Errorf("%v; it does not name the anchor", err)
		}
		err = d.checkHistory(path, m, settings)
		if err == nil {
			if a.Lineage != m.Lineage || a.Host != host || a.Path != path || len(a.Head) < 8 || a.Serial > serial ||
				a.Serial == serial && !strings.HasPrefix(head.String(), a.Head) {
				t.Errorf("the state is taken with the anchor %s", content)
			}
			return
		}
		if mismatch := (*MismatchError)(nil); a != nil && !errors.As(err, &mismatch) {
			t.Errorf("%v; it does not say that it is not the state", err)
		}
	})
}

// What -expect-head takes is a serial and part of a head, and it takes what [Identity] writes.
func FuzzExpect(f *testing.F) {
	for _, seed := range []string{"1:00000000", "41:" + strings.Repeat("ab", 32), "", ":", "1", "-1:00000000", "1:xyzxyzxyz", "01:0000000", "1:" + strings.Repeat("a", 65), "1:İ0000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		serial, head, err := parseExpect(text)
		if err != nil {
			return
		}
		if serial < 1 || len(head) < 8 || len(head) > 64 || strings.Trim(head, "0123456789abcdef") != "" {
			t.Errorf("%q is %d and %q", text, serial, head)
		}
	})
}

// Whoever finds the lock taken is told by whom, or that it is unknown, whatever the file holds.
func FuzzLockNote(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"who":"ann@host","command":"apply","since":"2026-03-02T12:00:00Z","pid":7,"done":1,"total":2}`, `{"pid":1}`, `{"pid":"x"}`, `{"since":"9999"}`} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "state")
	f.Fuzz(func(t *testing.T, note []byte) {
		must(t, os.WriteFile(path+lockSuffix, append([]byte{0}, note...), 0o600))
		e := readNote(path)
		if e == nil {
			t.Fatal("there is no note")
		}
		if e.PID == 0 && !strings.Contains(e.Error(), "unknown") {
			t.Errorf("%v, by nobody", e)
		}
		if n := len(e.Error()); n > 4*noteSize+200 {
			t.Errorf("a note of %d bytes becomes an error of %d", len(note), n)
		}
	})
}
