//go:build !unix

package main

import (
	"os/exec"
	"time"
)

// endWithChildren has the command end; what it started ends when its pipes do.
func endWithChildren(cmd *exec.Cmd) { cmd.WaitDelay = 10 * time.Second }
