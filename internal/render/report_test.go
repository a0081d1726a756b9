package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
)

func TestSummaryHasTheFormThatTheReportCallsFor(t *testing.T) {
	for name, tt := range map[string]struct {
		report apply.Report
		want   string
	}{
		"complete":    {apply.Report{Total: 34000, Sent: 34000}, "Apply complete! Messages: 34,000 sent, 0 refused, 0 in doubt."},
		"incomplete":  {apply.Report{Sent: 11400, Refused: 3, InDoubt: 300, NotAttempted: 22297}, "Apply incomplete! Messages: 11,400 sent, 3 refused, 300 in doubt, 22,297 not attempted."},
		"unconfirmed": {apply.Report{Sent: 11400, Unconfirmed: 300, Refused: 3, NotAttempted: 22297, Cancelled: 5}, "Apply incomplete! Messages: 11,400 sent, 300 unconfirmed, 3 refused, 0 in doubt, 22,297 not attempted, 5 cancelled."},
		"already":     {apply.Report{Total: 2, Already: 2}, "Apply complete! Messages: 0 sent, 0 refused, 0 in doubt."},
		"elsewhere":   {apply.Report{Total: 2, Sent: 2, Elsewhere: 3}, "Apply incomplete! Messages: 2 sent, 0 refused, 3 in doubt, 0 not attempted."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Summary(&tt.report); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCompleteReportEndsWithItsSummary(t *testing.T) {
	var b bytes.Buffer
	if err := Report(&b, &apply.Report{Total: 2, Sent: 2}, "", Style{}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "\nApply complete! Messages: 2 sent, 0 refused, 0 in doubt.\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestIncompleteReportNamesCauseAndNextCommand(t *testing.T) {
	r := apply.Report{
		Total: 9, Sent: 1, Refused: 2, InDoubt: 3, NotAttempted: 3,
		Refusals: []apply.Refusal{{Code: "105", Meaning: "invalid \x1bdestination", Remedy: "check the number", People: 2}},
		Cause:    &apply.Cause{Summary: "no credit left", Remedy: "buy credit"},
	}
	var b bytes.Buffer
	if err := Report(&b, &r, Next(&r, "smsplan apply", "", false), Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`Refused, code 105: 2 recipients, invalid \x1bdestination`, "check the number", "Stopped: no credit left", "buy credit", "Next: smsplan resolve"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

func TestNextCommandIsTheOneThatHelps(t *testing.T) {
	for name, tt := range map[string]struct {
		report apply.Report
		broken bool
		want   string // what the advice begins with
	}{
		"complete":             {apply.Report{Total: 1, Sent: 1}, false, ""},
		"in doubt":             {apply.Report{InDoubt: 1, NotAttempted: 1}, false, "Next: smsplan resolve, "},
		"in doubt from before": {apply.Report{Elsewhere: 1}, false, "Next: smsplan resolve, "},
		"not attempted":        {apply.Report{NotAttempted: 2, Late: 1}, false, "Next: smsplan apply x.smsplan, "},
		"all of them late":     {apply.Report{NotAttempted: 2, Late: 2}, false, ""},
		"unconfirmed":          {apply.Report{Unconfirmed: 1}, false, "Next: smsplan resolve -as=sent"},
		"found unconfirmed":    {apply.Report{Settled: &apply.Settled{Unconfirmed: 1}}, false, "Next: smsplan resolve -as=sent"},
		"refused":              {apply.Report{Refused: 1}, false, "Next: smsplan state list"},
		"state not writable":   {apply.Report{NotAttempted: 1}, true, "Next: mend what the error says (where the disk is full, make room on it), then smsplan apply x.smsplan. "},
	} {
		t.Run(name, func(t *testing.T) {
			got := Next(&tt.report, "smsplan apply x.smsplan", "", tt.broken)
			if !strings.HasPrefix(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("got  %s\nwant %s...", got, tt.want)
			}
		})
	}
}

func TestWhatIsRecordedNowhereIsShownWhole(t *testing.T) {
	line := `{"request":1,"climsgid":"` + strings.Repeat("a", 100) + `"}`
	var b bytes.Buffer
	r := &apply.Report{NotAttempted: 3, Late: 2, Unsaved: []string{line}}
	if err := Report(&b, r, "", Style{Width: 40}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\n"+line+"\n") {
		t.Errorf("the outcome is broken or missing in\n%s", b.String())
	}
	if flat := strings.ReplaceAll(b.String(), "\n", " "); !strings.Contains(flat, "passed by more than validity: 2.") {
		t.Errorf("those who are late are not named in\n%s", b.String())
	}
}

func TestProgressIsOneLineOnATerminalAndOneInTenSecondsElsewhere(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	watch := func(terminal bool) string {
		var b bytes.Buffer
		p := NewProgress(&b, Style{Width: 80}, terminal)
		for s := range 25 {
			p.Watch(apply.Event{Kind: apply.Progress, At: at.Add(time.Duration(s) * time.Second), Report: apply.Report{Total: 1000, Sent: 40 * s}, UnderWay: 8})
		}
		p.Done()
		return b.String()
	}
	if got, want := watch(false), "400 of 1,000 sent, 40 a second, 15s left\n800 of 1,000 sent, 40 a second, 5s left\n"; got != want {
		t.Errorf("elsewhere: got %q; want %q", got, want)
	}
	got := watch(true)
	if strings.Contains(got, "\n") || !strings.HasSuffix(got, "\r\x1b[K") || strings.Count(got, "\r") != 26 {
		t.Errorf("on a terminal: %q", got)
	}
}

func TestProgressCountsWhatIsCancelled(t *testing.T) {
	for name, tt := range map[string]struct {
		report apply.Report
		want   string
	}{
		"nothing is sent":  {apply.Report{ToCancel: 3000, Cancelled: 400}, "400 of 3,000 cancelled, 40 a second, 1m5s left"},
		"some is sent too": {apply.Report{Total: 20, ToCancel: 3000, Cancelled: 400}, "0 of 20 sent, 400 of 3,000 cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := progressText(tt.report, 10*time.Second); got != tt.want {
				t.Errorf("got %q; want %q", got, tt.want)
			}
		})
	}
}

func TestInterruptedRunSaysHowManyRequestsItWaitsFor(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, Style{}, false)
	p.Interrupted()
	for range 2 {
		p.Watch(apply.Event{Kind: apply.Progress, UnderWay: 3})
	}
	want := "Interrupted: no new requests are begun. Interrupt again to close the connections.\nWaiting for 3 requests under way.\n"
	if got := b.String(); got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestSameNoteIsSaidOnceAndCounted(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, Style{}, false)
	for i := range 1000 {
		p.Watch(apply.Event{Kind: apply.Doubt, Address: "message.hello", People: 300 - i%2, Text: "sendmsg: the connection ended"})
	}
	p.Watch(apply.Event{Kind: apply.Doubt, Address: "message.bye", People: 1, Text: "querymsg: status 001"})
	p.Watch(apply.Event{Kind: apply.Log, Text: "The session had expired; signed in again."})
	p.Watch(apply.Event{Kind: apply.Log, Text: "The session had expired; signed in again."})
	p.Done()
	want := "message.hello, 300 recipients: sendmsg: the connection ended.\n" +
		"message.bye, 1 recipient: querymsg: status 001.\n" +
		"The session had expired; signed in again.\n" +
		"sendmsg: the connection ended. And so 999 times more, 299,200 recipients.\n" +
		"The session had expired; signed in again. And so 1 time more.\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
