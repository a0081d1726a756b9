package render

import (
	"fmt"
	"io"

	"github.com/smsplan/smsplan/internal/apply"
)

// Report writes the summary of an apply: one sentence whatever happened, why it is not complete where it is not, and what
// to run next ([Next]), where that is given.
func Report(w io.Writer, r *apply.Report, next string, s Style) error {
	g := newPage(s)
	g.blank()
	if r.Settled != nil {
		g.settled(r.Settled)
		g.blank()
	}
	for _, refusal := range r.Refusals {
		g.refusal(refusal)
	}
	if r.Cause != nil {
		g.labelled(g.in(red, "Stopped: "), "Stopped: ", Clean(r.Cause.Summary), plain)
		if r.Cause.Remedy != "" {
			g.para("         ", Clean(r.Cause.Remedy))
		}
		g.blank()
	}
	if r.Interrupted {
		g.line("Stopped: interrupted")
		g.blank()
	}
	if r.Already > 0 {
		g.para("", fmt.Sprintf("Not sent to, because they were sent to or excluded since the plan was made: %s.", Count(r.Already)))
		g.blank()
	}
	if r.Again > 0 {
		g.para("", fmt.Sprintf("Sent to although an earlier request had left them in doubt, so perhaps twice or more often: %s.", Count(r.Again)))
		g.blank()
	}
	if r.Late > 0 {
		g.para("", fmt.Sprintf("Not attempted, because their time (deliver_at) had passed by more than validity: %s.", Count(r.Late)))
		g.blank()
	}
	if r.Closed > 0 {
		g.para("", fmt.Sprintf("Not attempted, because the window in which they may be sent to was closed when it was their turn: %s.", Count(r.Closed)))
		g.blank()
	}
	g.kept(reportedWithdrawals{r.Kept(), r.OldKept, r.Withdrawing, r.Spared})
	for _, w := range r.Waits {
		g.para("", fmt.Sprintf("Not attempted, because %s depends on %s, which was not sent to everybody: %s.", Clean(w.Address), Clean(w.On), Count(w.People)))
		g.blank()
	}
	g.unrecorded(r)
	ink := green
	if !r.Complete() {
		ink = yellow
	}
	g.labelled("", "", Summary(r), ink)
	if next != "" {
		g.blank()
		g.para("", next)
	}
	return g.writeTo(w)
}

// unrecorded says where the outcomes are that the state could not take, and shows those that are nowhere else.
func (g *page) unrecorded(r *apply.Report) {
	if r.Orphans != "" {
		g.para("", fmt.Sprintf("The state could not take every outcome that is known. They are kept in %s: once the state works again, smsplan resolve -from=%[1]s records them.", Clean(r.Orphans)))
		g.blank()
	}
	if len(r.Unsaved) > 0 {
		g.para("", "These outcomes are known and recorded nowhere. Keep this output: from a file with these lines smsplan resolve -from=FILE records them.")
		for _, line := range r.Unsaved {
			g.line(Clean(line)) // never broken: it is JSON
		}
		g.blank()
	}
}

// Summary is the sentence about an apply that its last line and its JSON give.
func Summary(r *apply.Report) string {
	verdict := "complete"
	if !r.Complete() {
		verdict = "incomplete"
	}
	text := simulated(r.Simulated) + fmt.Sprintf("Apply %s! Messages: %s sent", verdict, Count(r.Sent))
	if r.Unconfirmed > 0 {
		text += fmt.Sprintf(", %s unconfirmed", Count(r.Unconfirmed))
	}
	text += fmt.Sprintf(", %s refused, %s in doubt", Count(r.Refused), Count(r.InDoubt+r.Elsewhere))
	if !r.Complete() {
		text += fmt.Sprintf(", %s not attempted", Count(r.NotAttempted))
	}
	if r.OldKept > 0 {
		text += fmt.Sprintf(", %s with the old version kept", Count(r.OldKept))
	}
	if r.Restored > 0 {
		text += fmt.Sprintf(", %s to send anew", Count(r.Restored))
	}
	if r.Withdrawing > 0 {
		text += fmt.Sprintf(", %s withdrawing", Count(r.Withdrawing))
	}
	if r.Cancelled > 0 || r.ToCancel > 0 {
		text += fmt.Sprintf(", %s cancelled", Count(r.Cancelled))
	}
	if r.Imported > 0 {
		text += fmt.Sprintf(", %s imported", Count(r.Imported))
	}
	return text + "."
}

// Announce says that all that follows is a rehearsal.
func Announce(w io.Writer, s Style) error {
	g := newPage(s)
	g.labelled(g.in(yellow, "SIMULATED: "), "SIMULATED: ", Rehearsal, plain)
	g.blank()
	return g.writeTo(w)
}

// simulated is put before what is said of a rehearsal.
func simulated(is bool) string {
	if is {
		return "SIMULATED: "
	}
	return ""
}

func (g *page) refusal(r apply.Refusal) {
	label := fmt.Sprintf("Refused, code %s: ", Clean(r.Code))
	g.labelled(g.in(red, label), label, Counted(r.People, "recipient")+", "+Clean(r.Meaning), plain)
	if r.Remedy != "" {
		g.para("  ", Clean(r.Remedy))
	}
	g.blank()
}

// Next names the command that takes an incomplete apply further; "" where there is none to run. again is the command that
// goes on with the apply, flags are what every other command needs too, and broken says that the run ended because of the state.
func Next(r *apply.Report, again, flags string, broken bool) string {
	switch {
	case r.Simulated:
		return fmt.Sprintf("Nothing was sent, and nothing was recorded. Next: %s, which is not simulated.", again)
	case broken:
		return fmt.Sprintf("Next: mend what the error says (where the disk is full, make room on it), then %s. It asks the gateway about what was under way, and sends to nobody twice.", again)
	case r.InDoubt+r.Elsewhere > 0:
		return "Next: smsplan resolve" + flags + ", which asks the gateway what became of those in doubt. They are not sent to again until that is known, unless on_doubt of their message says so."
	case r.Withdrawing > 0:
		return fmt.Sprintf("Next: %s, which asks the gateway what became of those, and again to cancel what is still to be cancelled. It sends to nobody twice.", again)
	case r.Restored > 0:
		return fmt.Sprintf("Next: %s. The message of some turned out to have been cancelled before; it is sent to them anew.", again)
	case r.NotAttempted > r.Late:
		return fmt.Sprintf("Next: %s, which sends to those who were not attempted, and to nobody twice.", again)
	case !r.Certain():
		return "Next: smsplan resolve" + flags + " -as=sent or -as=unsent, once you know what became of those unconfirmed. The gateway took their request and did not say which people."
	case r.Refused > 0:
		return "Next: smsplan state list" + flags + ". Those refused are sent to again with -retry-refused only, once what the gateway's codes say is mended."
	}
	return ""
}

// Settled says what asking about earlier doubts gave.
func Settled(w io.Writer, s *apply.Settled, style Style) error {
	g := newPage(style)
	g.settled(s)
	return g.writeTo(w)
}

func (g *page) settled(s *apply.Settled) {
	text := fmt.Sprintf("Asked about earlier doubts: %s accepted, %s unconfirmed, %s still in doubt.",
		Count(s.Accepted), Count(s.Unconfirmed), Count(s.InDoubt))
	if s.Cancelled+s.NotWithdrawn+s.Withdrawing > 0 {
		text += fmt.Sprintf(" Asked about earlier withdrawals: %s cancelled, %s not cancelled, %s without an answer.", Count(s.Cancelled), Count(s.NotWithdrawn), Count(s.Withdrawing))
	}
	if s.OtherAccount > 0 {
		text += fmt.Sprintf(" %s went through another account of the gateway, which alone can tell.", Count(s.OtherAccount))
	}
	g.para("", text)
}
