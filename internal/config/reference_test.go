package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const reference = "../../docs/language"

// The tables of the reference. Their rows but for the first cell are written from the schema with -update.
const (
	argumentTable = "| argument | type | default | |"
	blockTable    = "| block | label | how many | |"
)

// page is a page of the reference: its lines, and what its tables should say.
type page struct {
	t       *testing.T
	name    string
	lines   []string
	written []string // the lines as the schema has them
	rows    map[string]int
}

func openPage(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(reference, name))
	if err != nil {
		t.Fatal(err)
	}
	return &page{t: t, name: name, lines: strings.SplitAfter(string(text), "\n"), rows: map[string]int{}}
}

// hold compares a page with what it should say, or writes it.
func (p *page) hold() {
	p.t.Helper()
	got, want := strings.Join(p.lines, ""), strings.Join(p.written, "")
	if *update {
		if err := os.WriteFile(filepath.Join(reference, p.name), []byte(want), 0o644); err != nil {
			p.t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s does not say what the schema says; -update writes its tables anew (-want +got):\n%s", p.name, diff)
	}
}

var (
	headingLine = regexp.MustCompile("^(#+) (?:`([a-z_]+)(?: \"([a-zA-Z]+)\")?`)?")
	tableRow    = regexp.MustCompile("^\\| \\[?`([a-z_]+)`")
)

// section is a heading and the block that what stands below it is about.
type section struct {
	level int
	path  string
	block blockType
}

// under gives the section of a heading that names a block, seen from the sections that it stands in. Other headings
// leave it to the section above.
func under(open []section, heading []string) []section {
	level := len(heading[1])
	for len(open) > 1 && open[len(open)-1].level >= level {
		open = open[:len(open)-1]
	}
	name, label := heading[2], heading[3]
	for _, s := range slices.Backward(open) {
		block, ok := s.block.blocks[name]
		path := s.path + name + "."
		if name != "" && s.path == name+"." {
			block, path, ok = s.block, s.path, true
		}
		if ok && label != "" && block.kinds != nil {
			block, ok = block.kinds[label]
			path += label + "."
		}
		if ok {
			return append(open, section{level, path, block})
		}
	}
	return open
}

// readArguments makes the rows of the tables of arguments.
func (p *page) readArguments(language blockType) {
	p.t.Helper()
	open := []section{{block: language}}
	table := false
	for i, line := range p.lines {
		line = strings.TrimSuffix(line, "\n")
		if heading := headingLine.FindStringSubmatch(line); heading != nil {
			open = under(open, heading)
		}
		table = line == argumentTable || table && strings.HasPrefix(line, "|")
		row := tableRow.FindStringSubmatch(line)
		if row == nil || !table {
			p.written = append(p.written, p.lines[i])
			continue
		}
		s := open[len(open)-1]
		at := slices.IndexFunc(s.block.arguments, func(a argument) bool { return a.name == row[1] })
		if at < 0 {
			p.t.Errorf("%s line %d: %s%s is not in the language", p.name, i+1, s.path, row[1])
			p.written = append(p.written, p.lines[i])
			continue
		}
		a := s.block.arguments[at]
		p.rows[s.path+a.name]++
		p.written = append(p.written, fmt.Sprintf("| `%s` | %s | %s | %s |\n", a.name, a.takes.name, a.shown(), a.about))
	}
}

func TestTheReferenceSaysWhatTheSchemaSays(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(root.blocks)) {
		t.Run(name, func(t *testing.T) {
			p := openPage(t, name+".md")
			p.readArguments(root)
			p.complete(argumentPaths(root.blocks[name], name+"."))
			p.hold()
		})
	}
	t.Run("tests", func(t *testing.T) {
		p := openPage(t, "test.md")
		p.readArguments(testRoot)
		p.complete(argumentPaths(testRoot, ""))
		p.hold()
	})
}

// complete demands a row for each argument.
func (p *page) complete(paths []string) {
	p.t.Helper()
	for _, path := range paths {
		if n := p.rows[path]; n != 1 {
			p.t.Errorf("%s has %d rows for %s, want one: | `%s` |, below %q and the heading of its block", p.name, n, path, path[strings.LastIndex(path, ".")+1:], argumentTable)
		}
	}
}

// readBlocks makes the rows of the table of blocks, and of those whose row is missing.
func (p *page) readBlocks() {
	p.t.Helper()
	table := false
	for i, line := range p.lines {
		line = strings.TrimSuffix(line, "\n")
		inTable := line == blockTable || table && strings.HasPrefix(line, "|")
		if table && !inTable {
			for _, name := range slices.Sorted(maps.Keys(root.blocks)) {
				if p.rows[name] == 0 {
					p.written = append(p.written, blockRow(name))
				}
			}
		}
		table = inTable
		row := tableRow.FindStringSubmatch(line)
		if row == nil || !table {
			p.written = append(p.written, p.lines[i])
			continue
		}
		p.rows[row[1]]++
		if _, ok := root.blocks[row[1]]; ok {
			p.written = append(p.written, blockRow(row[1]))
		}
	}
}

// blockRow says what the schema says of a block.
func blockRow(name string) string {
	b := root.blocks[name]
	label, many := "", "any number"
	switch {
	case b.label != "" && b.kinds != nil:
		label = b.label + ": " + strings.Join(markdownStrings(slices.Sorted(maps.Keys(b.kinds))), ", ")
	case b.label != "":
		label = b.label + "; " + b.labelled
	}
	switch {
	case b.least == 1 && b.most == 1:
		many = "one"
	case b.most == 1:
		many = "one at most"
	}
	return fmt.Sprintf("| [`%s`](%[1]s.md) | %s | %s | %s |\n", name, label, many, b.about)
}

func TestTheIndexListsTheBlocks(t *testing.T) {
	p := openPage(t, "README.md")
	p.readBlocks()
	p.hold()
}

func TestEachArgumentAndBlockIsDescribed(t *testing.T) {
	var look func(b blockType, path string)
	look = func(b blockType, path string) {
		if path != "" && (b.about == "" || (b.label == "") != (b.labelled == "")) {
			t.Errorf("%s is not described, or its label is not", path)
		}
		for _, a := range b.arguments {
			if a.takes.name == "" || a.takes.constraint == (argument{}).takes.constraint || a.about == "" || strings.HasSuffix(a.about, ".") || strings.Contains(a.about, "](") || strings.Contains(a.about, "\n") {
				t.Errorf("%s.%s: type %q, description %q, which is one line without links and without a full stop", path, a.name, a.takes.name, a.about)
			}
			if a.required == (a.value() != nil || a.without != "") && a.name != "description" {
				t.Errorf("%s.%s is either required, or something is said of what holds without it", path, a.name)
			}
		}
		for _, nested := range []map[string]blockType{b.blocks, b.kinds} {
			for name, block := range nested {
				look(block, strings.TrimPrefix(path+"."+name, "."))
			}
		}
	}
	look(root, "")
	look(testRoot, "")
}
