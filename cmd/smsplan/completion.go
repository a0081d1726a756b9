package main

import (
	"context"
	"io"
	"slices"

	"github.com/urfave/cli/v3"
)

// completion shapes the library's command for shell completion like the others.
func completion(p *program, cmd *cli.Command) {
	cmd.Hidden = false
	cmd.Usage = "write a script for shell completion: bash, zsh or fish"
	cmd.Description = "bash: source <(smsplan completion bash) in ~/.bashrc. zsh: source <(smsplan completion zsh) in ~/.zshrc, after compinit.\n" +
		"fish: smsplan completion fish | source in ~/.config/fish/config.fish. Nothing is carried out while you complete."
	cmd.Commands = slices.DeleteFunc(cmd.Commands, func(c *cli.Command) bool { return c.Name == "pwsh" })
	group(p, cmd)
	for _, c := range cmd.Commands {
		c.OnUsageError = usageError
		c.Usage = "write the script for " + c.Name
		if c.Name == "bash" {
			script := c.Action
			c.Action = func(ctx context.Context, cmd *cli.Command) error {
				if err := script(ctx, cmd); err != nil {
					return err
				}
				_, err := io.WriteString(p.stdout, bashAlone)
				return err
			}
		}
	}
}

// bashAlone takes the place of what the library's script does where the package bash-completion is not loaded: an error at each tab.
const bashAlone = `
__smsplan_init_completion() {
  COMPREPLY=()
  if declare -F _comp_initialize >/dev/null 2>&1; then
    _comp_initialize "$@"
  elif declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref "$@" cur prev words cword
  fi
}
`
