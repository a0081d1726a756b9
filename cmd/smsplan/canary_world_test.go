package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smsplan/smsplan/internal/simulator"
)

// canaryFiles hold canaries because the user has put them there.
var canaryFiles = []string{"main.sms.hcl", "people.csv", "out.csv", "settings.json", "torn.json", "torn.jsonl", "torn.smsvars.hcl", "given.smsvars.hcl", "smsplan.smsvars.hcl", "x.auto.smsvars.json", "a.smstest.hcl", "torn/b.smstest.hcl"}

// aviary is a directory with canaries in it, and a gateway that knows them.
type aviary struct {
	t                 *testing.T
	program           string
	dir               string
	environ           []string
	numbers           flock
	simulator         *simulator.Simulator
	everywhere, plans []string             // how the secrets are written that must be nowhere, and those that must not be in saved plans
	seen              map[string]time.Time // files that were looked at, as they are

	commands, outputs, found int

	mu       sync.Mutex
	sessions []string
}

var canarySession = regexp.MustCompile(`session_id[^>]*>([0-9a-fA-F]{32})<`)

func newAviary(t *testing.T, program string, numbers flock, of canaryWorld) *aviary {
	t.Helper()
	o := simulator.Options{Settings: canarySettings()}
	for _, text := range of.faults {
		fault, err := simulator.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &aviary{t: t, program: program, dir: t.TempDir(), numbers: numbers, simulator: s, everywhere: spellingsOf(spared(canarySecrets, of.known...)...),
		plans: spellingsOf(spared(canarySecrets, slices.Concat(keptCanaries, of.kept, of.known)...)...), seen: map[string]time.Time{}}
	var handler http.Handler = s
	if of.gateway != nil {
		handler = of.gateway(s)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		for _, found := range canarySession.FindAllSubmatch(body, -1) {
			if session := string(found[1]); !slices.Contains(w.sessions, session) {
				w.sessions = append(w.sessions, session)
			}
		}
		w.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { _ = s.Close(); server.Close() })
	binding := "document"
	if of.binding != "" {
		binding = of.binding
	}
	for _, name := range []string{"tmp", "torn"} {
		if err := os.Mkdir(filepath.Join(w.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.environ = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + filepath.Join(w.dir, "tmp"), "SMSPLAN_LOG=debug", "GODEBUG=http2debug=2",
		"SMSPLAN_VAR_endpoint=" + server.URL + simulator.Path(binding), "SMSPLAN_VAR_user=" + canaryUser, "SMSPLAN_VAR_password=" + canaryPassword,
		"SMSPLAN_VAR_key=" + canaryStateKey, "SMSPLAN_VAR_token=" + canaryToken, "SMSPLAN_VAR_nonce=" + canaryNonce,
	}, of.environ...)
	if of.proxy {
		proxy := httptest.NewServer(echo(http.StatusProxyAuthRequired)(nil))
		t.Cleanup(proxy.Close)
		w.environ = append(w.environ, "HTTPS_PROXY="+strings.Replace(proxy.URL, "//", "//"+canaryProxyUser+":"+canaryProxy+"@", 1))
	}
	settings, err := json.Marshal(o.Settings)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"settings.json":       string(settings),
		"torn.json":           string(settings[:bytes.Index(settings, []byte("credit"))]) + canaryTorn,
		"torn.jsonl":          `{"at":"` + canaryTorn + `","lineage":"+12015550100","evidence":"to +12015550101","outcome":"` + canaryTorn + "\"}\n+12015550102 " + canaryTorn + "\n",
		"torn.smsvars.hcl":    "token = \"" + canaryTorn + "\" nope\nlist = [12015550100\n",
		"given.smsvars.hcl":   "from_file = \"" + canaryFromFile + "\"\n",
		"smsplan.smsvars.hcl": "filed = \"" + canaryFiled + "\"\n",
		"x.auto.smsvars.json": `{"keys": {"a": "` + canaryElement + `"}}`,
		"a.smstest.hcl":       canaryTests,
		"torn/b.smstest.hcl":  "variables {\n  from_file = \"" + canaryTorn + "\" nope\n  filed = \"" + canaryTorn + "\n}\n",
	} {
		w.write(name, content)
	}
	return w
}

func (w *aviary) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run gives what the program writes. A simulator that serves is interrupted.
func (w *aviary) run(line []string) string {
	w.t.Helper()
	c := exec.Command(w.program, line...)
	c.Dir, c.Env, c.Stdin = w.dir, w.environ, strings.NewReader(canaryConsole)
	out := &interrupting{process: func() *os.Process { return c.Process }}
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); c.ProcessState == nil {
		w.t.Fatal(err)
	}
	w.commands++
	return out.written.String()
}

// interrupting keeps what a program writes, and interrupts it when it says that it waits for that.
type interrupting struct {
	written bytes.Buffer // not embedded: io.Copy would write past us
	process func() *os.Process
}

func (i *interrupting) Write(b []byte) (int, error) {
	n, err := i.written.Write(b)
	if strings.Contains(i.written.String(), "Interrupt to end it.") {
		_ = i.process().Signal(os.Interrupt)
	}
	return n, err
}

// look reports the canaries in what a line has written and in the files that there are after it.
func (w *aviary) look(line []string, out string) {
	w.t.Helper()
	w.mu.Lock()
	sessions := spellingsOf(w.sessions...)
	w.mu.Unlock()
	secrets := slices.Concat(w.everywhere, sessions)
	w.report(line, "the output", out, secrets, !slices.Contains(line, "-show-numbers"))
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(w.dir, path)
		info, err := d.Info()
		if err != nil || slices.Contains(canaryFiles, name) || w.seen[name].Equal(info.ModTime()) {
			return err
		}
		w.seen[name] = info.ModTime()
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(name, ".smsplan"):
			for part, text := range unzipped(w.t, content) {
				w.report(line, name+" "+part, text, slices.Concat(w.plans, sessions), !slices.Contains([]string{"requests.jsonl", "held.jsonl"}, part))
			}
		case slices.Contains([]string{"outbox.jsonl", "kept.jsonl"}, name) || strings.HasPrefix(name, filepath.Join(".smsplan", "simulator")) || strings.HasPrefix(name, "kept"):
			w.report(line, name, string(content), secrets, false)
		default:
			w.report(line, name, string(content), secrets, true)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// report looks for secrets, and where the text is not of people for numbers and names.
func (w *aviary) report(line []string, where, text string, secrets []string, masked bool) {
	w.t.Helper()
	w.outputs++
	found := secretsIn(text, secrets)
	if masked {
		found = append(found, w.numbers.in(text)...)
		if strings.Contains(text, canaryName) {
			found = append(found, canaryName)
		}
	}
	w.found += len(found)
	for _, canary := range found[:min(len(found), 5)] {
		at := max(strings.Index(text, canary), 0)
		w.t.Errorf("smsplan %s: %q is in %s: %q", strings.Join(line, " "), canary, where, text[max(0, at-200):min(len(text), at+200)])
	}
}

// abreast tests in several worlds at a time, however few cores there are: what a program does in most of them is wait until it
// asks its gateway again.
func abreast[W any](t *testing.T, worlds map[string]W, test func(*testing.T, W)) {
	t.Helper()
	var all errgroup.Group
	all.SetLimit(8)
	for name, w := range worlds {
		all.Go(func() error {
			t.Run(name, func(t *testing.T) { test(t, w) })
			return nil
		})
	}
	_ = all.Wait()
}

// unzipped gives the files of a saved plan.
func unzipped(t *testing.T, content []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// echo answers everything with what it was asked, credentials, numbers and all.
func echo(status int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			said := html.EscapeString(fmt.Sprintf("ERR: 001, Authentication failed for %s %s %s %v +1 201 555 0100", canaryUser, canaryPassword, body, r.Header))
			rw.Header().Set("Content-Type", "text/xml")
			rw.Header().Set("X-Said", canaryUser+" 12015550100")
			rw.Header().Set("Location", "/"+canaryUser+"?to=12015550100&password="+url.QueryEscape(canaryPassword))
			rw.Header().Set("Proxy-Authenticate", "Basic realm=\""+canaryProxy+"\"")
			rw.WriteHeader(status)
			if status == http.StatusOK {
				op := strings.Trim(r.Header.Get("SOAPAction"), `"`)
				op = op[strings.LastIndex(op, "/")+1:]
				fmt.Fprintf(rw, "<Envelope><Body><%[1]sResponse><return>%[2]s</return></%[1]sResponse></Body></Envelope>", op, said)
				return
			}
			fmt.Fprintf(rw, "<Envelope><Body><Fault><faultcode>Server</faultcode><faultstring>%[1]s</faultstring><detail>%[1]s</detail></Fault></Body></Envelope>", said)
		})
	}
}

// babble answers with what is no HTTP.
func babble(http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(conn, "%s %s 12015550100 %s\r\n\r\n", canaryUser, canaryPassword, body)
		_ = conn.Close()
	})
}

func redirect(http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		http.Redirect(rw, r, "/?said="+url.QueryEscape(string(body)), http.StatusTemporaryRedirect)
	})
}
