package soap

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
)

// noBound is the time by which calls other than sendmsg must begin.
var noBound time.Time

var (
	okForm      = regexp.MustCompile(`(?i)^OK:?\s*(.*)$`)
	creditForm  = regexp.MustCompile(`(?i)^Credits?:\s*(\S+)$`)
	coveredForm = regexp.MustCompile(`(?i)^(.*?)\s*\bCharge:\s*(\S+)$`)
)

// Auth opens a session.
func (c *Client) Auth(ctx context.Context, a Access) (session string, err error) {
	a.Session = ""
	r := c.newRequest("auth", 0)
	r.credentials(a)
	l, e := c.single(ctx, r, a)
	if e != nil {
		return "", e
	}
	m := okForm.FindStringSubmatch(l.raw)
	if m == nil || !word(m[1]) {
		return "", &Error{Op: r.op, Err: errUnreadable}
	}
	return m[1], nil
}

// Ping keeps a session alive.
func (c *Client) Ping(ctx context.Context, session string) error {
	r := c.newRequest("ping", 0)
	if session == "" {
		r.fail(errors.New("no session"))
	}
	r.text("session_id", session)
	l, e := c.single(ctx, r, Access{Session: session})
	if e != nil {
		return e
	}
	if !okForm.MatchString(l.raw) {
		return &Error{Op: r.op, Err: errUnreadable}
	}
	return nil
}

// Balance gives the account's credits, a decimal.
func (c *Client) Balance(ctx context.Context, a Access) (string, error) {
	r := c.newRequest("getbalance", 0)
	r.access(a)
	l, e := c.single(ctx, r, a)
	if e != nil {
		return "", e
	}
	m := creditForm.FindStringSubmatch(l.raw)
	if m == nil || !decimal(m[1]) {
		return "", &Error{Op: r.op, Err: errUnreadable}
	}
	return m[1], nil
}

// Coverage of a number.
type Coverage struct {
	Covered bool
	Text    string // fit to be shown
	Charge  string // decimal, "" where not given
}

// Coverage asks whether the gateway serves a number, given in E.164 digits.
func (c *Client) Coverage(ctx context.Context, a Access, msisdn string) (Coverage, error) {
	op := "routecoverage"
	if c.binding == RPC {
		op = "routeCoverage"
	}
	r := c.newRequest(op, 0)
	r.access(a)
	if !e164(msisdn) {
		r.fail(errors.New("not a number in E.164 digits"))
	}
	r.text("msisdn", msisdn)
	redact := redactor(a.secrets())
	l, e := c.single(ctx, r, a)
	if e != nil && e.Reach == Answered && e.Code == 0 {
		// The gateway says "not covered" as an error without a code.
		return Coverage{Text: redact.clean(l.text)}, nil
	}
	if e != nil {
		return Coverage{}, e
	}
	m := okForm.FindStringSubmatch(l.raw)
	if m == nil {
		return Coverage{}, &Error{Op: r.op, Err: errUnreadable}
	}
	text, charge := m[1], ""
	if m := coveredForm.FindStringSubmatch(text); m != nil && decimal(m[2]) {
		text, charge = m[1], m[2]
	}
	return Coverage{Covered: true, Text: redact.clean(strings.TrimSpace(text)), Charge: charge}, nil
}

// single makes a call whose answer is one line. An error line is an error; the line comes with it.
func (c *Client) single(ctx context.Context, r *request, a Access) (line, *Error) {
	lines, e := c.call(ctx, r, a, noBound)
	if e != nil {
		return line{}, e
	}
	if len(lines) != 1 {
		return line{}, &Error{Op: r.op, Err: errUnreadable}
	}
	l := parseLine(lines[0])
	if l.kind == errLine || l.kind == vague {
		return l, refused(r.op, l, a.secrets())
	}
	return l, nil
}
