package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// outageWest is what a second pull request adds to the example.
const outageWest = `
message "outage_9th_street" {
  to    = [recipients.customers]
  where = recipient.street == "9th Street"
  from  = "ACME Energy"
  text  = "Dear ${recipient.name}, the power in ${recipient.street} will be off on Friday from 22:00 to 23:30."
}
`

var planID = regexp.MustCompile(`[0-9a-z]{5}(-[0-9a-z]{5}){4}-[0-9a-z]`)

// On GitHub: a pull request is planned, pushed to again, merged, planned again and applied; then comes the next.
func TestExampleOnGitHubSendsWhatWasApproved(t *testing.T) {
	g := newGitops(t)
	hub := g.gitHub()

	first := hub.pullRequest(1, "review")
	if got := g.comments(); len(got) != 1 || !strings.Contains(got[0].Body, "The plan of commit 0000001") || got[0].Issue != "1" {
		t.Fatalf("comments: %+v", got)
	}
	if id := first.outputs["plan_id"]; !planID.MatchString(id) || !strings.Contains(g.comments()[0].Body, id) {
		t.Errorf("the review's Plan ID is %q, and the comment says:\n%s", id, g.comments()[0].Body)
	}
	if g.taken() != 0 {
		t.Fatal("a pull request has sent messages")
	}
	g.edit("outages.sms.hcl", "on Tuesday", "on Wednesday")
	second := hub.pullRequest(1, "review")
	if got := g.comments(); len(got) != 1 || !strings.Contains(got[0].Body, second.outputs["plan_id"]) || strings.Contains(got[0].Body, first.outputs["plan_id"]) {
		t.Errorf("after the second push the comments are %+v", got)
	}

	merged := hub.push("plan")
	if got, want := merged.outputs["plan_id"], second.outputs["plan_id"]; got != want {
		t.Errorf("the plan of main is %s, that of the review was %s", got, want)
	}
	if !strings.Contains(merged.summary, merged.outputs["plan_id"]) {
		t.Errorf("the summary that is approved does not have the Plan ID:\n%s", merged.summary)
	}
	if merged.outputs["changes"] != "true" || g.taken() != 0 {
		t.Fatalf("changes: %q; %d messages taken before the approval", merged.outputs["changes"], g.taken())
	}
	applied := hub.push("apply")
	if applied.failed || g.taken() != 4 {
		t.Fatalf("apply: %d messages taken, and it printed\n%s", g.taken(), applied.log)
	}
	if again := hub.push("apply"); again.failed || g.taken() != 4 {
		t.Errorf("the apply run again: %d messages taken, and it printed\n%s", g.taken(), again.log)
	}

	// The next pull request is planned against what was sent by then.
	g.edit("outages.sms.hcl", "", outageWest)
	next := hub.pullRequest(2, "review")
	if got := g.comments(); len(got) != 2 || got[1].Issue != "2" || !strings.Contains(next.log, "Plan: 3 to send, 0 to cancel, 4 already sent") {
		t.Errorf("comments: %+v; the job printed\n%s", got, next.log)
	}
	hub.push("plan")
	if applied := hub.push("apply"); applied.failed || g.taken() != 7 {
		t.Errorf("apply: %d messages taken, and it printed\n%s", g.taken(), applied.log)
	}
	if last := hub.push("plan"); last.failed || last.outputs["changes"] != "false" {
		t.Errorf("nothing is left to send, and changes is %q:\n%s", last.outputs["changes"], last.log)
	}
}

// Whoever puts another plan in the place of the approved one, which anybody can encrypt, gets nothing sent.
func TestExampleOnGitHubRefusesAnotherPlanThanTheApproved(t *testing.T) {
	g := newGitops(t)
	hub := g.gitHub()
	approved := hub.push("plan").outputs["plan_id"]
	g.edit("outages.sms.hcl", "Dear", "Pay at once, dear")
	foreign := hub.push("plan")
	hub.outputs["plan"]["plan_id"] = approved
	applied := hub.push("apply")
	if !applied.failed || !strings.Contains(applied.log, "the plan is not the one that is expected") || !strings.Contains(applied.log, foreign.outputs["plan_id"]) || g.taken() != 0 {
		t.Errorf("%d messages taken, and the apply of another plan printed\n%s", g.taken(), applied.log)
	}
}

// Notes that somebody has committed take the place of those of the runner nowhere.
func TestExampleOnGitHubHeedsNoCommittedNotes(t *testing.T) {
	g := newGitops(t)
	g.write(filepath.Join(g.main, ".smsplan", "anchor"), "another state\n", 0o600)
	hub := g.gitHub()
	hub.push("plan")
	if applied := hub.push("apply"); applied.failed || g.taken() != 4 {
		t.Errorf("apply: %d messages taken, and it printed\n%s", g.taken(), applied.log)
	}
}

// What a guard forbids is shown in the comment, and ends the jobs of the pull request and of main.
func TestExampleOnGitHubStopsAtAGuard(t *testing.T) {
	g := newGitops(t)
	g.edit("main.sms.hcl", `countries      = ["DE", "SE", "US"]`, `countries      = ["SE", "US"]`)
	hub := g.gitHub()
	if review := hub.pullRequest(1, "review"); !review.failed || len(g.comments()) != 1 || !strings.Contains(g.comments()[0].Body, "blocked") {
		t.Errorf("comments: %+v; the job printed\n%s", g.comments(), review.log)
	}
	if plan := hub.push("plan"); !plan.failed || plan.outputs["changes"] != "" {
		t.Errorf("the plan of main printed\n%s", plan.log)
	}
}

// A comment that somebody else wrote is neither taken for the workflow's nor changed, whatever mark it has.
func TestExampleOnGitHubLeavesOthersComments(t *testing.T) {
	g := newGitops(t)
	hub := g.gitHub()
	hub.pullRequest(1, "review")
	forged := g.comments()[0]
	forged.Author.Login = "mallory"
	g.saveComments([]comment{forged})
	hub.pullRequest(1, "review")
	if got := g.comments(); len(got) != 2 || got[0].Body != forged.Body || got[1].Author.Login != "github-actions[bot]" {
		t.Errorf("comments: %+v", got)
	}
}

func TestExampleIsChecked(t *testing.T) {
	g := newGitops(t)
	hub := g.gitHub()
	if check := hub.pullRequest(1, "check"); check.failed {
		t.Errorf("the check printed\n%s", check.log)
	}
	g.edit("outages.sms.hcl", "recipient.street ==", "recipient.stret ==")
	check := hub.pullRequest(1, "check")
	sarif, err := os.ReadFile(filepath.Join(check.dir, "smsplan.sarif"))
	if !check.failed || err != nil || !strings.Contains(string(sarif), "outages.sms.hcl") {
		t.Errorf("%v; SARIF: %s; the check printed\n%s", err, sarif, check.log)
	}
}

// Whoever cancels the job interrupts smsplan, and the shell before it does not stand in between. The job run again sends the rest.
func TestExampleOnGitHubCanBeCancelled(t *testing.T) {
	g := newGitops(t, "delay:for=1s,op=sendmsg,times=1")
	g.edit("main.sms.hcl", "rate     = 100", "rate     = 100\n  connections = 1")
	hub := g.gitHub()
	if plan := hub.push("plan"); plan.failed {
		t.Fatal(plan.log)
	}
	var cancelling sync.WaitGroup
	_, begun := g.gateway.seen()
	cancelling.Go(func() {
		<-begun
		_ = g.running.Load().Signal(os.Interrupt)
	})
	cancelled := hub.push("apply")
	cancelling.Wait()
	if !strings.Contains(cancelled.log, "1 sent, 0 refused, 0 in doubt, 3 not attempted") || !strings.Contains(cancelled.log, "exit status 130") || g.taken() != 1 {
		t.Errorf("%d messages taken, and the cancelled apply printed\n%s", g.taken(), cancelled.log)
	}
	if again := hub.push("apply"); again.failed || g.taken() != 4 {
		t.Errorf("%d messages taken, and the apply run again printed\n%s", g.taken(), again.log)
	}
}
