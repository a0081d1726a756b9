package render

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long a step takes before a terminal shows that it goes on.
const patience = time.Second

// Step shows that something goes on that may take long: on a terminal one line that is redrawn, elsewhere a line every ten
// seconds. Of what is done sooner it says nothing. Its methods are safe for use by several goroutines.
type Step struct {
	w        io.Writer
	style    Style
	terminal bool
	begun    time.Time

	mu    sync.Mutex
	what  string
	rows  int
	share float64   // of all that the rows are
	since time.Time // of what is done
	drawn bool

	done  chan struct{}
	shown sync.WaitGroup
}

// NewStep begins a step, such as "Planning". [Step.Done] must be called.
func NewStep(w io.Writer, what string, s Style, terminal bool) *Step {
	p := &Step{w: w, style: s, terminal: terminal, what: what, begun: time.Now(), done: make(chan struct{})}
	every := interval
	if terminal {
		every = patience / 4
	}
	p.shown.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-p.done:
				return
			case <-tick.C:
				p.show()
			}
		}
	})
	return p
}

// Rows says how many rows are done, which part of all they are, 0 where that is not known, and what is done with them, such as
// "Reading people.csv".
func (p *Step) Rows(rows int, share float64, doing string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if what := Clean(doing); what != p.what || rows < p.rows {
		p.what, p.since = what, time.Now()
	}
	p.rows, p.share = rows, share
}

// Done ends the step and takes its line from the terminal.
func (p *Step) Done() {
	close(p.done)
	p.shown.Wait()
	if p.drawn {
		io.WriteString(p.w, "\r\x1b[K")
	}
}

func (p *Step) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := time.Since(p.begun)
	if elapsed < patience {
		return
	}
	text := p.what
	if p.rows > 0 {
		text += ": " + Counted(p.rows, "row")
		if took := time.Since(p.since); took >= patience {
			text += fmt.Sprintf(", %s a second", Count(int(float64(p.rows)/took.Seconds()+0.5)))
			if p.share > 0 && p.share < 1 {
				left := time.Duration(float64(took) * (1 - p.share) / p.share).Round(time.Second)
				text += fmt.Sprintf(", about %s left", duration(max(left, time.Second)))
			}
		}
	}
	text += ", " + duration(elapsed.Round(time.Second))
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	io.WriteString(p.w, "\r\x1b[K"+truncate(text, max(p.style.Width, narrowest)-1)) // the last column would wrap
	p.drawn = true
}
