package render

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStepThatTakesLongIsSeenToGoOn(t *testing.T) {
	for name, tt := range map[string]struct {
		terminal bool
		lasts    time.Duration
		want     string
	}{
		"short, on a terminal": {true, 900 * time.Millisecond, ""},
		"long, on a terminal":  {true, 1600 * time.Millisecond, "\r\x1b[KReading people.csv: 5,000 rows, 5,000 a second, about 3s left, 1s|\r\x1b[KReading people.csv: 5,000 rows, 4,000 a second, about 4s left, 1s|\r\x1b[KReading people.csv: 5,000 rows, 3,333 a second, about 5s left, 2s|\r\x1b[K"},
		"short, elsewhere":     {false, 9 * time.Second, ""},
		"long, elsewhere":      {false, 21 * time.Second, "Reading people.csv: 5,000 rows, 500 a second, about 30s left, 10s\n|Reading people.csv: 5,000 rows, 250 a second, about 1m left, 20s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b bytes.Buffer
				step := NewStep(&b, "Reading the configuration", Style{Width: 80}, tt.terminal)
				step.Rows(5000, 0.25, "Reading people.csv")
				time.Sleep(tt.lasts)
				step.Done()
				if got, want := b.String(), strings.ReplaceAll(tt.want, "|", ""); got != want {
					t.Errorf("got %q; want %q", got, want)
				}
			})
		})
	}
}

func TestAStepNamesWhatItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		step := NewStep(&b, "Reading the configuration", Style{}, true)
		time.Sleep(1100 * time.Millisecond)
		step.Rows(1, 0, "Reading a\u202e.csv")
		step.Rows(3000000, 0.5, "Reading a_file_with_a_long_name.csv")
		time.Sleep(time.Second)
		step.Done()
		got := b.String()
		if !strings.Contains(got, "Reading the configuration, 1s") || strings.ContainsRune(got, '\u202e') {
			t.Errorf("%q", got)
		}
		for line := range strings.SplitSeq(got, "\r\x1b[K") {
			if len(line) > narrowest+len(ellipsis) {
				t.Errorf("%q is too wide", line)
			}
		}
	})
}
