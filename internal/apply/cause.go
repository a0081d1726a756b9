package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// Cause is why a run stopped early.
type Cause struct {
	Summary string `json:"summary"`
	Remedy  string `json:"remedy,omitempty"`
}

// clockCause stops the run before something is scheduled where the gateway's clock is not ours: delays are counted from
// the gateway's acceptance. A gateway that has not said the time yet is asked for its balance, which does no harm.
func (r *run) clockCause(ctx context.Context, access soap.Access) *Cause {
	client := r.gateway.client
	ahead, known := client.Ahead()
	if !known {
		// Whatever the answer is, it has a date or not.
		r.gateway.use()
		_, _ = client.Balance(ctx, access)
		ahead, _ = client.Ahead()
	}
	if ahead.Abs() <= ClockTolerance {
		return nil
	}
	return &Cause{
		Summary: fmt.Sprintf("The gateway's clock and this machine's differ by %s, so scheduled messages would go out at another time than planned.", ahead.Abs().Round(time.Second)),
		Remedy:  "Set this machine's clock.",
	}
}

// blameSender corrects a judgement where the only sender ID of the plan is not allowed: then nobody was refused for
// a reason of their own, the rest would fare the same, and all may be sent to once the sender is approved. That it is so is
// believed of a whole request, and only until somebody was sent to: a sender may be refused in one country alone.
func (r *run) blameSender(j *judgement) {
	code := soap.Code(j.state.Code)
	whole := j.state.Outcome == state.Refused && len(j.state.Exceptions) == 0
	if !whole || code != soap.BadSender && code != soap.UnapprovedSender || !r.oneSender() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.report.Sent == 0 {
		j.state.Outcome = state.Unsent
		j.cause = stopped(soap.Result{Code: code})
	}
}

func (r *run) oneSender() bool {
	return !slices.ContainsFunc(r.plan.Messages, func(m plan.Message) bool { return m.From != r.plan.Messages[0].From })
}

func signInCause(err error) *Cause {
	c := &Cause{Summary: sentence("signing in to the gateway did not succeed: " + err.Error()), Remedy: reachRemedy(err)}
	var call *soap.Error
	if errors.As(err, &call) && call.Code != 0 {
		c.Remedy = sentence(call.Code.Remedy())
	}
	return c
}

// takenOver stops a run that another one took for gone. What this one had claimed and not begun is not its own any more.
func takenOver() *Cause {
	return &Cause{
		Summary: "Another smsplan has taken over the state and what this run had not begun: the lock did not keep it out.",
		Remedy:  "Leave the state's lock file where it is, have one host run smsplan, and wait until the other run has ended; then run apply again.",
	}
}

func exhausted(err error) *Cause {
	if err == nil {
		return &Cause{Summary: "The gateway answered with an internal error (ERR 901) again and again.", Remedy: "Run apply again later."}
	}
	return &Cause{Summary: "The gateway cannot be reached: " + err.Error() + ".", Remedy: reachRemedy(err)}
}

// reachRemedy says what to do where the gateway was not reached.
func reachRemedy(err error) string {
	switch {
	case errors.Is(err, soap.ErrUntrusted):
		return "Name a file with the certificate of the gateway, or of the authority that signed it, in ca_file, then run apply again."
	case errors.Is(err, soap.ErrOtherHost):
		return "Check the host in endpoint, then run apply again."
	case errors.Is(err, soap.ErrOutdated):
		return "Set this machine's clock, or, where it is right, have the gateway's operator renew the certificate."
	}
	return "Check the endpoint and the network, then run apply again."
}

// distrusted reports whether a certificate put an end to a call.
func distrusted(err error) bool {
	return errors.Is(err, soap.ErrUntrusted) || errors.Is(err, soap.ErrOtherHost) || errors.Is(err, soap.ErrOutdated)
}

func retryNote(err error) string {
	if err == nil {
		return "The gateway met an internal error (ERR 901) and does not know the message; trying again."
	}
	return "A request did not reach the gateway and is tried again: " + err.Error() + "."
}

// stopped gives the cause of a run that a refusal stops.
func stopped(r soap.Result) *Cause {
	c := &Cause{
		Summary: fmt.Sprintf("The gateway refused: ERR %s, %s.", r.Code, r.Code.Meaning()),
		Remedy:  sentence(r.Code.Remedy()),
	}
	if !r.Until.IsZero() {
		c.Remedy = fmt.Sprintf("Run apply again after %s.", r.Until.UTC().Format(time.RFC3339))
	}
	return c
}

// sentence makes a sentence of words that begin small and end without a full stop.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}
