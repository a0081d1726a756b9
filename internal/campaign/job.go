package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// job is one campaign to run, against the product as it is or a sabotaged one.
type job struct {
	campaign campaign
	sabotage *sabotage // nil for none

	lines []line // what the campaign said of itself
	took  time.Duration
	err   error // the campaign found something, or the sabotage was not caught, or it did not come to that
}

func (j *job) name() string {
	if j.sabotage != nil {
		return "sabotage " + j.sabotage.name
	}
	return j.campaign.id + " " + j.campaign.test
}

func (j *job) run(ctx context.Context, w *workshop, c choice) {
	place, err := w.place(j.campaign)
	if err != nil {
		j.err = err
		return
	}
	var output []byte
	if output, j.err = j.try(ctx, w, c, place); j.err != nil && ctx.Err() == nil && j.sabotage == nil {
		j.err = keep(j.err, j.name(), place, output)
		return
	}
	if err := os.RemoveAll(place); err != nil {
		j.err = errors.Join(j.err, err)
	}
}

// try runs the campaign and judges it.
func (j *job) try(ctx context.Context, w *workshop, c choice, place string) (output []byte, err error) {
	test, program := w.testFile(j.campaign.dir), w.programFile()
	if j.sabotage != nil {
		if test, program, err = w.sabotaged(ctx, j.sabotage, place); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	output, err = j.child(ctx, w, c, test, program, place)
	j.took = time.Since(began)
	switch {
	case ctx.Err() != nil:
		return output, errors.New("interrupted")
	case j.sabotage == nil:
		return output, judge(j.lines, err)
	}
	if err := j.sabotage.judge(j.lines, err); err != nil {
		return output, keep(err, j.name(), "", output)
	}
	return output, nil
}

// judge says whether a campaign found nothing. Failed is how its process ended.
func judge(lines []line, failed error) error {
	switch {
	case failed != nil && len(lines) > 0:
		return errors.New("finds: " + lines[0].findings)
	case failed != nil:
		return fmt.Errorf("fails before its end: %w", failed)
	case len(lines) == 0:
		return errors.New("prints no line")
	}
	for _, l := range lines {
		for _, words := range broken {
			if l.found(words) {
				return errors.New("finds: " + l.findings)
			}
		}
	}
	return nil
}

// child runs the campaign in a process of its own, with everything that it writes below place.
func (j *job) child(ctx context.Context, w *workshop, c choice, test, program, place string) (output []byte, err error) {
	name, args := test, j.campaign.arguments(c, j.sabotage)
	if j.campaign.program {
		args = append(args, "-program="+program)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(w.root, filepath.FromSlash(j.campaign.dir))
	if j.campaign.fuzz {
		cmd = exec.CommandContext(ctx, "go", args...)
		cmd.Dir = w.root
	}
	cmd.Env = append(os.Environ(), "TMPDIR="+place)
	endWithChildren(cmd)
	var all bytes.Buffer
	read, write := io.Pipe()
	cmd.Stdout = io.MultiWriter(&all, write)
	cmd.Stderr = cmd.Stdout
	lines := make(chan []line)
	go func() { lines <- j.follow(read, w) }()
	err = cmd.Run()
	write.Close()
	j.lines = <-lines
	if j.campaign.fuzz {
		j.lines = fuzzLine(j.campaign, all.Bytes())
		if ranOut(all.Bytes()) {
			err = nil
		}
	}
	return all.Bytes(), err
}

// follow gives the lines that the campaign says of itself, and passes each on as it comes.
func (j *job) follow(from io.Reader, w *workshop) (lines []line) {
	eachLine(from, func(text string) {
		if l, ok := parseLine(text); ok {
			lines = append(lines, l)
			w.say("%s: %s, %s: %s", j.name(), l.count, l.seeds, l.findings)
		}
	})
	return lines
}

// arguments of the test.
func (c campaign) arguments(chosen choice, s *sabotage) []string {
	if c.fuzz {
		length := "10s"
		if chosen.full {
			length = "10m"
		}
		// Left to itself the fuzzer takes a minute to make smaller an input that reaches new code only by chance.
		return []string{"test", "-run=NONE", "-fuzz=^" + c.test + "$", "-fuzztime=" + length, "-fuzzminimizetime=5x", "-parallel=1", "./" + c.dir}
	}
	args := []string{"-test.run=^" + c.test + "$", "-test.timeout=20m"}
	switch {
	case s != nil:
		args = append(args, s.args...)
	case chosen.full:
		args[1] = "-test.timeout=0"
		args = append(args, c.full...)
	default:
		args = append(args, c.ci...)
	}
	if c.seed != "" {
		args = append(args, c.seed+"="+strconv.FormatUint(chosen.seed, 10))
	}
	return args
}

// keep writes what a campaign printed into a file, and names that in the error, with the directory that the campaign has left.
func keep(failed error, name, place string, output []byte) error {
	f, err := os.CreateTemp("", "campaign-"+strings.ReplaceAll(name, " ", "-")+"-*.log")
	if err != nil {
		return errors.Join(failed, err)
	}
	_, err = f.Write(output)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(failed, err)
	}
	if place == "" {
		return fmt.Errorf("%w; all that it printed is in %s", failed, f.Name())
	}
	return fmt.Errorf("%w; all that it printed is in %s, what it left in %s", failed, f.Name(), place)
}
