package config

import (
	"path/filepath"
	"testing"
)

// Two workspaces never have one default path, nor one that any state's files beside it could have.
func TestEachWorkspaceHasAStateOfItsOwn(t *testing.T) {
	const named = "smsplan {\n  state \"file\" {\n    path = \"states/${smsplan.workspace}.state\"\n  }\n}\n"
	for name, tt := range map[string]struct{ configuration, workspace, want string }{
		"default":              {"", "", "smsplan.state"},
		"default by its name":  {"", "default", "smsplan.state"},
		"another":              {"", "prod", "smsplan.state.d/prod/smsplan.state"},
		"as a lock is called":  {"", "lock", "smsplan.state.d/lock/smsplan.state"},
		"in the path":          {named, "prod", "states/prod.state"},
		"default in the path":  {named, "", "states/default.state"},
		"a path that is null":  {"smsplan {\n  state \"file\" {\n    path = null\n  }\n}\n", "prod", "smsplan.state.d/prod/smsplan.state"},
		"a state without path": {"smsplan {\n  state \"file\" {\n  }\n}\n", "prod", "smsplan.state.d/prod/smsplan.state"},
	} {
		t.Run(name, func(t *testing.T) {
			c := loaded(t, map[string]string{"main.sms.hcl": tt.configuration + "gateway \"simulator\" {}\n"}, Options{Workspace: tt.workspace, Scope: ScopeState})
			if want := filepath.Join(c.Dir, tt.want); c.State.Path != want {
				t.Errorf("the state is at %s, not %s", c.State.Path, want)
			}
		})
	}
}
