package config

// workable reports whether a source in the native syntax surely holds nothing that [unworkable] would report, from its bytes alone: cutting
// it into tokens costs as much as parsing does. It knows brackets, quotes, templates in quotes and comments to the end of a line. For
// anything else that might hide one of these (heredocs, other comments, exponents, lines that end within quotes) it says no, and so it
// does where something nests only nearly as deep as may be: every sign of an operator counts as one. [unworkable] is the measure of it.
func workable(src []byte) bool {
	type level struct {
		opener byte // '"' within quotes, or a bracket; '$' and '%' for those of templates
		chain  int  // signs of operators so far
	}
	levels := make([]level, 1, 32)
	levels[0].opener = '{'
	depth := 0
	push := func(opener byte) {
		levels = append(levels, level{opener: opener})
		depth++
	}
	pop := func() bool {
		top := levels[len(levels)-1]
		if len(levels) == 1 {
			return false
		}
		depth -= 1 + top.chain
		levels = levels[:len(levels)-1]
		if top.opener == '[' || top.opener == '%' {
			levels[len(levels)-1].chain++
			depth++
		}
		return true
	}
	next := func(i int) byte {
		if i+1 < len(src) {
			return src[i+1]
		}
		return 0
	}
	for i := 0; i < len(src); i++ {
		top := &levels[len(levels)-1]
		c := src[i]
		if top.opener == '"' {
			switch {
			case c == '\n' || c == '\r':
				return false
			case c == '\\':
				i++
			case c == '"':
				pop()
			case (c == '$' || c == '%') && next(i) == c:
				return false // an escape where a brace follows
			case (c == '$' || c == '%') && next(i) == '{':
				push(c)
				i++
			}
			if depth > mostDeep {
				return false
			}
			continue
		}
		switch c {
		case '"', '{', '[', '(':
			push(c)
		case '}', ']', ')':
			if (c == '}') != (top.opener == '{' || top.opener == '$' || top.opener == '%') || !pop() {
				return false
			}
		case ',':
			depth -= top.chain
			top.chain = 0
		case '\n':
			if top.opener == '{' {
				depth -= top.chain
				top.chain = 0
			}
		case '#', '/':
			switch {
			case c == '/' && next(i) == '*':
				return false
			case c == '#' || next(i) == '/':
				for i+1 < len(src) && src[i+1] != '\n' {
					i++
				}
			default:
				top.chain++
				depth++
			}
		case '<':
			if next(i) == '<' {
				return false
			}
			top.chain++
			depth++
		case '+', '-', '*', '%', '!', '&', '|', '=', '>', '?':
			top.chain++
			depth++
		case 'e', 'E':
			if i > 0 && (src[i-1] == '.' || '0' <= src[i-1] && src[i-1] <= '9') {
				return false
			}
		}
		if depth > mostDeep {
			return false
		}
	}
	return true
}
