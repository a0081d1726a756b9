package config

import (
	"bytes"
	"math/big"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/tools/txtar"
)

// fileSeeds adds the files of the golden archives whose names end so.
func fileSeeds(f *testing.F, suffix string) {
	f.Helper()
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, suffix) {
				f.Add(file.Data)
			}
		}
	}
}

// harmless fails the test where diagnostics hold what a terminal would obey.
func harmless(t *testing.T, said string) {
	t.Helper()
	if strings.ContainsFunc(said, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}) {
		t.Errorf("control characters in %q", said)
	}
}

// Whatever a configuration holds, all scopes read it within bounds, say what is wrong with it harmlessly and in its files, and an error
// in the narrowest scope is one in all.
func FuzzLoad(f *testing.F) {
	fileSeeds(f, ".sms.hcl")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		write(t, filepath.Join(dir, "main.sms.hcl"), string(src))
		began, allocated := time.Now(), allocations()
		for _, scope := range []Scope{ScopeAll, ScopeValidate, ScopeSend, ScopeState} {
			c, d := Load(t.Context(), dir, Options{Scope: scope})
			harmless(t, said(d, dir))
			for _, diag := range d.List() {
				if diag.Range != nil && diag.Range.Filename == "main.sms.hcl" && (diag.Range.Start.Byte < 0 || diag.Range.End.Byte > len(src)+1) { // the place behind the end is one byte wide
					t.Errorf("a diagnostic points outside of the file: %+v %+v", diag, diag.Range)
				}
			}
			c.Evaluate("recipients")
			if !d.HasErrors() && scope == ScopeAll {
				for i := 1; i < len(c.Messages); i++ {
					if c.Messages[i-1].Address >= c.Messages[i].Address {
						t.Errorf("messages %s and %s", c.Messages[i-1].Address, c.Messages[i].Address)
					}
				}
			}
		}
		if took, used := time.Since(began), allocations()-allocated; took > 10*time.Second || used > 64<<20+uint64(len(src))*64<<10 {
			t.Errorf("%d bytes take %v and %d bytes", len(src), took, used)
		}
	})
}

// Whatever a configuration in JSON holds, it is read as one of the native syntax is.
func FuzzLoadJSON(f *testing.F) {
	fileSeeds(f, ".sms.json")
	for _, seed := range []string{
		`[{"gateway": {"simulator": {}}}, {"locals": [{"a": 1}, {"b": "${local.a}"}]}]`, `{"message": [{"m": [{"to": [], "text": "x"}]}]}`, `{"gateway": null, "message": {"m": null}}`,
		`{"recipients": {"a": {"dynamic": {"csv": [{"for_each": ["x"], "iterator": "i", "content": {"path": "${i.value}", "number": "n"}}]}}}}`,
		`{"recipients": {"a": {"dynamic": {"csv": {"for_each": 1, "iterator": "${x}", "content": [{}, {}]}, "x": {}}}}, "dynamic": {"message": {}}}`,
		`{"locals": {"a": "%{ for x in [1] }${x}%{ endfor }", "b": {"${1}": 1, "${1}": 2}, "c": "${", "d": "\ud800", "e": 1e400}}`, `{"//": 1, "a": {"//": {}}}`, `{"variable": {"v": {"type": "object({a = optional(string, 1)})", "default": {"a": "${x}"}}}}`, `1`, `[`, `[]`, `[1]`, `{"a": 1, "a": 2}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		write(t, filepath.Join(dir, "main.sms.json"), string(src))
		began, allocated := time.Now(), allocations()
		for _, scope := range []Scope{ScopeAll, ScopeValidate} {
			_, d := Load(t.Context(), dir, Options{Scope: scope})
			harmless(t, said(d, dir))
			for _, diag := range d.List() {
				if diag.Range != nil && diag.Range.Filename == "main.sms.json" && (diag.Range.Start.Byte < 0 || diag.Range.End.Byte > len(src)+1) { // the place behind the end is one byte wide
					t.Errorf("a diagnostic points outside of the file: %+v %+v", diag, diag.Range)
				}
			}
		}
		if took, used := time.Since(began), allocations()-allocated; took > 10*time.Second || used > 64<<20+uint64(len(src))*64<<10 {
			t.Errorf("%d bytes take %v and %d bytes", len(src), took, used)
		}
	})
}

// What is said to be workable from its bytes is so from its tokens too.
func FuzzWorkable(f *testing.F) {
	fileSeeds(f, ".sms.hcl")
	for _, seed := range []string{
		"a = \"${[b[0]]}%{ if c }d%{ endif }\" # \"\ne = 1e5\n", "a = \"$${\"\nb = [", "a = \"\\\"\" // (\n", "a = 1 /* } */ + 2 << 3\n", "a = <<E\n(\nE\n", "a = \"${ \"}\" }\"", "a = (]})\"", "a\r\n= !-b ? c : d.0.e1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		// What is short nests deep only where it is repeated.
		for _, src := range [][]byte{src, bytes.Repeat(src, min(2*mostDeep, 1<<16/(1+len(src))))} {
			if notText(src, "main.sms.hcl") == nil && workable(src) {
				if diag := unworkableTokens(src, "main.sms.hcl"); diag != nil {
					t.Errorf("%.200q: %v", src, diag)
				}
			}
		}
	})
}

// allocations gives the bytes that were allocated so far.
func allocations() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// The layout of a file changes once, and in it neither a comment nor what an argument says.
func FuzzFormat(f *testing.F) {
	fileSeeds(f, ".sms.hcl")
	for _, seed := range []string{
		"# a\nx = \"${/* b */ 1 // c\n}\"\n", "block /* a */ label /* b */ \"c\" { # d\n} // e\n", "a = [ # b\n 1, # c\n 2 ] # d\n", "x = \"${~ y ~}\"\n",
		"x = <<-EOT\n  # no comment\n  EOT\n", "x={a=1,b=\"${c}\"}", "a b {}\n", "x = \"${<<EOT\na\nEOT\n}\"\n", "\ufeffx=1", "x = 1\r\ny  = 2\r\n", "a \"b\x02\" c {}\n", "a \"b\x02\" {}\n", "a \"5$ /* b */ each\" c {}\n", "a \"\t\" b {}\n", "a \"W\t\" b {}\n", "x=6 .6", "x=6. 2.6", "x=6 .2.6", "x=a.0 .1e5", "x=a. 0. 1", "x=a.0 .e51", "x=[6.#\n2]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		laid, d := Format(bytes.Clone(src), "main.sms.hcl")
		harmless(t, said(d, ""))
		if d.HasErrors() || unworkable(src, "") != nil {
			if d.HasErrors() && !bytes.Equal(laid, src) {
				t.Error("a file with errors was changed")
			}
			return
		}
		again, d := Format(laid, "main.sms.hcl")
		if d.HasErrors() || !bytes.Equal(laid, again) {
			t.Errorf("laid out twice:\n%s\n%s\n%s", laid, again, said(d, ""))
		}
		if diff := cmp.Diff(commentsIn(laid), commentsIn(src)); diff != "" {
			t.Errorf("comments (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(meaning(t, laid), meaning(t, src)); diff != "" {
			t.Errorf("meaning (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(words(laid), words(src)); diff != "" {
			t.Errorf("tokens (-got +want):\n%s", diff)
		}
	})
}

// commentsIn gives the comments of a source, sorted.
func commentsIn(src []byte) (comments []string) {
	tokens, _ := hclsyntax.LexConfig(src, "main.sms.hcl", hcl.InitialPos)
	for _, token := range tokens {
		if token.Type == hclsyntax.TokenComment {
			comments = append(comments, strings.TrimSpace(string(token.Bytes)))
		}
	}
	slices.Sort(comments)
	return comments
}

// words gives the tokens of a source in their order, but for those that the layout may take or add: line ends, the quotes
// of labels, and templates around one value. Labels are escaped in another way beside one that was without quotes, those with a
// tab too.
func words(src []byte) (all []string) {
	tokens, _ := hclsyntax.LexConfig(src, "main.sms.hcl", hcl.InitialPos)
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenOQuote, hclsyntax.TokenCQuote, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenComment, hclsyntax.TokenEOF:
		default:
			text := string(token.Bytes)
			if token.Type != hclsyntax.TokenQuotedLit {
				text = strings.Trim(text, " \t\r\n")
			}
			escaped := strings.Contains(text, `\`) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
			if text = strings.TrimSpace(text); text != "" && !escaped {
				all = append(all, text)
			}
		}
	}
	return all
}

// meaning gives the blocks and arguments of a source, with the values of those that refer to nothing.
func meaning(t *testing.T, src []byte) []string {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(src, "main.sms.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, src)
	}
	return meaningOf(file.Body.(*hclsyntax.Body), "")
}

func meaningOf(body *hclsyntax.Body, within string) (all []string) {
	for name, attr := range body.Attributes {
		val, diags := attr.Expr.Value(nil)
		text := val.GoString()
		if diags.HasErrors() {
			text = ""
			for _, v := range attr.Expr.Variables() {
				text += " " + v.RootName()
			}
		}
		all = append(all, within+name+" = "+text)
	}
	for _, b := range body.Blocks {
		title := within + b.Type + " " + strings.Join(b.Labels, " ") + "/"
		all = append(append(all, title), meaningOf(b.Body, title)...)
	}
	slices.Sort(all)
	return all
}

// Whatever the lock file holds, it is refused harmlessly, or what it says is written and read as it is.
func FuzzLock(f *testing.F) {
	for _, seed := range []string{
		"", lockComment, lockComment + "workspace \"default\" {\n  lineage = \"6f1c\"\n  kind    = \"real\"\n}\n",
		"workspace \"a\" {\n lineage = \"1\"\n kind = \"simulator\"\n}\nworkspace \"a\" {\n lineage = \"2\"\n kind = \"real\"\n}\n",
		"workspace \"a\" {\n lineage = 1\n kind = \"x\"\n}\n", "workspace {}\n", "workspace \"${x}\" {}\n", "<<<<<<< ours\nworkspace \"a\" {}\n", "\x00", "workspace \"\\u202e\" {\n lineage = \"$${}\"\n kind = \"real\"\n}\n",
		"workspace \"a\" {\n lineage = null\n kind = upper(\"x\")\n}\n",
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, LockName)
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		lock, d := ReadLock(dir)
		harmless(t, said(d, dir))
		if d.HasErrors() {
			return
		}
		for name, entry := range lock.Workspaces {
			if entry.Kind != "simulator" && entry.Kind != "real" {
				t.Errorf("workspace %q has the kind %q", name, entry.Kind)
			}
		}
		if err := lock.Write(dir); err != nil {
			t.Fatal(err)
		}
		again, d := ReadLock(dir)
		if diff := cmp.Diff(again, lock); d.HasErrors() || diff != "" {
			t.Errorf("read again: %s%s", said(d, dir), diff)
		}
	})
}

// Addresses in moved and removed blocks are those of messages or are refused, each leads to one end, and none in a circle.
func FuzzMoved(f *testing.F) {
	for _, seed := range [][4]string{
		{"message.a", "message.b", "message.b", "message.hello"}, {"message.a", "message.b", "message.b", "message.a"},
		{`message.a["x"]`, `message.hello["y"]`, "message.hello", "message.a"}, {`message.a["\u202e\"]"]`, "message.b", "message.c", `message.b["$${"]`},
		{"message.a[0]", "message.b", "message", "recipients.x"}, {`"message.a"`, "message.a.b", "message.a[*]", "message.a[null]"},
		{"message.a", `message.b["k"]`, `message.b["k"]`, "message.c"}, {`message.a["${x}"]`, "var.x", "message.é", "message.a-b"}, {"message.a\nto = 1", "}", "", "{"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		src := simulated + "moved {\n from = " + a + "\n to = " + b + "\n}\nmoved {\n from = " + c + "\n to = " + d + "\n}\nremoved {\n from = " + a + "\n}\n" +
			"message \"hello\" {\n to = []\n text = \"Hi\"\n}\n"
		write(t, filepath.Join(dir, "main.sms.hcl"), src)
		config, diags := Load(t.Context(), dir, Options{})
		harmless(t, said(diags, dir))
		for _, m := range config.Moves {
			for _, address := range []string{m.From, m.To} {
				parsed, faults := hclsyntax.ParseTraversalAbs([]byte(address), "", hcl.InitialPos)
				again, ok := messageAddress(parsed)
				if block, key := SplitAddress(address); faults.HasErrors() || !ok || again != address || block+key != address {
					t.Errorf("address %q is read as %q, %v", address, again, faults)
				}
			}
			end, first := config.Follow(m.From)
			if onward, more := config.step(end); first == nil || more != nil {
				t.Errorf("%s leads to %s, and from there to %s", m.From, end, onward)
			}
		}
	})
}

// A value is what was given or is refused; a secret one is shown by no diagnostic, and one that a saved plan keeps comes back as it was.
func FuzzValues(f *testing.F) {
	for _, seed := range []struct{ typ, text string }{
		{"string", "plain"}, {"string", "${x}"}, {"string", "\x1b[2J\u202e"}, {"number", "1e9"}, {"number", "1e999999999"}, {"bool", "yes"}, {"list(string)", `["a", "b"]`}, {"any", `{a = [1, null], b = "c"}`},
		{"map(number)", "{a=1"}, {"object({ a = string, b = optional(number, 3) })", `{ a = "x" }`}, {"set(string)", `["b", "a", "b"]`}, {"tuple([string, bool])", `["x", true]`},
		{"string", ""}, {"any", ""}, {"any", "1\n2"}, {"string", "\xff"}, {"number", "0x10"}, {"any", `"${1 + 1}"`}, {"nothing", "1"}, {"any", "-(-(-1))"}, {"any", "[for x in [1]: x]"}, {"any", "upper(\"x\")"}, {"number", "1e99999999"}, {"list(string)", "[-1e-99999999]"}, {"number", "1e308"}, {"number", "1p1008"},
	} {
		f.Add(seed.typ, seed.text, false)
		f.Add(seed.typ, seed.text, true)
	}
	dir := f.TempDir()
	const canary = "kanari9x7q"
	f.Fuzz(func(t *testing.T, typ, text string, secret bool) {
		if strings.Contains(typ, canary) || strings.ContainsRune(text, 0) {
			return // an argument has no octet of nought
		}
		block := "variable \"v\" {\n  type = " + typ + "\n"
		if secret {
			block += "  sensitive = true\n"
			text = strings.ReplaceAll(text, "a", canary)
		}
		write(t, filepath.Join(dir, "main.sms.hcl"), simulated+block+"}\n")
		config, d := Load(t.Context(), dir, Options{Assignments: []Assignment{{"-var", "v=" + text}}})
		shown := said(d, dir)
		harmless(t, shown)
		if secret && strings.Contains(shown, canary) {
			t.Errorf("a secret is shown: %s", shown)
		}
		if d.HasErrors() {
			return
		}
		v := config.scope.declared.variables["v"]
		if v.literal && v.constraint == cty.String && plain(v.value).IsKnown() && !v.value.IsNull() {
			if got := plain(v.value).AsString(); got != cty.StringVal(text).AsString() {
				t.Errorf("%q was given, and it is %q", text, got)
			}
		}
		kept, d := Load(t.Context(), dir, Options{Preset: config.Variables})
		if d.HasErrors() {
			t.Fatalf("the value that a plan keeps: %s", said(d, dir))
		}
		if again := kept.scope.declared.variables["v"].value; config.Variables["v"] != nil && !plain(again).RawEquals(plain(v.value)) && !neighbours(again, v.value) {
			t.Errorf("%#v is kept as %#v", v.value, again)
		}
	})
}

// neighbours reports whether two numbers differ in the last of their 512 bits at most. [big.Float.Text] writes some powers of two
// with digits that are read as the number below.
func neighbours(a, b cty.Value) bool {
	a, b = plain(a), plain(b)
	if !a.IsKnown() || a.IsNull() || !a.Type().Equals(cty.Number) || !b.IsKnown() || b.IsNull() || !b.Type().Equals(cty.Number) {
		return false
	}
	x, y := a.AsBigFloat(), b.AsBigFloat()
	apart := new(big.Float).SetPrec(1024).Sub(x, y)
	return apart.Sign() == 0 || apart.MantExp(nil) <= y.MantExp(nil)-511
}
