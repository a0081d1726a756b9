// Command smsplan plans and applies text messages that are described in HCL.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"

	"github.com/smsplan/smsplan/internal/render"
)

func main() {
	// Nothing of it is ever touched, so it takes no memory; but the collector waits until there is as much garbage as this. While
	// the heap grew from nothing it took 40% of the time of a configuration with a thousand blocks.
	ballast := make([]byte, 32<<20)
	defer runtime.KeepAlive(ballast)
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
