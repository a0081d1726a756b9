package render

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

var formFence = regexp.MustCompile("(?s)(`{3,})([a-z]+) form=([a-z]+)\n()")

// The examples of the page about reviewing plans are what the program writes.
func TestReviewPageShowsWhatIsWritten(t *testing.T) {
	const page = "../../docs/review.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	p := made(t, map[string]string{"main.sms.hcl": strings.Replace(outage, `    sv = "Strömmen är borta i %s. ⚡"`+"\n", "", 1), "customers.csv": customers})
	examples := map[string]string{
		"markdown": drawnAs(t, func(w io.Writer) error { return Markdown(w, p) }),
		"csv":      strings.ReplaceAll(drawnAs(t, func(w io.Writer) error { return HeldCSV(w, p, Style{}) }), "\r", ""),
		"gitlab":   drawnAs(t, func(w io.Writer) error { return GitLab(w, p) }),
	}
	var b bytes.Buffer
	rest := string(text)
	seen := map[string]bool{}
	for {
		at := formFence.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		fence, form := rest[at[2]:at[3]], rest[at[6]:at[7]]
		seen[form] = true
		b.WriteString(rest[:at[8]] + examples[form] + fence + "\n")
		_, after, ended := strings.Cut(rest[at[8]:], fence+"\n")
		if !ended {
			t.Fatalf("the fence of %s does not end", form)
		}
		rest = after
	}
	b.WriteString(rest)
	for form := range examples {
		if !seen[form] {
			t.Errorf("there is no example of %s", form)
		}
	}
	if *update {
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != string(text) {
		t.Error("the examples are others now: go test ./internal/render -run=ReviewPage -update")
	}
}
