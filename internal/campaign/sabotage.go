package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// sabotage takes away one thing that the promise hangs on. A campaign that does not notice shows nothing.
type sabotage struct {
	name     string
	broken   string // what is broken, in a few words
	edits    []edit
	caughtBy campaign
	args     []string // of the campaign: no more trials than it takes
	finding  string   // the words of the finding that there must be
}

// sabotaged builds what the campaign runs from the sources as the sabotage has them.
func (w *workshop) sabotaged(ctx context.Context, s *sabotage, place string) (test, program string, err error) {
	file, err := overlay(w.root, place, s.edits)
	if err != nil {
		return "", "", err
	}
	if s.caughtBy.program {
		program = filepath.Join(place, "smsplan")
		return w.testFile(s.caughtBy.dir), program, w.buildProgram(ctx, program, file)
	}
	test = filepath.Join(place, "sabotaged.test")
	return test, "", w.buildTest(ctx, s.caughtBy.dir, test, file)
}

// judge says whether the campaign has caught the sabotage. Failed is how its process ended.
func (s *sabotage) judge(lines []line, failed error) error {
	if len(lines) == 0 {
		return fmt.Errorf("the campaign prints no line (%v)", failed)
	}
	if failed == nil {
		return errors.New("not caught: " + lines[0].findings)
	}
	for _, l := range lines {
		if l.found(s.finding) {
			return nil
		}
	}
	return fmt.Errorf("caught by another finding than %q: %s", s.finding, lines[0].findings)
}
