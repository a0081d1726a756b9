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

// Section 11: what an answer to querymsg proves of a request.
func TestWhatAQueryProves(t *testing.T) {
	id := [16]byte{0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18, 0x29, 0x3a, 0x4b, 0x5c, 0x6d, 0x7e, 0x8f, 0x90}
	refused := func(c soap.Code) error { return &soap.Error{Op: "querymsg", Reach: soap.Answered, Code: c} }
	type want struct {
		Outcome state.Outcome
		Unknown bool
		ID      [16]byte
		Fails   bool
	}
	for name, tt := range map[string]struct {
		status int
		err    error
		people int
		want   want
	}{
		"the first status that proves":      {2, nil, 1, want{Outcome: state.Accepted, ID: id}},
		"the last":                          {14, nil, 1, want{Outcome: state.Accepted, ID: id}},
		"of several people, nobody by name": {4, nil, 2, want{Outcome: state.Unconfirmed}},
		"unknown as a status":               {1, nil, 1, want{Outcome: state.InDoubt, Unknown: true}},
		"unknown, by apimsgid":              {0, refused(103), 1, want{Outcome: state.InDoubt, Unknown: true}},
		"unknown, by climsgid":              {0, refused(104), 2, want{Outcome: state.InDoubt, Unknown: true}},
		"a status of tomorrow":              {15, nil, 1, want{Outcome: state.InDoubt}},
		"no status":                         {0, nil, 1, want{Outcome: state.InDoubt}},
		"refused":                           {0, refused(7), 1, want{Outcome: state.InDoubt, Fails: true}},
		"refused as not signed in":          {0, refused(1), 1, want{Outcome: state.InDoubt, Fails: true}},
		"no answer":                         {0, errors.New("reset"), 1, want{Outcome: state.InDoubt, Fails: true}},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := judgeQuery(soap.Status{ID: ok().ID, Status: tt.status}, tt.err, tt.people)
			if diff := cmp.Diff(tt.want, want{k.outcome, k.unknown, k.id, err != nil}); diff != "" {
				t.Errorf("judgeQuery (-want +got):\n%s", diff)
			}
		})
	}
}

// Section 12, the row of 901: only where the gateway does not know the message may it be sent again.
func TestWhatBecomesOfAnInternalError(t *testing.T) {
	internal := judge(&soap.Answer{Results: []soap.Result{no(901)}}, nil, 1, soap.Access{})
	for name, tt := range map[string]struct {
		known   knowledge
		err     error
		next    next
		outcome state.Outcome
	}{
		"not known":              {knowledge{outcome: state.InDoubt, unknown: true}, nil, query, state.Unsent},
		"accepted":               {knowledge{outcome: state.Accepted}, nil, settle, state.Accepted},
		"accepted as a whole":    {knowledge{outcome: state.Unconfirmed}, nil, settle, state.Unconfirmed},
		"something of tomorrow":  {knowledge{outcome: state.InDoubt}, nil, settle, state.InDoubt},
		"the query was no use":   {knowledge{outcome: state.InDoubt}, errors.New("reset"), settle, state.InDoubt},
		"nor was it, and unkind": {knowledge{outcome: state.InDoubt, unknown: true}, errors.New("reset"), settle, state.InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			j := judgeInternal(internal, tt.known, tt.err)
			if j.next != tt.next || j.state.Outcome != tt.outcome || (j.state.Outcome == state.Accepted) != (len(j.state.IDs) == 1) {
				t.Errorf("got %+v; want next %d, %s", j, tt.next, tt.outcome)
			}
		})
	}
}
