package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// sessionIdle is how long a session lives without use, where no session-idle says else.
const sessionIdle = 15 * time.Minute

// account is an Account at work.
type account struct {
	Account
	credit float64
}

// session of an account.
type session struct {
	account *account
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

func openAccounts(list []Account) (*accounts, error) {
	if len(list) == 0 {
		list = []Account{{User: "demo", Password: "demo", APIID: "1", Credit: 1e6}}
	}
	a := &accounts{byUser: map[string]*account{}, sessions: map[string]*session{}}
	taken := map[string]bool{}
	for i, one := range list {
		if one.User == "" || one.Password == "" || one.APIID == "" {
			return nil, fmt.Errorf("account %d of the simulator lacks a user, a password or an api_id", i+1)
		}
		if a.byUser[one.User] != nil || taken[one.APIID] {
			return nil, fmt.Errorf("account %d of the simulator has the user or the api_id of another", i+1)
		}
		taken[one.APIID] = true
		a.byUser[one.User] = &account{Account: one, credit: one.Credit}
	}
	return a, nil
}

// of gives the account with the api_id; nil for none.
func (a *accounts) of(apiID string) *account {
	for _, one := range a.byUser {
		if one.APIID == apiID {
			return one
		}
	}
	return nil
}

// signIn gives the account of the three credentials, or the error code.
func (a *accounts) signIn(c *call) (*account, int) {
	apiID := c.value("api_id")
	if apiID == "0" {
		apiID = ""
	}
	user, password := c.value("user"), c.value("password")
	if apiID == "" && user == "" && password == "" && c.op.name != "auth" {
		return nil, errSessionMissing
	}
	found := a.byUser[user]
	switch {
	case found == nil || found.Password != password:
		return nil, errAuthentication
	case found.APIID != apiID:
		return nil, errAPIID
	}
	return found, 0
}

// identify gives the account that the call is made for, or the error code. Where a call has
// both a session and credentials, the session counts.
func (a *accounts) identify(c *call, now time.Time) (*account, int) {
	id := c.value("session_id")
	if id == "" {
		return a.signIn(c)
	}
	s := a.sessions[id]
	if s == nil || now.Sub(s.used) > a.idle || s.left == 0 {
		delete(a.sessions, id)
		return nil, errSessionExpired
	}
	s.used = now
	s.left = max(s.left-1, -1)
	return s.account, 0
}

// open begins a session that serves that many requests, or any number where it is below 0.
func (a *accounts) open(of *account, requests int, now time.Time) string {
	if now.Sub(a.swept) > a.idle {
		a.sweep(now)
	}
	var id [16]byte
	rand.Read(id[:])
	name := hex.EncodeToString(id[:])
	a.sessions[name] = &session{account: of, used: now, left: requests}
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
	return n
}
