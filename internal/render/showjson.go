package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

// FormatVersion is the version of the JSON documents. A minor version only adds; readers ignore what they do not know.
// docs/json.md has the schemas, and a test holds the output against them.
const FormatVersion = "1.0"

type planDocument struct {
	Format        string            `json:"format_version"`
	Version       string            `json:"smsplan_version"`
	ID            plan.ID           `json:"plan_id"`
	Created       time.Time         `json:"created"`
	Workspace     string            `json:"workspace"`
	Applyable     bool              `json:"applyable"` // there is something to do, and no guard blocks it
	Complete      bool              `json:"complete"`  // nobody is held, and no message is left out
	Targets       []string          `json:"targets,omitempty"`
	Excludes      []string          `json:"excludes,omitempty"`
	LeftOut       []string          `json:"left_out,omitempty"`
	RetryRefused  state.Retry       `json:"retry_refused,omitzero"`
	PhoneMetadata string            `json:"phone_metadata"`
	TimeZones     string            `json:"time_zones,omitempty"`
	EncryptedTo   int               `json:"encrypted_to,omitempty"` // keys
	Opened        bool              `json:"opened,omitempty"`       // with one of them
	Gateway       gatewayDocument   `json:"gateway"`
	State         plan.StateRef     `json:"state"`
	Messages      []plannedDocument `json:"messages"`
	Withdrawals   []plan.Withdrawal `json:"withdrawals,omitempty"`
	Removed       []string          `json:"removed,omitempty"`
	Guards        []guardDocument   `json:"guards"`
	Checks        []config.Check    `json:"checks"`
	Warnings      []plan.Warning    `json:"warnings"`
	Summary       totalsDocument    `json:"summary"`
}

type gatewayDocument struct {
	Kind        string  `json:"kind"`
	Endpoint    string  `json:"endpoint,omitempty"`
	Binding     string  `json:"binding"`
	Auth        string  `json:"auth"`
	APIID       string  `json:"api_id,omitempty"`
	BatchSize   int     `json:"batch_size"`
	Connections int     `json:"connections"`
	Rate        float64 `json:"rate"`
	Timeout     string  `json:"timeout"`
	Account     string  `json:"account"`
}

type plannedDocument struct {
	Address     string                  `json:"address"`
	Actions     []plan.Action           `json:"actions"`
	Revision    int                     `json:"revision"`
	MovedFrom   string                  `json:"moved_from,omitempty"`
	DedupeKey   string                  `json:"dedupe_key,omitempty"`
	DependsOn   []string                `json:"depends_on,omitempty"`
	Ignores     []string                `json:"ignore_changes,omitempty"`
	From        string                  `json:"from,omitempty"`
	TextSample  string                  `json:"text_sample,omitempty"`
	Binary      *binary                 `json:"binary,omitempty"`
	DeliverAt   string                  `json:"deliver_at,omitempty"`
	Window      *config.Window          `json:"window,omitempty"`
	Clocks      []plan.Clock            `json:"clocks,omitempty"`
	OnDoubt     string                  `json:"on_doubt"`
	Settle      string                  `json:"settle,omitempty"`
	MayRepeat   bool                    `json:"may_be_sent_twice"`
	Handling    handling                `json:"handling"`
	Encoding    string                  `json:"encoding,omitempty"` // of most recipients
	Sizes       []plan.Size             `json:"sizes"`
	Segments    int                     `json:"segments"`
	Counts      map[string]int          `json:"counts"`
	Held        []heldDocument          `json:"held"`
	Countries   map[string]int          `json:"countries"`
	Cost        *config.Money           `json:"cost,omitempty"`
	Costs       map[string]config.Money `json:"cost_by_country,omitempty"`
	Texts       int                     `json:"texts"`
	Requests    int                     `json:"requests"`
	TextChanged int                     `json:"text_changed,omitempty"`
	Again       int                     `json:"again,omitempty"`
	Tried       int                     `json:"tried,omitempty"`
	Retried     int                     `json:"retried,omitempty"`
	Attempts    int                     `json:"attempts,omitempty"`
	Restored    int                     `json:"restored,omitempty"`
	Former      []plan.Former           `json:"former,omitempty"`
	Imports     []importDocument        `json:"imports,omitempty"`

	Renumbered *plan.Renumbered `json:"renumbered,omitempty"`
	Recipients []string         `json:"recipients,omitempty"` // with -show-numbers only
}

// handling is what a message asks of the gateway.
type handling struct {
	Flash            bool     `json:"flash"`
	Unicode          string   `json:"unicode"`
	MaxSegments      int      `json:"max_segments"`
	Receipts         bool     `json:"receipts"`
	Callbacks        []string `json:"callbacks"`
	Validity         string   `json:"validity,omitempty"`
	Priority         int      `json:"priority"`
	MaxCredits       float64  `json:"max_credits,omitempty"`
	Escalate         bool     `json:"escalate"`
	Features         []string `json:"features"`
	MobileOriginated bool     `json:"mobile_originated"`
}

func handlingOf(m *plan.Message) handling {
	h := handling{
		Flash: m.Flash, Unicode: m.Unicode, MaxSegments: m.MaxSegments,
		Receipts: m.Receipts, Callbacks: orEmpty(m.Pushed(m.Receipts)),
		Priority: m.Queue(), MaxCredits: m.MaxCredits, Escalate: m.Escalate,
		Features: orEmpty(m.Features), MobileOriginated: m.MobileOriginated,
	}
	if m.Validity > 0 {
		h.Validity = duration(m.Validity)
	}
	return h
}

type heldDocument struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	Note   string `json:"note,omitempty"`
}

type totalsDocument struct {
	ToSend      int            `json:"to_send"`
	Again       int            `json:"again"`
	Retried     int            `json:"retried"`
	ToImport    int            `json:"to_import"`
	ToCancel    int            `json:"to_cancel"`
	AlreadySent int            `json:"already_sent"`
	Held        int            `json:"held"`
	Segments    int            `json:"segments"`
	Requests    int            `json:"requests"`
	Cost        *config.Money  `json:"cost,omitempty"`
	Currency    string         `json:"currency,omitempty"`
	ByReason    map[string]int `json:"by_reason"`
}

func totals(p *plan.Plan) totalsDocument {
	t := p.Totals()
	d := totalsDocument{
		ToSend: t.ToSend, Again: t.Again, Retried: t.Retried, ToImport: t.ToImport, ToCancel: t.ToCancel, AlreadySent: t.AlreadySent, Held: t.Held, Segments: t.Segments, Requests: t.Requests,
		Cost: t.Cost, ByReason: map[string]int{},
	}
	if p.Tariff != nil {
		d.Currency = p.Tariff.Currency
	}
	for reason, n := range t.ByReason {
		d.ByReason[key(reason)] = n
	}
	return d
}

type binary struct {
	UDH  string `json:"udh"`
	Data string `json:"data"`
}

// PlanJSON writes the document of `show -json PLAN`. Numbers are in it only where the style shows them.
func PlanJSON(w io.Writer, p *plan.Plan, s Style) error {
	t := p.Totals()
	d := planDocument{
		Format:        FormatVersion,
		Version:       p.Version,
		ID:            p.ID,
		Created:       p.Created,
		Workspace:     p.Workspace,
		Applyable:     !p.Empty() && len(p.Blocking()) == 0,
		Guards:        guardDocuments(p),
		Checks:        orEmpty(p.Checks),
		Complete:      t.Held == 0 && len(p.LeftOut) == 0,
		Targets:       p.Selection.Targets,
		Excludes:      p.Selection.Excludes,
		LeftOut:       p.Beside(),
		RetryRefused:  p.Retry,
		PhoneMetadata: p.PhoneMetadata,
		TimeZones:     p.TimeZones,
		EncryptedTo:   p.EncryptedTo,
		Opened:        p.EncryptedTo > 0 && !p.Closed(),
		Gateway: gatewayDocument{
			Kind: p.Gateway.Kind, Endpoint: p.Gateway.Endpoint, Binding: p.Gateway.Binding, Auth: p.Gateway.Auth, APIID: p.Gateway.APIID,
			BatchSize: p.Gateway.BatchSize, Connections: p.Gateway.Connections, Rate: p.Gateway.Rate,
			Timeout: duration(p.Gateway.Timeout), Account: p.Gateway.Account,
		},
		State:       p.State,
		Messages:    []plannedDocument{},
		Removed:     p.Removed,
		Withdrawals: p.Withdrawals,
		Warnings:    orEmpty(p.Warnings),
		Summary:     totals(p),
	}
	for i := range p.Messages {
		d.Messages = append(d.Messages, planned(&p.Messages[i], s))
	}
	return document(w, d)
}

// planned gives the document of a message. The numbers are in it where the style shows them.
func planned(m *plan.Message, s Style) plannedDocument {
	d := plannedDocument{
		Address:     m.Address,
		Actions:     actions(m),
		Revision:    m.Revision,
		MovedFrom:   m.MovedFrom,
		DedupeKey:   m.DedupeKey,
		DependsOn:   m.DependsOn,
		Ignores:     m.Ignores,
		From:        m.From,
		TextSample:  m.TextSample,
		DeliverAt:   m.DeliverAtText,
		Window:      m.Window,
		Clocks:      m.Clocks,
		OnDoubt:     cmp.Or(m.OnDoubt, config.Hold),
		MayRepeat:   m.MayRepeat(),
		Handling:    handlingOf(m),
		Sizes:       orEmpty(m.Sizes),
		Segments:    m.Segments,
		Counts:      map[string]int{"rows": m.Rows, "to_send": m.ToSend},
		Held:        heldDocuments(m.Held),
		Countries:   map[string]int{},
		Texts:       m.Texts,
		Requests:    m.Requests,
		TextChanged: m.TextChanged,
		Again:       m.Again,
		Tried:       m.Tried,
		Retried:     m.Retried,
		Attempts:    m.Attempts,
		Restored:    m.Restored,
		Former:      m.Former,
		Imports:     importDocuments(m, s),
		Renumbered:  m.Renumbered,
		Cost:        m.Cost,
	}
	if m.Settle > 0 {
		d.Settle = duration(m.Settle)
	}
	if len(m.Sizes) > 0 {
		d.Encoding = m.Sizes[0].Encoding
	}
	if m.Binary != nil {
		d.Binary = &binary{m.Binary.UDH, m.Binary.Data}
	}
	for _, h := range m.Held {
		d.Counts[key(h.Reason)] += h.Count
	}
	for _, c := range m.Countries {
		d.Countries[c.Region] = c.Recipients
		if c.Cost != nil {
			if d.Costs == nil {
				d.Costs = map[string]config.Money{}
			}
			d.Costs[c.Region] = *c.Cost
		}
	}
	if s.Numbers {
		for _, n := range m.People() {
			d.Recipients = append(d.Recipients, "+"+n.E164())
		}
	}
	return d
}

func heldDocuments(held []plan.Held) []heldDocument {
	list := []heldDocument{}
	for _, h := range held {
		list = append(list, heldDocument{key(h.Reason), h.Count, h.Note})
	}
	return list
}

// actions gives all that happens to a message.
func actions(m *plan.Message) []plan.Action {
	var all []plan.Action
	if m.MovedFrom != "" && m.Action != plan.Move {
		all = append(all, plan.Move)
	}
	if m.ToImport() > 0 && m.Action != plan.Import {
		all = append(all, plan.Import)
	}
	return append(all, m.Action)
}

type stateDocument struct {
	Format   string             `json:"format_version"`
	Lineage  string             `json:"lineage"`
	Serial   int64              `json:"serial"`
	Head     string             `json:"head"`
	Kind     state.Kind         `json:"kind"`
	Messages []summaryDocument  `json:"messages"`
	Beyond   []overrideDocument `json:"beyond_guards,omitempty"`
}

type overrideDocument struct {
	Guards  []string  `json:"guards"`
	PlanID  string    `json:"plan_id"`
	Who     string    `json:"who"`
	Started time.Time `json:"started"`
}

type summaryDocument struct {
	Address   string         `json:"address"`
	Revision  int            `json:"revision"`
	FirstSeen time.Time      `json:"first_seen"`
	Key       string         `json:"key"`
	Counts    map[string]int `json:"counts"`
	Guessed   int            `json:"in_doubt_guessed,omitempty"`
}

// StateJSON writes the document of `state list -json`, `state show -json` and `show -json` without a plan, for those of the
// messages that are meant.
func StateJSON(w io.Writer, past *state.Inspection, messages []state.Summary) error {
	d := stateDocument{
		Format: FormatVersion, Lineage: past.Lineage, Serial: past.Serial, Head: past.Head.String(), Kind: past.Kind,
		Messages: []summaryDocument{},
	}
	for _, m := range messages {
		one := summaryDocument{Address: m.Address, Revision: m.Revision, FirstSeen: m.FirstSeen.UTC(), Key: m.Key, Counts: map[string]int{}, Guessed: m.Guessed}
		for _, o := range outcomes {
			one.Counts[key(o.String())] = m.Counts[o]
		}
		for _, d := range deliveries {
			one.Counts[key(d.String())] = m.Deliveries[d]
		}
		d.Messages = append(d.Messages, one)
	}
	for _, o := range past.Overrides {
		d.Beyond = append(d.Beyond, overrideDocument{o.Guards, o.PlanID, o.Who, o.Started.UTC()})
	}
	return document(w, d)
}

type historyDocument struct {
	Format   string            `json:"format_version"`
	Address  string            `json:"address"`
	Attempts []attemptDocument `json:"attempts"`
}

type attemptDocument struct {
	Revision int       `json:"revision"`
	Attempt  int       `json:"attempt"`
	Outcome  string    `json:"outcome"`
	Code     int       `json:"code,omitempty"`
	At       time.Time `json:"at"`
	ClientID string    `json:"climsgid"`
	Guessed  bool      `json:"climsgid_guessed,omitempty"`
	ID       string    `json:"apimsgid,omitempty"`
	Evidence string    `json:"evidence,omitempty"`

	Status   string     `json:"status,omitempty"` // three digits
	Delivery string     `json:"delivery,omitempty"`
	StatusAt *time.Time `json:"status_at,omitempty"`
	Charge   string     `json:"charge,omitempty"` // in credits
}

// HistoryJSON writes the document of `state show -json -number`: the attempts to send to one person, who is not named.
func HistoryJSON(w io.Writer, address string, attempts []state.Attempt) error {
	d := historyDocument{Format: FormatVersion, Address: address, Attempts: []attemptDocument{}}
	for _, a := range attempts {
		one := attemptDocument{Revision: a.Revision, Attempt: a.Attempt, Outcome: key(a.Outcome.String()), Code: a.Code, At: a.At.UTC(), ClientID: a.ClientID, Guessed: a.Guessed, ID: a.ID, Evidence: a.Evidence}
		if a.Status != 0 {
			at := a.StatusAt.UTC()
			one.Status, one.Delivery, one.StatusAt, one.Charge = a.Status.String(), key(a.Status.Delivery().String()), &at, a.Charge
		}
		d.Attempts = append(d.Attempts, one)
	}
	return document(w, d)
}

type validation struct {
	Format      string              `json:"format_version"`
	Valid       bool                `json:"valid"`
	Errors      int                 `json:"error_count"`
	Warnings    int                 `json:"warning_count"`
	Diagnostics []config.Diagnostic `json:"diagnostics"`
}

// ValidationJSON writes the document of `validate -json`. An error that has no place in the configuration, such as that of a
// directory that cannot be read, is among the diagnostics; nil is none.
func ValidationJSON(w io.Writer, d config.Diagnostics, failed error) error {
	v := validation{Format: FormatVersion, Valid: failed == nil && !d.HasErrors(), Diagnostics: orEmpty(d.List())}
	if failed != nil {
		v.Diagnostics = append([]config.Diagnostic{{Severity: "error", Summary: Lines(failed.Error())}}, v.Diagnostics...)
	}
	for _, one := range v.Diagnostics {
		if one.Severity == "error" {
			v.Errors++
		} else {
			v.Warnings++
		}
	}
	return document(w, v)
}

// OutputsJSON writes the document of `output -json`: the values by name, without those that are sensitive.
func OutputsJSON(w io.Writer, outputs []config.Output) error {
	type value struct {
		Sensitive bool            `json:"sensitive"`
		Type      json.RawMessage `json:"type,omitempty"`
		Value     json.RawMessage `json:"value"`
	}
	d := map[string]value{}
	for _, o := range outputs {
		v := value{o.Sensitive, o.Type, o.JSON}
		if o.Sensitive {
			v.Type, v.Value = nil, nil // the type of an object has the names in it
		}
		d[o.Name] = v
	}
	return document(w, d)
}

// OutputJSON writes the value of `output -json NAME`.
func OutputJSON(w io.Writer, o config.Output) error {
	_, err := fmt.Fprintf(w, "%s\n", inertJSON(o.JSON))
	return err
}

// Versions are what `version` tells.
type Versions struct {
	Format        string            `json:"format_version"`
	Version       string            `json:"smsplan_version"`
	Platform      string            `json:"platform"`
	PhoneMetadata string            `json:"phone_metadata"`
	TimeZones     string            `json:"time_zones"`
	Formats       map[string]string `json:"formats"`
}

// VersionJSON writes the document of `version -json`.
func VersionJSON(w io.Writer, v Versions) error { return document(w, v) }

func document(w io.Writer, d any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(inertJSON(b.Bytes()))
	return err
}

// key makes an identifier of an outcome word or a reason: "in_doubt".
func key(word string) string { return strings.ReplaceAll(word, " ", "_") }

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
