package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/smsplan/smsplan/"

// packages says which of our packages each one may import. A package is there because it guards an invariant, hides a
// dependency or a medium, owns a decision, or must not share code with another; a new one needs such a reason, and a line here.
var packages = map[string][]string{
	"internal/phone": {},
	// Valid numbers that belong to nobody: no test names a real person's.
	"internal/phone/fiction": {"internal/phone"},
	// Benchmarks of several packages measure alike, and no code that is shipped reads the clock of the process.
	"internal/stage": {},
	"internal/sms":   {},
	// The world's time zones are a table that planning reads without I/O, and without asking the machine.
	"internal/zone": {},
	// Keys and the library that knows what to do with them stay in one place, and away from what prints and saves.
	"internal/seal":      {},
	"internal/config":    {"internal/phone", "internal/seal", "internal/sms", "internal/zone"},
	"internal/state":     {},
	"internal/plan":      {"internal/config", "internal/phone", "internal/sms", "internal/state", "internal/zone"},
	"internal/soap":      {},
	"internal/simulator": {"internal/simulator/envelope"},
	// What is a call of the gateway is told from what is none before anything else looks at it.
	"internal/simulator/envelope": {},
	// Pages and a control API are another protocol than the gateway's, and sending must not wait for them.
	"internal/simulator/inbox": {"internal/simulator"},
	"internal/apply":           {"internal/phone", "internal/plan", "internal/soap", "internal/state"},
	// What strangers post is told from what is a receipt before anything else looks at it.
	"internal/receipts": {},
	// Whether a configuration can send is judged in one place, from what all others know; it decides nothing that they do.
	"internal/doctor": {"internal/apply", "internal/config", "internal/phone", "internal/plan", "internal/soap", "internal/state"},
	// What tries to break the product is no part of it: it knows its sources and its processes, and imports nothing of it.
	"internal/campaign": {},
	// What measures the program sees what people see of it, its processes, and shares no code with what it measures.
	"internal/bench": {},
	// It alone puts the client, the state and the simulator together without a network, so that no test and no rehearsal can reach a gateway.
	"internal/suite":  {"internal/apply", "internal/config", "internal/phone", "internal/plan", "internal/simulator", "internal/state"},
	"internal/render": {"internal/apply", "internal/config", "internal/doctor", "internal/phone", "internal/plan", "internal/state", "internal/suite"},
	"cmd/smsplan": {
		"internal/apply", "internal/config", "internal/doctor", "internal/phone", "internal/plan", "internal/receipts", "internal/render", "internal/seal", "internal/simulator",
		"internal/simulator/inbox", "internal/sms", "internal/soap", "internal/state", "internal/suite",
		"internal/zone",
	},
}

// source is a Go file of the repository.
type source struct {
	path, dir string // below the root, with slashes
	test      bool
	file      *ast.File
}

func (s source) imports(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, i := range s.file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, path)
	}
	return list
}

// parse reads every Go file of the repository. It does not ask the go command, whose cache would not see a new file.
func parse(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var sources []source
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			short, err := filepath.Rel(root, path)
			short = filepath.ToSlash(short)
			sources = append(sources, source{path: short, dir: short[:strings.LastIndex(short, "/")], test: strings.HasSuffix(path, "_test.go"), file: file})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return sources
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, s := range parse(t) {
		allowed, listed := packages[s.dir]
		if !listed {
			t.Errorf("%s: package %s is not in the table", s.path, s.dir)
			continue
		}
		if s.test {
			continue
		}
		for _, path := range s.imports(t) {
			if ours, ok := strings.CutPrefix(path, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, and %s may not", s.path, ours, s.dir)
			}
		}
	}
}

func TestPlanDoesNoIOAndKnowsNoClockOrChance(t *testing.T) {
	banned := []string{"os", "net", "io/fs", "math/rand", "math/rand/v2", "crypto/rand"}
	for _, s := range parse(t) {
		if s.dir != "internal/plan" || s.test {
			continue
		}
		for _, path := range s.imports(t) {
			if slices.Contains(banned, path) {
				t.Errorf("%s imports %s", s.path, path)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, selector.Sel.Name) {
				t.Errorf("%s calls time.%s", s.path, selector.Sel.Name)
			}
			return true
		})
	}
}

func TestClientAndSimulatorMeetOnlyInTheProgramAndInTests(t *testing.T) {
	both := map[string]map[string]bool{}
	for _, s := range parse(t) {
		if s.test || s.dir == "cmd/smsplan" {
			continue
		}
		if both[s.dir] == nil {
			both[s.dir] = map[string]bool{}
		}
		for _, path := range s.imports(t) {
			both[s.dir][path] = true
		}
	}
	for dir, imports := range both {
		for path := range imports {
			if imports[module+"internal/soap"] && strings.HasPrefix(path, module+"internal/simulator") {
				t.Errorf("%s imports both soap and %s: they could come to share a mistake", dir, path)
			}
		}
	}
}

func TestOnlyOnePackageKnowsEachDependency(t *testing.T) {
	owners := map[string][]string{
		"github.com/hashicorp/hcl/v2":           {"internal/config"},
		"github.com/zclconf/go-cty":             {"internal/config"},
		"github.com/nyaruka/phonenumbers":       {"internal/bench"}, // to compare with; the tests hold the tables against it
		"github.com/ncruces/go-sqlite3":         {"internal/state"},
		"github.com/gofrs/flock":                {"internal/simulator", "internal/state"},
		"github.com/fatih/color":                {"internal/render"},
		"github.com/urfave/cli/v3":              {"cmd/smsplan"},
		"golang.org/x/term":                     {"cmd/smsplan"},
		"golang.org/x/time/rate":                {"internal/apply"},
		"github.com/hashicorp/go-retryablehttp": {},
	}
	for _, s := range parse(t) {
		if s.test {
			continue
		}
		for _, path := range s.imports(t) {
			for dependency, dirs := range owners {
				if (path == dependency || strings.HasPrefix(path, dependency+"/")) && !slices.Contains(dirs, s.dir) {
					t.Errorf("%s imports %s, which belongs behind %v", s.path, path, dirs)
				}
			}
		}
	}
}
