package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

// elsewhere gives Terraform's commands that smsplan has no use for: each answers with what to use instead.
func elsewhere(p *program) []*cli.Command {
	var commands []*cli.Command
	for _, one := range []struct{ name, answer string }{
		{"force-unlock", "a state is unlocked by the end of the process that holds it; smsplan state unlock says who that is"},
		{"get", "there are no modules to fetch; smsplan init prepares a directory"},
		{"providers", "the gateway block is all there is; smsplan version tells the versions"},
		{"refresh", "the state is the record of what was sent and needs no refreshing; smsplan resolve settles what is in doubt"},
		{"taint", "to send a message anew, raise its revision"},
		{"untaint", "to send a message anew, raise its revision"},
		{"workspace", "-workspace=NAME, or SMSPLAN_WORKSPACE, has a command work in a workspace; smsplan init -workspace=NAME makes one, and .smsplan.lock.hcl lists them"},
	} {
		commands = append(commands, &cli.Command{
			Name: one.name, Hidden: true, SkipFlagParsing: true,
			Action: func(context.Context, *cli.Command) error {
				return fmt.Errorf("smsplan has no %s: %s", one.name, one.answer)
			},
		})
	}
	return commands
}
