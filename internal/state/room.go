package state

import (
	"fmt"
	"path/filepath"
)

// What a plan needs at most, in bytes, measured with requests of 300 people, of ten and of one: everything that is claimed
// stands in the log and in the file for a while.
const (
	roomForSend    = 160
	roomForRequest = 640
	roomForLog     = 8 << 20 // whatever the plan
)

// CheckRoom says whether the disk has room for a plan of so many people and requests. A disk that fills up ends a run with
// sends in doubt; here nothing was sent yet.
func (s *State) CheckRoom(people, requests int) error {
	free, known, err := free(filepath.Dir(s.path))
	if err != nil {
		return fmt.Errorf("state %s: %w", s.path, err)
	}
	if known {
		return checkRoom(s.path, free, people, requests)
	}
	return nil
}

func checkRoom(path string, free uint64, people, requests int) error {
	needed := uint64(people)*roomForSend + uint64(requests)*roomForRequest + roomForLog
	if needed <= free {
		return nil
	}
	return fmt.Errorf("state %s: its disk has %s free, and recording this plan may take %s: free some space first",
		path, megabytes(free), megabytes(needed))
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
