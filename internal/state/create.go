package state

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// Create makes a new, empty state and gives its identity; the caller writes the lineage into the lock file. The state is
// at its path whole and durable, or not at all; directories on the way to it are made. It fails where a file is there already.
func Create(ctx context.Context, s Settings) (Identity, error) {
	if s.Kind != Simulator && s.Kind != Real {
		return Identity{}, fmt.Errorf("state: kind %q: want %s or %s", s.Kind, Simulator, Real)
	}
	path, err := resolve(s.Path)
	if err != nil {
		return Identity{}, fmt.Errorf("state: %w", err)
	}
	if err := makeDirs(s.on(), filepath.Dir(path)); err != nil {
		return Identity{}, fmt.Errorf("state: %w", err)
	}
	l, err := takeLock(ctx, path, s)
	if err != nil {
		return Identity{}, err
	}
	id, err := create(path, s)
	if mismatch := (*MismatchError)(nil); errors.As(err, &mismatch) {
		return Identity{}, errors.Join(mismatch, l.free())
	}
	if err != nil {
		return Identity{}, errors.Join(fmt.Errorf("create state %s: %w", path, err), l.free())
	}
	return id, l.free()
}

func create(path string, s Settings) (id Identity, err error) {
	if err := vacant(path); err != nil {
		return Identity{}, err
	}
	if err := s.checkLost(path); err != nil {
		return Identity{}, err
	}
	err = place(s.on(), path, func(temporary string) error {
		if id, err = fill(temporary, s); err != nil {
			return err
		}
		// Before the state is there: killed in between, there is none yet, and another can be made. The other way round there
		// would be one that this checkout has never seen.
		return writeAnchor(s.Anchor, path, id)
	})
	return id, err
}

// vacant says whether a state may be made at path.
func vacant(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return errors.New("there is a file already")
	} else if !os.IsNotExist(err) {
		return err
	}
	// SQLite would take the log of a state that was here for the new one's.
	for _, log := range []string{path + "-wal", path + "-journal"} {
		if i, err := os.Stat(log); err == nil && i.Size() > 0 {
			return fmt.Errorf("%s is there without its state: put the state back beside it, or delete it too", log)
		}
	}
	return removeFiles(path+"-wal", path+"-shm", path+"-journal")
}

func removeFiles(paths ...string) error {
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// fill makes the tables and the first event in an empty file, and leaves everything in that file.
func fill(path string, s Settings) (id Identity, err error) {
	d, err := openDatabase(s.on(), path, sqlite3.OPEN_READWRITE)
	if err != nil {
		return Identity{}, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if _, err := d.conn.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES, checksumSize); err != nil {
		return Identity{}, err
	}
	if err := d.conn.Exec("PRAGMA journal_mode = WAL"); err != nil {
		return Identity{}, err
	}
	var random [16 + 32]byte
	rand.Read(random[:])
	id.Lineage = hex.EncodeToString(random[:16])
	own := random[16:]
	check := keyCheck(own)
	secrets, err := s.secrets(func([]byte) bool { return false })
	if err != nil {
		return Identity{}, err
	}
	if len(secrets) > 0 {
		own, check = nil, keyCheck([]byte(secrets[0]))
	}
	id.Serial, id.Head, err = d.transact(func(t *transaction) error {
		header := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, Format)
		if err := d.conn.Exec(schema + header); err != nil {
			return err
		}
		t.record("create", string(s.Kind), id.Lineage, check)
		if _, err := t.exec("INSERT INTO meta (id, lineage, kind, epoch, phone_metadata) VALUES (1, ?, ?, 1, ?)",
			id.Lineage, string(s.Kind), s.PhoneMetadata); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO person_key (secret, key_check, since) VALUES (?, ?, ?)", own, check, t.at)
		return err
	})
	if err != nil {
		return Identity{}, err
	}
	_, _, err = d.conn.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	return id, err
}
