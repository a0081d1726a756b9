package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/smsplan/smsplan/internal/phone"
)

// importsFile is in a saved plan that imports somebody. Each of its lines has people of one import of one message: the messages
// and imports in their order, the people in theirs.
const importsFile = "imports.jsonl"

type arrivalLine struct {
	Message  *int     `json:"message"`
	Revision int      `json:"revision"`
	Have     []string `json:"have"`
}

// imports reports whether the plan imports anybody.
func (p *Plan) imports() bool {
	return slices.ContainsFunc(p.Messages, func(m Message) bool { return m.ToImport() > 0 })
}

func (p *Plan) writeImports(w io.Writer) error {
	var b bytes.Buffer
	for part := range p.Parts() {
		b.Reset()
		fmt.Fprintf(&b, `{"message":%d,"revision":%d,"have":[`, part.Message, part.Revision)
		writePeople(&b, part.People)
		b.WriteString("]}\n")
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// readImports reads imports.jsonl into the messages.
func (p *Plan) readImports(r io.Reader) error {
	return eachLine(r, importsFile, func(n int, b []byte) error {
		var l arrivalLine
		if err := json.Unmarshal(b, &l); err != nil || l.Message == nil || *l.Message < 0 || *l.Message >= len(p.Messages) {
			return damaged("%s line %d is not an import", importsFile, n)
		}
		m := &p.Messages[*l.Message]
		at := slices.IndexFunc(m.Imports, func(a Arrivals) bool { return a.Revision == l.Revision })
		if at < 0 || len(m.Imports[at].people)+len(l.Have) > m.Imports[at].ToImport {
			return damaged("%s line %d: it has more people than %s states", importsFile, n, headerFile)
		}
		for _, digits := range l.Have {
			one, err := phone.FromE164(digits)
			if err != nil {
				return damaged("%s line %d: %w", importsFile, n, err)
			}
			m.Imports[at].people = append(m.Imports[at].people, one)
		}
		return nil
	})
}

// checkImports checks what a message read says of its imports, before their people are read.
func (m *Message) checkImports() error {
	for i, a := range m.Imports {
		rows := a.ToImport
		for _, h := range a.Held {
			if h.Count < 0 || h.Count > math.MaxInt/2-rows {
				return damaged("%s: the rows of its import do not add up", m.Address)
			}
			rows += h.Count
		}
		switch {
		case a.ToImport < 0 || a.ToImport > math.MaxUint32 || rows != a.Rows:
			return damaged("%s: the rows of its import do not add up", m.Address)
		case a.Revision < 1 || a.Revision > m.Revision || i > 0 && a.Revision <= m.Imports[i-1].Revision:
			return damaged("%s: its imports are out of range", m.Address)
		}
	}
	return nil
}

// checkArrivals holds the counts of a message read against the people of its imports. Whoever is imported at the message's revision
// is not sent it.
func (m *Message) checkArrivals() error {
	for _, a := range m.Imports {
		if len(a.people) != a.ToImport {
			return damaged("%s: its import has %d people of %d", m.Address, len(a.people), a.ToImport)
		}
		lines := make(map[uint64]bool, len(a.people))
		for _, n := range a.people {
			lines[n.Line().Packed()] = true
		}
		if len(lines) != len(a.people) {
			return damaged("%s: its import names a person twice", m.Address)
		}
		if a.Revision == m.Revision && slices.ContainsFunc(m.people, func(n phone.Number) bool { return lines[n.Line().Packed()] }) {
			return damaged("%s: it imports a person and sends to that person", m.Address)
		}
	}
	return nil
}
