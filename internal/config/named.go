package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// named is what the configuration declares of a kind. Every reference asks whether there is what it names; only a wrong one
// needs to know what else there is.
type named interface {
	has(name string) bool
	names() []string // sorted
}

type byName[T any] map[string]T

func (b byName[T]) has(name string) bool { _, ok := b[name]; return ok }

func (b byName[T]) names() []string { return slices.Sorted(maps.Keys(b)) }

// named gives what is declared of a kind, as addresses begin with it.
func (d *declarations) named(kind string) named {
	switch kind {
	case "var":
		return byName[*variable](d.variables)
	case "local":
		return byName[*hcl.Attribute](d.locals)
	case "recipients":
		return byName[*block](d.recipients)
	case "message":
		return byName[*block](d.messages)
	case "check":
		return byName[*block](d.checks)
	case "guard":
		return byName[*block](d.guards)
	}
	return byName[*block](nil)
}
