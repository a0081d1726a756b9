package soap

import "fmt"

// match gives each recipient its line. A line with "To:" belongs to the recipient that it names. A bare line belongs to
// somebody in two cases only: it is all there is and an error, then it refuses the whole request; or exactly one recipient
// has no line, exactly one line no recipient, and every other line is accounted for. Beside a line that names the only recipient
// it is about that one too, and contradicts it or says the same. Recipients without a line, or
// with lines that contradict each other, stay Unaccounted; lines without a recipient are Extra.
func match(place map[string]int, lines []string, redact redactor) *Answer {
	m := &matcher{
		answer: &Answer{Results: make([]Result, len(place))},
		said:   make([]*line, len(place)),
		redact: redact,
	}
	parsed := make([]line, len(lines))
	for i, s := range lines {
		parsed[i] = parseLine(s)
	}
	if len(parsed) == 1 && parsed[0].kind == errLine && parsed[0].to == "" {
		for i := range m.said {
			m.settle(i, &parsed[0])
			m.answer.Results[i].Whole = len(place) > 1
		}
		return m.answer
	}
	var bare []*line
	for i := range parsed {
		l := &parsed[i]
		who, ours := place[l.to]
		switch {
		case ours:
			m.name(who, l)
		case l.to == "" && (l.kind == idLine || l.kind == errLine):
			bare = append(bare, l)
		default:
			m.leave(l)
		}
	}
	if who, ok := m.alone(); ok && len(bare) == 1 && m.left == 0 {
		m.settle(who, bare[0])
		bare = nil
	}
	for _, l := range bare {
		if len(place) == 1 && m.said[0] != nil {
			m.name(0, l) // there is nobody else whom it could be about
			continue
		}
		m.leave(l)
	}
	if m.left > maxExtra {
		m.answer.Extra = append(m.answer.Extra, fmt.Sprintf("and %d more lines", m.left-maxExtra))
	}
	return m.answer
}

type matcher struct {
	answer *Answer
	said   []*line // the first line that names the recipient; nil for none
	redact redactor
	left   int // lines that belong to nobody
}

// maxExtra bounds Extra; one more line counts the rest.
const maxExtra = 20

// name takes a line that names recipient i.
func (m *matcher) name(i int, l *line) {
	first := m.said[i]
	switch {
	case first == nil && l.kind == vague:
		m.said[i] = l
		m.leave(l)
	case first == nil:
		m.said[i] = l
		m.settle(i, l)
	case first.kind == l.kind && first.id == l.id && first.code == l.code:
		// The same, said twice.
	default:
		if m.answer.Results[i].Verdict != Unaccounted {
			m.answer.Results[i] = Result{}
			m.leave(first)
		}
		m.leave(l)
	}
}

func (m *matcher) settle(i int, l *line) {
	if l.kind == idLine {
		m.answer.Results[i] = Result{Verdict: Accepted, ID: l.id}
		return
	}
	m.answer.Results[i] = Result{Verdict: Refused, Code: l.code, Text: m.redact.clean(l.text), Until: l.until}
}

func (m *matcher) leave(l *line) {
	if m.left++; m.left <= maxExtra {
		m.answer.Extra = append(m.answer.Extra, m.redact.clean(l.raw))
	}
}

// alone finds the only recipient that no line names.
func (m *matcher) alone() (who int, ok bool) {
	for i, l := range m.said {
		if l != nil {
			continue
		}
		if ok {
			return 0, false
		}
		who, ok = i, true
	}
	return who, ok
}
