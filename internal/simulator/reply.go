package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// reply is an HTTP answer, and what is to go wrong with it.
type reply struct {
	status int
	kind   string // Content-Type
	body   []byte
	drop   *Fault // a drop-* or hang-after-body; nil for none
	cut    bool   // close the connection after the answer, without notice
	zip    bool
}

// reply is the answer that carries the lines or the error, or the one that a fault puts in its place.
func (o *orders) reply(c *call, lines []string, err error) reply {
	if err != nil {
		return faultReply(c.Binding, err)
	}
	f := o.answer
	if f != nil {
		switch f.kind.name {
		case "http-status":
			code := f.number("code")
			text := fmt.Sprintf("%d %s\n", code, http.StatusText(code))
			return reply{status: code, kind: "text/plain; charset=utf-8", body: []byte(text)}
		case "soap-fault":
			return faultReply(c.Binding, &envelope.Fault{Code: f.text("code"), Text: f.text("string"), Operation: c.Operation})
		}
	}
	return reply{status: http.StatusOK, kind: xmlType, body: c.Answer(lines, encodingOf(o.arrays)), drop: f}
}

// encodingOf is what the faults rpc-array make of the encoding of RPC answers.
func encodingOf(faults []*Fault) envelope.Encoding {
	var e envelope.Encoding
	for _, f := range faults {
		e.Member = cmp.Or(f.text("member"), e.Member)
		e.Size = cmp.Or(f.text("size"), e.Size)
		e.Href = cmp.Or(f.text("href"), e.Href)
		e.OwnType = e.OwnType || f.text("type") == "own"
		e.Single = e.Single || f.is("single")
		e.Nil = e.Nil || f.is("nil")
	}
	return e
}

func faultReply(b *envelope.Binding, err error) reply {
	var f *envelope.Fault
	if !errors.As(err, &f) {
		f = &envelope.Fault{Code: "Server", Text: err.Error()}
	}
	return reply{status: http.StatusInternalServerError, kind: xmlType, body: f.Answer(b)}
}

// hangs reports whether the answer has no end.
func (a reply) hangs() bool { return a.drop != nil && a.drop.kind.name == "hang-after-body" }

// write sends the answer, as far as its fault lets it; ErrAbortHandler has net/http close the connection.
func (a reply) write(w http.ResponseWriter) {
	stage := ""
	if a.drop != nil {
		stage = a.drop.kind.name
	}
	if stage == "drop-before-answer" {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", a.kind)
	if a.zip {
		w.Header().Set("Content-Encoding", "gzip")
		a.body = gzipped(a.body)
	}
	if !a.hangs() { // without a length, the body ends with the answer
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	switch stage {
	case "drop-after-headers":
		a.body = nil
	case "drop-mid-body":
		a.body = a.body[:len(a.body)/2]
	}
	w.Write(a.body) // a client that has left is no concern of the gateway
	if a.drop != nil || a.cut {
		http.NewResponseController(w).Flush()
	}
	if a.cut || a.drop != nil && !a.hangs() {
		panic(http.ErrAbortHandler)
	}
}
