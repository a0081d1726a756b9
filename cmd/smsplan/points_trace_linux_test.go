package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// watchedCalls is every call with which the program touches a file, a lock or the gateway.
const watchedCalls = "openat,read,pread64,write,pwrite64,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,link,linkat," +
	"unlink,unlinkat,mkdirat,fchmod,newfstatat,fstat,statfs,getdents64,flock,fcntl,mmap,socket,connect,close"

// call is a system call in a trace. Calls are counted as strace counts them: for each thread, from 1.
type call struct {
	name   string
	path   string // of the file, relative to the directory of the state where it is in there; "tcp" for a connection
	thread string
	nth    int // of its name in its thread
	nthOf  int // of its name and path in its thread
	error  bool
}

// class is the path without what is random in it.
func (c *call) class() string { return randomPart.ReplaceAllString(c.path, "*") }

// named reports whether the path is the same in every run.
func (c *call) named() bool { return c.path != "tcp" && !strings.Contains(c.class(), "*") }

var (
	tracedCall = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	tracedPath = regexp.MustCompile(`^\d+<([^>]*)>|^AT_FDCWD(?:<[^>]*>)?, "([^"]*)"|^"([^"]*)"|-1, 0`)
	mappedFile = regexp.MustCompile(`, \d+<([^>]*)>, (?:0|0x[0-9a-f]+)\)`)
	renamedTo  = regexp.MustCompile(`, "([^"]*)"(?:, 0)?\)`)
	randomPart = regexp.MustCompile(`\d{6,}`)
)

// readTrace gives the calls in a trace that touch the directory or the gateway, and for each thread and name how many there are.
func readTrace(trace, dir string) (calls []call, err error) {
	f, err := os.Open(trace)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type counter struct{ thread, name, path string }
	counts := map[counter]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := tracedCall.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		c := call{thread: m[1], name: m[2], path: touched(m[2], m[3], dir), error: strings.Contains(m[3], " = -1 ")}
		counts[counter{c.thread, c.name, ""}]++
		c.nth = counts[counter{c.thread, c.name, ""}]
		if c.path == "" {
			continue
		}
		counts[counter{c.thread, c.name, c.path}]++
		c.nthOf = counts[counter{c.thread, c.name, c.path}]
		calls = append(calls, c)
	}
	return calls, lines.Err()
}

// touched gives the file in the directory, or the connection, that a call is about; "" for any other.
func touched(name, args, dir string) string {
	path := ""
	if name == "mmap" {
		if m := mappedFile.FindStringSubmatch(args); m != nil {
			path = m[1]
		}
	} else if m := tracedPath.FindStringSubmatch(args); m != nil {
		path = m[1] + m[2] + m[3]
	}
	if strings.HasPrefix(name, "rename") { // what is replaced says more than the temporary name
		if m := renamedTo.FindStringSubmatch(args); m != nil {
			path = m[1]
		}
	}
	switch {
	case strings.HasPrefix(path, "TCP:"), name == "connect" && strings.Contains(args, "AF_INET"), name == "socket" && strings.Contains(args, "AF_INET"):
		return "tcp"
	case path == "" || strings.Contains(path, ":["):
		return ""
	case !filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return ""
}

// kind is what happens at a call.
type kind string

const (
	killBefore kind = "killed before"
	killAfter  kind = "killed after" // which is before the next call of the thread
	noSpace    kind = "ENOSPC"
	broken     kind = "EIO"
	diskFull   kind = "disk full" // ENOSPC for everything that grows a file of the state, from the call on
)

// point is a call of a command at which something happens.
type point struct {
	scene  *scene
	call   call
	next   *call // of its thread
	kind   kind
	onward bool // from then on, not once
}

func (p *point) String() string {
	when := ""
	if p.onward {
		when = " from then on"
	}
	return fmt.Sprintf("%s: %s%s at %s of %s, call %d of the thread", p.scene.name, p.kind, when, p.call.name, p.call.path, p.call.nth)
}

// injection gives strace's arguments.
func (p *point) injection(dir string) []string {
	c := p.call
	if p.kind == killAfter && p.next != nil {
		c = *p.next
	}
	names, nth := c.name, c.nth
	args := []string{"-f", "-y", "--quiet=all"}
	if p.kind != killBefore && p.kind != killAfter { // with it strace delivers no signals
		args = append(args, "--seccomp-bpf")
	}
	switch {
	case p.kind == diskFull:
		names, nth = "pwrite64,write,ftruncate,fallocate", c.nthOf
		for _, path := range []string{"smsplan.state", "smsplan.state-wal", "smsplan.state-shm", "smsplan.state.lock", "smsplan.state.new", "smsplan.state.new-wal",
			"smsplan.state-journal", "moved.state.new", "moved.state.new-wal", ".smsplan/orphans-1.jsonl", ".smsplan/orphans-2.jsonl", ".smsplan/orphans-3.jsonl"} {
			args = append(args, "-P", filepath.Join(dir, path), "-P", path)
		}
	case c.named():
		nth = c.nthOf
		args = append(args, "-P", filepath.Join(dir, c.path), "-P", c.path)
	}
	effect := "signal=SIGKILL"
	switch p.kind {
	case noSpace, diskFull:
		effect = "error=ENOSPC"
	case broken:
		effect = "error=EIO"
	}
	when := fmt.Sprint(nth)
	if p.onward {
		when += "+"
	}
	return append(args, "-e", "trace="+names, "-e", fmt.Sprintf("inject=%s:%s:when=%s", names, effect, when))
}

// traced is what became of a command under strace.
type traced struct {
	status         int // -1 where it was killed
	stdout, stderr string
	hung           bool
	trace          string   // the file
	injected       []string // the lines of the trace at which something happened
}

func (r *traced) text() string { return r.stdout + r.stderr }

// longestCommand is more than any command takes here.
const longestCommand = time.Minute

// strace runs the program under strace with its arguments.
func (s *stand) strace(options []string, args ...string) (*traced, error) {
	r := &traced{trace: filepath.Join(s.root, "trace")}
	ctx, cancel := context.WithTimeout(context.Background(), longestCommand)
	defer cancel()
	options = append(slices.Clone(options), "-o", r.trace, s.program)
	c := exec.CommandContext(ctx, s.tracer, append(options, args...)...)
	c.WaitDelay = 5 * time.Second
	var out, complaints strings.Builder
	c.Dir, c.Stdout, c.Stderr = s.dir, &out, &complaints
	err := c.Run()
	r.stdout, r.stderr, r.hung = out.String(), complaints.String(), ctx.Err() != nil
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		return nil, fmt.Errorf("strace: %w", err)
	}
	r.status = c.ProcessState.ExitCode()
	if strings.HasPrefix(r.stderr, "strace: ") || strings.Contains(r.stderr, "\nstrace: ") {
		return nil, errors.New(r.stderr)
	}
	trace, err := os.ReadFile(r.trace)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(trace)) {
		if strings.Contains(line, "(INJECTED)") {
			r.injected = append(r.injected, strings.TrimSpace(line))
		}
	}
	if r.status < 0 && !r.hung {
		r.injected = append(r.injected, "killed")
	}
	return r, nil
}
