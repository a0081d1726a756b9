// Command bench measures the program as people run it, as a whole process, against what does the same without it or
// against itself with less to do, and prints the ratios as Markdown.
//
//	go run ./internal/bench [-only=plan,grow] [-rounds=3]
//
// It is not shipped. Figures of one run were taken in turn on one machine: the ratios are what is worth something.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 {
		if play, is := roles[os.Args[1]]; is {
			if err := play(ctx, os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// roles are what the command plays as a child of its own: processes to compare with, and what they talk to.
var roles = map[string]func(ctx context.Context, args []string) error{
	"bare":    bare,
	"gateway": serve,
	"client":  client,
}

// bench is one run of the command.
type bench struct {
	dir      string // for all that is built and written
	program  string // smsplan
	self     string // this command
	rounds   int
	progress io.Writer
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(stderr)
	only := set.String("only", "", "measure only these `SUBJECTS`, as in plan,grow")
	rounds := set.Int("rounds", 3, "run each process `N` times, and take the median")
	if err := set.Parse(args); err != nil {
		return 2
	}
	chosen, err := choose(*only)
	if err == nil && (set.NArg() > 0 || *rounds < 1) {
		err = fmt.Errorf("bench takes no arguments, and at least one round")
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	b := &bench{rounds: *rounds, progress: stderr}
	if err := b.open(ctx); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer func() {
		if err := os.RemoveAll(b.dir); err != nil {
			fmt.Fprintln(stderr, err)
			status = 1
		}
	}()
	fmt.Fprint(stdout, head(ctx))
	for _, s := range chosen {
		b.say("%s: %s", s.id, s.what)
		findings, err := s.measure(ctx, b)
		for _, f := range findings {
			fmt.Fprintln(stdout, f)
		}
		if err != nil {
			fmt.Fprintf(stderr, "%s: %v\n", s.id, err)
			status = 1
		}
	}
	return status
}

// choose gives the subjects with these ids, all of them where none is named.
func choose(only string) (chosen []subject, err error) {
	if only == "" {
		return subjects, nil
	}
	for id := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(subjects, func(s subject) bool { return s.id == id })
		if i < 0 {
			return nil, fmt.Errorf("no subject is called %q; they stand in internal/bench/subject.go", id)
		}
		chosen = append(chosen, subjects[i])
	}
	return chosen, nil
}

// open builds the program and makes the place for all that is written.
func (b *bench) open(ctx context.Context) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "smsplan-bench-"); err != nil {
		return err
	}
	b.program = filepath.Join(b.dir, "smsplan")
	b.say("building the program")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", b.program, "github.com/smsplan/smsplan/cmd/smsplan").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build, within the module: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }
