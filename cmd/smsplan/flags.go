package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
)

// collected is a flag that may be given several times. Flags that collect into one list keep their common order, and a
// value is never cut at its commas.
type collected[T any] struct {
	into *[]T
	make func(value string) T
}

func (c *collected[T]) Set(value string) error {
	*c.into = append(*c.into, c.make(value))
	return nil
}

func (c *collected[T]) String() string { return "" }
func (c *collected[T]) Get() any       { return *c.into }

func text(value string) string { return value }

// tolerated is -max-failures.
type tolerated struct{ into *apply.Tolerance }

func (t *tolerated) Set(value string) (err error) {
	*t.into, err = apply.ParseTolerance(value)
	return err
}

func (t *tolerated) String() string { return "" }
func (t *tolerated) Get() any       { return *t.into }

// retrying is -retry-refused: alone it is whoever was refused, and with codes those who were refused with one of them.
type retrying struct{ into *state.Retry }

func (r *retrying) Set(value string) error {
	if value == "true" { // what the library gives for the flag alone
		*r.into = state.Retry{Refused: true}
		return nil
	}
	var codes []int
	for text := range strings.SplitSeq(value, ",") {
		code, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || code < 1 || code > 999 {
			return errors.New("it takes codes of the gateway, as in -retry-refused=113,114, or nothing")
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	*r.into = state.Retry{Refused: true, Codes: slices.Compact(codes)}
	return nil
}

func (r *retrying) String() string   { return "" }
func (r *retrying) Get() any         { return *r.into }
func (r *retrying) IsBoolFlag() bool { return true }

// assignments are -var and -var-file.
func assignments(into *[]config.Assignment) []cli.Flag {
	flag := func(name, usage string) cli.Flag {
		return &cli.GenericFlag{Name: name, Usage: usage, Value: &collected[config.Assignment]{into, func(value string) config.Assignment {
			return config.Assignment{Flag: "-" + name, Value: value}
		}}}
	}
	return []cli.Flag{
		flag("var", "set a variable, as `NAME=VALUE`; may be given several times"),
		flag("var-file", "set variables from `FILE`; may be given several times, and later ones count"),
	}
}

// reading is the flags of commands that read the configuration.
type reading struct {
	assignments []config.Assignment
	allowPaths  []string
}

func (r *reading) flags() []cli.Flag {
	return append(assignments(&r.assignments),
		&cli.GenericFlag{Name: "allow-path", Usage: "let the configuration read files below `DIR` too; may be given several times", Value: &collected[string]{&r.allowPaths, text}})
}

// ledgering is the flags of commands that read the state.
type ledgering struct {
	lockTimeout time.Duration
	expectHead  string
}

func (l *ledgering) flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "expect-head", Usage: "accept the state although this checkout has not seen it, if it holds `SERIAL:HEAD`", Destination: &l.expectHead},
	}
}

func (l *ledgering) lockFlags() []cli.Flag {
	return append(l.flags(),
		&cli.DurationFlag{Name: "lock-timeout", Usage: "wait for `DURATION` where the state is locked by another command", Destination: &l.lockTimeout, HideDefault: true})
}

// shaping is flags that decide what a plan says.
type shaping []cli.Flag

// declare lists flags among them.
func (s *shaping) declare(flags ...cli.Flag) []cli.Flag {
	*s = append(*s, flags...)
	return flags
}

// refused refuses those that were given with the saved plan at path: what it says is settled.
func (s shaping) refused(path string) error {
	for _, flag := range s {
		if flag.IsSet() {
			name := flag.Names()[0]
			return fmt.Errorf("-%s shapes a plan while it is made, and %s is made already\nPlan again, with smsplan plan -%[1]s ... -out=FILE, or leave -%[1]s out", name, render.Clean(path))
		}
	}
	return nil
}

// planning is the flags of plan and apply.
type planning struct {
	reading
	ledgering
	shaping  shaping // all of them but -var and -var-file, which are for ephemeral variables there
	allow    []string
	retry    state.Retry
	targets  []string
	excludes []string
	json     bool
	jsonInto string
}

func (f *planning) flags(p *program) []cli.Flag {
	shaping := f.shaping.declare(
		&cli.GenericFlag{Name: "allow", Usage: "let the plan go beyond `guard.NAME`; may be given several times. The state remembers it", Value: &collected[string]{&f.allow, text}},
		&cli.GenericFlag{Name: "target", Usage: "plan the message at `ADDRESS` alone, and what it depends on; may be given several times", Value: &collected[string]{&f.targets, text}},
		&cli.GenericFlag{Name: "exclude", Usage: "leave out the message at `ADDRESS`, and what depends on it; may be given several times", Value: &collected[string]{&f.excludes, text}},
		&cli.GenericFlag{Name: "retry-refused", Usage: "send again to those whom the gateway refused, with one of `CODE,...`; without codes, to all of them", Value: &retrying{&f.retry}},
	)
	return append(append(f.reading.flags(), shaping...),
		&cli.BoolFlag{Name: "show-numbers", Usage: "show telephone numbers unmasked, and a sample text with a person's own values", Destination: &p.numbers},
		&cli.BoolFlag{Name: "compact-warnings", Usage: "show warnings by their summaries", Destination: &p.compactWarnings},
		&cli.BoolFlag{Name: "json", Usage: "write one JSON object a line instead of text", Destination: &f.json},
		&cli.StringFlag{Name: "json-into", Usage: "write those objects into `FILE`, besides the text", Destination: &f.jsonInto, TakesFile: true},
	)
}
