package zone_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/zone"
)

// days are the inside of hours in one zone, found by looking at the clock in every minute.
type days struct {
	start  time.Time
	shown  []int // minutes on the clock since 1970
	inside []bool
}

func look(start time.Time, n int, h zone.Hours, z *time.Location) days {
	d := days{start: start, shown: make([]int, n*24*60), inside: make([]bool, n*24*60)}
	for i := range d.shown {
		t := start.Add(time.Duration(i) * time.Minute)
		_, offset := t.In(z).Zone()
		d.shown[i] = int(t.Unix()/60) + offset/60
	}
	length := h.To - h.From
	if length < 0 {
		length += 24 * 60
	}
	first := d.shown[0] / (24 * 60)
	for day := first - 1; day <= first+n+1; day++ {
		from, to := d.last(day*24*60+h.From), d.first(day*24*60+h.From+length)
		for i := max(from, 0); i < min(to, len(d.inside)); i++ {
			d.inside[i] = true
		}
	}
	return d
}

// first and last give the minutes in which the clock shows a time. One that it jumps over is read by what it showed before,
// and by what it showed afterwards.
func (d days) first(shown int) int { first, _ := d.find(shown); return first }
func (d days) last(shown int) int  { _, last := d.find(shown); return last }

func (d days) find(shown int) (first, last int) {
	found := false
	for i, s := range d.shown {
		if s == shown {
			if !found {
				first = i
			}
			last, found = i, true
		}
	}
	if found {
		return first, last
	}
	for i := 1; i < len(d.shown); i++ {
		if d.shown[i-1] < shown && shown < d.shown[i] {
			return i - (d.shown[i] - shown), i + shown - d.shown[i-1] - 1
		}
	}
	if shown < d.shown[0] {
		return -1, -1
	}
	return len(d.shown), len(d.shown)
}

func TestHoursAreThoseThatALookAtTheClockInEveryMinuteGives(t *testing.T) {
	names := zone.Names()
	rapid.Check(t, func(t *rapid.T) {
		h := zone.Hours{From: rapid.IntRange(0, 1439).Draw(t, "from"), To: rapid.IntRange(0, 1439).Draw(t, "to")}
		if h.From == h.To {
			t.Skip()
		}
		load := func(label string) *time.Location {
			z, err := zone.Load(rapid.SampledFrom(names).Draw(t, label))
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
		zones := []*time.Location{load("zone")}
		if rapid.Bool().Draw(t, "two") {
			zones = append(zones, load("other"))
		}
		// Most of the time near a change of the clock, and then hours that have to do with it.
		start := time.Date(rapid.IntRange(2000, 2037).Draw(t, "year"), 1, rapid.IntRange(1, 366).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		if rapid.IntRange(0, 9).Draw(t, "at the turn of the year") == 0 {
			start = time.Date(start.Year(), 12, 25, 0, 0, 0, 0, time.UTC)
		}
		if _, change := start.In(zones[0]).ZoneBounds(); !change.IsZero() && change.Year() < 2040 && rapid.IntRange(0, 3).Draw(t, "near") > 0 {
			shown := change.In(zones[0])
			if rapid.Bool().Draw(t, "from then") {
				h.From = (60*shown.Hour() + shown.Minute() + rapid.IntRange(-90, 90).Draw(t, "beside") + 1440) % 1440
			}
			if rapid.Bool().Draw(t, "to then") {
				h.To = (60*shown.Hour() + shown.Minute() + rapid.IntRange(-90, 90).Draw(t, "besides") + 1440) % 1440
			}
			if h.From == h.To {
				t.Skip()
			}
			start = change.Truncate(24 * time.Hour).Add(-5 * 24 * time.Hour)
		}
		const span = 16
		seen := look(start, span, h, zones[0])
		if len(zones) > 1 {
			other := look(start, span, h, zones[1])
			for i := range seen.inside {
				seen.inside[i] = seen.inside[i] && other.inside[i]
			}
		}
		for range 20 {
			from := rapid.IntRange(3*1440, 8*1440).Draw(t, "minute")
			at, limit := start.Add(time.Duration(from)*time.Minute), start.Add(13*24*time.Hour)
			if _, got := h.Opening(at, at, zones); got != seen.inside[from] {
				t.Fatalf("%s in %v: inside at %s: %v", h, zones, at, got)
			}
			want, found := from, false
			for want = from; want <= 13*1440; want++ {
				if found = seen.inside[want]; found {
					break
				}
			}
			got, ok := h.Opening(at, limit, zones)
			if ok != found || ok && !got.Equal(start.Add(time.Duration(want)*time.Minute)) {
				t.Fatalf("%s in %v: the opening from %s on is %s (%v), want %s (%v)", h, zones, at, got.UTC(), ok, start.Add(time.Duration(want)*time.Minute), found)
			}
		}
	})
}

func TestOpeningWhereClocksAreChanged(t *testing.T) {
	berlin := "Europe/Berlin" // forward at 02:00 on 29 March 2026, back at 03:00 on 25 October
	for name, tt := range map[string]struct {
		zones      []string
		hours      zone.Hours
		from, want string // "" for none in seven days
	}{
		"inside":                                {[]string{berlin}, zone.Hours{From: 480, To: 1200}, "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"},
		"before":                                {[]string{berlin}, zone.Hours{From: 480, To: 1200}, "2026-03-02T06:59:59Z", "2026-03-02T07:00:00Z"},
		"the last second":                       {[]string{berlin}, zone.Hours{From: 480, To: 1200}, "2026-03-02T18:59:59Z", "2026-03-02T18:59:59Z"},
		"closed":                                {[]string{berlin}, zone.Hours{From: 480, To: 1200}, "2026-03-02T19:00:00Z", "2026-03-03T07:00:00Z"},
		"over midnight, before":                 {[]string{berlin}, zone.Hours{From: 1320, To: 360}, "2026-03-02T12:00:00Z", "2026-03-02T21:00:00Z"},
		"over midnight, after":                  {[]string{berlin}, zone.Hours{From: 1320, To: 360}, "2026-03-02T04:59:00Z", "2026-03-02T04:59:00Z"},
		"the next day is in summer":             {[]string{berlin}, zone.Hours{From: 480, To: 1200}, "2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"},
		"begins in the hour left out":           {[]string{berlin}, zone.Hours{From: 150, To: 360}, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}, // 03:30, not 03:00
		"ends in the hour left out":             {[]string{berlin}, zone.Hours{From: 60, To: 150}, "2026-03-29T00:29:00Z", "2026-03-29T00:29:00Z"},
		"ended in the hour left out":            {[]string{berlin}, zone.Hours{From: 60, To: 150}, "2026-03-29T00:30:00Z", "2026-03-29T23:00:00Z"},
		"is in the hour left out":               {[]string{berlin}, zone.Hours{From: 130, To: 170}, "2026-03-29T00:00:00Z", "2026-03-30T00:10:00Z"},
		"begins in the hour that is twice":      {[]string{berlin}, zone.Hours{From: 150, To: 360}, "2026-10-25T00:00:00Z", "2026-10-25T01:30:00Z"}, // the second 02:30
		"ends in the hour that is twice":        {[]string{berlin}, zone.Hours{From: 60, To: 150}, "2026-10-25T00:30:00Z", "2026-10-26T00:00:00Z"},  // the first 02:30
		"is in the hour that is twice":          {[]string{berlin}, zone.Hours{From: 130, To: 170}, "2026-10-25T00:00:00Z", "2026-10-26T01:10:00Z"},
		"over the hour that is twice":           {[]string{berlin}, zone.Hours{From: 1320, To: 360}, "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"},
		"from coast to coast":                   {[]string{"America/New_York", "Pacific/Honolulu"}, zone.Hours{From: 480, To: 1200}, "2026-07-01T12:00:00Z", "2026-07-01T18:00:00Z"},
		"from coast to coast, too late":         {[]string{"America/New_York", "Pacific/Honolulu"}, zone.Hours{From: 480, To: 1200}, "2026-07-02T00:00:00Z", "2026-07-02T18:00:00Z"},
		"from coast to coast, never":            {[]string{"America/New_York", "Pacific/Honolulu"}, zone.Hours{From: 540, To: 780}, "2026-07-02T00:00:00Z", ""},
		"a day that is left out, in Samoa":      {[]string{"Pacific/Apia"}, zone.Hours{From: 480, To: 1200}, "2011-12-30T07:00:00Z", "2011-12-30T18:00:00Z"},
		"the last day of a leap year":           {[]string{"Africa/Cairo", berlin}, zone.Hours{From: 480, To: 1200}, "2028-12-31T20:00:00Z", "2029-01-01T07:00:00Z"},
		"hours that another zone just left":     {[]string{berlin, "Asia/Tokyo"}, zone.Hours{From: 480, To: 1020}, "2026-07-01T07:59:00Z", "2026-07-01T07:59:00Z"},
		"half an hour beside":                   {[]string{"Asia/Kolkata"}, zone.Hours{From: 480, To: 1200}, "2026-03-02T00:00:00Z", "2026-03-02T02:30:00Z"},
		"half an hour beside, at night":         {[]string{"Asia/Kolkata"}, zone.Hours{From: 1320, To: 360}, "2026-03-02T00:29:59Z", "2026-03-02T00:29:59Z"},
		"half an hour beside, by day":           {[]string{"Asia/Kolkata"}, zone.Hours{From: 1320, To: 360}, "2026-03-02T00:30:00Z", "2026-03-02T16:30:00Z"},
		"a quarter of an hour beside":           {[]string{"Asia/Kathmandu"}, zone.Hours{From: 480, To: 1200}, "2026-03-02T00:00:00Z", "2026-03-02T02:15:00Z"},
		"together with half an hour beside":     {[]string{berlin, "Asia/Kolkata"}, zone.Hours{From: 480, To: 1200}, "2026-03-02T14:30:00Z", "2026-03-03T07:00:00Z"},
		"begins in the half hour left out":      {[]string{"Australia/Lord_Howe"}, zone.Hours{From: 135, To: 360}, "2026-10-03T15:00:00Z", "2026-10-03T15:45:00Z"},
		"begins in the half hour that is twice": {[]string{"Australia/Lord_Howe"}, zone.Hours{From: 105, To: 360}, "2026-04-04T14:30:00Z", "2026-04-04T15:15:00Z"},
		"begins at a midnight left out":         {[]string{"Asia/Beirut"}, zone.Hours{From: 0, To: 360}, "2026-03-28T21:00:00Z", "2026-03-28T22:00:00Z"},
		"over a midnight left out":              {[]string{"Asia/Beirut"}, zone.Hours{From: 1320, To: 360}, "2026-03-28T22:00:00Z", "2026-03-28T22:00:00Z"},
		"ends after a midnight left out":        {[]string{"Asia/Beirut"}, zone.Hours{From: 1200, To: 30}, "2026-03-28T21:30:00Z", "2026-03-29T17:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			var zones []*time.Location
			for _, name := range tt.zones {
				z, err := zone.Load(name)
				if err != nil {
					t.Fatal(err)
				}
				zones = append(zones, z)
			}
			from, err := time.Parse(time.RFC3339, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if at, ok := tt.hours.Opening(from, from.Add(7*24*time.Hour), zones); ok {
				got = at.UTC().Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("%s from %s on: %q, want %q", tt.hours, tt.from, got, tt.want)
			}
		})
	}
}

func TestZonesAgreeOnHoursThatTheyHaveInCommonAllYear(t *testing.T) {
	now := time.Date(2028, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		region   string
		from, to int
		want     bool
	}{
		"a day in the USA":                       {"US", 8 * 60, 20 * 60, true},
		"a morning in the USA":                   {"US", 8 * 60, 12 * 60, false},
		"half an hour in winter, none in summer": {"US", 9 * 60, 14*60 + 30, false},
		"a day in Russia":                        {"RU", 8 * 60, 20 * 60, true},
		"nine hours in Russia":                   {"RU", 9 * 60, 18 * 60, false},
		"a night in Russia":                      {"RU", 20 * 60, 8 * 60, true},
		"a minute in Germany":                    {"DE", 600, 601, true},
	} {
		t.Run(name, func(t *testing.T) {
			var zones []*time.Location
			for _, name := range zone.Of(tt.region) {
				z, err := zone.Load(name)
				if err != nil {
					t.Fatal(err)
				}
				zones = append(zones, z)
			}
			h := zone.Hours{From: tt.from, To: tt.to}
			for days := range 366 { // whenever it is asked
				if got := h.Agree(now.AddDate(0, 0, days), zones); got != tt.want {
					t.Fatalf("on day %d: %v", days, got)
				}
				if testing.Short() && days > 3 {
					break
				}
			}
		})
	}
}

func TestClocksAreReadStrictly(t *testing.T) {
	for in, want := range map[string]int{"00:00": 0, "08:05": 485, "23:59": 1439} {
		if got, err := zone.ParseClock(in); err != nil || got != want || zone.Clock(got) != in {
			t.Errorf("%q is %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "8:00", "24:00", "08:60", "08:00:00", "0800", "08.00", "+8:00", "08:0x", " 08:00", "１２:００"} {
		if got, err := zone.ParseClock(in); err == nil {
			t.Errorf("%q is %d", in, got)
		}
	}
}
