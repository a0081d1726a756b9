package fiction_test

import (
	"testing"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/phone/fiction"
)

func TestThereAreThatManyDifferentNumbers(t *testing.T) {
	seen := map[phone.Number]bool{}
	for _, n := range fiction.Numbers(fiction.Most) {
		seen[n.Line()] = true
	}
	if len(seen) != fiction.Most {
		t.Errorf("%d different numbers, want %d", len(seen), fiction.Most)
	}
}
