package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/seal"
)

// keyVariable is the environment variable that may have the keys of encrypted plans: the keys themselves, as the secrets of
// pipelines are, and not a file's name.
const keyVariable = "SMSPLAN_AGE_IDENTITY"

// opening is the flag of commands that read saved plans.
type opening struct{ identities []string }

func (o *opening) flags() []cli.Flag {
	return []cli.Flag{&cli.GenericFlag{Name: "identity", TakesFile: true, Value: &collected[string]{&o.identities, text},
		Usage: "open an encrypted plan with the key in `FILE`, as age-keygen makes it; may be given several times. " + keyVariable + " may hold the key itself"}}
}

// encrypting adds public keys, which from gave, to those that a plan is saved for.
func encrypting(to *seal.Recipients, keys []string, from string) error {
	for _, key := range keys {
		if err := to.Add(key); err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
	}
	return nil
}

func keysOf(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// openPlan reads a saved plan whole, with the keys that were given where it is encrypted.
func (p *program) openPlan(ctx context.Context, path string, o *opening) (*plan.Plan, error) {
	made, err := readPlan(path)
	switch {
	case err == nil && len(o.identities) > 0:
		return nil, fmt.Errorf("%s is not encrypted, and there is nothing for -identity to open\nIf it should be, somebody has put another plan in its place; else leave -identity out", path)
	case !errors.Is(err, plan.ErrEncrypted):
		return made, err
	}
	keys, failed := p.keys(ctx, o)
	if failed != nil {
		return nil, failed
	}
	if keys.Len() == 0 {
		return nil, err
	}
	return readPlanWith(path, func(r io.ReaderAt, size int64) (*plan.Plan, error) { return plan.Open(r, size, keys.Open) })
}

// shownPlan reads a saved plan for show: without a key, as much of it as anybody may know.
func (p *program) shownPlan(ctx context.Context, path string, o *opening) (*plan.Plan, error) {
	if p.numbers || len(o.identities) > 0 || p.getenv(keyVariable) != "" {
		return p.openPlan(ctx, path, o)
	}
	return peekPlan(path)
}

// keys reads the keys that were given.
func (p *program) keys(ctx context.Context, o *opening) (*seal.Keys, error) {
	keys := &seal.Keys{}
	if value := p.getenv(keyVariable); value != "" {
		if err := keys.Add([]byte(value)); err != nil {
			return nil, fmt.Errorf("%s %w\nIt is the key itself; -identity=FILE names a file that has it", keyVariable, err)
		}
	}
	for _, path := range o.identities {
		file, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("-identity=%s: %w", path, cause(err))
		}
		if seal.Locked(file) {
			if file, err = p.unlock(ctx, path, file); err != nil {
				return nil, err
			}
		}
		if err := keys.Add(file); err != nil {
			return nil, fmt.Errorf("-identity=%s: the file %w", path, err)
		}
	}
	return keys, nil
}

// unlock asks for the passphrase of a file of keys.
func (p *program) unlock(ctx context.Context, path string, file []byte) ([]byte, error) {
	if !p.asks() {
		return nil, fmt.Errorf("-identity=%s: the file is protected by a passphrase, and there is nobody to ask for it\n"+
			"Use a key that is not, which pipelines keep among their secrets and give as %s", path, keyVariable)
	}
	passphrase, err := p.askSecret(ctx, fmt.Sprintf("Passphrase of %s: ", path))
	if err != nil {
		return nil, err
	}
	keys, err := seal.Unlock(file, passphrase)
	if err != nil {
		return nil, fmt.Errorf("-identity=%s: %w", path, err)
	}
	return keys, nil
}

// askSecret asks at the terminal for what is not to be seen there. Whatever comes of it, the terminal shows again what is typed.
func (p *program) askSecret(ctx context.Context, question string) (string, error) {
	terminal := int(p.stdin.(*os.File).Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	fmt.Fprint(p.stderr, question)
	defer fmt.Fprintln(p.stderr)
	type reply struct {
		secret []byte
		err    error
	}
	// Reading from a terminal cannot be cancelled: after an interrupt this goroutine ends with the process.
	replies := make(chan reply, 1)
	go func() {
		secret, err := term.ReadPassword(terminal)
		replies <- reply{secret, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	case r := <-replies:
		return string(r.secret), r.err
	}
}
