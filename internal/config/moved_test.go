package config

import (
	"testing"
)

func TestAddressesFollowTheMovesToTheEnd(t *testing.T) {
	c := &Config{Moves: []Move{
		{From: "message.a", To: "message.b"},
		{From: `message.a["exact"]`, To: `message.other`},
		{From: "message.b", To: "message.c"},
		{From: "message.single", To: `message.each["one"]`},
		{From: `message.each["old"]`, To: `message.each["new"]`},
		{From: `message.each["last"]`, To: "message.alone"},
	}}
	for from, want := range map[string]string{
		"message.a":            "message.c",
		`message.a["k"]`:       `message.c["k"]`,
		`message.a["exact"]`:   "message.other",
		"message.b":            "message.c",
		"message.c":            "message.c",
		"message.single":       `message.each["one"]`,
		`message.single["k"]`:  `message.single["k"]`,
		`message.each["old"]`:  `message.each["new"]`,
		`message.each["last"]`: "message.alone",
		"message.each":         "message.each",
	} {
		if got, _ := c.Follow(from); got != want {
			t.Errorf("%s leads to %s, want %s", from, got, want)
		}
	}
}

func TestARemovedBlockMeansItsInstancesWhileTheBlockIsGone(t *testing.T) {
	c := &Config{
		Messages: []*Message{{Address: `message.there["k"]`}},
		Removed:  []Removal{{From: "message.gone"}, {From: "message.there"}, {From: `message.one["k"]`}},
	}
	for address, want := range map[string]bool{
		"message.gone":         true,
		`message.gone["k"]`:    true,
		"message.there":        true,
		`message.there["old"]`: false,
		`message.one["k"]`:     true,
		"message.one":          false,
	} {
		if got := c.MeansGone(address); got != want {
			t.Errorf("MeansGone(%s) = %v", address, got)
		}
	}
}
