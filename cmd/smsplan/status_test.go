package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/smsplan/smsplan/internal/state"
)

func TestStatusOfSeveralErrorsIsTheGravest(t *testing.T) {
	plain := errors.New("x")
	mismatch, locked := &state.MismatchError{}, &state.LockedError{}
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"none":                        {nil, 0},
		"plain":                       {plain, statusError},
		"reported":                    {errReported, statusError},
		"locked":                      {fmt.Errorf("open: %w", locked), statusLocked},
		"mismatch before locked":      {errors.Join(locked, mismatch), statusMismatch},
		"locked before doubt":         {errors.Join(&exit{status: statusDoubt}, locked), statusLocked},
		"doubt before incomplete":     {errors.Join(&exit{status: statusIncomplete}, &exit{statusDoubt, plain}), statusDoubt},
		"incomplete before interrupt": {errors.Join(&exit{status: statusInterrupted}, &exit{status: statusIncomplete}), statusIncomplete},
		"an exit names its own":       {&exit{statusDeclined, plain}, statusDeclined},
		"close error after doubt":     {errors.Join(&exit{status: statusDoubt}, plain), statusDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			if got := status(tt.err); got != tt.want {
				t.Errorf("status(%v) = %d; want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestWhatHasBeenSaidIsNotPrintedAgain(t *testing.T) {
	err := errors.Join(errReported, &exit{statusDoubt, &multierror.Error{Errors: []error{errors.New("a"), errors.New("a")}}}, errors.New("b"), errors.New("a"))
	if got := fmt.Sprint(printed(err)); got != "[a b]" {
		t.Errorf("printed = %s; want [a b]", got)
	}
}
