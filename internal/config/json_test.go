package config

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/tools/txtar"
)

// rightConfigurations gives the files of each configuration that is right: those of the fixtures, and the examples.
func rightConfigurations(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := make(map[string]map[string]string)
	archives, _ := filepath.Glob(fixtures + "/*.txtar")
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, right := range archive.Files {
			if !strings.HasPrefix(right.Name, "right") || !strings.HasSuffix(right.Name, ".sms.hcl") {
				continue
			}
			files := map[string]string{"main.sms.hcl": string(right.Data)}
			for _, beside := range archive.Files {
				if !configurationFile(beside.Name) && !expectation(beside.Name) {
					files[beside.Name] = string(beside.Data)
				}
			}
			all[strings.TrimSuffix(filepath.Base(path), ".txtar")+" "+right.Name] = files
		}
	}
	for _, dir := range []string{"incident", "quickstart"} {
		files := make(map[string]string)
		paths, _ := filepath.Glob("../../examples/" + dir + "/*")
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(path)] = string(content)
		}
		all["examples/"+dir] = files
	}
	if len(all) < 60 {
		t.Fatalf("%d configurations", len(all))
	}
	return all
}

// meant gives what a configuration says, without where it says so.
func meant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := directory(t, files)
	c, d := Load(t.Context(), dir, Options{Scope: ScopeValidate, Workspace: "default"})
	var b strings.Builder
	for _, m := range c.Messages {
		one := *m
		one.Place, one.Binary, one.Window = Place{}, nil, nil
		one.Audience.tables, one.Audience.rows, one.Audience.held = nil, nil, nil // where things stand is not what they mean
		for _, h := range m.Audience.held {
			fmt.Fprintf(&b, "%v %v %s %d\n", h.number, *h.why, *h.file, h.line)
		}
		one.Audience.Table = Texts{}
		for i := range m.Audience.Table.Len() {
			fmt.Fprintf(&b, "%q %+v\n", m.Audience.Table.At(i), m.Audience.Table.Size(i))
		}
		fmt.Fprintf(&b, "%+v %+v %+v\n", one, m.Binary, m.Window)
	}
	for _, m := range c.Moves {
		fmt.Fprintln(&b, m.From, m.To)
	}
	for _, r := range c.Removed {
		fmt.Fprintln(&b, r.From)
	}
	for _, g := range c.Guards {
		limits, err := json.Marshal(g.Limits)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %v %s\n", g.Name, g.Messages, limits)
	}
	if c.Tariff != nil {
		tariff, err := json.Marshal(c.Tariff)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", tariff)
	}
	var said []string
	for _, diag := range d.List() {
		said = append(said, diag.Severity+" "+diag.Summary+" "+diag.Detail)
	}
	slices.Sort(said)
	fmt.Fprintf(&b, "%+v\n%+v\n%s\n%v\n%v\n", c.Gateway, c.State, c.Variables, c.Outputs, said)
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), dir, "DIR"), "main.sms.json", "main.sms.hcl")
}

// asJSON writes a body of the native syntax as JSON does.
func asJSON(t *testing.T, of blockType, body *hclsyntax.Body, src []byte) map[string]any {
	t.Helper()
	object := map[string]any{"//": "a comment"}
	for name, attr := range body.Attributes {
		text := string(attr.Expr.Range().SliceBytes(src))
		written := slices.ContainsFunc(of.arguments, func(a argument) bool { return a.name == name && a.takes.written })
		list, faults := hcl.ExprList(attr.Expr)
		v, diags := attr.Expr.Value(nil)
		switch {
		case written && !faults.HasErrors():
			var words []string
			for _, word := range list {
				words = append(words, string(word.Range().SliceBytes(src)))
			}
			object[name] = words
		case written:
			object[name] = text
		case !diags.HasErrors() && !strings.Contains(text, "${"):
			literal, err := ctyjson.Marshal(v, v.Type())
			if err != nil {
				t.Fatal(err)
			}
			object[name] = json.RawMessage(strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(literal)))
		default:
			object[name] = "${" + text + "}"
		}
	}
	for _, block := range body.Blocks {
		inner := any(asJSON(t, of.nested(block.AsHCLBlock()), block.Body, src))
		if len(block.Labels) == 0 {
			list, _ := object[block.Type].([]any)
			object[block.Type] = append(list, inner)
			continue
		}
		labels, _ := object[block.Type].(map[string]any)
		if labels == nil {
			labels = make(map[string]any)
			object[block.Type] = labels
		}
		list, _ := labels[block.Labels[0]].([]any)
		labels[block.Labels[0]] = append(list, inner)
	}
	return object
}

// What the native syntax says, JSON says too: messages, people, texts, and the words of what is left out.
func TestJSONMeansWhatTheNativeSyntaxMeans(t *testing.T) {
	for name, files := range rightConfigurations(t) {
		t.Run(name, func(t *testing.T) {
			src := []byte(files["main.sms.hcl"])
			file, diags := hclsyntax.ParseConfig(src, "main.sms.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			text, err := json.MarshalIndent(asJSON(t, root, file.Body.(*hclsyntax.Body), src), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			want := meant(t, files)
			delete(files, "main.sms.hcl")
			files["main.sms.json"] = string(text)
			if diff := cmp.Diff(meant(t, files), want); diff != "" {
				t.Errorf("(-JSON +native):\n%s\n%s", diff, text)
			}
		})
	}
}

// The order of blocks, and which file each of them is in, means nothing.
func TestOrderOfFilesAndBlocksMeansNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, files := range rightConfigurations(t) {
		t.Run(name, func(t *testing.T) {
			src := []byte(files["main.sms.hcl"])
			file, diags := hclsyntax.ParseConfig(src, "main.sms.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			want := meant(t, files)
			blocks := file.Body.(*hclsyntax.Body).Blocks
			for range 3 {
				r.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
				delete(files, "main.sms.hcl")
				for _, n := range []string{"a", "b", "c"} {
					files[n+".sms.hcl"] = "# " + n + "\n"
				}
				for _, b := range blocks {
					files[string(rune('a'+r.IntN(3)))+".sms.hcl"] += string(b.Range().SliceBytes(src)) + "\n"
				}
				got := meant(t, files)
				for _, n := range []string{"a", "b", "c"} {
					got = strings.ReplaceAll(got, n+".sms.hcl", "main.sms.hcl")
				}
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("(-shuffled +in order):\n%s", diff)
				}
			}
		})
	}
}

func TestFaultsOfJSONDoNotAskForItsQuotesToGo(t *testing.T) {
	for name, message := range map[string]string{
		"depends_on":     `"depends_on": ["hello"]`,
		"ignore_changes": `"lifecycle": {"ignore_changes": ["texts"]}`,
		"to":             `"to": ["recipients.a"]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, d := Load(t.Context(), directory(t, map[string]string{"main.sms.json": `{"gateway": {"simulator": {}},
				"recipients": {"a": {"numbers": ["+12025550143"]}},
				"message": {"m": {"text": "Hello.", ` + message + `}}}`}), Options{Scope: ScopeValidate})
			said := ""
			for _, diag := range d.List() {
				said += diag.Detail + "\n"
			}
			if !strings.Contains(said, "The elements of "+name) || strings.Contains(said, "quotes") {
				t.Errorf("got: %s", said)
			}
		})
	}
}
