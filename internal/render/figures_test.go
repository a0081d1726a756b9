package render

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// drawn gives the plan of a configuration that is drawn: rows that are invalid, twice there, filtered and excluded, texts of several
// sizes, windows, times, imports and a tariff.
func drawn(t *rapid.T) *plan.Plan {
	dir, err := os.MkdirTemp("", "cards")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	numbers := []string{"12", "+1 202 555 010", "+61 491 570 006", "+61 491 570 156", "+33 6 39 98 00 12", "+31 6 1234 5678", "+27 82 123 4567", "+34 612 34 56 78"}
	for _, n := range fiction.Numbers(40) {
		numbers = append(numbers, "+"+n.E164())
	}
	for i := range 20 {
		numbers = append(numbers, fmt.Sprintf("+467017406%02d", i), fmt.Sprintf("+4917139200%02d", i))
	}
	rows := func(name string, most int) string {
		var b strings.Builder
		b.WriteString("number,name,kind\n")
		for range rapid.IntRange(0, most).Draw(t, name) {
			fmt.Fprintf(&b, "%s,%s,%s\n", rapid.SampledFrom(numbers).Draw(t, "number"), rapid.SampledFrom([]string{"Ruth", "Żółw", "Sam"}).Draw(t, "name"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"))
		}
		return b.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "gateway \"simulator\" {\n  rate = %d\n  batch_size = %d\n}\n", rapid.IntRange(1, 50).Draw(t, "rate"), rapid.IntRange(1, 9).Draw(t, "batch"))
	if rapid.Bool().Draw(t, "tariff") {
		b.WriteString("tariff {\n  currency = \"EUR\"\n  default = 0.05\n  country = {\n    US = 0.0075\n    SE = 12345.678\n  }\n}\n")
	}
	for _, name := range []string{"all", "out", "had"} {
		exclude := ""
		if name == "all" {
			exclude = "exclude = [recipients.out]\n  where = recipient.name != \"Sam\"\n"
		}
		fmt.Fprintf(&b, "recipients %q {\n  on_invalid = \"skip\"\n  csv {\n    path = \"%s.csv\"\n    number = \"number\"\n  }\n  %s}\n", name, name, exclude)
	}
	for i, m := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"", "window {\n    from = \"08:00\"\n    to = \"20:00\"\n    timezone = \"recipient\"\n  }", "deliver_at = \"2026-03-03T12:00:00Z\"",
		"deliver_at = \"2026-03-30T12:00:00Z\"", "deliver_at = \"2026-02-01T12:00:00Z\"", "where = recipient.kind == \"a\"\n  dedupe_key = \"k\"",
		"window {\n    from = \"12:00\"\n    to = \"12:10\"\n    timezone = \"recipient\"\n  }\n  on_doubt = \"resend\"", "revision = 12\n  flash = true",
	}), 1, 4).Draw(t, "messages") {
		text := rapid.SampledFrom([]string{"Hello.", "Dear ${recipient.name}.", strings.Repeat("long ", 50) + "${recipient.name}"}).Draw(t, "text")
		fmt.Fprintf(&b, "message \"m%d\" {\n  to = [recipients.all]\n  text = %q\n  %s\n}\n", i, text, m)
	}
	if rapid.Bool().Draw(t, "imports") {
		b.WriteString("import {\n  to = message.m0\n  on_invalid = \"skip\"\n  csv {\n    path = \"had.csv\"\n    number = \"number\"\n  }\n}\n")
	}
	for name, content := range map[string]string{"main.sms.hcl": b.String(), "all.csv": rows("rows", 120), "out.csv": rows("excluded", 10), "had.csv": rows("imported", 20)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diagnostics := config.Load(t.Context(), dir, config.Options{})
	if diagnostics.HasErrors() {
		var why bytes.Buffer
		_ = diagnostics.Write(&why, 0, false)
		t.Fatal(why.String())
	}
	return plan.New(c, &state.Snapshot{Kind: state.Simulator}, noon, "0.1.0", plan.Options{})
}

func textOf(t interface{ Fatal(...any) }, p *plan.Plan, s Style) string {
	var b bytes.Buffer
	if err := Plan(&b, p, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// figure is a number as cards write it.
func figure(t interface{ Fatalf(string, ...any) }, text string) *big.Rat {
	n, ok := new(big.Rat).SetString(strings.ReplaceAll(text, ",", ""))
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return n
}

var (
	aRow      = regexp.MustCompile(`^        ([ +=!?~-]) ([a-z ]+?) +([0-9,]+)(?:   # (.*))?$`)
	aFact     = regexp.MustCompile(`^        (requests|segments|cost    |schedule) ([0-9.,]+)(?: EUR)?(.*)$`)
	ofCountry = regexp.MustCompile(`[A-Z]{2} ([0-9.,]*[0-9])|and ([0-9.,]+) in [0-9]+ other`)
	sometime  = regexp.MustCompile(`([0-9,]+) (?:at once|from|at [0-9]{4}-)`)
	aTotal    = regexp.MustCompile(`([0-9.,]*[0-9]) (to send|to import|to cancel|already sent|held|segments?|requests?|EUR)`)
	aReason   = regexp.MustCompile(`([0-9,]+) [a-z ]+[,.]`)
)

func sumOf(t interface{ Fatalf(string, ...any) }, found [][]string) *big.Rat {
	sum := new(big.Rat)
	for _, m := range found {
		for _, n := range m[1:] {
			if n != "" {
				sum.Add(sum, figure(t, n))
			}
		}
	}
	return sum
}

// Whatever the plan, a reader who adds up what stands in it comes to its sums: rows, countries, costs, times and totals.
func TestTheFiguresOfAnyPlanAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t)
		text := textOf(t, p, Style{})
		wrong := func(what string, a, b *big.Rat) {
			if a.Cmp(b) != 0 {
				t.Fatalf("%s: %s and %s in\n%s", what, a.FloatString(4), b.FloatString(4), text)
			}
		}
		totals := map[string]*big.Rat{}
		add := func(what string, n *big.Rat) {
			if totals[what] == nil {
				totals[what] = new(big.Rat)
			}
			totals[what].Add(totals[what], n)
		}
		cards, end, _ := strings.Cut(text, "\nPlan: ")
		for _, card := range strings.Split(cards, "\n  # ")[1:] {
			rest, sends, segments := new(big.Rat), new(big.Rat), new(big.Rat)
			imports := false
			for line := range strings.SplitSeq(card, "\n") {
				if strings.HasPrefix(line, "        from another tool") {
					wrong("rows", rest, new(big.Rat))
					imports = true
				}
				if m := aRow.FindStringSubmatch(line); m != nil {
					n := figure(t, m[3])
					switch {
					case m[2] == "rows":
						rest.Set(n)
					case m[2] == "again" || m[2] == "tried again" || m[2] == "sent anew":
					default:
						rest.Sub(rest, n)
						switch {
						case m[2] == "to import":
							add("to import", n)
						case m[2] == "to send":
							add("to send", n)
							sends.Set(n)
							segments.Set(n)
							if n.Sign() > 0 {
								wrong("countries", n, sumOf(t, ofCountry.FindAllStringSubmatch(m[4], -1)))
							}
						case imports:
						case m[2] == "already sent" || m[2] == "imported":
							add("already sent", n)
						case m[2] != "filtered":
							add("held", n)
						}
					}
				}
				if m := aFact.FindStringSubmatch(line); m != nil {
					switch n := strings.TrimSpace(m[1]); n {
					case "requests":
						add("request", figure(t, m[2]))
					case "segments":
						segments = figure(t, m[2])
					case "cost":
						add("EUR", figure(t, m[2]))
						if by := ofCountry.FindAllStringSubmatch(m[3], -1); by != nil {
							wrong("costs by country", figure(t, m[2]), sumOf(t, by))
						}
					case "schedule":
						wrong("schedule", sends, sumOf(t, sometime.FindAllStringSubmatch(line, -1)))
					}
				}
			}
			wrong("rows", rest, new(big.Rat))
			add("segment", segments)
		}
		if end == "" {
			return // no changes
		}
		first, rest, _ := strings.Cut(end, "\n")
		for _, m := range aTotal.FindAllStringSubmatch(first, -1) {
			what := strings.TrimSuffix(m[2], "s")
			if totals[what] == nil {
				totals[what] = new(big.Rat)
			}
			wrong(what, figure(t, m[1]), totals[what])
		}
		for line := range strings.SplitSeq(rest, "\n") {
			switch {
			case strings.HasPrefix(line, "Held: "):
				wrong("reasons", totals["held"], sumOf(t, aReason.FindAllStringSubmatch(line, -1)))
			case strings.HasPrefix(line, "When: at once"):
			case strings.HasPrefix(line, "When: "):
				wrong("when", totals["to send"], sumOf(t, sometime.FindAllStringSubmatch(line, -1)))
			}
		}
	})
}

var inLegend = regexp.MustCompile(`([+=!?~-]) [a-z]`)

// At any width a plan fits, says the same words, parts no number, and explains each symbol that it uses.
func TestAnyPlanIsTheSameAtEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t)
		words := func(text string) string { return strings.Join(strings.Fields(strings.ReplaceAll(text, "#", "")), " ") }
		rule := strings.NewReplacer("─", "")
		wide := textOf(t, p, Style{})
		for _, width := range []int{40, 80, 120, 200, rapid.IntRange(1, 250).Draw(t, "width")} {
			text := textOf(t, p, Style{Width: width})
			for line := range strings.SplitSeq(text, "\n") {
				if uniseg.StringWidth(line) > max(width, narrowest) {
					t.Fatalf("%d columns: %q", uniseg.StringWidth(line), line)
				}
				if strings.HasSuffix(line, " ") {
					t.Fatalf("space at the end of %q", line)
				}
			}
			if words(rule.Replace(text)) != words(rule.Replace(wide)) {
				t.Fatalf("%d columns:\n%s\nunlike\n%s", width, text, wide)
			}
		}
		legend, cards, _ := strings.Cut(wide, "\n\n")
		known := " "
		for _, m := range inLegend.FindAllStringSubmatch(legend, -1) {
			known += m[1]
		}
		used := " "
		for _, m := range regexp.MustCompile(`(?m)^ +([+=!?~-]) `).FindAllStringSubmatch(cards, -1) {
			used += m[1]
		}
		for _, r := range known + used {
			if strings.ContainsRune(known, r) != strings.ContainsRune(used, r) {
				t.Fatalf("symbols %q, and the legend has %q:\n%s", used, known, wide)
			}
		}
		colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
		if plain := colours.ReplaceAllString(textOf(t, p, Style{Color: true}), ""); plain != wide {
			t.Fatalf("with colours:\n%s\nunlike\n%s", plain, wide)
		}
	})
}
