package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The gateway of the second run is out of order for longer than the interrupt takes.
const interruptedTests = `
run "first" {
}

run "second" {
  faults = ["error:code=901,times=1000"]

  variables {
    revision = 2
  }
}

run "third" {
}
`

const interruptedConfiguration = `
gateway "simulator" {}

variable "revision" {
  default = 1
}

recipients "crew" {
  numbers = ["+1 202 555 0143"]
}

message "hello" {
  to       = [recipients.crew]
  text     = "Hello."
  revision = var.revision
}
`

func TestAnInterruptEndsTestsAndLeavesNothing(t *testing.T) {
	program := build(t)
	dir, temporary := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"main.sms.hcl": interruptedConfiguration, "a.smstest.hcl": interruptedTests} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "test", "-junit-xml=report.xml")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), `run "first"... pass`) {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, out)
	var exited *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exited) || exited.ExitCode() != statusInterrupted {
		t.Errorf("it ends with %v, want status %d", err, statusInterrupted)
	}
	if !strings.Contains(said.String(), `run "third"... skip`) || strings.Contains(said.String(), `run "second"... pass`) {
		t.Errorf("it says\n%s", said.String())
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left behind, %v", left, err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 3 {
		t.Errorf("the directory holds %v, %v", names, err)
	}
}
