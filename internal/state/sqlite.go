package state

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

//go:embed schema.sql
var schema string

// In the header of the file.
const (
	magic         = "SQLite format 3\x00"
	applicationID = 0x534D5350 // "SMSP"
)

// database is one connection with its prepared statements, for one goroutine. Its first error sticks in failed.
type database struct {
	path       string
	on         disk
	anchor     func() (*anchor, error) // as it was before a reader began; nil for as it is
	conn       *sqlite3.Conn
	statements map[string]*sqlite3.Stmt
	failed     error
}

// openDatabase opens a file that is there. The files beside it, -wal and -shm, are made here, because SQLite would make
// them with the mode of the umask; they stay when the database is closed, so that nobody makes them anew.
func openDatabase(on disk, path string, flags sqlite3.OpenFlag) (*database, error) {
	made := false
	for _, suffix := range []string{"-wal", "-shm"} {
		f, err := on.make(path + suffix)
		switch {
		case errors.Is(err, os.ErrExist):
			continue
		case err != nil:
			return nil, err
		}
		made = true
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	if made {
		// The write-ahead log holds what was committed last: its directory entry must outlast a power cut too.
		if err := on.flushDir(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	if err := checkLog(on, path, flags); err != nil {
		return nil, err
	}
	conn, err := sqlite3.OpenFlags(uri(on, path), flags|sqlite3.OPEN_URI)
	if err != nil {
		return nil, reading(path, err)
	}
	d := &database{path: path, on: on, conn: conn, statements: map[string]*sqlite3.Stmt{}}
	if _, err := conn.FileControl("main", sqlite3.FCNTL_PERSIST_WAL, true); err != nil {
		return nil, errors.Join(reading(path, err), d.close())
	}
	// A claim writes sends before their requests, whose people are known only then; Verify checks the foreign keys.
	const pragmas = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF"
	if err := errors.Join(conn.BusyTimeout(10*time.Second), conn.Exec(pragmas)); err != nil {
		return nil, errors.Join(reading(path, err), d.close())
	}
	return d, nil
}

func (d *database) close() error {
	var errs []error
	for _, s := range d.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, d.conn.Close())...)
}

// fail makes err stick, and gives it back. What a reader's context has broken off is that context's error.
func (d *database) fail(err error) error {
	if errors.Is(err, sqlite3.INTERRUPT) {
		err = context.Canceled
	}
	if d.failed == nil {
		d.failed = err
	}
	return err
}

// writing makes a [*WriteError] of what a transaction gave where the medium failed.
func (d *database) writing(err error) error {
	if err == nil || d.failed == nil {
		return err
	}
	return &WriteError{Path: d.path, Err: err}
}

// prepare gives the statement for sql with its first parameters bound. The others keep what was bound before.
func (d *database) prepare(sql string, args ...any) (*sqlite3.Stmt, error) {
	s, ok := d.statements[sql]
	if !ok {
		var err error
		if s, _, err = d.conn.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, d.fail(err)
		}
		d.statements[sql] = s
	}
	for i, a := range args {
		if err := bind(s, i+1, a); err != nil {
			return nil, d.fail(err)
		}
	}
	return s, nil
}

func bind(s *sqlite3.Stmt, param int, value any) error {
	switch v := value.(type) {
	case nil:
		return s.BindNull(param)
	case int:
		return s.BindInt(param, v)
	case int64:
		return s.BindInt64(param, v)
	case string:
		return s.BindText(param, v)
	case []byte:
		if v == nil {
			return s.BindNull(param)
		}
		return s.BindBlob(param, v)
	case time.Time:
		if v.IsZero() {
			return s.BindNull(param)
		}
		return s.BindInt64(param, v.UnixMicro())
	}
	panic(fmt.Sprintf("state: cannot bind a %T", value))
}

// exec runs a statement and gives the number of rows that it changed.
func (d *database) exec(sql string, args ...any) (int64, error) {
	s, err := d.prepare(sql, args...)
	if err != nil {
		return 0, err
	}
	if err := s.Exec(); err != nil {
		return 0, d.fail(err)
	}
	return d.conn.Changes(), nil
}

// rows yields the rows of a query. What a row gives is valid until the next one. The last pair may be an error.
func (d *database) rows(sql string, args ...any) iter.Seq2[*sqlite3.Stmt, error] {
	return func(yield func(*sqlite3.Stmt, error) bool) {
		s, err := d.prepare(sql, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer s.Reset()
		for s.Step() {
			if !yield(s, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(nil, d.fail(err))
		}
	}
}

// row calls read with the first row of a query, if there is one.
func (d *database) row(read func(*sqlite3.Stmt), sql string, args ...any) (found bool, err error) {
	for r, err := range d.rows(sql, args...) {
		if err != nil {
			return false, err
		}
		read(r)
		return true, nil
	}
	return false, nil
}

// noColumns is for queries that only ask whether there is a row.
func noColumns(*sqlite3.Stmt) {}

// moment reads a time; NULL is the zero time.
func moment(row *sqlite3.Stmt, column int) time.Time {
	if row.ColumnType(column) == sqlite3.NULL {
		return time.Time{}
	}
	return time.UnixMicro(row.ColumnInt64(column)).UTC()
}

// recognise says whether the file at path is a state at all. It opens nothing as a database: that would make files
// beside whatever else may lie there.
func recognise(path string) error {
	foreign := &MismatchError{path, "is not a state of smsplan",
		"put the right file in its place, from where it was used last or from a backup: a new one would send everything again"}
	about, err := os.Stat(path)
	if err == nil && !about.Mode().IsRegular() && !about.IsDir() { // opening a pipe would wait for whoever writes into it
		return foreign
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var header [100]byte
	if _, err := io.ReadFull(f, header[:]); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(header[:16]) != magic || binary.BigEndian.Uint32(header[68:]) != applicationID {
		return foreign
	}
	if header[18] > 2 {
		// SQLite would let it be read all the same, and fail at the first transaction.
		return damaged(path, "its header says that it cannot be written")
	}
	return nil
}

// quickCheck gives what SQLite finds wrong with the file, at most ten lines.
func (d *database) quickCheck() ([]string, error) {
	var faults []string
	for r, err := range d.rows("PRAGMA quick_check(10)") {
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(r.ColumnText(0)) {
			if line = strings.TrimSpace(line); line != "ok" && !strings.HasPrefix(line, "***") { // a heading
				faults = append(faults, line)
			}
		}
	}
	return faults, nil
}

// checkSound says whether the file can be relied on.
func (d *database) checkSound(path string) error {
	faults, err := d.quickCheck()
	if err != nil {
		return fmt.Errorf("state %s: %w", path, err)
	}
	if len(faults) == 0 {
		return nil
	}
	if strings.HasSuffix(faults[0], unreadable) {
		return fmt.Errorf("state %s: %w (%s): the disk does not give it out", path, sqlite3.IOERR_READ, faults[0])
	}
	return damaged(path, faults[0])
}

// unreadable is how SQLite's check ends what it says of a page that the system did not read. A page that was read and does not
// have its checksum has another code.
const unreadable = "error code=266" // SQLITE_IOERR_READ

// damage is a [*MismatchError] about the state's own files.
type damage struct{ *MismatchError }

func (d damage) Unwrap() error { return d.MismatchError }

func damaged(path, how string) error {
	return damage{&MismatchError{path, "is damaged (" + how + ")",
		"put the newest sound copy in its place with `smsplan state recover`: a new one would send everything again"}}
}

// reading names what a read error means for whoever wants to use the state: one that the file's content causes is damage. What
// SQLite says names no file.
func reading(path string, err error) error {
	if write := (*WriteError)(nil); errors.As(err, &write) || !ofContent(err) {
		code := sqlite3.ErrorCode(0)
		switch {
		case !errors.As(err, &code):
			return err
		case code == sqlite3.CANTOPEN:
			return fmt.Errorf("state %s: it, or the file with -wal or -shm beside it, cannot be opened; see that you may read and write them (%w)", path, code)
		}
		return ofState(path, err)
	}
	if errors.Is(err, sqlite3.IOERR_DATA) {
		return damaged(path, "a page does not have its checksum")
	}
	return damaged(path, strings.TrimPrefix(err.Error(), "state "+path+": "))
}

// ofState names the state that an error is about, unless it says so itself.
func ofState(path string, err error) error {
	if strings.Contains(err.Error(), "state "+path) {
		return err
	}
	return fmt.Errorf("state %s: %w", path, err)
}

// ofContent reports whether what the file holds causes the error. What SQLite calls a logic error is such a one too: our
// statements are always the same, so it is the tables that are not ours.
func ofContent(err error) bool {
	return errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) ||
		errors.Is(err, sqlite3.IOERR_DATA) || errors.Is(err, sqlite3.ERROR)
}
