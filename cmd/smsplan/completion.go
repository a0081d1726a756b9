package main

import (
	"slices"

	"github.com/urfave/cli/v3"
)

// completion shapes the library's command for shell completion like the others.
func completion(p *program, cmd *cli.Command) {
	cmd.Hidden = false
	cmd.Usage = "write a script for shell completion: bash, zsh or fish"
	cmd.Description = ""
	cmd.Commands = slices.DeleteFunc(cmd.Commands, func(c *cli.Command) bool { return c.Name == "pwsh" })
	group(p, cmd)
	for _, c := range cmd.Commands {
		c.OnUsageError = usageError
	}
}
