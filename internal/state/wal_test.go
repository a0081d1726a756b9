package state

import (
	"os"
	"testing"
)

// A power cut may leave a log that has its length and none of its content, and SQLite an index of nothing beside it.
func TestALogOfZerosIsEmpty(t *testing.T) {
	s := used(t, created(t))
	must(t, os.WriteFile(s.Path+"-wal", make([]byte, logHeader), 0o600))
	d, err := openDatabase(local{}, s.Path, 0x2)
	must(t, err)
	_, _, err = d.last()
	must(t, err)
	must(t, d.close())
	must(t, opened(t, s).Close())
}
