package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/nyaruka/phonenumbers"
)

// The columns of a file of people.
const (
	header       = "customer,firstname,number,suburb,lang\n"
	numberColumn = 2
)

// Of each area code the numbers of ten exchanges are taken, one exchange after the other: ten million of a hundred areas.
const (
	lines         = 10_000 // of an exchange
	firstExchange = 555
	exchanges     = 10
)

// writePeople makes a file of n different people, always the same ones. Their numbers are valid ones of North America; the
// first million are of the exchange 555, which has no subscribers.
func writePeople(path string, n int) error {
	areas, err := areaCodes(100)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString(header)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		exchange := firstExchange + i/(lines*len(areas))
		area := areas[i/lines%len(areas)]
		fmt.Fprintf(w, "C%07d,%s,+1%03d%03d%04d,%s,%s\n", i, firstNames[random.IntN(len(firstNames))], area, exchange, i%lines,
			suburbs[random.IntN(len(suburbs))], languages[random.IntN(len(languages))])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// areaCodes gives the first n area codes of North America of which all the exchanges are in use.
func areaCodes(n int) (areas []int, err error) {
	for area := 201; area < 1000 && len(areas) < n; area++ {
		used := true
		for exchange := firstExchange; used && exchange < firstExchange+exchanges; exchange++ {
			number, err := phonenumbers.Parse(fmt.Sprintf("+1%d%d0100", area, exchange), "")
			used = err == nil && phonenumbers.IsValidNumber(number)
		}
		if used {
			areas = append(areas, area)
		}
	}
	if len(areas) < n {
		return nil, fmt.Errorf("there are %d area codes, not %d", len(areas), n)
	}
	return areas, nil
}

var (
	firstNames = []string{"Ruth", "Ishaan", "Sam", "Thandiwe", "Maximilian", "Zoë", "Li", "Björn", "Aroha", "Guadalupe", "Kofi", "Oluwaseun"}
	suburbs    = []string{"Fitzroy", "Brunswick", "Observatory", "Sea Point", "Shaw", "Kreuzberg", "Södermalm", "Gqeberha", "Te Aro", "Woodstock"}
	languages  = []string{"en", "af", "zu", "sv", "de"}
)
