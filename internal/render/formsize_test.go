package render

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/plan"
)

var people = flag.Int("people", 1_000_000, "hold the size of forms against a plan of `N` people")

// enlarged gives a plan as it would be for n times as many people of its first message, by its counts: that is all that forms are drawn
// from, but for the two people of a card's sample.
func enlarged(p *plan.Plan, n int) *plan.Plan {
	q := *p
	q.Messages = append([]plan.Message{}, p.Messages...)
	m := &q.Messages[0]
	m.Rows, m.ToSend, m.Segments, m.Requests, m.Texts = m.Rows*n, m.ToSend*n, m.Segments*n, m.Requests*n, m.Texts*n
	m.Held = append([]plan.Held{}, m.Held...)
	for i := range m.Held {
		m.Held[i].Count *= n
	}
	m.Countries = append([]plan.Country{}, m.Countries...)
	for i := range m.Countries {
		m.Countries[i].Recipients *= n
		m.Countries[i].Segments *= n
	}
	m.Sizes = append([]plan.Size{}, m.Sizes...)
	for i := range m.Sizes {
		m.Sizes[i].Recipients *= n
	}
	return &q
}

func TestFormsStayAsLargeForMorePeople(t *testing.T) {
	small := broadcast(t)
	for form, draw := range map[string]func(io.Writer, *plan.Plan) error{
		"human": func(w io.Writer, p *plan.Plan) error { return Plan(w, p, Style{}) }, "markdown": Markdown, "html": HTML, "gitlab": GitLab,
	} {
		t.Run(form, func(t *testing.T) {
			lines := func(p *plan.Plan) (lines, bytes int) {
				text := drawnAs(t, func(w io.Writer) error { return draw(w, p) })
				return strings.Count(text, "\n"), len(text)
			}
			baseLines, base := lines(enlarged(small, 100))
			for _, n := range []int{*people / 4, 10 * *people / 4} {
				got, bytes := lines(enlarged(small, n))
				if got != baseLines || bytes > base+base/10 {
					t.Errorf("for %d people it has %d lines and %d bytes; for 400 people %d and %d", 4*n, got, bytes, baseLines, base)
				}
			}
		})
	}
}

// crowded gives a plan of n messages with long names and texts.
func crowded(t *testing.T, n int) *plan.Plan {
	p := *broadcast(t)
	one := p.Messages[0]
	p.Messages = nil
	for i := range n {
		m := one
		m.Address = fmt.Sprintf(`message.outage["%06d | @everyone #1 <b> %s"]`, i, strings.Repeat("`x", 200))
		m.TextSample = strings.Repeat("``` @all [a](b) \u202e ", 1+i%400)
		p.Messages = append(p.Messages, m)
		if i >= 500 {
			continue
		}
		p.Warnings = append(p.Warnings, plan.Warning{Address: m.Address, Summary: strings.Repeat("s", 500), Detail: strings.Repeat("|d", 400)})
		p.Removed = append(p.Removed, m.Address+"x")
	}
	return &p
}

func TestFormsOfManyMessagesAreBounded(t *testing.T) {
	for _, n := range []int{1, 49, 10_000} {
		p := crowded(t, n)
		text := drawnAs(t, func(w io.Writer) error { return Markdown(w, p) })
		if len(text) > MostMarkdown {
			t.Errorf("%d messages: Markdown has %d bytes", n, len(text))
		}
		if !strings.HasPrefix(text, "<!-- smsplan plan ") || !strings.Contains(text, "-expect="+string(p.ID)) || !strings.HasSuffix(text, "</sub>\n") {
			t.Errorf("%d messages: the beginning or the end is missing", n)
		}
		if n >= 300 && (!strings.Contains(text, " more message") || len(text) < MostMarkdown/2) {
			t.Errorf("%d messages: the rest is not counted, or little is shown: %d bytes", n, len(text))
		}
		if opened, closed := strings.Count(text, "<details>"), strings.Count(text, "</details>"); opened != closed {
			t.Errorf("%d messages: %d details are opened and %d closed", n, opened, closed)
		}
		if page := drawnAs(t, func(w io.Writer) error { return HTML(w, p) }); len(page) > 8<<20 {
			t.Errorf("%d messages: HTML has %d bytes", n, len(page))
		} else {
			t.Logf("%d messages: Markdown %d bytes, HTML %d", n, len(text), len(page))
		}
	}
}
