// Package plan decides what is to be sent. Planning is a pure function: the same
// configuration, state and moment give the same bytes. A plan is data, whole in
// itself, and named by the digest of its meaning.
package plan

import (
	"encoding/json"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// Format is the version of the saved form that this package writes. A higher minor
// version only adds, and is read; another major version is refused.
const Format = "1.4"

// Lifetime is how long after it was made a saved plan may be begun.
const Lifetime = 24 * time.Hour

// Plan is what would be sent, and what would not and why.
type Plan struct {
	Format        string                     `json:"format_version"`
	Version       string                     `json:"smsplan_version"`
	ID            ID                         `json:"plan_id"`
	Created       time.Time                  `json:"created"`
	Workspace     string                     `json:"workspace"`
	State         StateRef                   `json:"state"`
	Gateway       Gateway                    `json:"gateway"`
	PhoneMetadata string                     `json:"phone_metadata"`
	TimeZones     string                     `json:"time_zones,omitempty"` // IANA's release; "" where no message has a window
	Variables     map[string]json.RawMessage `json:"variables"`
	Messages      []Message                  `json:"messages"`              // by address
	Withdrawals   []Withdrawal               `json:"withdrawals,omitempty"` // by address, revision and reason
	Removed       []string                   `json:"removed,omitempty"`     // addresses in the state that are gone, as a removed block says; sorted
	Unmoved       []string                   `json:"unmoved,omitempty"`     // addresses that moved blocks lead away from and that the state does not have; sorted
	Warnings      []Warning                  `json:"warnings,omitempty"`
	Checks        []config.Check             `json:"checks,omitempty"`       // by name
	Guards        []Guard                    `json:"guards,omitempty"`       // by name
	Listed        bool                       `json:"held_listed,omitempty"`  // the held rows are in the plan, each with its place
	Retry         state.Retry                `json:"retry_refused,omitzero"` // whom the gateway refused and who is sent to again
	Selection     Selection                  `json:"selection,omitzero"`     // of messages that the plan is about
	LeftOut       []LeftOut                  `json:"left_out,omitempty"`     // by address
	Tariff        *config.Tariff             `json:"tariff,omitempty"`       // nil: nothing is said of costs
	EncryptedTo   int                        `json:"encrypted_to,omitempty"` // keys that open the saved plan; 0 where it is not encrypted

	closed   bool
	starts   []int // number of the first request of each message
	problems []config.Problem
}

// StateRef says against which state the plan was made. The zero StateRef is a state
// that did not exist.
type StateRef struct {
	Lineage string `json:"lineage"`
	Serial  int64  `json:"serial"`
	Head    string `json:"head"` // hexadecimal
	Kind    string `json:"kind"` // "simulator" or "real"
}

// Action is what happens to a message.
type Action string

// Actions.
const (
	Send   Action = "send"
	Import Action = "import" // people are recorded as having it from another tool, and nothing is sent
	Move   Action = "move"   // its ledger gets another name, and nothing is sent
	None   Action = "no-op"
)

// Message is the plan for one message. Its counts add up: Rows is ToSend and the
// sum of Held, Countries and Sizes each add up to ToSend, and the costs of Countries
// to Cost.
type Message struct {
	Address       string         `json:"address"`
	Action        Action         `json:"action"`
	Revision      int            `json:"revision"`
	MovedFrom     string         `json:"moved_from,omitempty"` // address that the state knows it by
	DedupeKey     string         `json:"dedupe_key,omitempty"`
	DependsOn     []string       `json:"depends_on,omitempty"`     // addresses of messages of the plan that go first, sorted
	Ignores       []string       `json:"ignore_changes,omitempty"` // of [config.IgnoreRecipients] and [config.IgnoreText], sorted
	From          string         `json:"from,omitempty"`
	TextSample    string         `json:"text_sample,omitempty"` // columns as «name»; never personal
	PerRecipient  bool           `json:"per_recipient,omitempty"`
	Binary        *config.Binary `json:"binary,omitempty"`
	Flash         bool           `json:"flash,omitempty"`
	Unicode       string         `json:"unicode"` // "auto", "always" or "never"
	MaxSegments   int            `json:"max_segments"`
	Receipts      bool           `json:"receipts,omitempty"`
	Validity      time.Duration  `json:"validity,omitempty"` // 0 for the gateway's default
	DeliverAt     *time.Time     `json:"deliver_at,omitempty"`
	DeliverAtText string         `json:"deliver_at_text,omitempty"` // as written
	Window        *config.Window `json:"window,omitempty"`          // as written
	Clocks        []Clock        `json:"clocks,omitempty"`          // with a window: of those to send to, in the order of their first requests
	Excludes      []string       `json:"excludes,omitempty"`        // names of recipient sets, sorted
	config.Handling
	config.Doubting

	Rows        int           `json:"rows"`
	Held        []Held        `json:"held"` // in the order of [Reasons]; those that occur
	ToSend      int           `json:"to_send"`
	Again       int           `json:"again,omitempty"`    // of those to send, in doubt: an earlier request may have reached them
	Tried       int           `json:"tried,omitempty"`    // requests that may have reached one of them, at most
	Retried     int           `json:"retried,omitempty"`  // of those to send, people whom the gateway refused before
	Attempts    int           `json:"attempts,omitempty"` // that stand against one of them, at most
	Restored    int           `json:"restored,omitempty"` // of those to send, people whose message was withdrawn before
	Countries   []Country     `json:"countries"`          // of those to send, most first, then by name
	Sizes       []Size        `json:"sizes"`              // of those to send, most recipients first
	Segments    int           `json:"segments"`           // of all to send
	Cost        *config.Money `json:"cost,omitempty"`     // of all to send; nil without a tariff
	Requests    int           `json:"requests"`
	Texts       int           `json:"texts"`                  // distinct texts to send; 0 for a binary message
	TextChanged int           `json:"text_changed,omitempty"` // people sent to under this revision with another text
	Former      []Former      `json:"former,omitempty"`       // most people first

	Imports []Arrivals `json:"imports,omitempty"` // by revision

	Renumbered *Renumbered `json:"renumbered,omitempty"` // where numbers were read with other phone metadata before
	Masked     []string    `json:"masked,omitempty"`     // see [Message.Sample]; in the header of encrypted plans only

	// The requests in sending order, the people in the order of the requests, and the
	// texts in the order of their first use. In the saved plan: requests.jsonl.
	requests []request
	people   []phone.Number
	texts    texts
	zones    [][]*time.Location // of Clocks
	listed   []listedRow        // the rows of Held that [IsHeld] names; in the saved plan: held.jsonl
	causes   []cause            // of listed
}

func (m *Message) action() Action {
	switch {
	case m.ToSend > 0:
		return Send
	case m.ToImport() > 0:
		return Import
	case m.MovedFrom != "":
		return Move
	}
	return None
}

// People gives those to be sent to, in sending order. The slice is shared with the plan.
func (m *Message) People() []phone.Number { return m.people }

// Country is a number of recipients in one region.
type Country struct {
	Region     string        `json:"region"`
	Recipients int           `json:"recipients"`
	Segments   int           `json:"segments,omitempty"` // 0 before format 1.3
	Cost       *config.Money `json:"cost,omitempty"`     // nil without a tariff
}

// Size is a number of recipients whose text takes the same.
type Size struct {
	Encoding   string `json:"encoding"`
	Segments   int    `json:"segments"`
	Recipients int    `json:"recipients"`
}

// Warning is something that a reviewer should know.
type Warning struct {
	Address string `json:"address,omitempty"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
}

// Totals of a plan.
type Totals struct {
	ToSend      int            `json:"to_send"`
	Retried     int            `json:"retried"` // of those to send, refused before
	Again       int            `json:"again"`   // of those to send, in doubt
	ToImport    int            `json:"to_import"`
	ToCancel    int            `json:"to_cancel"`
	AlreadySent int            `json:"already_sent"` // those imported among them
	Held        int            `json:"held"`         // of all reasons that [IsHeld] names
	Segments    int            `json:"segments"`
	Requests    int            `json:"requests"`
	Cost        *config.Money  `json:"cost,omitempty"` // nil without a tariff
	ByReason    map[string]int `json:"by_reason"`
}

// Totals adds up the messages.
func (p *Plan) Totals() Totals {
	t := Totals{ByReason: map[string]int{}}
	var cost config.Money
	for i := range p.Messages {
		m := &p.Messages[i]
		t.ToSend += m.ToSend
		t.Again += m.Again
		t.Retried += m.Retried
		t.ToImport += m.ToImport()
		t.Segments += m.Segments
		t.Requests += m.Requests
		if m.Cost != nil {
			cost = cost.Plus(*m.Cost)
		}
		for _, h := range m.Held {
			t.ByReason[h.Reason] += h.Count
			if IsHeld(h.Reason) {
				t.Held += h.Count
			}
		}
	}
	for _, w := range p.Withdrawals {
		t.ToCancel += w.Count
	}
	if p.Tariff != nil {
		t.Cost = &cost
	}
	t.AlreadySent = t.ByReason[AlreadySent] + t.ByReason[Imported]
	return t
}

// Empty reports whether nothing is to be done.
func (p *Plan) Empty() bool {
	for i := range p.Messages {
		if p.Messages[i].Action != None {
			return false
		}
	}
	return !p.withdraws()
}

// Settled reports whether no other run holds any of the people. What it leaves undone would be in another plan.
func (p *Plan) Settled() bool { return p.Totals().ByReason[UnderWay] == 0 }

// Expired reports whether the plan is older than [Lifetime].
func (p *Plan) Expired(now time.Time) bool { return now.Sub(p.Created) > Lifetime }
