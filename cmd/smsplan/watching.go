package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/render"
)

// Pauses between the looks of status -watch: longer and longer while there is no news.
const (
	firstPause   = 10 * time.Second
	longestPause = 5 * time.Minute
)

// watching is status -watch.
type watching struct {
	known func(context.Context) (*render.Deliveries, error) // what is known before anybody is asked
	look  func(context.Context) (*render.Deliveries, error) // asks; where that fails it gives what is known, or nil

	out, errors io.Writer
	style       render.Style
	redraws     bool        // out is a terminal
	interrupted func() bool // whether the context has ended by an interrupt
}

// until looks until there is nothing more to learn, or until it is interrupted: that is how it is meant to end. A gateway that does not
// answer the first time may have another address than is thought; later it is waited for.
func (w *watching) until(ctx context.Context) error {
	if w.redraws { // asking takes seconds
		seen, err := w.known(ctx)
		if err == nil && len(seen.Messages) > 0 {
			err = w.draw(seen)
		}
		if err != nil {
			return err
		}
	}
	before, trouble, wait := "", "", firstPause
	for first := true; ; first = false {
		seen, err := w.look(ctx)
		if ctx.Err() != nil {
			return w.end(ctx, seen)
		}
		if seen == nil || err != nil && len(seen.Messages) == 0 {
			return err
		}
		line := seen.Line()
		if failed := w.show(seen, line != before); failed != nil {
			return failed
		}
		if trouble, err = w.excuse(err, first, trouble); err != nil {
			return err
		}
		if seen.Open == 0 {
			if !w.redraws {
				fmt.Fprintln(w.out, "There is nothing more to learn.")
			}
			return nil
		}
		if wait = min(2*wait, longestPause); line != before {
			wait = firstPause
		}
		before = line
		select {
		case <-ctx.Done():
			return w.end(ctx, nil)
		case <-time.After(wait):
		}
	}
}

// excuse gives the errors that end a watch, and says the others: once, or below each picture.
func (w *watching) excuse(err error, first bool, said string) (string, error) {
	silent, alone := err.(*apply.NoAnswer) // what comes with it is worse
	if !alone || first {
		return "", err
	}
	text := render.Clean(silent.Cause.Error())
	if w.redraws || text != said {
		fmt.Fprintf(w.errors, "The gateway does not answer, and is asked again later: %s\n", strings.TrimSuffix(text, "."))
	}
	return text, nil
}

// show draws the picture anew, or writes a line where there is news.
func (w *watching) show(seen *render.Deliveries, news bool) error {
	switch {
	case w.redraws:
		return w.draw(seen)
	case news:
		fmt.Fprintf(w.out, "%s  %s\n", now().UTC().Format(time.RFC3339), seen.Line())
	}
	return nil
}

// draw draws the picture in the place of the one before.
func (w *watching) draw(seen *render.Deliveries) error {
	io.WriteString(w.out, "\x1b[H\x1b[2J")
	return seen.Write(w.out, w.style)
}

// end ends a watch that a signal has ended.
func (w *watching) end(ctx context.Context, seen *render.Deliveries) error {
	if seen != nil {
		if err := w.show(seen, true); err != nil {
			return err
		}
	}
	if w.interrupted() {
		return nil
	}
	return ctx.Err()
}
