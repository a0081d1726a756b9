package plan

import (
	"runtime"
	"sync"
)

// chunkSize is what one goroutine takes at a time: large enough to be worth one, small
// enough that the last chunk does not keep the other cores waiting.
const chunkSize = 8192

// chunks gives the number of parts into which [spread] cuts n.
func chunks(n int) int { return (n + chunkSize - 1) / chunkSize }

// spread calls f for every part of 0 to n-1, on all cores, and waits. The parts do not
// depend on the number of cores, so that what is put together from them in order
// does not either.
func spread(n int, f func(part, from, to int)) {
	parts := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), chunks(n)) {
		workers.Go(func() {
			for part := range parts {
				f(part, part*chunkSize, min(n, (part+1)*chunkSize))
			}
		})
	}
	for part := range chunks(n) {
		parts <- part
	}
	close(parts)
	workers.Wait()
}
