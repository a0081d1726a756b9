package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
	"github.com/smsplan/smsplan/internal/state"
)

func TestRequestsHoldAtMostABatch(t *testing.T) {
	c := corpus(t, "Hello")
	for n, want := range map[int][]int{
		0: nil, 1: {1}, 300: {300}, 301: {300, 1}, 900: {300, 300, 300},
	} {
		p := New(addressed(c, people(n), oneText), nil, noon, "test", Options{})
		var got []int
		for i, r := range p.Requests() {
			got = append(got, len(r.People))
			if d := gocmp.Diff(r, p.Request(i), gocmp.Comparer(func(a, b phone.Number) bool { return a == b })); d != "" {
				t.Errorf("%d people: Request(%d) differs from Requests: %s", n, i, d)
			}
		}
		if d := gocmp.Diff(got, want); d != "" {
			t.Errorf("%d people: %s", n, d)
		}
		if p.Totals().ToSend != n || p.Empty() != (n == 0) {
			t.Errorf("%d people: totals %+v, empty %v", n, p.Totals(), p.Empty())
		}
	}
}

func TestPeopleStandByRegionAndNumberAndRequestsByTheirFirstPerson(t *testing.T) {
	c := corpus(t, "A", "B")
	c.Gateway.BatchSize = 2
	us, de, se := fiction(1), fiction(100), fiction(200)
	us2, us3, us4 := fiction(2), fiction(3), fiction(4)
	c = addressed(c, []phone.Number{us4, se, us3, us, de, us2}, func(i int) int { return []int{0, 1, 0, 1, 0, 1}[i] })
	// The order is DE, SE, US, US, US, US; "B" is the text of SE, us and us2.
	want := []string{
		fmt.Sprintf(`0 "A" %s %s`, de.E164(), us3.E164()),
		fmt.Sprintf(`0 "B" %s %s`, se.E164(), us.E164()),
		fmt.Sprintf(`0 "B" %s`, us2.E164()),
		fmt.Sprintf(`0 "A" %s`, us4.E164()),
	}
	p := New(c, nil, noon, "test", Options{})
	if d := gocmp.Diff(shape(p), want); d != "" {
		t.Error(d)
	}
	m := p.Messages[0]
	if d := gocmp.Diff(m.Countries, []Country{{"US", 4, 4, nil}, {"DE", 1, 1, nil}, {"SE", 1, 1, nil}}); d != "" {
		t.Error(d)
	}
	if m.Requests != 4 || m.Texts != 2 || m.Segments != 6 {
		t.Errorf("requests, texts, segments: %d, %d, %d", m.Requests, m.Texts, m.Segments)
	}
}

func TestEachOutcomeHasItsReason(t *testing.T) {
	c := corpus(t, "Hello")
	for name, tt := range map[string]struct {
		outcome state.Outcome
		code    int
		want    []Held
	}{
		"planned":     {state.Planned, 0, []Held{{UnderWay, 1, ""}}},
		"under way":   {state.UnderWay, 0, []Held{{UnderWay, 1, ""}}},
		"accepted":    {state.Accepted, 0, []Held{{AlreadySent, 1, ""}}},
		"unconfirmed": {state.Unconfirmed, 0, []Held{{Unconfirmed, 1, ""}}},
		"refused":     {state.Refused, 114, []Held{{Refused, 1, "code 114 (1)"}}},
		"opted out":   {state.Refused, 122, []Held{{OptedOut, 1, ""}}},
		"unsent":      {state.Unsent, 0, []Held{}},
		"in doubt":    {state.InDoubt, 0, []Held{{InDoubt, 1, ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLedger(t, t.TempDir())
			defer l.Close()
			l.settle(tt.outcome, tt.code, "Hello", fiction(0))
			p := New(addressed(c, people(2), oneText), l.snapshot(), noon, "test", Options{})
			if d := gocmp.Diff(p.Messages[0].Held, tt.want); d != "" {
				t.Error(d)
			}
			if got := p.Messages[0].ToSend; got != 2-len(tt.want) {
				t.Errorf("%d to send", got)
			}
		})
	}
	// No operation of a state makes these yet.
	if verdictOn(state.Imported) != imported || verdictOn(state.Cancelled) != toSend || verdictOn(state.Outcome(99)) != inDoubt {
		t.Error("imported, cancelled or an unknown outcome has the wrong verdict")
	}
}

func TestAnOptOutHoldsForEveryMessage(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.settle(state.Refused, 122, "Hello", fiction(0))
	c := addressed(corpus(t, "Hello"), people(2), oneText)
	c.Messages[0].Address = "message.other"
	p := New(c, l.snapshot(), noon, "test", Options{})
	if d := gocmp.Diff(p.Messages[0].Held, []Held{{OptedOut, 1, ""}}); d != "" {
		t.Error(d)
	}
}

func TestAPersonIsFoundUnderEveryFormOfTheLine(t *testing.T) {
	n := must(phone.FromE164("525500000000"))
	forms := phone.Equivalents(n)
	if len(forms) < 2 {
		t.Fatal("the line has one form only")
	}
	c := corpus(t, "Hello")
	for _, sent := range forms {
		l := openLedger(t, t.TempDir())
		l.settle(state.Accepted, 0, "Hello", sent)
		past := l.snapshot()
		l.Close()
		for _, asked := range forms {
			p := New(addressed(c, []phone.Number{asked}, oneText), past, noon, "test", Options{})
			if got := p.Totals().AlreadySent; got != 1 {
				t.Errorf("%d already sent", got)
			}
		}
	}
}

func TestReasonsOfTheConfigurationAreKeptWithTheirNotes(t *testing.T) {
	c := addressed(corpus(t, "Hello"), people(2), oneText)
	c.Messages[0].Audience.Tally = config.Tally{Rows: 10, Conflicting: 3, Held: []config.Held{
		{Reason: config.Filtered, Count: 1, Note: "recipient.lang == each.key"},
		{Reason: config.Invalid, Count: 2, Note: "customers.csv:17, :204"},
		{Reason: config.Duplicate, Count: 4},
		{Reason: config.Excluded, Count: 1, Note: "recipients.opted_out"},
	}}
	p := New(c, nil, noon, "test", Options{})
	want := []Held{{Filtered, 1, "recipient.lang == each.key"}, {Invalid, 2, "customers.csv:17, :204"}, {Duplicate, 4, "3 with other columns than the row that counts"}, {Excluded, 1, "recipients.opted_out"}}
	if d := gocmp.Diff(p.Messages[0].Held, want); d != "" {
		t.Error(d)
	}
	totals := Totals{ToSend: 2, Held: 7, Segments: 2, Requests: 1, ByReason: map[string]int{Filtered: 1, Invalid: 2, Duplicate: 4, Excluded: 1}}
	if d := gocmp.Diff(p.Totals(), totals); d != "" {
		t.Error(d)
	}
}

func TestScheduleHoldsEverybodyWhomItDoesNotFit(t *testing.T) {
	c := addressed(corpus(t, "Hello"), people(3), oneText)
	l := openLedger(t, t.TempDir())
	defer l.Close()
	l.settle(state.Accepted, 0, "Hello", fiction(0))
	past := l.snapshot()
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		in, validity time.Duration
		want         string
	}{
		"at once":                     {0, 0, ""},
		"in a week":                   {7 * day, 0, ""},
		"later":                       {7*day + time.Second, 0, TooEarly},
		"a day ago":                   {-day, 0, ""},
		"longer ago":                  {-day - time.Second, 0, TooLate},
		"ago within its validity":     {-2 * day, 3 * day, ""},
		"ago by more than it is good": {-time.Hour, 30 * time.Minute, TooLate},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.Messages[0]
			m.Validity, m.DeliverAt = tt.validity, noon.Add(tt.in)
			m.DeliverAtSource = m.DeliverAt.Format(time.RFC3339)
			got := New(c, past, noon, "test", Options{}).Messages[0]
			held := got.Held[1:]
			switch {
			case got.Held[0] != Held{AlreadySent, 1, ""}:
				t.Errorf("held %+v", got.Held)
			case tt.want == "" && (got.ToSend != 2 || len(held) != 0):
				t.Errorf("%d to send, held %+v", got.ToSend, held)
			case tt.want != "" && (got.ToSend != 0 || len(held) != 1 || held[0].Reason != tt.want || held[0].Count != 2 || held[0].Note == ""):
				t.Errorf("%d to send, held %+v, want 2 %s", got.ToSend, held, tt.want)
			}
		})
	}
}

func TestAChangedTextIsAWarningAndNotANewSend(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	all := people(1204)
	l.settle(state.Accepted, 0, "Hello", all[:2]...)
	l.settle(state.Accepted, 0, "Goodbye", all[2:]...)
	p := New(addressed(corpus(t, "Hello"), all, oneText), l.snapshot(), noon, "test", Options{})
	if !p.Empty() || p.Messages[0].TextChanged != 1202 {
		t.Errorf("empty %v, %d changed", p.Empty(), p.Messages[0].TextChanged)
	}
	want := []Warning{{"message.m", "text changed since 1,202 sends", "those people will not get the new text (raise revision to send again)"}}
	if d := gocmp.Diff(p.Warnings, want); d != "" {
		t.Error(d)
	}
}

func TestTextsThatNobodyIsSentAreNotKeptWhereTheyAreMost(t *testing.T) {
	const all = 9
	own := func(i int) int { return i }
	for name, tt := range map[string]struct{ sent, kept int }{
		"none was sent":  {0, all},
		"few were sent":  {3, all}, // the table is shared
		"most were sent": {6, all - 6},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLedger(t, t.TempDir())
			defer l.Close()
			for i := range tt.sent {
				l.settle(state.Accepted, 0, fmt.Sprint("Text ", i), fiction(i))
			}
			p := New(addressed(corpus(t, numbered(all)...), people(all), own), l.snapshot(), noon, "test", Options{})
			m := &p.Messages[0]
			if got := m.texts.table.Len(); got != tt.kept {
				t.Errorf("the plan keeps %d texts, want %d", got, tt.kept)
			}
			var got, want []string
			for i, r := range p.Requests() {
				got = append(got, r.Text)
				want = append(want, fmt.Sprint("Text ", tt.sent+i))
				if r.Size != sms.Measure(r.Text) {
					t.Errorf("%q is said to take %+v", r.Text, r.Size)
				}
			}
			if d := gocmp.Diff(got, want); d != "" || m.Texts != len(want) {
				t.Errorf("%d texts: %s", m.Texts, d)
			}
		})
	}
}

func TestWireIsWhatTravels(t *testing.T) {
	long := strings.Repeat("x", 161)
	for name, tt := range map[string]struct {
		message config.Message
		text    string
		want    Wire
	}{
		"plain":                  {config.Message{MaxSegments: 10}, "Hi", Wire{Text: "Hi", Concat: 10, Queue: 2}},
		"concat below the need":  {config.Message{MaxSegments: 1}, long, Wire{Text: long, Concat: 2, Queue: 2}},
		"needs UCS-2":            {config.Message{MaxSegments: 1}, "Żółw", Wire{Text: "017B00F301420077", Unicode: true, Concat: 1, Queue: 2}},
		"always UCS-2":           {config.Message{MaxSegments: 1, Unicode: "always"}, "Hi", Wire{Text: "00480069", Unicode: true, Concat: 1, Queue: 2}},
		"flash":                  {config.Message{MaxSegments: 1, Flash: true}, "Hi", Wire{Text: "Hi", Type: "SMS_FLASH", Concat: 1, Queue: 2}},
		"line breaks":            {config.Message{MaxSegments: 1}, "a\r\nb\rc\nd", Wire{Text: "a\nb\nc\nd", Concat: 1, Queue: 2}},
		"validity":               {config.Message{MaxSegments: 1, Validity: 61 * time.Second}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 2, ValidityMinutes: 2}},
		"binary":                 {config.Message{MaxSegments: 1, Binary: &config.Binary{UDH: "0605040B8423F0", Data: "00FF"}}, "", Wire{UDH: "0605040B8423F0", Data: "00FF", Concat: 1, Queue: 2}},
		"binary of two segments": {config.Message{Binary: &config.Binary{Data: strings.Repeat("00", 141)}}, "", Wire{Data: strings.Repeat("00", 141), Concat: 2, Queue: 2}},
		"priority":               {config.Message{MaxSegments: 1, Handling: config.Handling{Priority: 1}}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 1}},
		"features":               {config.Message{MaxSegments: 1, Handling: config.Handling{Features: []string{"numeric_sender", "flash"}}}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 2, Features: 544}},
		"receipts":               {config.Message{MaxSegments: 1, Receipts: true}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 2, Callback: 7}},
		"receipts, none pushed":  {config.Message{MaxSegments: 1, Receipts: true, Handling: config.Handling{Callbacks: []string{}}}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 2}},
		"final statuses only":    {config.Message{MaxSegments: 1, Handling: config.Handling{Callbacks: []string{"final", "errors"}}}, "Hi", Wire{Text: "Hi", Concat: 1, Queue: 2, Callback: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			c := corpus(t, cmp.Or(tt.text, "unused"))
			m := tt.message
			m.Audience = c.Messages[0].Audience
			switch {
			case m.Binary != nil:
				m.Audience.Table, m.Audience.Texts = config.Texts{}, nil
			case m.Unicode == "always": // the configuration sizes its texts so
				m.Audience.Table = config.Texts{}
				m.Audience.Table.Add(tt.text, sms.MeasureUCS2(tt.text))
			}
			c.Messages = []*config.Message{&m}
			p := New(c, nil, noon, "test", Options{})
			if got := p.Messages[0].Wire(p.Request(0)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSizesAddUpToThoseToSend(t *testing.T) {
	c := corpus(t, "plain", "Żółw", strings.Repeat("x", 161))
	p := New(addressed(c, people(10), func(i int) int { return min(i%4, 2) }), nil, noon, "test", Options{})
	m := p.Messages[0]
	want := []Size{{"gsm7", 2, 4}, {"gsm7", 1, 3}, {"ucs2", 1, 3}}
	if d := gocmp.Diff(m.Sizes, want); d != "" || m.Segments != 14 {
		t.Errorf("%d segments, %s", m.Segments, d)
	}
	if got := p.Request(0).Size; got != sms.Measure(p.Request(0).Text) {
		t.Errorf("request of size %+v", got)
	}
}

func TestReasonsAreInTheOrderOfTheVerdicts(t *testing.T) {
	want := []string{Duplicate, AlreadySent, Imported, OptedOut, Refused, InDoubt, Withdrawing, Unconfirmed, UnderWay, Cancelled, TooEarly, TooLate, OutsideWindow, Frozen}
	var got []string
	for v := toSend + 1; v < verdicts; v++ {
		got = append(got, v.reason())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExpiry(t *testing.T) {
	p := &Plan{Created: noon}
	if p.Expired(noon.Add(24*time.Hour)) || !p.Expired(noon.Add(24*time.Hour+time.Second)) {
		t.Error("a plan expires after 24 hours")
	}
}

func TestTheRulesOfAMessageAreThoseOfTheConfiguration(t *testing.T) {
	c := addressed(corpus(t, "Hello"), people(1), oneText)
	m := c.Messages[0]
	m.Revision, m.From, m.Flash, m.Receipts, m.Validity, m.MaxSegments, m.Unicode = 3, "ACME", true, true, time.Hour, 4, "never"
	m.DeliverAt, m.DeliverAtSource = noon.Add(time.Hour), "2026-03-02T13:00:00Z"
	m.TextSource, m.PerRecipient = "«text»", true
	m.Excludes = []string{"left", "banned", "left"}
	m.Handling = config.Handling{Priority: 1, MaxCredits: 2, Escalate: true, Features: []string{"flash"}, MobileOriginated: true, Callbacks: []string{"final"}}
	got := New(c, nil, noon, "test", Options{}).Messages[0]
	at := noon.Add(time.Hour)
	want := Message{
		Address: "message.m", Action: Send, Revision: 3, From: "ACME", TextSample: "«text»", PerRecipient: true,
		Flash: true, Unicode: "never", MaxSegments: 4, Receipts: true, Validity: time.Hour,
		DeliverAt: &at, DeliverAtText: "2026-03-02T13:00:00Z", Excludes: []string{"banned", "left"}, Handling: m.Handling,
		Rows: 1, Held: []Held{}, ToSend: 1, Countries: []Country{{"US", 1, 1, nil}}, Sizes: []Size{{"gsm7", 1, 1}}, Segments: 1, Requests: 1, Texts: 1,
	}
	if d := gocmp.Diff(got, want, cmpopts.IgnoreUnexported(Message{})); d != "" {
		t.Error(d)
	}
}
