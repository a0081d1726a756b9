package state

import (
	"encoding/json"
	"testing"
)

// Only a claim that says so takes over who was refused, never with a code that is final, never twice for one plan, and never somebody whom
// an earlier request may have reached.
func TestARefusalIsTakenOverWhereTheClaimSaysSo(t *testing.T) {
	all := Retry{Refused: true}
	for name, tt := range map[string]struct {
		code  int
		retry Retry
		plan  string
		doubt bool
		want  bool
	}{
		"not asked for":           {105, Retry{}, "B", false, false},
		"asked for":               {105, all, "B", false, true},
		"with its code":           {105, Retry{true, []int{105, 114}}, "B", false, true},
		"with another code":       {113, Retry{true, []int{105, 114}}, "B", false, false},
		"blocked":                 {121, all, "B", false, false},
		"opted out":               {122, Retry{true, []int{122}}, "B", false, false},
		"delisted":                {128, all, "B", false, false},
		"refused for this plan":   {105, all, "A", false, false},
		"in doubt of another one": {105, all, "B", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			st := opened(t, created(t))
			start := func(plan string) RunID {
				run, err := st.StartRun(t.Context(), Run{PlanID: plan})
				must(t, err)
				return run
			}
			run := start("A")
			c := Claim{Address: address, Revision: 1, People: crowd(0, 1)}
			if tt.doubt {
				doubtful(t, st, run, Anew{}, c.People...)
				c.Anew = Anew{Allowed: true}
			}
			first := claimed(t, st, run, c)[0]
			must(t, st.Begin(t.Context(), first.Request))
			must(t, st.Settle(t.Context(), first.Request, Settlement{Outcome: Refused, Code: tt.code}))
			must(t, st.EndRun(t.Context(), run, "incomplete"))
			got := claimed(t, st, start(tt.plan), Claim{Address: address, Revision: 1, People: crowd(0, 1), Retry: tt.retry})[0]
			if got.Request != 0 != tt.want {
				t.Errorf("claimed = %v; want %v: %+v", got.Request != 0, tt.want, got)
			}
		})
	}
}

func TestARetryIsKeptAsItIs(t *testing.T) {
	for _, want := range []string{"null", "[]", "[105,114]"} {
		var r Retry
		must(t, json.Unmarshal([]byte(want), &r))
		if got, err := json.Marshal(r); err != nil || string(got) != want {
			t.Errorf("%s is kept as %s, %v", want, got, err)
		}
		if r.Takes(105) != (want != "null") || r.Takes(122) {
			t.Errorf("%s takes 105: %v, 122: %v", want, r.Takes(105), r.Takes(122))
		}
	}
}
