package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// So much is kept of what went to and fro.
const (
	maxExchanges      = 1000
	maxExchangeOctets = 32 << 20
)

// Exchange is a request to the gateway and what it answered, as they travelled. Session ids, users and passwords are
// replaced; telephone numbers are not.
type Exchange struct {
	At        time.Time
	Took      time.Duration
	Operation string // "" where the request was not understood
	Request   string // with the headers that matter
	Answer    string // likewise; "" where none left
	Cut       string // the fault that kept the client from reading the answer to its end, "" for none
}

// recorded is an exchange as it goes on and as it is kept. It is taken apart only when somebody looks.
type recorded struct {
	at           time.Time
	began        time.Time // by the clock
	took         time.Duration
	path         string
	kind, action string // Content-Type and SOAPAction
	body         []byte
	call         *call  // while it goes on; nil where the request was not understood
	op           string // of the call
	batch        *batch // that it sent, nil for none
	answer       *reply // nil where it came to none
	kept         bool
}

func (x *recorded) octets() int {
	if x.answer == nil {
		return cap(x.body)
	}
	return cap(x.body) + cap(x.answer.body)
}

// recorder keeps the newest exchanges. It keeps them as they are, so that recording costs no more than a lock that is held for an
// assignment: nothing may write to the bodies afterwards.
type recorder struct {
	mu     sync.Mutex
	ring   [maxExchanges]*recorded
	next   int
	octets int
}

// keep takes the exchange as it is, the first time it is called for it.
func (r *recorder) keep(x *recorded) {
	if x.kept {
		return
	}
	x.kept = true
	x.took = time.Since(x.began)
	if x.call != nil {
		x.op, x.batch, x.call = x.call.Operation, x.call.sent, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(r.next)
	r.ring[r.next] = x
	r.next = (r.next + 1) % len(r.ring)
	r.octets += x.octets()
	for oldest := r.next; r.octets > maxExchangeOctets; oldest = (oldest + 1) % len(r.ring) {
		r.drop(oldest)
	}
}

func (r *recorder) drop(i int) {
	if x := r.ring[i]; x != nil {
		r.octets -= x.octets()
		r.ring[i] = nil
	}
}

func (r *recorder) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.ring {
		r.drop(i)
	}
}

// of gives the exchange that sent the batch; nil where it is no longer kept.
func (r *recorder) of(b *batch) *recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.ring {
		if x != nil && x.batch == b {
			return x
		}
	}
	return nil
}

// shown gives the exchange as it may leave the package.
func (x *recorded) shown() *Exchange {
	if x == nil {
		return nil
	}
	shown := &Exchange{At: x.at.UTC(), Took: x.took, Operation: x.op}
	var head strings.Builder
	fmt.Fprintf(&head, "POST %s HTTP/1.1\n", x.path)
	for _, h := range [][2]string{{"Content-Type", x.kind}, {"SOAPAction", x.action}} {
		if h[1] != "" {
			fmt.Fprintf(&head, "%s: %s\n", h[0], h[1])
		}
	}
	shown.Request = head.String() + "\n" + withoutSecrets(x.body)
	if x.answer == nil {
		return shown
	}
	answer := string(x.answer.body)
	if x.op == "" || x.op == "auth" || x.op == "ping" {
		answer = sessionID.ReplaceAllLiteralString(answer, replaced)
	}
	if f := x.answer.drop; f != nil {
		shown.Cut = f.String()
	}
	shown.Answer = fmt.Sprintf("HTTP/1.1 %d %s\nContent-Type: %s\n\n%s", x.answer.status, http.StatusText(x.answer.status), x.answer.kind, answer)
	return shown
}
