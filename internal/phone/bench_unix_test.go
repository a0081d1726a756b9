//go:build unix

package phone

import (
	"slices"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/smsplan/smsplan/internal/stage"
)

// lists are numbers as lists of customers have them: mobile ones, in the spellings that people use.
func lists(s *speller) []speltNumber {
	var numbers []speltNumber
	for _, region := range []string{"ZA", "US", "DE", "AU", "GB", "SE", "IN", "NG", "BR", "FR"} {
		code := phonenumbers.GetCountryCodeForRegion(region)
		for range 400 {
			var n speltNumber
			for n.region = region; n.text == ""; {
				p := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
				national := p.GetNationalNumber() - p.GetNationalNumber()%100_000 + uint64(s.random.IntN(100_000))
				p.NationalNumber = &national
				form := []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL,
					phonenumbers.NATIONAL, phonenumbers.NATIONAL, phonenumbers.E164}[s.random.IntN(6)]
				if phonenumbers.IsValidNumber(p) && int(p.GetCountryCode()) == code {
					n.text = phonenumbers.Format(p, form)
				}
			}
			numbers = append(numbers, n)
		}
	}
	s.random.Shuffle(len(numbers), func(i, j int) { numbers[i], numbers[j] = numbers[j], numbers[i] })
	return numbers
}

type speltNumber struct{ text, region string }

// everywhere are numbers of all regions and kinds, good and bad.
func everywhere(s *speller) []speltNumber {
	numbers := make([]speltNumber, 4000)
	for i := range numbers {
		numbers[i].text, numbers[i].region = s.spell()
	}
	return numbers
}

// BenchmarkNormalise compares with the library, which says of the same numbers whether they are valid, and how they are in
// E.164. The processor's time is what is compared: it does not depend on who else uses the machine.
func BenchmarkNormalise(b *testing.B) {
	all := everywhere(newSpeller(1))
	valid := slices.DeleteFunc(slices.Clone(all), func(n speltNumber) bool { _, err := Parse(n.text, n.region); return err != nil })
	for _, bench := range []struct {
		name    string
		numbers []speltNumber
	}{
		{"lists", lists(newSpeller(1))}, {"valid", valid}, {"everywhere", all},
	} {
		b.Run(bench.name, func(b *testing.B) {
			library := cost(bench.numbers, func(n speltNumber) {
				if p, err := phonenumbers.Parse(n.text, n.region); err == nil && phonenumbers.IsValidNumber(p) {
					phonenumbers.Format(p, phonenumbers.E164)
				}
			})
			b.ReportAllocs()
			began, i := stage.ProcessorTime(), 0
			for b.Loop() {
				Parse(bench.numbers[i].text, bench.numbers[i].region)
				if i++; i == len(bench.numbers) {
					i = 0
				}
			}
			ours := float64(stage.ProcessorTime()-began) / float64(b.N)
			b.ReportMetric(ours, "cpu-ns/op")
			b.ReportMetric(library, "library-cpu-ns/op")
			b.ReportMetric(library/ours, "times-as-fast")
		})
	}
}

// cost gives the nanoseconds that do takes for each number, once it is warm.
func cost(numbers []speltNumber, do func(speltNumber)) float64 {
	var began time.Duration
	const rounds = 3
	for round := range 1 + rounds {
		if round == 1 {
			began = stage.ProcessorTime()
		}
		for _, n := range numbers {
			do(n)
		}
	}
	return float64(stage.ProcessorTime()-began) / float64(rounds*len(numbers))
}
