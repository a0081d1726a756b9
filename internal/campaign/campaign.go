// Command campaign tries to break what smsplan promises, again and again: it runs the campaigns of its table, breaks the
// product on purpose and sees each campaign notice, and prints what it found as Markdown.
//
//	go run ./internal/campaign [-full] [-seed=N] [-only=R1,R3] [-sabotage=NAME|none]
//
// It is not shipped. The sabotages are edits of the sources that only the Go tool sees, as an overlay: the program
// has neither a hook nor a build tag for them.
package main

import (
	"context"
	"errors"
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
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// choice is what the command line asks for.
type choice struct {
	full     bool
	seed     uint64
	only     []string // ids; empty for all
	sabotage string   // a name, "none", or "" for all
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	c, err := choose(args, stderr)
	if err != nil {
		return 2
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	targets, err := fuzzTargets(root)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	jobs := c.jobs(append(slices.Clone(campaigns), targets...))
	if len(jobs) == 0 {
		fmt.Fprintln(stderr, "nothing is called that; campaigns and sabotages stand in internal/campaign")
		return 2
	}
	w, err := newWorkshop(root, stderr)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer func() {
		if err := w.close(); err != nil {
			fmt.Fprintln(stderr, err)
			status = 1
		}
	}()
	w.runAll(ctx, c, jobs)
	report(stdout, surroundings(ctx, root), jobs)
	failed := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.err == nil })
	for _, j := range failed {
		fmt.Fprintf(stderr, "%s: %v\n", j.name(), j.err)
	}
	if len(failed) > 0 {
		return 1
	}
	return 0
}

func choose(args []string, stderr io.Writer) (c choice, err error) {
	set := flag.NewFlagSet("campaign", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.BoolVar(&c.full, "full", false, "run the campaigns at full length, which takes hours")
	set.Uint64Var(&c.seed, "seed", 1, "begin with seed `N`")
	only := set.String("only", "", "run only the campaigns with these `IDS`, as in R1,R3, and the sabotages that they catch")
	set.StringVar(&c.sabotage, "sabotage", "", "run only the sabotage with this `NAME`, and no campaigns; none for no sabotages")
	if err := set.Parse(args); err != nil {
		return c, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("%s is no flag", set.Arg(0))
		fmt.Fprintln(stderr, err)
		return c, err
	}
	if *only != "" {
		c.only = strings.Split(*only, ",")
	}
	return c, nil
}

// jobs gives what is to be run, in the order of the report.
func (c choice) jobs(all []campaign) (jobs []*job) {
	chosen := func(id string) bool { return len(c.only) == 0 || slices.Contains(c.only, id) }
	if c.sabotage == "" || c.sabotage == "none" {
		for _, one := range all {
			if chosen(one.id) {
				jobs = append(jobs, &job{campaign: one})
			}
		}
	}
	for i, s := range sabotages {
		if chosen(s.caughtBy.id) && (c.sabotage == "" || c.sabotage == s.name) {
			jobs = append(jobs, &job{campaign: s.caughtBy, sabotage: &sabotages[i]})
		}
	}
	return jobs
}

// moduleRoot is where the sources are.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", errors.New("run it within the module: go run ./internal/campaign")
	}
	return filepath.Dir(file), nil
}
