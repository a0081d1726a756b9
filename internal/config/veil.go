package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// veil covers what diagnostics must not show: credentials, values marked sensitive or ephemeral, telephone numbers, and
// control characters that a terminal would obey. Source keeps its length, so that ranges stay true.
type veil struct {
	names       map[string]bool // attributes whose value is secret
	spans       []hcl.Range     // expressions whose value is secret
	secrets     []string        // values that are secret wherever they stand
	showNumbers bool
}

// secretArguments are the arguments whose value is covered whatever it is: a file with a syntax error has no values yet.
var secretArguments = root.sensitive()

// shortestSecret is the length from which a secret is looked for in prose; shorter ones would cover innocent words.
const shortestSecret = 5

func newVeil(showNumbers bool) *veil {
	v := &veil{names: make(map[string]bool), showNumbers: showNumbers}
	for _, name := range secretArguments {
		v.names[name] = true
	}
	return v
}

// hide makes every string in a value a secret.
func (v *veil) hide(val cty.Value) {
	_ = cty.Walk(plain(val), func(_ cty.Path, part cty.Value) (bool, error) {
		if part.Type() == cty.String && part.IsKnown() && !part.IsNull() {
			v.hideText(part.AsString())
		}
		return true, nil
	})
}

func (v *veil) hideText(s string) {
	if len(s) >= shortestSecret && !slices.Contains(v.secrets, s) {
		v.secrets = append(v.secrets, s)
		slices.SortStableFunc(v.secrets, func(a, b string) int { return len(b) - len(a) })
	}
}

// writtenNumber is what telephone numbers look like in prose: in quotes, or after a plus sign.
var writtenNumber = regexp.MustCompile(`"\+?[0-9][0-9 ().\-/]{5,}[0-9]"|\+[0-9][0-9 ().\-/]{5,}[0-9]`)

// text gives the prose of a diagnostic.
func (v *veil) text(s string) string {
	for _, secret := range v.secrets {
		s = strings.ReplaceAll(s, secret, "(sensitive value)")
	}
	if !v.showNumbers {
		s = writtenNumber.ReplaceAllStringFunc(s, func(number string) string { return string(maskDigits([]byte(number))) })
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = visible(line)
	}
	return strings.Join(lines, "\n")
}

// file gives a source file as it may be shown.
func (v *veil) file(name string, file *hcl.File) *hcl.File {
	src := slices.Clone(file.Bytes)
	v.coverLiterals(name, src)
	for _, at := range v.spans {
		if at.Filename == name && at.CanSliceBytes(src) {
			cover(at.SliceBytes(src))
		}
	}
	for _, secret := range v.secrets {
		for at := 0; ; {
			n := bytes.Index(src[at:], []byte(secret))
			if n < 0 {
				break
			}
			cover(src[at+n : at+n+len(secret)])
			at += n + len(secret)
		}
	}
	disarm(src)
	shown := &hcl.File{Bytes: src}
	if nav, ok := file.Nav.(contexter); ok {
		shown.Nav = visibleContext{nav}
	}
	return shown
}

// cover replaces every visible byte.
func cover(part []byte) {
	for i, b := range part {
		if b != '\n' && b != '\r' {
			part[i] = '*'
		}
	}
}

// likeNumber reports whether a literal could be a telephone number.
func likeNumber(part []byte) bool {
	digits := 0
	for _, b := range part {
		switch {
		case '0' <= b && b <= '9':
			digits++
		case !bytes.ContainsRune([]byte(" +().-/"), rune(b)):
			return false
		}
	}
	return digits >= 7
}

// maskDigits replaces, in place, every digit but the first three.
func maskDigits(part []byte) []byte {
	seen := 0
	for i, b := range part {
		if '0' <= b && b <= '9' {
			if seen++; seen > 3 {
				part[i] = '*'
			}
		}
	}
	return part
}

// disarm replaces, in place, what a terminal would obey: control characters, marks that change the direction of writing,
// and bytes that are not UTF-8. What replaces them has as many bytes.
func disarm(src []byte) {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == '\n', r == '\t', r == '\r' && i+1 < len(src) && src[i+1] == '\n':
		case r == utf8.RuneError && n == 1, visible(string(r)) != string(r):
			copy(src[i:i+n], []string{"?", "\u00b7", "\ufffd", "????"}[n-1])
		}
		i += n
	}
}

// contexter is what the files of HCL say about the block around an offset.
type contexter interface {
	ContextString(offset int) string
}

// visibleContext shows the labels of blocks harmlessly.
type visibleContext struct{ contexter }

func (v visibleContext) ContextString(offset int) string {
	return visible(v.contexter.ContextString(offset))
}
