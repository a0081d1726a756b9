package simulator

import (
	"context"
	"net"
	"net/http"
)

type connectionKey struct{}

// connection counts the requests that came by it since the fault that wants them counted was ordered.
type connection struct {
	counted  *armed
	requests int
}

// ConnContext marks connections for close-after, as [http.Server.ConnContext]; the server of [Simulator.Server] has it. Without
// it, connections are told apart by the client's address.
func (s *Simulator) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, new(connection))
}

// lastOf counts the request on its connection and says whether close-after ends that.
func (s *Simulator) lastOf(r *http.Request) (closes, silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ordered("close-after")
	if a == nil {
		return false, false
	}
	c, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		if c = s.connections[r.RemoteAddr]; c == nil {
			c = new(connection)
			s.connections[r.RemoteAddr] = c
		}
	}
	if c.counted != a {
		*c = connection{counted: a}
	}
	if c.requests++; c.requests < a.number("requests") {
		return false, false
	}
	delete(s.connections, r.RemoteAddr)
	return true, a.is("silent")
}
