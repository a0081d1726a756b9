package inbox

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// WCAG 2.2, section 1.4.3, for every colour of text on every ground that it may stand on; 1.4.11 for the edges of fields.
func TestColoursContrastInLightAndDark(t *testing.T) {
	css, err := os.ReadFile("static/base.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there are no dark colours")
	}
	for name, part := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(part, -1) {
			if colours[m[1]] == "" {
				colours[m[1]] = m[2]
			}
		}
		for _, pairs := range []struct {
			texts, grounds string
			least          float64
		}{
			{"ink soft", "paper card raised tint bubble code", 4.5},
			{"accent done moving waiting failed off", "paper card raised tint", 4.5},
			{"accent tag", "bubble code", 4.5},
			{"ink soft failed", "alarm", 4.5},
			{"done", "calm", 4.5},
			{"on-accent", "accent", 4.5},
			{"edge accent", "paper card", 3},
		} {
			for _, text := range strings.Fields(pairs.texts) {
				for _, ground := range strings.Fields(pairs.grounds) {
					if got := contrast(t, colours[text], colours[ground]); got < pairs.least {
						t.Errorf("%s: %s on %s has a contrast of %.2f, below %v", name, text, ground, got, pairs.least)
					}
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	high, low := luminance(t, a), luminance(t, b)
	return (max(high, low) + .05) / (min(high, low) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatalf("not a colour: %q", colour)
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		v := float64(value>>(16-8*i)&255) / 255
		if v <= .04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
