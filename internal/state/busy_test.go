package state

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// Whoever waits for the database in vain is told that another process is writing.
func TestAStateThatAnotherWritesForLongIsSaidToBeBusy(t *testing.T) {
	s := created(t)
	st := opened(t, s)
	d, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READWRITE)
	must(t, err)
	defer d.close()
	_, err = d.exec("BEGIN IMMEDIATE")
	must(t, err)
	must(t, st.writer.db.conn.BusyTimeout(0))
	_, err = st.StartRun(t.Context(), Run{})
	if !errors.Is(err, ErrBusy) || strings.Contains(err.Error(), "database is locked") {
		t.Errorf("%v", err)
	}
	_, err = d.exec("ROLLBACK")
	must(t, err)
	if _, err := st.StartRun(t.Context(), Run{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// What waits for the database outside of a run, too, is not told that its disk has failed.
func TestABusyStateHasNotFailed(t *testing.T) {
	s := created(t)
	busy, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READWRITE)
	must(t, err)
	defer busy.close()
	_, err = busy.exec("BEGIN IMMEDIATE")
	must(t, err)
	d, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READWRITE)
	must(t, err)
	defer d.close()
	must(t, d.conn.BusyTimeout(0))
	_, adopt := d.adopt(s.Path, s)
	for what, err := range map[string]error{"adopt": adopt, "bury": d.bury(s.Path + ".moved")} {
		if write := (*WriteError)(nil); !errors.Is(err, ErrBusy) || errors.As(err, &write) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A reader that was broken off says so as everybody does.
func TestAReaderThatIsInterruptedSaysNoMoreThanThat(t *testing.T) {
	s := created(t)
	d, err := openDatabase(local{}, s.Path, sqlite3.OPEN_READONLY)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.conn.SetInterrupt(ctx)
	if _, _, err := d.last(); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "sqlite") {
		t.Errorf("%v", err)
	}
	d.conn.SetInterrupt(t.Context())
	must(t, d.close())
}
