package simulator

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func order(t *testing.T, s *Simulator, faults ...string) {
	t.Helper()
	var list []Fault
	for _, f := range faults {
		list = append(list, mustFault(t, f))
	}
	if err := s.Order(list); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrderReplacesTheFaultsBeforeAndCountsAnew(t *testing.T) {
	s := withFaults(t, "error:code=901,times=2")
	send := demo + "<text>Hello</text>" + to("12025550143")
	const fails, limit, accepted = "ERR: 901, Internal error - please retry", "ERR: 114, Cannot route message", "ID: ID"
	var got []string
	for _, faults := range [][]string{
		nil,
		{"error:code=901,times=2"},
		{"refuse", "credit-runs-out:credit=1"},
		{"close-after:requests=9"},
	} {
		if faults != nil {
			order(t, s, faults...)
		}
		got = append(got, one(t, s, "sendmsg", send))
	}
	got = append(got, one(t, s, "sendmsg", send))
	want := []string{fails, fails, limit, accepted, "ERR: 301, No Credit Left"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	if err := s.Order([]Fault{mustFault(t, "gzip"), {}}); err == nil {
		t.Error("a fault that ParseFault did not make was taken")
	}
	if diff := cmp.Diff(fmt.Sprint(s.Ordered()), "[close-after:requests=9]"); diff != "" {
		t.Errorf("ordered (-got +want):\n%s", diff)
	}
}

func TestFaultsCountAnewAfterAReset(t *testing.T) {
	s := withFaults(t, "error:code=901", "close-after:requests=3", "expire-sessions-after:requests=1,times=1", "credit-runs-out:credit=5")
	closes := func() (closed []bool) {
		for range 2 {
			w := post(s, documentAddress, documentCall("getbalance", demo))
			closed = append(closed, w.Header().Get("Connection") == "close")
		}
		return closed
	}
	for range 2 {
		session := "<session_id>" + anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String()) + "</session_id>"
		got := []string{
			one(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143")),
			one(t, s, "getbalance", session),
			one(t, s, "getbalance", session),
		}
		if diff := cmp.Diff(got, []string{"ERR: 901, Internal error - please retry", "Credit: 5.000", "ERR: 003, Session ID expired"}); diff != "" {
			t.Errorf("lines (-got +want):\n%s", diff)
		}
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(closes(), []bool{false, false}); diff != "" {
			t.Errorf("closed (-got +want):\n%s", diff)
		}
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCreditRunsOutWhenThatIsOrdered(t *testing.T) {
	s := newSimulator(t, Options{})
	order(t, s, "credit-runs-out:credit=2.5")
	if got := one(t, s, "getbalance", demo); got != "Credit: 2.500" {
		t.Errorf("after the order: %q", got)
	}
	order(t, s)
	if got := one(t, s, "getbalance", demo); got != "Credit: 2.500" {
		t.Errorf("after the order was taken back: %q", got)
	}
}

func TestSessionsAreExpiredByHand(t *testing.T) {
	c := newClock()
	s := newSimulator(t, Options{Now: c.now})
	auth := func() string {
		return "<session_id>" + anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String()) + "</session_id>"
	}
	auth()
	c.forward(sessionIdle + 1)
	first, second := auth(), auth()
	if n := s.ExpireSessions(); n != 2 {
		t.Errorf("%d sessions ended, want 2: one was over already", n)
	}
	for _, session := range []string{first, second} {
		if got := one(t, s, "ping", session); got != "ERR: 003, Session ID expired" {
			t.Errorf("an ended session: %q", got)
		}
	}
	if got := one(t, s, "ping", auth()); got != "OK:" {
		t.Errorf("a session begun after: %q", got)
	}
	if n := s.ExpireSessions(); n != 1 {
		t.Errorf("%d sessions ended, want 1", n)
	}
}

// The race detector judges.
func TestFaultsAreOrderedWhileRequestsAreServed(t *testing.T) {
	s := newSimulator(t, Options{})
	send := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144"))
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() {
			for range 50 {
				post(s, documentAddress, send)
				post(s, documentAddress, documentCall("auth", demo))
				post(s, rpcAddress, rpcCall("routeCoverage", demo+"<msisdn>12025550143</msisdn>", ""))
			}
		})
	}
	for range 50 {
		order(t, s, "refuse:every=2", "close-after:requests=2", "session-idle:for=1s", "choose:ping=session", "spelling:case=upper", "expire-sessions-after:requests=3")
		s.Ordered()
		s.ExpireSessions()
		order(t, s)
	}
	busy.Wait()
}
