package soap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/soap"
)

// shown is a row of the tables in testdata/soap/README.md that say what the transcripts show.
type shown struct {
	table string
	what  string            // its first column
	files map[string]string // the transcripts that it names, by file name
}

var quoted = regexp.MustCompile("`([^`]+)`")

func readShown(t *testing.T) []shown {
	t.Helper()
	readme, err := os.ReadFile("../../testdata/soap/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(readme), "\n# What they show\n")
	var rows []shown
	for _, table := range strings.Split(tables, "\n## ")[1:] {
		heading, content, _ := strings.Cut(table, "\n")
		_, content, _ = strings.Cut(content, "| --- |\n")
		for line := range strings.Lines(content) {
			row := shown{heading, strings.TrimSpace(strings.Split(line, "|")[1]), map[string]string{}}
			last := line[strings.LastIndex(strings.TrimSuffix(line, " |\n"), "|"):]
			for _, m := range quoted.FindAllStringSubmatch(last, -1) {
				row.read(t, m[1])
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// read takes the transcripts of a name, in either binding.
func (s *shown) read(t *testing.T, name string) {
	t.Helper()
	found := false
	for _, binding := range []string{"document", "rpc"} {
		file := fmt.Sprintf("%s-%s.txtar", binding, name)
		if content, err := os.ReadFile(filepath.Join("../../testdata/soap", file)); err == nil {
			s.files[file], found = string(content), true
		}
	}
	if !found {
		t.Errorf("%s, %s: there is no transcript %s", s.table, s.what, name)
	}
}

func TestTheSectionsOfTheTranscriptsAreDocumented(t *testing.T) {
	readme, err := os.ReadFile("../../testdata/soap/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, x := range exchanges(t, file) {
			for section := range x {
				if !strings.Contains(string(readme), "\n| `"+section+"` |") {
					t.Errorf("%s has a section %s, of which the README says nothing", filepath.Base(file), section)
				}
			}
		}
	}
}

func TestTheTranscriptsShowEveryCodeToleranceAndSwitch(t *testing.T) {
	has := map[string]bool{}
	named := map[string]bool{}
	for _, row := range readShown(t) {
		if len(row.files) == 0 {
			t.Errorf("%s, %s: no transcript is named", row.table, row.what)
		}
		number, _, _ := strings.Cut(row.what, " ")
		has[row.table+" "+number] = true
		for file, content := range row.files {
			named[file] = true
			if row.table == "Error codes" && number >= "000" && number <= "999" && !strings.Contains(content, "ERR: "+number) {
				t.Errorf("%s does not have error %s", file, number)
			}
		}
	}
	for code := range soap.Code(1000) {
		if code.Known() && !has["Error codes "+code.String()] {
			t.Errorf("error %s: no transcript is named", code)
		}
	}
	for n := 1; n <= 13; n++ {
		if !has[fmt.Sprintf("Switches %d", n)] {
			t.Errorf("switch %d: no transcript is named", n)
		}
	}
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !named[filepath.Base(file)] {
			t.Errorf("%s: the README does not say what it shows", filepath.Base(file))
		}
	}
}
