package render

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/suite"
)

var realPeople = flag.Int("real", 2_000, "hold the size of forms against a plan that is made of `N` people, a million at most, and withdraws a message of each")

// replaced plans a message to n people to whom its former text is scheduled already, and another one that is new. The numbers are of the
// exchange 555 of a hundred area codes of North America, which has no subscribers.
func replaced(t *testing.T, n int) *plan.Plan {
	t.Helper()
	var areas []int
	for area := 201; len(areas) < 100; area++ {
		if _, err := phone.Parse(fmt.Sprintf("+1%d5550100", area), ""); err == nil {
			areas = append(areas, area)
		}
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "people.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "mobile,name")
	for i := range n {
		fmt.Fprintf(w, "+1%d555%04d,Name%d\n", areas[i%100], i/100, i%5000)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	at := begun.Add(24 * time.Hour).UTC().Truncate(time.Second)
	stage, err := suite.NewStage(t.Context(), suite.Setting{Who: "ruth@desk", Command: "apply", Version: "0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	}()
	made := func(messages string) *plan.Plan {
		source := fmt.Sprintf("gateway \"simulator\" {}\n\nrecipients \"all\" {\n  csv {\n    path   = \"people.csv\"\n    number = \"mobile\"\n  }\n}\n\n"+messages, at.Format(time.RFC3339))
		if err := os.WriteFile(filepath.Join(dir, "main.sms.hcl"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		c, diagnostics := config.Load(t.Context(), dir, config.Options{})
		if diagnostics.HasErrors() {
			t.Fatalf("%+v", diagnostics.List())
		}
		past, err := stage.State.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return plan.New(c, past, begun, "0.1.0", plan.Options{})
	}
	const scheduled = "message \"hello\" {\n  to         = [recipients.all]\n  text       = \"%s\"\n  deliver_at = \"%%s\"\n}\n"
	first := made(fmt.Sprintf(scheduled, "Hello"))
	gateway, err := stage.Connect(first.Gateway, apply.Connecting{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := apply.Run(t.Context(), first, stage.State, gateway, apply.Options{})
	if err != nil || report.Sent != n {
		t.Fatalf("%d of %d sent: %v", report.Sent, n, err)
	}
	gateway.Close()
	sent := time.Now()
	p := made(fmt.Sprintf(scheduled, "Hello again") + "\nmessage \"news\" {\n  to   = [recipients.all]\n  text = \"Dear ${recipient.name}, there are news.\"\n}\n")
	t.Logf("%s people: sent in %s, planned in %s", Count(n), sent.Sub(begun).Round(time.Millisecond), time.Since(sent).Round(time.Millisecond))
	return p
}

func TestFormsOfManyPeopleAreAsLargeAsThoseOfFew(t *testing.T) {
	few, many := replaced(t, 200), replaced(t, *realPeople)
	if got := many.Totals(); got.ToSend != 2**realPeople || got.ToCancel != *realPeople {
		t.Fatalf("%+v", got)
	}
	for _, form := range []struct {
		name string
		draw func(io.Writer, *plan.Plan) error
	}{
		{"human", func(w io.Writer, p *plan.Plan) error { return Plan(w, p, Style{}) }}, {"markdown", Markdown}, {"html", HTML}, {"gitlab", GitLab},
	} {
		begun := time.Now()
		want, got := drawnAs(t, func(w io.Writer) error { return form.draw(w, few) }), drawnAs(t, func(w io.Writer) error { return form.draw(w, many) })
		if strings.Count(got, "\n") != strings.Count(want, "\n") || len(got) > len(want)+len(want)/5 { // figures have more digits
			t.Errorf("%s: %d lines and %d bytes; for 200 people %d and %d", form.name, strings.Count(got, "\n"), len(got), strings.Count(want, "\n"), len(want))
		}
		t.Logf("%s: %d lines, %d bytes, in %s", form.name, strings.Count(got, "\n"), len(got), time.Since(begun).Round(time.Millisecond))
	}
}
