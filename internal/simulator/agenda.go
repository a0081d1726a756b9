package simulator

import (
	"container/heap"
	"time"
)

// agenda has what is to be done later, the earliest first and, of what is due at once, what was added first.
// It is not safe for concurrent use.
type agenda[T any] struct {
	queue queue[T]
	added uint64
}

// add enters what is due at a time.
func (a *agenda[T]) add(at time.Time, what T) {
	a.added++
	heap.Push(&a.queue, appointment[T]{at.UnixNano(), a.added, what})
}

// wait gives how long it is from now to what is due first; nought or less where it is due.
func (a *agenda[T]) wait(now time.Time) (d time.Duration, ok bool) {
	if len(a.queue) == 0 {
		return 0, false
	}
	return time.Duration(a.queue[0].at - now.UnixNano()), true
}

// take gives what is due first, if it is due.
func (a *agenda[T]) take(now time.Time) (what T, ok bool) {
	if d, some := a.wait(now); !some || d > 0 {
		return what, false
	}
	return heap.Pop(&a.queue).(appointment[T]).what, true
}

type appointment[T any] struct {
	at    int64 // Unix nanoseconds, since a million times take three times the room
	order uint64
	what  T
}

// queue is a [heap.Interface].
type queue[T any] []appointment[T]

func (q queue[T]) Len() int { return len(q) }

func (q queue[T]) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}

func (q queue[T]) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue[T]) Push(x any) { *q = append(*q, x.(appointment[T])) }

func (q *queue[T]) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = appointment[T]{} // lets go of what it points to
	*q = (*q)[:last]
	return x
}
