package simulator

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Indication is a WAP service indication, which si_push sends: a text with an address to open.
type Indication struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Text    string `json:"text"`
	Created string `json:"created,omitempty"` // as 2006-01-02T15:04:05Z
	Expires string `json:"expires,omitempty"` // likewise
	Action  string `json:"action"`            // signal-medium where the request has none
}

// Notification is the notice of a multimedia message, which ind_push sends.
type Notification struct {
	Subject string `json:"subject"`
	Class   string `json:"class"`  // 80 personal, 81 advertisement, 82 informational, 83 auto
	Expire  int    `json:"expire"` // seconds
	From    string `json:"from"`
	URL     string `json:"url"` // of the content
}

var (
	indicationActions   = []string{"signal-none", "signal-low", "signal-medium", "signal-high", "delete"}
	notificationClasses = []string{"80", "81", "82", "83"}
)

// pushOctets is about what a push takes besides its strings: the header that addresses it to the handset's browser, and the
// elements and dates of its binary XML.
const pushOctets = portHeader + 43

// siPush sends service indications.
func (s *Simulator) siPush(c *call, by caller, o *orders) ([]string, error) {
	p := parameters{call: c}
	p.recipients()
	b := p.delivery(by.terms)
	i := &Indication{
		ID: p.required("si_id"), URL: p.required("si_url"), Text: p.required("si_text"),
		Created: p.date("si_created"), Expires: p.date("si_expires"), Action: p.text("si_action"),
	}
	if i.Action == "" {
		i.Action = "signal-medium"
	}
	p.wrong(!slices.Contains(indicationActions, i.Action), errParameter)
	if p.flag("unicode") {
		var ok bool
		i.Text, ok = decodeUnicode(i.Text)
		p.wrong(!ok, errUnicode)
	}
	b.Indication, b.Text = i, i.Text
	return s.push(&p, by, b, len(i.ID)+len(i.URL)+len(i.Text), o)
}

// indPush sends notices of multimedia messages.
func (s *Simulator) indPush(c *call, by caller, o *orders) ([]string, error) {
	p := parameters{call: c}
	p.recipients()
	b := p.delivery(by.terms)
	n := &Notification{
		Subject: p.required("mms_subject"), Class: p.required("mms_class"), Expire: p.seconds("mms_expire"),
		From: p.required("mms_from"), URL: p.required("mms_url"),
	}
	p.wrong(!slices.Contains(notificationClasses, n.Class), errParameter)
	b.Notification, b.Text = n, n.Subject
	return s.push(&p, by, b, len(n.Subject)+len(n.From)+len(n.URL), o)
}

// push sends what was composed, with text of so many octets. It is binary on the air, and therefore split whatever concat says.
func (s *Simulator) push(p *parameters, by caller, b *batch, text int, o *orders) ([]string, error) {
	if p.code != 0 {
		return []string{errorLine(p.code)}, nil
	}
	b.Encoding, b.Segments = binary, binarySegments(pushOctets+text)
	return s.submit(p.call, by, b, o)
}

// required gives a text that must not be empty.
func (p *parameters) required(key string) string {
	text := strings.TrimSpace(p.text(key))
	p.wrong(text == "", errParameter)
	return text
}

func (p *parameters) date(key string) string {
	text := strings.TrimSpace(p.text(key))
	_, err := time.Parse("2006-01-02T15:04:05Z", text)
	p.wrong(text != "" && err != nil, errParameter)
	return text
}

func (p *parameters) seconds(key string) int {
	n, err := strconv.Atoi(p.required(key))
	p.wrong(err != nil || n < 1, errParameter)
	return n
}
