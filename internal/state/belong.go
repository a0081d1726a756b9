package state

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// MismatchError says that the state is missing, rolled back, a copy or another one (exit status 7).
type MismatchError struct {
	Path    string
	Problem string // "is missing", "does not contain serial 41 with the head that this checkout saw", ...
	Remedy  string // what to do
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("state %s %s; %s", e.Path, e.Problem, e.Remedy)
}

// meta is the row of that name.
type meta struct {
	Lineage       string
	Kind          Kind
	Epoch         int64
	PhoneMetadata string
	movedTo       string // of a tombstone
}

func (d *database) meta() (meta, error) {
	var m meta
	found, err := d.row(func(r *sqlite3.Stmt) {
		m = meta{Lineage: r.ColumnText(0), Kind: Kind(r.ColumnText(1)), Epoch: r.ColumnInt64(2), PhoneMetadata: r.ColumnText(3), movedTo: r.ColumnText(4)}
	}, "SELECT lineage, kind, epoch, phone_metadata, moved_to FROM meta")
	if err == nil && !found {
		err = d.fail(fmt.Errorf("its meta row is missing"))
	}
	return m, err
}

// exists says whether there is a file at path, as far as Settings expect one.
func exists(path string, s Settings) error {
	_, err := os.Stat(path)
	switch {
	case err == nil:
		if n, err := links(path); err != nil || n > 1 {
			return errors.Join(err, twoNames(path, n))
		}
		return recognise(path)
	case !os.IsNotExist(err):
		return err
	case s.Lineage == "":
		return &MismatchError{path, "does not exist", "`smsplan init` makes it"}
	}
	return &MismatchError{path, "is missing, and .smsplan.lock.hcl has an entry for it (lineage " + s.Lineage + ")",
		"put it back from where it was used last: a new one would send everything again. " +
			"Where only an older copy is left, run `smsplan state recover`. " +
			"Only if nothing that it recorded matters any more, delete the entry from .smsplan.lock.hcl and the file " + s.Anchor + ", and run `smsplan init`"}
}

// checkLost refuses to make a state where this checkout has seen one that was used: it is lost, with its entry. An anchor of
// serial 1 may be what is left of a creation that was killed.
func (s Settings) checkLost(path string) error {
	a, err := s.anchor()
	if err != nil || a == nil || a.Serial <= 1 {
		return err
	}
	return &MismatchError{path, fmt.Sprintf("is missing, and this checkout saw a state here, at serial %d (lineage %s)", a.Serial, a.Lineage),
		"put that and its .smsplan.lock.hcl back: a new one would send everything again. " +
			"Only if nothing that it recorded matters any more, delete the file " + s.Anchor + " and run this again"}
}

// twoNames refuses a file with other names: beside each name would be a log, and whoever uses one name sees nothing of what
// the other's log holds.
func twoNames(path string, n int) error {
	if n <= 1 {
		return nil
	}
	return &MismatchError{path, fmt.Sprintf("has %d names (hard links), and whoever uses another one would not see what is recorded under this one", n),
		"delete the other names; `find -samefile` finds them"}
}

// checkMoved refuses a tombstone.
func (m meta) checkMoved(path string) error {
	if m.movedTo == "" {
		return nil
	}
	return &MismatchError{path, "was moved to " + m.movedTo + ", and nothing is recorded in it any more",
		"set `path` in the `state` block to where it is now; if that is lost, `smsplan state recover` makes this one usable again"}
}

// checkKind holds the state against the kind of gateway.
func (m meta) checkKind(path string, s Settings) error {
	if m.Kind == s.Kind {
		return nil
	}
	return &MismatchError{path, fmt.Sprintf("records sends to a %s gateway, and the configuration has a %s one", m.Kind, s.Kind),
		"give each kind of gateway a state of its own (`path` in the `state` block)"}
}

// checkOwner refuses the state of another workspace.
func (m meta) checkOwner(path string, s Settings) error {
	for _, other := range s.Others {
		if other.Lineage == m.Lineage {
			return &MismatchError{path, fmt.Sprintf("is that of the workspace %s, and the workspace here is %s", other.Workspace, s.Workspace),
				"give each workspace a state of its own: `path` in the `state` block may use ${smsplan.workspace}, and where it is left out each has its own"}
		}
	}
	return nil
}

// checkLineage holds the state against the configuration.
func (m meta) checkLineage(path string, s Settings) error {
	if err := m.checkOwner(path, s); err != nil {
		return err
	}
	switch s.Lineage {
	case m.Lineage:
		return nil
	case "":
		return &MismatchError{path, "is there, and .smsplan.lock.hcl has no entry for it",
			"if the configuration belongs to it, run `smsplan state adopt`; if not, give the configuration another `path` in the `state` block"}
	}
	return &MismatchError{path, fmt.Sprintf("is another state: its lineage is %s, and .smsplan.lock.hcl says %s", m.Lineage, s.Lineage),
		"put the right file in its place; if .smsplan.lock.hcl is wrong, run `smsplan state adopt`"}
}

// checkHistory holds the state against what was seen of it before: by this checkout (the anchor), or by whoever gave -expect-head.
func (d *database) checkHistory(path string, m meta, s Settings) error {
	if err := d.checkExpect(path, s.Expect); err != nil {
		return err
	}
	anchor := d.anchor
	if anchor == nil {
		anchor = s.anchor
	}
	a, err := anchor()
	if err != nil {
		return err
	}
	if a != nil && a.Lineage == m.Lineage {
		ok, err := d.contains(a.Serial, a.Head)
		if err != nil {
			return err
		}
		if !ok {
			return &MismatchError{path, fmt.Sprintf("does not contain serial %d with the head that this checkout saw", a.Serial),
				"it was rolled back, or is a copy that went its own way: put the newest file in its place. " +
					"If there is none, run `smsplan state recover` with this one and the saved plans that were applied since; " +
					"`smsplan state adopt` goes on with it as it is, and sends again whatever only the lost one knew"}
		}
		host, err := hostID()
		if err != nil {
			return err
		}
		if a.Host == host && a.Path == path {
			return nil
		}
	}
	if s.Expect != "" {
		return nil
	}
	if a != nil && a.Lineage != m.Lineage {
		return &MismatchError{path, fmt.Sprintf("is not the one that this checkout saw last: that has the lineage %s, and this one %s", a.Lineage, m.Lineage),
			"put the right file and its .smsplan.lock.hcl back; if this is the one that the configuration goes on with, run `smsplan state adopt`"}
	}
	sent := false
	if _, err := d.row(func(r *sqlite3.Stmt) { sent = r.ColumnInt64(0) != 0 }, "SELECT EXISTS (SELECT 1 FROM send)"); err != nil {
		return err
	}
	problem := "holds sends, and this checkout has not seen it before: it may be one of two copies"
	switch {
	case !sent && a == nil: // each copy of it would send to everybody
		problem = "holds no sends, and this checkout has not seen it before: another copy of it may hold some"
	case !sent:
		problem = "holds no sends, and this checkout saw it on another host or at another path: another copy of it may hold some"
	case a != nil:
		problem = "holds sends, and this checkout saw it on another host or at another path: it may be one of two copies"
	}
	return &MismatchError{path, problem,
		"if it is the only one, or the newest, run `smsplan state adopt`, or give -expect-head=SERIAL:HEAD as the last apply left it"}
}

// clockSlack is how far clocks are set back in the ordinary course.
const clockSlack = 5 * time.Minute

// checkClock refuses to go on at a time before that of the last event: delivery times, windows and the wait before a doubt
// is settled would all be wrong.
func (d *database) checkClock(path string) error {
	var last time.Time
	_, err := d.row(func(r *sqlite3.Stmt) { last = moment(r, 0) }, "SELECT at FROM event ORDER BY serial DESC LIMIT 1")
	now := time.Now()
	if err != nil || last.Before(now.Add(clockSlack)) {
		return err
	}
	return &MismatchError{path, fmt.Sprintf("was last changed at %s, and the clock says %s", last.Format(time.RFC3339), now.UTC().Format(time.RFC3339)),
		"set the clock; if it is right, and was wrong when the state was changed, run `smsplan state adopt`"}
}

// checkExpect holds the state against -expect-head.
func (d *database) checkExpect(path, expect string) error {
	if expect == "" {
		return nil
	}
	serial, head, err := parseExpect(expect)
	if err != nil {
		return err
	}
	ok, err := d.contains(serial, head)
	if err == nil && !ok {
		err = &MismatchError{path, fmt.Sprintf("does not contain serial %d with the head that is expected", serial),
			"it was rolled back, or is a copy that went its own way: put the right file in its place"}
	}
	return err
}

// contains reports whether the chain has an event of that serial whose head begins with the hexadecimal digits.
func (d *database) contains(serial int64, prefix string) (bool, error) {
	var head Head
	found, err := d.row(func(r *sqlite3.Stmt) { copy(head[:], r.ColumnRawBlob(0)) }, "SELECT head FROM event WHERE serial = ?", serial)
	return found && len(prefix) >= 8 && strings.HasPrefix(head.String(), prefix), err
}

// parseExpect reads SERIAL:HEAD.
func parseExpect(s string) (serial int64, head string, err error) {
	number, head, _ := strings.Cut(s, ":")
	head = strings.ToLower(head)
	serial, err = strconv.ParseInt(number, 10, 64)
	if err != nil || strings.Trim(head, "0123456789abcdef") != "" || serial < 1 || len(head) < 8 || len(head) > 64 {
		return 0, "", errors.New("-expect-head: want SERIAL:HEAD, a number and at least 8 of the head's 64 hexadecimal digits")
	}
	return serial, head, nil
}
