package state

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// keyring holds the keys under which numbers are persons: those that the state needs, and the one for new messages. Safe
// for concurrent use.
type keyring struct {
	keys   []key
	newest int // the key for new messages, as an index in keys
}

// key is one of a ring.
type key struct {
	check      []byte
	own        bool // kept in the state
	pseudonyms *pseudonyms
}

func newKey(secret []byte, own bool) key {
	return key{check: keyCheck(secret), own: own, pseudonyms: newPseudonyms(secret)}
}

// Alias is the persons that one number is: one under each key of a state, of which there is usually one.
type Alias []Person

// appendAlias appends what a number is under each key.
func appendAlias[T string | []byte](dst Alias, r *keyring, e164 T) Alias {
	for i := range r.keys {
		dst = append(dst, person(r.keys[i].pseudonyms, e164))
	}
	return dst
}

// index gives the position of the key with a check; -1 where the ring does not have it.
func (r *keyring) index(check []byte) int {
	return slices.IndexFunc(r.keys, func(k key) bool { return string(k.check) == string(check) })
}

// keyID names a key where people see it. Nothing can be computed with it.
func keyID(check []byte) string { return hex.EncodeToString(check[:4]) }

// secrets splits Settings.Key. A state of format 1 may have a key with a comma in it: what is known whole is not split.
func (s Settings) secrets(known func(check []byte) bool) ([]string, error) {
	if s.Key == "" || known(keyCheck([]byte(s.Key))) {
		return slices.DeleteFunc([]string{s.Key}, func(one string) bool { return one == "" }), nil
	}
	parts := strings.Split(s.Key, ",")
	if slices.Contains(parts, "") {
		return nil, fmt.Errorf("SMSPLAN_STATE_KEY, or `key` in the `state` block, has an empty key among its keys: want NEW,OLD")
	}
	return parts, nil
}

// storedKey is a row of person_key.
type storedKey struct {
	secret, check []byte // secret is nil where it is given from outside
	messages      int    // that need it
	example       string // an address of one of them
	stopped       bool   // somebody on the stop list is known by it alone
}

// needed reports whether somebody is known by the key.
func (k *storedKey) needed() bool { return k.messages > 0 || k.stopped }

func (d *database) storedKeys() (keys []storedKey, err error) {
	// The plus keeps SQLite from going through all addresses for each message: it makes an index by message instead.
	for r, err := range d.rows("SELECT k.secret, k.key_check, count(DISTINCT m.id), coalesce(min(n.name), ''), EXISTS (SELECT 1 FROM stop WHERE key_id = k.id)" +
		" FROM person_key k LEFT JOIN message m ON m.key_id = k.id LEFT JOIN name n ON n.message = coalesce(m.joined, m.id) AND +n.namespace = 'address'" +
		" GROUP BY k.id ORDER BY k.id") {
		if err != nil {
			return nil, err
		}
		k := storedKey{check: r.ColumnBlob(1, nil), messages: r.ColumnInt(2), example: r.ColumnText(3), stopped: r.ColumnBool(4)}
		if r.ColumnType(0) != sqlite3.NULL {
			k.secret = r.ColumnBlob(0, nil)
		}
		keys = append(keys, k)
	}
	if err == nil && len(keys) == 0 {
		err = d.fail(fmt.Errorf("it has no key"))
	}
	return keys, err
}

// keyring gives the keys that the state needs. Those from outside must be given, each as long as a message or somebody on
// the stop list is known by it, and the newest in any case: without it everybody would look new, and a key that is only
// mistyped would not be noticed.
func (d *database) keyring(path string, s Settings) (*keyring, error) {
	stored, err := d.storedKeys()
	if err != nil {
		return nil, fmt.Errorf("state %s: %w", path, err)
	}
	secrets, err := s.secrets(func(check []byte) bool {
		return slices.ContainsFunc(stored, func(k storedKey) bool { return string(k.check) == string(check) })
	})
	if err != nil {
		return nil, err
	}
	var given []key
	for _, secret := range secrets {
		given = append(given, newKey([]byte(secret), false))
	}
	r := &keyring{}
	var missing []storedKey
	for i, k := range stored {
		at := slices.IndexFunc(given, func(g key) bool { return string(g.check) == string(k.check) })
		switch {
		case k.secret != nil:
			r.keys = append(r.keys, newKey(k.secret, true))
		case at >= 0:
			r.keys = append(r.keys, given[at])
		case k.needed() || i == len(stored)-1 && !s.newKey:
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 && !s.Keyless {
		return nil, keysMissing(path, missing, given)
	}
	if len(given) > 0 {
		if r.newest = r.index(given[0].check); r.newest < 0 {
			r.newest = len(r.keys)
			r.keys = append(r.keys, given[0])
		}
		return r, nil
	}
	r.newest = slices.IndexFunc(r.keys, func(k key) bool { return k.own })
	return r, nil
}

// keysMissing says which keys a state needs, by their ids, and what for.
func keysMissing(path string, missing []storedKey, given []key) error {
	var needed []string
	for _, k := range missing {
		text := "key " + keyID(k.check)
		switch {
		case k.messages == 1:
			text += " for " + k.example
		case k.messages > 1:
			text += fmt.Sprintf(" for %s and %d more", k.example, k.messages-1)
		case k.stopped:
			text += " for its stop list"
		default:
			text += " for new messages"
		}
		needed = append(needed, text)
	}
	problem := "needs " + strings.Join(needed, ", and ") + ", and no key is given"
	if len(given) > 0 {
		var ids []string
		for _, g := range given {
			ids = append(ids, keyID(g.check))
		}
		problem = "needs " + strings.Join(needed, ", and ") + ", and is given " + strings.Join(ids, ", ")
	}
	if len(missing) == 1 && !missing[0].needed() {
		return &MismatchError{path, problem,
			"set SMSPLAN_STATE_KEY, or `key` in the `state` block, to that key. Where it is lost: nobody is known by it any more, and with another key set `smsplan state adopt` makes that the newest"}
	}
	return &MismatchError{path, problem,
		"set SMSPLAN_STATE_KEY, or `key` in the `state` block, to the keys that its messages were sent under, newest first and separated by commas (NEW,OLD): " +
			"under another key everybody would look new"}
}

// newestKey gives the row of the key for new messages, which it makes where the state does not have it yet.
func (t *transaction) newestKey(r *keyring) (id int64, err error) {
	k := r.keys[r.newest]
	found, err := t.row(func(row *sqlite3.Stmt) { id = row.ColumnInt64(0) }, "SELECT id FROM person_key WHERE key_check = ?", k.check)
	if err != nil || found {
		return id, err
	}
	if _, err := t.exec("INSERT INTO person_key (key_check, since) VALUES (?, ?)", k.check, t.at); err != nil {
		return 0, err
	}
	writeFields(t.sum, "key", k.check)
	return t.conn.LastInsertRowID(), nil
}

// renewKey forgets the newest keys as long as they are not given and nobody is known by them any more, so that the first one that
// is given takes their place, or one that the state keeps.
func (t *transaction) renewKey(s Settings) error {
	stored, err := t.storedKeys()
	if err != nil {
		return err
	}
	has := func(check []byte) bool {
		return slices.ContainsFunc(stored, func(k storedKey) bool { return string(k.check) == string(check) })
	}
	secrets, err := s.secrets(has)
	if err != nil {
		return err
	}
	before := len(stored)
	for len(stored) > 0 {
		last := stored[len(stored)-1]
		given := slices.ContainsFunc(secrets, func(secret string) bool { return string(keyCheck([]byte(secret))) == string(last.check) })
		if last.secret != nil || last.needed() || given {
			break
		}
		t.record("forget key", "key "+keyID(last.check), last.check)
		if _, err := t.exec("DELETE FROM person_key WHERE key_check = ?", last.check); err != nil {
			return err
		}
		stored = stored[:len(stored)-1]
	}
	var check, own []byte
	switch {
	case len(stored) == before:
		return nil
	case len(secrets) > 0:
		check = keyCheck([]byte(secrets[0]))
	case len(stored) == 0:
		own = make([]byte, 32)
		rand.Read(own)
		check = keyCheck(own)
	}
	if check == nil || has(check) {
		return nil
	}
	_, err = t.exec("INSERT INTO person_key (secret, key_check, since) VALUES (?, ?, ?)", own, check, t.at)
	writeFields(t.sum, "key", check)
	return err
}
