package plan

import (
	"strings"
	"unicode/utf8"
)

// plainLine reads the lines of requests.jsonl in the form in which [Plan.writeRequests] writes nearly all of them: no space, the
// members in their order, a text without an escape, numbers without a sign. The decoder of JSON, which reads all others, takes ten
// times as long; what plainLine takes it takes as the decoder does. What it gives is valid until its next line.
type plainLine struct {
	line                 line
	message, same, clock int
	text                 string
}

// read gives the line, and false where it is not in its plain form.
func (p *plainLine) read(b []byte) (*line, bool) {
	p.line = line{Message: &p.message, To: p.line.To[:0]}
	if !utf8.Valid(b) {
		return nil, false
	}
	rest, ok := strings.CutPrefix(string(b), `{"message":`)
	if !ok {
		return nil, false
	}
	if p.message, rest, ok = plainCount(rest); !ok {
		return nil, false
	}
	if after, found := strings.CutPrefix(rest, `,"text":"`); found {
		if p.text, rest, ok = plainText(after); !ok {
			return nil, false
		}
		p.line.Text = &p.text
	}
	if after, found := strings.CutPrefix(rest, `,"same_text_as":`); found {
		if p.same, rest, ok = plainCount(after); !ok {
			return nil, false
		}
		p.line.SameTextAs = &p.same
	}
	if after, found := strings.CutPrefix(rest, `,"clock":`); found {
		if p.clock, rest, ok = plainCount(after); !ok {
			return nil, false
		}
		p.line.Clock = &p.clock
	}
	if rest, ok = strings.CutPrefix(rest, `,"to":["`); !ok {
		return nil, false
	}
	for more := true; more; {
		var to string
		if to, rest, ok = plainText(rest); !ok {
			return nil, false
		}
		p.line.To = append(p.line.To, to)
		rest, more = strings.CutPrefix(rest, `,"`)
	}
	return &p.line, rest == "]}\n"
}

// plainCount gives the number that s begins with, and what is behind it.
func plainCount(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && i < 10 && '0' <= s[i] && s[i] <= '9'; i++ {
		n = 10*n + int(s[i]-'0')
	}
	return n, s[i:], i > 0 && i < 10 && (i == 1 || s[0] != '0')
}

// plainText gives the string that s begins with, behind its opening quote, and what is behind the closing one.
func plainText(s string) (text, rest string, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			return s[:i], s[i+1:], true
		case c == '\\' || c < ' ':
			return "", "", false
		}
	}
	return "", "", false
}
