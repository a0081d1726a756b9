package soap

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// MessageID names a message for Query and Delete; exactly one field is set.
type MessageID struct{ API, Client string }

// Status is the answer of querymsg or delmsg.
type Status struct {
	ID     string // apimsgid
	Status int    // 1 to 14, or what a newer gateway adds; 1 proves nothing
}

// Charge of a message.
type Charge struct {
	ID     string
	Charge string // decimal
	Status int
}

var (
	errUnreadable = errors.New("unreadable answer")
	errTwoNames   = errors.New("a message is named by exactly one of two ids")
)

// Query asks for the status of a message. Where several messages bear the client's id, the answer is one that
// proves something, if there is one.
func (c *Client) Query(ctx context.Context, a Access, id MessageID) (Status, error) {
	return c.status(ctx, "querymsg", a, id, noBound)
}

// Delete asks to withdraw a message; status 6 says that it was. No byte of the request is sent after notAfter, where that is not
// zero.
func (c *Client) Delete(ctx context.Context, a Access, id MessageID, notAfter time.Time) (Status, error) {
	return c.status(ctx, "delmsg", a, id, notAfter)
}

func (c *Client) status(ctx context.Context, op string, a Access, id MessageID, notAfter time.Time) (Status, error) {
	r := c.newRequest(op, 0)
	r.climsgid = id.Client
	r.access(a)
	if (id.API == "") == (id.Client == "") {
		r.fail(errTwoNames)
	}
	r.text("apimsgid", id.API)
	r.text("climsgid", id.Client)
	s, e := c.states(ctx, r, a, notAfter)
	if e != nil {
		return Status{}, e
	}
	return Status{ID: s.ID, Status: s.Status}, nil
}

// Charge asks what a message cost.
func (c *Client) Charge(ctx context.Context, a Access, apimsgid string) (Charge, error) {
	r := c.newRequest("getmsgcharge", 0)
	r.access(a)
	if apimsgid == "" {
		r.fail(errors.New("a message is named by its id"))
	}
	r.text("apimsgid", apimsgid)
	s, e := c.states(ctx, r, a, noBound)
	if e != nil {
		return Charge{}, e
	}
	if s.Charge == "" {
		return Charge{}, &Error{Op: r.op, Err: errUnreadable}
	}
	return s, nil
}

// states makes a call that asks for the state of a message, and gives the first that proves something.
func (c *Client) states(ctx context.Context, r *request, a Access, notAfter time.Time) (Charge, *Error) {
	lines, e := c.call(ctx, r, a, notAfter)
	if e != nil {
		return Charge{}, e
	}
	var best Charge
	var refusal *line
	for _, s := range lines {
		l := parseLine(s)
		if l.kind == errLine || l.kind == vague {
			if refusal == nil {
				refusal = &l
			}
			continue
		}
		if st, ok := parseState(s); ok && (best.Status == 0 || best.Status == 1) {
			best = st
		}
	}
	switch {
	case best.Status != 0:
		return best, nil
	case refusal != nil:
		return Charge{}, refused(r.op, *refusal, a.secrets())
	}
	return Charge{}, &Error{Op: r.op, Err: errUnreadable}
}

// parseState reads "ID: .. Status: .." and "apiMsgId: .. charge: .. status: ..", whatever their order.
func parseState(s string) (Charge, bool) {
	p := pairs(s)
	st := Charge{ID: p["id"], Charge: p["charge"]}
	if st.ID == "" {
		st.ID = p["apimsgid"]
	}
	n, err := strconv.Atoi(p["status"])
	if err != nil || n < 1 || n > 999 || !word(st.ID) || st.Charge != "" && !decimal(st.Charge) {
		return Charge{}, false
	}
	st.Status = n
	return st, true
}

// word reports whether s is like the gateway's ids: letters and digits.
func word(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func decimal(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && len(s) <= 32 && strings.Trim(s, "+-.0123456789") == ""
}
