package plan

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// ID names what a plan means: 128 bits as 26 characters of Crockford's base 32 in
// groups of five, "7f3c2-91abq-20d4k-m5x7t-9w1ce-h". Plans with the same ID send the
// same texts to the same people under the same rules through the same account,
// in the same workspace, whenever and wherever they were made.
type ID string

const (
	idLength = 26
	idDigits = "0123456789abcdefghjkmnpqrstvwxyz"
)

func newID(digest [16]byte) ID {
	n, rest := new(big.Int).SetBytes(digest[:]), new(big.Int)
	var digits [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		n.QuoRem(n, big.NewInt(32), rest)
		digits[i] = idDigits[rest.Int64()]
	}
	return grouped(digits[:])
}

func grouped(digits []byte) ID {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(d)
	}
	return ID(b.String())
}

// ParseID reads an ID as a person types it, in either case, with or without dashes,
// with O for 0 and I or L for 1, and gives its canonical form.
func ParseID(s string) (ID, error) {
	digits := make([]byte, 0, idLength)
	for _, r := range strings.ToLower(strings.TrimSpace(s)) {
		switch r {
		case '-', ' ':
			continue
		case 'o':
			r = '0'
		case 'i', 'l':
			r = '1'
		}
		if !strings.ContainsRune(idDigits, r) {
			return "", fmt.Errorf("this is not a Plan ID: it has a %q", r)
		}
		digits = append(digits, byte(r))
	}
	if len(digits) != idLength {
		return "", fmt.Errorf("this is not a Plan ID: it has %d characters of %d", len(digits), idLength)
	}
	if digits[0] > '7' {
		return "", errors.New("this is not a Plan ID: the first character is 0 to 7")
	}
	return grouped(digits), nil
}

// identify derives the ID from what remains to be sent and under which rules. What
// it leaves out (when and where the plan was made, against which state, how fast it
// goes) may differ between two plans that mean the same. Any change to the encoding
// needs a new tag: approvals of old IDs must not carry over to another meaning.
func (p *Plan) identify() ID {
	h := sha256.New()
	buffered := bufio.NewWriterSize(h, 1<<16)
	w := canonical{w: buffered}
	w.text("smsplan plan 1")
	w.text(p.Gateway.Kind)
	w.text(p.Gateway.Account)
	w.way(&p.Gateway)
	w.workspace(p.Workspace)
	for i := range p.Messages {
		if m := &p.Messages[i]; m.Action != None {
			w.message(m)
		}
	}
	w.withdrawals(p)
	buffered.Flush()
	return newID([16]byte(h.Sum(nil)))
}

// canonical writes values so that no two sequences of values give the same bytes:
// numbers in eight octets, texts and lists behind their length.
type canonical struct {
	w     io.Writer // one that cannot fail
	octet [8]byte
}

func (c *canonical) number(n int64) {
	c.w.Write(binary.BigEndian.AppendUint64(c.octet[:0], uint64(n)))
}

func (c *canonical) text(s string) {
	c.number(int64(len(s)))
	io.WriteString(c.w, s)
}

func (c *canonical) flag(b bool) {
	if b {
		c.number(1)
	} else {
		c.number(0)
	}
}

// way writes nothing for an endpoint to which nobody can read along. Who has approved that texts and a password go out encrypted has
// not approved that they are read on the way; the account is the same.
func (c *canonical) way(g *Gateway) {
	if config.OpenWay(g.Endpoint) {
		c.number(-11)
	}
}

// workspace writes nothing for the default one, as all were in format 1.2. Another one has a ledger of its own: who has approved
// what one of them sends has not approved that the same people get it from the other too.
func (c *canonical) workspace(name string) {
	if name != config.DefaultWorkspace && name != "" {
		c.number(-9)
		c.text(name)
	}
}

func (c *canonical) message(m *Message) {
	c.text(m.Address)
	c.number(int64(m.Revision))
	c.text(m.From)
	c.flag(m.Binary != nil)
	if m.Binary != nil {
		c.text(m.Binary.UDH)
		c.text(m.Binary.Data)
	}
	c.flag(m.Flash)
	c.text(m.Unicode)
	c.number(int64(m.MaxSegments))
	c.flag(m.Receipts)
	c.number(int64(m.Validity))
	c.text(m.DeliverAtText)
	c.number(int64(len(m.Excludes)))
	for _, name := range m.Excludes {
		c.text(name)
	}
	c.handling(m)
	c.doubting(m)
	c.retried(m)
	c.names(m)
	c.imports(m)
	c.window(m)
	c.depends(m)
	c.number(int64(len(m.requests)))
	for _, r := range m.requests {
		c.text(m.text(r))
		c.number(int64(r.count))
		for _, n := range m.peopleOf(r) {
			c.number(int64(n.Packed()))
		}
	}
}

// depends writes nothing for a message that waits for no other, as none did in format 1.2.
func (c *canonical) depends(m *Message) {
	if len(m.DependsOn) == 0 {
		return
	}
	c.number(-6)
	c.number(int64(len(m.DependsOn)))
	for _, address := range m.DependsOn {
		c.text(address)
	}
}

// window writes nothing for a message that may be sent at any time of the day, as all were in format 1.2. Of one that may not it
// writes by whose clocks: those of the recipients are in the plan and not in the window as written.
func (c *canonical) window(m *Message) {
	if m.Window == nil {
		return
	}
	c.number(-5)
	c.text(m.Window.From)
	c.text(m.Window.To)
	c.text(m.Window.Timezone)
	c.number(int64(len(m.Clocks)))
	for _, clock := range m.Clocks {
		c.number(int64(len(clock.Zones)))
		for _, name := range clock.Zones {
			c.text(name)
		}
	}
	c.number(int64(len(m.requests)))
	for _, r := range m.requests {
		c.number(int64(r.clock))
	}
}

// retried writes nothing for a message that nobody is sent again whom the gateway refused, as none was in format 1.3. Who has approved a
// second attempt has not approved a third.
func (c *canonical) retried(m *Message) {
	if m.Retried == 0 {
		return
	}
	c.number(-10)
	c.number(int64(m.Retried))
	c.number(int64(m.Attempts))
}

// names writes nothing for a message that has its address alone, as all had in format 1.1.
// What it writes begins with another number than that of the others.
func (c *canonical) names(m *Message) {
	if m.MovedFrom == "" && m.DedupeKey == "" {
		return
	}
	c.number(-3)
	c.text(m.MovedFrom)
	c.text(m.DedupeKey)
}

// imports writes nothing for a message that nobody is imported to, as all were in format 1.2.
func (c *canonical) imports(m *Message) {
	for _, a := range m.Imports {
		if a.ToImport == 0 {
			continue
		}
		c.number(-7)
		c.number(int64(a.Revision))
		c.number(int64(len(a.people)))
		for _, n := range a.people {
			c.number(int64(n.Packed()))
		}
	}
}

// handling writes nothing for a message that is handled as all were in format 1.0, so
// that their IDs stay. What it writes begins with a number that no list has as its length.
func (c *canonical) handling(m *Message) {
	h := &m.Handling
	usual := config.Handling{}
	if m.Queue() == config.DefaultPriority && h.MaxCredits == 0 && !h.Escalate && h.FeatureMask() == 0 && !h.MobileOriginated &&
		h.CallbackMask(m.Receipts) == usual.CallbackMask(m.Receipts) {
		return
	}
	c.number(-1)
	c.number(int64(m.Queue()))
	c.number(int64(math.Float64bits(h.MaxCredits)))
	c.flag(h.Escalate)
	c.number(int64(h.FeatureMask()))
	c.flag(h.MobileOriginated)
	c.number(int64(h.CallbackMask(m.Receipts)))
}

// doubting writes nothing for a message that never sends twice, as all were in format 1.1.
func (c *canonical) doubting(m *Message) {
	if !m.MayRepeat() {
		return
	}
	c.number(-2)
	c.text(m.OnDoubt)
	c.number(int64(m.Settle))
	c.number(int64(m.Again))
	if m.Tried > 1 { // who has approved a second attempt has not approved a third
		c.number(-4)
		c.number(int64(m.Tried))
	}
}
