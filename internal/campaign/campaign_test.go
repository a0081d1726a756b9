package main

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const root = "../.."

func TestEverySabotageFitsTheSourcesAndBuilds(t *testing.T) {
	above, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sabotages {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			files, err := edited(above, s.edits)
			if err != nil {
				t.Fatal(err)
			}
			packages := map[string]bool{}
			for path, content := range files {
				if _, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution); err != nil {
					t.Error(err)
				}
				packages[filepath.Dir(path)] = true
			}
			file, err := overlay(above, t.TempDir(), s.edits)
			if err != nil {
				t.Fatal(err)
			}
			for dir := range packages {
				build := exec.Command("go", "build", "-overlay="+file, ".")
				build.Dir = dir
				if out, err := build.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			}
		})
	}
}

func TestASabotageThatFitsNowhereIsAnError(t *testing.T) {
	above := t.TempDir()
	if err := os.WriteFile(filepath.Join(above, "a.go"), []byte("one two one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range []edit{{"a.go", "one", "1"}, {"a.go", "three", "3"}, {"b.go", "one", "1"}} {
		if _, err := edited(above, []edit{e}); err == nil {
			t.Errorf("%+v is taken", e)
		}
	}
	files, err := edited(above, []edit{{"a.go", "two", "2"}, {"a.go", "one 2", "1 2"}})
	if got := string(files[filepath.Join(above, "a.go")]); err != nil || got != "1 2 one" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEveryCampaignNamesATestThatIsThere(t *testing.T) {
	there := map[string]bool{}
	if err := eachTest(root, func(dir, name string) { there[dir+"."+name] = true }); err != nil {
		t.Fatal(err)
	}
	for _, c := range campaigns {
		if !there[c.dir+"."+c.test] {
			t.Errorf("%s: %s has no test %s", c.id, c.dir, c.test)
		}
	}
	listed := map[string]bool{}
	for _, c := range campaigns {
		listed[c.test] = true
	}
	names := map[string]bool{}
	for _, s := range sabotages {
		if !listed[s.caughtBy.test] {
			t.Errorf("%s is to be caught by %s, which is not in the table", s.name, s.caughtBy.test)
		}
		if names[s.name] {
			t.Errorf("two sabotages are called %s", s.name)
		}
		names[s.name] = true
	}
}

func TestFuzzTargetsAreFound(t *testing.T) {
	targets, err := fuzzTargets(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range targets {
		if c.dir == "internal/phone" && c.test == "FuzzParse" {
			return
		}
	}
	t.Errorf("FuzzParse of internal/phone is not among %d targets", len(targets))
}

var killed = line{"R1", "random kill -9", "1,000 kills", "seeds 1 to 20", "0 sent twice, 0 lost, 0 skipped silently"}

func TestALineIsRead(t *testing.T) {
	got, ok := parseLine("campaign: R1 | random kill -9 | 1,000 kills | seeds 1 to 20 | 0 sent twice, 0 lost, 0 skipped silently\n")
	if !ok || got != killed {
		t.Errorf("%+v, %t", got, ok)
	}
	more, _ := parseLine("campaign: R4 | faults | 2 kinds | seed 1 | 0 lost | 7 runs, 3 killed")
	if more.findings != "0 lost; 7 runs, 3 killed" {
		t.Errorf("findings are %q", more.findings)
	}
	for _, text := range []string{"", "ok", "campaign: R1 | two", "--- FAIL: TestX | a | b | c | d"} {
		if l, ok := parseLine(text); ok {
			t.Errorf("%q is taken for %+v", text, l)
		}
	}
}

func TestFindingsAreThoseThatAreNotZero(t *testing.T) {
	for name, tt := range map[string]struct {
		findings, words string
		want            bool
	}{
		"none":            {"0 sent twice, 0 lost", "lost", false},
		"one":             {"0 sent twice, 1 lost, 0 skipped silently", "lost", true},
		"many":            {"1,234 sent twice, 0 lost", "sent twice", true},
		"another":         {"0 sent twice, 7 lost", "sent twice", false},
		"with more words": {"3 lost of what was acknowledged", "lost", true},
		"before a count":  {"0 sent twice, 2 lost; 7 runs", "lost", true},
		"not counted":     {"nothing lost", "lost", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (line{findings: tt.findings}).found(tt.words); got != tt.want {
				t.Errorf("found(%q) in %q = %t", tt.words, tt.findings, got)
			}
		})
	}
}

func TestACampaignHasToEndWellAndToSaySo(t *testing.T) {
	lossy := killed
	lossy.findings = "0 sent twice, 2 lost"
	for name, tt := range map[string]struct {
		lines  []line
		failed error
		well   bool
	}{
		"well":                      {[]line{killed}, nil, true},
		"failed":                    {[]line{killed}, errors.New("exit status 1"), false},
		"no line":                   {nil, nil, false},
		"died":                      {nil, errors.New("signal: killed"), false},
		"a finding, and no failure": {[]line{killed, lossy}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := judge(tt.lines, tt.failed); (err == nil) != tt.well {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestASabotageHasToBeCaughtByItsFinding(t *testing.T) {
	lossy := killed
	lossy.findings = "0 sent twice, 2 lost"
	failed := errors.New("exit status 1")
	for name, tt := range map[string]struct {
		lines  []line
		failed error
		caught bool
	}{
		"caught":             {[]line{lossy}, failed, true},
		"not caught":         {[]line{killed}, nil, false},
		"failed for nothing": {[]line{killed}, failed, false},
		"no line":            {nil, failed, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := sabotage{finding: "lost"}
			if err := s.judge(tt.lines, tt.failed); (err == nil) != tt.caught {
				t.Errorf("%v", err)
			}
		})
	}
	if err := (&sabotage{finding: "sent twice"}).judge([]line{lossy}, failed); err == nil {
		t.Error("another finding counts")
	}
}

func TestTheReportIsMarkdown(t *testing.T) {
	var out bytes.Buffer
	report(&out, "Commit c0ffee.", []*job{
		{campaign: kills, lines: []line{killed}, took: 187 * time.Second},
		{campaign: campaign{id: "R3", what: "power cuts"}, err: errors.New("interrupted")},
		{campaign: kills, sabotage: &sabotage{name: "intents off", broken: "the intent is recorded after the exchange"},
			lines: []line{{"R1", "random kill -9", "40 kills", "seed 1", "3 sent twice, 0 lost"}}, took: time.Second},
	})
	want := strings.TrimPrefix(`
Commit c0ffee.

| id | campaign | count | seeds | findings | duration |
| --- | --- | --- | --- | --- | --- |
| R1 | random kill -9 | 1,000 kills | seeds 1 to 20 | 0 sent twice, 0 lost, 0 skipped silently | 3 min 7 s |
| R3 | power cuts | - | - | interrupted | 0 s |

| sabotage | what is broken | caught by | after | finding |
| --- | --- | --- | --- | --- |
| intents off | the intent is recorded after the exchange | R1 | 40 kills | 3 sent twice, 0 lost |
`, "\n")
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheFuzzersLastWordCounts(t *testing.T) {
	output := "fuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 1 (total: 5)\n" +
		"fuzz: elapsed: 6s, execs: 123456 (33/sec), new interesting: 12 (total: 16)\nPASS\n"
	got := fuzzLine(campaign{id: "R10", what: "fuzzing", dir: "internal/phone", test: "FuzzParse"}, []byte(output))
	want := line{"R10", "fuzzing FuzzParse of internal/phone", "123,456 inputs", "-", "0 findings, 12 inputs that reach new code"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
	const slow = "fuzz: elapsed: 18s, gathering baseline coverage: 1310/2311 completed\nfuzz: elapsed: 20s, gathering baseline coverage: 1451/2311 completed\nPASS\n"
	if got := fuzzLine(campaign{id: "R10"}, []byte(slow)); len(got) != 1 || got[0].count != "1,451 known inputs" || got[0].findings != "0 findings" {
		t.Errorf("%+v", got)
	}
	if got := fuzzLine(campaign{}, []byte("FAIL")); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestAFuzzerWhoseTimeIsUpHasFoundNothing(t *testing.T) {
	const running = "fuzz: elapsed: 20s, execs: 1234 (60/sec), new interesting: 5 (total: 70)\n"
	for name, tt := range map[string]struct{ output, want string }{
		"at its end":     {running + "PASS\n", "0 findings, 5 inputs that reach new code"},
		"in an input":    {running + "--- FAIL: FuzzLoad (20.10s)\n    context deadline exceeded\nFAIL\n", "0 findings, 5 inputs that reach new code"},
		"with a finding": {running + "--- FAIL: FuzzLoad (20.10s)\n    --- FAIL: FuzzLoad (0.00s)\n    Failing input written to testdata/fuzz/FuzzLoad/0\nFAIL\n", "1 finding, 5 inputs that reach new code"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := fuzzLine(campaign{id: "R10"}, []byte(tt.output))
			if len(lines) != 1 || lines[0].findings != tt.want || lines[0].count != "1,234 inputs" {
				t.Errorf("%+v; want %s", lines, tt.want)
			}
		})
	}
}
