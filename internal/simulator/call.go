package simulator

import (
	"net/http"
	"net/netip"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// call is a request that was understood, and what the gateway notes about it.
type call struct {
	*envelope.Call
	from   netip.Addr // who sent it
	chosen choices    // for it
	sent   *batch     // what it came to, nil for no messages
}

// read reads the call, as strictly as was chosen.
func (s *Simulator) read(r *http.Request, b *envelope.Binding, body []byte) (*call, error) {
	understood, err := envelope.Read(body, b, r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	s.requests[understood.Operation].Add(1)
	c := &call{Call: understood, chosen: s.choices()}
	if address, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.from = address.Addr()
	}
	if err := c.Check(r.Header.Get("SOAPAction"), c.chosen.rules()); err != nil {
		return nil, err
	}
	return c, nil
}
