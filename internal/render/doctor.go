package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/smsplan/smsplan/internal/doctor"
)

// verdicts are how each status is called and coloured.
var verdicts = map[doctor.Status]struct {
	word  string
	paint paint
}{
	doctor.OK:         {"ok", green},
	doctor.Warning:    {"warning", yellow},
	doctor.Failed:     {"failed", red},
	doctor.NotChecked: {"not checked", grey},
}

// Doctor writes what was found, in groups, with what to do.
func Doctor(w io.Writer, r *doctor.Report, s Style) error {
	g := newPage(s)
	const words = len("not checked")
	widest := 0
	for _, c := range r.Checks {
		widest = max(widest, len(c.Name))
	}
	group := ""
	for _, c := range r.Checks {
		if c.Group != group {
			if group != "" {
				g.blank()
			}
			group = c.Group
			g.line(g.in(bold, strings.ToUpper(group[:1])+group[1:]))
		}
		v := verdicts[c.Status]
		rest := pad("", words-len(v.word)) + "  " + pad(c.Name, widest) + "  "
		ink := plain
		if c.Status == doctor.NotChecked {
			ink = grey
		}
		g.labelled("  "+g.in(v.paint, v.word)+rest, "  "+v.word+rest, Clean(c.Text), ink)
		if c.Remedy != "" {
			label := strings.Repeat(" ", 2+words+2) + "-> "
			if s.Width > 0 && s.Width < 70 {
				label = "    -> "
			}
			g.labelled(label, label, Clean(c.Remedy), plain)
		}
	}
	g.blank()
	verdict, ink := "This configuration can send.", green
	switch {
	case !r.Ready():
		verdict, ink = "This configuration cannot send yet.", red
	case r.Count(doctor.Warning) > 0:
		verdict, ink = "This configuration can send; see the warnings.", yellow
	}
	counts := fmt.Sprintf("%s ok, %s, %s failed, %s not checked.", Count(r.Count(doctor.OK)), Counted(r.Count(doctor.Warning), "warning"), Count(r.Count(doctor.Failed)), Count(r.Count(doctor.NotChecked)))
	g.para("", g.in(ink, verdict))
	g.para("", counts)
	return g.writeTo(w)
}

type doctorDocument struct {
	Format  string                `json:"format_version"`
	Ready   bool                  `json:"ready"`
	Checks  []checkDocument       `json:"checks"`
	Summary map[doctor.Status]int `json:"summary"`
}

type checkDocument struct {
	Group  string        `json:"group"`
	Name   string        `json:"name"`
	Status doctor.Status `json:"status"`
	Text   string        `json:"text"`
	Remedy string        `json:"remedy,omitempty"`
}

// DoctorJSON writes what was found as JSON.
func DoctorJSON(w io.Writer, r *doctor.Report) error {
	d := doctorDocument{Format: FormatVersion, Ready: r.Ready(), Checks: []checkDocument{}, Summary: map[doctor.Status]int{}}
	for _, s := range []doctor.Status{doctor.OK, doctor.Warning, doctor.Failed, doctor.NotChecked} {
		d.Summary[s] = r.Count(s)
	}
	for _, c := range r.Checks {
		d.Checks = append(d.Checks, checkDocument(c))
	}
	return document(w, d)
}
