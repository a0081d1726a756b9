package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
)

const workspaces = "-workspace=NAME, or SMSPLAN_WORKSPACE, has a command work in a workspace; smsplan init -workspace=NAME makes one, and .smsplan.lock.hcl lists them"

// elsewhere gives Terraform's commands that smsplan has no use for: each answers with what to use instead.
func elsewhere(p *program) []*cli.Command {
	var commands []*cli.Command
	for _, one := range []struct{ name, answer string }{
		{"force-unlock", "a state is unlocked by the end of the process that holds it; smsplan state unlock says who that is"},
		{"env", workspaces},
		{"get", "there are no modules to fetch; smsplan init prepares a directory"},
		{"import", "an import block in the configuration names people who have a message from elsewhere (docs/language/import.md)"},
		{"login", "there is nothing to log in to: the gateway's user and password come from SMSPLAN_USER and SMSPLAN_PASSWORD, or from variables"},
		{"logout", "nothing is kept that it would forget"},
		{"modules", "there are none: a configuration is one directory"},
		{"providers", "the gateway block is all there is; smsplan version tells the versions"},
		{"refresh", "the state is the record of what was sent and needs no refreshing; smsplan resolve settles what is in doubt"},
		{"taint", "to send a message anew, raise its revision"},
		{"untaint", "to send a message anew, raise its revision"},
		{"workspace", workspaces},
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

// foreign are Terraform's flags that no command has, with what to use instead.
var foreign = map[string]string{
	"backend":        "the state block says where the state is",
	"backend-config": "the state block says where the state is, and may say so with variables",
	"backup":         "smsplan state pull writes what the state holds, and docs/state.md tells how it is backed up",
	"destroy":        "smsplan cancel withdraws what the gateway still holds; what was sent cannot be called back",
	"force-copy":     "smsplan state push moves a state",
	"lock":           "a state is always locked by whoever changes it; -lock-timeout=5m waits for that",
	"migrate-state":  "smsplan state push moves a state",
	"reconfigure":    "smsplan state push moves a state, and smsplan state adopt takes one that was moved",
	"refresh":        "nothing is refreshed by a plan; smsplan status and smsplan resolve ask the gateway",
	"refresh-only":   "smsplan status and smsplan resolve ask the gateway, and send nothing",
	"replace":        "to send a message anew, raise its revision",
	"state":          "the state block says where the state is",
	"state-out":      "the state block says where the state is",
	"upgrade":        "there are no providers and modules to fetch",
}

// instead says what to use in the place of a flag that a command does not have.
func instead(cmd *cli.Command, name string) string {
	if answer := foreign[name]; answer != "" {
		return ": " + answer
	}
	var names []string
	for _, flag := range slices.Concat(cmd.Flags, persistent(cmd.Root().Flags)) {
		names = append(names, flag.Names()[0])
	}
	if near := config.Nearest(name, names); near != "" {
		return "; did you mean -" + near + "?"
	}
	return ""
}
