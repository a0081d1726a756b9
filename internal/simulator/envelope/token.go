package envelope

import (
	"encoding/xml"
	"regexp"
	"strings"
)

// Limits of a request's XML. A sendmsg to 300 recipients has some 350 elements in 6 levels.
const (
	maxDepth      = 32
	maxElements   = 10_000
	maxAttributes = 64 // of one element
)

// tokens reads XML 1.0 with namespaces, and nothing that SOAP 1.1 forbids: neither a document type, and so no entities but XML's own
// five, nor processing instructions. Names are of ASCII characters. Every error is a *Fault. It stands here for encoding/xml because
// that takes much that is not well-formed, and ten times as long.
type tokens struct {
	in       string // in UTF-8
	at       int
	elements int
	open     []element
	prefixes []prefix                  // that are declared where the reader is
	attrs    []xml.Attr                // of the element that began last, the declarations of namespaces included
	isEmpty  bool                      // that element has no end tag
	last     struct{ tag, raw string } // with which it began, and its name, as they are written
	buf      []byte
}

// element is one whose end has not been read.
type element struct {
	xml.Name
	raw      string
	prefixes int // declared outside of it
}

type prefix struct{ name, space string }

type token struct {
	kind tokenKind
	name xml.Name // of an element
	text string
}

type tokenKind int

const (
	endOfInput tokenKind = iota
	startTag
	endTag
	charData // all of it between two tags
)

// newTokens begins to read body. charset is the one that the Content-Type names; it counts where the document does not name its own.
func newTokens(body []byte, charset string) (*tokens, error) {
	t := &tokens{in: string(body), open: make([]element, 0, 8), prefixes: make([]prefix, 0, 8), attrs: make([]xml.Attr, 0, 8)}
	t.prefixes = append(t.prefixes, prefix{"", ""}, prefix{"xml", "http://www.w3.org/XML/1998/namespace"})
	if t.skip("\uFEFF") {
		t.in, t.at, charset = t.in[t.at:], 0, ""
	}
	declared, err := t.declaration()
	if err != nil {
		return nil, err
	}
	if declared != "" {
		charset = declared
	}
	if t.in, err = toUTF8(t.in, charset); err != nil {
		return nil, err
	}
	if at := illegal(t.in); at >= 0 {
		t.at = at
		return nil, t.malformed("a character that XML does not allow")
	}
	return t, nil
}

var declarationForm = regexp.MustCompile(`^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')` +
	`(?:\s+encoding\s*=\s*(?:"([\w.-]+)"|'([\w.-]+)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>`)

// declaration reads <?xml ...?>, where the document begins with it, and gives the encoding that it names.
func (t *tokens) declaration() (encoding string, err error) {
	switch {
	case t.skip(`<?xml version="1.0" encoding="UTF-8"?>`): // as nearly every client writes it
		return "UTF-8", nil
	case !strings.HasPrefix(t.in, "<?xml"):
		return "", nil
	}
	found := declarationForm.FindStringSubmatch(t.in)
	if found == nil {
		return "", t.malformed("it begins with something like a declaration of XML 1.0")
	}
	t.at = len(found[0])
	return found[1] + found[2], nil
}

// next gives the start or the end of an element, or the text between two tags.
func (t *tokens) next() (token, error) {
	if t.isEmpty {
		t.isEmpty = false
		return t.end(), nil
	}
	if s, err := t.text(); err != nil || s != "" {
		return token{kind: charData, text: s}, err
	}
	switch {
	case t.at == len(t.in) && len(t.open) > 0:
		return token{}, errEarly
	case t.at == len(t.in):
		return token{kind: endOfInput}, nil
	case !t.skip("</"):
		return t.start()
	case len(t.open) == 0:
		return token{}, t.malformed("an end tag too many")
	}
	raw := t.open[len(t.open)-1].raw
	matches := t.skip(raw)
	t.skipSpace()
	if !matches || !t.skip(">") {
		return token{}, t.malformed("another end tag than </%.40s>", raw)
	}
	return t.end(), nil
}

func (t *tokens) end() token {
	e := t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	t.prefixes = t.prefixes[:e.prefixes]
	return token{kind: endTag, name: e.Name}
}

func (t *tokens) start() (token, error) {
	from := t.at
	t.at++
	e := element{raw: t.name(), prefixes: len(t.prefixes)}
	if e.raw == "" {
		return token{}, t.malformed("< without a name")
	}
	if t.elements++; t.elements > maxElements {
		return token{}, refuse("the request has more than %d elements", maxElements)
	}
	if len(t.open) == maxDepth {
		return token{}, refuse("elements are nested deeper than %d", maxDepth)
	}
	t.attrs = t.attrs[:0]
	for {
		spaced := t.skipSpace()
		if t.skip(">") {
			break
		}
		if t.isEmpty = t.skip("/>"); t.isEmpty {
			break
		}
		if !spaced || len(t.attrs) == maxAttributes {
			return token{}, t.malformed("<%.40s without its >, or with more than %d attributes", e.raw, maxAttributes)
		}
		raw, value, err := t.attribute()
		if err != nil {
			return token{}, err
		}
		t.attrs = append(t.attrs, xml.Attr{Name: xml.Name{Local: raw}, Value: value})
	}
	if err := t.resolve(&e); err != nil {
		return token{}, err
	}
	t.open = append(t.open, e)
	t.last.tag, t.last.raw = t.in[from:t.at], e.raw
	return token{kind: startTag, name: e.Name}, nil
}

// again reads an element that is written like the one that was just read but for its text, which is plain. It stands for three
// calls of next, for the hundreds of recipients that a request may have.
func (t *tokens) again() (text string, ok bool) {
	rest, ok := strings.CutPrefix(t.in[t.at:], t.last.tag)
	if !ok || strings.HasSuffix(t.last.tag, "/>") || t.elements == maxElements {
		return "", false
	}
	n := plain(rest)
	if rest, ok = strings.CutPrefix(rest[n:], "</"); !ok {
		return "", false
	}
	if rest, ok = strings.CutPrefix(rest, t.last.raw); !ok {
		return "", false
	}
	if rest, ok = strings.CutPrefix(rest, ">"); !ok {
		return "", false
	}
	t.elements++
	from := t.at + len(t.last.tag)
	t.at = len(t.in) - len(rest)
	return t.in[from : from+n], true
}

// resolve gives the element and its attributes their namespaces, and no two attributes the same name.
func (t *tokens) resolve(e *element) (err error) {
	for i := range t.attrs {
		a := &t.attrs[i]
		before, declared, prefixed := strings.Cut(a.Name.Local, ":")
		if before != "xmlns" {
			continue
		}
		if prefixed && a.Value == "" || declared == "xml" || declared == "xmlns" {
			return t.malformed("a declaration of the prefix %.40s that is not allowed", declared)
		}
		a.Name = xml.Name{Space: "http://www.w3.org/2000/xmlns/", Local: declared}
		t.prefixes = append(t.prefixes, prefix{declared, a.Value})
	}
	for i := range t.attrs {
		a := &t.attrs[i]
		if a.Name.Space == "" && strings.Contains(a.Name.Local, ":") {
			if a.Name, err = t.expand(a.Name.Local); err != nil {
				return err
			}
		}
		for _, other := range t.attrs[:i] {
			if other.Name == a.Name {
				return t.malformed("two attributes %.40s in <%.40s>", a.Name.Local, e.raw)
			}
		}
	}
	e.Name, err = t.expand(e.raw)
	return err
}

// expand puts the namespace for the prefix, and that of names without one for none.
func (t *tokens) expand(raw string) (xml.Name, error) {
	before, local, prefixed := strings.Cut(raw, ":")
	if !prefixed {
		before, local = "", raw
	}
	for i := len(t.prefixes) - 1; i >= 0; i-- {
		if t.prefixes[i].name == before {
			return xml.Name{Space: t.prefixes[i].space, Local: local}, nil
		}
	}
	return xml.Name{}, t.malformed("the prefix %.40s is not declared", before)
}

func (t *tokens) attribute() (raw, value string, err error) {
	raw = t.name()
	t.skipSpace()
	isGiven := t.skip("=")
	t.skipSpace()
	rest := t.in[t.at:]
	if raw == "" || !isGiven || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", "", t.malformed("an attribute that is not name=\"value\"")
	}
	value, _, ended := strings.Cut(rest[1:], rest[:1])
	if !ended {
		return "", "", errEarly
	}
	if strings.Contains(value, "<") {
		return "", "", t.malformed("< in the value of the attribute %.40s", raw)
	}
	t.at += len(value) + 2
	if !strings.ContainsAny(value, "&\r") {
		return raw, value, nil
	}
	t.buf = t.buf[:0]
	err = t.unescape(value)
	return raw, string(t.buf), err
}

// text reads to the next tag; comments are left out.
func (t *tokens) text() (string, error) {
	t.buf = t.buf[:0]
	for t.at < len(t.in) {
		rest := t.in[t.at:]
		switch {
		case rest[0] != '<':
			n := plain(rest)
			isPlain := n == len(rest) || rest[n] == '<'
			piece := rest[:n]
			if !isPlain {
				piece, _, _ = strings.Cut(rest, "<")
			}
			switch {
			case len(t.open) == 0 && strings.Trim(piece, spaces) != "":
				return "", t.malformed("text outside of the envelope")
			case !isPlain && strings.Contains(piece, "]]>"):
				return "", t.malformed("]]> in text")
			case isPlain && len(t.buf) == 0 && !strings.HasPrefix(rest[n:], "<!"):
				t.at += n
				return piece, nil
			}
			if err := t.unescape(piece); err != nil {
				return "", err
			}
			t.at += len(piece)
		case strings.HasPrefix(rest, "<!--"):
			comment, _, ended := strings.Cut(rest[4:], "--")
			if t.at += 4 + len(comment) + 2; !ended || !t.skip(">") {
				return "", t.malformed("a comment without its end, or with -- within")
			}
		case strings.HasPrefix(rest, "<![CDATA[") && len(t.open) > 0:
			section, _, ended := strings.Cut(rest[9:], "]]>")
			if !ended {
				return "", errEarly
			}
			t.buf = appendLines(t.buf, section)
			t.at += 9 + len(section) + 3
		case strings.HasPrefix(rest, "<!"):
			return "", refuse("a document type declaration is not allowed")
		case strings.HasPrefix(rest, "<?"):
			return "", refuse("a processing instruction is not allowed")
		default:
			return string(t.buf), nil
		}
	}
	return string(t.buf), nil
}

// name reads a name with or without a prefix, "" where there is none.
func (t *tokens) name() string {
	from, begins, prefixed := t.at, true, false // a name begins at from, and after its colon
	for ; t.at < len(t.in); t.at++ {
		switch c := t.in[t.at]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			begins = false
		case '0' <= c && c <= '9', c == '-', c == '.':
			if begins {
				return ""
			}
		case c == ':':
			if begins || prefixed {
				return ""
			}
			begins, prefixed = true, true
		case begins:
			return ""
		default:
			return t.in[from:t.at]
		}
	}
	return ""
}

const spaces = " \t\r\n"

func (t *tokens) skipSpace() bool {
	from := t.at
	for t.at < len(t.in) && strings.IndexByte(spaces, t.in[t.at]) >= 0 {
		t.at++
	}
	return t.at > from
}

func (t *tokens) skip(s string) bool {
	if !strings.HasPrefix(t.in[t.at:], s) {
		return false
	}
	t.at += len(s)
	return true
}

var errEarly = refuse("the request ends early")

// malformed says where the reader is.
func (t *tokens) malformed(format string, args ...any) error {
	where := min(t.at, len(t.in))
	return refuse("the request is not well-formed, line %d: "+format, append([]any{1 + strings.Count(t.in[:where], "\n")}, args...)...)
}
