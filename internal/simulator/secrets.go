package simulator

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// replaced stands where a secret was.
const replaced = "[replaced]"

var sessionID = regexp.MustCompile(`[0-9A-Fa-f]{32}`)

// secretElements hold credentials, in lower case; username is for the header of WS-Security.
var secretElements = []string{"session_id", "user", "username", "password"}

// withoutSecrets gives a request with the content of credentials and of comments replaced. It goes by the tags and not by what a
// decoder makes of them, so that the secrets of a request that cannot be read do not show either: from where it cannot be
// told what is a tag, everything is replaced.
func withoutSecrets(body []byte) string {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\uFEFF")))
	isBinary := bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
	if isBinary || !bytes.HasPrefix(body, []byte("<")) {
		return replaced
	}
	text := string(body)
	var referred []string // ids of the elements that those with credentials refer to
	for rest := text; rest != ""; {
		var m markup
		if m, rest = nextMarkup(rest); m.isSecret(nil) && m.attribute("href") != "" {
			referred = append(referred, strings.TrimPrefix(m.attribute("href"), "#"))
		}
	}
	var out strings.Builder
	for rest := text; rest != ""; {
		var m markup
		m, rest = nextMarkup(rest)
		out.WriteString(m.before)
		switch {
		case m.kind == remark:
			out.WriteString("<!-- " + replaced + " -->")
		case m.kind == unclear:
			return out.String() + replaced
		case m.kind == opening && m.isSecret(referred):
			end := ""
			for rest != "" && end == "" {
				var inner markup
				if inner, rest = nextMarkup(rest); inner.kind == closing && inner.name == m.name {
					end = inner.text
				}
			}
			out.WriteString(m.text + replaced + end)
		default:
			out.WriteString(m.text)
		}
	}
	return out.String()
}

// markup is the next of it in a document, with the text before it.
type markup struct {
	before, text string
	kind         markupKind
	name         string // of a tag, with its prefix
}

type markupKind int

const (
	nothing markupKind = iota // the document ends
	opening
	closing
	empty // opens and closes
	remark
	opaque  // CDATA, a processing instruction
	unclear // a document type, what does not end
)

func nextMarkup(s string) (m markup, rest string) {
	at := strings.IndexByte(s, '<')
	if at < 0 {
		return markup{before: s}, ""
	}
	m.before, s = s[:at], s[at:]
	length := -1
	switch {
	case strings.HasPrefix(s, "<!--"):
		m.kind, length = remark, through(s, 4, "-->")
	case strings.HasPrefix(s, "<![CDATA["):
		m.kind, length = opaque, through(s, 9, "]]>")
	case strings.HasPrefix(s, "<?"):
		m.kind, length = opaque, through(s, 2, "?>")
	case strings.HasPrefix(s, "<!"):
	default:
		m.kind, length = opening, tagLength(s)
	}
	if length < 0 {
		m.kind, m.text = unclear, s
		return m, ""
	}
	m.text = s[:length]
	if m.kind == opening {
		switch {
		case strings.HasPrefix(m.text, "</"):
			m.kind = closing
		case strings.HasSuffix(m.text, "/>"):
			m.kind = empty
		}
		m.name, _, _ = strings.Cut(strings.Trim(m.text, "</>"), " ")
		if i := strings.IndexAny(m.name, "\t\r\n/"); i >= 0 {
			m.name = m.name[:i]
		}
	}
	return m, s[length:]
}

// through gives the length of s to the end of what ends it, -1 where it does not end.
func through(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return -1
}

// tagLength gives the length of the tag at the beginning of s, -1 where it does not end.
func tagLength(s string) int {
	quote := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// isSecret reports whether an element with credentials begins, or one of the ids.
func (m *markup) isSecret(ids []string) bool {
	if m.kind != opening && m.kind != empty {
		return false
	}
	local := strings.ToLower(m.name[strings.LastIndexByte(m.name, ':')+1:])
	id := m.attribute("id")
	return slices.Contains(secretElements, local) || id != "" && slices.Contains(ids, id)
}

var attributes = regexp.MustCompile(`([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')`)

func (m *markup) attribute(name string) string {
	if m.kind != opening && m.kind != empty {
		return ""
	}
	for _, a := range attributes.FindAllStringSubmatch(m.text, -1) {
		if a[1] == name {
			return a[2] + a[3]
		}
	}
	return ""
}
