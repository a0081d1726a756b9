package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/smsplan/smsplan/internal/config"
)

var plansMade = flag.Int("plans", 10, "how often TestTwoPlansOfTheSameInputAreTheSame plans")

// everything is a configuration with all that could come out in another order: sets of sets, instances, rows that are read on
// several cores, texts that are compiled and that are evaluated, warnings, outputs.
const everything = `
gateway "simulator" {
  batch_size = 7
}

variable "brands" {
  default = { b = "Beta", a = "Alpha", c = "Gamma" }
}

variable "limits" {
  default = [3, 1, 2]
}

locals {
  langs  = toset(["en", "af", "de"])
  greets = { for l in local.langs : l => "Hello in ${l}" }
}

tariff {
  currency = "EUR"
  default  = 0.05
  country  = { US = 0.01, SE = 0.03, DE = 0.07 }
}

guard "size" {
  max_recipients = 10
  countries      = ["US", "DE"]
}

recipients "rows" {
  on_invalid = "skip"
  exclude    = [recipients.out]

  csv {
    path   = "rows.csv"
    number = "number"
  }

  where = recipient.lang != "xx" && !contains(["a", "b"], recipient.name)
}

recipients "typed" {
  on_invalid = "skip"

  jsonl {
    path   = "rows.jsonl"
    number = "number"
  }
}

recipients "both" {
  include = [recipients.typed, recipients.rows]
}

recipients "out" {
  numbers = ["+12025550107", "+46701740611"]
}

message "compiled" {
  for_each = local.langs
  to       = [recipients.rows, recipients.both]
  where    = recipient.lang == each.key
  text     = "${local.greets[each.key]}, ${recipient.name} of ${recipient.country}"
}

message "evaluated" {
  for_each = var.brands
  to       = [recipients.both]
  where    = length(recipient.name) > 4
  text     = "%{ if recipient.lang == "en" }Dear%{ else }Beste%{ endif } ${upper(recipient.name)}, ${each.value}"
}

message "same" {
  to         = [recipients.typed]
  text       = "For all of you"
  dedupe_key = "same"
}

message "shared" {
  to         = [recipients.rows]
  text       = "For all of you, too"
  dedupe_key = "same"
}

output "sizes" {
  value = { rows = recipients.rows, typed = recipients.typed.countries, all = [for m in message.compiled : m.segments] }
}
`

// wrong has faults in rows, several of a kind, for diagnostics to be in order.
const wrong = `
recipients "bad" {
  csv {
    path   = "rows.csv"
    number = "number"
  }
}

message "faults" {
  for_each = toset(["b", "a"])
  to       = [recipients.rows]
  text     = "${parseint(recipient.lang, 10)} ${recipient.nope}"
}

locals {
  x = local.y
  y = local.z
  z = local.x
  w = nope + nowhere
}
`

func TestTwoPlansOfTheSameInputAreTheSame(t *testing.T) {
	var rows, typed strings.Builder
	rows.WriteString("name,number,lang\n")
	langs := []string{"en", "af", "de", "xx", "fr"}
	for i := range 2500 {
		number := fiction(i * 7 % fictions).E164()
		if i%211 == 0 {
			number = number[:5]
		}
		fmt.Fprintf(&rows, "n%d,+%s,%s\n", i%700, number, langs[i%len(langs)])
		fmt.Fprintf(&typed, "{\"number\": \"+%s\", \"name\": \"t%d\", \"lang\": %q}\n", fiction(i*11%fictions).E164(), i%900, langs[i%3])
	}
	for name, source := range map[string]string{"right": everything, "wrong": everything + wrong} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range map[string]string{"main.sms.hcl": source, "rows.csv": rows.String(), "rows.jsonl": typed.String()} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			made := func() ([]byte, error) {
				c, diagnostics := config.Load(context.Background(), dir, config.Options{})
				var b bytes.Buffer
				if err := diagnostics.Write(&b, 0, false); err != nil {
					return nil, err
				}
				if err := json.NewEncoder(&b).Encode([]any{diagnostics.List(), c.Outputs}); err != nil {
					return nil, err
				}
				if diagnostics.HasErrors() {
					return b.Bytes(), nil
				}
				p := New(c, nil, noon, "test", Options{})
				fmt.Fprintln(&b, p.ID)
				return b.Bytes(), p.Write(&b)
			}
			want, err := made()
			if err != nil {
				t.Fatal(err)
			}
			if right := !bytes.Contains(want, []byte("Error")); right != (name == "right") {
				t.Fatalf("%s", want[:min(len(want), 4000)])
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
			for done := 0; done < *plansMade; {
				runtime.GOMAXPROCS([]int{1, 2, 3, 8}[done%4])
				var g errgroup.Group
				for range 1 + done%3 {
					done++
					g.Go(func() error {
						got, err := made()
						if err == nil && !bytes.Equal(got, want) {
							at := 0
							for at < min(len(got), len(want)) && got[at] == want[at] {
								at++
							}
							err = fmt.Errorf("another plan: ...%q, want ...%q", got[max(0, at-80):min(len(got), at+80)], want[max(0, at-80):min(len(want), at+80)])
						}
						return err
					})
				}
				if err := g.Wait(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
