// Command smsplan plans and applies text messages that are described in HCL.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/smsplan/smsplan/internal/render"
)

func main() {
	os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// run is the whole program for one command line. It alone prints errors and picks the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	// What net/http logs repeats what servers send, numbers and all.
	log.SetOutput(io.Discard)
	p := newProgram(stdin, stdout, stderr, environ)
	ctx, stop := p.signals.listen(ctx)
	defer stop()
	root := p.root()
	args, err := withEnvironment(root, args, p.getenv)
	if err == nil {
		p.log, err = p.logger()
	}
	if err == nil {
		err = root.Run(ctx, args)
	}
	err = p.signals.name(err)
	for _, one := range printed(err) {
		if more := p.reminder(one); more != "" {
			one = fmt.Errorf("%w%s", one, more)
		}
		p.stream.Error(one)
		render.Error(p.stderr, one, p.style(p.stderr))
	}
	if failure := p.endStream(); failure != nil {
		failure = p.unshown(failure)
		render.Error(p.stderr, failure, p.style(p.stderr))
		err = errors.Join(err, failure)
	}
	code := status(err)
	if code == statusError && p.ran {
		code = statusDoubt // 1 would say that nothing was sent
	}
	return code
}
