package state

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// Remove forgets everything that was sent under an address: it can be sent to everybody again afterwards. sends is the number
// of sends that whoever asks for it has seen; another number changes nothing. The epoch rises, so that no request is taken
// for one of those that are forgotten.
func (s *State) Remove(ctx context.Context, address string, sends int) error {
	return s.writer.alone(ctx, func(t *transaction) error {
		var message int64
		var there, names int
		found, err := t.row(func(r *sqlite3.Stmt) { message, there, names = r.ColumnInt64(0), r.ColumnInt(1), r.ColumnInt(2) },
			"SELECT n.message, (SELECT count(*) FROM send s JOIN message m ON m.id = s.message WHERE n.message IN (m.id, m.joined)),"+
				" (SELECT count(*) FROM name o WHERE o.message = n.message AND o.namespace = 'address') FROM name n WHERE n.namespace = 'address' AND n.name = ?", address)
		switch {
		case err != nil:
			return err
		case !found:
			return fmt.Errorf("%s: %w", address, ErrNoMessage)
		case there != sends:
			return fmt.Errorf("the number of sends of %s is %d, not %d: nothing was removed", address, there, sends)
		case names > 1:
			return fmt.Errorf("%s shares its ledger with other messages, for which what was sent under it counts too", address)
		}
		const ledgers = "(SELECT id FROM message WHERE ? IN (id, joined))"
		for _, sql := range []string{
			"DELETE FROM withdrawal WHERE request IN (SELECT id FROM request WHERE message IN " + ledgers + ")",
			"DELETE FROM attempt WHERE message IN " + ledgers,
			"DELETE FROM send WHERE message IN " + ledgers,
			"DELETE FROM roster WHERE request IN (SELECT id FROM request WHERE message IN " + ledgers + ")",
			"DELETE FROM client WHERE climsgid IN (SELECT climsgid FROM request WHERE message IN " + ledgers + ")",
			"DELETE FROM request WHERE message IN " + ledgers,
			"DELETE FROM name WHERE message = ?",
			"DELETE FROM message WHERE ? IN (id, joined)",
		} {
			if _, err := t.exec(sql, message); err != nil {
				return err
			}
		}
		if err := t.raiseEpoch(); err != nil {
			return err
		}
		t.record("remove", address+", by "+s.settings.Who, sends)
		return nil
	})
}

// raiseEpoch makes every climsgid from now on another one than any before.
func (t *transaction) raiseEpoch() error {
	_, err := t.exec("UPDATE meta SET epoch = epoch + 1")
	return err
}
