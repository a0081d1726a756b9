package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gitLabJob is what of a job of GitLab is run.
type gitLabJob struct {
	Tags          []string          `json:"tags"`
	Stage         string            `json:"stage"`
	Script        []string          `json:"script"`
	AfterScript   []string          `json:"after_script"`
	Needs         []string          `json:"needs"`
	Rules         []map[string]any  `json:"rules"`
	Environment   map[string]string `json:"environment"`
	ResourceGroup string            `json:"resource_group"`
	Artifacts     struct {
		Paths   []string          `json:"paths"`
		Reports map[string]string `json:"reports"`
	} `json:"artifacts"`
}

// gitLab runs the jobs of the example's .gitlab-ci.yml.
type gitLab struct {
	*gitops
	variables map[string]string
	before    []string
	jobs      map[string]gitLabJob
	artifacts map[string]string // directory of each job's
}

func (g *gitops) gitLab() *gitLab {
	l := &gitLab{gitops: g, jobs: map[string]gitLabJob{}, artifacts: map[string]string{}}
	file := filepath.Join(gitopsExample, ".gitlab-ci.yml")
	var top struct {
		Variables map[string]string `json:"variables"`
		Default   struct {
			BeforeScript []string `json:"before_script"`
		} `json:"default"`
	}
	readYAML(g.t, file, &top)
	l.variables, l.before = top.Variables, top.Default.BeforeScript
	for _, name := range []string{"check", "review", "plan", "apply"} {
		var all map[string]json.RawMessage
		readYAML(g.t, file, &all)
		var job gitLabJob
		if err := json.Unmarshal(all[name], &job); err != nil {
			g.t.Fatalf("job %s: %v", name, err)
		}
		l.jobs[name] = job
	}
	return l
}

// job runs a job's scripts as the runner's shell does, keeps its artifacts, and gives what it printed.
func (l *gitLab) job(name string) (log string, err error) {
	l.t.Helper()
	job := l.jobs[name]
	dir := l.checkout()
	for _, need := range job.Needs {
		if err := os.CopyFS(dir, os.DirFS(l.artifacts[need])); err != nil {
			l.t.Fatal(err)
		}
	}
	environment := maps.Clone(l.variables)
	maps.Copy(environment, l.environment())
	environment["CI"], environment["GITLAB_CI"] = "true", "true"
	if job.Environment["name"] == "production" {
		environment["SMSPLAN_USER"], environment["SMSPLAN_PASSWORD"], environment["SMSPLAN_AGE_IDENTITY"] = "demo", "demo", gitopsIdentity
	}
	log, err = l.run(dir, "bash", environment, "-c", "set -eo pipefail\n"+strings.Join(slices.Concat(l.before, job.Script), "\n"))
	if job.AfterScript != nil {
		if out, err := l.run(dir, "bash", environment, "-c", "set -eo pipefail\n"+strings.Join(job.AfterScript, "\n")); err != nil {
			l.t.Errorf("after_script of %s: %v\n%s", name, err, out)
		}
	}
	kept := l.t.TempDir()
	l.artifacts[name] = kept
	for _, file := range slices.Concat(job.Artifacts.Paths, slices.Collect(maps.Values(job.Artifacts.Reports))) {
		if content, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			l.write(filepath.Join(kept, file), string(content), 0o600)
		}
	}
	return log, err
}

func TestExampleOnGitLabSendsWhatWasApproved(t *testing.T) {
	g := newGitops(t)
	lab := g.gitLab()
	if log, err := lab.job("check"); err != nil {
		t.Fatalf("check: %v\n%s", err, log)
	}
	if log, err := lab.job("review"); err != nil || g.taken() != 0 {
		t.Fatalf("review: %v, %d messages taken\n%s", err, g.taken(), log)
	}
	if widget, err := os.ReadFile(filepath.Join(lab.artifacts["review"], "plan.gitlab.json")); err != nil || string(widget) != "{\n  \"create\": 4,\n  \"update\": 0,\n  \"delete\": 0\n}\n" {
		t.Errorf("the widget shows %s, %v", widget, err)
	}
	for _, job := range []string{"plan", "apply", "apply"} {
		if log, err := lab.job(job); err != nil {
			t.Fatalf("%s: %v\n%s", job, err, log)
		}
	}
	if g.taken() != 4 {
		t.Errorf("%d messages taken", g.taken())
	}
	g.edit("outages.sms.hcl", "", outageWest)
	if log, err := lab.job("review"); err != nil || !strings.Contains(log, "Plan: 3 to send, 0 to cancel, 4 already sent") {
		t.Errorf("review: %v\n%s", err, log)
	}

	// Another plan than the one whose ID was approved is refused.
	if log, err := lab.job("plan"); err != nil {
		t.Fatalf("plan: %v\n%s", err, log)
	}
	approved := lab.artifacts["plan"]
	g.edit("outages.sms.hcl", "on Friday", "on Sunday")
	if log, err := lab.job("plan"); err != nil {
		t.Fatalf("plan: %v\n%s", err, log)
	}
	id, err := os.ReadFile(filepath.Join(approved, "plan.id"))
	if err != nil {
		t.Fatal(err)
	}
	g.write(filepath.Join(lab.artifacts["plan"], "plan.id"), string(id), 0o600)
	if log, err := lab.job("apply"); err == nil || !strings.Contains(log, "the plan is not the one that is expected") || g.taken() != 4 {
		t.Errorf("apply: %v, %d messages taken\n%s", err, g.taken(), log)
	}
}

func TestExampleOnGitLabAppliesByHandAndOneAtATime(t *testing.T) {
	g := newGitops(t)
	lab := g.gitLab()
	for name, job := range lab.jobs {
		apply := name == "apply"
		if by := len(job.Rules) > 0 && job.Rules[0]["when"] == "manual"; by != apply {
			t.Errorf("job %s is run by hand: %v", name, by)
		}
		if (job.ResourceGroup == "production") != apply || (job.Environment["name"] == "production") != apply {
			t.Errorf("job %s is in group %q and environment %v", name, job.ResourceGroup, job.Environment)
		}
		if name == "plan" || apply {
			if !slices.Equal(job.Tags, []string{"smsplan-apply"}) || job.Rules[0]["if"] != "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" {
				t.Errorf("job %s runs on %v if %v", name, job.Tags, job.Rules[0]["if"])
			}
		}
		shellcheck(t, "job "+name, "bash", strings.Join(slices.Concat(lab.before, job.Script, job.AfterScript), "\n"))
	}
	if lab.jobs["review"].Artifacts.Reports["terraform"] != "plan.gitlab.json" {
		t.Error("the merge request's widget has no report")
	}
}

// On Atlantis: plan, policies and apply, each step in a shell of its own, as the server's workflow has them.
func TestExampleOnAtlantisSendsWhatWasPlanned(t *testing.T) {
	g := newGitops(t)
	type stage struct {
		Steps []struct {
			Run string            `json:"run"`
			Env map[string]string `json:"env"`
		} `json:"steps"`
	}
	var server struct {
		Repos     []map[string]any            `json:"repos"`
		Workflows map[string]map[string]stage `json:"workflows"`
	}
	readYAML(t, filepath.Join(gitopsExample, "atlantis-server.yaml"), &server)
	var project struct {
		Version  int              `json:"version"`
		Projects []map[string]any `json:"projects"`
	}
	readYAML(t, filepath.Join(gitopsExample, "atlantis.yaml"), &project)
	repo := server.Repos[0]
	if project.Version != 3 || project.Projects[0]["workflow"] != nil || repo["allow_custom_workflows"] != false || len(repo["allowed_overrides"].([]any)) != 0 {
		t.Errorf("a pull request chooses how it is applied: %v, %v", project, repo)
	}
	dir := g.checkout()
	environment := g.environment()
	environment["PLANFILE"] = filepath.Join(dir, "default.tfplan")
	environment["SMSPLAN_USER"], environment["SMSPLAN_PASSWORD"], environment["SMSPLAN_AGE_IDENTITY"] = "demo", "demo", gitopsIdentity
	run := func(stage string) (log string, err error) {
		for _, step := range server.Workflows["smsplan"][stage].Steps {
			if step.Env != nil {
				environment[step.Env["name"]] = step.Env["value"]
				continue
			}
			script := strings.ReplaceAll(step.Run, "/var/lib/smsplan", environment["STATE"])
			shellcheck(t, stage, "sh", script)
			out, err := g.run(dir, "sh", environment, "-c", script)
			if log += out; err != nil {
				return log, err
			}
		}
		return log, nil
	}
	for _, stage := range []string{"plan", "policy_check"} {
		if log, err := run(stage); err != nil || g.taken() != 0 {
			t.Fatalf("%s: %v, %d messages taken\n%s", stage, err, g.taken(), log)
		}
	}
	if log, err := run("apply"); err != nil || g.taken() != 4 {
		t.Errorf("apply: %v, %d messages taken\n%s", err, g.taken(), log)
	}
}

// shellcheck holds a script of a pipeline against the rules of shells.
func shellcheck(t *testing.T, name, shell, script string) {
	t.Helper()
	c := exec.Command("shellcheck", "--shell="+shell, "-")
	c.Stdin = strings.NewReader(script + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func TestExampleHasSoundScripts(t *testing.T) {
	for _, script := range []string{"ci/share-state", "ci/comment"} {
		text, err := os.ReadFile(filepath.Join(gitopsExample, script))
		if err != nil {
			t.Fatal(err)
		}
		shellcheck(t, script, "sh", string(text))
		if about, err := os.Stat(filepath.Join(gitopsExample, script)); err != nil || about.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be run: %v", script, err)
		}
	}
}

// The hooks that pre-commit finds at the root of the project run with what a commit changes, and the example uses them.
func TestHooksCheckWhatIsCommitted(t *testing.T) {
	type hook struct {
		ID        string `json:"id"`
		Entry     string `json:"entry"`
		Language  string `json:"language"`
		Files     string `json:"files"`
		PassNames *bool  `json:"pass_filenames"`
	}
	var hooks []hook
	readYAML(t, "../../.pre-commit-hooks.yaml", &hooks)
	var used struct {
		Repos []struct {
			Hooks []struct {
				ID string `json:"id"`
			} `json:"hooks"`
		} `json:"repos"`
	}
	readYAML(t, filepath.Join(gitopsExample, ".pre-commit-config.yaml"), &used)
	g := newGitops(t)
	dir := g.checkout()
	commit := func(h hook, files ...string) error {
		var names []string
		for _, name := range files {
			if regexp.MustCompile(h.Files).MatchString(name) && (h.PassNames == nil || *h.PassNames) {
				names = append(names, name)
			}
		}
		words := append(strings.Fields(h.Entry), names...)
		out, err := g.run(dir, filepath.Join(g.disk, "bin", words[0]), g.environment(), words[1:]...)
		t.Logf("%s: %s", h.ID, out)
		return err
	}
	for i, h := range hooks {
		if h.Language != "golang" || used.Repos[0].Hooks[i].ID != h.ID {
			t.Errorf("hook %+v", h)
		}
		if err := commit(h, "main.sms.hcl", "outages.sms.hcl", "outages.smstest.hcl", "customers.csv", "README.md"); err != nil {
			t.Errorf("%s: %v", h.ID, err)
		}
	}
	// A file that is laid out otherwise is changed, which ends the commit; a wrong one is an error.
	g.write(filepath.Join(dir, "new.sms.hcl"), "locals {\n    a = 1\n}\n", 0o644)
	if err := commit(hooks[0], "new.sms.hcl"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "new.sms.hcl")); err != nil || string(text) != "locals {\n  a = 1\n}\n" {
		t.Errorf("the hook left %q, %v", text, err)
	}
	g.write(filepath.Join(dir, "new.sms.hcl"), "locals {\n  a = var.none\n}\n", 0o644)
	if err := commit(hooks[1], "new.sms.hcl"); err == nil {
		t.Error("a configuration with an error can be committed")
	}
}
