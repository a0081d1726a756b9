package plan

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"slices"

	"github.com/smsplan/smsplan/internal/state"
)

// withdrawalsFile is in a saved plan that withdraws something. Each of its lines has people of one request: the withdrawals in
// their order, the requests of each in theirs. The people are pseudonyms, for nothing else is known of those who are gone.
const withdrawalsFile = "withdrawals.jsonl"

type recallLine struct {
	Withdrawal *int     `json:"withdrawal"`
	ClientID   string   `json:"climsgid"`
	People     []string `json:"people"`
}

// withdraws reports whether the plan withdraws anything.
func (p *Plan) withdraws() bool {
	return slices.ContainsFunc(p.Withdrawals, func(w Withdrawal) bool { return w.Count > 0 })
}

func (p *Plan) writeWithdrawals(w io.Writer) error {
	e := json.NewEncoder(w)
	for i := range p.Withdrawals {
		for _, r := range p.Withdrawals[i].recalls {
			l := recallLine{Withdrawal: &i, ClientID: r.client}
			for _, one := range r.people {
				l.People = append(l.People, hex.EncodeToString(one[:]))
			}
			if err := e.Encode(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// readWithdrawals reads withdrawals.jsonl.
func (p *Plan) readWithdrawals(r io.Reader) error {
	return eachLine(r, withdrawalsFile, func(n int, b []byte) error {
		var l recallLine
		if err := json.Unmarshal(b, &l); err != nil || l.Withdrawal == nil || *l.Withdrawal < 0 || *l.Withdrawal >= len(p.Withdrawals) || len(l.People) == 0 {
			return damaged("%s line %d is not a withdrawal", withdrawalsFile, n)
		}
		of := recall{client: l.ClientID}
		for _, digits := range l.People {
			one, err := hex.DecodeString(digits)
			if err != nil || len(one) != len(state.Person{}) {
				return damaged("%s line %d: a person is no pseudonym", withdrawalsFile, n)
			}
			of.people = append(of.people, state.Person(one))
		}
		w := &p.Withdrawals[*l.Withdrawal]
		w.recalls = append(w.recalls, of)
		return nil
	})
}

// checkWithdrawals checks what a plan read says of its withdrawals, and holds their counts against their people.
func (p *Plan) checkWithdrawals() error {
	for i, w := range p.Withdrawals {
		people := 0
		for k, r := range w.recalls {
			people += len(r.people)
			if k > 0 && r.client <= w.recalls[k-1].client || !slices.IsSortedFunc(r.people, comparePeople) || len(slices.Compact(slices.Clone(r.people))) != len(r.people) {
				return damaged("%s: what it withdraws is not in order", w.Address)
			}
		}
		switch {
		case i > 0 && compareWithdrawals(p.Withdrawals[i-1], w) >= 0:
			return damaged("its withdrawals are not in order")
		case w.Address == "" || w.Revision < 1:
			return damaged("a withdrawal is of no message")
		case w.Count < 0 || w.Count > math.MaxUint32 || w.Count != people:
			return damaged("%s: it withdraws %d messages of %d", w.Address, people, w.Count)
		case w.Anew < 0 || w.Anew > w.Count || w.Unsettled < 0 || w.Foreign < 0 || w.Unnamed < 0:
			return damaged("%s: what it withdraws is out of range", w.Address)
		}
	}
	return nil
}
