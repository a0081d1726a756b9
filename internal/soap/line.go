package soap

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// line is one result string of the gateway.
type line struct {
	kind  kind
	id    string // of an ID line
	code  Code   // of an ERR line; 0 where it has none
	text  string // of an ERR line, as it came
	to    string // digits of "To:"; "" for a bare line
	until time.Time
	raw   string
}

type kind uint8

const (
	strange kind = iota // fits nothing
	idLine
	errLine // with a code
	vague   // an error without a code
)

var (
	idForm    = regexp.MustCompile(`(?i)^ID:\s*([0-9A-Za-z]{1,64})(?:\s+To:\s*\+?([0-9]+))?$`)
	errForm   = regexp.MustCompile(`(?i)^ERR:\s*([0-9]{1,4})\s*(?:,\s*(.*?))?(?:\s*\bTo:\s*\+?([0-9]+))?$`)
	vagueForm = regexp.MustCompile(`(?i)^ERR:\s*(.*?)(?:\s*\bTo:\s*\+?([0-9]+))?$`)
	moreForm  = regexp.MustCompile(`(?i)\b(?:To:\s*\+?|ERR:\s*)[0-9]`)
	idEndForm = regexp.MustCompile(`(?i)\bID:\s*[0-9A-Za-z]+$`)
	untilForm = regexp.MustCompile(`(?i)until[^0-9]*([0-9]{9,11})`)
	pairForm  = regexp.MustCompile(`([A-Za-z]+):\s*([^\s:]+)`)
)

// splitLines cuts result strings, which may hold several lines, into trimmed lines that are not empty.
func splitLines(strs []string) []string {
	out := make([]string, 0, len(strs))
	for _, s := range strs {
		for l := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
			if l = strings.TrimSpace(l); l != "" {
				out = append(out, l)
			}
		}
	}
	return out
}

func parseLine(s string) line {
	if id, to, ok := plainID(s); ok {
		return line{raw: s, kind: idLine, id: id, to: to}
	}
	return decodeLine(s)
}

// decodeLine reads a line in whatever form it is.
func decodeLine(s string) line {
	l := line{raw: s}
	if m := idForm.FindStringSubmatch(s); m != nil {
		l.kind, l.id, l.to = idLine, m[1], m[2]
		return l
	}
	if m := errForm.FindStringSubmatch(s); m != nil {
		code, _ := strconv.Atoi(m[1]) // four digits at most
		l.kind, l.code, l.text, l.to = errLine, Code(code), m[2], m[3]
	} else if m := vagueForm.FindStringSubmatch(s); m != nil {
		l.kind, l.text, l.to = vague, m[1], m[2]
	}
	if l.kind == errLine && l.code == 0 {
		l.kind = vague
	}
	if moreForm.MatchString(l.text) || l.to != "" && idEndForm.MatchString(l.text) {
		return line{raw: s} // two lines in one: nobody knows whose is which
	}
	if l.code == LimitReached {
		if m := untilForm.FindStringSubmatch(l.text); m != nil {
			sec, _ := strconv.ParseInt(m[1], 10, 64) // eleven digits at most
			l.until = time.Unix(sec, 0)
		}
	}
	return l
}

// pairs reads "Name: value Name: value", in any order; names come in lower case. A name that stands twice
// with two values proves nothing and is left out.
func pairs(s string) map[string]string {
	out := map[string]string{}
	for _, m := range pairForm.FindAllStringSubmatch(s, -1) {
		name := strings.ToLower(m[1])
		if old, ok := out[name]; ok && old != m[2] {
			m[2] = ""
		}
		out[name] = m[2]
	}
	return out
}
