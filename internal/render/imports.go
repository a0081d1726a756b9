package render

import "github.com/smsplan/smsplan/internal/plan"

// imports writes, for each revision at which people are imported, the table that leads from the rows of the files to those who are
// recorded.
func (g *page) imports(m plan.Message) {
	for _, a := range m.Imports {
		if a.ToImport == 0 {
			continue
		}
		g.blank()
		g.count(importTitle(&m, &a), a.Rows, a.Held, tallied{already, "to import", a.ToImport, ""})
	}
}

func importTitle(m *plan.Message, a *plan.Arrivals) string {
	if a.Revision != m.Revision {
		return "from another tool, revision " + Count(a.Revision)
	}
	return "from another tool"
}

type importDocument struct {
	Revision   int            `json:"revision"`
	Rows       int            `json:"rows"`
	Held       []heldDocument `json:"held"`
	ToImport   int            `json:"to_import"`
	Recipients []string       `json:"recipients,omitempty"` // with -show-numbers only
}

func importDocuments(m *plan.Message, s Style) []importDocument {
	var list []importDocument
	for i := range m.Imports {
		a := &m.Imports[i]
		d := importDocument{Revision: a.Revision, Rows: a.Rows, Held: heldDocuments(a.Held), ToImport: a.ToImport}
		if s.Numbers {
			for _, n := range a.People() {
				d.Recipients = append(d.Recipients, "+"+n.E164())
			}
		}
		list = append(list, d)
	}
	return list
}
