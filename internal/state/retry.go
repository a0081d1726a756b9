package state

import (
	"encoding/json"
	"slices"
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

// again reports whether person p, who was refused with the code by the request, is to be had for the claim. Who was refused by a run of
// the same plan is not: applying a saved plan again goes on where it stopped, and does not ask the gateway the same again. Nor
// is who may have the message from an earlier request all the same.
func (t *transaction) again(c *Claim, run RunID, message int64, p Person, request RequestID, code int) (bool, error) {
	if !c.Retry.Takes(code) {
		return false, nil
	}
	kept, err := t.row(noColumns, "SELECT 1 FROM attempt WHERE message = ? AND revision = ? AND person = ? AND outcome = ?", message, c.Revision, p[:], int(InDoubt))
	if err != nil || kept {
		return false, err
	}
	same, err := t.row(noColumns, "SELECT 1 FROM request q JOIN run was ON was.id = q.run JOIN run now ON now.id = ? WHERE q.id = ? AND was.plan_id = now.plan_id", int64(run), int64(request))
	return !same, err
}
