package render

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/plan"
)

// Bounds of the page. What does not fit into them is counted.
const (
	mostPageCards  = 200
	mostPageRows   = 1_000
	mostPageNotes  = 200
	mostPageShares = 20
	mostPageText   = 8_000
	mostPageNote   = 600
)

var (
	//go:embed review.html
	pageSource string

	//go:embed review.css
	pageStyle string
)

// HTML writes a plan as a page that needs nothing but a browser: no script, no other file, and its policy lets it ask for none. No
// number is in it, masked or not.
func HTML(w io.Writer, p *plan.Plan) error {
	parsed, err := template.New("review").Funcs(template.FuncMap{
		"count": Count, "counted": Counted, "moment": moment, "cut": shortened, "flags": flags,
		"add": func(a, b int) int { return a + b },
	}).Parse(pageSource)
	if err != nil {
		return err
	}
	return parsed.Execute(w, newPageView(newReview(p)))
}

// pageView is a review, bounded and measured for the page.
type pageView struct {
	*review
	Style      template.CSS
	Policy     string
	First      []numbered // messages in full
	Rows       []numbered // all messages, a row for each
	MoreCards  int
	MoreRows   int
	Parts      []bar // what becomes of all rows
	ByCountry  []bar
	BySize     []bar
	ByReason   []bar
	Handing    *chart
	Delivering *chart
	Command    string
	AllGuards  []guarded
	AllChecks  list
	AllWarned  []warned
	MoreWarned int
	Gone       list
}

// Columns counts those of the table of messages, without the first.
func (v *pageView) Columns() int {
	columns := 7
	if v.Counts.Cost != "" {
		columns++
	}
	if v.Counts.ToCancel > 0 {
		columns++
	}
	return columns
}

// list is some texts, and how many more there are.
type list struct {
	Items []string
	More  int
}

func bounded(all []string) list {
	most := min(len(all), mostPageNotes)
	return list{all[:most], len(all) - most}
}

// numbered is a message with its place on the page.
type numbered struct {
	reviewed
	Number    int
	HasCard   bool
	ByCountry []bar
	BySize    []bar
	Steps     []step
}

// bar is a part of a whole: as wide as its percentage of the largest, and behind the parts before it.
type bar struct {
	share
	Width, Start float64
	Percent      string // of the whole
}

// chart is a timeline.
type chart struct {
	Columns  []column
	From, To string
	Most     string // of one column
	Requests int
	People   int
}

type column struct {
	slot
	X, Y, Width, Height float64
	Label               string
}

func newPageView(r *review) *pageView {
	v := &pageView{
		review: r, Style: template.CSS(pageStyle), Policy: policy(pageStyle), Command: shellLine(r.Command),
		ByCountry: bars(r.Countries, mostPageShares), BySize: bars(r.Sizes, mostPageShares), ByReason: bars(r.Held, len(r.Held)),
		AllChecks: bounded(r.Checks), Gone: bounded(r.Removed),
	}
	v.AllGuards = r.Guards[:min(len(r.Guards), mostPageNotes)]
	v.AllWarned = r.Warnings[:min(len(r.Warnings), mostPageNotes)]
	v.MoreWarned = len(r.Warnings) - len(v.AllWarned)
	for i, c := range r.foremost() {
		n := numbered{reviewed: c, Number: i + 1}
		if c.Shown && len(v.First) < mostPageCards {
			n.HasCard = true
			n.ByCountry, n.BySize = bars(c.Countries, mostShares), bars(c.Sizes, mostShares)
			n.Steps = rolledSteps(c.Tally)
			v.First = append(v.First, n)
		} else if c.Shown {
			v.MoreCards++
		}
		if i < mostPageRows {
			v.Rows = append(v.Rows, n)
		} else {
			v.MoreRows++
		}
	}
	v.Parts = parts(r.Counts)
	begin := r.Created
	requests, people := func(s slot) int { return s.Requests }, func(s slot) int { return s.Recipients }
	v.Handing = newChart(r.Handover, "request", requests, func(at time.Time) string { return duration(at.Sub(begin).Round(time.Second)) })
	v.Delivering = newChart(r.Due, "recipient", people, moment)
	return v
}

var flagWord = regexp.MustCompile(`^\(?-[a-z]`)

// flags writes text so that a browser does not part a flag from its hyphen, where a line ends.
func flags(text string) template.HTML {
	words := strings.Split(text, " ")
	for i, word := range words {
		words[i] = html.EscapeString(word)
		if flagWord.MatchString(word) {
			words[i] = `<span class="flag">` + words[i] + `</span>`
		}
	}
	return template.HTML(strings.Join(words, " "))
}

// policy lets the page have its own style, and nothing else.
func policy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:]))
}

// parts says what becomes of all rows.
func parts(c figures) []bar {
	whole := []share{
		{Name: "to send", Count: c.ToSend, Kind: "send"},
		{Name: "already sent", Count: c.AlreadySent, Kind: "done"},
		{Name: "held", Count: c.Held, Kind: "out"},
		{Name: "filtered", Count: c.Filtered, Kind: "off"},
	}
	list := bars(slices.DeleteFunc(whole, func(s share) bool { return s.Count == 0 }), len(whole))
	start := 0.0
	for i := range list {
		list[i].Start = start
		list[i].Width = 100 * float64(list[i].Count) / float64(c.ToSend+c.AlreadySent+c.Held+c.Filtered)
		start += list[i].Width
	}
	return list
}

func bars(shares []share, most int) []bar {
	first, more := foremostShares(shares, most)
	if more.Count > 0 {
		first = append(slices.Clone(first), more)
	}
	whole, largest := 0, 1
	for _, s := range first {
		whole += s.Count
		largest = max(largest, s.Count)
	}
	var list []bar
	for _, s := range first {
		list = append(list, bar{share: s, Width: 100 * float64(s.Count) / float64(largest), Percent: percent(s.Count, whole)})
	}
	return list
}

func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case share > 0 && share < 0.1:
		return "< 0.1 %"
	case share < 10 && part < whole:
		return fmt.Sprintf("%.1f %%", share)
	}
	return fmt.Sprintf("%.0f %%", share)
}

// newChart measures the columns of a timeline, in hundredths of its width and height. One of nothing is none.
func newChart(slots []slot, noun string, height func(slot) int, label func(time.Time) string) *chart {
	c := &chart{}
	most := 0
	for _, s := range slots {
		most = max(most, height(s))
		c.Requests += s.Requests
		c.People += s.Recipients
	}
	if most == 0 {
		return nil
	}
	c.Most = Counted(most, noun)
	wide := 100 / float64(len(slots))
	for i, s := range slots {
		high := 100 * float64(height(s)) / float64(most)
		if height(s) > 0 {
			high = max(high, 1)
		}
		c.Columns = append(c.Columns, column{s, wide*float64(i) + wide*.1, 100 - high, wide * .8, high, label(s.From) + " to " + label(s.To)})
	}
	c.From, c.To = label(slots[0].From), label(slots[len(slots)-1].To)
	return c
}
