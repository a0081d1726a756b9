package render

import (
	"fmt"
	"regexp"
	"strings"
)

// inCode writes text as code of HTML inside Markdown, where it stands for itself in paragraphs, tables and summaries: no mark of
// Markdown is left in it, and the sites that show Markdown look for no @names, #references, links and :pictures: in code. The @ stands
// alone in an element, because an address is made a link even there.
func inCode(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range Clean(text) {
		switch {
		case r == '@':
			b.WriteString("<span>&#64;</span>")
		case r == ' ' || r == ',' || r >= 0x80 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}

// prose writes a sentence of ours as it is. Where somebody else's word is in it, such as a currency, that Markdown could take for
// something, it is code.
func prose(text string) string {
	if !innocent.MatchString(text) || strings.Contains(text, "www.") {
		return inCode(text)
	}
	return text
}

// innocent is what no site that shows Markdown makes anything of.
var innocent = regexp.MustCompile(`^(?:[A-Za-z0-9 ,.;]|: )*$`)

// fenced writes text between fences that are longer than what it has of them.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + Lines(strings.TrimRight(text, "\n")) + "\n" + fence + "\n\n"
}

// shellLine writes words as a shell takes them.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:") != "" {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
