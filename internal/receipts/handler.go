package receipts

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net/http"
	"time"
)

const (
	// most is how many receipts may be attended to at a time.
	most = 256
	// patience bounds reading a request, and writing its answer.
	patience = 15 * time.Second
)

// Receiver takes what is pushed.
type Receiver struct {
	User, Password string // of HTTP Basic authentication; "" for none
	// Take keeps a receipt. It is on stable storage when Take returns nil: only then is the gateway told so. Take is called by
	// several goroutines.
	Take func(context.Context, Receipt) error

	places chan struct{}
}

// Server gives an HTTP server of the receiver, for one listener. It takes receipts under every path.
func (r *Receiver) Server() *http.Server {
	r.places = make(chan struct{}, most)
	return &http.Server{
		Handler:           http.HandlerFunc(r.serve),
		ReadHeaderTimeout: patience,
		ReadTimeout:       patience,
		WriteTimeout:      2 * patience,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it repeats what clients send
	}
}

func (r *Receiver) serve(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	default:
		http.Error(w, "too many at a time; try again", http.StatusServiceUnavailable)
		return
	}
	if !r.admits(q) {
		w.Header().Set("WWW-Authenticate", `Basic realm="receipts"`)
		http.Error(w, "user and password are wanted", http.StatusUnauthorized)
		return
	}
	if q.Method != http.MethodGet && q.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET and POST alone", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxBytes))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		http.Error(w, "this is longer than a receipt can be", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "it ends early", http.StatusBadRequest)
		return
	}
	one, err := parse(q.URL.RawQuery, body, time.Now())
	switch {
	case errors.Is(err, ErrNone) && q.Method == http.MethodGet && len(body) == 0:
		// The gateway looks at an address before it saves it.
		io.WriteString(w, "statuses of messages are taken here\n")
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := r.Take(q.Context(), one); err != nil {
		http.Error(w, "it could not be kept; try again", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "OK\n")
}

// admits reports whether the user and the password are the right ones. It takes as long whatever is wrong with them.
func (r *Receiver) admits(q *http.Request) bool {
	if r.User == "" && r.Password == "" {
		return true
	}
	user, password, _ := q.BasicAuth()
	same := func(got, want string) int {
		g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
		return subtle.ConstantTimeCompare(g[:], w[:])
	}
	return same(user, r.User)&same(password, r.Password) == 1
}
