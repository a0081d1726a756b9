package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// abroad gives people in Germany, Sweden, the USA and, as far as is known, anywhere in the United Kingdom, two of each, one in
// Australia, and one nowhere.
func abroad() []phone.Number {
	return []phone.Number{
		fiction(1), fiction(100), fiction(200), fiction(2), fiction(101), fiction(201), must(phone.FromE164("61491570006")), fiction(300), fiction(301),
		must(phone.FromE164("8700000001")),
	}
}

func windowed(c *config.Config, people []phone.Number, from, to, timezone string) *config.Config {
	c = addressed(c, people, oneText)
	c.Messages[0].Window = &config.Window{From: from, To: to, Timezone: timezone}
	return c
}

// clocks tells of each clock of the first message its first zone, when it opens and how many go by it.
func clocks(p *Plan) string {
	var list []string
	for _, c := range p.Messages[0].Clocks {
		at := "open"
		if c.DeliverAt != nil {
			at = c.DeliverAt.Format("02T15:04")
		}
		list = append(list, fmt.Sprintf("%s %s %d", c.Zones[0], at, c.Recipients))
	}
	return strings.Join(list, ", ")
}

func TestAWindowIsOpenByTheClocksOfItsZones(t *testing.T) {
	for name, tt := range map[string]struct{ from, to, timezone, want, held string }{
		"where the recipient is": {"08:00", "20:00", "recipient",
			"Antarctica/Macquarie 03T00:00 1, Europe/Berlin open 2, Europe/Stockholm open 2, America/Adak 02T18:00 2, Europe/Guernsey open 2",
			"outside window 1 no time zone is known for ZZ (1)"},
		"in one zone":                 {"08:00", "20:00", "Europe/Berlin", "Europe/Berlin open 10", ""},
		"in one zone where it is not": {"08:00", "20:00", "Asia/Tokyo", "Asia/Tokyo 02T23:00 10", ""},
		"over midnight":               {"22:00", "06:00", "Europe/Berlin", "Europe/Berlin 02T21:00 10", ""},
		// The USA from coast to coast and Australia have none of these hours in common. A number of Washington is there; one that
		// begins with 04 is anywhere in Australia.
		"too narrow for some countries": {"12:00", "13:30", "recipient",
			"Europe/Berlin 03T11:00 2, Europe/Stockholm 03T11:00 2, America/New_York 02T17:00 2, Europe/Guernsey 03T12:00 2",
			"outside window 2 no time zone is known for ZZ (1); within 7 days no time is in the window everywhere in AU (1)"},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(windowed(corpus(t, "Hello"), abroad(), tt.from, tt.to, tt.timezone), nil, noon.Add(90*time.Minute*boolean(name == "too narrow for some countries")), "test", Options{})
			m := p.Messages[0]
			held := ""
			for _, h := range m.Held {
				held += fmt.Sprintf("%s %d %s", h.Reason, h.Count, h.Note)
			}
			if got := clocks(p); got != tt.want || held != tt.held {
				t.Errorf("got %s; held %q\nwant %s; held %q", got, held, tt.want, tt.held)
			}
			if p.TimeZones != zone.Version() {
				t.Errorf("time zones of release %q", p.TimeZones)
			}
		})
	}
}

func boolean(b bool) time.Duration {
	if b {
		return 1
	}
	return 0
}

// Requests never mix delivery times, and nobody's is outside the window.
func TestEveryRequestIsForOneTimeAtWhichAllOfItsPeopleMayHaveIt(t *testing.T) {
	c := corpus(t, "A", "B", "C")
	rapid.Check(t, func(t *rapid.T) {
		clock := func(name string) string {
			return zone.Clock(rapid.IntRange(0, 1439).Draw(t, name))
		}
		w := config.Window{From: clock("from"), To: clock("to"), Timezone: rapid.SampledFrom([]string{"recipient", "Europe/Berlin", "Pacific/Apia"}).Draw(t, "timezone")}
		if w.From == w.To {
			t.Skip()
		}
		texts := rapid.SliceOfN(rapid.IntRange(0, 2), 20, 20).Draw(t, "texts")
		all := slices.Concat(abroad(), people(8))
		c := addressed(c, all, func(i int) int { return texts[i] })
		c.Gateway.BatchSize = rapid.IntRange(1, 4).Draw(t, "batch")
		c.Messages[0].Window = &w
		now := noon.Add(time.Duration(rapid.IntRange(0, 366*24*60).Draw(t, "minute")) * time.Minute)
		if in := rapid.IntRange(-10, 10).Draw(t, "deliver at"); in != 0 {
			c.Messages[0].DeliverAt = now.Add(time.Duration(in) * 3 * time.Hour)
			c.Messages[0].DeliverAtSource = c.Messages[0].DeliverAt.Format(time.RFC3339)
		}
		p := New(c, nil, now, "test", Options{})
		m := &p.Messages[0]
		hours, _ := w.Hours()
		for i, r := range p.Requests() {
			at := m.At(r)
			if at.IsZero() {
				at = now
			}
			if at.Before(now) || at.Sub(now) > horizon || m.DeliverAt != nil && at.Before(*m.DeliverAt) {
				t.Fatalf("request %d is for %s", i, at)
			}
			if len(r.People) > p.Gateway.BatchSize {
				t.Fatalf("request %d has %d people", i, len(r.People))
			}
			for _, n := range r.People {
				region, _ := n.Locate()
				names := zone.Of(region.String())
				if w.Timezone != config.OfRecipient {
					names = []string{w.Timezone}
				} else if !slices.Equal(m.Clocks[r.Clock].Zones, names) {
					names = n.Zones()
				}
				for _, name := range names {
					local := at.In(must(zone.Load(name)))
					minute := 60*local.Hour() + local.Minute()
					if length, since := (hours.To-hours.From+1440)%1440, (minute-hours.From+1440)%1440; since >= length {
						t.Fatalf("%s gets it at %s, outside %s", region, local, hours)
					}
				}
			}
		}
		total := 0
		for _, clock := range m.Clocks {
			total += clock.Recipients
		}
		if total != m.ToSend || m.ToSend+heldIn(m) != m.Rows {
			t.Fatalf("%d by their clocks, %d to send, %d held, of %d", total, m.ToSend, heldIn(m), m.Rows)
		}
	})
}

func heldIn(m *Message) (n int) {
	for _, h := range m.Held {
		n += h.Count
	}
	return n
}

func TestTheIDCoversAWindowAsWrittenAndNotWhenItOpens(t *testing.T) {
	base := corpus(t, "Hello")
	id := func(from, to, timezone string, now time.Time) ID {
		return New(windowed(base, abroad(), from, to, timezone), nil, now, "test", Options{}).ID
	}
	seen := map[ID]string{New(addressed(base, abroad(), oneText), nil, noon, "test", Options{}).ID: "none"}
	for _, w := range [][3]string{
		{"08:00", "20:00", "recipient"}, {"08:01", "20:00", "recipient"}, {"08:00", "20:01", "recipient"},
		{"08:00", "20:00", "Europe/Berlin"}, {"08:00", "20:00", "Europe/Vienna"}, {"09:00", "13:30", "recipient"},
	} {
		want := id(w[0], w[1], w[2], noon)
		if other, ok := seen[want]; ok {
			t.Errorf("%v and %s have the same ID", w, other)
		}
		seen[want] = fmt.Sprint(w)
		for step := range 60 { // hours of the day, and all seasons
			if now := noon.Add(time.Duration(step) * 149 * time.Hour); id(w[0], w[1], w[2], now) != want {
				t.Errorf("%v has another ID on %s", w, now)
			}
		}
	}
}

func TestATimeOfDeliveryOutsideTheWindowMeansTheNextOpening(t *testing.T) {
	c := corpus(t, "Hello")
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		in, validity time.Duration
		want         string // when, or why not
	}{
		"inside, ahead":                         {2 * time.Hour, 0, "02T14:00"},
		"inside, past":                          {-2 * time.Hour, 0, "open"},
		"outside, ahead":                        {10 * time.Hour, 0, "03T07:00"},
		"outside, past":                         {-10 * time.Hour, 0, "open"},
		"in the night, and waited for since":    {-10 * time.Hour, 6 * time.Hour, "open"},
		"in the night, and opened too long ago": {-10 * time.Hour, 4 * time.Hour, TooLate},
		"a day ago":                             {-day, 0, "open"},
		"longer ago":                            {-day - time.Second, 0, TooLate},
		"in a week":                             {7 * day, 0, "09T12:00"},
		"later":                                 {7*day + time.Second, 0, TooEarly},
		"opens after a week":                    {6*day + 10*time.Hour, 0, "09T07:00"},
	} {
		t.Run(name, func(t *testing.T) {
			c := windowed(c, people(1), "08:00", "20:00", "Europe/Berlin")
			m := c.Messages[0]
			m.Validity, m.DeliverAt = tt.validity, noon.Add(tt.in)
			m.DeliverAtSource = m.DeliverAt.Format(time.RFC3339)
			p := New(c, nil, noon, "test", Options{})
			got := strings.TrimSuffix(strings.TrimPrefix(clocks(p), "Europe/Berlin "), " 1")
			if held := p.Messages[0].Held; len(held) > 0 {
				got = held[0].Reason
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	// The next opening may be further ahead than the gateway keeps messages.
	c = windowed(c, people(1), "08:00", "08:30", "Europe/Berlin")
	c.Messages[0].DeliverAt = noon.Add(7*day - time.Hour)
	c.Messages[0].DeliverAtSource = c.Messages[0].DeliverAt.Format(time.RFC3339)
	if held := New(c, nil, noon, "test", Options{}).Messages[0].Held; len(held) != 1 || held[0].Reason != OutsideWindow {
		t.Errorf("held %+v", held)
	}
}

// At night a message that was opened too late goes when it opens again, or not at all.
func TestWhatWouldBeTooLateWhenTheWindowOpensIsTooLate(t *testing.T) {
	c := windowed(corpus(t, "Hello"), people(1), "08:00", "20:00", "Europe/Berlin")
	m := c.Messages[0]
	m.Validity, m.DeliverAt, m.DeliverAtSource = 6*time.Hour, noon.Add(6*time.Hour), noon.Add(6*time.Hour).Format(time.RFC3339)
	for in, want := range map[time.Duration]string{6 * time.Hour: "", 8 * time.Hour: TooLate, 20 * time.Hour: TooLate} {
		got := ""
		if held := New(c, nil, noon.Add(in), "test", Options{}).Messages[0].Held; len(held) > 0 {
			got = held[0].Reason
		}
		if got != want {
			t.Errorf("%s later: %q, want %q", in, got, want)
		}
	}
}

func TestWhoIsInDoubtStaysSoWhereTheWindowHoldsThem(t *testing.T) {
	l := openLedger(t, t.TempDir())
	defer l.Close()
	all := []phone.Number{must(phone.FromE164("61491570006")), fiction(100)}
	l.settle(state.InDoubt, 0, "Hello", all...)
	c := windowed(corpus(t, "Hello"), all, "12:00", "12:30", "recipient")
	c.Messages[0].OnDoubt = config.Resend
	m := New(c, l.snapshot(), noon, "test", Options{}).Messages[0]
	if m.ToSend != 1 || m.Again != 1 || len(m.Held) != 1 || m.Held[0].Reason != InDoubt || m.Held[0].Count != 1 {
		t.Errorf("%d to send, %d of them again, held %+v", m.ToSend, m.Again, m.Held)
	}
}

func TestASavedPlanKeepsItsClocks(t *testing.T) {
	c := addressed(corpus(t, "A", "B"), abroad(), func(i int) int { return i % 2 })
	c.Messages[0].Window = &config.Window{From: "08:00", To: "20:00", Timezone: "recipient"}
	p := New(c, nil, noon.Add(time.Millisecond), "test", Options{})
	whole := written(t, p)
	got, err := read(whole)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(got.Messages[0].Clocks, p.Messages[0].Clocks); d != "" || got.ID != p.ID || got.TimeZones != p.TimeZones {
		t.Error(d)
	}
	for i, r := range p.Requests() {
		at, reason := p.Messages[0].Timing(r, noon)
		if read, why := got.Messages[0].Timing(got.Request(i), noon); !read.Equal(at) || why != reason || !reflect.DeepEqual(got.Request(i), r) {
			t.Errorf("request %d is for %s, and was for %s", i, read, at)
		}
	}
	edit := func(file, from, to string) []byte { return edited(t, whole, file, from, to) }
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"another time":         {edit(headerFile, `"2026-03-03T00:00:00Z"`, `"2026-03-03T00:01:00Z"`), "message.m: a delivery time is not that of its window"},
		"no time":              {edit(headerFile, `"deliver_at": "2026-03-03T00:00:00Z",`, ``), "message.m: a delivery time is not that of its window"},
		"another zone":         {edit(headerFile, `"Europe/Berlin"`, `"Europe/Vienna"`), "its content is not that of the Plan ID"},
		"no such zone":         {edit(headerFile, `"Europe/Berlin"`, `"Europe/Berlim"`), "message.m: it has a clock of no time zone"},
		"a zone twice":         {edit(headerFile, "\"Europe/Berlin\",\n            \"Europe/Busingen\"", `"Europe/Stockholm"`), "message.m: it has a clock twice"},
		"another clock":        {edit(requestsFile, `"clock":1`, `"clock":2`), "message.m: its clocks are not those of its requests"},
		"a clock too many":     {edit(requestsFile, `"clock":4`, `"clock":5`), "requests.jsonl line 8: it has a clock that the message does not have"},
		"no clock":             {edit(requestsFile, `"clock":0,`, ``), "requests.jsonl line 1: it has a clock that the message does not have"},
		"another window":       {edit(headerFile, `"to": "20:00"`, `"to": "20:01"`), "its content is not that of the Plan ID"},
		"no window":            {edit(headerFile, `"from": "08:00"`, `"from": "20:00"`), "message.m: its window is out of range"},
		"no release":           {edit(headerFile, `"time_zones"`, `"other"`), "message.m: its window is out of range"},
		"a clock of no window": {edit(headerFile, `"window"`, `"other"`), "message.m: it has clocks and no window"},
	} {
		if _, err := read(tt.b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	// Times of another release cannot be held against the plan. Apply does not take it.
	if _, err := read(edit(headerFile, `"time_zones": "`+zone.Version()+`"`, `"time_zones": "1999z"`)); err != nil {
		t.Error(err)
	}
}
