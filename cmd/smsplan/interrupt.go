package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts turns signals into decisions: while a run is under way the first one asks it to stop gently; any other
// cancels the context of the command.
type interrupts struct {
	mu       sync.Mutex
	gentle   func()
	received os.Signal
}

// listen takes signals until stop is called.
func (i *interrupts) listen(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range signals {
			if gentle := i.take(s); gentle != nil {
				gentle()
			} else {
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel()
	}
}

// take notes a signal and gives what is to be done about it; nil to cancel.
func (i *interrupts) take(s os.Signal) func() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.received == nil {
		i.received = s
	}
	gentle := i.gentle
	i.gentle = nil
	return gentle
}

// gently has the next signal call f instead of cancelling the command, until restore is called.
func (i *interrupts) gently(f func()) (restore func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.gentle = f
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.gentle = nil
	}
}

// deaf has writes to a pipe that nobody reads any more fail, from now on, instead of ending the process: what is under
// way is worth more than its display.
func deaf() { signal.Ignore(syscall.SIGPIPE) }

// unread takes away the errors of writes to a pipe that nobody reads any more.
func unread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// status gives the exit status of the signal that came; 0 where none did.
func (i *interrupts) status() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch i.received {
	case nil:
		return 0
	case syscall.SIGTERM, syscall.SIGHUP:
		return statusTerminated
	}
	return statusInterrupted
}

// name replaces the cancellation that a signal caused by the signal.
func (i *interrupts) name(err error) error {
	if s := i.status(); s != 0 && errors.Is(err, context.Canceled) {
		return &exit{status: s, err: errInterrupted}
	}
	return err
}

var errInterrupted = errors.New("interrupted")
