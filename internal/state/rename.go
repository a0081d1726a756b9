package state

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrNoMessage says that no message has the address.
var ErrNoMessage = errors.New("the state knows no message of this name")

// Move is a message's new name.
type Move struct{ From, To string }

// Rename gives a message another address, in one transaction: what was sent under the old one counts under the new one
// from then on. A block without a key stands for all of its instances, each of which keeps its key. A target under which
// something was sent is an error, and so is an unknown source. It gives what was moved.
func (s *State) Rename(ctx context.Context, from, to string) (moves []Move, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		if moves, err = t.moves(from, to); err != nil {
			return err
		}
		for _, m := range moves {
			if err := t.rename(m, s.settings.Who); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return moves, nil
}

// moves gives the names that a move of an address is about.
func (t *transaction) moves(from, to string) (moves []Move, err error) {
	if from == to {
		return nil, fmt.Errorf("%s has that name already", from)
	}
	for r, err := range t.rows("SELECT name FROM name WHERE namespace = 'address' AND (name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '[')", from) {
		if err != nil {
			return nil, err
		}
		name := r.ColumnText(0)
		if name == from {
			return []Move{{from, to}}, nil
		}
		moves = append(moves, Move{name, to + strings.TrimPrefix(name, from)})
	}
	switch {
	case len(moves) == 0:
		return nil, fmt.Errorf("%s: %w", from, ErrNoMessage)
	case strings.Contains(to, "["):
		return nil, fmt.Errorf("%s is a block with instances, and %s is one instance: name the one that is meant", from, to)
	}
	return moves, nil
}

// rename moves a name that is there. The message is present under the new one, whatever became of the old.
func (t *transaction) rename(m Move, who string) error {
	from, found, err := t.named("address", m.From)
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", m.From, ErrNoMessage)
	}
	if err != nil {
		return err
	}
	if err := t.vacate(m.To); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE name SET name = ?, absent_since = NULL, removed_since = NULL WHERE id = ?", m.To, from.id); err != nil {
		return err
	}
	t.record("rename", m.From+" to "+m.To+", by "+who)
	return nil
}

// vacate takes a name from a message that nothing was ever claimed for.
func (t *transaction) vacate(address string) error {
	name, found, err := t.named("address", address)
	if err != nil || !found {
		return err
	}
	used, err := t.used(name.message)
	if err != nil {
		return err
	}
	if used {
		return fmt.Errorf("%s has a ledger of its own: what was sent under two names cannot be told apart afterwards", address)
	}
	if _, err := t.exec("DELETE FROM name WHERE id = ?", name.id); err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM message WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM name WHERE message = ?1)", int64(name.message))
	return err
}

// used reports whether anything was ever claimed for a message.
func (t *transaction) used(m MessageID) (bool, error) {
	return t.row(noColumns, "SELECT 1 FROM request r JOIN message m ON m.id = r.message WHERE coalesce(m.joined, m.id) = ?", int64(m))
}
