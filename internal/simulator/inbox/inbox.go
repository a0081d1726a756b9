// Package inbox shows what a simulated gateway took, as a telephone would, and lets it be told how to misbehave: it is to the
// simulator what a mail catcher is to a mail server. Its pages are at /, and programs find at /_sim/ what the pages show.
package inbox

import (
	"crypto/rand"
	"embed"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/smsplan/smsplan/internal/simulator"
)

//go:embed static
var static embed.FS

// Inbox is a simulator with its pages, an [http.Handler]. What is neither a page nor of the control API goes to the simulator.
type Inbox struct {
	simulator *simulator.Simulator
	run       string // tells this simulator from one that had the address before
	pages     http.Handler
	done      chan struct{}
	close     sync.Once
}

// New makes the pages of a simulator. Call [Inbox.Close] when the server shuts down.
func New(s *simulator.Simulator) *Inbox {
	b := &Inbox{simulator: s, run: rand.Text()[:8], done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page("index.html"))
	mux.HandleFunc("GET /gateway", page("gateway.html"))
	mux.HandleFunc("GET /assets/{name}", func(w http.ResponseWriter, r *http.Request) { page(r.PathValue("name"))(w, r) })
	b.read(mux)
	b.control(mux)
	mux.HandleFunc("/_sim/", func(w http.ResponseWriter, r *http.Request) { refuseUnknown(w, r, mux) })
	b.pages = guarded(mux)
	return b
}

// ServeHTTP leaves the gateway's own addresses to the simulator as they are: who may call those is the gateway's concern.
func (b *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isPage(r.URL.Path) {
		b.pages.ServeHTTP(w, r)
		return
	}
	b.simulator.ServeHTTP(w, r)
}

// epoch names what is between two resets.
func (b *Inbox) epoch(m simulator.Mark) string { return fmt.Sprintf("%s.%d", b.run, m.Epoch) }

// Close ends the event streams, which would keep a server from shutting down.
func (b *Inbox) Close() { b.close.Do(func() { close(b.done) }) }

func isPage(address string) bool {
	return address == "/" || address == "/gateway" || strings.HasPrefix(address, "/assets/") || strings.HasPrefix(address, "/_sim/")
}

func page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static, path.Join("static", name))
	}
}
