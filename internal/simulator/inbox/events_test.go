package inbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/simulator/inbox"
)

// watched runs a test in a bubble of its own time, with a simulator.
func watched(t *testing.T, run func(t *testing.T, pages *inbox.Inbox)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := simulator.New(simulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		pages := inbox.New(s)
		defer pages.Close()
		run(t, pages)
	})
}

func hello(t *testing.T, pages http.Handler) {
	t.Helper()
	r := httptest.NewRequest("POST", gateway, strings.NewReader(
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://api.clickatell.com/soap/document_literal/webservice"><s:Body><c:sendmsg>`+
			`<api_id>1</api_id><user>demo</user><password>demo</password><text>Hello</text><to>12025550143</to></c:sendmsg></s:Body></s:Envelope>`))
	w := httptest.NewRecorder()
	if pages.ServeHTTP(w, r); !strings.Contains(w.Body.String(), "ID: ") {
		t.Fatalf("sendmsg: %s", w.Body)
	}
}

// listen begins to read the events; end stops that and gives them.
func listen(pages http.Handler, last string) (end func() []string) {
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequest("GET", "http://localhost/_sim/events", nil).WithContext(ctx)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pages.ServeHTTP(w, r)
	}()
	return func() []string {
		synctest.Wait()
		cancel()
		<-done
		return regexp.MustCompile(`(?m)^(?:data: .*"messages": \d+|: .*)`).FindAllString(w.Body.String(), -1)
	}
}

func counted(t *testing.T, events []string, want ...string) {
	t.Helper()
	var got []string
	for _, e := range events {
		got = append(got, e[strings.LastIndex(e, " ")+1:])
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("events say %v, want %v", got, want)
	}
}

func TestAnEventTellsOfAMessageAtOnce(t *testing.T) {
	watched(t, func(t *testing.T, pages *inbox.Inbox) {
		end := listen(pages, "")
		time.Sleep(time.Second / 2) // not when requests are counted, which may be before the message is there
		hello(t, pages)
		counted(t, end(), "0", "1")
	})
}

func TestAFloodOfMessagesIsAFewEvents(t *testing.T) {
	watched(t, func(t *testing.T, pages *inbox.Inbox) {
		end := listen(pages, "")
		for range 1000 {
			time.Sleep(time.Millisecond)
			hello(t, pages)
		}
		time.Sleep(time.Second)
		events := end()
		if len(events) < 4 || len(events) > 7 || !strings.HasSuffix(events[len(events)-1], " 1000") {
			t.Errorf("in a second there were %d events, the last %q", len(events), events[len(events)-1])
		}
	})
}

func TestWhoComesBackHearsWhatWasMissedAndNothingElse(t *testing.T) {
	watched(t, func(t *testing.T, pages *inbox.Inbox) {
		hello(t, pages)
		w := httptest.NewRecorder()
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		pages.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/_sim/events", nil).WithContext(ctx))
		id := regexp.MustCompile(`id: (.*)`).FindStringSubmatch(w.Body.String())[1]

		nothing := listen(pages, id)
		time.Sleep(time.Second)
		counted(t, nothing())
		hello(t, pages)
		counted(t, listen(pages, id)(), "2")
	})
}

func TestAnIdleStreamShowsThatItLives(t *testing.T) {
	watched(t, func(t *testing.T, pages *inbox.Inbox) {
		end := listen(pages, "")
		time.Sleep(40 * time.Second)
		counted(t, end(), "0", "new", "new")
	})
}

func TestCloseEndsTheStreams(t *testing.T) {
	watched(t, func(t *testing.T, pages *inbox.Inbox) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			pages.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/_sim/events", nil))
		}()
		synctest.Wait()
		pages.Close()
		<-done
	})
}
