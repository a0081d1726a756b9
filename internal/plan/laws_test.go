package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// No reason is listed that no plan has, and none has a remedy that is about another.
func TestEveryReasonIsReached(t *testing.T) {
	base := corpus(t, "Hello")
	reached := map[string]bool{}
	look := func(c *config.Config, past *state.Snapshot) {
		p := New(c, past, noon, "test", Options{})
		for i := range p.Messages {
			m := &p.Messages[i]
			if m.ToSend+heldIn(m) != m.Rows {
				t.Errorf("%s: %d to send, %d held, of %d", m.Address, m.ToSend, heldIn(m), m.Rows)
			}
			for _, h := range m.Held {
				reached[h.Reason] = true
			}
		}
	}
	for word, code := range map[state.Outcome]int{
		state.Planned: 0, state.Accepted: 0, state.Unconfirmed: 0, state.Refused: 114, state.InDoubt: 0,
	} {
		l := openLedger(t, t.TempDir())
		l.settle(word, code, "Hello", fiction(0))
		if word == state.Refused {
			l.settle(word, 122, "Hello", fiction(1))
		}
		c := addressed(base, people(3), oneText)
		look(c, l.snapshot())
		if word == state.Accepted {
			c.Messages[0].Ignores = []string{config.IgnoreRecipients}
			look(c, l.snapshot())
		}
		l.Close()
	}
	for _, end := range []state.Outcome{state.Withdrawing, state.Cancelled} {
		l := openLedger(t, t.TempDir())
		l.settle(state.Accepted, 0, "Hello", fiction(0))
		l.withdraw(fiction(0), end)
		look(addressed(base, people(1), oneText), l.snapshot())
		l.Close()
	}
	c := addressed(base, people(2), oneText)
	c.Messages[0].Audience.Tally = config.Tally{Rows: 6, Held: []config.Held{
		{Reason: config.Filtered, Count: 1}, {Reason: config.Invalid, Count: 1}, {Reason: config.Duplicate, Count: 1}, {Reason: config.Excluded, Count: 1},
	}}
	c.Imports = []config.Import{{To: "message.m", Revision: 1, Numbers: people(1), Tally: config.Tally{Rows: 1}}}
	look(c, nil)
	for _, in := range []time.Duration{8 * 24 * time.Hour, -48 * time.Hour} {
		c := addressed(base, people(1), oneText)
		c.Messages[0].DeliverAt = noon.Add(in)
		look(c, nil)
	}
	look(windowed(base, abroad(), "08:00", "20:00", "recipient"), nil)
	for _, reason := range Reasons {
		if !reached[reason] {
			t.Errorf("nobody is held %s", reason)
		}
		delete(reached, reason)
		if Remedy(reason) != "" && !IsHeld(reason) {
			t.Errorf("%s needs no remedy, and has one", reason)
		}
	}
	if len(reached) > 0 {
		t.Errorf("reasons that are not listed: %v", reached)
	}
}

// A window opens at the first minute from now on at which the clocks of its zone show one of its hours: also where they skip an
// hour, half an hour or midnight, and where they show an hour twice.
func TestAWindowOpensAtTheFirstMinuteThatTheClockShows(t *testing.T) {
	changes := map[string][]string{ // days in UTC about which the clocks change
		"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-04", "2026-10-03"}, // by half an hour
		"America/Santiago":    {"2026-04-05", "2026-09-06"}, // at midnight
		"Asia/Beirut":         {"2026-03-28", "2026-10-24"}, // at midnight
		"Asia/Kathmandu":      {"2026-06-01"},               // never, and 5:45 ahead
	}
	var names []string
	for name := range changes {
		names = append(names, name)
	}
	slices.Sort(names)
	c := corpus(t, "Hello")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "zone")
		day := must(time.Parse(time.DateOnly, rapid.SampledFrom(changes[name]).Draw(t, "day")))
		now := day.Add(time.Duration(rapid.IntRange(-36*60, 36*60).Draw(t, "minute")) * time.Minute)
		from := rapid.IntRange(0, 1439).Draw(t, "from")
		length := rapid.IntRange(1, 300).Draw(t, "length")
		in := must(zone.Load(name))
		open := func(at time.Time) bool {
			local := at.In(in)
			return (60*local.Hour()+local.Minute()-from+1440)%1440 < length
		}
		want := now
		for !open(want) {
			want = want.Add(time.Minute)
		}
		p := New(windowed(c, people(1), zone.Clock(from), zone.Clock((from+length)%1440), name), nil, now, "test", Options{})
		got := now
		if at := p.Messages[0].Clocks[0].DeliverAt; at != nil {
			got = *at
		}
		_, before := want.Add(-26 * time.Hour).In(in).Zone()
		_, after := want.Add(26 * time.Hour).In(in).Zone()
		late := got.Sub(want)
		if !open(got) || late < 0 || late > 25*time.Hour || late > 0 && before == after {
			t.Fatalf("%s from %s for %d minutes, at %s: %s, want %s", name, zone.Clock(from), length, now.In(in), got.In(in), want.In(in))
		}
	})
}

// The times of a plan add up to those it sends to, whatever the schedules, and none is before the plan.
func TestTheTimetableCountsEverybodyOnce(t *testing.T) {
	base := corpus(t, "Hello")
	rapid.Check(t, func(t *rapid.T) {
		c := addressed(base, abroad(), oneText)
		var all []*config.Message
		for i := range rapid.IntRange(1, 4).Draw(t, "messages") {
			m := *c.Messages[0]
			m.Address = fmt.Sprintf("message.m%d", i)
			if rapid.Bool().Draw(t, "window") {
				m.Window = &config.Window{From: "08:00", To: "20:00", Timezone: rapid.SampledFrom([]string{config.OfRecipient, "Asia/Tokyo"}).Draw(t, "timezone")}
			}
			if in := rapid.IntRange(-30, 200).Draw(t, "hours"); in%2 == 0 {
				m.DeliverAt = noon.Add(time.Duration(in) * time.Hour)
			}
			all = append(all, &m)
		}
		c.Messages = all
		p := New(c, nil, noon, "test", Options{})
		a := p.Timetable()
		if a.AtOnce+a.Scheduled != p.Totals().ToSend {
			t.Fatalf("%+v of %d", a, p.Totals().ToSend)
		}
		if a.Scheduled > 0 && (!a.First.After(noon) || a.Last.Before(a.First)) {
			t.Fatalf("%+v", a)
		}
	})
}

func TestTheRateSaysHowLongHandingOverTakes(t *testing.T) {
	for rate, want := range map[float64]time.Duration{0: 0, 100: 340 * time.Second, 0.5: 68000 * time.Second, 1e6: time.Second} {
		if got := (&Gateway{Rate: rate}).Takes(34000); got != want {
			t.Errorf("%g a second: %s, want %s", rate, got, want)
		}
	}
}
