package state

import "time"

// Tally is how far the gateway has got with the messages that it has taken, and what they cost.
type Tally struct {
	Deliveries map[Delivery]int // of those accepted
	Charged    int              // who have left the gateway and whose charge is known
	Charge     int64            // of these together, in millionths of a credit
	Measured   int              // those of them whose segments are known
	Segments   int              // of these together
	Priced     int64            // the charge of these together
}

// tallySQL counts accepted sends (?1) by address, revision and status. What has no status yet and is scheduled for later than now
// (?2) counts as scheduled.
const tallySQL = `
SELECT n.name, s.revision, CASE WHEN s.status IS NULL AND r.deliver_at > ?2 THEN 11 ELSE coalesce(s.status, 0) END AS said,
	count(*), count(s.charge), coalesce(sum(s.charge), 0),
	count(s.charge + r.segments), coalesce(sum(CASE WHEN s.charge IS NOT NULL THEN r.segments END), 0), coalesce(sum(CASE WHEN r.segments IS NOT NULL THEN s.charge END), 0)
FROM send s JOIN request r ON r.id = s.request JOIN name n ON n.id = r.name
WHERE coalesce(s.outcome, r.outcome) = ?1 GROUP BY 1, 2, 3`

// tallies gives them by address and revision.
func (d *database) tallies(now time.Time) (map[slot]*Tally, error) {
	all := map[slot]*Tally{}
	for r, err := range d.rows(tallySQL, int(Accepted), now) {
		if err != nil {
			return nil, err
		}
		at := slot{r.ColumnText(0), r.ColumnInt(1)}
		if all[at] == nil {
			all[at] = &Tally{Deliveries: map[Delivery]int{}}
		}
		t := all[at]
		status := Status(r.ColumnInt(2))
		t.Deliveries[status.Delivery()] += r.ColumnInt(3)
		if !status.Final() && status != statusNetwork {
			continue // nothing is charged yet
		}
		t.Charged += r.ColumnInt(4)
		t.Charge += r.ColumnInt64(5)
		t.Measured += r.ColumnInt(6)
		t.Segments += r.ColumnInt(7)
		t.Priced += r.ColumnInt64(8)
	}
	return all, nil
}
