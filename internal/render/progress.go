package render

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/apply"
)

// interval is the time between two lines of progress where nothing can be redrawn.
const interval = 10 * time.Second

// Progress shows how far a run is: on a terminal one line that is redrawn, elsewhere a line every ten seconds. Its methods
// are safe for use by several goroutines.
type Progress struct {
	w        io.Writer
	style    Style
	terminal bool

	mu       sync.Mutex
	begun    time.Time
	shown    time.Time // of the newest line
	drawn    bool      // a line stands on the terminal that is to be redrawn
	stopping bool      // how many requests are under way is still to be said
	said     map[string]*notice
	order    []string // of said
}

// notice is what has been said once and happens again and again.
type notice struct{ more, people int }

// NewProgress makes a Progress that writes to w.
func NewProgress(w io.Writer, s Style, terminal bool) *Progress {
	return &Progress{w: w, style: s, terminal: terminal}
}

// Watch takes an event of the run; it fits [apply.Options].
func (p *Progress) Watch(e apply.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun.IsZero() {
		p.begun, p.shown = e.At, e.At
	}
	if p.stopping && e.UnderWay > 0 {
		p.say("Waiting for " + Counted(e.UnderWay, "request") + " under way.")
		p.stopping = false
	}
	switch e.Kind {
	case apply.Log, apply.Doubt:
		p.note(e)
	case apply.Progress, apply.Sent:
		p.draw(e)
	}
}

// Interrupted says that the run has been asked to stop, and with the next event how many requests it waits for.
func (p *Progress) Interrupted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say("Interrupted: no new requests are begun. Interrupt again to close the connections.")
	p.stopping = true
}

// Done takes the redrawn line away, and says how often happened again what was said once.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	for _, text := range p.order {
		n := p.said[text]
		switch {
		case n.more == 0:
		case n.people > 0:
			p.say(fmt.Sprintf("%s And so %s more, %s.", text, Counted(n.more, "time"), Counted(n.people, "recipient")))
		default:
			p.say(fmt.Sprintf("%s And so %s more.", text, Counted(n.more, "time")))
		}
	}
	p.said, p.order = nil, nil
}

// note says what happened and to whom. The same again is counted for the end: a bad gateway may give as many notes as there
// are requests.
func (p *Progress) note(e apply.Event) {
	if e.Text == "" {
		return
	}
	text := Clean(e.Text)
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	if n := p.said[text]; n != nil {
		n.more++
		n.people += e.People
		return
	}
	if p.said == nil {
		p.said = map[string]*notice{}
	}
	p.said[text] = &notice{}
	p.order = append(p.order, text)
	switch {
	case e.Address != "" && e.People > 0:
		text = fmt.Sprintf("%s, %s: %s", Clean(e.Address), Counted(e.People, "recipient"), text)
	case e.Address != "":
		text = Clean(e.Address) + ": " + text
	}
	p.say(text)
}

func (p *Progress) say(text string) {
	p.erase()
	_ = Sentences(p.w, text, p.style)
}

func (p *Progress) erase() {
	if p.drawn {
		io.WriteString(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *Progress) draw(e apply.Event) {
	if p.terminal {
		if p.drawn && e.At.Sub(p.shown) < 100*time.Millisecond {
			return
		}
		width := max(p.style.Width, narrowest) - 1 // the last column would wrap
		io.WriteString(p.w, "\r\x1b[K"+p.style.progressLine(e, e.At.Sub(p.begun), width))
		p.shown, p.drawn = e.At, true
		return
	}
	if e.At.Sub(p.shown) >= interval {
		fmt.Fprintln(p.w, progressText(e.Report, e.At.Sub(p.begun)))
		p.shown = e.At
	}
}

// progressLine gives a bar and as much of the text as fits.
func (s Style) progressLine(e apply.Event, elapsed time.Duration, width int) string {
	text := progressText(e.Report, elapsed)
	bar := width - uniseg.StringWidth(text) - 3
	if bar < 8 {
		return truncate(text, width)
	}
	bar = min(bar, 30)
	full := 0
	if done, all := settled(e.Report); all > 0 {
		full = bar * done / all
	}
	return "[" + s.in(green, strings.Repeat("=", full)) + strings.Repeat(" ", bar-full) + "] " + text
}

// settled counts the people of whom the run knows what it will know, and all; messages where it only cancels.
func settled(r apply.Report) (done, all int) {
	if r.Total == 0 {
		return min(r.ToCancel, r.Cancelled), r.ToCancel
	}
	return min(r.Total, r.Sent+r.Unconfirmed+r.Refused+r.InDoubt+r.Already), r.Total
}

func progressText(r apply.Report, elapsed time.Duration) string {
	var parts []string
	if r.Total > 0 || r.ToCancel == 0 {
		parts = append(parts, fmt.Sprintf("%s of %s sent", Count(r.Sent), Count(r.Total)))
	}
	if r.ToCancel > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s cancelled", Count(r.Cancelled), Count(r.ToCancel)))
	}
	text := simulated(r.Simulated) + strings.Join(parts, ", ")
	if r.Refused > 0 {
		text += fmt.Sprintf(", %s refused", Count(r.Refused))
	}
	if doubt := r.InDoubt + r.Unconfirmed; doubt > 0 {
		text += fmt.Sprintf(", %s in doubt", Count(doubt))
	}
	done, all := settled(r)
	if elapsed < time.Second || done == 0 {
		return text
	}
	rate := float64(done) / elapsed.Seconds()
	text += fmt.Sprintf(", %s a second", Count(int(rate+0.5)))
	if rest := all - done; rest > 0 {
		left := time.Duration(float64(rest) / rate * float64(time.Second)).Round(time.Second)
		text += fmt.Sprintf(", %s left", duration(max(left, time.Second)))
	}
	return text
}
