package phone

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

var (
	spellings   = flag.Int("spellings", 5_000, "compare `N` made-up numbers with the library")
	spellerSeed = flag.Uint64("seed", 1, "make up numbers with seed `N`")
)

// differs says how this package and the library differ about a text; "" where they do not.
func differs(text, region string) string {
	n, where, kind, err := ParseAndLocate(text, region)
	m, p, libraryKind, libraryErr := parseWithLibrary(text, region)
	var libraryWhere Region
	if libraryErr == nil {
		libraryWhere = regionInLibrary(p)
	}
	if n != m || where != libraryWhere || kind != libraryKind || fmt.Sprint(err) != fmt.Sprint(libraryErr) {
		return fmt.Sprintf("ParseAndLocate(%q, %q) = %s, %v, %v, %v; the library: %s, %v, %v, %v",
			text, region, n.E164(), where, kind, err, m.E164(), libraryWhere, libraryKind, libraryErr)
	}
	if alone, aloneErr := Parse(text, region); alone != n || fmt.Sprint(aloneErr) != fmt.Sprint(err) {
		return fmt.Sprintf("Parse(%q, %q) = %v, %v", text, region, alone, aloneErr)
	}
	return known(n)
}

// known says how this package and the library differ about a number.
func known(n Number) string {
	if n.IsZero() {
		return ""
	}
	p := n.inLibrary()
	where, kind := n.Locate()
	if libraryWhere, libraryKind := regionInLibrary(p), kindInLibrary(p); where != libraryWhere || kind != libraryKind {
		return fmt.Sprintf("Locate of %s = %v, %v; the library: %v, %v", n.E164(), where, kind, libraryWhere, libraryKind)
	}
	if got, want := n.International(), internationalInLibrary(n); got != want {
		return fmt.Sprintf("International of %s = %q; the library: %q", n.E164(), got, want)
	}
	if got, want := n.Zones(), zonesInLibrary(n); !slices.Equal(got, want) {
		return fmt.Sprintf("Zones of %s = %v; the library: %v", n.E164(), got, want)
	}
	return ""
}

func TestNumbersAreReadAsTheLibraryReadsThem(t *testing.T) {
	const together = 1000 // numbers of one speller
	var mu sync.Mutex
	var kinds [Voicemail + 1]int
	regions, wrong := map[Region]int{}, 0
	seeds := make(chan uint64)
	var work sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for seed := range seeds {
				s := newSpeller(seed)
				for range together {
					text, region := s.spell()
					if difference := differs(text, region); difference != "" {
						t.Error(difference)
					}
					_, where, kind, err := ParseAndLocate(text, region)
					mu.Lock()
					if kinds[kind]++; err == nil {
						regions[where]++
					} else {
						wrong++
					}
					mu.Unlock()
				}
			}
		})
	}
	chunks := max(1, *spellings/together)
	for i := range chunks {
		seeds <- *spellerSeed<<32 + uint64(i)
	}
	close(seeds)
	work.Wait()
	t.Logf("%d numbers, %d of them wrong; the others of %d regions, by kind %v", chunks*together, wrong, len(regions), kinds[1:])
	// Western Sahara's numbers count as Morocco's; ZZ counts as well.
	if chunks >= 100 && (len(regions) < len(Regions()) || slices.Contains(kinds[:], 0)) {
		t.Error("not of all regions and kinds")
	}
}

// Numbers that were once valid, or are of country codes yet to come, are shown as well.
func TestNumbersOfAllSortsAreKnownAsTheLibraryKnowsThem(t *testing.T) {
	random := rand.New(rand.NewPCG(*spellerSeed, 3))
	for range *spellings / 4 {
		digits := minDigits + random.IntN(maxDigits-minDigits+1)
		n, err := Unpack(powers[digits-1] + random.Uint64N(9*powers[digits-1]))
		if err != nil {
			t.Fatal(err)
		}
		if difference := known(n); difference != "" {
			t.Error(difference)
		}
	}
	for prefix := range zonesByPrefix() {
		if n, err := FromE164(prefix + "234567"); err != nil {
			t.Fatal(err)
		} else if difference := known(n); difference != "" {
			t.Error(difference)
		}
	}
}

func FuzzAsTheLibrary(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.in, tt.region)
	}
	for _, tt := range rejected {
		f.Add(tt.in, tt.region)
	}
	s := newSpeller(1)
	for range 50 {
		text, region := s.spell()
		f.Add(text, region)
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		if difference := differs(text, region); difference != "" {
			t.Error(difference)
		}
	})
}
