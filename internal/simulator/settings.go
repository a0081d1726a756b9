package simulator

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Settings are what the gateway knows of its customers and of the networks behind it. The zero Settings have one
// account, user "demo", password "demo", api_id 1, with a million credits, and serve every number for a credit a part.
//
// Their JSON is what [ReadSettings] reads:
//
//	{
//	  "accounts": [{
//	    "user": "demo", "password": "demo", "api_ids": ["1", "2"],
//	    "credit": 1000000,
//	    "networks": ["127.0.0.0/8", "::1/128"],
//	    "senders": ["ACME", "12025550100"],
//	    "default_prefix": "27",
//	    "segments": 3,
//	    "limit": 1000,
//	    "frozen": false,
//	    "callback": {"url": "http://127.0.0.1:9000/dlr", "form": "get", "user": "", "password": "", "mask": "late"}
//	  }],
//	  "prices": {"": 1, "27": 0.8},
//	  "blocked": ["12025550101"], "opted_out": [], "delisted": [],
//	  "unroutable": ["999"],
//	  "vouchers": {"1234567890123456": 10}
//	}
type Settings struct {
	Accounts []Account `json:"accounts,omitempty"` // none: the demo account

	// Prices are the credits that a part costs, by the beginning of the number; the longest that fits counts, and
	// "" fits every number. A number that none fits costs 1.
	Prices map[string]float64 `json:"prices,omitempty"`

	Blocked    []string `json:"blocked,omitempty"`    // whole numbers, refused with 121
	OptedOut   []string `json:"opted_out,omitempty"`  // whole numbers, refused with 122
	Delisted   []string `json:"delisted,omitempty"`   // whole numbers, refused with 128
	Unroutable []string `json:"unroutable,omitempty"` // beginnings of numbers, refused with 114

	// Vouchers are what token_pay redeems: 16 digits and the credits they are worth. One below nought has expired (607);
	// one that was redeemed is refused (606), even if it is configured again.
	Vouchers map[string]float64 `json:"vouchers,omitempty"`
}

// Account may sign in. No two have the same user or an api_id in common. Messages, batches and client message ids
// belong to the account, under whichever of its api_ids they were sent.
type Account struct {
	User     string   `json:"user"`
	Password string   `json:"password,omitempty"`
	APIIDs   []string `json:"api_ids"` // at least one; whole numbers

	// Credit is what the account has left. To [New] it is what it had before the messages that the store keeps.
	Credit float64 `json:"credit"`

	Networks      []netip.Prefix `json:"networks,omitempty"`       // calls from elsewhere, or nobody knows where, get 007; none: from everywhere
	Senders       []string       `json:"senders,omitempty"`        // others get 123; none: every sender is approved
	DefaultPrefix string         `json:"default_prefix,omitempty"` // stands for a leading 0 of a number; "": that gets 105
	Segments      int            `json:"segments,omitempty"`       // concat where the request has none; 0: 1
	Limit         int            `json:"limit,omitempty"`          // messages in a day of UTC, then 130 until midnight; 0: none
	Frozen        bool           `json:"frozen,omitempty"`         // every call gets 004
	Callback      *Callback      `json:"callback,omitempty"`       // nil: nothing is pushed
}

// Callback is where the statuses of an account's messages are pushed to, those that msg_callback asked for. The first attempts for
// a message come in the order of its statuses; what the receiver did not take with a 2xx is repeated after 2, 4, 8, ... 128
// minutes and 3 days. What was not pushed when a simulator is closed is not pushed by the next.
type Callback struct {
	URL      string `json:"url"`
	Form     string `json:"form,omitempty"` // get (also ""), post, xml, soap or json
	User     string `json:"user,omitempty"` // of HTTP Basic authentication; "" for none
	Password string `json:"password,omitempty"`
	Mask     string `json:"mask,omitempty"` // which values msg_callback has: late (also "") or early
}

var (
	callbackForms = []string{"", "get", "post", "xml", "soap", "json"}
	callbackMasks = []string{"", "late", "early"}
)

const (
	maxCredit     = 1e12
	maxPrice      = 1e6
	voucherDigits = 16
)

// Settings gives the settings as they are now: with what is left of the credits, without the vouchers that were redeemed.
func (s *Simulator) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refund(s.now())
	now := s.settings.clone()
	for i := range now.Accounts {
		now.Accounts[i].Credit = s.accounts.byUser[now.Accounts[i].User].credit
	}
	for voucher := range s.ledger.redeemed {
		delete(now.Vouchers, voucher)
	}
	return now
}

// Configure replaces the settings, all of them or, where something is wrong with one, none. Sessions of an account that stays
// stay open, and its credit is set. An account or a callback that comes without its password keeps the one it has. What is
// configured so ends with the process: the store does not keep it.
func (s *Simulator) Configure(next Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next = next.clone()
	next.keepPasswords(s.accounts)
	if err := next.check(); err != nil {
		return fmt.Errorf("settings of the simulator: %w", err)
	}
	s.settle(next)
	s.changed()
	return nil
}

// SetCredit sets what an account has left.
func (s *Simulator) SetCredit(user string, credit float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts.byUser[user]
	switch {
	case a == nil:
		return fmt.Errorf("the simulator has no account of that user")
	case !(credit >= 0 && credit <= maxCredit):
		return fmt.Errorf("a credit from 0 to %.0f is wanted", maxCredit)
	}
	a.credit = credit
	s.changed()
	return nil
}

// settle puts checked settings in force.
func (s *Simulator) settle(next Settings) {
	s.settings = next
	s.accounts.replace(next.Accounts)
	s.numbers = newNumbers(next)
	today := midnight(s.now())
	for _, a := range s.accounts.byUser {
		if a.terms.Limit > 0 {
			a.day, a.today = today, s.ledger.since(today, a.terms)
		}
	}
}

func (s Settings) clone() Settings {
	s.Accounts = slices.Clone(s.Accounts)
	for i := range s.Accounts {
		a := &s.Accounts[i]
		a.APIIDs, a.Networks, a.Senders = slices.Clone(a.APIIDs), slices.Clone(a.Networks), slices.Clone(a.Senders)
		if a.Callback != nil {
			callback := *a.Callback
			a.Callback = &callback
		}
	}
	s.Prices, s.Vouchers = maps.Clone(s.Prices), maps.Clone(s.Vouchers)
	s.Blocked, s.OptedOut = slices.Clone(s.Blocked), slices.Clone(s.OptedOut)
	s.Delisted, s.Unroutable = slices.Clone(s.Delisted), slices.Clone(s.Unroutable)
	if len(s.Accounts) == 0 {
		s.Accounts = []Account{{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e6}}
	}
	return s
}

func (s Settings) keepPasswords(of *accounts) {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		had := of.byUser[a.User]
		if had == nil {
			continue
		}
		a.Password = cmp.Or(a.Password, had.terms.Password)
		if c := had.terms.Callback; c != nil && a.Callback != nil && a.Callback.User == c.User {
			a.Callback.Password = cmp.Or(a.Callback.Password, c.Password)
		}
	}
}

// check gives the first mistake, with the path of its key. It names neither passwords nor numbers.
func (s Settings) check() error {
	users, apiIDs := map[string]string{}, map[string]string{}
	for i, a := range s.Accounts {
		at := fmt.Sprintf("accounts[%d].", i)
		if err := a.check(at); err != nil {
			return err
		}
		if other := users[a.User]; other != "" {
			return fmt.Errorf("%suser: %s has the same; an account needs a user of its own", at, other)
		}
		users[a.User] = at + "user"
		for j, id := range a.APIIDs {
			at := fmt.Sprintf("%sapi_ids[%d]", at, j)
			if other := apiIDs[id]; other != "" {
				return fmt.Errorf("%s: %s is the same; an api_id stands once", at, other)
			}
			apiIDs[id] = at
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(s.Prices)) {
		switch price := s.Prices[prefix]; {
		case !isDigits(prefix):
			return fmt.Errorf("prices: a key is the beginning of a number, such as \"27\", or \"\"")
		case !(price >= 0 && price <= maxPrice):
			return fmt.Errorf("prices[%q]: write the credits that a part costs, from 0 to %.0f", prefix, maxPrice)
		}
	}
	for _, list := range []struct {
		key     string
		numbers []string
	}{{"blocked", s.Blocked}, {"opted_out", s.OptedOut}, {"delisted", s.Delisted}} {
		if i := slices.IndexFunc(list.numbers, func(n string) bool { return !isNumber(n) }); i >= 0 {
			return fmt.Errorf("%s[%d]: write a whole number, digits only, with its country code", list.key, i)
		}
	}
	if i := slices.IndexFunc(s.Unroutable, func(p string) bool { return p == "" || !isDigits(p) }); i >= 0 {
		return fmt.Errorf("unroutable[%d]: write the beginning of numbers, such as \"999\"", i)
	}
	for code, worth := range s.Vouchers {
		switch {
		case len(code) != voucherDigits || !isDigits(code):
			return fmt.Errorf("vouchers: a key has %d digits", voucherDigits)
		case !(worth >= -maxCredit && worth <= maxCredit) || worth == 0:
			return fmt.Errorf("vouchers[\"...%s\"]: write the credits it is worth, below nought for one that has expired", code[voucherDigits-4:])
		}
	}
	return nil
}

func (a Account) check(at string) error {
	switch {
	case a.User == "":
		return fmt.Errorf("%suser: it is missing; write the name that the account signs in with", at)
	case a.Password == "":
		return fmt.Errorf("%spassword: it is missing; write the password that the account signs in with", at)
	case len(a.APIIDs) == 0:
		return fmt.Errorf("%sapi_ids: they are missing; write at least one, such as [\"1\"]", at)
	case !(a.Credit >= 0 && a.Credit <= maxCredit):
		return fmt.Errorf("%scredit: write a number from 0 to %.0f", at, maxCredit)
	case !isDigits(a.DefaultPrefix) || strings.HasPrefix(a.DefaultPrefix, "0") || len(a.DefaultPrefix) > 4:
		return fmt.Errorf("%sdefault_prefix: write a country code, such as \"27\"", at)
	case a.Segments < 0 || a.Segments > maxSegments:
		return fmt.Errorf("%ssegments: write a number from 1 to %d", at, maxSegments)
	case a.Limit < 0:
		return fmt.Errorf("%slimit: write how many messages the account may send in a day", at)
	}
	for i, id := range a.APIIDs {
		if id == "" || id[0] == '0' || !isDigits(id) || len(id) > 9 {
			return fmt.Errorf("%sapi_ids[%d]: write a whole number in quotes, such as \"1\"", at, i)
		}
	}
	if i := slices.IndexFunc(a.Networks, func(n netip.Prefix) bool { return !n.IsValid() }); i >= 0 {
		return fmt.Errorf("%snetworks[%d]: write a network, such as \"127.0.0.0/8\"", at, i)
	}
	if i := slices.IndexFunc(a.Senders, func(from string) bool { return from == "" || !isSender(from) }); i >= 0 {
		return fmt.Errorf("%ssenders[%d]: write a number of at most 16 digits or a name of at most 11 characters", at, i)
	}
	if a.Callback == nil {
		return nil
	}
	return a.Callback.check(at + "callback.")
}

func (c Callback) check(at string) error {
	address, err := url.Parse(c.URL)
	switch {
	case err != nil || !isHost(address.Host) || strings.Contains(address.RawQuery, " ") || address.Scheme != "http" && address.Scheme != "https" || address.User != nil:
		return fmt.Errorf("%surl: write an http or https address, such as \"http://127.0.0.1:9000/dlr\"", at)
	case !slices.Contains(callbackForms, c.Form):
		return fmt.Errorf("%sform: write one of %s", at, strings.Join(callbackForms[1:], ", "))
	case !slices.Contains(callbackMasks, c.Mask):
		return fmt.Errorf("%smask: write one of %s", at, strings.Join(callbackMasks[1:], ", "))
	case c.User == "" && c.Password != "":
		return fmt.Errorf("%suser: it is missing beside the password", at)
	}
	return nil
}

// isHost reports whether it is a host, perhaps with a port, that net/http sends to as it is written.
func isHost(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") == ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
