package soap

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// request renders one call, element by element in the order of the WSDL. Zero values are left out. The
// first value that cannot be sent sets err, which names the element and never the value.
type request struct {
	b   []byte
	rpc bool
	op  string
	err error

	// For the log.
	climsgid string
	people   int
}

const (
	head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`
	headRPC = ` xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	bodyDocument = `"><s:Body><c:`
	bodyRPC      = `"><s:Body s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><c:`
	foot         = "></s:Body></s:Envelope>\n"

	overhead = 1500 // a generous estimate of what surrounds texts and numbers
)

// newRequest begins a request; size estimates what its values take.
func (c *Client) newRequest(op string, size int) *request {
	r := &request{b: make([]byte, 0, overhead+size), rpc: c.binding == RPC, op: op}
	r.b = append(r.b, head...)
	if r.rpc {
		r.b = append(r.b, headRPC...)
	}
	r.b = append(r.b, ` xmlns:c="`...)
	r.b, _ = appendEscaped(r.b, c.namespace)
	if r.rpc {
		r.b = append(r.b, bodyRPC...)
	} else {
		r.b = append(r.b, bodyDocument...)
	}
	r.b = append(r.b, op...)
	r.b = append(r.b, '>')
	return r
}

// end gives the finished body. It ends in a line break, as a text file does.
func (r *request) end() ([]byte, error) {
	r.b = append(r.b, "</c:"...)
	r.b = append(r.b, r.op...)
	r.b = append(r.b, foot...)
	return r.b, r.err
}

// access renders the credentials block: the session, or the other three.
func (r *request) access(a Access) {
	if a.Session != "" {
		r.text("session_id", a.Session)
		return
	}
	r.credentials(a)
}

func (r *request) credentials(a Access) {
	if a.APIID == "" || a.User == "" || a.Password == "" {
		r.fail(errors.New("neither a session nor an api_id with user and password"))
		return
	}
	if r.rpc && r.op != "delmsg" { // the RPC WSDL types it string there alone
		r.open("api_id", "xsd:int")
		r.value("api_id", a.APIID)
	} else {
		r.text("api_id", a.APIID)
	}
	r.text("user", a.User)
	r.text("password", a.Password)
}

func (r *request) text(name, v string) {
	if v == "" {
		return
	}
	r.open(name, "xsd:string")
	r.value(name, v)
}

func (r *request) int(name string, v int) {
	if v == 0 {
		return
	}
	if v < 0 {
		r.fail(fmt.Errorf("%s is negative", name))
	}
	r.open(name, "xsd:int")
	r.b = strconv.AppendInt(r.b, int64(v), 10)
	r.close(name)
}

func (r *request) flag(name string, v bool) {
	if v {
		r.int(name, 1)
	}
}

// credits renders max_credits, which the document binding types int.
func (r *request) credits(name string, v float64) {
	switch {
	case v == 0:
		return
	case !(v > 0) || math.IsInf(v, 0):
		r.fail(fmt.Errorf("%s is not a number of credits", name))
	case !r.rpc && v != math.Trunc(v):
		r.fail(fmt.Errorf("%s has a fraction, which the document binding cannot carry", name))
	}
	r.open(name, "xsd:float")
	r.b = strconv.AppendFloat(r.b, v, 'f', -1, 64)
	r.close(name)
}

// list renders repeated elements, or the one array that the RPC binding has in their place.
func (r *request) list(name string, vs []string) {
	if !r.rpc {
		for _, v := range vs {
			r.text(name, v)
		}
		return
	}
	r.b = append(r.b, '<')
	r.b = append(r.b, name...)
	r.b = append(r.b, ` xsi:type="e:Array" e:arrayType="xsd:string[`...)
	r.b = strconv.AppendInt(r.b, int64(len(vs)), 10)
	r.b = append(r.b, `]">`...)
	for _, v := range vs {
		r.text("item", v)
	}
	r.close(name)
}

func (r *request) open(name, typ string) {
	r.b = append(r.b, '<')
	r.b = append(r.b, name...)
	if r.rpc {
		r.b = append(r.b, ` xsi:type="`...)
		r.b = append(r.b, typ...)
		r.b = append(r.b, '"')
	}
	r.b = append(r.b, '>')
}

func (r *request) value(name, v string) {
	var ok bool
	if r.b, ok = appendEscaped(r.b, v); !ok {
		r.fail(fmt.Errorf("%s has a character that XML cannot carry", name))
	}
	r.close(name)
}

func (r *request) close(name string) {
	r.b = append(r.b, "</"...)
	r.b = append(r.b, name...)
	r.b = append(r.b, '>')
}

func (r *request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// appendEscaped appends s as the content of an element. It stops and reports false at what XML 1.0 cannot
// carry: most control characters, U+FFFE, U+FFFF, invalid UTF-8.
func appendEscaped(b []byte, s string) ([]byte, bool) {
	start := 0
	for i := 0; i < len(s); {
		ch := s[i]
		if ch >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				return b, false
			}
			i += n
			continue
		}
		var esc string
		switch {
		case ch == '<':
			esc = "&lt;"
		case ch == '>':
			esc = "&gt;"
		case ch == '&':
			esc = "&amp;"
		case ch == '\r':
			esc = "&#13;" // a parser would turn a bare one into a line feed
		case ch < ' ' && ch != '\t' && ch != '\n':
			return b, false
		default:
			i++
			continue
		}
		b = append(b, s[start:i]...)
		b = append(b, esc...)
		i++
		start = i
	}
	return append(b, s[start:]...), true
}
