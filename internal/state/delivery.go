package state

import (
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Tally is how far the gateway has got with the messages that it has taken, and what they cost.
type Tally struct {
	Deliveries map[Delivery]int // of those accepted
	Charged    int              // who have left the gateway and whose charge is known
	Charge     int64            // of these together, in millionths of a credit
	Measured   int              // those of them whose segments are known
	Segments   int              // of these together
	Priced     int64            // the charge of these together
}

// carriage is what the sends of a request share, as far as it matters after they were accepted. The sends themselves are read row by
// row beside it: a join of millions takes ten times as long.
type carriage struct {
	at                slot
	outcome           Outcome
	account           string
	client            string
	sent              time.Time // when it was sent, or is to be
	people            int
	segments          int  // 0 where it is not known
	last              bool // status 003 is the last
	identified, begun bool
}

// carriages gives them by request.
func (d *database) carriages() (map[int64]*carriage, error) {
	all := map[int64]*carriage{}
	for r, err := range d.rows("SELECT r.id, n.name, r.revision, r.outcome, run.account, r.climsgid, coalesce(r.intent_at, 0), r.people," +
		" coalesce(r.segments, 0), coalesce(r.receipts = 0, 0), r.apimsgids IS NOT NULL, r.intent_at IS NOT NULL, coalesce(r.deliver_at, 0)" +
		" FROM request r JOIN run ON run.id = r.run JOIN name n ON n.id = r.name") {
		if err != nil {
			return nil, err
		}
		all[r.ColumnInt64(0)] = &carriage{
			at: slot{r.ColumnText(1), r.ColumnInt(2)}, outcome: Outcome(r.ColumnInt(3)), account: r.ColumnText(4), client: clientWord(r.ColumnRawBlob(5)),
			sent:   time.UnixMicro(heldUntil(r.ColumnInt64(6), r.ColumnInt64(12))).UTC(),
			people: r.ColumnInt(7), segments: r.ColumnInt(8), last: r.ColumnBool(9), identified: r.ColumnBool(10), begun: r.ColumnBool(11),
		}
	}
	return all, nil
}

// final reports whether the gateway says nothing more of a message of the request after a status.
func (c *carriage) final(s Status) bool { return s.Final() || s == statusNetwork && c.last }

const acceptedSQL = "SELECT request, outcome, coalesce(status, 0), charge, person FROM send"

// tallies gives them by address and revision. What has no status yet and is scheduled for later than now counts as scheduled.
func (d *database) tallies(now time.Time) (map[slot]*Tally, error) {
	requests, err := d.carriages()
	if err != nil {
		return nil, err
	}
	all := map[slot]*Tally{}
	for r, err := range d.rows(acceptedSQL) {
		if err != nil {
			return nil, err
		}
		c := requests[r.ColumnInt64(0)]
		if c == nil || !accepted(r, c) {
			continue
		}
		t := all[c.at]
		if t == nil {
			t = &Tally{Deliveries: map[Delivery]int{}}
			all[c.at] = t
		}
		status := Status(r.ColumnInt(2))
		if status == 0 && c.sent.After(now) {
			status = statusScheduled
		}
		t.Deliveries[status.Delivery()]++
		if !status.Final() && status != statusNetwork || r.ColumnType(3) == sqlite3.NULL {
			continue // nothing is charged yet, or it is not known
		}
		charge := r.ColumnInt64(3)
		t.Charged++
		t.Charge += charge
		if c.segments > 0 {
			t.Measured++
			t.Segments += c.segments
			t.Priced += charge
		}
	}
	return all, nil
}

// accepted reports whether a row of acceptedSQL is of somebody whose send is accepted.
func accepted(r *sqlite3.Stmt, c *carriage) bool {
	if r.ColumnType(1) == sqlite3.NULL {
		return c.outcome == Accepted
	}
	return Outcome(r.ColumnInt(1)) == Accepted
}
