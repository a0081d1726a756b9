package plan

import (
	"testing"
	"time"
)

func TestATimelineHasEveryRequestOnce(t *testing.T) {
	in := func(d time.Duration) *time.Time { at := noon.Add(d); return &at }
	for name, messages := range map[string][]Message{
		"one person":        {{Address: "message.a", ToSend: 1, Requests: 1}},
		"fewer than slots":  {{Address: "message.a", ToSend: 7, Requests: 3}},
		"several messages":  {{Address: "message.a", ToSend: 700, Requests: 3}, {Address: "message.b"}, {Address: "message.c", ToSend: 1, Requests: 1}},
		"ten million":       {{Address: "message.a", ToSend: 9_999_991, Requests: 9_000_000}, {Address: "message.b", ToSend: 9, Requests: 9}},
		"one after another": {{Address: "message.a", ToSend: 70, Requests: 3, DependsOn: []string{"message.b"}}, {Address: "message.b", ToSend: 5, Requests: 5}},
		"scheduled":         {{Address: "message.a", ToSend: 70, Requests: 3, DeliverAt: in(time.Hour)}, {Address: "message.b", ToSend: 5, Requests: 5, DeliverAt: in(-time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Plan{Created: noon, Gateway: Gateway{Rate: 100}, Messages: messages}
			want := p.Totals()
			timelines := map[string][]Slot{"handover": p.Handover(48), "due": p.Due(48)}
			if name != "scheduled" {
				if timelines["due"] != nil {
					t.Error("something is scheduled")
				}
				delete(timelines, "due")
			}
			for kind, slots := range timelines {
				requests, people := 0, 0
				for i, s := range slots {
					requests += s.Requests
					people += s.Recipients
					if s.Requests < 0 || s.Recipients < 0 || i > 0 && !s.From.Equal(slots[i-1].To) || s.To.Before(s.From) {
						t.Errorf("%s: slot %d is %+v", kind, i, s)
					}
				}
				if requests != want.Requests || people != want.ToSend || len(slots) != 48 {
					t.Errorf("%s: %d requests to %d people in %d slots; want %d to %d in 48", kind, requests, people, len(slots), want.Requests, want.ToSend)
				}
			}
		})
	}
}

func TestATimelineBeginsWithWhatGoesFirst(t *testing.T) {
	p := &Plan{Created: noon, Gateway: Gateway{Rate: 10}, Messages: []Message{
		{Address: "message.a", ToSend: 100, Requests: 1, DependsOn: []string{"message.b"}}, {Address: "message.b", ToSend: 100, Requests: 100},
	}}
	slots := p.Handover(2)
	if slots[0].Requests != 100 || slots[1].Requests != 1 || slots[1].To.Sub(noon) != p.Gateway.Takes(200) {
		t.Errorf("%+v, and it takes %v", slots, p.Gateway.Takes(200))
	}
}

// The gateway keeps what it is given for ten minutes, whatever its time.
func TestAnAgendaSaysWhereTheGatewaySendsLaterThanWritten(t *testing.T) {
	for in, want := range map[time.Duration]time.Duration{0: 0, 4 * time.Minute: 10 * time.Minute, 10 * time.Minute: 0, time.Hour: 0} {
		c := addressed(corpus(t, "Hello"), people(2), oneText)
		c.Messages[0].DeliverAt = noon.Add(in)
		c.Messages[0].DeliverAtSource = c.Messages[0].DeliverAt.Format(time.RFC3339)
		p := New(c, nil, noon, "test", Options{})
		for _, a := range []Agenda{p.Agenda(&p.Messages[0]), p.Timetable()} {
			if got := a.NotBefore; want == 0 && !got.IsZero() || want > 0 && !got.Equal(noon.Add(want)) {
				t.Errorf("due in %s: not before %s", in, got)
			}
		}
	}
}
