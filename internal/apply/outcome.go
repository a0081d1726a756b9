package apply

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

// next is what a request needs after a call.
type next uint8

const (
	settle next = iota // it has an outcome
	again              // it was provably not sent: try again
	renew              // the session is gone: sign in, try again
	query              // an internal error of the gateway: ask for the message, then try again
)

// judgement is what one call proves of a request.
type judgement struct {
	next  next
	state state.Settlement
	cause *Cause // stops the run; nil where it goes on
}

// judge applies the table of outcomes to one call for people recipients: the gateway specification's section 12, and its
// rows for HTTP and transport. What is not proven either way is in doubt.
func judge(answer *soap.Answer, err error, people int, access soap.Access) judgement {
	if err != nil {
		return judgeError(err)
	}
	if j, ok := judgeWhole(answer.Results, people, access); ok {
		return j
	}
	return judgeEach(answer.Results, people)
}

func judgeError(err error) judgement {
	var call *soap.Error
	if !errors.As(err, &call) {
		return judgement{state: state.Settlement{Outcome: state.InDoubt, Evidence: "unknown failure"}}
	}
	if call.Reach == soap.NotSent {
		return judgement{next: again, state: state.Settlement{Outcome: state.Unsent, Evidence: "failed before the first byte"}}
	}
	j := judgement{state: state.Settlement{Outcome: state.InDoubt, Evidence: call.Error()}}
	if unexpected(call.HTTP) {
		j.cause = &Cause{
			Summary: fmt.Sprintf("The gateway answered HTTP %d %s, which no gateway of this kind does.", call.HTTP, http.StatusText(call.HTTP)),
			Remedy:  "Check the endpoint, the binding and any proxy on the way.",
		}
	}
	return j
}

// unexpected reports whether an HTTP status says that the endpoint is not the gateway's: redirects, and client errors but
// for those that a loaded server gives.
func unexpected(status int) bool {
	if status == http.StatusRequestTimeout || status == http.StatusTooManyRequests {
		return false
	}
	return status >= 300 && status < 500
}

// judgeWhole handles answers that refuse the whole request with one code of a kind that another try may cure.
func judgeWhole(results []soap.Result, people int, access soap.Access) (judgement, bool) {
	if len(results) != people || people == 0 {
		return judgement{}, false
	}
	code := results[0].Code
	for _, r := range results {
		if r.Verdict != soap.Refused || r.Code != code {
			return judgement{}, false
		}
	}
	unsent := state.Settlement{Outcome: state.Unsent, Code: int(code), Evidence: "refused: ERR " + code.String()}
	switch {
	case access.Session != "" && code.ClassFor(access) == soap.Reauth:
		return judgement{next: renew, state: unsent, cause: stopped(results[0])}, true
	// An internal error proves less than others: the gateway specification's section 12 has the message looked up first.
	case code == soap.InternalError:
		return judgement{next: query, state: unsent}, true
	}
	return judgement{}, false
}

func judgeEach(results []soap.Result, people int) judgement {
	var j judgement
	outcomes := make([]state.Exception, people)
	var counts [state.Imported + 1]int
	for i := range people {
		var r soap.Result
		if i < len(results) {
			r = results[i]
		}
		e := state.Exception{Index: i, Outcome: state.InDoubt}
		switch {
		case r.Verdict == soap.Accepted:
			e.Outcome = state.Accepted
			if id, ok := parseID(r.ID); ok {
				if j.state.IDs == nil {
					j.state.IDs = make([][16]byte, people)
				}
				j.state.IDs[i] = id
			}
		case r.Verdict == soap.Refused && r.Code == soap.InternalError:
			// Others of the request were accepted, so no query can tell whether this one was.
			e.Code = int(r.Code)
		case r.Verdict == soap.Refused && r.Code.Class() == soap.Never:
			e.Outcome, e.Code = state.Refused, int(r.Code)
		case r.Verdict == soap.Refused:
			e.Outcome, e.Code = state.Unsent, int(r.Code)
			j.cause = stopped(r)
		}
		outcomes[i] = e
		counts[e.Outcome]++
	}
	for o := range counts {
		if counts[o] > counts[j.state.Outcome] {
			j.state.Outcome = state.Outcome(o)
		}
	}
	if first := slices.IndexFunc(outcomes, func(e state.Exception) bool { return e.Outcome == j.state.Outcome }); first >= 0 {
		j.state.Code = outcomes[first].Code
	}
	for i, e := range outcomes {
		// Of several people only those whom the gateway names have opted out.
		named := e.Code == int(soap.OptedOut) && people > 1 && !results[i].Whole
		if e.Outcome != j.state.Outcome || e.Code != j.state.Code || named {
			j.state.Exceptions = append(j.state.Exceptions, e)
		}
	}
	j.state.Evidence = "answer read whole"
	return j
}

// knowledge is what an answer to querymsg proves of a request.
type knowledge struct {
	outcome  state.Outcome // in doubt where it proves nothing
	unknown  bool          // the gateway does not know the request
	id       [16]byte      // apimsgid of the one person; zero for none
	evidence string
}

// judgeQuery applies the gateway specification's section 11 to a query for a request to people. Statuses 002 to 014 prove
// that it was accepted: by its one recipient's own answer, or for a request of several as a whole, which leaves each of them
// unconfirmed. 001, 103 and 104 say that the gateway does not know it, and prove nothing; nor do statuses that nobody has
// documented. The error is that of a query that says nothing of the request.
func judgeQuery(status soap.Status, err error, people int) (knowledge, error) {
	var call *soap.Error
	if errors.As(err, &call) && (call.Code == soap.UnknownMessage || call.Code == soap.UnknownClientID) {
		return knowledge{outcome: state.InDoubt, unknown: true, evidence: "querymsg: ERR " + call.Code.String()}, nil
	}
	k := knowledge{outcome: state.InDoubt, evidence: fmt.Sprintf("querymsg: status %03d", status.Status)}
	switch {
	case err != nil:
		return knowledge{outcome: state.InDoubt}, err
	case status.Status == 1:
		k.unknown = true
	case status.Status < 1 || status.Status > 14:
	case people > 1:
		k.outcome = state.Unconfirmed
	default:
		k.outcome = state.Accepted
		k.id, _ = parseID(status.ID)
	}
	return k, nil
}

// judgeInternal judges a request that was refused with an internal error by what a query then gave: where the gateway does not
// know it, it may be tried again.
func judgeInternal(j judgement, k knowledge, err error) judgement {
	evidence := j.state.Evidence + "; " + k.evidence
	switch {
	case err != nil:
		return judgement{state: state.Settlement{Outcome: state.InDoubt, Code: j.state.Code, Evidence: j.state.Evidence + "; the query failed"}}
	case k.unknown:
		j.state.Evidence = evidence
		return j
	case k.outcome == state.Accepted:
		return judgement{state: state.Settlement{Outcome: state.Accepted, IDs: [][16]byte{k.id}, Evidence: evidence}}
	}
	return judgement{state: state.Settlement{Outcome: k.outcome, Evidence: evidence}}
}

func parseID(s string) (id [16]byte, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}
