package state

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Why a scheduled message is withdrawn.
type Why string

// Reasons to withdraw.
const (
	BlockGone   Why = "block gone"
	PersonGone  Why = "person gone"
	Superseded  Why = "superseded"
	TextChanged Why = "text changed"
	TimeChanged Why = "time changed"
	ByCommand   Why = "by command"
	recovered   Why = "recovered" // a run that the state knows nothing of may have sent it anew
)

// lasts reports whether somebody whose message was withdrawn for this reason stays without it at its revision.
func (w Why) lasts() bool { return w == ByCommand || w == recovered }

// Withdrawal asks that one person's message be withdrawn.
type Withdrawal struct {
	ClientID string // climsgid of its request
	Person   Person
	Why      Why
}

// Recall is a message that the gateway may be asked to withdraw, once its intent is recorded. Without Due nothing is to be asked.
type Recall struct {
	Withdrawal
	Request RequestID // 0 where the state has none with that climsgid
	Address string    // that it was claimed for, by its name today
	Outcome Outcome   // of the send before the intent; Cancelled where it is withdrawn, or its person belongs to a later request
	Due     bool      // the intent is recorded
	Unnamed bool      // nothing names the person's message: it has no apimsgid, and its request has several people
	ID      [16]byte  // apimsgid; zero where the climsgid names the person's message, because its request has one person
	At      time.Time // of the intent
	Before  time.Time // of an earlier intent that nobody knows the end of; zero for none
	Account string    // fingerprint of the account that it went through
}

// Errors of withdrawals that cannot be asked for.
var (
	ErrOtherAccount = errors.New("it was sent through another account of the gateway, which alone can withdraw it")
	ErrUnnamed      = errors.New("no id of the gateway is known for it, which it gave none for or state forget has removed, so nothing names it")
	ErrRecovered    = errors.New("the state was recovered since it was sent, so it may have been withdrawn and sent anew already")
)

// BeginWithdrawal records the intent to have a message withdrawn; it is on stable storage when BeginWithdrawal returns. From
// then on the send is withdrawing until [State.EndWithdrawal] says what became of it, in whatever process. Only what was
// accepted, or is withdrawing already, can be asked for.
func (s *State) BeginWithdrawal(ctx context.Context, run RunID, w Withdrawal) (r Recall, err error) {
	err = s.writer.together(ctx, func(t *transaction) error {
		if err := t.going(run); err != nil {
			return err
		}
		r, err = t.beginWithdrawal(run, w)
		return err
	})
	return r, err
}

func (t *transaction) beginWithdrawal(run RunID, w Withdrawal) (Recall, error) {
	r := Recall{Withdrawal: w, Outcome: Cancelled}
	client, err := clientAlphabet.DecodeString(w.ClientID)
	if err != nil {
		return r, fmt.Errorf("%q is no climsgid", w.ClientID)
	}
	var ids []byte
	var same, guessed bool
	if _, err := t.row(func(row *sqlite3.Stmt) {
		r.Request, ids, r.Account = RequestID(row.ColumnInt64(0)), row.ColumnBlob(1, nil), row.ColumnText(2)
		same, guessed, r.Address = row.ColumnBool(3), row.ColumnBool(4), row.ColumnText(5)
	}, "SELECT q.id, q.apimsgids, n.account, n.account = (SELECT account FROM run WHERE id = ?2), n.id <= ("+lastRecovery+"), (SELECT name FROM name WHERE id = q.name)"+
		" FROM client c JOIN request q ON q.id = c.request JOIN run n ON n.id = q.run WHERE c.climsgid = ?1", client, int64(run)); err != nil || r.Request == 0 {
		return r, err
	}
	q, err := t.request(r.Request)
	if err != nil {
		return r, err
	}
	at, err := t.send(q, w.Person)
	if err != nil || at.request != q.id {
		return r, err
	}
	r.Outcome = at.outcome
	if at.outcome == Cancelled && w.Why.lasts() {
		_, err := t.exec("UPDATE withdrawal SET why = ? WHERE request = ? AND person = ?", string(w.Why), q.id, w.Person[:])
		t.record("withdraw", fmt.Sprintf("request %d", q.id), w.Person[:], string(w.Why))
		return r, err
	}
	if at.outcome != Accepted && at.outcome != Withdrawing {
		return r, nil
	}
	roster, err := t.roster(q)
	if err != nil {
		return r, err
	}
	if i := slices.Index(roster, w.Person); len(ids) > 0 && i >= 0 {
		r.ID = [16]byte(ids[i*len(r.ID):])
	}
	switch {
	case guessed:
		return r, ErrRecovered
	case !same:
		return r, ErrOtherAccount
	case r.ID == [16]byte{} && q.people > 1:
		r.Unnamed = true
		return r, ErrUnnamed
	}
	if at.outcome == Withdrawing {
		if _, err := t.row(func(row *sqlite3.Stmt) { r.Before = moment(row, 0) },
			"SELECT intent_at FROM withdrawal WHERE request = ? AND person = ?", q.id, w.Person[:]); err != nil {
			return r, err
		}
	}
	if err := t.except(q, w.Person, Withdrawing, 0); err != nil {
		return r, err
	}
	r.At, r.Due = t.at, true
	t.record("withdraw", fmt.Sprintf("request %d", q.id), w.Person[:], string(w.Why))
	_, err = t.exec("INSERT INTO withdrawal (request, person, why, intent_at) VALUES (?1, ?2, ?3, ?4)"+
		" ON CONFLICT DO UPDATE SET why = ?3, intent_at = ?4, settled_at = NULL", q.id, w.Person[:], string(w.Why), t.at)
	return r, err
}

// EndWithdrawal records what became of a message that is withdrawing: cancelled, or accepted where it was not withdrawn. It is
// cancelled whoever has asked. That it was not withdrawn counts only where at is the newest intent, so that nobody else
// has asked meanwhile. status is the gateway's, 0 for none. It reports whether that was news.
func (s *State) EndWithdrawal(ctx context.Context, request RequestID, p Person, at time.Time, o Outcome, status int) (news bool, err error) {
	err = s.writer.together(ctx, func(t *transaction) error {
		news, err = t.endWithdrawal(request, p, at, o, status, "")
		return err
	})
	return news, err
}

func (t *transaction) endWithdrawal(request RequestID, p Person, at time.Time, o Outcome, status int, says string) (news bool, err error) {
	if o != Cancelled && o != Accepted {
		return false, fmt.Errorf("%s is no end of a withdrawal", o)
	}
	q, err := t.request(request)
	if err != nil {
		return false, err
	}
	there, err := t.send(q, p)
	if err != nil || there.request != q.id || there.outcome != Withdrawing {
		return false, err
	}
	if o == Accepted && says == "" {
		newest, err := t.row(noColumns, "SELECT 1 FROM withdrawal WHERE request = ? AND person = ? AND intent_at = ?", q.id, p[:], at)
		if err != nil || !newest {
			return false, err
		}
	}
	if err := t.except(q, p, o, 0); err != nil {
		return false, err
	}
	if status > 0 {
		if _, err := t.exec("UPDATE send SET status = ?, status_at = ? WHERE message = ? AND revision = ? AND person = ?",
			status, t.at, q.message, q.revision, p[:]); err != nil {
			return false, err
		}
	}
	t.record("end withdrawal", fmt.Sprintf("request %d: %s", q.id, o), p[:], int(o), status, says)
	_, err = t.exec("UPDATE withdrawal SET settled_at = ? WHERE request = ? AND person = ?", t.at, q.id, p[:])
	return err == nil, err
}

// Withdrawals lists the messages that are withdrawing, oldest intent first: of those at the addresses, or of all where none is given.
func (s *State) Withdrawals(ctx context.Context, addresses ...string) (list []Recall, err error) {
	err = s.writer.alone(ctx, func(t *transaction) error {
		list = nil
		for r, err := range t.rows("SELECT w.request, w.person, w.why, w.intent_at, q.climsgid, n.name, run.account,"+
			" substr(q.apimsgids, instr(o.people, w.person), 16), q.people > 1"+
			" FROM withdrawal w JOIN request q ON q.id = w.request JOIN roster o ON o.request = q.id JOIN run ON run.id = q.run JOIN name n ON n.id = q.name"+
			" JOIN send s ON s.message = q.message AND s.revision = q.revision AND s.person = w.person"+
			" WHERE w.settled_at IS NULL AND s.request = w.request AND s.outcome = ? ORDER BY w.intent_at, w.request, w.person", int(Withdrawing)) {
			if err != nil {
				return err
			}
			one := Recall{Request: RequestID(r.ColumnInt64(0)), Outcome: Withdrawing, At: moment(r, 3), Address: r.ColumnText(5), Account: r.ColumnText(6)}
			one.Person, one.Why, one.ClientID = Person(r.ColumnRawBlob(1)), Why(r.ColumnText(2)), clientWord(r.ColumnRawBlob(4))
			if id := r.ColumnRawBlob(7); len(id) == len(one.ID) {
				one.ID = [16]byte(id)
			}
			one.Unnamed = r.ColumnBool(8) && one.ID == [16]byte{}
			if len(addresses) == 0 || slices.Contains(addresses, one.Address) {
				list = append(list, one)
			}
		}
		return nil
	})
	return list, err
}

// ResolveWithdrawal takes an operator's word for what became of a message that is withdrawing: accepted, or cancelled. It
// counts only when the intent is older than the timeout of a call and 5 s more. A timeout of 0 is 30 s.
func (s *State) ResolveWithdrawal(ctx context.Context, r Recall, o Outcome, by, reason string, timeout time.Duration) error {
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	return s.writer.together(ctx, func(t *transaction) error {
		if from := r.At.Add(timeout + callMargin); t.at.Before(from) {
			return fmt.Errorf("request %d cannot be resolved: what asks for the withdrawal may still be on its way; not before %s", r.Request, from.UTC().Format(time.RFC3339))
		}
		_, err := t.endWithdrawal(r.Request, r.Person, r.At, o, 0, by+": "+reason)
		return err
	})
}

// callMargin is how much longer than its timeout a call may be on its way.
const callMargin = 5 * time.Second

// SafeAfter gives the moment from which a call to withdraw a message that began at the intent cannot reach the gateway any more.
func (r *Recall) SafeAfter(timeout time.Duration) time.Time { return r.At.Add(timeout + callMargin) }

// doubtWithdrawals makes those that are withdrawing end without another send: a run that this state knows nothing of may have
// had the answer, and sent anew.
func (t *transaction) doubtWithdrawals() error {
	_, err := t.exec("UPDATE withdrawal SET why = ? WHERE settled_at IS NULL", string(recovered))
	return err
}
