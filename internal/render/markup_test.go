package render

import (
	"encoding/xml"
	"html"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
)

// Strings that would be something else than themselves in Markdown, in HTML, or on a site that shows them.
var hostileWords = []string{
	"a | b", `a \| b`, "`x", "```", "``` ~~~ ```", "@everyone", "@org/team", "me@example.com", "#123", "org/repo#1", "!7", "GH-12", ":tada:",
	"[a](javascript:alert(1))", "![a](http://evil.example/a.png)", "<img src=x onerror=alert(1)>", "</code></details><script>alert(1)</script>",
	"<!-- ", "-->", "http://evil.example", "www.evil.example", "**b** _i_ ~~s~~", "# h", "> q", "* l", "&lt;b&gt;", "&#64;everyone", `"onload="x`, "'x'",
	"\u202egnp", "\u200b\u2060", "\x1b[31m", "\x00", "a\r\nb", "\u2028x", "{{.ID}}", "$(x)", "::error::x", "##vso[x]", strings.Repeat("`", 40),
}

// poisoned gives a plan in which every string that somebody else may write is hostile.
func poisoned(base *plan.Plan, word string) *plan.Plan {
	p := *base
	p.Guards, p.Checks = slices.Clone(p.Guards), slices.Clone(p.Checks)
	p.Workspace, p.Version, p.Gateway.Kind = word, word, word
	p.Removed = []string{word}
	p.Warnings = []plan.Warning{{Address: word, Summary: word, Detail: word}}
	tariff := *p.Tariff
	tariff.Currency = word
	p.Tariff = &tariff
	for i := range p.Guards {
		p.Guards[i].Name, p.Guards[i].Messages = word, []string{p.Messages[0].Address, word}
	}
	p.Guards[0].Messages = nil
	for i := range p.Checks {
		p.Checks[i].Name, p.Checks[i].Problems = word, []string{word}
	}
	p.Messages = append([]plan.Message{}, p.Messages...)
	for i := range p.Messages {
		m := &p.Messages[i]
		m.Address, m.From, m.TextSample, m.DedupeKey, m.MovedFrom, m.DeliverAtText = word, word, word, word, word, word
		m.Former = []plan.Former{{Address: word, People: 3, MovedTo: word}}
		m.Held = append([]plan.Held{}, m.Held...)
		for k := range m.Held {
			m.Held[k].Note = word
		}
	}
	return &p
}

var (
	fencedPart = regexp.MustCompile("(?ms)^(`{3,})[a-z]+\n(.*?)\n(`{3,})$")
	codePart   = regexp.MustCompile(`(?s)<code>(.*?)</code>`)
	aloneAt    = regexp.MustCompile(`<span>&#64;</span>`)
	ownMarkup  = regexp.MustCompile(`</?(details|summary|sub)>|^<!-- smsplan plan [0-9a-f]{16} -->`)
)

func TestMarkdownHasNothingThatSomebodyElseWroteButCode(t *testing.T) {
	base := manyPlans(t)["a blocked plan"]
	for _, word := range hostileWords {
		text := drawnAs(t, func(w io.Writer) error { return Markdown(w, poisoned(base, word)) })
		for line := range strings.SplitSeq(text, "\n") {
			if !clean(line) {
				t.Errorf("%q: %q is not clean", word, line)
			}
		}
		for _, fenced := range fencedPart.FindAllStringSubmatch(text, -1) {
			if strings.Contains(fenced[2], fenced[1]) || fenced[1] != fenced[3] {
				t.Errorf("%q: the fence is not longer than what is in it: %q", word, fenced[0])
			}
		}
		rest := fencedPart.ReplaceAllString(text, "")
		for _, code := range codePart.FindAllStringSubmatch(rest, -1) {
			inside := aloneAt.ReplaceAllString(code[1], "")
			if strings.ContainsAny(html.UnescapeString(inside), "@") || strings.ContainsAny(inside, "<>|`*_[]~@:\n\\") {
				t.Errorf("%q: %q is more than code", word, code[0])
			}
		}
		rest = ownMarkup.ReplaceAllString(codePart.ReplaceAllString(rest, ""), "")
		if strings.ContainsAny(rest, "<@`~") || regexp.MustCompile(`\]\(|www\.|://|&#|#\d`).MatchString(rest) {
			t.Errorf("%q is left in\n%s", word, rest)
		}
	}
}

func TestThePageHasNoMarkupThatSomebodyElseWrote(t *testing.T) {
	base := manyPlans(t)["a blocked plan"]
	count := func(word string) (elements int) {
		page := drawnAs(t, func(w io.Writer) error { return HTML(w, poisoned(base, word)) })
		for line := range strings.SplitSeq(page, "\n") {
			if !clean(strings.ReplaceAll(line, "\t", "")) {
				t.Errorf("%q: %q is not clean", word, line)
			}
		}
		_, body, _ := strings.Cut(page, "<body>")
		d := xml.NewDecoder(strings.NewReader("<body>" + strings.TrimSuffix(strings.TrimSpace(body), "</html>")))
		for {
			token, err := d.Token()
			if err == io.EOF {
				return elements
			}
			if err != nil {
				t.Fatalf("%q: %v", word, err)
			}
			if start, ok := token.(xml.StartElement); ok {
				elements++
				if start.Name.Local == "script" || start.Name.Local == "img" {
					t.Errorf("%q: the page has a %s", word, start.Name.Local)
				}
				for _, a := range start.Attr {
					if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") {
						t.Errorf("%q: %s=%q", word, a.Name.Local, a.Value)
					}
				}
			}
		}
	}
	want := count("harmless")
	for _, word := range hostileWords {
		if got := count(word); got != want {
			t.Errorf("%q makes %d elements of %d", word, got, want)
		}
	}
}

// What the forms for reviewers are drawn from leads to nobody: it has texts, counts, times and nothing else.
func TestReviewsCannotHoldANumber(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var look func(of reflect.Type, at string)
	look = func(of reflect.Type, at string) {
		if seen[of] || of == reflect.TypeFor[time.Time]() {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.String, reflect.Int, reflect.Bool, reflect.Float64:
		case reflect.Slice:
			look(of.Elem(), at+"[]")
		case reflect.Struct:
			if !strings.HasSuffix(of.PkgPath(), "internal/render") {
				t.Errorf("%s is a %v", at, of)
			}
			for i := range of.NumField() {
				look(of.Field(i).Type, at+"."+of.Field(i).Name)
			}
		default:
			t.Errorf("%s is a %v", at, of)
		}
	}
	look(reflect.TypeFor[review](), "review")
	if len(seen) < 10 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	for _, cell := range []string{"=1+1", "+1 202", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", `"=1`, "＝1", "|x", "%x"} {
		if got := harmless(cell); !strings.HasPrefix(got, "'") && !strings.HasPrefix(got, `\`) {
			t.Errorf("%q is %q", cell, got)
		}
	}
	for _, cell := range []string{"", "a=b", "customers.csv", "message.a", "12"} {
		if got := harmless(cell); got != cell {
			t.Errorf("%q is %q", cell, got)
		}
	}
}
