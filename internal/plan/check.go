package plan

import (
	"math"
	"slices"
	"time"

	"github.com/smsplan/smsplan/internal/sms"
)

// maxBatch is the gateway's limit of people in one request.
const maxBatch = 300

// checkHeader checks what a plan read says of itself. The ID covers the account alone
// of the gateway: that the endpoint belongs to it is checked here, or an approved ID
// could take the credentials elsewhere.
func (p *Plan) checkHeader() error {
	id, err := ParseID(string(p.ID))
	g := &p.Gateway
	switch {
	case err != nil:
		return damaged("%w", err)
	case id != p.ID:
		return damaged("its Plan ID %s is not in canonical form", p.ID)
	case g.Account != Fingerprint(g.Kind, g.Endpoint, g.APIID):
		return damaged("the gateway is not that of the account")
	case g.BatchSize < 1 || g.BatchSize > maxBatch:
		return damaged("its batch size is %d, and a request has 1 to %d people", g.BatchSize, maxBatch)
	case p.EncryptedTo < 0:
		return damaged("it is encrypted to fewer than no keys")
	case g.Connections < 1 || g.Rate < 0 || g.Timeout < 0:
		return damaged("its gateway settings are out of range")
	}
	return nil
}

// check checks what a message read says of itself, before its requests are read. binding
// is that of its way to the gateway.
func (m *Message) check(binding string) error {
	rows, recipients := m.ToSend, 0
	for _, h := range m.Held {
		if h.Count < 0 || h.Count > math.MaxInt/2-rows {
			return damaged("%s: its rows do not add up", m.Address)
		}
		rows += h.Count
	}
	for _, c := range m.Countries {
		if c.Recipients < 1 || c.Recipients > m.ToSend-recipients {
			return damaged("%s: its countries do not add up", m.Address)
		}
		recipients += c.Recipients
	}
	switch {
	case m.Address == "":
		return damaged("a message has no address")
	case m.ToSend < 0 || m.ToSend > math.MaxUint32 || rows != m.Rows:
		return damaged("%s: its rows do not add up", m.Address)
	case recipients != m.ToSend:
		return damaged("%s: its countries do not add up", m.Address)
	case m.Action != m.action():
		return damaged("%s: the action does not fit what is to be sent", m.Address)
	case m.Unicode != "auto" && m.Unicode != "always" && m.Unicode != "never":
		return damaged("%s: unicode is %q", m.Address, m.Unicode)
	case m.MovedFrom == m.Address:
		return damaged("%s: it is moved to itself", m.Address)
	case m.MaxSegments < 0 || m.Validity < 0 || m.TextChanged < 0 || !m.Fits(m.From, binding):
		return damaged("%s: its settings are out of range", m.Address)
	case !m.Possible() || m.Again < 0 || m.Again > m.ToSend || m.Again > 0 && !m.MayRepeat():
		return damaged("%s: what becomes of people in doubt is out of range", m.Address)
	case m.Retried < 0 || m.Retried > m.ToSend || m.Attempts < 0 || (m.Retried > 0) != (m.Attempts > 0):
		return damaged("%s: those who were refused before are out of range", m.Address)
	case !m.scheduledAsWritten():
		return damaged("%s: the delivery time is not the one written", m.Address)
	}
	if err := m.checkImports(); err != nil {
		return err
	}
	if m.Binary != nil {
		for _, octets := range []string{m.Binary.UDH, m.Binary.Data} {
			if normal, err := sms.ParseHex(octets); octets != "" && (err != nil || normal != octets) {
				return damaged("%s: its binary content is not hexadecimal", m.Address)
			}
		}
	}
	return nil
}

// scheduledAsWritten reports whether the delivery time is the one that the ID covers.
func (m *Message) scheduledAsWritten() bool {
	if m.DeliverAtText == "" || m.DeliverAt == nil {
		return m.DeliverAtText == "" && m.DeliverAt == nil
	}
	at, err := time.Parse(time.RFC3339, m.DeliverAtText)
	return err == nil && at.Equal(*m.DeliverAt)
}

// checkRequests holds the counts of a message read against its requests.
func (m *Message) checkRequests() error {
	stated := *m
	m.tally()
	switch {
	case m.ToSend != stated.ToSend:
		return damaged("%s: it has %d people of %d", m.Address, m.ToSend, stated.ToSend)
	case m.Requests != stated.Requests || m.Texts != stated.Texts:
		return damaged("%s: it has %d requests with %d texts, and states %d with %d", m.Address, m.Requests, m.Texts, stated.Requests, stated.Texts)
	case m.Segments != stated.Segments || !slices.Equal(m.Sizes, stated.Sizes):
		return damaged("%s: its segments are not those of its texts", m.Address)
	}
	if !m.clocksAddUp() {
		return damaged("%s: its clocks are not those of its requests", m.Address)
	}
	lines := make([]uint64, len(m.people))
	spread(len(lines), func(_, from, to int) {
		for i, n := range m.people[from:to] {
			lines[from+i] = n.Line().Packed()
		}
	})
	slices.Sort(lines)
	for i := 1; i < len(lines); i++ {
		if lines[i] == lines[i-1] {
			return damaged("%s: it names a person twice", m.Address)
		}
	}
	return nil
}
