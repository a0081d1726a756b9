package state

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// Format is the format of the states that this program writes: user_version in the header of the file. It reads those before it.
const Format = 4

// checksummedSince is the first format whose pages have checksums.
const checksummedSince = 3

// migrations lead from one format to the next; the first leads from format 1 to format 2. Format 3 is format 2 with
// checksums, which are there when its number is.
var migrations = [Format - 1]string{migrate2, "", migrate4}

//go:embed migrate_2.sql
var migrate2 string

//go:embed migrate_4.sql
var migrate4 string

// checkFormat gives the format of the state, and refuses those that this program does not know. It is for a file that was
// just opened.
func (d *database) checkFormat(path string) (version int, err error) {
	if _, err := d.row(func(r *sqlite3.Stmt) { version = r.ColumnInt(0) }, "PRAGMA user_version"); err != nil {
		return 0, fmt.Errorf("state %s: %w", path, err)
	}
	if version < 1 || version > Format {
		return 0, &MismatchError{path, fmt.Sprintf("has format %d, and this smsplan knows formats 1 to %d", version, Format),
			"use the version of smsplan that wrote it last, or a newer one: smsplan version says which formats it knows"}
	}
	n, err := d.reserved()
	if err != nil {
		return 0, fmt.Errorf("state %s: %w", path, err)
	}
	if version >= checksummedSince && n != checksumSize {
		return 0, damaged(path, "its pages have no checksums")
	}
	return version, nil
}

// upgrade brings a state of an older format to this program's. The file as it was is kept beside it. check looks at the
// upgraded state; when it gives an error, nothing was changed.
func (d *database) upgrade(path string, check func() error) error {
	version, err := d.checkFormat(path)
	if err != nil || version == Format {
		return err
	}
	// At first to look at it only: what has recorded nothing is rolled back.
	_, _, err = d.transact(func(t *transaction) error {
		if err := t.migrate(version); err != nil {
			return err
		}
		return check()
	})
	if err == nil {
		err = d.rebuild(path, version)
	}
	if d.failed != nil && !ofContent(err) {
		err = &WriteError{Path: path, Err: fmt.Errorf("bring it from format %d to %d: %w", version, Format, err)}
	}
	return err
}

// rebuild brings a state that was looked at to this program's format.
func (d *database) rebuild(path string, version int) error {
	serial, head, err := d.last()
	if err != nil {
		return err
	}
	if err := d.roomFor(path); err != nil {
		return err
	}
	if err := private(path); err != nil {
		return err
	}
	if err := d.keepCopy(fmt.Sprintf("%s.format-%d.%d-%x", path, version, serial, head[:4])); err != nil {
		return err
	}
	if err := d.addChecksums(); err != nil {
		return err
	}
	_, _, err = d.transact(func(t *transaction) error {
		t.record("migrate", fmt.Sprintf("format %d to %d", version, Format))
		return t.migrate(version)
	})
	return err
}

// private gives the files of a state the mode that new ones have: a state that was copied, or that an old version made, may be
// open to others.
func private(path string) error {
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(file, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// migrate changes the tables from those of a format to this program's.
func (d *database) migrate(version int) error {
	for _, sql := range migrations[version-1:] {
		if err := d.conn.Exec(sql); err != nil {
			return d.fail(err)
		}
	}
	if err := d.conn.Exec(fmt.Sprintf("PRAGMA user_version = %d", Format)); err != nil {
		return d.fail(err)
	}
	return nil
}

// keepCopy makes a durable copy of the database. A name that is taken is left alone: it says which head the copy ends with.
func (d *database) keepCopy(to string) error {
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	if err := place(d.on, to, d.copyInto); err != nil {
		return fmt.Errorf("copy to %s: %w", to, err)
	}
	return nil
}

// copyInto copies what is committed over the database at path.
func (d *database) copyInto(path string) error {
	n, err := d.reserved()
	if err != nil {
		return err
	}
	to := uri(d.on, path)
	if n == checksumSize {
		to = uri(d.on, path, checksummed) // its first page may be written last
	}
	b, err := d.conn.BackupInit("main", to)
	if err != nil {
		return err
	}
	_, err = b.Step(-1)
	return errors.Join(err, b.Close())
}

// inMemory gives a copy in memory with its tables as this program has them, for readers, who must not change the file.
func inMemory(on disk, path string, version int) (*database, error) {
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		return nil, err
	}
	upgraded := &database{path: path, on: on, conn: conn, statements: map[string]*sqlite3.Stmt{}}
	err = conn.Exec("PRAGMA foreign_keys = OFF")
	if err == nil {
		err = conn.Restore("main", uri(on, path))
	}
	if err == nil {
		err = upgraded.migrate(version)
	}
	if err != nil {
		return nil, errors.Join(err, upgraded.close())
	}
	return upgraded, nil
}
