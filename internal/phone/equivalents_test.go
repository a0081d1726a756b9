package phone

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func digitsOf(numbers []Number) []string {
	var digits []string
	for _, n := range numbers {
		digits = append(digits, n.E164())
	}
	return digits
}

func TestFormsOfOneLine(t *testing.T) {
	for name, tt := range map[string]struct {
		line  string
		forms []string
	}{
		"United States":          {"12025550143", []string{"12025550143"}},
		"Australia":              {"61491570006", []string{"61491570006"}},
		"Mexico":                 {"525500000000", []string{"5215500000000", "525500000000"}},
		"Argentina":              {"5491100000000", []string{"541100000000", "5491100000000"}},
		"Brazil, mobile":         {"5511980000000", []string{"551180000000", "5511980000000"}},
		"Brazil, fixed":          {"551130000000", []string{"551130000000"}},
		"Brazil, newer mobile":   {"5511910000000", []string{"5511910000000"}},
		"Benin":                  {"2290190000000", []string{"2290190000000", "22990000000"}},
		"Ivory Coast, Moov":      {"2250102000000", []string{"2250102000000", "22502000000"}},
		"Ivory Coast, MTN":       {"2250544000000", []string{"2250544000000", "22544000000"}},
		"Ivory Coast, Orange":    {"2250778000000", []string{"2250778000000", "22578000000"}},
		"Ivory Coast, fixed 21":  {"2252120800000", []string{"2252120800000", "22520800000"}},
		"Ivory Coast, fixed 25":  {"2252530000000", []string{"2252530000000", "22530000000"}},
		"Ivory Coast, fixed 27":  {"2252720200000", []string{"22520200000", "2252720200000"}},
		"Ivory Coast, after '21": {"2250711000000", []string{"2250711000000"}},
		"Gabon, 6":               {"24166000000", []string{"24106000000", "24166000000", "2416000000"}},
		"Gabon, 7":               {"24174000000", []string{"24104000000", "2414000000", "24174000000"}},
		"Gabon, fixed":           {"24111000000", []string{"24101000000", "2411000000", "24111000000"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.Sorted(slices.Values(tt.forms))
			for _, form := range tt.forms {
				n := mustE164(t, form)
				if got := n.Line().E164(); got != tt.line {
					t.Errorf("line of %s = %s, want %s", form, got, tt.line)
				}
				if diff := cmp.Diff(digitsOf(Equivalents(n)), want); diff != "" {
					t.Errorf("equivalents of %s (-got +want):\n%s", form, diff)
				}
			}
		})
	}
}

// Every member gives the same list and the same line: else a person would be two.
func TestEquivalentsIsAnEquivalence(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	check := func(n Number) {
		t.Helper()
		forms := Equivalents(n)
		if !slices.Contains(forms, n) || !slices.Contains(forms, n.Line()) {
			t.Fatalf("%s: itself or its line %s is not among %v", n.E164(), n.Line().E164(), digitsOf(forms))
		}
		for _, m := range forms {
			if !slices.Equal(Equivalents(m), forms) || m.Line() != n.Line() {
				t.Fatalf("%s and %s are one line to one of them only", n.E164(), m.E164())
			}
		}
	}
	check(Number{})
	for _, code := range []int{1, 27, 52, 54, 55, 225, 229, 241} {
		prefix := strconv.Itoa(code)
		for length := minDigits; length <= maxDigits; length++ {
			for range 500 {
				digits := []byte(prefix)
				for len(digits) < length {
					digits = append(digits, '0'+byte(random.IntN(10)))
				}
				check(mustE164(t, string(digits)))
			}
		}
	}
	// Random digits seldom meet the longer leads.
	for _, r := range renumberings {
		for _, lead := range r.leads {
			rest := append([]byte("11")[:r.at], lead...)
			for len(rest) < r.at+r.length {
				rest = append(rest, '0'+byte(random.IntN(10)))
			}
			check(r.form(r.new, rest))
			for _, old := range r.old {
				if n := r.form(old, rest); n.Line() != r.form(r.new, rest) {
					t.Errorf("%s is not known as an old form", n.E164())
				}
			}
		}
	}
}

func TestFormsOfALineTakeNoMemory(t *testing.T) {
	var forms []Number
	for _, digits := range []string{"61491570006", "551180000000", "24166000000"} {
		n := mustE164(t, digits)
		forms = AppendEquivalents(forms[:0], n)
		if got := testing.AllocsPerRun(10, func() { forms = AppendEquivalents(forms[:0], n.Line()) }); got != 0 {
			t.Errorf("%v: %v allocations", n, got)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	for name, digits := range map[string]string{"unchanged": "61491570006", "renumbered": "5511980000000"} {
		n := mustE164(b, digits)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n.Line()
			}
		})
	}
}
