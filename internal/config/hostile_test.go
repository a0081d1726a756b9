package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// hostileLimits are generous: what does not end takes all time, and what is out of proportion takes gigabytes.
const (
	hostileTime   = 3 * time.Minute
	hostileMemory = 2 << 30 // of the whole process, at its peak
)

// endures loads a directory, which must end in time with an error that says what is wanted, and not allocate out of proportion.
func endures(t *testing.T, dir string, o Options, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hostileTime)
	defer cancel()
	type outcome struct{ said string }
	done := make(chan outcome, 1)
	go func() {
		_, d := Load(ctx, dir, o)
		done <- outcome{said(d, dir)}
	}()
	select {
	case <-ctx.Done():
		t.Fatalf("not done after %v", hostileTime)
	case got := <-done:
		if used := mapped(); used > hostileMemory {
			t.Errorf("the process takes %d MiB", used>>20)
		}
		t.Logf("the process takes %d MiB", mapped()>>20)
		harmless(t, got.said)
		if want == "" && got.said != "" || !strings.Contains(got.said, want) {
			t.Errorf("got:\n%.3000s\nwant in it: %s", got.said, want)
		}
	}
}

// mapped gives the bytes that the process has got from the system, which is what it needed at its peak.
func mapped() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peopleOf is a configuration that reads one file.
func peopleOf(kind, path string) string {
	return simulated + fmt.Sprintf("recipients \"a\" {\n  %s {\n    path   = %q\n    number = \"number\"\n  }\n}\n", kind, path)
}

// sparse makes a file of a size that takes no room: it is all noughts but for how it begins.
func sparse(t *testing.T, path, start string, size int64) {
	t.Helper()
	write(t, path, start)
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func TestHostileSourcesAreRefused(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.csv"), "number\n+12025550143\n")
	link := func(target string) func(t *testing.T, dir, name string) {
		return func(t *testing.T, dir, name string) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		make func(t *testing.T, dir, name string)
		want string
	}{
		"link outside":        {link(filepath.Join(outside, "secret.csv")), "leads out"},
		"link to a device":    {link("/dev/zero"), "leads out"},
		"link to standard in": {link("/dev/stdin"), ""},
		"loop":                {link("people"), "too many links"},
		"link upwards":        {link("../../../../../../etc/passwd"), "leads out"},
		"pipe":                {func(t *testing.T, dir, name string) { namedPipe(t, filepath.Join(dir, name)) }, "is not a regular file"},
		"socket":              {func(t *testing.T, dir, name string) { socket(t, dir, name) }, "is not a regular file"},
		"directory":           {func(t *testing.T, dir, name string) { _ = os.Mkdir(filepath.Join(dir, name), 0o700) }, "is a directory"},
		"a line of 2 GiB":     {func(t *testing.T, dir, name string) { sparse(t, filepath.Join(dir, name), "number\n", 2<<30) }, "1 MiB"},
		"10 GB": {func(t *testing.T, dir, name string) {
			sparse(t, filepath.Join(dir, name), "number\n+12025550143\n", 10_000_000_000)
		}, "1 MiB"},
		"an open quote": {func(t *testing.T, dir, name string) {
			sparse(t, filepath.Join(dir, name), "number\n\"+12025550143\n", 1<<30)
		}, "1 MiB"},
		"a million columns": {func(t *testing.T, dir, name string) {
			write(t, filepath.Join(dir, name), "number"+columnsOf(1_000_000))
		}, "1 MiB"},
		"a hundred thousand":    {func(t *testing.T, dir, name string) { write(t, filepath.Join(dir, name), "number"+columnsOf(100_000)) }, "4096"},
		"noughts, not expanded": {func(t *testing.T, dir, name string) { sparse(t, filepath.Join(dir, name), "", 1<<30) }, "1 MiB"},
	} {
		for _, kind := range []string{"csv", "jsonl"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				if strings.HasPrefix(name, "a hundred") && kind == "jsonl" || runtime.GOOS == "windows" {
					t.Skip()
				}
				dir := directory(t, map[string]string{"main.sms.hcl": peopleOf(kind, "people")})
				tt.make(t, dir, "people")
				want := tt.want
				if want == "" {
					want = "Error: "
				}
				endures(t, dir, Options{}, want)
			})
		}
	}
}

func columnsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",c%d", i)
	}
	return b.String()
}

// Directories on the way are followed as files are.
func TestLinkedDirectoriesDoNotLeadOut(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.csv"), "number\n+12025550143\n")
	dir := directory(t, map[string]string{"main.sms.hcl": peopleOf("csv", "a/b/secret.csv"), "real/x": ""})
	for link, target := range map[string]string{"a": "real", "real/b": "../c", "c": outside} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	endures(t, dir, Options{}, "leads out")
	endures(t, dir, Options{AllowPaths: []string{outside}}, "")
}

// A file that is replaced by a link between the look at it and its opening is not read.
func TestAReplacedFileIsNotFollowed(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.csv"), "number\n+12025550143\n")
	dir := directory(t, map[string]string{"people.csv": "number\n"})
	file, err := confinement{dir: dir}.locate("people.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "people.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.csv"), filepath.Join(dir, "people.csv")); err != nil {
		t.Fatal(err)
	}
	if f, err := file.open(); err == nil {
		f.Close()
		t.Error("the file outside was opened")
	}
}

func TestHostileConfigurationsAreRefused(t *testing.T) {
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + "1" + strings.Repeat(end, n) }
	local := func(expression string) string { return simulated + "locals {\n  a = " + expression + "\n}\n" }
	var doubled strings.Builder
	doubled.WriteString(simulated + "locals {\n  t0 = \"" + strings.Repeat("x", 100) + "\"\n")
	for i := range 60 {
		fmt.Fprintf(&doubled, "  t%d = \"${local.t%d}${local.t%[2]d}\"\n", i+1, i)
	}
	doubled.WriteString("}\n")
	var summed strings.Builder
	summed.WriteString(simulated + "locals {\n  price = \"$$5\"\n")
	for i := range mostDeep {
		fmt.Fprintf(&summed, "  s%d = 1 + 1 # of many\n", i)
	}
	summed.WriteString("}\n")
	for name, tt := range map[string]struct {
		file, content, want string
	}{
		"sums with comments":       {"main.sms.hcl", summed.String(), ""},
		"for in for in for":        {"main.sms.hcl", local("[for i in range(1024) : [for j in range(1024) : [for k in range(1024) : 1]]]"), "Too much to work out"},
		"for in a text":            {"main.sms.hcl", local(`"%{ for i in range(1024) }%{ for j in range(1024) }%{ for k in range(1024) }x%{ endfor }%{ endfor }%{ endfor }"`), "Too much to work out"},
		"for in values":            {"smsplan.smsvars.hcl", "a = [for i in [" + strings.Repeat("1,", 1000) + "] : [for j in [" + strings.Repeat("1,", 1000) + "] : [for j in [" + strings.Repeat("1,", 1000) + "] : 1]]]\n", "Too much to work out"},
		"for in JSON":              {"main.sms.json", `{"gateway": {"simulator": {}}, "locals": {"a": "${[for i in range(1024) : [for j in range(1024) : [for k in range(1024) : 1]]]}"}}`, "Too much to work out"},
		"a text of texts":          {"main.sms.hcl", doubled.String(), "Too much to work out"},
		"brackets":                 {"main.sms.hcl", local(nested("[", "]", 1_000_000)), "Nested too deep"},
		"parentheses":              {"main.sms.hcl", local(nested("(", ")", 200_000)), "Nested too deep"},
		"not not":                  {"main.sms.hcl", local(nested("!", "", 200_000)), "Nested too deep"},
		"templates":                {"main.sms.hcl", local(nested(`"${`, `}"`, 60_000)), "Nested too deep"},
		"ifs":                      {"main.sms.hcl", local(`"` + strings.Repeat("%{ if true }", 20_000) + strings.Repeat("%{ endif }", 20_000) + `"`), "Nested too deep"},
		"a sum":                    {"main.sms.hcl", local("1" + strings.Repeat("+1", 200_000)), "Nested too deep"},
		"choices":                  {"main.sms.hcl", local(strings.Repeat("true?1:", 60_000) + "1"), "Nested too deep"},
		"indexes":                  {"main.sms.hcl", local("local.b" + strings.Repeat("[0]", 100_000)), "Nested too deep"},
		"blocks":                   {"main.sms.hcl", strings.Repeat("a {\n", 60_000) + strings.Repeat("}\n", 60_000), "Nested too deep"},
		"JSON":                     {"main.sms.json", nested("[", "]", 1_000_000), "Nested too deep"},
		"JSON objects":             {"main.sms.json", nested(`{"a":`, "}", 100_000), "Nested too deep"},
		"templates in JSON":        {"main.sms.json", `{"locals": {"a": "${` + nested("(", ")", 100_000) + `}"}}`, "Nested too deep"},
		"values of JSON":           {"smsplan.smsvars.json", `{"a": ` + nested("[", "]", 200_000) + "}", "Nested too deep"},
		"a file of 5 MiB":          {"main.sms.hcl", simulated + strings.Repeat("# "+strings.Repeat("x", 4000)+"\n", 1300), "main.sms.hcl is larger than 4 MiB"},
		"values of 5 MiB":          {"a.auto.smsvars.hcl", strings.Repeat("# "+strings.Repeat("x", 4000)+"\n", 1300), "a.auto.smsvars.hcl is larger than 4 MiB"},
		"a dynamic block":          {"main.sms.hcl", simulated + "recipients \"a\" {\n  dynamic \"csv\" {\n    for_each = range(1024)\n    content {\n      path = \"x\"\n      number = \"y\"\n    }\n  }\n}\n", "at most 1000 blocks"},
		"a template of a row":      {"main.sms.hcl", simulated + "recipients \"a\" {\n  numbers = [\"+12025550143\"]\n}\nmessage \"m\" {\n  to   = [recipients.a]\n  text = \"${recipient.number}${join(\"\", [for i in range(1024) : join(\"\", [for j in range(1024) : join(\"\", [for k in range(1024) : recipient.number])])])}\"\n}\n", "Too much to work out"},
		"a condition of a row":     {"main.sms.hcl", simulated + "recipients \"a\" {\n  numbers = [\"+12025550143\"]\n  where = length([for i in range(1024) : [for j in range(1024) : [for k in range(1024) : recipient.number]]]) > 0\n}\n", "Too much to work out"},
		"what is long and is well": {"main.sms.hcl", local("[" + strings.Repeat("1 + 1 == 2 || !true ? \"${1}\" : \"a\",\n", 3000) + "]"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"main.sms.hcl": simulated}
			if strings.HasSuffix(tt.file, ".sms.json") {
				files = map[string]string{}
			}
			if strings.Contains(tt.file, "smsvars") {
				files["main.sms.hcl"] += "variable \"a\" {\n  default = 1\n}\n"
			}
			files[tt.file] = tt.content
			endures(t, directory(t, files), Options{}, tt.want)
		})
	}
}

func TestHostileConfigurationFilesAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no named pipes")
	}
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret.sms.hcl"), "secret = 1\n")
	for name, tt := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"pipe":             {func(t *testing.T, path string) { namedPipe(t, path) }, "is not a regular file"},
		"link outside":     {func(t *testing.T, path string) { _ = os.Symlink(filepath.Join(outside, "secret.sms.hcl"), path) }, "leads out"},
		"link to a device": {func(t *testing.T, path string) { _ = os.Symlink("/dev/zero", path) }, "leads out"},
		"loop":             {func(t *testing.T, path string) { _ = os.Symlink(filepath.Base(path), path) }, "too many links"},
		"huge":             {func(t *testing.T, path string) { sparse(t, path, "# ", 10<<30) }, "is larger than 4 MiB"},
	} {
		for _, file := range []string{"extra.sms.hcl", "extra.sms.json", "smsplan.smsvars.hcl", "a.auto.smsvars.json"} {
			t.Run(name+" "+file, func(t *testing.T) {
				dir := directory(t, map[string]string{"main.sms.hcl": simulated})
				tt.make(t, filepath.Join(dir, file))
				endures(t, dir, Options{}, tt.want)
			})
		}
	}
	t.Run("allowed", func(t *testing.T) {
		dir := directory(t, map[string]string{"main.sms.hcl": simulated})
		_ = os.Symlink(filepath.Join(outside, "secret.sms.hcl"), filepath.Join(dir, "extra.sms.hcl"))
		endures(t, dir, Options{AllowPaths: []string{outside}}, `There is no argument "secret" in a configuration.`)
	})
	t.Run("all together", func(t *testing.T) {
		files := map[string]string{"main.sms.hcl": simulated}
		for i := range 6 {
			files[fmt.Sprint(i, ".sms.hcl")] = strings.Repeat("# "+strings.Repeat("x", 4000)+"\n", 950)
		}
		endures(t, directory(t, files), Options{}, "take more than 16 MiB together")
	})
	t.Run("very many", func(t *testing.T) {
		dir := directory(t, map[string]string{"main.sms.hcl": simulated})
		for i := range mostFiles {
			f, err := os.Create(filepath.Join(dir, fmt.Sprint(i, ".sms.hcl")))
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		endures(t, dir, Options{}, "There are more than 10000 files of the configuration")
	})
}

// A file of values that is named on the command line may lie anywhere and be a pipe; it is read up to a bound, and not waited for when
// nobody writes to it.
func TestGivenFilesOfValuesAreReadWithinBounds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no named pipes")
	}
	outside := t.TempDir()
	dir := directory(t, map[string]string{"main.sms.hcl": simulated + "variable \"a\" {\n  type = string\n  default = \"x\"\n}\n"})
	given := func(path string) Options { return Options{Assignments: []Assignment{{"-var-file", path}}} }

	write(t, filepath.Join(outside, "a.smsvars.hcl"), "a = \"y\"\n")
	endures(t, dir, given(filepath.Join(outside, "a.smsvars.hcl")), "")
	sparse(t, filepath.Join(outside, "huge.smsvars.hcl"), "# ", 10<<30)
	endures(t, dir, given(filepath.Join(outside, "huge.smsvars.hcl")), "is larger than 4 MiB")
	endures(t, dir, given("/dev/zero"), "/dev/zero is not a regular file")
	endures(t, dir, given(outside), "is a directory")
	namedPipe(t, filepath.Join(outside, "nobody.smsvars.hcl"))
	endures(t, dir, given(filepath.Join(outside, "nobody.smsvars.hcl")), "")

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		_, _ = w.WriteString("a = \"from a pipe\"\n")
	}()
	c, d := Load(t.Context(), dir, given(fmt.Sprintf("/dev/fd/%d", r.Fd())))
	if d.HasErrors() || console(t, c, "var.a") != `"from a pipe"` {
		t.Errorf("a pipe: %s", said(d, dir))
	}

	// A pipe that stays open is left when the run is interrupted.
	r2, w2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	defer w2.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, d := Load(ctx, dir, given(fmt.Sprintf("/dev/fd/%d", r2.Fd()))); !d.HasErrors() {
		t.Error("a pipe that stays open was read to its end")
	}
}
