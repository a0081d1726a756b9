package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// Place is where something stands in the configuration. The zero Place is nowhere.
type Place struct{ at hcl.Range }

func (p Place) String() string { return fmt.Sprintf("%s line %d", p.at.Filename, p.at.Start.Line) }

// Problem is an error in a configuration that only planning can see, because it is in what the state says of it.
type Problem struct {
	Place           Place
	Summary, Detail string
}

// Diagnose makes diagnostics of problems.
func (c *Config) Diagnose(problems []Problem) Diagnostics {
	var diags hcl.Diagnostics
	for _, p := range problems {
		diags = append(diags, fault(p.Place.at, p.Summary, p.Detail))
	}
	return c.scope.l.show(diags)
}
