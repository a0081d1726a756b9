package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/plan"
)

// The card in the README is that of the configuration above it, for rows that are made here.
func TestTheReadmeHasARealCard(t *testing.T) {
	const path = "../../README.md"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "## A first configuration\n")
	_, rest, _ = strings.Cut(rest, "```hcl\n")
	source, _, ok := strings.Cut(rest, "```\n")
	before, after, found := strings.Cut(string(readme), "```text\nSymbols: ")
	old, after, closed := strings.Cut(after, "```\n")
	if !ok || !found || !closed {
		t.Fatal("the README has no configuration, or no card")
	}
	var customers, left strings.Builder
	customers.WriteString("mobile,name,suburb,active\n")
	left.WriteString("mobile\n")
	suburbs := []string{"Kensington", "Claremont", "Söderstad"}
	row := func(i int, number string) {
		active := "yes"
		if i%37 == 36 {
			active = "no"
		}
		fmt.Fprintf(&customers, "%s,Customer %d,%s,%s\n", number, i, suburbs[i%31%3], active)
	}
	for i, n := range fiction.Numbers(2400) {
		row(i, "+"+n.E164())
		if i%97 == 0 {
			fmt.Fprintf(&left, "+%s\n", n.E164())
		}
	}
	for i := range 300 {
		row(i, fmt.Sprintf("+491713920%03d", i%90))
		row(i, fmt.Sprintf("+46701740%03d", 600+i%100))
	}
	for i := range 41 {
		row(i, fmt.Sprintf("08%d", i))
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"main.sms.hcl": source, "customers.csv": customers.String(), "optout.csv": left.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diagnostics := config.Load(t.Context(), dir, config.Options{Environ: []string{"SMSPLAN_USER=u", "SMSPLAN_PASSWORD=p"}})
	if diagnostics.HasErrors() {
		var b bytes.Buffer
		_ = diagnostics.Write(&b, 0, false)
		t.Fatal(b.String())
	}
	card := textOf(t, plan.New(c, nil, noon, "0.1.0", plan.Options{}), Style{Width: 100})
	if *update {
		if err := os.WriteFile(path, []byte(before+"```text\n"+card+"```\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff("Symbols: "+old, card); diff != "" {
		t.Errorf("(-README +card):\n%s", diff)
	}
}
