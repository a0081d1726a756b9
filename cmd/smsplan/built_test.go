package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var given = flag.String("program", "", "test the program in `FILE` as a process, instead of building it")

// build gives the program as it is shipped: the one that was given, or one built for the test.
func build(t *testing.T) (program string) {
	t.Helper()
	if *given != "" {
		program, err := filepath.Abs(*given)
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
	program = filepath.Join(t.TempDir(), "smsplan")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// scripted is the path of the program that scripts run: the one that was given, or the test itself in its guise.
func scripted(ts *testscript.TestScript) string {
	if *given != "" {
		program, err := filepath.Abs(*given)
		ts.Check(err)
		return program
	}
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, executable)); err == nil {
			return filepath.Join(dir, executable)
		}
	}
	ts.Fatalf("%s is not in the path", executable)
	return ""
}
