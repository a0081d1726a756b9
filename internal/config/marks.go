package config

import "github.com/zclconf/go-cty/cty"

// mark says why a value is never printed. Marks travel with a value through every expression.
type mark string

const (
	sensitive mark = "sensitive" // the user said so
	ephemeral mark = "ephemeral" // known for the length of one command only: in no plan and no state
	personal  mark = "personal"  // of a recipient's row
)

// marked reports whether v or a part of it has the mark.
func marked(v cty.Value, m mark) bool {
	if !v.ContainsMarked() {
		return false
	}
	_, all := v.UnmarkDeep()
	_, ok := all[m]
	return ok
}

// plain gives v without marks.
func plain(v cty.Value) cty.Value {
	v, _ = v.UnmarkDeep()
	return v
}
