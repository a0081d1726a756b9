package render

import (
	"fmt"
	"strings"

	"github.com/smsplan/smsplan/internal/plan"
)

// crowd is the number of people beyond which an approval is their number, not "yes". Who loses a message counts as who gets one.
const crowd = 100

// Approval is the question whether a plan may be carried out.
type Approval struct {
	Text    string // up to the place where the answer goes
	answers []string
}

// Ask gives the question for a plan.
func Ask(p *plan.Plan, s Style) Approval {
	t := p.Totals()
	n := t.ToSend
	var b strings.Builder
	b.WriteString("\n" + s.in(bold, "Do you want to perform these actions?") + "\n")
	a := Approval{answers: []string{"yes"}}
	switch {
	case n > crowd:
		a.answers = []string{fmt.Sprint(n), Count(n)}
		fmt.Fprintf(&b, "  smsplan will send to %s people, and a message that was sent cannot be called back.\n", Count(n))
		fmt.Fprintf(&b, "  Only the number of recipients, %s, will be accepted to approve.\n", Count(n))
	case t.ToCancel > crowd:
		a.answers = []string{fmt.Sprint(t.ToCancel), Count(t.ToCancel)}
		fmt.Fprintf(&b, "  smsplan will perform the actions described above.\n")
		fmt.Fprintf(&b, "  Only the number of messages to cancel, %s, will be accepted to approve.\n", Count(t.ToCancel))
	default:
		fmt.Fprintf(&b, "  smsplan will perform the actions described above.\n")
		fmt.Fprintf(&b, "  Only 'yes' will be accepted to approve.\n")
	}
	if t.ToCancel > 0 {
		fmt.Fprintf(&b, "  Scheduled messages to cancel: %s. What has gone out by then stays as it is.\n", Count(t.ToCancel))
	}
	if t.ToImport > 0 {
		fmt.Fprintf(&b, "  Those imported, %s, are recorded as having the message and are not sent it.\n", Count(t.ToImport))
	}
	b.WriteString("\n  " + s.in(bold, "Enter a value:") + " ")
	a.Text = b.String()
	return a
}

// Approves reports whether the answer is the one that was asked for.
func (a Approval) Approves(answer string) bool {
	answer = strings.TrimSpace(answer)
	for _, want := range a.answers {
		if answer == want {
			return true
		}
	}
	return false
}

// AskCancel gives the question whether the withdrawals of a plan may be carried out.
func AskCancel(p *plan.Plan, s Style) Approval {
	n := p.Totals().ToCancel
	a := Approval{answers: []string{"yes"}}
	text := "\n" + s.in(bold, "Do you want to cancel these messages?") + "\n"
	if n > crowd {
		a.answers = []string{fmt.Sprint(n), Count(n)}
		text += fmt.Sprintf("  Only the number of messages, %s, will be accepted to approve.\n", Count(n))
	} else {
		text += "  Only 'yes' will be accepted to approve.\n"
	}
	a.Text = text + "\n  " + s.in(bold, "Enter a value:") + " "
	return a
}

// Act says in a word what a plan is for that sends to so many: to send, or to do something else.
func Act(toSend int) string {
	if toSend == 0 {
		return "do"
	}
	return "send"
}
