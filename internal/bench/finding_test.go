package main

import (
	"strings"
	"testing"
	"time"
)

func TestFindingSaysWhetherItsTargetIsMet(t *testing.T) {
	for name, tt := range map[string]struct {
		f   finding
		met bool
	}{
		"below the most":  {finding{got: 0.19, target: 0.2}, true},
		"above the most":  {finding{got: 0.21, target: 0.2}, false},
		"above the least": {finding{got: 0.61, target: 0.6, atLeast: true}, true},
		"below the least": {finding{got: 0.59, target: 0.6, atLeast: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Contains(tt.f.String(), "| yes |"); got != tt.met {
				t.Errorf("met = %v, want %v: %s", got, tt.met, tt.f)
			}
		})
	}
}

func TestFiguresHaveThreeDigitsThatCount(t *testing.T) {
	for name, tt := range map[string]struct{ got, want string }{
		"less than one":    {figure(0.1234, ""), "0.12"},
		"some":             {figure(1.234, "s"), "1.23 s"},
		"tens":             {figure(12.34, "s"), "12.3 s"},
		"hundreds":         {figure(1234.5, "octets"), "1234 octets"},
		"below one second": {seconds(12340 * time.Microsecond), "12.3 ms"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("figure = %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestMedianIsTheMiddleOne(t *testing.T) {
	runs := []cost{{wall: 9}, {wall: 1}, {wall: 5}}
	if got := median(runs, func(c cost) time.Duration { return c.wall }); got != 5 {
		t.Errorf("median = %d, want 5", got)
	}
}
