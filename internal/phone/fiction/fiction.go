// Package fiction gives telephone numbers that are valid and belong to nobody, so that no test names a real person's.
package fiction

import (
	"fmt"

	"github.com/smsplan/smsplan/internal/phone"
)

// Most is how many numbers there are.
const Most = 10000

// Numbers gives the first n, at most [Most]: 555-0100 to 555-0199 in each area code of the North American Numbering Plan,
// which the plan's administrator keeps for fiction.
func Numbers(n int) []phone.Number {
	if n > Most {
		panic(fmt.Sprintf("fiction: there are no %d numbers", n))
	}
	numbers := make([]phone.Number, 0, n)
	for area := 201; len(numbers) < n; area++ {
		for line := 100; line < 200 && len(numbers) < n; line++ {
			number, err := phone.Parse(fmt.Sprintf("+1%d5550%d", area, line), "")
			if err != nil {
				break // the area code is not in use
			}
			numbers = append(numbers, number)
		}
	}
	return numbers
}
