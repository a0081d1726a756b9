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
		for item := range items {
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
