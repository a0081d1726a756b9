package render

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/smsplan/smsplan/internal/config"
)

// Clean makes text from outside safe to print on one line. What a terminal would obey or hide (control characters,
// bidirectional overrides, zero-width characters, line separators), what is not UTF-8, and what would be a command to
// whoever keeps the log of a pipeline ([inert]) comes out as a visible escape; all else is as it was. Cleaning twice changes
// nothing more.
func Clean(text string) string {
	if clean(text) {
		return inert(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case config.Printable(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return inert(b.String())
}

func clean(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !config.Printable(r) {
			return false
		}
	}
	return true
}

// Lines cleans text of several lines: line breaks stay, and nothing else that [Clean] escapes.
func Lines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Clean(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

// quote gives text as HCL would have it written, cleaned.
func quote(text string) string { return Clean(strconv.Quote(text)) }

// A line of a log is a command to GitHub's runners where it begins with ::name or has ##[name in it, and to others that
// took the second over with a word in between (##vso[, ##teamcity[). What GitLab obeys has control characters.
var (
	commandLine = regexp.MustCompile(`(?m)^([\pZ\t]*):(:\pL)`)
	commandMark = regexp.MustCompile(`##([A-Za-z]*\[)`)
)

// inert takes from text the form of commands to whoever keeps the log of a pipeline, by an escape in each. Other characters
// and its lines stay.
func inert(text string) string {
	if strings.Contains(text, "::") {
		text = commandLine.ReplaceAllString(text, `$1\u003a$2`)
	}
	if strings.Contains(text, "##") {
		text = commandMark.ReplaceAllString(text, `#\u0023$1`)
	}
	return text
}

// inertJSON does the same for JSON, and has it write as escapes what [Clean] would: it means what it did before. A line of JSON
// begins with no colon.
func inertJSON(document []byte) []byte {
	if bytes.Contains(document, []byte("##")) {
		document = commandMark.ReplaceAll(document, []byte(`#\u0023$1`))
	}
	foreign := func(r rune) bool { return r >= 0x7f && !config.Printable(r) }
	if !bytes.ContainsFunc(document, foreign) {
		return document
	}
	var b bytes.Buffer
	for _, r := range string(document) {
		switch high, low := utf16.EncodeRune(r); {
		case !foreign(r):
			b.WriteRune(r)
		case high == utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.Bytes()
}
