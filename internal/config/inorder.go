package config

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// inOrder works on the items over all cores and hands each, when its work is done, to collect: in the order of items and on
// the caller's goroutine, so that results do not depend on how many cores there are. A few items for each core are in
// flight at once. When ctx ends, inOrder stops early and gives its error; it never leaves a goroutine behind.
func inOrder[T any](ctx context.Context, items iter.Seq[T], work func(T), collect func(T)) error {
	next, stop := iter.Pull(items)
	defer stop()
	first, one := next()
	second, more := next()
	if !more {
		// Waking the other cores would take longer than the work, which there is for each block of a configuration.
		if one && ctx.Err() == nil {
			work(first)
			collect(first)
		}
		return ctx.Err()
	}
	rest := func(yield func(T) bool) {
		for ok := yield(first) && yield(second); ok; {
			var item T
			if item, ok = next(); ok {
				ok = yield(item)
			}
		}
	}
	type job struct {
		item T
		done chan struct{}
	}
	workers := runtime.GOMAXPROCS(0)
	queue := make(chan job, workers)
	order := make(chan job, 2*workers)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(order)
		defer close(queue)
		for item := range rest {
			j := job{item, make(chan struct{})}
			select {
			case queue <- j:
			case <-ctx.Done():
				return
			}
			select {
			case order <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		running.Go(func() {
			for j := range queue {
				if ctx.Err() == nil {
					work(j.item)
				}
				close(j.done)
			}
		})
	}
	for j := range order {
		<-j.done
		if ctx.Err() == nil {
			collect(j.item)
		}
	}
	running.Wait()
	return ctx.Err()
}
