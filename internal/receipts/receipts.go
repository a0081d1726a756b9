// Package receipts reads the statuses that the gateway pushes, in all forms that it is known or thought to have (gateway
// specification, section 13.3), within limits. It knows neither the state nor who has sent what: what strangers post is told from
// what is a receipt before anything else looks at it.
package receipts

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Receipt is one status of one message. All of it is checked: letters and digits, a status of three digits, a charge that can be one.
type Receipt struct {
	ID       string    // apimsgid, as it came; "" for none
	ClientID string    // climsgid; "" for none
	To       string    // digits; "" for none
	Status   int       // 1 to 999
	At       time.Time // zero where it is not told, or cannot be true
	Charge   int64     // millionths of a credit, where Charged
	Charged  bool
}

// ErrNone says that what was posted has nothing of a receipt in it.
var ErrNone = errors.New("this is no status of a message")

// fields are what a receipt may have, by name in small letters.
type fields map[string]string

// known are the names of the fields that count. One public client reads moMsgId in the place of apiMsgId.
var known = map[string]bool{
	"apimsgid": true, "momsgid": true, "climsgid": true, "to": true, "timestamp": true, "status": true, "charge": true,
}

var errTwice = errors.New("a field stands twice, with two values")

// set takes a field. A name that is not known says nothing.
func (f fields) set(name, value string) error {
	name, value = strings.ToLower(name), strings.TrimSpace(value)
	if !known[name] {
		return nil
	}
	if before, there := f[name]; there && before != value {
		return errTwice
	}
	f[name] = value
	return nil
}

// receipt checks the fields.
func (f fields) receipt(now time.Time) (Receipt, error) {
	if len(f) == 0 {
		return Receipt{}, ErrNone
	}
	r := Receipt{ID: f["apimsgid"], ClientID: f["climsgid"], To: strings.TrimPrefix(f["to"], "+")}
	if r.ID == "" {
		r.ID = f["momsgid"]
	}
	status, err := strconv.Atoi(f["status"])
	switch {
	case r.ID == "" && r.ClientID == "":
		return Receipt{}, errors.New("it names no message: apiMsgId and cliMsgId are missing")
	case !word(r.ID) || !word(r.ClientID):
		return Receipt{}, errors.New("apiMsgId or cliMsgId is no id: letters and digits, 64 at most")
	case err != nil || status < 1 || status > 999 || len(f["status"]) > 3:
		return Receipt{}, errors.New("status is no status: three digits")
	}
	r.Status = status
	if len(r.To) > 20 || strings.Trim(r.To, "0123456789") != "" {
		r.To = ""
	}
	if seconds, err := strconv.ParseInt(f["timestamp"], 10, 64); err == nil {
		if at := time.Unix(seconds, 0).UTC(); at.After(now.Add(-oldest)) && at.Before(now.Add(newest)) {
			r.At = at
		}
	}
	if credits, err := strconv.ParseFloat(f["charge"], 64); err == nil && len(f["charge"]) <= 32 && credits >= 0 && credits <= 1e9 {
		r.Charge, r.Charged = int64(math.Round(credits*1e6)), true
	}
	return r, nil
}

// What a time in a receipt may be: the gateway repeats a push for days, and its clock may be another one.
const (
	oldest = 60 * 24 * time.Hour
	newest = 10 * time.Minute
)

// word reports whether s is like an id: letters and digits, or nothing.
func word(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return len(s) <= 64
}
