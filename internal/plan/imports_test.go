package plan

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

func importOf(to string, revision int, people ...phone.Number) config.Import {
	return config.Import{To: to, Revision: revision, Numbers: people, Tally: config.Tally{Rows: len(people)}}
}

// Whoever is imported is not sent the message, whatever the state knows and whatever on_doubt allows; what is certain stays as it is.
func TestAnImportTakesWhomeverTheStateIsNotCertainOf(t *testing.T) {
	base := corpus(t, sayings...)
	for _, onDoubt := range []string{"", config.Resend} {
		l := openLedger(t, t.TempDir())
		var all []sends
		for i, o := range allOutcomes {
			all = append(all, sends{o.word, o.code, sayings[0], []phone.Number{fiction(i)}})
		}
		l.record(all...)
		everybody := people(len(allOutcomes) + 1)
		c := addressed(base, append(everybody, fiction(50)), oneText)
		c.Messages[0].OnDoubt = onDoubt
		c.Imports = []config.Import{importOf("message.m", 1, everybody...)}
		p := l.plan(c)
		m := &p.Messages[0]
		// The state's planned and under way are of a run that goes on.
		want := []Held{{AlreadySent, 1, ""}, {Imported, 7, ""}, {UnderWay, 2, ""}}
		if d := gocmp.Diff(want, m.Held); d != "" || m.ToSend != 1 || m.ToImport() != 7 || m.Action != Send {
			t.Errorf("%s: held %s; %d to send, %d to import, %s", onDoubt, d, m.ToSend, m.ToImport(), m.Action)
		}
		a := m.Imports[0]
		if d := gocmp.Diff([]Held{{AlreadySent, 1, ""}, {UnderWay, 2, ""}}, a.Held); d != "" || a.Rows != len(everybody) {
			t.Errorf("%s: of %d rows: %s", onDoubt, a.Rows, d)
		}
		l.apply(must(read(written(t, p))))
		p = l.plan(c)
		m = &p.Messages[0]
		want = []Held{{AlreadySent, 2, ""}, {Imported, 7, ""}, {UnderWay, 2, ""}}
		if d := gocmp.Diff(want, m.Held); d != "" || !p.Empty() {
			t.Errorf("%s: after that: %s", onDoubt, d)
		}
		l.Close()
	}
}

// Messages of one ledger count an import to one of them, and one imports nobody whom the other does.
func TestAnImportIsToTheLedger(t *testing.T) {
	base := corpora(t, "A", "B")
	keyed := func(m *config.Message) { m.DedupeKey = "k" }
	c := describe(base, described{"message.a", 0, people(4), keyed}, described{"message.b", 1, people(6), keyed})
	c.Imports = []config.Import{importOf("message.a", 1, people(2)...), importOf("message.b", 1, people(3)...)}
	for name, past := range map[string]func(*ledger){"no state": nil, "a state": func(*ledger) {}} {
		l := openLedger(t, t.TempDir())
		p := New(c, nil, noon, "test", Options{})
		if past != nil {
			p = l.plan(c)
		}
		a, b := p.Messages[0], p.Messages[1]
		if a.ToImport() != 2 || b.ToImport() != 1 || a.ToSend != 1 || b.ToSend != 2 {
			t.Errorf("%s: %d and %d to import, %d and %d to send", name, a.ToImport(), b.ToImport(), a.ToSend, b.ToSend)
		}
		if d := gocmp.Diff([]Held{{Duplicate, 2, ""}}, b.Imports[0].Held); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		l.apply(p)
		if p := l.plan(c); !p.Empty() {
			t.Errorf("%s: something is left: %+v", name, p.Totals())
		}
		l.Close()
	}
}

// An import at a former revision is recorded, and the present one is sent to everybody.
func TestAnImportIsAtItsRevision(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	c := addressed(corpus(t, "A"), people(3), oneText)
	c.Messages[0].Revision = 2
	c.Imports = []config.Import{importOf("message.m", 1, people(3)...)}
	p := l.plan(c)
	if m := p.Messages[0]; m.ToSend != 3 || m.ToImport() != 3 {
		t.Errorf("%d to send, %d to import", m.ToSend, m.ToImport())
	}
	l.apply(p)
	c.Messages[0].Revision = 1
	c.Imports = nil
	if p := l.plan(c); !p.Empty() || p.Totals().ByReason[Imported] != 3 {
		t.Errorf("%+v", p.Totals())
	}
}

// A message of which everybody is imported is neither empty nor sent, and the state has it by its address from then on.
func TestAPlanThatOnlyImportsIsNotEmpty(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	c := addressed(corpus(t, "A"), people(3), oneText)
	c.Imports = []config.Import{importOf("message.m", 1, people(5)...)}
	p := l.plan(c)
	if t1 := p.Totals(); p.Empty() || p.Messages[0].Action != Import || t1.ToSend != 0 || t1.ToImport != 5 || t1.AlreadySent != 3 {
		t.Errorf("%s, %+v", p.Messages[0].Action, t1)
	}
	l.apply(p)
	c.Imports = nil
	if p := l.plan(c); !p.Empty() || p.Messages[0].Held[0] != (Held{Imported, 3, ""}) {
		t.Errorf("%+v", p.Messages[0].Held)
	}
	if counts := l.snapshot().Ledger("message.m", 1).Counts(); counts[state.Imported] != 5 {
		t.Errorf("%v", counts)
	}
}

// importing is a plan that imports at two revisions.
func importingPlan(t *testing.T) *Plan {
	c := addressed(corpus(t, "A"), people(3), oneText)
	c.Messages[0].Revision = 2
	c.Imports = []config.Import{importOf("message.m", 1, nobody(1), nobody(0)), importOf("message.m", 2, fiction(0), fiction(7))}
	return New(c, nil, noon, "test", Options{})
}

func TestASavedPlanKeepsItsImports(t *testing.T) {
	p := importingPlan(t)
	b := written(t, p)
	got := must(read(b))
	if !reflect.DeepEqual(got.Messages[0].Imports, p.Messages[0].Imports) {
		t.Errorf("got %+v, want %+v", got.Messages[0].Imports, p.Messages[0].Imports)
	}
	if !bytes.Equal(written(t, got), b) {
		t.Error("the plan read is written otherwise")
	}
	if header := unpack(t, b)[headerFile]; strings.Contains(header, nobody(1).E164()[3:]) {
		t.Error("plan.json names a person")
	}
	if _, has := unpack(t, written(t, sample()))[importsFile]; has {
		t.Error("a plan that imports nobody has a file for that")
	}
}

func TestTheIDCoversImports(t *testing.T) {
	want := importingPlan(t).ID
	for name, change := range map[string]func(m *Message){
		"person":   func(m *Message) { m.Imports[0].people[0] = fiction(40) },
		"revision": func(m *Message) { m.Imports[0].Revision, m.Imports[1].Revision = 2, 3 },
		"fewer":    func(m *Message) { m.Imports[1].people = m.Imports[1].people[:1] },
		"none":     func(m *Message) { m.Imports = nil },
	} {
		p := importingPlan(t)
		change(&p.Messages[0])
		if p.identify() == want {
			t.Errorf("%s does not change the ID", name)
		}
	}
}

func TestADamagedImportIsRefused(t *testing.T) {
	good := unpack(t, written(t, importingPlan(t)))
	for name, change := range map[string]struct{ file, old, new, want string }{
		"somebody sent to too": {importsFile, fiction(7).E164(), fiction(1).E164(), "imports a person and sends"},
		"somebody twice":       {importsFile, fiction(7).E164(), fiction(0).E164(), "names a person twice"},
		"another person":       {importsFile, fiction(7).E164(), fiction(9).E164(), "not that of the Plan ID"},
		"no number":            {importsFile, fiction(7).E164(), "x", "line 2"},
		"a person more":        {importsFile, `"` + fiction(7).E164() + `"`, `"` + fiction(7).E164() + `","` + fiction(8).E164() + `"`, "more people"},
		"a person fewer":       {importsFile, `,"` + fiction(7).E164() + `"`, "", "1 people of 2"},
		"another message":      {importsFile, `"message":0`, `"message":4`, "not an import"},
		"another revision":     {importsFile, `"revision":2`, `"revision":3`, "more people"},
		"a revision to come": {headerFile, `"revision": 2,
          "rows"`, `"revision": 3,
          "rows"`, "out of range"},
		"rows": {headerFile, `"to_import": 2
        }
      ]`, `"to_import": 3
        }
      ]`, "do not add up"},
		"cut short": {importsFile, "]}\n", "]}", "cut short"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for file, content := range good {
				files[file] = content
			}
			files[change.file] = strings.Replace(files[change.file], change.old, change.new, -1)
			if files[change.file] == good[change.file] {
				t.Fatal("nothing changed")
			}
			delete(files, digestFile)
			if _, err := read(pack(files)); err == nil || !strings.Contains(err.Error(), change.want) {
				t.Errorf("%v; want %q", err, change.want)
			}
		})
	}
	delete(good, importsFile)
	delete(good, digestFile)
	if _, err := read(pack(good)); err == nil || !strings.Contains(err.Error(), "has no imports.jsonl") {
		t.Errorf("without its imports: %v", err)
	}
}
