package plan

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEachMessageComesAfterThoseThatItDependsOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d", "e", "f"}
		turn := rapid.Permutation(names).Draw(t, "turn")
		p := &Plan{}
		for _, name := range names {
			m := Message{Address: name}
			for _, earlier := range turn[:slices.Index(turn, name)] {
				if rapid.Bool().Draw(t, "depends") {
					m.DependsOn = append(m.DependsOn, earlier)
				}
			}
			slices.Sort(m.DependsOn)
			p.Messages = append(p.Messages, m)
		}
		var order []string
		for _, i := range p.Order() {
			order = append(order, names[i])
		}
		sorted := slices.Clone(order)
		if slices.Sort(sorted); !slices.Equal(sorted, names) {
			t.Fatalf("order %q", order)
		}
		for i, m := range p.Messages {
			var before []string
			for _, k := range p.Before(i) {
				before = append(before, names[k])
			}
			if !slices.Equal(before, m.DependsOn) {
				t.Fatalf("%q before %s, which depends on %q", before, names[i], m.DependsOn)
			}
			for _, first := range m.DependsOn {
				if slices.Index(order, first) > slices.Index(order, m.Address) {
					t.Fatalf("%s depends on %s, and the order is %q", m.Address, first, order)
				}
			}
		}
	})
}

func TestCirclesAreNoOrder(t *testing.T) {
	for _, circle := range []string{"a:a", "a:b b:a", "a:b b:c c:b", "a:b b:c c:d d:b"} {
		p := &Plan{}
		for _, part := range strings.Fields(circle) {
			name, on, _ := strings.Cut(part, ":")
			p.Messages = append(p.Messages, Message{Address: name, DependsOn: []string{on}})
		}
		if p.depths() != nil {
			t.Errorf("%s has an order", circle)
		}
	}
}
