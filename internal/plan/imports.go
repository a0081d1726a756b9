package plan

import (
	"iter"
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// Arrivals are people who have a message at a revision from another tool. An apply records them and sends them nothing. Rows is
// ToImport and the sum of Held.
type Arrivals struct {
	Revision int    `json:"revision"`
	Rows     int    `json:"rows"`
	Held     []Held `json:"held"` // invalid and duplicate rows, and those of whom the state knows more; in the order of [Reasons]
	ToImport int    `json:"to_import"`

	people []phone.Number // by country and number; in the saved plan: imports.jsonl
}

// People gives those to be imported. The slice is shared with the plan.
func (i *Arrivals) People() []phone.Number { return i.people }

// ToImport counts the people of the message who are to be recorded as having it.
func (m *Message) ToImport() int {
	n := 0
	for _, i := range m.Imports {
		n += i.ToImport
	}
	return n
}

// Part is people of one import that are recorded together.
type Part struct {
	Message  int // index in Plan.Messages
	Revision int
	People   []phone.Number
}

// Parts gives all who are to be imported, in parts of bounded size. Their slices are shared with the plan.
func (p *Plan) Parts() iter.Seq[Part] {
	const most = 1000
	return func(yield func(Part) bool) {
		for i := range p.Messages {
			for _, a := range p.Messages[i].Imports {
				for people := range slices.Chunk(a.people, most) {
					if !yield(Part{i, a.Revision, people}) {
						return
					}
				}
			}
		}
	}
}

// arriving are the lines that a plan imports, by what the messages share that they are imported to: nobody of them is sent it
// in the same plan.
type arriving map[share]map[uint64]bool

// imports plans the imports of all messages, by address.
func (r *register) imports() (map[string][]Arrivals, arriving) {
	all, lines := map[string][]Arrivals{}, arriving{}
	for _, i := range r.config.Imports {
		at := slices.IndexFunc(r.config.Messages, func(m *config.Message) bool { return m.Address == i.To })
		m := *r.config.Messages[at]
		m.Revision = i.Revision
		of := r.share(&m)
		if lines[of] == nil {
			lines[of] = map[uint64]bool{}
		}
		all[i.To] = append(all[i.To], r.importTo(&m, i, lines[of]))
	}
	return all, lines
}

// importTo plans one import. taken are the lines that are imported to the same ledger and revision already.
func (r *register) importTo(m *config.Message, c config.Import, taken map[uint64]bool) Arrivals {
	i := Arrivals{Revision: c.Revision, Rows: c.Tally.Rows, Held: tallied(c.Tally)}
	found := make([]verdict, len(c.Numbers))
	if r.past.Lineage != "" {
		about := r.memory(m)
		spread(len(c.Numbers), func(_, from, to int) {
			b := bench{message: m, memory: about, digested: -1}
			for k := from; k < to; k++ {
				found[k] = b.known(c.Numbers[k])
			}
		})
	}
	var counts [verdicts]int
	for k, n := range c.Numbers {
		line := n.Line().Packed()
		if found[k] == toSend && taken[line] {
			found[k] = duplicate
		}
		if found[k] == toSend {
			taken[line] = true
			i.people = append(i.people, n)
		}
		counts[found[k]]++
	}
	slices.SortFunc(i.people, phone.Number.Compare)
	i.ToImport = len(i.people)
	for v := toSend + 1; v < verdicts; v++ {
		if counts[v] > 0 {
			i.Held = merge(i.Held, Held{Reason: v.reason(), Count: counts[v]})
		}
	}
	return i
}

// known says what keeps a person from being imported, and toSend where nothing does: the claim takes a send over only in the ledger
// that it joins, and under the form of the line that stands for it today.
func (b *bench) known(n phone.Number) verdict {
	var worst verdict
	for i, alias := range b.forms.of(b.past, n) {
		for _, l := range b.ledgers {
			send, ok := l.Find(alias)
			if !ok || l == b.open && b.forms.today(i, n) && state.Importable(send.Outcome) {
				continue
			}
			worst = worst.or(verdictOn(send.Outcome))
		}
	}
	return worst
}

// merge adds held rows to those of the same reason, or in the order of [Reasons].
func merge(list []Held, h Held) []Held {
	for i := range list {
		if list[i].Reason == h.Reason && list[i].Note == h.Note {
			list[i].Count += h.Count
			return list
		}
	}
	list = append(list, h)
	sortHeld(list)
	return list
}
