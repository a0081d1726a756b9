package inbox

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/simulator"
)

// previewed is how much of a text a listing has.
const previewed = 300

// message is one in a listing.
type message struct {
	ID       string    `json:"id"`
	Place    int       `json:"place"`
	ClientID string    `json:"client_id,omitempty"`
	APIID    string    `json:"api_id"`
	Request  int       `json:"request"`
	To       string    `json:"to"`
	From     string    `json:"from,omitempty"`
	Kind     string    `json:"kind"` // text, flash, binary, WAP push or multimedia
	Text     string    `json:"text"`
	Data     string    `json:"data,omitempty"` // of binary
	Encoding string    `json:"encoding"`
	Segments int       `json:"segments"`
	At       time.Time `json:"at"`
	Due      time.Time `json:"due,omitzero"`
	Charge   float64   `json:"charge"`
	Status   status    `json:"status"`
	Next     time.Time `json:"next,omitzero"` // when the status changes
}

func (s shower) message(v simulator.View) message {
	m := message{
		ID: v.ID, Place: v.Place, ClientID: v.ClientID, APIID: v.APIID, Request: v.Request, To: s.number(v.To), From: v.From,
		Kind: kindOf(v.Message), Text: v.Text, Data: v.Data, Encoding: v.Encoding, Segments: v.Segments, At: v.At, Charge: v.Charge,
		Status: statusOf(v.Status), Next: v.Next,
	}
	m.Text, m.Data = beginning(m.Text), beginning(m.Data)
	if len(v.History) > 0 && v.History[0].Status == scheduled && len(v.History) > 1 {
		m.Due = v.History[1].At
	}
	return m
}

func beginning(text string) string {
	if runes := []rune(text); len(runes) > previewed {
		return string(runes[:previewed]) + "…"
	}
	return text
}

func kindOf(m simulator.Message) string {
	switch {
	case m.Indication != nil:
		return "WAP push"
	case m.Notification != nil:
		return "multimedia"
	case m.Encoding == "binary":
		return "binary"
	case m.Flash:
		return "flash"
	}
	return "text"
}

// detail is all there is to show of one message.
type detail struct {
	message
	Parts    []part    `json:"parts"`
	Header   []element `json:"header,omitempty"` // what the user data header says
	History  []step    `json:"history"`
	Options  []option  `json:"options"` // of the request, those that are not the usual ones
	Push     *push     `json:"push,omitempty"`
	Together int       `json:"together"` // messages of the same request
	Exchange *exchange `json:"exchange,omitempty"`
}

// push is what a WAP push or the notice of a multimedia message leads to.
type push struct {
	Address string `json:"address"`
	From    string `json:"from,omitempty"` // who sent the multimedia message
}

type part struct {
	Text string `json:"text,omitempty"`
	Hex  string `json:"hex,omitempty"`
}

type step struct {
	status
	At time.Time `json:"at"`
}

type option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type exchange struct {
	At        time.Time `json:"at"`
	Took      string    `json:"took"`
	Operation string    `json:"operation"`
	Request   string    `json:"request"`
	Answer    string    `json:"answer,omitempty"`
	Cut       string    `json:"cut,omitempty"`
}

func (s shower) detail(d simulator.Detail) detail {
	shown := detail{
		message: s.message(d.View), Parts: []part{}, Header: header(d.UDH), History: []step{}, Options: options(d.Content), Together: d.Together,
	}
	shown.Text, shown.Data = d.Text, d.Data
	for _, p := range d.Parts {
		shown.Parts = append(shown.Parts, part(p))
	}
	for _, h := range d.History {
		shown.History = append(shown.History, step{statusOf(h.Status), h.At})
	}
	switch i, n := d.Indication, d.Notification; {
	case i != nil:
		shown.Push = &push{Address: i.URL}
	case n != nil:
		shown.Push = &push{n.URL, s.numbersIn(n.From)}
	}
	if x := d.Exchange; x != nil {
		shown.Exchange = &exchange{
			x.At, x.Took.Round(10 * time.Microsecond).String(), x.Operation, s.numbersIn(x.Request), s.numbersIn(x.Answer), x.Cut,
		}
	}
	return shown
}

// options gives what a request asked for besides the text, under the gateway's names.
func options(c simulator.Content) []option {
	list := []option{}
	i, n := cmp.Or(c.Indication, new(simulator.Indication)), cmp.Or(c.Notification, new(simulator.Notification))
	for _, o := range []struct {
		name  string
		given bool
		value any
	}{
		{"deliv_ack", c.Ack, 1},
		{"deliv_time", c.Delay != 0, fmt.Sprintf("%d minutes", c.Delay)},
		{"validity", c.Validity != 0, fmt.Sprintf("%d minutes", c.Validity)},
		{"concat", c.Concat != 0, c.Concat},
		{"msg_callback", c.Callback != 0, c.Callback},
		{"max_credits", c.MaxCredits != 0, c.MaxCredits},
		{"req_feat", c.Features != 0, features(c.Features)},
		{"queue", c.Queue != 0, c.Queue},
		{"escalate", c.Escalate, 1},
		{"mo", c.MO, 1},
		{"msg_type", c.Type != "", c.Type},
		{"udh", c.UDH != "", c.UDH},
		{"si_id", i.ID != "", i.ID},
		{"si_action", i.Action != "", i.Action},
		{"si_created", i.Created != "", i.Created},
		{"si_expires", i.Expires != "", i.Expires},
		{"mms_class", n.Class != "", n.Class},
		{"mms_expire", n.Expire != 0, fmt.Sprintf("%d seconds", n.Expire)},
	} {
		if o.given {
			list = append(list, option{o.name, fmt.Sprint(o.value)})
		}
	}
	return list
}

// features names the bits of req_feat (gateway specification, section 7.1).
func features(bits int) string {
	var names []string
	for _, f := range []struct {
		bit  int
		name string
	}{
		{1, "text"}, {2, "8 bit"}, {4, "header"}, {8, "Unicode"}, {16, "alphanumeric sender"}, {32, "numeric sender"},
		{512, "flash"}, {8192, "receipts"}, {16384, "concatenation"},
	} {
		if bits&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return fmt.Sprint(bits)
	}
	return fmt.Sprintf("%d: %s", bits, strings.Join(names, ", "))
}

const scheduled = 11

// status is one in words. Its tone is waiting, moving, done, failed or off.
type status struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Tone string `json:"tone"`
}

// statuses are those of the gateway specification's section 13.1, their codes left out.
var statuses = map[int]status{
	2:         {Text: "queued", Tone: "waiting"},
	3:         {Text: "with the network", Tone: "moving"},
	4:         {Text: "on the handset", Tone: "done"},
	5:         {Text: "error in the message", Tone: "failed"},
	6:         {Text: "withdrawn", Tone: "off"},
	7:         {Text: "delivery failed", Tone: "failed"},
	8:         {Text: "with the gateway", Tone: "moving"},
	9:         {Text: "no route", Tone: "failed"},
	10:        {Text: "expired", Tone: "failed"},
	scheduled: {Text: "scheduled", Tone: "waiting"},
	12:        {Text: "out of credit", Tone: "failed"},
	13:        {Text: "stopped by the gateway", Tone: "failed"},
	14:        {Text: "over the limit", Tone: "failed"},
}

// statusOf puts a status in words.
func statusOf(code int) status {
	s, ok := statuses[code]
	if !ok {
		s = status{Text: "unknown", Tone: "off"}
	}
	s.Code = fmt.Sprintf("%03d", code)
	return s
}
