package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// indifferent are the flags that plan and apply share and that leave what a plan says as it is. A new flag is listed here or
// declared as shaping: nothing that shapes plans is taken with a saved one and not heeded.
var indifferent = []string{
	"allow-path", "expect-head", "workspace", // where things are read; a plan of another workspace is refused
	"show-numbers", "compact-warnings", "json", "json-into", // how things are shown
	"var", "var-file", // refused too, but for ephemeral variables
}

func TestEveryFlagThatShapesPlansIsRefusedWithASavedOne(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.sms.hcl", starter, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, out := smsplan(t, "plan", "-out=x.smsplan"); got != 0 {
		t.Fatalf("plan: status %d\n%s", got, out)
	}
	names := func(cmd *cli.Command) (names []string) {
		for _, flag := range cmd.Flags {
			names = append(names, flag.Names()[0])
		}
		return names
	}
	root := newProgram(nil, nil, nil, nil).root()
	applies, checked := names(root.Command("apply")), 0
	for _, flag := range root.Command("plan").Flags {
		name := flag.Names()[0]
		if slices.Contains(indifferent, name) || !slices.Contains(applies, name) {
			continue
		}
		arg := "-" + name
		if _, alone := flag.(*cli.BoolFlag); !alone {
			arg += "=1" // what every one of them takes
		}
		got, out := smsplan(t, "apply", arg, "x.smsplan")
		if got != statusError || !strings.Contains(out, "-"+name+" shapes a plan while it is made, and x.smsplan is made already") {
			t.Errorf("apply %s with a saved plan: status %d\n%s", arg, got, out)
		}
		checked++
	}
	if _, err := os.Stat("smsplan.state"); err == nil || checked == 0 {
		t.Errorf("%d flags were refused, and a state was made: %v", checked, err == nil)
	}
}
