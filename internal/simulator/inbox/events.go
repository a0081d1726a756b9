package inbox

import (
	"fmt"
	"net/http"
	"time"
)

const (
	pace      = 250 * time.Millisecond // between two events, at least
	recount   = time.Second            // requests are counted without notice
	heartbeat = 15 * time.Second
	patience  = 10 * time.Second // for a reader that does not read
)

// events is a stream of server-sent events, each of which says where the simulator stands: reset so many times, so many messages
// since, so many changes and requests. What happens between two events is one change; a reader that
// comes back with Last-Event-ID hears at once if it missed something.
func (b *Inbox) events(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(format string, values ...any) bool {
		_ = stream.SetWriteDeadline(time.Now().Add(patience)) // what cannot has no limit of its own either
		_, err := fmt.Fprintf(w, format, values...)
		return err == nil && stream.Flush() == nil
	}
	if !send("retry: 1000\n\n") {
		return
	}
	last, beat := r.Header.Get("Last-Event-ID"), time.Now()
	wait := time.NewTicker(recount)
	defer wait.Stop()
	for {
		mark, changed := b.simulator.Watch()
		requests := 0
		for _, n := range b.simulator.Requests() {
			requests += n
		}
		id := fmt.Sprintf("%s.%d.%d.%d", b.epoch(mark), mark.Messages, mark.Version, requests)
		if id != last {
			const form = "id: %s\nevent: change\ndata: {\"epoch\": %q, \"messages\": %d, \"version\": %d, \"requests\": %d}\n\n"
			if !send(form, id, b.epoch(mark), mark.Messages, mark.Version, requests) || !b.pause(r) {
				return
			}
			last, beat = id, time.Now()
			continue
		}
		if time.Since(beat) >= heartbeat {
			if !send(": nothing new\n\n") {
				return
			}
			beat = time.Now()
		}
		select {
		case <-changed:
		case <-wait.C:
		case <-r.Context().Done():
			return
		case <-b.done:
			return
		}
	}
}

// pause waits before the next event; false where there is none to come.
func (b *Inbox) pause(r *http.Request) bool {
	timer := time.NewTimer(pace)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-b.done:
	}
	return false
}
