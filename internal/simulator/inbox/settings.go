package inbox

import (
	"strings"

	"github.com/smsplan/smsplan/internal/simulator"
)

// settings gives settings as they are shown: without passwords, and with the numbers and vouchers masked. Those that are shown
// whole can be given back: whoever has a password keeps it.
func (s shower) settings(now simulator.Settings) simulator.Settings {
	for i := range now.Accounts {
		a := &now.Accounts[i]
		a.Password = ""
		if a.Callback != nil {
			a.Callback.Password = ""
		}
	}
	if s {
		return now
	}
	vouchers := make(map[string]float64, len(now.Vouchers))
	for code, worth := range now.Vouchers {
		vouchers[strings.Repeat("•", len(code)-4)+code[len(code)-4:]] += worth
	}
	now.Vouchers = vouchers
	for _, list := range [][]string{now.Blocked, now.OptedOut, now.Delisted} {
		for i, number := range list {
			list[i] = mask(number)
		}
	}
	return now
}
