package state

import (
	"encoding/json"
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// Retry says which of the people whom the gateway refused may be sent to again. The zero Retry is nobody.
type Retry struct {
	Refused bool  // those refused
	Codes   []int // with these codes, sorted; with any where there is none
}

// final are refusals that hold whoever asks: the number is blocked by the gateway, has opted out, or is delisted (gateway
// specification, section 12).
var final = []int{121, optedOut, 128}

// IsFinal reports whether nobody who was refused with the code is ever sent to again under the message's revision.
func IsFinal(code int) bool { return slices.Contains(final, code) }

// Takes reports whether somebody refused with the code may be sent to again.
func (r Retry) Takes(code int) bool {
	return r.Refused && !IsFinal(code) && (len(r.Codes) == 0 || slices.Contains(r.Codes, code))
}

// MarshalJSON writes the codes; an empty list is any code, and null nobody.
func (r Retry) MarshalJSON() ([]byte, error) {
	if !r.Refused {
		return []byte("null"), nil
	}
	return json.Marshal(append([]int{}, r.Codes...))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Retry) UnmarshalJSON(b []byte) error {
	var codes []int
	if err := json.Unmarshal(b, &codes); err != nil {
		return err
	}
	*r = Retry{codes != nil, codes}
	return nil
}

// IsZero reports whether it is nobody.
func (r Retry) IsZero() bool { return !r.Refused }

// again reports whether person p, who was refused with the code by the request, is to be had for a claim. Who was refused by a run of
// the same plan is not, nor by one that began since the plan was made: it has asked for another refusal than that. So applying
// a saved plan again goes on where it stopped, and does not ask the gateway the same again. Nor is who may have the message from an earlier request
// all the same.
func (b *bulk) again(t *transaction, c *Claim, message int64, p Person, request RequestID, code int) (bool, error) {
	if !c.Retry.Takes(code) {
		return false, nil
	}
	kept, err := t.row(noColumns, "SELECT 1 FROM attempt WHERE message = ? AND revision = ? AND person = ? AND outcome = ?", message, c.Revision, p[:], int(InDoubt))
	if err != nil || kept {
		return false, err
	}
	if b.later == nil {
		if b.later, err = b.runsSince(t); err != nil {
			return false, err
		}
	}
	var by RunID
	_, err = t.row(func(r *sqlite3.Stmt) { by = RunID(r.ColumnInt64(0)) }, "SELECT run FROM request WHERE id = ?", int64(request))
	return !b.later[by], err
}

// runsSince gives the runs of the claims' plan, and all that began since it was made.
func (b *bulk) runsSince(t *transaction) (map[RunID]bool, error) {
	later := map[RunID]bool{}
	for r, err := range t.rows("SELECT id FROM run WHERE plan_id = (SELECT plan_id FROM run WHERE id = ?)", int64(b.run)) {
		if err != nil {
			return nil, err
		}
		later[RunID(r.ColumnInt64(0))] = true
	}
	if b.names == nil {
		return later, nil
	}
	for r, err := range t.rows("SELECT r.id FROM event e JOIN run r ON e.subject = 'run ' || r.id WHERE e.serial > ? AND "+ofKind("start run"), b.names.Since) {
		if err != nil {
			return nil, err
		}
		later[RunID(r.ColumnInt64(0))] = true
	}
	return later, nil
}
