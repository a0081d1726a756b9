package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// twice holds, for each block that stands once at most, a configuration in which it stands twice.
var twice = map[string]string{
	"smsplan":           "smsplan {\n}\nsmsplan {\n}\n",
	"smsplan.state":     "smsplan {\n  state \"file\" {\n  }\n  state \"file\" {\n  }\n}\n",
	"gateway":           "gateway \"simulator\" {}\n",
	"tariff":            "tariff {\n  currency = \"EUR\"\n}\ntariff {\n  currency = \"EUR\"\n}\n",
	"message.binary":    "message \"m\" {\n  to = []\n  binary {\n    data = \"00\"\n  }\n  binary {\n    data = \"00\"\n  }\n}\n",
	"message.lifecycle": "message \"m\" {\n  to   = []\n  text = \"Hello\"\n  lifecycle {\n  }\n  lifecycle {\n  }\n}\n",
	"message.window":    "message \"m\" {\n  to   = []\n  text = \"Hello\"\n  window {\n    from = \"08:00\"\n    to   = \"20:00\"\n  }\n  window {\n    from = \"08:00\"\n    to   = \"20:00\"\n  }\n}\n",
}

// without holds, for each block that must be there, a configuration that has nothing wrong with it but that it lacks the block.
var without = map[string]string{
	"gateway":      "locals {\n}\n",
	"check.assert": "gateway \"simulator\" {}\ncheck \"c\" {\n}\n",
}

func TestBlocksStandAsOftenAsTheSchemaSays(t *testing.T) {
	var look func(b blockType, path string)
	look = func(b blockType, path string) {
		for _, name := range slices.Sorted(maps.Keys(b.blocks)) {
			nested, at := b.blocks[name], path+name
			if nested.most == 1 {
				t.Run(at, func(t *testing.T) {
					source, ok := twice[at]
					if !ok {
						t.Fatal("there is no configuration in which it stands twice")
					}
					dir := directory(t, map[string]string{"main.sms.hcl": "gateway \"simulator\" {}\n" + source})
					if _, d := Load(t.Context(), dir, Options{}); !strings.Contains(said(d, dir), "Error: Second "+name+" block") {
						t.Errorf("twice is not refused:\n%s", said(d, dir))
					}
				})
			}
			if nested.least > 0 {
				dir := directory(t, map[string]string{"main.sms.hcl": without[at]})
				if _, d := Load(t.Context(), dir, Options{}); len(d.List()) != 1 || !d.HasErrors() || !strings.Contains(d.List()[0].Detail, name) {
					t.Errorf("without %s:\n%s", at, said(d, dir))
				}
			}
			look(nested, at+".")
		}
	}
	look(root, "")
}
