package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"slices"
	"time"
)

// sessionIdle is how long a session lives without use, where no session-idle says else.
const sessionIdle = 15 * time.Minute

// account is an Account at work. It stays the same when the settings change.
type account struct {
	terms  *Account // replaced, never changed; its Credit does not count
	credit float64

	day   time.Time // whose messages today counts, for the limit
	today int
}

// sent gives how many messages the account has sent today.
func (a *account) sent(now time.Time) int {
	if day := midnight(now); !day.Equal(a.day) {
		a.day, a.today = day, 0
	}
	return a.today
}

// midnight is the beginning of the day.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// caller is who makes a call, under the terms that held when it came.
type caller struct {
	*account
	terms *Account
	apiID string
}

// session of an account.
type session struct {
	account *account
	apiID   string
	used    time.Time
	left    int // requests until it is forced to expire; below 0 for no end
}

// accounts signs callers in. It is not safe for concurrent use.
type accounts struct {
	byUser   map[string]*account
	sessions map[string]*session
	idle     time.Duration // how long a session lives without use
	swept    time.Time     // when expired sessions were last thrown away
}

func newAccounts() *accounts { return &accounts{sessions: map[string]*session{}} }

// replace puts a checked list in force.
func (a *accounts) replace(list []Account) {
	byUser := make(map[string]*account, len(list))
	for i := range list {
		one := a.byUser[list[i].User]
		if one == nil {
			one = &account{}
		}
		one.terms, one.credit = &list[i], list[i].Credit
		byUser[list[i].User] = one
	}
	a.byUser = byUser
	for id, s := range a.sessions {
		if byUser[s.account.terms.User] != s.account || !slices.Contains(s.account.terms.APIIDs, s.apiID) {
			delete(a.sessions, id)
		}
	}
}

// of gives the account with the api_id; nil for none.
func (a *accounts) of(apiID string) *account {
	for _, one := range a.byUser {
		if slices.Contains(one.terms.APIIDs, apiID) {
			return one
		}
	}
	return nil
}

// signIn gives the account of the three credentials, or the error code.
func (a *accounts) signIn(c *call) (caller, int) {
	apiID := c.Value("api_id")
	if apiID == "0" {
		apiID = ""
	}
	user, password := c.Value("user"), c.Value("password")
	if apiID == "" && user == "" && password == "" && c.Operation != "auth" {
		return caller{}, errSessionMissing
	}
	found := a.byUser[user]
	if found == nil || found.terms.Password != password {
		return caller{}, errAuthentication
	}
	if code := found.terms.admits(c.from); code != 0 {
		return caller{}, code
	}
	if !slices.Contains(found.terms.APIIDs, apiID) {
		return caller{}, errAPIID
	}
	return caller{found, found.terms, apiID}, 0
}

// identify gives who makes the call, or the error code. Where a call has both a session and
// credentials, the session counts, unless the other was chosen.
func (a *accounts) identify(c *call, now time.Time) (caller, int) {
	id := c.Value("session_id")
	if id == "" || c.chosen["both=credentials"] && c.Value("user") != "" && c.Value("password") != "" {
		return a.signIn(c)
	}
	s := a.sessions[id]
	if s == nil || now.Sub(s.used) > a.idle || s.left == 0 {
		delete(a.sessions, id)
		return caller{}, errSessionExpired
	}
	if code := s.account.terms.admits(c.from); code != 0 {
		return caller{}, code
	}
	s.used = now
	s.left = max(s.left-1, -1)
	return caller{s.account, s.account.terms, s.apiID}, 0
}

// admits gives the error code for a call from an address that is signed in otherwise, 0 for none.
func (a *Account) admits(from netip.Addr) int {
	switch {
	case a.Frozen:
		return errFrozen
	case len(a.Networks) > 0 && !slices.ContainsFunc(a.Networks, func(n netip.Prefix) bool { return n.Contains(from.Unmap().WithZone("")) }):
		return errLockdown
	}
	return 0
}

// open begins a session that serves that many requests, or any number where it is below 0.
func (a *accounts) open(by caller, requests int, now time.Time) string {
	if now.Sub(a.swept) > a.idle {
		a.sweep(now)
	}
	var id [16]byte
	rand.Read(id[:])
	name := hex.EncodeToString(id[:])
	a.sessions[name] = &session{account: by.account, apiID: by.apiID, used: now, left: requests}
	return name
}

// sweep throws expired sessions away.
func (a *accounts) sweep(now time.Time) {
	for id, s := range a.sessions {
		if now.Sub(s.used) > a.idle {
			delete(a.sessions, id)
		}
	}
	a.swept = now
}

// ExpireSessions ends every session that is open, and says how many there were.
func (s *Simulator) ExpireSessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts.sweep(s.now())
	n := len(s.accounts.sessions)
	clear(s.accounts.sessions)
	s.changed()
	return n
}
