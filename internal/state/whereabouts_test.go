package state

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhereaboutsFindWhatABinarySearchFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		octet := rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}) // crowds at both ends, and equal halves
		person := func(label string) (p Person) {
			if rapid.Bool().Draw(t, "even") {
				copy(p[:], rapid.SliceOfN(rapid.Byte(), len(p), len(p)).Draw(t, label))
				return p
			}
			for _, i := range []int{0, 1, 8, 15} {
				p[i] = octet.Draw(t, label)
			}
			return p
		}
		var people []Person
		for range rapid.IntRange(0, 60).Draw(t, "people") {
			people = append(people, person("person"))
		}
		slices.SortFunc(people, comparePeople)
		people = slices.Compact(people)
		sought := append(slices.Clone(people), person("sought"), Person{}, Person(slices.Repeat([]byte{0xff}, 16)))
		for _, p := range sought {
			i, found := newWhereabouts(people).find(people, p)
			if j, is := slices.BinarySearchFunc(people, p, comparePeople); i != j || found != is {
				t.Fatalf("find(%x) = %d, %t; want %d, %t", p, i, found, j, is)
			}
		}
	})
}

// BenchmarkSearch looks for people of a list in another order than that of the list, and prints how long that takes of a binary search. To
// find out the whereabouts of all counts.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", n), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, uint64(n)))
			people := make([]Person, n)
			for i := range people {
				binary.BigEndian.PutUint64(people[i][:], random.Uint64())
				binary.BigEndian.PutUint64(people[i][8:], random.Uint64())
			}
			sought := slices.Clone(people)
			slices.SortFunc(people, comparePeople)
			took := func(search func([]Person, Person) (int, bool)) time.Duration {
				began := time.Now()
				for _, p := range sought {
					if _, found := search(people, p); !found {
						b.Fatal("somebody is not found")
					}
				}
				return time.Since(began)
			}
			var fast, plain time.Duration
			for b.Loop() {
				plain += took(func(people []Person, p Person) (int, bool) { return slices.BinarySearchFunc(people, p, comparePeople) })
				fast += took(newWhereabouts(people).find)
			}
			b.ReportMetric(float64(fast.Nanoseconds())/float64(b.N)/float64(n), "ns/person")
			b.ReportMetric(float64(fast)/float64(plain), "of-a-binary-search")
		})
	}
}
