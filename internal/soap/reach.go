package soap

import (
	"fmt"
	"strings"
	"time"
)

// Reach is how far a request got before the error.
type Reach uint8

// Reaches. The zero Reach is the cautious one.
const (
	Unclear  Reach = iota // bytes of it may have arrived; no proof of what became of it
	NotSent               // no byte was handed to a connection, nor ever will be
	Answered              // the gateway answered with an error that was read whole
)

func (r Reach) String() string { return [...]string{"unclear", "not sent", "answered"}[r] }

// Error is the only kind of error that calls return. No text in it repeats a credential or a number, and
// all of it is safe to show.
type Error struct {
	Op    string // "sendmsg"
	Reach Reach
	Code  Code      // of an ERR answer; 0 otherwise
	HTTP  int       // status where it was not 200; 0 otherwise
	Fault string    // faultstring of a SOAP fault, cleaned
	Until time.Time // of code 130
	Err   error     // cause; nil where Code or Fault tells all
}

// Error says the operation, what went wrong, and what that means for the request.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Code != 0 {
		fmt.Fprintf(&b, ": error %s, %s", e.Code, e.Code.Meaning())
	}
	if e.HTTP != 0 {
		fmt.Fprintf(&b, ": HTTP status %d", e.HTTP)
	}
	if e.Fault != "" {
		fmt.Fprintf(&b, ": SOAP fault: %s", e.Fault)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	switch e.Reach {
	case NotSent:
		b.WriteString(" (nothing was sent)")
	case Unclear:
		b.WriteString(" (it may have arrived)")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
