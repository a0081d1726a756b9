package plan

import "github.com/smsplan/smsplan/internal/state"

// Held is a number of rows that will not be sent to, with one reason.
type Held struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	Note   string `json:"note,omitempty"` // where, or by what; never personal
}

// Reasons not to send to a row.
const (
	Filtered      = "filtered"
	Invalid       = "invalid"
	Duplicate     = "duplicate"
	Excluded      = "excluded"
	AlreadySent   = "already sent"
	Imported      = "imported"
	OptedOut      = "opted out"
	Refused       = "refused"
	InDoubt       = "in doubt"
	Withdrawing   = "withdrawing"
	Unconfirmed   = "unconfirmed"
	UnderWay      = "under way"
	Cancelled     = "cancelled"
	TooEarly      = "too early"
	TooLate       = "too late"
	OutsideWindow = "outside window"
	Frozen        = "frozen"
)

// Reasons lists them in the order in which cards show them. Of several that fit a
// row, the first counts; but a duplicate of another message's person is one only where
// nothing else holds it.
var Reasons = []string{
	Filtered, Invalid, Duplicate, Excluded,
	AlreadySent, Imported, OptedOut, Refused, InDoubt, Withdrawing, Unconfirmed, UnderWay, Cancelled, TooEarly, TooLate, OutsideWindow, Frozen,
}

// IsHeld reports whether the summary counts the reason as held: all but already
// sent, imported and filtered, where nobody is kept waiting for anything.
func IsHeld(reason string) bool {
	switch reason {
	case AlreadySent, Imported, Filtered:
		return false
	}
	return true
}

// Remedy says what can be done about rows that are held for a reason; "" where the configuration means it so.
func Remedy(reason string) string {
	switch reason {
	case Invalid:
		return "mend the numbers in the rows that are named; the message goes to them with the next plan"
	case OptedOut:
		return "these people told the gateway that they want no more messages, and get none"
	case Refused:
		return "the gateway's codes say why; once that is mended, -retry-refused sends to them again, though not where it blocked them (121, 128) or they opted out (122)"
	case InDoubt:
		return "smsplan resolve asks the gateway what became of them"
	case Withdrawing:
		return "the gateway was asked to withdraw their message, and the answer was lost; smsplan resolve asks what became of it"
	case Cancelled:
		return "smsplan cancel withdrew their message; raise revision to send it to everybody anew"
	case Unconfirmed:
		return "smsplan resolve -as=sent, or -as=unsent, once you know what became of them"
	case UnderWay:
		return "another run is sending to them; plan again when it has ended"
	case TooEarly:
		return "the gateway takes messages 7 days ahead at most; plan again when it is as near as that"
	case TooLate:
		return "set deliver_at anew, or a longer validity"
	case OutsideWindow:
		return "widen the window, or give it one timezone"
	case Frozen:
		return "they came after the first apply; without recipients in ignore_changes they get the message too"
	}
	return ""
}

// verdict is what becomes of a person of an audience: to be sent to, or a reason
// that the plan, the state or the schedule gives.
type verdict uint8

// Verdicts, in the order of [Reasons].
const (
	toSend verdict = iota
	duplicate
	alreadySent
	imported
	optedOut
	refused
	inDoubt
	withdrawing
	unconfirmed
	underWay
	cancelled
	tooEarly
	tooLate
	outsideWindow
	frozen
	verdicts
)

var verdictReasons = [verdicts]string{
	duplicate: Duplicate, alreadySent: AlreadySent, imported: Imported, optedOut: OptedOut, refused: Refused, inDoubt: InDoubt,
	withdrawing: Withdrawing, cancelled: Cancelled, unconfirmed: Unconfirmed, underWay: UnderWay, tooEarly: TooEarly, tooLate: TooLate, outsideWindow: OutsideWindow, frozen: Frozen,
}

func (v verdict) reason() string { return verdictReasons[v] }

// or gives the verdict that counts where both fit.
func (v verdict) or(w verdict) verdict {
	if v == toSend || w != toSend && w < v {
		return w
	}
	return v
}

// verdictOn says what a recorded send means for a person: only what was certainly
// not sent is sent again.
func verdictOn(o state.Outcome) verdict {
	switch o {
	case state.Accepted:
		return alreadySent
	case state.Imported:
		return imported
	case state.Refused:
		return refused
	case state.Withdrawing:
		return withdrawing
	case state.Unconfirmed:
		return unconfirmed
	case state.Planned, state.UnderWay:
		return underWay
	case state.Unsent, state.Cancelled:
		return toSend
	}
	return inDoubt
}
