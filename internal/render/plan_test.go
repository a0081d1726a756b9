package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const outage = `
gateway "simulator" {
  rate = 10
}

recipients "customers" {
  region     = "AU"
  on_invalid = "skip"
  exclude    = [recipients.opted_out]
  csv {
    path   = "customers.csv"
    number = "mobile"
  }
}

recipients "opted_out" {
  numbers = ["+1 202 555 0105"]
}

message "outage" {
  for_each = {
    en = "Power is out in %s."
    sv = "Strömmen är borta i %s. ⚡"
  }
  to    = [recipients.customers]
  where = recipient.lang == each.key
  from  = "ACME"
  text  = "${recipient.name}: ${format(each.value, recipient.suburb)}"
}
`

const customers = `mobile,name,suburb,lang
0491 570 006,Ruth,Fitzroy,en
+1 202 555 0101,Sam,Shaw,en
+1 202 555 0101,Sam,Shaw,en
+1 202 555 0102,Max,Shaw,en
+1 202 555 0105,Ann,Shaw,en
12,Bad,Shaw,en
+46 70 174 06 05,Åsa,"Söder ""malm""",sv
+49 171 3920001,Jörg 😀,Mitte,en
`

// made plans a configuration against a state that knows nothing.
func made(t *testing.T, files map[string]string) *plan.Plan {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diagnostics := config.Load(t.Context(), dir, config.Options{})
	if diagnostics.HasErrors() {
		var b bytes.Buffer
		_ = diagnostics.Write(&b, 0, false)
		t.Fatal(b.String())
	}
	return plan.New(c, &state.Snapshot{Kind: state.Simulator}, noon, "0.1.0", plan.Options{})
}

func broadcast(t *testing.T) *plan.Plan {
	return made(t, map[string]string{"main.sms.hcl": outage, "customers.csv": customers})
}

func TestPlanLooksLikeItsGolden(t *testing.T) {
	p := broadcast(t)
	for name, style := range map[string]Style{
		"plain":   {},
		"narrow":  {Width: 40},
		"colour":  {Width: 100, Color: true},
		"numbers": {Numbers: true},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Plan(&b, p, style); err != nil {
				t.Fatal(err)
			}
			golden(t, "plan-"+name+".txt", b.Bytes())
		})
	}
}

func TestACardSaysWhenPeopleMayBeSentTo(t *testing.T) {
	shop := `
gateway "simulator" {}

recipients "all" {
  numbers = ["+1 202 555 0101", "+1 202 555 0102", "+61 491 570 006", "+46 70 174 06 05"]
}
`
	const message = `
message "%s" {
  to   = [recipients.all]
  text = "All shoes are at half price."

  window {
    from     = %q
    to       = %q
    timezone = %q
  }
}
`
	p := made(t, map[string]string{"main.sms.hcl": shop +
		fmt.Sprintf(message, "day", "08:00", "20:00", "recipient") +
		fmt.Sprintf(message, "morning", "09:00", "11:00", "recipient") +
		fmt.Sprintf(message, "night", "22:00", "06:00", "Europe/Berlin") +
		fmt.Sprintf(message, "now", "08:00", "20:00", "Europe/Berlin")})
	var b bytes.Buffer
	if err := Plan(&b, p, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan-window.txt", b.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var tallyRow = regexp.MustCompile(`(?m)^        ([ +=!?-]) ([a-z ]+?) +([0-9,]+)(?:$|   #)`)

func TestFiguresOfACardAddUp(t *testing.T) {
	var b bytes.Buffer
	if err := Plan(&b, broadcast(t), Style{}); err != nil {
		t.Fatal(err)
	}
	cards := strings.Split(b.String(), "        recipients\n")[1:]
	if len(cards) != 2 {
		t.Fatalf("%d cards in\n%s", len(cards), b.String())
	}
	for _, card := range cards {
		rows, rest := 0, 0
		for _, m := range tallyRow.FindAllStringSubmatch(card, -1) {
			n, err := strconv.Atoi(strings.ReplaceAll(m[3], ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			if m[2] == "rows" {
				rows = n
			} else {
				rest += n
			}
		}
		if rows == 0 || rows != rest {
			t.Errorf("%d rows, and %d below them, in\n%s", rows, rest, card)
		}
	}
}

func TestPlanFitsItsWidth(t *testing.T) {
	p := broadcast(t)
	p.Checks = []config.Check{
		{Name: "quite_a_long_name", Status: config.Failed, Problems: []string{"The English text needs more than one segment for somebody."}},
		{Name: "a_name_that_is_longer_than_a_narrow_terminal", Status: config.Failed, Problems: []string{"It does not fit."}},
	}
	p.Messages[0].OnDoubt = "resend"
	for _, width := range []int{40, 41, 57, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var b bytes.Buffer
			if err := Plan(&b, p, Style{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(b.String(), "\n") {
				if uniseg.StringWidth(line) > width {
					t.Errorf("%d columns: %q", uniseg.StringWidth(line), line)
				}
			}
		})
	}
}

func TestNumbersAreMaskedUnlessAskedFor(t *testing.T) {
	p := broadcast(t)
	for name, style := range map[string]Style{"masked": {}, "shown": {Numbers: true}} {
		t.Run(name, func(t *testing.T) {
			var text, document bytes.Buffer
			if err := Plan(&text, p, style); err != nil {
				t.Fatal(err)
			}
			if err := PlanJSON(&document, p, style); err != nil {
				t.Fatal(err)
			}
			digits := regexp.MustCompile(`[^0-9]`).ReplaceAllString(text.String(), "")
			if got := strings.Contains(digits, "12025550102"); got != style.Numbers {
				t.Errorf("the text names a number: %v\n%s", got, text.String())
			}
			if got := strings.Contains(document.String(), "12025550102"); got != style.Numbers {
				t.Errorf("the document names a number: %v\n%s", got, document.String())
			}
		})
	}
}

func TestNoChangesSaysWhy(t *testing.T) {
	nobody := `
gateway "simulator" {}
recipients "none" {
  numbers    = ["1"]
  on_invalid = "skip"
}
message "hello" {
  to   = [recipients.none]
  text = "Hello."
}
`
	p := made(t, map[string]string{"main.sms.hcl": nobody})
	if got, want := NoChanges(p), "No changes. 0 sent; 1 not: 1 invalid."; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestControlCharactersOfFilesDoNotReachTheTerminal(t *testing.T) {
	p := made(t, map[string]string{"main.sms.hcl": strings.ReplaceAll(outage, "Power is out", `Power \u202eis\u0085 out`), "customers.csv": customers})
	var b bytes.Buffer
	if err := Plan(&b, p, Style{Numbers: true, Width: 80}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if !clean(line) {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(b.String(), `\u202e`) {
		t.Errorf("the override is not shown in\n%s", b.String())
	}
}

func TestCardsAndDocumentsSayHowAMessageIsHandled(t *testing.T) {
	p := made(t, map[string]string{"main.sms.hcl": `
gateway "simulator" {
  binding = "rpc"
}
recipients "all" {
  numbers = ["+1 202 555 0101"]
}
message "asked" {
  to                = [recipients.all]
  text              = "Hello."
  from              = "12025550100"
  receipts          = true
  callbacks         = ["errors", "final"]
  priority          = 1
  max_credits       = 1.5
  escalate          = true
  features          = ["numeric_sender"]
  mobile_originated = true
}
message "plain" {
  to       = [recipients.all]
  text     = "Hello."
  receipts = true
}
`})
	var cards, document bytes.Buffer
	if err := Plan(&cards, p, Style{}); err != nil {
		t.Fatal(err)
	}
	if err := PlanJSON(&document, p, Style{}); err != nil {
		t.Fatal(err)
	}
	asked, plain, _ := strings.Cut(cards.String(), "# message.plain")
	for _, want := range []string{
		`callbacks         = ["final", "errors"]`, `priority          = 1`, `max_credits       = 1.5`, `escalate          = true`,
		`features          = ["numeric_sender"]`, `mobile_originated = true`,
	} {
		if !strings.Contains(asked, want) {
			t.Errorf("the card lacks %s:\n%s", want, asked)
		}
	}
	for _, name := range []string{"callbacks", "priority", "max_credits", "escalate", "features", "mobile_originated"} {
		if strings.Contains(plain, name) {
			t.Errorf("the card shows %s, which nobody set:\n%s", name, plain)
		}
	}
	conform(t, "plan", document.Bytes())
	var got struct{ Messages []struct{ Handling handling } }
	if err := json.Unmarshal(document.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []handling{
		{
			Unicode: "auto", MaxSegments: 10, Receipts: true, Callbacks: []string{"final", "errors"}, Priority: 1, MaxCredits: 1.5,
			Escalate: true, Features: []string{"numeric_sender"}, MobileOriginated: true,
		},
		{Unicode: "auto", MaxSegments: 10, Receipts: true, Callbacks: []string{"intermediate", "final", "errors"}, Priority: 2, Features: []string{}},
	}
	for i, m := range got.Messages {
		if diff := cmp.Diff(want[i], m.Handling); diff != "" {
			t.Errorf("message %d (-want +got):\n%s", i, diff)
		}
	}
}
