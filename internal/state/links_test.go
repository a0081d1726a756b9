package state

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A state with two names would have two logs, of which each user sees one.
func TestAStateWithTwoNamesIsRefused(t *testing.T) {
	s := created(t)
	must(t, os.Link(s.Path, s.Path+".also"))
	var mismatch *MismatchError
	if _, err := Open(t.Context(), s); !errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, "hard link") {
		t.Errorf("Open: %v", err)
	}
	must(t, os.Remove(s.Path+".also"))
	opened(t, s)
}
