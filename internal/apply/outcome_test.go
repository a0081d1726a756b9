package apply

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
)

func ok() soap.Result {
	return soap.Result{Verdict: soap.Accepted, ID: "a1b2c3d4e5f60718293a4b5c6d7e8f90"}
}

func no(c soap.Code) soap.Result { return soap.Result{Verdict: soap.Refused, Code: c} }

// The rows of the gateway specification's section 12, as far as they decide what becomes of a send.
func TestOutcomeOfACall(t *testing.T) {
	type want struct {
		Next     next
		Outcome  state.Outcome
		Code     int
		Except   []state.Exception
		StopsRun bool
	}
	unclear := func(status int) error { return &soap.Error{Op: "sendmsg", HTTP: status, Err: errors.New("broken")} }
	for name, tt := range map[string]struct {
		results []soap.Result
		err     error
		people  int
		session bool
		want    want
	}{
		"accepted":                         {results: []soap.Result{ok()}, people: 1, want: want{Outcome: state.Accepted}},
		"accepted under a strange id":      {results: []soap.Result{{Verdict: soap.Accepted, ID: "7"}}, people: 1, want: want{Outcome: state.Accepted}},
		"accepted and refused":             {results: []soap.Result{ok(), no(114), ok()}, people: 3, want: want{Outcome: state.Accepted, Except: []state.Exception{{Index: 1, Outcome: state.Refused, Code: 114}}}},
		"no line for one":                  {results: []soap.Result{ok(), {}}, people: 2, want: want{Outcome: state.Accepted, Except: []state.Exception{{Index: 1, Outcome: state.InDoubt}}}},
		"fewer results than people":        {results: []soap.Result{ok()}, people: 2, want: want{Outcome: state.Accepted, Except: []state.Exception{{Index: 1, Outcome: state.InDoubt}}}},
		"no results":                       {people: 2, want: want{Outcome: state.InDoubt}},
		"never":                            {results: []soap.Result{no(105), no(105)}, people: 2, want: want{Outcome: state.Refused, Code: 105}},
		"opted out":                        {results: []soap.Result{no(122)}, people: 1, want: want{Outcome: state.Refused, Code: 122}},
		"unknown code":                     {results: []soap.Result{no(999)}, people: 1, want: want{Outcome: state.Refused, Code: 999}},
		"no credit":                        {results: []soap.Result{no(301)}, people: 1, want: want{Outcome: state.Unsent, Code: 301, StopsRun: true}},
		"credit runs out on the way":       {results: []soap.Result{ok(), ok(), no(301)}, people: 3, want: want{Outcome: state.Accepted, Except: []state.Exception{{Index: 2, Outcome: state.Unsent, Code: 301}}, StopsRun: true}},
		"message limit":                    {results: []soap.Result{no(130)}, people: 1, want: want{Outcome: state.Unsent, Code: 130, StopsRun: true}},
		"account frozen":                   {results: []soap.Result{no(4)}, people: 1, session: true, want: want{Outcome: state.Unsent, Code: 4, StopsRun: true}},
		"session expired":                  {results: []soap.Result{no(3), no(3)}, people: 2, session: true, want: want{Next: renew, Outcome: state.Unsent, Code: 3, StopsRun: true}},
		"session refused as 001":           {results: []soap.Result{no(1)}, people: 1, session: true, want: want{Next: renew, Outcome: state.Unsent, Code: 1, StopsRun: true}},
		"001 without a session":            {results: []soap.Result{no(1)}, people: 1, want: want{Outcome: state.Unsent, Code: 1, StopsRun: true}},
		"internal error":                   {results: []soap.Result{no(901), no(901)}, people: 2, want: want{Next: query, Outcome: state.Unsent, Code: 901}},
		"internal error for one":           {results: []soap.Result{ok(), no(901)}, people: 2, want: want{Outcome: state.Accepted, Except: []state.Exception{{Index: 1, Outcome: state.InDoubt, Code: 901}}}},
		"not sent":                         {err: &soap.Error{Reach: soap.NotSent}, people: 1, want: want{Next: again, Outcome: state.Unsent}},
		"broken after the first byte":      {err: unclear(0), people: 1, want: want{Outcome: state.InDoubt}},
		"answered, but not by sendmsg":     {err: &soap.Error{Reach: soap.Answered}, people: 1, want: want{Outcome: state.InDoubt}},
		"fault":                            {err: &soap.Error{HTTP: 500, Fault: "internal"}, people: 1, want: want{Outcome: state.InDoubt}},
		"an error of another kind":         {err: errors.New("surprise"), people: 1, want: want{Outcome: state.InDoubt}},
		"500":                              {err: unclear(500), people: 1, want: want{Outcome: state.InDoubt}},
		"503":                              {err: unclear(503), people: 1, want: want{Outcome: state.InDoubt}},
		"redirect":                         {err: unclear(302), people: 1, want: want{Outcome: state.InDoubt, StopsRun: true}},
		"forbidden":                        {err: unclear(403), people: 1, want: want{Outcome: state.InDoubt, StopsRun: true}},
		"request timeout at the gateway":   {err: unclear(408), people: 1, want: want{Outcome: state.InDoubt}},
		"too many requests at the gateway": {err: unclear(429), people: 1, want: want{Outcome: state.InDoubt}},
	} {
		t.Run(name, func(t *testing.T) {
			var answer *soap.Answer
			if tt.err == nil {
				answer = &soap.Answer{Results: tt.results}
			}
			var access soap.Access
			if tt.session {
				access.Session = "s"
			}
			j := judge(answer, tt.err, tt.people, access)
			got := want{Next: j.next, Outcome: j.state.Outcome, Code: j.state.Code, Except: j.state.Exceptions, StopsRun: j.cause != nil}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("judge (-want +got):\n%s", diff)
			}
		})
	}
}
