package simulator

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// respell gives the lines in the spelling that the fault orders.
func (f *Fault) respell(lines []string) []string {
	lines = slices.Clone(lines)
	lineEnd := map[string]string{"lf": "\n", "crlf": "\r\n"}[f.text("end")]
	for i, line := range lines {
		lines[i] = f.spell(line) + lineEnd
	}
	if !f.is("joined") || len(lines) == 0 {
		return lines
	}
	between := "\n"
	if lineEnd != "" {
		between = ""
	}
	return []string{strings.Join(lines, between)}
}

func (f *Fault) spell(line string) string {
	if strings.HasPrefix(line, "ERR:") {
		line = f.spellError(line)
	}
	if f.is("credits") {
		if rest, ok := strings.CutPrefix(line, "Credit:"); ok {
			line = "Credits:" + rest
		}
	}
	if f.text("order") == "swapped" {
		line = swapFields(line)
	}
	switch f.text("spaces") {
	case "none":
		line = labels.ReplaceAllString(line, "$1")
	case "double":
		line = labels.ReplaceAllString(line, "$1  ")
	}
	switch f.text("lines") {
	case "empty":
		line = ""
	case "strange":
		line = "Message queued"
	}
	return line
}

var (
	labels = regexp.MustCompile(`\b((?:ID|To|OK|ERR):) `)

	// An error's code, its text and whom it is about; that of routecoverage has a text only.
	errorParts = regexp.MustCompile(`^ERR:( [0-9]+)?(,? )(.*?)( To: .*)?$`)
)

func (f *Fault) spellError(line string) string {
	part := errorParts.FindStringSubmatch(line)
	if part == nil {
		return line
	}
	code, separator, text, number := part[1], part[2], part[3], part[4]
	if f.text("text") == "none" && code != "" {
		separator, text = "", ""
	}
	if f.text("code") == "none" && code != "" {
		code, separator = "", " "
	}
	switch f.text("case") {
	case "upper":
		text = strings.ToUpper(text)
	case "lower":
		text = strings.ToLower(text)
	case "title":
		text = capitals(text)
	}
	return "ERR:" + code + separator + text + number
}

// capitals begins every word with one.
func capitals(text string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		if before == ' ' {
			before, r = r, unicode.ToUpper(r)
		} else {
			before = r
		}
		return r
	}, text)
}

// swapFields has the last two fields change places in a line that is made of nothing but fields about one message.
func swapFields(line string) string {
	words := strings.Fields(line)
	if len(words) < 4 || len(words)%2 != 0 || slices.Contains(words, "To:") {
		return line
	}
	for i := 0; i < len(words); i += 2 {
		if !strings.HasSuffix(words[i], ":") {
			return line
		}
	}
	last := len(words) - 2
	swapped := slices.Concat(words[:last-2], words[last:], words[last-2:last])
	return strings.Join(swapped, " ")
}
