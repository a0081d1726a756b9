package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// workflow is what of a workflow of GitHub is run.
type workflow struct {
	Env         map[string]string      `json:"env"`
	Permissions map[string]string      `json:"permissions"`
	Jobs        map[string]workflowJob `json:"jobs"`
}

type workflowJob struct {
	If          string            `json:"if"`
	Permissions map[string]string `json:"permissions"`
	Environment string            `json:"environment"`
	Concurrency map[string]any    `json:"concurrency"`
	Steps       []workflowStep    `json:"steps"`
}

type workflowStep struct {
	Name string            `json:"name"`
	ID   string            `json:"id"`
	If   string            `json:"if"`
	Uses string            `json:"uses"`
	Run  string            `json:"run"`
	Env  map[string]string `json:"env"`
	With map[string]any    `json:"with"`
}

const gitHubWorkflow = ".github/workflows/smsplan.yml"

// gitHub runs the jobs of the example's workflow.
type gitHub struct {
	*gitops
	workflow  workflow
	outputs   map[string]map[string]string // by job
	artifacts map[string][]byte
	pushes    int
}

func (g *gitops) gitHub() *gitHub {
	h := &gitHub{gitops: g, outputs: map[string]map[string]string{}, artifacts: map[string][]byte{}}
	readYAML(g.t, filepath.Join(gitopsExample, gitHubWorkflow), &h.workflow)
	return h
}

// jobRun is what became of a job.
type jobRun struct {
	failed       bool
	log, summary string
	outputs      map[string]string
	dir          string
}

func (h *gitHub) pullRequest(number int, job string) jobRun {
	h.t.Helper()
	h.pushes++
	return h.job(job, map[string]string{
		"github.event_name":                             "pull_request",
		"github.event.pull_request.number":              strconv.Itoa(number),
		"github.event.pull_request.head.sha":            fmt.Sprintf("%07d", h.pushes),
		"github.event.pull_request.head.repo.full_name": "acme/outages",
	})
}

func (h *gitHub) push(job string) jobRun {
	h.t.Helper()
	return h.job(job, map[string]string{"github.event_name": "push"})
}

// job runs the steps of a job as a runner does.
func (h *gitHub) job(name string, known map[string]string) jobRun {
	h.t.Helper()
	job, there := h.workflow.Jobs[name]
	if !there {
		h.t.Fatalf("there is no job %s", name)
	}
	temp := h.t.TempDir()
	known["runner.temp"], known["github.token"], known["github.repository"] = temp, "token", "acme/outages"
	for job, outputs := range h.outputs {
		for output, value := range outputs {
			known["needs."+job+".outputs."+output] = value
		}
	}
	if job.Environment == "production" {
		known["secrets.SMSPLAN_USER"], known["secrets.SMSPLAN_PASSWORD"], known["secrets.SMSPLAN_AGE_IDENTITY"] = "demo", "demo", gitopsIdentity
	}
	if !h.holds(job.If, known, false) {
		h.t.Fatalf("the job %s is not run: %s", name, job.If)
	}
	r := jobRun{dir: h.checkout(), outputs: map[string]string{}}
	var log strings.Builder
	for i, step := range job.Steps {
		if !h.holds(step.If, known, r.failed) {
			continue
		}
		if step.Uses != "" {
			h.use(step, known)
			continue
		}
		environment := maps.Clone(h.workflow.Env)
		maps.Copy(environment, h.environment())
		for name, value := range step.Env {
			environment[name] = h.filled(value, known)
		}
		files := map[string]string{}
		for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
			files[file] = filepath.Join(temp, file)
			h.write(files[file], "", 0o600)
			environment[file] = files[file]
		}
		environment["RUNNER_TEMP"], environment["GITHUB_REPOSITORY"], environment["GITHUB_ACTIONS"], environment["CI"] = temp, "acme/outages", "true", "true"
		script := filepath.Join(temp, "step.sh")
		h.write(script, h.filled(step.Run, known), 0o600)
		out, err := h.run(r.dir, "bash", environment, "--noprofile", "--norc", "-e", "-o", "pipefail", script)
		log.WriteString(out)
		r.failed = r.failed || err != nil
		if err != nil {
			log.WriteString("step " + step.Name + ": " + err.Error() + "\n")
		}
		if strings.ContainsAny(out, "\x1b\r") {
			h.t.Errorf("job %s, step %d writes escape sequences: %q", name, i+1, out)
		}
		for line := range strings.Lines(h.read(files["GITHUB_OUTPUT"])) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			r.outputs[key], known["steps."+step.ID+".outputs."+key] = value, value
		}
		r.summary += h.read(files["GITHUB_STEP_SUMMARY"])
	}
	r.log = log.String()
	h.outputs[name] = r.outputs
	return r
}

func (h *gitHub) read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// use does what an action does, as far as it matters here.
func (h *gitHub) use(step workflowStep, known map[string]string) {
	action, _, _ := strings.Cut(step.Uses, "@")
	name, _ := step.With["name"].(string)
	path, _ := step.With["path"].(string)
	switch path = h.filled(path, known); action {
	case "actions/upload-artifact":
		if content, err := os.ReadFile(path); err == nil || step.With["if-no-files-found"] == "error" {
			h.artifacts[name] = content
		}
	case "actions/download-artifact":
		h.write(filepath.Join(path, "main.smsplan"), string(h.artifacts[name]), 0o600)
	}
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// filled puts values in the place of expressions. One that the job does not have, as a secret without its environment, is an error.
func (h *gitHub) filled(text string, known map[string]string) string {
	h.t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		value, there := known[expression.FindStringSubmatch(e)[1]]
		if !there {
			h.t.Errorf("the job does not have %s", e)
		}
		return value
	})
}

// holds tells whether a condition holds: comparisons of a context with a word or another context, joined by &&.
func (h *gitHub) holds(condition string, known map[string]string, failed bool) bool {
	h.t.Helper()
	if inner := expression.FindStringSubmatch(condition); inner != nil {
		condition = inner[1]
	}
	always := strings.Contains(condition, "always()") || strings.Contains(condition, "!cancelled()")
	if failed && !always {
		return false
	}
	operand := func(s string) string {
		if s = strings.TrimSpace(s); strings.HasPrefix(s, "'") {
			return strings.Trim(s, "'")
		}
		return known[s]
	}
	if strings.Contains(condition, "||") {
		return false // of an action, which does nothing here
	}
	for part := range strings.SplitSeq(condition, "&&") {
		if a, b, equal := strings.Cut(part, "=="); equal && operand(a) != operand(b) {
			return false
		}
		if a, b, unequal := strings.Cut(part, "!="); unequal && operand(a) == operand(b) {
			return false
		}
	}
	return true
}

// The workflow is one that GitHub reads; its scripts are sound; and its jobs have no more rights than they need.
func TestExampleOnGitHubHasSoundJobs(t *testing.T) {
	path := filepath.Join(gitopsExample, gitHubWorkflow)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: "shellcheck"})
	if err != nil {
		t.Fatal(err)
	}
	project, err := actionlint.NewProject(gitopsExample)
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Lint(path, content, project)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}

	var w workflow
	readYAML(t, path, &w)
	if len(w.Permissions) != 0 {
		t.Errorf("all jobs have %v", w.Permissions)
	}
	may := map[string]map[string]string{
		"check":  {"contents": "read", "security-events": "write"},
		"review": {"contents": "read", "pull-requests": "write"},
		"plan":   {"contents": "read"},
		"apply":  {"contents": "read"},
	}
	major := regexp.MustCompile(`^(actions|github)/[a-z-]+(/[a-z-]+)?@v\d+$`)
	for name, job := range w.Jobs {
		if !maps.Equal(job.Permissions, may[name]) {
			t.Errorf("job %s may do %v, not %v", name, job.Permissions, may[name])
		}
		for _, step := range job.Steps {
			if step.Uses != "" && !major.MatchString(step.Uses) {
				t.Errorf("job %s uses %s", name, step.Uses)
			}
			if strings.Contains(step.Run, "${{") {
				t.Errorf("job %s puts an expression into a script, where its value would be run: %s", name, step.Run)
			}
			for variable, value := range step.Env {
				if strings.Contains(value, "secrets.") && job.Environment != "production" {
					t.Errorf("job %s has the secret %s", name, variable)
				}
			}
		}
	}
	if c := w.Jobs["apply"].Concurrency; c["group"] != "smsplan-apply" || c["cancel-in-progress"] != false {
		t.Errorf("applies run like this: %v", c)
	}
}
