package state

import (
	"sync"
	"testing"
	"testing/synctest"
)

// Those who wait while a transaction is flushed share the next ones, 64 each.
func TestOperationsThatWaitShareAFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := opened(t, created(t))
		before := st.Identity().Serial
		var all sync.WaitGroup
		do := func(f func(*transaction) error) {
			all.Go(func() {
				if err := st.writer.together(t.Context(), f); err != nil {
					t.Error(err)
				}
			})
		}
		release := make(chan struct{})
		do(func(tx *transaction) error { <-release; tx.record("test", "the first"); return nil })
		synctest.Wait()
		for range 2*groupLimit + 2 {
			do(func(tx *transaction) error { tx.record("test", "one that waits"); return nil })
		}
		synctest.Wait()
		close(release)
		all.Wait()
		if got := st.Identity().Serial - before; got != 4 {
			t.Errorf("%d transactions; want one, two of %d, and one", got, groupLimit)
		}
		must(t, st.Close())
	})
}
