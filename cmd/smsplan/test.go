package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/simulator"
	"github.com/smsplan/smsplan/internal/suite"
)

// trying is the flags of test.
type trying struct {
	reading
	directory string
	filter    []string
	junit     string
	json      bool
	verbose   bool
}

func (p *program) testCommand() *cli.Command {
	var f trying
	return p.leaf(&cli.Command{
		Name:  "test",
		Usage: "carry out the runs of test files, against the simulator and a state that is thrown away",
		Description: "Test files are named *.smstest.hcl. Neither the gateway that the configuration names nor the state that belongs\n" +
			"to it is touched. The status is 0 where every run has passed, and 1 where one has not.",
		Flags: append(f.flags(),
			testDirectory(&f.directory),
			&cli.GenericFlag{Name: "filter", Usage: "carry out `FILE` only; may be given several times", Value: &collected[string]{&f.filter, text}},
			&cli.StringFlag{Name: "junit-xml", Usage: "write a report into `FILE`, in JUnit's form", Destination: &f.junit, TakesFile: true},
			&cli.BoolFlag{Name: "verbose", Usage: "show the plan of each run, and what its apply came to", Destination: &f.verbose},
			&cli.BoolFlag{Name: "show-numbers", Usage: "show telephone numbers and texts", Destination: &p.numbers},
			&cli.BoolFlag{Name: "json", Usage: "write one JSON object a line instead of text", Destination: &f.json},
		),
	}, 0, func(ctx context.Context, _ []string) error {
		if f.json {
			p.json = true
			p.stream = render.NewStream(p.stdout, now, version)
		}
		return p.test(ctx, f)
	})
}

func (p *program) test(ctx context.Context, f trying) error {
	if f.junit != "" {
		if err := reportable(f.junit, junitStart); err != nil {
			return fmt.Errorf("-junit-xml=%s: %w", f.junit, cause(err))
		}
	}
	if err := p.checkWorkspace(); err != nil {
		return err
	}
	files, diagnostics, err := p.readTests(f.directory)
	if err != nil {
		return err
	}
	if err := p.diagnose(diagnostics); err != nil {
		return err
	}
	if files, err = chosen(files, f.filter); err != nil {
		return err
	}
	if len(files) == 0 {
		p.say("There are no test files (*.smstest.hcl) here or in the directory %s.\n", render.Clean(f.directory))
	}
	workspace, _ := p.selected()
	stop := make(chan struct{})
	restore := p.signals.gently(func() { close(stop) })
	defer restore()
	deaf() // or nothing would be cleared away where nobody reads on
	shown := render.Tests{Out: p.stdout, Err: p.stderr, OutStyle: p.style(p.stdout), ErrStyle: p.style(p.stderr), Verbose: f.verbose}
	summary := suite.Execute(ctx, ".", files, suite.Options{
		Config: config.Options{
			Assignments: f.assignments, AllowPaths: f.allowPaths, Environ: p.environ, Workspace: workspace, ShowNumbers: p.numbers, CheckFault: checkFault,
		},
		Version: version,
		Who:     who(),
		Now:     now,
		Stop:    stop,
		Log:     p.log,
		Blocked: func(made *plan.Plan, c *config.Config, guards []*plan.Guard) config.Diagnostics {
			return beyond(made, c, guards, func(g []*plan.Guard) string {
				return fmt.Sprintf("Where this is meant, say so in the run: expect_failures = [%s], or allow = [%[1]s].", g[0].Address())
			})
		},
		Watch: func(e suite.Event) {
			if !p.json {
				shown.Watch(e)
			}
			p.stream.Test(e, f.verbose, p.style(p.stdout))
		},
	})
	p.stream.TestSummary(summary)
	if !p.json {
		err = unread(shown.Summary(summary))
	}
	return errors.Join(err, report(summary, f.junit), p.tested(summary))
}

// tested turns what became of the tests into an exit status.
func (p *program) tested(s *suite.Summary) error {
	switch {
	case s.Interrupted:
		return &exit{status: max(p.signals.status(), statusInterrupted)}
	case s.Status() != suite.Pass:
		return &exit{status: statusError}
	}
	return nil
}

// report writes a report for other programs, where one is wanted: whole, or none.
func report(s *suite.Summary, path string) error {
	if path == "" {
		return nil
	}
	err := writeReport(path, func(w io.Writer) error { return render.JUnit(w, s) })
	if err != nil {
		return fmt.Errorf("-junit-xml=%s: %w", path, cause(err))
	}
	return nil
}

// chosen gives those of the files that filters name; all where there is no filter.
func chosen(files []*config.TestFile, filters []string) ([]*config.TestFile, error) {
	if len(filters) == 0 {
		return files, nil
	}
	wanted := make(map[string]bool)
	for _, name := range filters {
		name = filepath.ToSlash(filepath.Clean(name))
		if !slices.ContainsFunc(files, func(f *config.TestFile) bool { return f.Name == name }) {
			var names []string
			for _, f := range files {
				names = append(names, f.Name)
			}
			return nil, fmt.Errorf("-filter: there is no such test file; there is %s", cmp.Or(strings.Join(names, ", "), "none"))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(files, func(f *config.TestFile) bool { return !wanted[f.Name] }), nil
}

// testDirectory is the flag -test-directory.
func testDirectory(into *string) cli.Flag {
	return &cli.StringFlag{Name: "test-directory", Usage: "more tests are in `DIR`, below that of the configuration", Value: "tests", Destination: into}
}

// readTests reads the test files of the working directory, and of one below it.
func (p *program) readTests(below string) ([]*config.TestFile, config.Diagnostics, error) {
	if !filepath.IsLocal(below) {
		return nil, config.Diagnostics{}, errors.New("-test-directory: it is a directory below that of the configuration")
	}
	files, diagnostics := config.ReadTests(".", config.TestOptions{Below: below, CheckFault: checkFault})
	return files, diagnostics, nil
}

// checkTests reports what is wrong with test files whatever their runs come to. Where something is wrong with the configuration,
// nobody knows what they may refer to.
func (p *program) checkTests(c *config.Config, found config.Diagnostics, below string) (config.Diagnostics, error) {
	files, diagnostics, err := p.readTests(below)
	if err != nil || found.HasErrors() || diagnostics.HasErrors() {
		return diagnostics, err
	}
	for _, f := range files {
		diagnostics = diagnostics.Append(f.Check(c))
	}
	return diagnostics, nil
}

// checkFault tells what is wrong with a fault that a configuration orders.
func checkFault(s string) error {
	_, err := simulator.ParseFault(s)
	return err
}
