package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/itchyny/gojq"
	"github.com/zclconf/go-cty-yaml"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/smsplan/smsplan/internal/simulator"
)

const gitopsExample = "../../examples/gitops"

// gitopsIdentity is the other half of the example's key.
const gitopsIdentity = "AGE-SECRET-KEY-1EUT6JEG24H2JGQKS3DZNJ777UPVEDFR20KUKK5HPR7J3ZA0CUKLSV92YWY"

// gitops is the world that the example's pipelines run in: main as it is committed, the disk of the runners, and the gateway.
type gitops struct {
	t       *testing.T
	main    string // directory of what is committed
	disk    string // has the state, its copy, and what GitHub knows
	path    string // PATH of the jobs
	gateway *watched
	url     string
	running atomic.Pointer[os.Process] // the newest command of a job
}

// newGitops begins as the example's README says: with smsplan init where it is applied, and a first copy of the state.
func newGitops(t *testing.T, faults ...string) *gitops {
	t.Helper()
	t.Parallel()
	ordered, err := parseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := simulator.New(simulator.Options{Faults: ordered, Settings: simulator.Settings{
		Accounts: []simulator.Account{{User: "demo", Password: "demo", APIIDs: []string{"1234567"}, Credit: 1000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	counted := &watched{Simulator: gateway, changed: make(chan struct{})}
	server := httptest.NewServer(counted)
	t.Cleanup(func() { _ = gateway.Close(); server.Close() })
	g := &gitops{t: t, main: t.TempDir(), disk: t.TempDir(), gateway: counted, url: server.URL + simulator.Path("document")}
	if err := os.CopyFS(g.main, os.DirFS(gitopsExample)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(g.main, ".smsplan.lock.hcl")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	program := executable
	if *given != "" {
		program = build(t)
	}
	for name, script := range map[string]string{
		"bin/smsplan": "exec " + program + ` "$@"`,
		"bin/gh":      `exec gh-under-test "$@"`,
		"bin/go":      `echo "$@" >>"$DISK/go.log"; if [ "$1" = env ]; then echo "$DISK/gopath"; fi`,
		"setup":       `mkdir -p notes; ln -sfn "$STATE/notes" .smsplan; smsplan init; ci/share-state`,
	} {
		g.write(filepath.Join(g.disk, name), "#!/bin/sh\nset -e\n"+script+"\n", 0o755)
	}
	for _, dir := range []string{"state/notes", "shared"} {
		if err := os.MkdirAll(filepath.Join(g.disk, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	g.path = filepath.Join(g.disk, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	if out, err := g.run(g.main, filepath.Join(g.disk, "setup"), g.environment()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(g.main, ".smsplan")); err != nil {
		t.Fatal(err)
	}
	return g
}

// environment is what every job has, with other directories than the example's.
func (g *gitops) environment() map[string]string {
	return map[string]string{
		"PATH": g.path, "HOME": g.disk, "DISK": g.disk, "TMPDIR": os.TempDir(), raceOptions: raceEndsAtOnce,
		"STATE": filepath.Join(g.disk, "state"), "SHARED": filepath.Join(g.disk, "shared"),
		"SMSPLAN_VAR_state_dir": filepath.Join(g.disk, "state"), "SMSPLAN_VAR_endpoint": g.url,
	}
}

// run runs a command as a service would, without a terminal, and gives what it printed.
func (g *gitops) run(dir, command string, environment map[string]string, args ...string) (string, error) {
	c := exec.Command(command, args...)
	c.Dir = dir
	for name, value := range environment {
		c.Env = append(c.Env, name+"="+value)
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Start()
	if err == nil {
		g.running.Store(c.Process)
		err = c.Wait()
	}
	return out.String(), err
}

// checkout is what a job begins with: the files of main, and nothing that an earlier job has left.
func (g *gitops) checkout() string {
	dir := g.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(g.main)); err != nil {
		g.t.Fatal(err)
	}
	return dir
}

// edit replaces a part of a file of main, or adds to it where before is "".
func (g *gitops) edit(file, before, after string) {
	g.t.Helper()
	path := filepath.Join(g.main, file)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), before) {
		g.t.Fatalf("%s does not have %q: %v", file, before, err)
	}
	if before == "" {
		after, before = string(text)+after, string(text)
	}
	g.write(path, strings.ReplaceAll(string(text), before, after), 0o644)
}

func (g *gitops) write(path, text string, mode os.FileMode) {
	g.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), mode)); err != nil {
		g.t.Fatal(err)
	}
}

// taken gives how many messages the gateway has taken, nobody's twice.
func (g *gitops) taken() int {
	g.t.Helper()
	seen := map[string]bool{}
	for _, m := range g.gateway.Messages() {
		if seen[m.To+m.Text] {
			g.t.Fatalf("somebody got %q twice", m.Text)
		}
		seen[m.To+m.Text] = true
	}
	return len(seen)
}

// readYAML reads a file of the example.
func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	typ, err := yaml.Standard.ImpliedType(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	value, err := yaml.Standard.Unmarshal(text, typ)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	document, err := ctyjson.Marshal(value, typ)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if err := json.Unmarshal(document, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// comment is one of an issue, as GitHub tells of it.
type comment struct {
	ID     int    `json:"id"`
	Issue  string `json:"issue"`
	Body   string `json:"body"`
	Author struct {
		Login string `json:"login"`
	} `json:"user"`
}

func (g *gitops) comments() []comment { return readComments(filepath.Join(g.disk, "comments.json")) }

func (g *gitops) saveComments(all []comment) {
	writeComments(filepath.Join(g.disk, "comments.json"), all)
}

func readComments(path string) (all []comment) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(err)
	}
	return all
}

func writeComments(path string, all []comment) {
	text, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// gh stands for GitHub's command line: as much of gh api as comments need, with its own language of queries.
func gh() {
	if err := ghAPI(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gh:", err)
		os.Exit(1)
	}
}

func ghAPI(args []string) error {
	if os.Getenv("GH_TOKEN") != "token" {
		return errors.New("no GH_TOKEN")
	}
	store := filepath.Join(os.Getenv("DISK"), "comments.json")
	method, query, body, endpoint := "GET", "", "", ""
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "api", "--paginate", "--silent":
		case "--method", "--jq", "-F":
			i++
			switch args[i-1] {
			case "--method":
				method = args[i]
			case "--jq":
				query = args[i]
			default:
				text, err := os.ReadFile(strings.TrimPrefix(args[i], "body=@"))
				if err != nil {
					return err
				}
				body = string(text)
			}
		default:
			endpoint = args[i]
		}
	}
	all := readComments(store)
	var issue string
	var id int
	if _, err := fmt.Sscanf(endpoint, "repos/acme/outages/issues/comments/%d", &id); err == nil && method == "PATCH" {
		for i := range all {
			if all[i].ID == id {
				all[i].Body = body
				writeComments(store, all)
				return nil
			}
		}
		return fmt.Errorf("there is no comment %d", id)
	}
	if _, err := fmt.Sscanf(strings.TrimSuffix(endpoint, "/comments"), "repos/acme/outages/issues/%s", &issue); err != nil {
		return fmt.Errorf("%s %s is not known", method, endpoint)
	}
	if method == "POST" {
		one := comment{ID: 100 + len(all), Issue: issue, Body: body}
		one.Author.Login = "github-actions[bot]"
		writeComments(store, append(all, one))
		return nil
	}
	found := []any{}
	for _, c := range all {
		if c.Issue == issue {
			found = append(found, map[string]any{"id": c.ID, "body": c.Body, "user": map[string]any{"login": c.Author.Login}})
		}
	}
	parsed, err := gojq.Parse(query)
	if err != nil {
		return err
	}
	code, err := gojq.Compile(parsed, gojq.WithEnvironLoader(os.Environ))
	if err != nil {
		return err
	}
	for results := code.Run(found); ; {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return err
		}
		fmt.Println(result)
	}
}
