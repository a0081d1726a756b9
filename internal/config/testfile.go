package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// testSuffix ends the names of test files.
const testSuffix = ".smstest.hcl"

// TestFile is a file of tests: runs to be carried out in order, on one state.
type TestFile struct {
	Name string // as diagnostics show it, with slashes
	Runs []*TestRun

	source    *hcl.File
	variables hcl.Attributes
}

// TestOptions say where tests are. The zero options are those of a directory without more than its own.
type TestOptions struct {
	Below      string             // a directory, absolute or below that of the configuration, with more tests; "" for none
	CheckFault func(string) error // tells what is wrong with a fault of the simulator; nil for taking any
}

// ReadTests reads the test files of a configuration's directory, in the order of their names.
func ReadTests(dir string, o TestOptions) ([]*TestFile, Diagnostics) {
	dir = absolute(dir)
	l := &loader{dir: dir, files: make(map[string]*hcl.File), veil: newVeil(false)}
	l.options.CheckFault = o.CheckFault
	var files []*TestFile
	for _, name := range l.testFiles(dir, o.Below) {
		if f := l.readTestFile(filepath.ToSlash(name)); f != nil {
			files = append(files, f)
		}
	}
	return files, l.diagnostics()
}

// testFiles lists test files by their paths from dir.
func (l *loader) testFiles(dir, below string) []string {
	var names []string
	for _, at := range []string{".", below} {
		if at == "" || at != "." && filepath.Clean(at) == "." {
			continue
		}
		found, err := listed(filepath.Join(dir, at), func(entry fs.DirEntry) bool { return isTestFile(entry.Name()) && !entry.IsDir() })
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read a directory of tests", Detail: fmt.Sprintf("%s: %s.", visible(at), reason(err))})
			continue
		}
		for _, name := range found {
			names = append(names, filepath.Join(at, name))
		}
	}
	slices.Sort(names)
	return names
}

// testVariables gives the values in a variables block. Which of them are sensitive only the configuration knows, so no
// diagnostic about the file alone shows any.
func (l *loader) testVariables(b *hcl.Block) hcl.Attributes {
	attrs, diags := b.Body.JustAttributes()
	l.add(diags...)
	for _, attr := range attrs {
		l.veil.spans = append(l.veil.spans, attr.Expr.Range())
	}
	return attrs
}

func isTestFile(name string) bool {
	return !strings.HasPrefix(filepath.Base(name), ".") && strings.HasSuffix(name, testSuffix)
}

func (l *loader) readTestFile(shown string) *TestFile {
	body := l.parse(shown)
	if body == nil {
		return nil
	}
	f := &TestFile{Name: shown, source: l.files[shown]}
	content, diags := testRoot.read(body, "a test file")
	l.add(diags...)
	var first *hcl.Block
	byName := make(map[string]*hcl.Block)
	for _, b := range content.Blocks {
		switch {
		case b.Type == "run":
			if earlier, ok := byName[b.Labels[0]]; ok {
				l.add(fault(b.DefRange, "Duplicate name", fmt.Sprintf("There is already a run named %s, on line %d. Names of runs are unique in a file.", quoted(b.Labels[0]), earlier.DefRange.Start.Line)))
				continue
			}
			byName[b.Labels[0]] = b
			f.Runs = append(f.Runs, l.readTestRun(b))
		case first != nil:
			l.add(fault(b.DefRange, "Second variables block", fmt.Sprintf("A test file has one variables block at most, and there is one on line %d.", first.DefRange.Start.Line)))
		default:
			first = b
			f.variables = l.testVariables(b)
		}
	}
	if len(f.Runs) == 0 && !l.diags.HasErrors() {
		l.add(warning(hcl.Range{Filename: shown, Start: hcl.InitialPos, End: hcl.InitialPos}, "Test file without a run", `The file tests nothing: it has no block run "NAME" { ... }.`))
	}
	return f
}
