package soap

import "strings"

// Nearly every answer has the same plain form: an envelope, the response of the operation, a return for each line, and no
// character that XML would write in another way. Read as the text that it is, it takes a tenth of the time that the XML
// decoder takes. The decoder decides on whatever is in any other form.

// mostPlain is how many returns an answer may have here; the decoder counts the tokens of longer ones.
const mostPlain = 1000

// plainAnswer gives the lines of an answer in the plain form, the same as the decoder would. ok is false for any other answer,
// and says nothing of it.
func plainAnswer(doc []byte, charset, op string) (lines []string, ok bool) {
	if charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, false
	}
	p := plain(doc)
	if p.take(`<?xml version="1.0" encoding="`) && !(p.take(`UTF-8"?>`) || p.take(`utf-8"?>`)) {
		return nil, false
	}
	envelope, is := p.begin("Envelope")
	if !is {
		return nil, false
	}
	body, is := p.begin("Body")
	if !is {
		return nil, false
	}
	response, is := p.begin(op + "Response")
	if !is {
		return nil, false
	}
	lines = make([]string, 0, 1+len(doc)/64)
	for p.space(); p.take("<return>"); p.space() {
		text, is := p.text()
		if !is || len(lines) == mostPlain || !p.take("</return>") {
			return nil, false
		}
		if text = strings.Trim(text, " "); text != "" {
			lines = append(lines, text)
		}
	}
	ok = p.end(response) && p.end(body) && p.end(envelope)
	p.space()
	return lines, ok && p == ""
}

// plain is the rest of a document in the plain form.
type plain string

func (p *plain) take(s string) bool {
	rest, ok := strings.CutPrefix(string(*p), s)
	*p = plain(rest)
	return ok
}

func (p *plain) space() { *p = plain(strings.TrimLeft(string(*p), spaces)) }

// begin reads the start of an element after white space. Its only attributes declare namespaces, of which the names of elements
// are free anyway. It gives the name with its prefix.
func (p *plain) begin(local string) (name string, ok bool) {
	p.space()
	if !p.take("<") {
		return "", false
	}
	name = p.name()
	prefix, after, found := strings.Cut(name, ":")
	if !found {
		after = prefix
	}
	if after != local {
		return "", false
	}
	var declared [8]string
	for n := 0; ; n++ {
		before := len(*p)
		p.space()
		if p.take(">") {
			return name, true
		}
		if len(*p) == before || n == len(declared) || !p.take("xmlns") {
			return "", false
		}
		if p.take(":") {
			declared[n] = p.name()
			switch declared[n] {
			case "", "xml", "xmlns", "id", "href", "nil", "null": // the decoder takes most of them for attributes that mean something
				return "", false
			}
			if strings.Contains(declared[n], ":") {
				return "", false
			}
		}
		for _, earlier := range declared[:n] {
			if declared[n] == earlier {
				return "", false
			}
		}
		if !p.take(`="`) {
			return "", false
		}
		if _, is := p.text(); !is || !p.take(`"`) {
			return "", false
		}
	}
}

// end reads the end of an element after white space.
func (p *plain) end(name string) bool {
	p.space()
	return p.take("</") && p.take(name) && p.take(">")
}

// name reads letters, digits, and at most one colon between them.
func (p *plain) name() string {
	i, colons := 0, 0
	for ; i < len(*p); i++ {
		c := (*p)[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		switch {
		case letter:
		case '0' <= c && c <= '9' && i > 0 && (*p)[i-1] != ':':
		case c == ':' && i > 0 && colons == 0:
			colons++
		default:
			name := string((*p)[:i])
			*p = (*p)[i:]
			return name
		}
	}
	name := string(*p)
	*p = ""
	return name
}

// text reads printable ASCII up to what ends it: a tag or a quote. ok is false where a reference, a bracket that XML
// restricts, or any other character stands in it.
func (p *plain) text() (text string, ok bool) {
	for i := 0; i < len(*p); i++ {
		switch c := (*p)[i]; {
		case c == '<' || c == '"':
			text = string((*p)[:i])
			*p = (*p)[i:]
			return text, true
		case c < ' ' || c > '~' || c == '&' || c == '>':
			return "", false
		}
	}
	return "", false
}

// plainID reads an ID line as gateways write it, with single spaces: "ID: id" or "ID: id To: digits".
func plainID(s string) (id, to string, ok bool) {
	s, ok = strings.CutPrefix(s, "ID: ")
	if !ok {
		return "", "", false
	}
	id, to, named := strings.Cut(s, " To: ")
	if id == "" || len(id) > 64 || named && to == "" {
		return "", "", false
	}
	for i := range len(id) {
		if c := id[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return "", "", false
		}
	}
	for i := range len(to) {
		if to[i] < '0' || to[i] > '9' {
			return "", "", false
		}
	}
	return id, to, true
}
