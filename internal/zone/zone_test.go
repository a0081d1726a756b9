package zone_test

import (
	"errors"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/zone"
)

func TestEveryZoneCanBeRead(t *testing.T) {
	names := zone.Names()
	if len(names) < 400 {
		t.Errorf("%d zones", len(names))
	}
	for _, name := range names {
		if z, err := zone.Load(name); err != nil || z.String() != name {
			t.Errorf("%s: %v, %v", name, z, err)
		}
	}
}

func TestZonesDoNotDependOnTheMachine(t *testing.T) {
	t.Setenv("ZONEINFO", t.TempDir())
	t.Setenv("TZ", "Asia/Tokyo")
	z, err := zone.Load("America/Vancouver")
	if err != nil {
		t.Fatal(err)
	}
	// Since 2026 there is no winter time there. Older tables do not know that.
	if _, offset := time.Date(2026, 12, 24, 12, 0, 0, 0, z).Zone(); offset != -7*60*60 {
		t.Errorf("%d s east of UTC by release %s", offset, zone.Version())
	}
}

func TestOnlyNamesOfTheTableAreZones(t *testing.T) {
	for _, name := range []string{"", "Local", "Europe/Berlim", "europe/berlin", "+VERSION", "zone.tab", "../etc/passwd", "Europe"} {
		if _, err := zone.Load(name); !errors.Is(err, zone.ErrUnknown) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Three regions of the telephone network are none of ISO 3166's.
func TestNearlyEveryRegionOfTheTelephoneNetworkHasZones(t *testing.T) {
	without := map[string]bool{"AC": true, "TA": true, "XK": true}
	for _, region := range phone.Regions() {
		names := zone.Of(region)
		if len(names) == 0 != without[region] {
			t.Errorf("%s has %d zones", region, len(names))
		}
		for _, name := range names {
			if _, err := zone.Load(name); err != nil {
				t.Errorf("%s, %s: %v", region, name, err)
			}
		}
	}
}
