package doctor

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

// checkout looks at what version control knows of the directory. A simulated gateway's state is nobody's loss.
func (e *examination) checkout(ctx context.Context) {
	const committed, ignored = "lock file", ".gitignore"
	because := ""
	switch {
	case !e.StateKnown:
		because = "the configuration cannot be read"
	case e.simulated():
		because = "the gateway is simulated"
	default:
		if out, err := e.git(ctx, "rev-parse", "--is-inside-work-tree"); err != nil || out != "true" {
			because = "the directory is not in a git repository, or there is no git"
		}
	}
	if because != "" {
		e.unchecked(because, committed, ignored)
		return
	}
	e.committed(ctx, committed)
	e.ignored(ctx, ignored)
}

func (e *examination) committed(ctx context.Context, name string) {
	remedy := "commit " + config.LockName + ": with it, a lost or foreign state is noticed before everything is sent again"
	if !e.Entered {
		e.unchecked(config.LockName+" does not name the state", name)
		return
	}
	status, err := e.git(ctx, "status", "--porcelain", "--ignored", "--", config.LockName)
	switch {
	case err != nil:
		e.unchecked("git does not say whether it is committed", name)
	case strings.HasPrefix(status, "!!"):
		e.warn(name, config.LockName+" is ignored by git", "take it out of .gitignore, and "+remedy)
	case strings.HasPrefix(status, "??"):
		e.warn(name, config.LockName+" is not committed", remedy)
	case status != "":
		e.warn(name, config.LockName+" has changes that are not committed", remedy)
	default:
		e.ok(name, "committed")
	}
}

func (e *examination) ignored(ctx context.Context, name string) {
	var bare, tracked []string
	for _, each := range []struct{ path, name string }{
		{e.Settings.Path, filepath.Base(e.Settings.Path)},
		{filepath.Join(e.Config.Dir, ".smsplan", "anchor"), ".smsplan"},
	} {
		if below, err := filepath.Rel(e.Config.Dir, each.path); err != nil || !filepath.IsLocal(below) {
			continue // elsewhere
		}
		if out, err := e.git(ctx, "ls-files", "--", each.path); err == nil && out != "" {
			tracked = append(tracked, each.name)
		} else if _, err := e.git(ctx, "check-ignore", "-q", "--", each.path); exitStatus(err) == 1 {
			bare = append(bare, each.name)
		}
	}
	switch {
	case len(tracked) > 0:
		e.fail(name, strings.Join(tracked, " and ")+" is in version control: every checkout would have a copy of the state, and send by itself",
			"git rm -r --cached "+strings.Join(tracked, " ")+", and name it in .gitignore")
	case len(bare) > 0:
		e.warn(name, strings.Join(bare, " and ")+" is not ignored by git", "add it to .gitignore, as smsplan init writes it: a state in version control is a copy that sends by itself")
	default:
		e.ok(name, "the state and .smsplan are ignored")
	}
}

// git asks git about the directory of the configuration, and gives what it says.
func (e *examination) git(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir = e.Config.Dir
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

func exitStatus(err error) int {
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		return ended.ExitCode()
	}
	return -1
}
