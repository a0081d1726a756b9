package apply_test

import (
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
)

// The gateway specification's section 16 lists what nobody knows of the gateway. Whichever way it is, a run comes to the same:
// one request loses its answer and is found again, two people are refused, everybody else is sent to.
func TestWhatNobodyKnowsOfTheGatewayMakesNoDifference(t *testing.T) {
	for name, faults := range map[string]string{
		"as the simulator is":             "",
		"strict":                          "choose:order=strict choose:action=required choose:plain=refuse",
		"of its own mind":                 "choose:both=credentials choose:over=truncate choose:duplicates=merge choose:climsgid=folded",
		"sparing with codes":              "choose:missing=001 choose:unknown=001 expire-sessions-after:requests=3,times=1 query-lag:for=20s,say=001",
		"tight":                           "spelling:case=upper,spaces=none,end=crlf,credits=true,order=swapped,joined=true",
		"wide":                            "spelling:case=lower,spaces=double,end=lf",
		"taciturn":                        "spelling:text=none",
		"compressed, out of order":        "gzip shuffle:seed=7",
		"arrays of its own type":          "rpc-array:member=string,type=own,size=wrong",
		"arrays of open size":             "rpc-array:size=open",
		"arrays without a size, referred": "rpc-array:size=none,href=true",
		"members referred to":             "rpc-array:href=members",
	} {
		for _, binding := range []string{"document", "rpc"} {
			t.Run(name+", "+binding, func(t *testing.T) {
				faults := append(strings.Fields(faults), "drop-before-answer:times=1,after=1", "refuse:ending=5")
				inWorld(t, 20, faults, func(w *world) {
					w.binding, w.batch, w.connections = binding, 4, 1
					w.text, w.extra = "Żółw & <ślimak>", "  receipts = true\n  priority = 1"
					got := w.apply(w.t.Context(), apply.Options{})
					if got.err != nil || got.report.Unconfirmed != 4 || got.report.Refused == 0 || got.report.Sent+got.report.Refused != 16 {
						w.t.Errorf("%+v, %v", got.report, got.err)
					}
				})
			})
		}
	}
}

// Where one string stands for an array of one, and the reverse.
func TestAStringMayStandForAnArrayOfOne(t *testing.T) {
	inWorld(t, 3, []string{"rpc-array:single=true", "drop-before-answer:times=1"}, func(w *world) {
		w.binding, w.batch, w.rate = "rpc", 1, 0.001
		got := w.apply(w.t.Context(), apply.Options{})
		if got.err != nil || got.report.Sent != 3 || got.took < 30*time.Minute {
			w.t.Errorf("%+v, %v", got.report, got.err)
		}
	})
}
