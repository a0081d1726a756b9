package suite

import (
	"cmp"
	"slices"
	"strings"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
)

// results gives what a run came to as its conditions see it.
func (w *world) results(run *Run) config.Results {
	p := run.Plan
	t := p.Totals()
	r := config.Results{
		Plan: config.PlanResult{
			ToSend: t.ToSend, Again: t.Again, Retried: t.Retried, ToImport: t.ToImport, ToCancel: t.ToCancel, AlreadySent: t.AlreadySent, Held: t.Held,
			Cost: t.Cost, Segments: t.Segments, Requests: t.Requests, ByReason: byReason(t.ByReason), Countries: map[string]int{},
		},
		Messages: map[string]config.MessageResult{},
	}
	if p.Tariff != nil {
		r.Plan.Currency = p.Tariff.Currency
	}
	for i := range p.Messages {
		m := &p.Messages[i]
		r.Messages[m.Address] = messageResult(m)
		for _, c := range m.Countries {
			r.Plan.Countries[c.Region] += c.Recipients
		}
	}
	for _, warning := range p.Warnings {
		r.Plan.Warnings = append(r.Plan.Warnings, config.TestWarning(warning))
	}
	if run.Report != nil {
		r.Summary = summaryResult(run.Report)
	}
	r.Taken = w.taken
	return r
}

// take notes what the simulator has taken in a run. Which of several requests came first is chance, so that is not the order.
func (w *world) take(run string) {
	var taken []config.Taken
	for _, m := range w.stage.simulator.Messages()[len(w.taken):] {
		taken = append(taken, config.Taken{
			Run: run, To: m.To, From: m.From, Text: m.Text, Encoding: m.Encoding, Segments: m.Segments,
			Flash: m.Flash, Delay: m.Delay, Validity: m.Validity, UDH: m.UDH, Data: m.Data,
		})
	}
	slices.SortStableFunc(taken, func(a, b config.Taken) int { return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Text, b.Text)) })
	w.taken = append(w.taken, taken...)
}

func messageResult(m *plan.Message) config.MessageResult {
	r := config.MessageResult{Rows: m.Rows, ToSend: m.ToSend, Again: m.Again, Requests: m.Requests, Countries: map[string]int{}}
	reasons := map[string]int{}
	for _, h := range m.Held {
		reasons[h.Reason] += h.Count
		if plan.IsHeld(h.Reason) {
			r.Held += h.Count
		}
	}
	r.AlreadySent = reasons[plan.AlreadySent] + reasons[plan.Imported]
	r.ByReason = byReason(reasons)
	for _, c := range m.Countries {
		r.Countries[c.Region] = c.Recipients
	}
	return r
}

// byReason has every reason, under a name that conditions can have.
func byReason(counts map[string]int) map[string]int {
	all := map[string]int{}
	for _, reason := range plan.Reasons {
		all[strings.ReplaceAll(reason, " ", "_")] = counts[reason]
	}
	return all
}

func summaryResult(r *apply.Report) *config.SummaryResult {
	s := &config.SummaryResult{
		Complete: r.Complete(), Total: r.Total, Sent: r.Sent, Unconfirmed: r.Unconfirmed, Refused: r.Refused, InDoubt: r.InDoubt,
		NotAttempted: r.NotAttempted, ToCancel: r.ToCancel, Cancelled: r.Cancelled, Withdrawing: r.Withdrawing, OldKept: r.OldKept, Restored: r.Restored, Already: r.Already, Late: r.Late, Closed: r.Closed, Waiting: r.Waiting, Elsewhere: r.Elsewhere,
		Again: r.Again, Imported: r.Imported, Requests: r.Requests, Refusals: map[string]int{},
	}
	for _, refusal := range r.Refusals {
		s.Refusals[refusal.Code] = refusal.People
	}
	return s
}
