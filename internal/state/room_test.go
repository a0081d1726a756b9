package state

import (
	"os"
	"strings"
	"testing"
)

func TestRoomIsCheckedBeforeAnythingIsSent(t *testing.T) {
	for name, tt := range map[string]struct {
		free             uint64
		people, requests int
		want             string // in the error; "" for none
	}{
		"nothing to send":      {roomForLog, 0, 0, ""},
		"a full disk":          {0, 1, 1, "0.0 MB free, and recording this plan may take 8.4 MB"},
		"a million":            {200e6, 1_000_000, 3334, ""},
		"a million, too tight": {100e6, 1_000_000, 3334, "100.0 MB free"},
		"each on their own":    {200e6, 1_000_000, 1_000_000, "may take 808.4 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkRoom("smsplan.state", tt.free, tt.people, tt.requests)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v; want %q", err, tt.want)
			}
		})
	}
	st := opened(t, created(t))
	must(t, st.CheckRoom(1, 1))
	if err := st.CheckRoom(1<<40, 1<<40); err == nil {
		t.Error("there is room for more than any disk has")
	}
}

// The estimate is no less than what is used.
func TestTheEstimateOfRoomIsEnough(t *testing.T) {
	for name, batch := range map[string]int{"requests of 300": 300, "requests of one": 1} {
		t.Run(name, func(t *testing.T) {
			const people = 3000
			s := created(t)
			st := opened(t, s)
			used := func() (n int64) {
				for _, name := range []string{s.Path, s.Path + "-wal", s.Path + "-shm"} {
					i, err := os.Stat(name)
					must(t, err)
					n += i.Size()
				}
				return n
			}
			before := used()
			got := claimed(t, st, started(t, st), requestsOf(people, batch)...)
			must(t, st.writer.alone(t.Context(), func(tx *transaction) error {
				for _, c := range got {
					q, err := tx.request(c.Request)
					must(t, err)
					must(t, tx.settle(q, Settlement{Outcome: Unconfirmed, IDs: make([][16]byte, q.people), Evidence: "answer read whole"}))
				}
				return nil
			}))
			if n, most := used()-before, int64(people*roomForSend+len(got)*roomForRequest+roomForLog); n > most {
				t.Errorf("%d bytes were used; the estimate is %d", n, most)
			}
		})
	}
}
