package state

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// groupLimit is the largest number of operations that share a transaction and its flush.
const groupLimit = 64

// yields is how often others get the processor before those who wait are taken to be all. Whoever has an answer of the gateway
// at hand comes to wait then: with it a transaction carries half as many operations again, and what it costs is paid less often.
const yields = 4

var errClosed = errors.New("the state is closed")

// WriteError says that the medium failed. Nothing more is recorded by the State that gave it: every later call gives the
// same error, because what a failed flush has left behind is unknown until the state is opened anew.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("state %s: %v", e.Path, e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

// operation is something to do in a transaction. When do gives an error that is not the medium's, it has changed
// nothing, unless it is alone: then its transaction is rolled back.
type operation struct {
	do    func(*transaction) error
	alone bool
	err   error
	done  chan struct{}
}

// writer is the goroutine that owns the database. It lets the operations that wait share one transaction.
type writer struct {
	path      string
	db        *database
	queue     chan *operation
	stop      chan struct{}
	stopped   chan struct{}
	committed func(serial int64, head Head, alone bool) // called by the goroutine after each commit
	dead      error                                     // read by others only when stopped is closed
}

func startWriter(path string, db *database, committed func(int64, Head, bool)) *writer {
	w := &writer{path: path, db: db, committed: committed,
		queue: make(chan *operation), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.loop()
	return w
}

// together runs do in a transaction that it may share with others; it is durable when together returns nil. The context
// bounds the wait for the writer only: what has been taken up is waited for.
func (w *writer) together(ctx context.Context, do func(*transaction) error) error {
	return w.submit(ctx, &operation{do: do, done: make(chan struct{})})
}

// alone runs do in a transaction of its own, which is rolled back when do gives an error.
func (w *writer) alone(ctx context.Context, do func(*transaction) error) error {
	return w.submit(ctx, &operation{do: do, alone: true, done: make(chan struct{})})
}

func (w *writer) submit(ctx context.Context, op *operation) error {
	select {
	case w.queue <- op:
		<-op.done
		return op.err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped:
		return errClosed
	}
}

// close ends the goroutine after the transaction under way.
func (w *writer) close() {
	close(w.stop)
	<-w.stopped
}

func (w *writer) loop() {
	defer close(w.stopped)
	var next *operation
	for {
		if next == nil {
			select {
			case next = <-w.queue:
			case <-w.stop:
				return
			}
		}
		var group []*operation
		group, next = w.gather(next)
		w.commit(group)
		for _, op := range group {
			close(op.done)
		}
	}
}

// gather gives first and those who wait behind it, as far as they may share a transaction, and the one that may not.
func (w *writer) gather(first *operation) (group []*operation, next *operation) {
	group = []*operation{first}
	for yielded := 0; !first.alone && len(group) < groupLimit; {
		select {
		case op := <-w.queue:
			if op.alone {
				return group, op
			}
			group = append(group, op)
			yielded = 0
		default:
			if yielded == yields {
				return group, nil
			}
			yielded++
			runtime.Gosched()
		}
	}
	return group, nil
}

// commit runs the operations of a group in one transaction and sets their errors.
func (w *writer) commit(group []*operation) {
	if w.dead == nil {
		if err := w.transact(group); err != nil {
			w.dead = &WriteError{Path: w.path, Err: err}
		}
	}
	if w.dead != nil {
		for _, op := range group {
			op.err = w.dead
		}
	}
}

// transact gives an error only where the medium failed.
func (w *writer) transact(group []*operation) error {
	alone, taken := group[0].alone, false
	serial, head, err := w.db.transact(func(t *transaction) error {
		if err := t.here(); err != nil {
			return err
		}
		taken = true
		for _, op := range group {
			op.err = op.do(t)
			if w.db.failed != nil {
				return w.db.failed
			}
		}
		if alone {
			return group[0].err
		}
		return nil
	})
	if w.db.failed != nil {
		return w.db.failed
	}
	if !taken {
		for _, op := range group {
			op.err = err
		}
	}
	if err == nil && serial != 0 {
		w.committed(serial, head, alone)
	}
	return nil
}
