package config

import "time"

// What a message says of people who are in doubt: whether the gateway took the request that was for them is not known.
const (
	Hold   = "hold"   // they are not sent to again until that is settled
	Probe  = "probe"  // they are, once the gateway has not known the request for long enough
	Resend = "resend" // they are, at once
)

// Doubting is what becomes of people in doubt.
type Doubting struct {
	OnDoubt string        `json:"on_doubt,omitempty"` // [Probe] or [Resend]; "" is [Hold]
	Settle  time.Duration `json:"settle,omitempty"`   // of [Probe]: how long the gateway must not have known the request
}

// MayRepeat reports whether people may get the message twice.
func (d Doubting) MayRepeat() bool { return d.OnDoubt != "" }

// Possible reports whether a configuration can say so.
func (d Doubting) Possible() bool {
	switch d.OnDoubt {
	case Probe:
		return d.Settle >= leastSettle && d.Settle <= mostSettle
	case "", Resend:
		return d.Settle == 0
	}
	return false
}

// doubting reads `on_doubt` and `settle`.
func doubting(a *arguments) Doubting {
	var d Doubting
	before := len(a.s.l.diags)
	d.OnDoubt = a.choice("on_doubt")
	settle := a.duration("settle")
	switch {
	case d.OnDoubt == Probe:
		d.Settle = settle
	case a.given("settle") && !a.unknown && !a.s.l.diags[before:].HasErrors():
		a.fault("settle", "Only on_doubt = \"probe\" waits for settle. Set on_doubt so, or leave settle out.")
	}
	if d.OnDoubt == Hold {
		d.OnDoubt = ""
	}
	return d
}
