package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

func (e *examination) configuration() {
	errors, warnings, first := 0, 0, ""
	for _, d := range e.Findings {
		if d.Severity != "error" {
			warnings++
			continue
		}
		if errors++; first == "" {
			first = d.Summary
			if d.Range != nil {
				first = fmt.Sprintf("%s, %s line %d", first, d.Range.Filename, d.Range.Start.Line)
			}
		}
	}
	switch {
	case e.Invalid:
		text := first
		if errors > 1 {
			text += fmt.Sprintf(", and %d more", errors-1)
		}
		e.fail("files", text, "smsplan plan and smsplan validate show the errors with their places")
	case warnings > 0:
		e.warn("files", fmt.Sprintf("%s, %s", messages(e.Config), config.Counted(warnings, "warning")), "smsplan validate shows the warnings")
	default:
		e.ok("files", messages(e.Config))
	}
	if e.WorkspaceFault != nil {
		text, remedy, _ := strings.Cut(e.WorkspaceFault.Error(), "\n")
		e.fail("workspace", text, cmp.Or(remedy, "-workspace=NAME, or SMSPLAN_WORKSPACE, says which workspace is meant"))
	} else {
		e.ok("workspace", e.Workspace)
	}
}

func messages(c *config.Config) string {
	return config.Counted(len(c.Messages), "message") + ", " + config.Counted(len(c.Sets), "recipient set")
}

// planned finds out what would be sent.
func (e *examination) planned() {
	switch {
	case e.SavedFault != nil:
		text, remedy, _ := strings.Cut(e.SavedFault.Error(), "\n")
		e.why = "the plan cannot be read"
		e.fail("plan", text, cmp.Or(remedy, "name a plan that smsplan plan -out=FILE has saved, or none"))
		return
	case e.Saved != nil:
		e.plan = e.Saved
		if e.plan.Expired(e.Now) {
			e.warn("plan", "it has expired, unless it was begun in time: plans are begun within 24 hours", "plan again, with smsplan plan -out=FILE")
			return
		}
		if account := plan.GatewayOf(e.Config.Gateway).Account; e.GatewayKnown && account != e.plan.Gateway.Account {
			e.fail("plan", "it was made for another gateway account than the configuration's", "plan again, with smsplan plan -out=FILE")
			return
		}
	case e.Invalid:
		e.why = "the configuration has errors"
		e.unchecked(e.why, "plan")
		return
	case e.past == nil:
		e.why = "the state cannot be read"
		e.unchecked(e.why, "plan")
		return
	default:
		e.plan = plan.New(e.Config, e.past, e.Now, e.Version, plan.Options{})
		if problems := e.plan.Problems(); len(problems) > 0 {
			e.plan, e.why = nil, "there is no plan"
			e.fail("plan", problems[0].Summary, "smsplan plan shows what the state finds wrong with the configuration")
			return
		}
	}
	t := e.plan.Totals()
	text := fmt.Sprintf("%s to send, %s", config.Counted(t.ToSend, "person", "people"), config.Counted(t.Segments, "segment"))
	if t.ToCancel > 0 {
		text += fmt.Sprintf(", %s to cancel", config.Count(t.ToCancel))
	}
	switch blocking := e.plan.Blocking(); {
	case len(blocking) > 0:
		e.fail("plan", text+fmt.Sprintf("; guard.%s blocks it", blocking[0].Name), "smsplan plan shows what goes beyond the guard; -allow=guard.NAME lets it")
	case e.plan.Empty():
		e.ok("plan", "nothing is to be sent")
	default:
		e.ok("plan", text)
	}
	if t.ToSend == 0 {
		return
	}
	if err := e.place.CheckRoom(t.ToSend+t.ToImport, t.Requests); err != nil {
		e.fail("room for it", err.Error(), "free some space on the disk of the state")
	}
}
