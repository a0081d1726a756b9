package plan

import (
	"fmt"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
)

// Renumbered says what other phone metadata may have made of the people of a message
// that was sent with the former one. The state knows people by pseudonyms of their
// numbers as these were read, so it cannot tell who became another person.
type Renumbered struct {
	Before     string `json:"before"`     // version of the metadata that the state was last written with
	Found      int    `json:"found"`      // people whom the state has under another form of their line than today's; they are not new
	Unfamiliar int    `json:"unfamiliar"` // people to send to whom the message's ledger does not have under any form: at most so many became new
}

func (m *Message) metadataWarning() (w Warning, ok bool) {
	if m.Renumbered == nil {
		return Warning{}, false
	}
	return Warning{m.Address, "phone metadata changed since the last apply",
		fmt.Sprintf("Then it was version %s, and now it is %s. %s", m.Renumbered.Before, phone.MetadataVersion(), m.Renumbered.Sentence())}, true
}

// Sentence says it with its counts.
func (r *Renumbered) Sentence() string {
	return fmt.Sprintf("New in its ledger: %s of those to send to, some of them perhaps because their numbers are read otherwise now. Found under another form of the number, and not new: %s.",
		config.Count(r.Unfamiliar), config.Count(r.Found))
}
