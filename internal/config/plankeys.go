package config

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/smsplan/smsplan/internal/seal"
)

// readPlanKeys reads whom saved plans are encrypted to.
func (s *scope) readPlanKeys(blocks []*block) []string {
	const name = "plan_encrypt_to"
	if len(blocks) == 0 {
		return nil
	}
	a := &arguments{s: s, of: smsplanBlock, content: blocks[0].content}
	if v := a.value(name, cty.List(cty.String), false); v != cty.NilVal && v.LengthInt() == 0 {
		a.fault(name, "The list is empty, so that saved plans would not be encrypted. Name a key, or leave %s out.", name)
	}
	var keys seal.Recipients
	var written []string
	for i, public := range a.texts(name) {
		if seal.LooksSecret(public) {
			s.l.veil.hideText(public)
			s.l.veil.spans = append(s.l.veil.spans, a.element(name, i))
		}
		if err := keys.Add(public); err != nil {
			s.l.add(fault(a.element(name, i), "Invalid value for "+name, "Plans cannot be encrypted to this: "+err.Error()+"."))
			continue
		}
		if !slices.Contains(written, public) {
			written = append(written, public)
		}
	}
	return written
}
