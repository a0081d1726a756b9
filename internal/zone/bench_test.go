package zone_test

import (
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/zone"
)

func BenchmarkOpening(b *testing.B) {
	h := zone.Hours{From: 480, To: 1200}
	for name, regions := range map[string]string{"one zone": "SE", "29 zones": "US"} {
		var zones []*time.Location
		for _, name := range zone.Of(regions) {
			z, err := zone.Load(name)
			if err != nil {
				b.Fatal(err)
			}
			zones = append(zones, z)
		}
		b.Run(name, func(b *testing.B) {
			t := time.Date(2026, 7, 1, 19, 0, 0, 0, time.UTC)
			for b.Loop() {
				h.Opening(t, t.Add(7*24*time.Hour), zones)
			}
		})
	}
}
