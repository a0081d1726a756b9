package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
)

// program is one invocation: its streams, its environment, and the flags that all commands take.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	signals        interrupts
	log            *slog.Logger // of SMSPLAN_LOG; never nil

	chdir     string
	workspace string // -workspace, "" where it is not given
	noColor   bool
	input     bool

	json            bool           // a stream of JSON takes the place of the text
	stream          *render.Stream // of -json or -json-into; nil for none
	streamFile      io.Closer      // of -json-into; nil for none
	ran             bool           // a run has begun, so that something may have been sent
	numbers         bool           // -show-numbers
	compactWarnings bool
}

func newProgram(stdin io.Reader, stdout, stderr io.Writer, environ []string) *program {
	return &program{stdin: stdin, stdout: stdout, stderr: stderr, environ: environ, log: slog.New(slog.DiscardHandler)}
}

// getenv gives a variable of the environment; the last of several counts.
func (p *program) getenv(name string) string {
	value := ""
	for _, pair := range p.environ {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// prepare applies the flags that all commands take.
func (p *program) prepare() error {
	if p.getenv("SMSPLAN_INPUT") == "0" || strings.EqualFold(p.getenv("SMSPLAN_INPUT"), "false") {
		p.input = false
	}
	if p.chdir == "" {
		return nil
	}
	if err := os.Chdir(p.chdir); err != nil {
		return fmt.Errorf("-chdir=%s: %w", p.chdir, cause(err))
	}
	return nil
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// style gives how a stream shows things.
func (p *program) style(w io.Writer) render.Style {
	s := render.Style{Numbers: p.numbers}
	if p.redraws(w) {
		s.Color = p.getenv("TERM") != "dumb"
		if columns, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil {
			s.Width = columns
		}
	}
	if force := p.getenv("FORCE_COLOR"); force != "" && force != "0" {
		s.Color = true
	}
	if p.noColor || p.getenv("NO_COLOR") != "" {
		s.Color = false
	}
	return s
}

// automated reports whether a program reads along rather than somebody who can be told what to run next, or be asked. Some
// pipelines have a terminal that nobody sits at.
func (p *program) automated() bool { return p.getenv("SMSPLAN_IN_AUTOMATION") != "" }

// redraws reports whether a stream is a terminal that somebody looks at.
func (p *program) redraws(w io.Writer) bool { return isTerminal(w) && !p.automated() }

// say writes sentences for people, in lines as wide as the terminal; a command that writes JSON says nothing.
func (p *program) say(format string, args ...any) {
	if !p.json {
		_ = render.Sentences(p.stdout, fmt.Sprintf(format, args...), p.style(p.stdout)) // whoever does not read it is told nothing
	}
}

// print writes text for people that has its own lines, such as a name or what is to be pasted; a command that writes JSON
// prints nothing.
func (p *program) print(format string, args ...any) {
	if !p.json {
		fmt.Fprintf(p.stdout, format, args...)
	}
}

// step shows that a step of making a plan goes on. Other commands, and one that writes JSON, show nothing.
func (p *program) step(command, what string) *render.Step {
	out := p.stdout
	if p.json || command != "plan" && command != "apply" {
		out = io.Discard
	}
	return render.NewStep(out, what, p.style(p.stdout), p.redraws(p.stdout))
}

// show writes a rendering for people; a command that writes JSON shows nothing. Whoever is [deaf] goes on when nobody reads it.
func (p *program) show(draw func(io.Writer, render.Style) error) error {
	if p.json {
		return nil
	}
	return unread(draw(p.stdout, p.style(p.stdout)))
}

// diagnose shows diagnostics: to standard error where there are errors, and then it gives errReported.
func (p *program) diagnose(d config.Diagnostics) error {
	p.stream.Diagnostics(d)
	if !d.HasErrors() {
		return p.show(func(w io.Writer, s render.Style) error { return render.Diagnostics(w, d, s, p.compactWarnings) })
	}
	if !p.json {
		if err := render.Diagnostics(p.stderr, d, p.style(p.stderr), false); err != nil {
			return err
		}
	}
	return errReported
}

// asks reports whether there is somebody to ask.
func (p *program) asks() bool { return p.input && !p.automated() && isTerminal(p.stdin) }

// ask shows a question and gives the line that was typed. An end of input is an empty answer.
func (p *program) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(p.stdout, question)
	type reply struct {
		line string
		err  error
	}
	// Reading from a terminal cannot be cancelled: after an interrupt this goroutine ends with the process.
	replies := make(chan reply, 1)
	go func() {
		line, err := bufio.NewReader(p.stdin).ReadString('\n')
		replies <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.stdout)
		return "", ctx.Err()
	case r := <-replies:
		fmt.Fprintln(p.stdout)
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", r.err
		}
		return strings.TrimSpace(r.line), nil
	}
}

// who names the user for records: user@host.
func who() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return name + "@" + host
}

func now() time.Time { return time.Now() }
