package main

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/config"
)

func TestSplitCutsAsAShellDoes(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":             {"  ", nil},
		"words":               {"-json  -no-color", []string{"-json", "-no-color"}},
		"double quotes":       {`-var "text=a b"`, []string{"-var", "text=a b"}},
		"quotes inside":       {`-var 'x=["a","b"]'`, []string{"-var", `x=["a","b"]`}},
		"quotes in a word":    {`-var=x="a b"c`, []string{"-var=x=a bc"}},
		"an empty word":       {`-var x= ''`, []string{"-var", "x=", ""}},
		"backslash":           {`a\ b \"`, []string{"a b", `"`}},
		"backslash in quotes": {`"a\"b\n"`, []string{`a"b\n`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := split(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("split(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
	for _, open := range []string{`"a`, `'`, `a\`} {
		if got, err := split(open); err == nil {
			t.Errorf("split(%q) = %q; want an error", open, got)
		}
	}
}

func TestArgumentsOfTheEnvironmentStandRightAfterTheCommand(t *testing.T) {
	environ := map[string]string{"SMSPLAN_CLI_ARGS": "-no-color", "SMSPLAN_CLI_ARGS_state_list": "-json"}
	for name, tt := range map[string]struct{ in, want string }{
		"none without a command": {"smsplan -help", "smsplan -help"},
		"general":                {"smsplan plan -out=x", "smsplan plan -no-color -out=x"},
		"behind chdir":           {"smsplan -chdir x plan", "smsplan -chdir x plan -no-color"},
		"behind chdir with =":    {"smsplan -chdir=x plan y", "smsplan -chdir=x plan -no-color y"},
		"of a subcommand":        {"smsplan state list z", "smsplan state list -no-color -json z"},
	} {
		t.Run(name, func(t *testing.T) {
			root := newProgram(nil, nil, nil, nil).root()
			got, err := withEnvironment(root, strings.Fields(tt.in), func(name string) string { return environ[name] })
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("%q becomes %q, %v; want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestVarAndVarFileKeepTheirCommonOrder(t *testing.T) {
	var got []config.Assignment
	cmd := &cli.Command{
		Name: "x", Flags: assignments(&got), DisableSliceFlagSeparator: true,
		Action: func(context.Context, *cli.Command) error { return nil },
	}
	err := cmd.Run(t.Context(), []string{"x", "-var", `a=["x","y"]`, "--var-file=f", "-var=b=1,2", "arg", "-var-file", "g"})
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Assignment{{Flag: "-var", Value: `a=["x","y"]`}, {Flag: "-var-file", Value: "f"}, {Flag: "-var", Value: "b=1,2"}, {Flag: "-var-file", Value: "g"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
