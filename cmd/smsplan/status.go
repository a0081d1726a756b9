package main

import (
	"errors"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/smsplan/smsplan/internal/state"
)

// Exit statuses. The README explains them.
const (
	statusError       = 1
	statusDifferences = 2   // plan -detailed-exitcode: there is something to do
	statusIncomplete  = 3   // refused or not attempted; fmt -check: files would change
	statusBlocked     = 3   // by a guard: nothing was sent
	statusDoubt       = 4   // in doubt, unconfirmed, or the state could not be written
	statusDeclined    = 5   // at the prompt
	statusLocked      = 6   // the state
	statusMismatch    = 7   // the state or the plan is not the one that is meant
	statusInterrupted = 130 // by SIGINT
	statusTerminated  = 143 // by SIGTERM, or because its terminal is gone
)

// precedence orders the statuses where several fit.
var precedence = []int{
	statusMismatch, statusLocked, statusDoubt, statusIncomplete, statusInterrupted, statusTerminated, statusDeclined, statusDifferences, statusError,
}

// exit is an error with a status of its own. Where err is nil, all that is to be said has been said.
type exit struct {
	status int
	err    error
}

func (e *exit) Error() string {
	if e.err == nil {
		return "reported"
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// errReported ends a command whose diagnostics have been shown.
var errReported = &exit{status: statusError}

// unshown is what could not be shown of a run any more. It says nothing about the run, and has no status of its own.
type unshown struct{ err error }

func (u *unshown) Error() string {
	return "what the run came to could not all be shown: " + cause(u.err).Error()
}

func (u *unshown) Unwrap() error { return u.err }

// unshown makes an error of the display an [unshown] where a run is behind it.
func (p *program) unshown(err error) error {
	if err == nil || !p.ran {
		return err
	}
	return &unshown{err}
}

// status gives the exit status for what a command returned.
func status(err error) int {
	found := statuses(err, nil)
	for _, s := range precedence {
		if slices.Contains(found, s) {
			return s
		}
	}
	return 0
}

// statuses collects what each part of an error asks for.
func statuses(err error, found []int) []int {
	if err == nil {
		return found
	}
	switch e := err.(type) {
	case *exit:
		return statuses(e.err, append(found, e.status))
	case *unshown:
		return found
	case *state.LockedError:
		return append(found, statusLocked)
	case *state.MismatchError:
		return append(found, statusMismatch)
	case *multierror.Error:
		return allStatuses(e.Errors, found)
	case interface{ Unwrap() []error }:
		return allStatuses(e.Unwrap(), found)
	}
	return statuses(errors.Unwrap(err), append(found, statusError))
}

func allStatuses(errs []error, found []int) []int {
	for _, part := range errs {
		found = statuses(part, found)
	}
	return found
}

// printed gives the parts of an error that are still to be said, each once: several workers may meet the same.
func printed(err error) []error {
	said := map[string]bool{}
	return slices.DeleteFunc(parts(err), func(part error) bool {
		again := said[part.Error()]
		said[part.Error()] = true
		return again
	})
}

func parts(err error) []error {
	switch e := err.(type) {
	case nil:
		return nil
	case *exit:
		return parts(e.err)
	case *multierror.Error:
		return allParts(e.Errors)
	case interface{ Unwrap() []error }:
		return allParts(e.Unwrap())
	}
	return []error{err}
}

func allParts(errs []error) []error {
	var all []error
	for _, one := range errs {
		all = append(all, parts(one)...)
	}
	return all
}
