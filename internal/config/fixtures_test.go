package config

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"

	"github.com/smsplan/smsplan/internal/simulator"
)

// fixtures holds one archive for each argument, named for its path: message.flash.txtar, message.binary.data.txtar,
// gateway.simulator.rate.txtar. In right.sms.hcl, a whole configuration, the argument is right; in wrong.sms.hcl it is wrong,
// and wrong.txt is what `smsplan validate` prints of that. There may be further pairs, such as wrong-2.sms.hcl with wrong-2.txt
// and right-2.sms.hcl, and other files, which stand beside each configuration. The comment may name options as those of
// the other golden files do.
const fixtures = "testdata/arguments"

// testFixtures holds the same for what test files take: right.smstest.hcl, wrong.smstest.hcl, wrong.txt, beside the configuration that
// they are about.
const testFixtures = "testdata/test-arguments"

// argumentPaths gives the path of each argument of the language.
func argumentPaths(t blockType, path string) []string {
	var paths []string
	for _, a := range t.arguments {
		paths = append(paths, path+a.name)
	}
	for _, nested := range []map[string]blockType{t.blocks, t.kinds} {
		for _, name := range slices.Sorted(maps.Keys(nested)) {
			paths = append(paths, argumentPaths(nested[name], path+name+".")...)
		}
	}
	return paths
}

func TestEveryArgumentHasFixtures(t *testing.T) {
	haveFixtures(t, root, fixtures)
	haveFixtures(t, testRoot, testFixtures)
}

func haveFixtures(t *testing.T, language blockType, fixtures string) {
	t.Helper()
	files, err := filepath.Glob(fixtures + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	has := map[string]bool{}
	for _, file := range files {
		has[strings.TrimSuffix(filepath.Base(file), ".txtar")] = true
	}
	for _, path := range argumentPaths(language, "") {
		if !has[path] {
			t.Errorf("there is no %s/%s.txtar", fixtures, path)
		}
		delete(has, path)
	}
	for path := range has {
		t.Errorf("%s/%s.txtar is about an argument that is not in the language", fixtures, path)
	}
}

func TestArgumentsAreRightAndWrongAsTheirFixturesSay(t *testing.T) {
	areAsFixturesSay(t, fixtures, configurationFile, validated)
}

func TestArgumentsOfTestsAreRightAndWrongAsTheirFixturesSay(t *testing.T) {
	areAsFixturesSay(t, testFixtures, isTestFile, validatedTest)
}

// validates gives what `smsplan validate` says of one file of an archive.
type validates func(t *testing.T, archive *txtar.Archive, name string) (Diagnostics, string)

func areAsFixturesSay(t *testing.T, fixtures string, about func(name string) bool, said validates) {
	files, err := filepath.Glob(fixtures + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		path := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(path, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := txtar.Format(archive)
			rights, wrongs := 0, 0
			for i := 0; i < len(archive.Files); i++ {
				name := archive.Files[i].Name
				switch {
				case !about(name):
				case strings.HasPrefix(name, "right"):
					rights++
					isRight(t, archive, name, path, said)
				case strings.HasPrefix(name, "wrong"):
					wrongs++
					isWrong(t, archive, i, said)
				}
			}
			if rights == 0 || wrongs == 0 {
				t.Errorf("%d configurations are right and %d are wrong, want one of each at least", rights, wrongs)
			}
			if after := txtar.Format(archive); *update && !bytes.Equal(before, after) {
				if err := os.WriteFile(file, after, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// validated gives what `smsplan validate` says of one configuration of an archive.
func validated(t *testing.T, archive *txtar.Archive, name string) (Diagnostics, string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == name || !configurationFile(f.Name) && !expectation(f.Name) {
			write(t, filepath.Join(dir, f.Name), string(f.Data))
		}
	}
	o := goldenOptions(t, name, archive, dir)
	if o.Scope == ScopeAll {
		o.Scope = ScopeValidate
	}
	o.CheckFault = func(text string) error {
		_, err := simulator.ParseFault(text)
		return err
	}
	_, d := Load(t.Context(), dir, o)
	return d, said(d, dir)
}

// expectation reports whether a file of an archive says what is wrong.
func expectation(name string) bool {
	return strings.HasPrefix(name, "wrong") && strings.HasSuffix(name, ".txt")
}

// validatedTest is validated for a test file.
func validatedTest(t *testing.T, archive *txtar.Archive, name string) (Diagnostics, string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == name || configurationFile(f.Name) {
			write(t, filepath.Join(dir, f.Name), string(f.Data))
		}
	}
	checkFault := func(text string) error {
		_, err := simulator.ParseFault(text)
		return err
	}
	c, d := Load(t.Context(), dir, Options{Scope: ScopeValidate, CheckFault: checkFault})
	files, more := ReadTests(dir, TestOptions{CheckFault: checkFault})
	d = d.Append(more)
	for _, f := range files {
		if !d.HasErrors() {
			d = d.Append(f.Check(c))
		}
	}
	return d, said(d, dir)
}

func isRight(t *testing.T, archive *txtar.Archive, name, path string, said validates) {
	t.Helper()
	if d, text := said(t, archive, name); !d.Empty() {
		t.Errorf("%s is not right:\n%s", name, text)
	}
	for _, f := range archive.Files {
		file, diags := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
		if f.Name == name && strings.HasSuffix(name, ".hcl") && (diags.HasErrors() || !gives(file.Body.(*hclsyntax.Body), strings.Split(path, "."))) {
			t.Errorf("%s does not give %s", name, path)
		}
	}
}

// gives reports whether a body gives the argument with a path.
func gives(body *hclsyntax.Body, path []string) bool {
	if len(path) == 1 {
		return body.Attributes[path[0]] != nil
	}
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		rest := path[1:]
		if len(rest) > 1 && slices.Contains(b.Labels, rest[0]) {
			rest = rest[1:]
		}
		return b.Type == path[0] && gives(b.Body, rest)
	})
}

func isWrong(t *testing.T, archive *txtar.Archive, i int, said validates) {
	t.Helper()
	name := archive.Files[i].Name
	d, got := said(t, archive, name)
	if d.Empty() {
		t.Errorf("nothing is wrong with %s", name)
	}
	for _, each := range d.List() {
		if each.Range == nil || each.Detail == "" {
			t.Errorf("%s: a diagnostic without a place or a remedy: %s", name, each.Summary)
		}
	}
	stem, _, _ := strings.Cut(name, ".")
	at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == stem+".txt" })
	switch {
	case *update && at < 0:
		archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: stem + ".txt", Data: []byte(got)})
	case *update:
		archive.Files[at].Data = []byte(got)
	case at < 0:
		t.Errorf("there is no %s.txt", stem)
	default:
		if diff := cmp.Diff(string(archive.Files[at].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
