package main

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// fuzzTargets finds the fuzz targets of the module, so that none is forgotten. It does not ask the Go tool, which would
// build every test first.
func fuzzTargets(root string) (targets []campaign, err error) {
	err = eachTest(root, func(dir, name string) {
		if strings.HasPrefix(name, "Fuzz") {
			targets = append(targets, campaign{id: "R10", what: "fuzzing", dir: dir, test: name, fuzz: true})
		}
	})
	slices.SortFunc(targets, func(a, b campaign) int { return cmp.Or(cmp.Compare(a.dir, b.dir), cmp.Compare(a.test, b.test)) })
	return targets, err
}

// eachTest calls do for every function of the module's tests, with the directory of its package.
func eachTest(root string, do func(dir, name string)) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil {
				do(filepath.ToSlash(dir), f.Name.Name)
			}
		}
		return err
	})
}

// fuzzed is what the fuzzer says every few seconds and at its end.
var fuzzed = regexp.MustCompile(`fuzz: elapsed: .*, execs: (\d+) \(.*\), new interesting: (\d+) `)

// known is what it says while it tries the inputs that it has: seeds, and what it found of late.
var known = regexp.MustCompile(`fuzz: elapsed: .*, gathering baseline coverage: (\d+)/\d+ completed`)

// overtime is what the fuzzer says where its time ended in the middle of an input: that is a failure to it, and no finding.
var overtime = regexp.MustCompile(`--- FAIL: \w+ \([0-9.]+s\)\n\s+context deadline exceeded\n`)

// ranOut reports whether nothing but the end of its time stopped the fuzzer.
func ranOut(output []byte) bool {
	return overtime.Match(output) && !strings.Contains(string(output), "Failing input")
}

// fuzzLine makes of what the fuzzer printed the line that it does not print.
func fuzzLine(c campaign, output []byte) []line {
	l := line{id: c.id, what: c.what + " " + c.test + " of " + c.dir, seeds: "-", findings: "0 findings"}
	if strings.Contains(string(output), "--- FAIL") && !ranOut(output) {
		l.findings = "1 finding"
	}
	if all := fuzzed.FindAllSubmatch(output, -1); all != nil {
		last := all[len(all)-1]
		l.count = grouped(string(last[1])) + " inputs"
		l.findings += ", " + grouped(string(last[2])) + " inputs that reach new code"
		return []line{l}
	}
	all := known.FindAllSubmatch(output, -1)
	if all == nil {
		return nil
	}
	l.count = grouped(string(all[len(all)-1][1])) + " known inputs"
	return []line{l}
}

// grouped puts commas between the thousands of a number.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
