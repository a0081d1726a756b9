package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
)

// blocked refuses a plan that goes beyond guards of the configuration. The plan has been shown.
func (p *program) blocked(made *plan.Plan, c *config.Config) error {
	blocking := made.Blocking()
	if len(blocking) == 0 {
		return nil
	}
	if err := p.diagnose(beyond(made, c, blocking, render.Remedy)); !errors.Is(err, errReported) {
		return err
	}
	return &exit{status: statusBlocked}
}

// beyond says by how much a plan is too large for guards of the configuration, and what can be done.
func beyond(made *plan.Plan, c *config.Config, guards []*plan.Guard, remedy func([]*plan.Guard) string) config.Diagnostics {
	var problems []config.Problem
	for _, g := range guards {
		i := slices.IndexFunc(c.Guards, func(one config.Guard) bool { return one.Name == g.Name })
		problems = append(problems, config.Problem{Place: c.Guards[i].Place, Summary: "Plan blocked by a guard",
			Detail: render.Beyond(made, g) + "\n\nNothing can be sent. " + remedy([]*plan.Guard{g})})
	}
	return c.Diagnose(problems)
}

// blockedSaved refuses a saved plan that went beyond guards when it was made.
func blockedSaved(made *plan.Plan) error {
	blocking := made.Blocking()
	if len(blocking) == 0 {
		return nil
	}
	text := "the plan is blocked: nothing was sent"
	for _, g := range blocking {
		text += fmt.Sprintf("\n%s: %s", render.Clean(g.Address()), render.Beyond(made, g))
	}
	return &exit{statusBlocked, errors.New(text + "\n" + render.Remedy(blocking))}
}
