package state

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// OutdatedError says that a plan may not be carried out any more, because of what has become of names since it was made: it would
// send to the same people under a name that is another message's or new again, or its moves cannot be made. What its own runs have
// done is no reason.
type OutdatedError struct{ Why string } // "a message was renamed since it was made", ...

func (e *OutdatedError) Error() string { return "the plan is outdated: " + e.Why }

// CheckNames gives an [*OutdatedError] where a plan with the names may not be carried out any more.
func (s *State) CheckNames(ctx context.Context, planID string, names Names) error {
	return s.writer.alone(ctx, func(t *transaction) error { return t.checkNames(planID, &names) })
}

func (t *transaction) checkNames(planID string, names *Names) error {
	for _, look := range []func(string, *Names) (string, error){t.renamedSince, t.blocked, t.unmoved, t.unasked} {
		why, err := look(planID, names)
		if err != nil {
			return err
		}
		if why != "" {
			return &OutdatedError{why}
		}
	}
	return nil
}

// checkClaim looks at the names once more in the transaction of the claim, for where the lock does not keep others out.
func (t *transaction) checkClaim(run RunID, names *Names) error {
	if names == nil || names.Since == 0 {
		return nil
	}
	planID := ""
	if _, err := t.row(func(r *sqlite3.Stmt) { planID = r.ColumnText(0) }, "SELECT plan_id FROM run WHERE id = ?", int64(run)); err != nil {
		return err
	}
	return t.checkNames(planID, names)
}

// renamedSince looks for messages that were renamed since, by Rename or by a run of another plan: what the plan calls a message
// may be none, or another one, by now.
func (t *transaction) renamedSince(planID string, names *Names) (string, error) {
	renamed, err := t.row(noColumns, "SELECT 1 FROM event e WHERE serial > ?1 AND ("+ofKind("rename")+" OR "+ofKind("move")+" AND subject NOT LIKE 'to %'"+
		" AND ?2 IS NOT (SELECT r.plan_id FROM event s JOIN run r ON s.subject = 'run ' || r.id WHERE s.kind = 'start run' AND s.serial < e.serial ORDER BY s.serial DESC LIMIT 1))",
		names.Since, planID)
	if err != nil || !renamed {
		return "", err
	}
	return "a message was renamed since it was made, and who was sent to under its new name would be sent to again", nil
}

// blocked looks for a move to a name that has a ledger of its own by now.
func (t *transaction) blocked(_ string, names *Names) (string, error) {
	for _, n := range names.Present {
		if n.MovedFrom == "" {
			continue
		}
		_, there, err := t.named("address", n.MovedFrom)
		if err != nil {
			return "", err
		}
		to, taken, err := t.named("address", n.Address)
		if err != nil {
			return "", err
		}
		if !there || !taken {
			continue
		}
		if used, err := t.used(to.message); err != nil || used {
			return fmt.Sprintf("it moves %s to %s, and %[2]s has been sent under that name since", n.MovedFrom, n.Address), err
		}
	}
	return "", nil
}

// unmoved looks for a message that was sent since under an address that the plan would have moved, had it known of it: its new
// address has a ledger of its own in the plan.
func (t *transaction) unmoved(_ string, names *Names) (string, error) {
	for _, from := range names.Unmoved {
		for r, err := range t.rows("SELECT name FROM name n WHERE namespace = 'address' AND (name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '[')"+
			" AND EXISTS (SELECT 1 FROM request WHERE name = n.id) ORDER BY name", from) {
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s was sent since it was made, and it has a moved block that leads away from there", r.ColumnText(0)), nil
		}
	}
	return "", nil
}

// unasked looks for a message of the plan that is new, and has the text or the block of one that was sent since and that the plan
// does not know: perhaps the same message under another name, which planning would have asked.
func (t *transaction) unasked(_ string, names *Names) (string, error) {
	claimed, err := t.row(noColumns, "SELECT 1 FROM event WHERE serial > ? AND "+ofKind("claim"), names.Since)
	if err != nil || !claimed { // planning has asked about everything that was sent
		return "", err
	}
	said := names.said()
	for _, n := range names.Present {
		known, err := t.row(noColumns, "SELECT 1 FROM name WHERE namespace = 'address' AND name IN (?, ?)", n.Address, n.MovedFrom)
		if err != nil {
			return "", err
		}
		if known {
			continue
		}
		var alike []likeness
		block, _, _ := strings.Cut(n.Address, "[")
		none := fmt.Sprintf("(%d, %d, %d)", Unsent, Cancelled, Refused)
		for r, err := range t.rows("SELECT name, message, text_digest = ?1 FROM name n WHERE namespace = 'address' AND removed_since IS NULL"+
			" AND (text_digest = ?1 OR name = ?2 OR substr(name, 1, length(?2) + 1) = ?2 || '[')"+
			" AND EXISTS (SELECT 1 FROM request r WHERE r.name = n.id AND (r.outcome NOT IN "+none+
			" OR EXISTS (SELECT 1 FROM send s WHERE s.request = r.id AND s.outcome IS NOT NULL AND s.outcome NOT IN "+none+"))) ORDER BY name", n.Text[:], block) {
			if err != nil {
				return "", err
			}
			if other := (likeness{r.ColumnText(0), MessageID(r.ColumnInt64(1)), r.ColumnBool(2)}); !said[other.address] {
				alike = append(alike, other)
			}
		}
		if len(alike) == 0 {
			continue
		}
		own, err := t.sharing(n, names)
		if err != nil {
			return "", err
		}
		for _, other := range alike {
			if slices.Contains(own, other.message) { // nobody gets both
				continue
			}
			what := "the block of"
			if other.text {
				what = "the text of"
			}
			return fmt.Sprintf("%s is new in it and has %s %s, which was sent since it was made and is not in it", n.Address, what, other.address), nil
		}
	}
	return "", nil
}

// likeness is a recorded message that looks like a new one: by its text, or else by its block.
type likeness struct {
	address string
	message MessageID
	text    bool
}

// sharing gives the messages whose ledger a new one joins by its dedupe key: the one that has the key, and those of the plan that
// have it too.
func (t *transaction) sharing(n Name, names *Names) (own []MessageID, err error) {
	if n.DedupeKey == "" {
		return nil, nil
	}
	add := func(namespace, name string) {
		if err != nil || name == "" {
			return
		}
		at, there, failed := t.named(namespace, name)
		if err = failed; there {
			own = append(own, at.message)
		}
	}
	add("dedupe", n.DedupeKey)
	for _, other := range slices.Concat(names.Present, names.Beside) {
		if other.DedupeKey == n.DedupeKey {
			add("address", other.Address)
			add("address", other.MovedFrom)
		}
	}
	return own, err
}

// said gives the addresses of which the names say what becomes.
func (n *Names) said() map[string]bool {
	all := map[string]bool{}
	for _, address := range n.Removed {
		all[address] = true
	}
	for _, p := range slices.Concat(n.Present, n.Beside) {
		all[p.Address], all[p.MovedFrom] = true, true
	}
	return all
}
