package render

import (
	"fmt"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// whyWords says why messages are withdrawn, behind a count.
var whyWords = map[state.Why]string{
	state.BlockGone:   "the message is not in the configuration any more",
	state.PersonGone:  "the people are not among its recipients any more",
	state.Superseded:  "a higher revision takes their place",
	state.TextChanged: "the text changed",
	state.TimeChanged: "the time of delivery changed",
	state.ByCommand:   "you ask for it, and nobody is sent the message again at this revision",
}

// withdrawn says what a plan withdraws of the messages at an address.
func withdrawn(p *plan.Plan, address string) []remark {
	var list []remark
	for _, w := range p.WithdrawalsOf(address) {
		when := "scheduled for " + moment(w.First)
		if !w.First.Equal(w.Last) {
			when = "scheduled from " + moment(w.First) + " to " + moment(w.Last)
		}
		say := func(a action, people int, what, but string) {
			if people > 0 {
				list = append(list, remark{a, fmt.Sprintf("%s %s, %s UTC, revision %s: %s%s", Count(people), what, when, Count(w.Revision), whyWords[w.Reason], but)})
			}
		}
		say(replaces, w.Anew, "to cancel and send anew", "")
		say(cancels, w.Count-w.Anew, "to cancel", "")
		say(doubted, w.Unsettled, "cannot be cancelled", "; but they are in doubt or unconfirmed, which smsplan resolve settles")
		say(blocked, w.Foreign, "cannot be cancelled", "; but another account of the gateway sent them, and it alone can")
		say(blocked, w.Unnamed, "cannot be cancelled", "; but no id of the gateway is known for them, so they go out")
	}
	return list
}

// gone writes a card for each message of which the plan has withdrawals and nothing else.
func (g *page) gone(p *plan.Plan) {
	for _, address := range p.Gone() {
		mark, title := goneFate(p, address)
		g.labelled("  "+g.in(bold, "# "), "  # ", title, bold)
		g.line("  " + g.sign(mark) + " message " + quote(blockName(address)) + " {")
		g.remarks(withdrawn(p, address))
		g.line("    }")
		g.blank()
	}
}

// goneFate says what becomes of a message of which the plan has withdrawals and nothing else.
func goneFate(p *plan.Plan, address string) (action, string) {
	if by := blockers(p, address, 0); len(by) > 0 {
		return blocked, Clean(address) + " is blocked by " + named(by)
	}
	return cancels, goneTitle(p, address)
}

func goneTitle(p *plan.Plan, address string) string {
	if count, _ := p.Cancels(address); count == 0 {
		return Clean(address) + ": nothing can be cancelled"
	}
	return Clean(address) + " will be cancelled where the gateway still holds it"
}

// reviewedGone gives the messages of which the plan has withdrawals and nothing else.
func reviewedGone(p *plan.Plan) []reviewed {
	var list []reviewed
	for _, address := range p.Gone() {
		mark, title := goneFate(p, address)
		r := reviewed{Address: Clean(address), Symbol: mark.symbol, Title: title, Shown: true}
		r.ToCancel, _ = p.Cancels(address)
		r.Action = actionWord(p, &plan.Message{Address: address, Action: plan.None})
		r.Blocked = mark.symbol == blocked.symbol
		r.Remarks = remarked(withdrawn(p, address))
		if p.Tariff != nil {
			r.Cost = amount(config.Money{}, p.Tariff.Currency)
		}
		list = append(list, r)
	}
	return list
}

// kept says in a sentence what was to be withdrawn and was not.
func (g *page) kept(r reportedWithdrawals) {
	if r.kept > 0 {
		text := fmt.Sprintf("Not cancelled, and still to go out or gone out as it was: %s.", Count(r.kept))
		if r.oldKept > 0 {
			text = fmt.Sprintf("Not cancelled: %s. Of them %s were to be sent anew: the old version is kept.", Count(r.kept), Count(r.oldKept))
		}
		for i, why := range r.why {
			if i == 0 {
				text += " Why: "
			} else {
				text += "; "
			}
			text += Clean(why)
		}
		g.para("", text)
		g.blank()
	}
	if r.withdrawing > 0 {
		g.para("", fmt.Sprintf("The gateway was asked to cancel and its answer was lost: %s. They may or may not go out; the next apply, or smsplan resolve, asks what became of them.", Count(r.withdrawing)))
		g.blank()
	}
}

// reportedWithdrawals is what a report says of withdrawals that did not succeed.
type reportedWithdrawals struct {
	kept, oldKept, withdrawing int
	why                        []string
}
