package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// requestsOf cuts n people into requests.
func requestsOf(n, batch int) []Claim {
	people := crowd(0, n)
	var claims []Claim
	for i := 0; i < n; i += batch {
		c := Claim{Address: address, Revision: 1, People: people[i:min(i+batch, n)]}
		c.TextDigest[0] = byte(i)
		claims = append(claims, c)
	}
	return claims
}

func BenchmarkClaim(b *testing.B) {
	for _, batch := range []int{300, 1} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			const n = 200_000
			claims := requestsOf(n, batch)
			for b.Loop() {
				b.StopTimer()
				st := opened(b, created(b))
				run := started(b, st)
				b.StartTimer()
				claimed(b, st, run, claims...)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "sends/s")
		})
	}
}

// BenchmarkClaimMessages claims messages of one person each, and prints how many times as long ten times as many take: 10 where
// the cost of one does not grow with the others.
func BenchmarkClaimMessages(b *testing.B) {
	took := func(n int) time.Duration {
		people := crowd(0, n)
		names, claims := make([]string, n), make([]Claim, n)
		for i := range n {
			names[i] = fmt.Sprintf("message.m%d", i)
			claims[i] = Claim{Address: names[i], Revision: 1, People: people[i : i+1]}
		}
		st := opened(b, created(b))
		registered := present(names...)
		registered.Since = st.Identity().Serial
		must(b, st.Register(b.Context(), registered))
		run := started(b, st)
		began := time.Now()
		claimed(b, st, run, claims...)
		return time.Since(began)
	}
	const n = 1_000
	var few, many time.Duration
	for b.Loop() {
		few += took(n)
		many += took(10 * n)
	}
	b.ReportMetric(float64(many)/float64(few), "of-a-tenth")
	b.ReportMetric(float64(many.Nanoseconds())/float64(b.N)/(10*n), "ns/message")
}

// Two durable commits for each request of 300, from eight connections; the limit is a file that as many octets as the identifiers
// are appended to, and flushed, as often.
func BenchmarkBeginSettle(b *testing.B) {
	const workers, batch = 8, 300
	st := opened(b, created(b))
	run := started(b, st)
	got := claimed(b, st, run, requestsOf(b.N*batch, batch)...)
	ids := make([][16]byte, batch)
	for i := range ids {
		ids[i][0] = byte(i + 1)
	}
	todo := make(chan RequestID)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for r := range todo {
				if err := st.Begin(b.Context(), r); err != nil {
					b.Error(err)
				}
				if err := st.Settle(b.Context(), r, Settlement{Outcome: Accepted, IDs: ids, Exceptions: []Exception{{7, Refused, 114}}}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ResetTimer() // not b.Loop: the time ends with the last commit, and not when the last request is handed out
	for _, c := range got {
		todo <- c.Request
	}
	close(todo)
	group.Wait()
	b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "sends/s")
	ours := b.Elapsed() / time.Duration(b.N)
	file, err := os.Create(filepath.Join(b.TempDir(), "flushed"))
	must(b, err)
	defer file.Close()
	written := make([]byte, 16*batch)
	const rounds = 100
	began := time.Now()
	for range 2 * rounds {
		_, err := file.Write(written)
		must(b, err)
		must(b, file.Sync())
	}
	b.ReportMetric(float64(ours)/float64(time.Since(began)/rounds), "of-two-flushes")
}

func BenchmarkSnapshot(b *testing.B) {
	const n = 1_000_000
	s := created(b)
	st := opened(b, s)
	run := started(b, st)
	claimed(b, st, run, requestsOf(n, 300)...)
	if err := st.EndRun(b.Context(), run, "complete"); err != nil {
		b.Fatal(err)
	}
	var snap *Snapshot
	for b.Loop() {
		snap = read(b, s)
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "sends/s")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/n, "heap-B/send")
	runtime.KeepAlive(snap)
}

func BenchmarkFind(b *testing.B) {
	const n = 1_000_000
	l := &Ledger{people: crowd(0, n), outcomes: make([]Outcome, n), codes: make([]uint16, n), requests: make([]uint32, n),
		shared: &requestTable{requests: make([]loadedRequest, 1), digests: make([][32]byte, 1), addresses: make([]string, 1)}}
	wanted := crowd(0, n)
	slices.SortFunc(l.people, comparePeople)
	l.places = newWhereabouts(l.people)
	i := 0
	for b.Loop() {
		if _, found := l.Find(wanted[i%n:][:1]); !found {
			b.Fatal("not found")
		}
		i++
	}
}

// BenchmarkPerson prints how many times as long as crypto/hmac it takes to give a number its pseudonym.
func BenchmarkPerson(b *testing.B) {
	key, number := []byte("key"), []byte("12025550143")
	p := newPseudonyms(key)
	const rounds = 1000
	var ours, library time.Duration
	for b.Loop() {
		began := time.Now()
		for range rounds {
			person(p, number)
		}
		between := time.Now()
		for range rounds {
			h := hmac.New(sha256.New, key)
			h.Write(number)
			h.Sum(nil)
		}
		ours, library = ours+between.Sub(began), library+time.Since(between)
	}
	b.ReportMetric(float64(ours)/float64(b.N*rounds), "ns/person")
	b.ReportMetric(float64(ours)/float64(library), "of-crypto/hmac")
}
