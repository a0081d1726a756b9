package state

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// MessageID names a message in the state; 0 is none.
type MessageID int64

// Names are all the addresses of a configuration, as a plan of it has them.
type Names struct {
	Present []Name
	Removed []string // addresses that it no longer has, where it says that this was meant
	Unmoved []string // addresses that it moves to others and that the state did not have
	Beside  []Name   // addresses of the configuration that the plan is not about: they are not absent, and of them counts the dedupe key, where they have one and the state knows them
	Since   int64    // serial of the state that the plan was made against. Where something was said of names after that, it stands
}

// Name is an address as the state is to know it.
type Name struct {
	Address   string
	MovedFrom string   // address that the message had; "" where it is the same. Does nothing where the state does not know it
	DedupeKey string   // another name for the message's ledger, which it shares with those that have it; "" for none
	Text      [32]byte // digest of the text as it is written
}

// Register takes in the names, in a transaction of its own. Nothing is recorded where nothing is new.
func (s *State) Register(ctx context.Context, names Names) error {
	return s.writer.alone(ctx, func(t *transaction) error { return t.register(&names, s.keys) })
}

// register takes in the names: moves first, then each address with its dedupe key; the addresses that are missing are absent
// from now on. A plan that is carried out late knows less than the state: then what is there and what is absent stays as it is.
func (t *transaction) register(names *Names, keys *keyring) error {
	if names == nil {
		return nil
	}
	late, err := t.row(noColumns, "SELECT 1 FROM event WHERE serial > ? AND subject NOT LIKE 'to %' AND"+
		" ("+ofKind("name")+" OR "+ofKind("absent")+" OR "+ofKind("move")+" OR "+ofKind("rename")+")", names.Since)
	if err != nil {
		return err
	}
	present, removed := map[string]bool{}, map[string]bool{}
	for _, n := range names.Present {
		present[n.Address] = true
		if err := t.move(n); err != nil {
			return err
		}
	}
	for _, n := range names.Beside {
		if err := t.beside(n); err != nil {
			return err
		}
	}
	for _, n := range names.Present {
		if err := t.name(n, keys, late); err != nil {
			return err
		}
	}
	if late {
		return nil
	}
	for _, n := range names.Beside {
		present[n.Address], present[n.MovedFrom] = true, true
	}
	for _, address := range names.Removed {
		removed[address] = true
	}
	return t.miss(present, removed)
}

// nameRow is a row of name, of which the address is one.
type nameRow struct {
	id              int64
	message         MessageID
	text            []byte
	absent, removed bool
}

func (t *transaction) named(namespace, name string) (n nameRow, found bool, err error) {
	found, err = t.row(func(r *sqlite3.Stmt) {
		n = nameRow{r.ColumnInt64(0), MessageID(r.ColumnInt64(1)), r.ColumnBlob(2, nil),
			r.ColumnType(3) != sqlite3.NULL, r.ColumnType(4) != sqlite3.NULL}
	}, "SELECT id, message, text_digest, absent_since, removed_since FROM name WHERE namespace = ? AND name = ?", namespace, name)
	return n, found, err
}

// move gives a message its new address.
func (t *transaction) move(n Name) error {
	if n.MovedFrom == "" {
		return nil
	}
	from, found, err := t.named("address", n.MovedFrom)
	if err != nil || !found {
		return err
	}
	if err := t.vacate(n.Address); err != nil {
		return fmt.Errorf("%s cannot be moved: %w; plan again", n.MovedFrom, err)
	}
	t.record("move", n.MovedFrom+" to "+n.Address)
	_, err = t.exec("UPDATE name SET name = ? WHERE id = ?", n.Address, from.id)
	return err
}

// ofKind is a condition on an event: that it has recorded something of a kind.
func ofKind(kind string) string { return "'+' || kind || '+' LIKE '%+" + kind + "+%'" }

// name makes the address and its dedupe key names of one message, and notes the text, a late one only of an address that is new.
func (t *transaction) name(n Name, keys *keyring, late bool) error {
	row, found, err := t.named("address", n.Address)
	if err != nil {
		return err
	}
	key, shared := nameRow{}, false
	if n.DedupeKey != "" {
		if key, shared, err = t.named("dedupe", n.DedupeKey); err != nil {
			return err
		}
	}
	switch {
	case !found && shared:
		row.message = key.message
		row.id, err = t.addName("address", n.Address, key.message)
	case !found:
		var m messageRow
		m, err = t.message(n.Address, keys)
		row.id, row.message = m.name, m.id
	case shared && key.message != row.message:
		row.message, err = t.join(row.message, key.message)
	}
	if err != nil {
		return err
	}
	if n.DedupeKey != "" && !shared {
		if _, err := t.addName("dedupe", n.DedupeKey, row.message); err != nil {
			return err
		}
	}
	if found && late || !row.absent && !row.removed && bytes.Equal(row.text, n.Text[:]) {
		return nil
	}
	t.record("name", n.Address, n.Text[:])
	_, err = t.exec("UPDATE name SET text_digest = ?, absent_since = NULL, removed_since = NULL WHERE id = ?", n.Text[:], row.id)
	return err
}

// beside makes one ledger of that of an address that the plan is not about and that of its dedupe key, which messages of the plan
// have too.
func (t *transaction) beside(n Name) error {
	if n.DedupeKey == "" {
		return nil
	}
	row, found, err := t.named("address", cmp.Or(n.MovedFrom, n.Address))
	if err != nil || !found {
		return err
	}
	switch key, shared, err := t.named("dedupe", n.DedupeKey); {
	case err != nil:
		return err
	case !shared:
		_, err = t.addName("dedupe", n.DedupeKey, row.message)
		return err
	case key.message != row.message:
		_, err = t.join(row.message, key.message)
		return err
	}
	return nil
}

// miss notes which addresses are not present, and of which it was meant.
func (t *transaction) miss(present, removed map[string]bool) error {
	type missing struct {
		id      int64
		address string
		removed bool
	}
	var all []missing
	for r, err := range t.rows("SELECT id, name, absent_since, removed_since FROM name WHERE namespace = 'address' ORDER BY name") {
		if err != nil {
			return err
		}
		m := missing{r.ColumnInt64(0), r.ColumnText(1), removed[r.ColumnText(1)]}
		known := r.ColumnType(2) != sqlite3.NULL && (r.ColumnType(3) != sqlite3.NULL || !m.removed)
		if !present[m.address] && !known {
			all = append(all, m)
		}
	}
	for _, m := range all {
		t.record("absent", m.address, fmt.Sprint(m.removed))
		at := time.Time{}
		if m.removed {
			at = t.at
		}
		if _, err := t.exec("UPDATE name SET absent_since = coalesce(absent_since, ?), removed_since = ? WHERE id = ?", t.at, at, m.id); err != nil {
			return err
		}
	}
	return nil
}

// join makes one ledger of two. The message with the lower number gets the names and all sends from now on; a claim looks
// into the other too.
func (t *transaction) join(a, b MessageID) (MessageID, error) {
	a, b = min(a, b), max(a, b)
	t.record("join", fmt.Sprintf("message %d and %d", a, b), int64(a), int64(b))
	for _, sql := range []string{
		"UPDATE message SET joined = ?1 WHERE id = ?2 OR joined = ?2",
		"UPDATE name SET message = ?1 WHERE message = ?2",
	} {
		if _, err := t.exec(sql, int64(a), int64(b)); err != nil {
			return 0, err
		}
	}
	return a, nil
}

// joined is a message whose ledger became part of another one's.
type joined struct {
	message MessageID
	key     int // that its people are known under, of the ring
}

// joined gives the messages whose ledgers became part of others', by those. One pass over all messages is what SQLite takes for one of
// them, too.
func (t *transaction) joined(keys *keyring) (parts map[MessageID][]joined, err error) {
	parts = map[MessageID][]joined{}
	for r, err := range t.rows("SELECT m.joined, m.id, k.key_check FROM message m JOIN person_key k ON k.id = m.key_id WHERE m.joined IS NOT NULL ORDER BY m.id") {
		if err != nil {
			return nil, err
		}
		// An open state has all keys that its messages need.
		to := MessageID(r.ColumnInt64(0))
		parts[to] = append(parts[to], joined{MessageID(r.ColumnInt64(1)), keys.index(r.ColumnRawBlob(2))})
	}
	return parts, nil
}

// filled gives a message and those that were joined to it, of which the ledgers hold anybody at a revision yet.
func (t *transaction) filled(m MessageID, parts []joined, revision int, keys *keyring) (ledgers []joined, err error) {
	own := joined{message: m}
	if _, err := t.row(func(r *sqlite3.Stmt) { own.key = keys.index(r.ColumnRawBlob(0)) },
		"SELECT k.key_check FROM message m JOIN person_key k ON k.id = m.key_id WHERE m.id = ?", int64(m)); err != nil {
		return nil, err
	}
	for _, part := range append([]joined{own}, parts...) {
		holds, err := t.row(noColumns, "SELECT 1 FROM send WHERE message = ? AND revision = ?", int64(part.message), revision)
		if err != nil {
			return nil, err
		}
		if holds {
			ledgers = append(ledgers, part)
		}
	}
	return ledgers, nil
}

// messageRow is a message as the database knows it, by one of its addresses.
type messageRow struct {
	id     MessageID
	random []byte // the key that it has for good
	key    int    // that its people are known under, of the ring
	name   int64  // of the address
}

// message gives the message that an address names. An unknown address gets one, under the newest key.
func (t *transaction) message(address string, keys *keyring) (m messageRow, err error) {
	var check []byte
	found, err := t.row(func(r *sqlite3.Stmt) {
		m.id, m.random, check, m.name = MessageID(r.ColumnInt64(0)), r.ColumnBlob(1, nil), r.ColumnBlob(2, nil), r.ColumnInt64(3)
	},
		"SELECT m.id, m.key, k.key_check, n.id FROM name n JOIN message m ON m.id = n.message JOIN person_key k ON k.id = m.key_id"+
			" WHERE n.namespace = 'address' AND n.name = ?", address)
	if err != nil {
		return m, err
	}
	if found {
		if m.key = keys.index(check); m.key < 0 {
			err = fmt.Errorf("%s is known under key %s, which is not at hand", address, keyID(check))
		}
		return m, err
	}
	under, err := t.newestKey(keys)
	if err != nil {
		return m, err
	}
	m.random, m.key = make([]byte, 16), keys.newest
	rand.Read(m.random)
	if _, err := t.exec("INSERT INTO message (key, first_seen, key_id) VALUES (?, ?, ?)", m.random, t.at, under); err != nil {
		return m, err
	}
	m.id = MessageID(t.conn.LastInsertRowID())
	writeFields(t.sum, "message", m.random)
	m.name, err = t.addName("address", address, m.id)
	return m, err
}

// addName makes a name of a message.
func (t *transaction) addName(namespace, name string, m MessageID) (id int64, err error) {
	if _, err := t.exec("INSERT INTO name (namespace, name, message) VALUES (?, ?, ?)", namespace, name, int64(m)); err != nil {
		return 0, err
	}
	t.record("name", name, namespace, int64(m))
	return t.conn.LastInsertRowID(), nil
}
