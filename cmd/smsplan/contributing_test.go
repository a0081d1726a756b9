package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The Go tool refuses a flag that one of the packages does not have.
func TestContributingNamesThePackagesWithGoldenFiles(t *testing.T) {
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("(?s)`go test([^`]*)-update`")
	named := map[string]bool{}
	for _, c := range command.FindAllSubmatch(contributing, -1) {
		for _, word := range strings.Fields(string(c[1])) {
			if dir, ok := strings.CutPrefix(word, "./"); ok {
				named[dir] = true
			}
		}
	}
	has := map[string]bool{}
	for _, pattern := range []string{"../../cmd/*/*_test.go", "../../internal/*/*_test.go", "../../internal/*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(source), `flag.Bool("update"`+",") {
				has[strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../../")] = true
			}
		}
	}
	if diff := cmp.Diff(has, named); diff != "" || len(has) == 0 {
		t.Errorf("packages whose tests have -update, and those that CONTRIBUTING names: %s", diff)
	}
}
