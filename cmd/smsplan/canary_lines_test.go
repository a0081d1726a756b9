package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// canaryLines call every command with most of its flags. They are run in this order.
var canaryLines = [][]string{
	{"init"}, {"fmt"}, {"fmt", "-check", "-diff"}, {"validate"}, {"validate", "-json"}, {"validate", "-format=sarif"},
	{"plan", "-json"}, {"plan", "-show-numbers"}, {"plan", "-json", "-show-numbers"}, {"plan", "-compact-warnings", "-detailed-exitcode"},
	{"plan", "-var=given=" + canaryGiven, "-var-file=given.smsvars.hcl", "-out=a.smsplan", "-json-into=a.jsonl"},
	{"show", "a.smsplan"}, {"show", "-json", "a.smsplan"}, {"show", "-format=markdown", "a.smsplan"}, {"show", "-format=html", "a.smsplan"}, {"show", "-format=gitlab", "a.smsplan"}, {"show", "-format=csv", "a.smsplan"},
	{"show", "-format=" + canaryTyped, "a.smsplan"}, {"show", "-format=markdown"}, {"show", "smsplan.state"}, {"apply", "-var=given=" + canaryGiven, "a.smsplan"},
	{"apply", "-resolve-timeout=0", "-max-failures=5%", "a.smsplan"},
	{"apply", "-resolve-timeout=0", "-auto-approve", "-json", "-parallelism=2"}, {"apply", "-resolve-timeout=0", "-auto-approve", "-on-error=continue"}, {"apply"},
	{"status", "-rate=10000"}, {"status", "-json", "message.hello", "-rate=10000"}, {"status", "-watch", "-json"}, {"status", "-rate=" + canaryTyped}, {"status", "+12015550100"},
	{"receipts"}, {"receipts", "-listen=127.0.0.1:0"}, {"receipts", "-listen=" + canaryTyped}, {"receipts", "-listen=0.0.0.0:0"}, {"receipts", "-listen=127.0.0.1:" + canaryTyped},
	{"plan", "-retry-refused"}, {"plan", "-retry-refused=" + canaryTyped}, {"plan", "-retry-refused=105,+12015550100"},
	{"graph"},
	{"cancel"}, {"cancel", "-auto-approve", "-json"}, {"cancel", "-auto-approve", "+12015550100"}, {"cancel", canaryTyped}, {"cancel", "-auto-approve", "message.hello", "-allow=" + canaryTyped},
	{"resolve"}, {"resolve", "message.hello"}, {"resolve", "-as=unsent", "-reason=for the test"},
	{"resolve", "-from=torn.jsonl"}, {"resolve", "-from=people.csv"}, {"resolve", "-from=smsplan.state"},
	{"show"}, {"show", "-json"},
	{"state", "list"}, {"state", "list", "-json"}, {"state", "show", "message.hello"},
	{"state", "show", "-number=+1 201 555 0100", "message.hello"}, {"state", "show", "-json", "-number=+1 (201) 555-0101", "message.hello"},
	{"state", "show", "-number=+1 201 555 01199", "message.hello"}, {"state", "show", "+12015550100"},
	{"state", "pull"}, {"state", "pull", "-format=csv"}, {"state", "verify"}, {"state", "unlock"},
	{"state", "adopt", "-auto-approve"}, {"state", "compact"},
	{"state", "forget", "-number=+12015550100", "-auto-approve"}, {"state", "forget", "-number=2015550101"},
	{"state", "mv", "message.hello", "+12015550100"}, {"state", "mv", "message.hello", "message.other"}, {"state", "mv", "message.other", "message.hello"},
	{"state", "recover", "-auto-approve", "smsplan.state", "a.smsplan"}, {"state", "recover", "people.csv"},
	{"state", "rm", "-auto-approve", "-count=4", "message.hello"},
	{"state", "push", "moved.state"}, {"state", "list"},
	{"test"}, {"test", "-verbose", "-var=given=" + canaryGiven}, {"test", "-json", "-verbose", "-junit-xml=report.xml"}, {"test", "-show-numbers"},
	{"test", "-filter=" + canaryTyped}, {"test", "-test-directory=/" + canaryTyped}, {"test", "-test-directory=torn"},
	{"output"}, {"output", "-json"}, {"output", "token"}, {"output", "length"}, {"output", canaryTyped},
	{"graph"}, {"graph", "-var=token=" + canaryTyped}, {"graph", "-" + canaryTyped},
	{"doctor"}, {"doctor", "-json"}, {"doctor", "a.smsplan"}, {"doctor", "-json", "people.csv"}, {"doctor", "-var=token=" + canaryTyped + "\xff"}, {"doctor", "-expect-head=" + canaryTyped},
	{"console"},
	{"simulator", "-settings=settings.json", "-listen=127.0.0.1:0", "-dir=kept", "-outbox=kept.jsonl"},
	{"simulator", "-settings=settings.json", "-listen=127.0.0.1:0", "-tls", "-tls-cert-out=cert.pem"},
	{"simulator", "-settings=settings.json", "-listen=nowhere"}, {"simulator", "-settings=torn.json"}, {"simulator", "-settings=people.csv"},
	{"simulator", "-fault=" + canaryTyped}, {"simulator", "-fault=refuse:code=" + canaryTyped}, {"simulator", "-fault=refuse:" + canaryTyped}, {"simulator", "-fault=delay:for=+12015550100"},
	{"simulator", "-speed=" + canaryTyped},
	{"version"}, {"version", "-json"}, {"metadata", "functions"}, {"metadata", "schema", "-json"}, {"help"}, {"help", "apply"}, {"completion", "bash"},
	{"plan", "-var=nobody=" + canaryTyped}, {"plan", "-vra=token=" + canaryTyped}, {"plan", "-var", "token:" + canaryTyped}, {"plan", "-var", "token=a", canaryTyped}, {"plan", "--" + canaryTyped + "1"},
	{"plan", "-var=token=" + canaryTyped + "\xff"}, {"plan", "-var=list=[" + canaryTyped}, {"plan", "-var=count=" + canaryTyped},
	{"plan", "-var-file=torn.smsvars.hcl"}, {"plan", "-expect-head=" + canaryTyped}, {"plan", "-allow=" + canaryTyped}, {"plan", "-workspace=" + canaryTyped}, {"state", "list", "-workspace=+12015550100"}, {"plan", "-json=" + canaryTyped},
	{"apply", "-parallelism=" + canaryTyped}, {"apply", "-rate=+12015550100"}, {"apply", "-lock-timeout=" + canaryTyped}, {"apply", "-max-failures=" + canaryTyped},
	{"apply", "-expect=" + canaryTyped, "-auto-approve"}, {"apply", "-on-error=" + canaryTyped}, {"resolve", "-as=" + canaryTyped}, {"resolve", "+12015550100"}, {"state", "pull", "-format=" + canaryTyped},
	{"state", canaryTyped}, {canaryTyped}, {"+12015550100"},
	{"destroy", "-var=token=" + canaryTyped}, {"force-unlock", canaryTyped}, {"get"}, {"providers"}, {"refresh"}, {"taint", canaryTyped},
	{"untaint"}, {"workspace"}, {"env"}, {"import", "message.hello", "+12015550100"}, {"login", canaryTyped}, {"logout"}, {"modules"},
}

// canaryShort are lines that a gateway or a configuration can make a difference to.
var canaryShort = [][]string{
	{"init"}, {"validate", "-json"}, {"plan"}, {"plan", "-json"}, {"plan", "-out=a.smsplan", "-json-into=a.jsonl", "-var-file=given.smsvars.hcl"}, {"show", "a.smsplan"},
	{"apply", "-resolve-timeout=0", "a.smsplan"}, {"apply", "-resolve-timeout=0", "-auto-approve", "-json"}, {"status", "-rate=10000"}, {"receipts"}, {"resolve"}, {"resolve", "-as=unsent", "-reason=for the test"},
	{"show", "-json"}, {"state", "show", "-json", "-number=+12015550101", "message.hello"}, {"state", "pull"}, {"doctor"}, {"doctor", "-json"}, {"console"}, {"test"},
}

// canaryBrief is for a gateway that is tried again and again: a plan, one apply, and what is left of it.
var canaryBrief = [][]string{{"init"}, {"validate"}, {"plan", "-json"}, {"apply", "-resolve-timeout=0", "-auto-approve"}, {"show"}, {"resolve"}, {"state", "pull"}}

const canaryConsole = "var.password\nvar.token\nvar.nonce\nvar\nvar.keys.a\nrecipients.people\n[for r in recipients.people : r.name]\nrecipients.staff\nparseint(var.token, 10)\nexit\n"

func TestEveryCommandHasCanaryLines(t *testing.T) {
	var missing func(cmd *cli.Command, path []string)
	missing = func(cmd *cli.Command, path []string) {
		for _, sub := range cmd.Commands {
			missing(sub, append(slices.Clone(path), sub.Name))
		}
		covered := slices.ContainsFunc(canaryLines, func(line []string) bool { return len(line) >= len(path) && slices.Equal(line[:len(path)], path) })
		if len(cmd.Commands) == 0 && !covered {
			t.Errorf("smsplan %s is run by no line", strings.Join(path, " "))
		}
	}
	missing(newProgram(nil, io.Discard, io.Discard, nil).root(), nil)
}
