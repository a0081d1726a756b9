package state

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// keyed makes a state under the key "old" that has sent message.outage to one number and has another on its stop list.
func keyed(t *testing.T) Settings {
	t.Helper()
	dir := t.TempDir()
	s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Key: "old", Anchor: filepath.Join(dir, "anchor")}
	id, err := Create(t.Context(), s)
	must(t, err)
	s.Lineage = id.Lineage
	sentUnder(t, s, address, "12025550143")
	return s
}

// sentUnder sends a message to a number, and has another number, +46 70 174 06 05, opt out.
func sentUnder(t *testing.T, s Settings, address, number string) {
	t.Helper()
	st, err := Open(t.Context(), s)
	must(t, err)
	run := started(t, st)
	got := claimed(t, st, run, Claim{Address: address, Revision: 1, People: st.AppendAlias(st.AppendAlias(nil, number), "46701740605")})
	must(t, st.Begin(t.Context(), got[0].Request))
	o := Settlement{Outcome: Accepted}
	if len(got[0].Dropped) == 0 {
		o.Exceptions = []Exception{{Index: 1, Outcome: Refused, Code: optedOut}}
	}
	must(t, st.Settle(t.Context(), got[0].Request, o))
	must(t, st.EndRun(t.Context(), run, "complete"))
	must(t, st.Close())
}

func TestWhichKeysAStateNeeds(t *testing.T) {
	own := func(t *testing.T) Settings { s := created(t); sentUnder(t, s, address, "12025550143"); return s }
	rotated := func(t *testing.T) Settings {
		s := keyed(t)
		s.Key = "new,old"
		sentUnder(t, s, "message.later", "12025550144")
		return s
	}
	for name, tt := range map[string]struct {
		state func(*testing.T) Settings
		key   string
		want  string // in the error; "" for none
	}{
		"the key":                       {keyed, "old", ""},
		"none":                          {keyed, "", "and no key is given"},
		"another":                       {keyed, "typo", "and is given " + keyID(keyCheck([]byte("typo")))},
		"a new one before it":           {keyed, "new,old", ""},
		"one that it never had, behind": {keyed, "old,older", ""},
		"a new one alone":               {keyed, "new", keyID(keyCheck([]byte("old"))) + " for message.outage"},
		"a space too many":              {keyed, "new, old", "needs key " + keyID(keyCheck([]byte("old")))},
		"own":                           {own, "", ""},
		"a first one from outside":      {own, "new", ""},
		"two in use":                    {rotated, "new,old", ""},
		"two in use, in another order":  {rotated, "old,new", ""},
		"the older alone":               {rotated, "old", keyID(keyCheck([]byte("new"))) + " for message.later"},
		"the newer alone":               {rotated, "new", keyID(keyCheck([]byte("old"))) + " for message.outage"},
		"neither":                       {rotated, "", keyID(keyCheck([]byte("old"))) + " for message.outage, and key " + keyID(keyCheck([]byte("new")))},
	} {
		t.Run(name, func(t *testing.T) {
			s := tt.state(t)
			s.Key = tt.key
			_, readErr := Read(t.Context(), s)
			st, openErr := Open(t.Context(), s)
			if openErr == nil {
				must(t, st.Close())
			}
			for call, err := range map[string]error{"Read": readErr, "Open": openErr} {
				var mismatch *MismatchError
				switch {
				case tt.want == "" && err != nil:
					t.Errorf("%s: %v", call, err)
				case tt.want != "" && (!errors.As(err, &mismatch) || !strings.Contains(mismatch.Problem, tt.want)):
					t.Errorf("%s: %v; want a *MismatchError with %q", call, err, tt.want)
				}
			}
			if i, err := Inspect(t.Context(), s); err != nil || (i.Mismatch == nil) != (tt.want == "") {
				t.Errorf("Inspect gave %+v, %v; it needs no key", i, err)
			}
		})
	}
}

// An unused state has no messages that would tell a wrong key.
func TestAnUnusedStateNeedsItsKey(t *testing.T) {
	dir := t.TempDir()
	s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Key: "old", Anchor: filepath.Join(dir, "anchor")}
	id, err := Create(t.Context(), s)
	must(t, err)
	s.Lineage = id.Lineage
	for key, fits := range map[string]bool{"": false, "typo": false, "old": true, "new,old": true} {
		s.Key = key
		if _, err := Read(t.Context(), s); (err == nil) != fits {
			t.Errorf("under %q: %v", key, err)
		}
	}
}

// A key that nobody is known by any more may be lost; whoever adopts the state says so.
func TestALostKeyThatProtectsNobodyGivesWayToAnother(t *testing.T) {
	removed := func(t *testing.T, key string) Settings {
		dir := t.TempDir()
		s := Settings{Path: filepath.Join(dir, "smsplan.state"), Kind: Simulator, Key: "old", Anchor: filepath.Join(dir, "anchor")}
		id, err := Create(t.Context(), s)
		must(t, err)
		s.Lineage = id.Lineage
		st := opened(t, s)
		sentTo(t, st, started(t, st), address, crowd(0, 1)...)
		must(t, st.Close())
		s.Key, s.Keyless, s.Expect = "", true, ""
		st, err = Open(t.Context(), s)
		must(t, err)
		must(t, st.Remove(t.Context(), address, 1))
		must(t, st.Close())
		s.Key, s.Keyless = key, false
		return s
	}
	for _, key := range []string{"new", ""} {
		s := removed(t, key)
		var mismatch *MismatchError
		if _, err := Read(t.Context(), s); !errors.As(err, &mismatch) || !strings.Contains(mismatch.Remedy, "state adopt") {
			t.Errorf("under %q: %v; want an error that names state adopt", key, err)
		}
		_, err := Adopt(t.Context(), s)
		must(t, err)
		read(t, s)
		must(t, opened(t, s).Close())
		sound(t, s)
		s.Key = "typo"
		if _, err := Read(t.Context(), s); key != "" && err == nil {
			t.Errorf("under %q: another key is taken for it", key)
		}
	}
	// While somebody is known by it nothing replaces it.
	s := keyed(t)
	s.Key = "new"
	if _, err := Adopt(t.Context(), s); err == nil {
		t.Error("a key that a message needs was replaced")
	}
}

func TestMessagesKeepTheirKeyAndNewOnesGetTheNewest(t *testing.T) {
	s := keyed(t)
	s.Key = "new,old"
	sentUnder(t, s, "message.later", "12025550143")
	seen, err := Inspect(t.Context(), s)
	must(t, err)
	keys := map[string]string{}
	for _, m := range seen.Messages {
		keys[m.Address] = m.Key
	}
	if keys[address] != keyID(keyCheck([]byte("old"))) || keys["message.later"] != keyID(keyCheck([]byte("new"))) {
		t.Errorf("the messages' keys are %v", keys)
	}

	for _, order := range []string{"new,old", "old,new", "newest,old,new"} {
		s.Key = order
		snap := read(t, s)
		if _, found := snap.Ledger(address, 1).Find(snap.AppendAlias(nil, []byte("12025550143"))); !found {
			t.Errorf("%s: the message under the old key was sent to nobody", order)
		}
		if !snap.Stopped(snap.AppendAlias(nil, []byte("46701740605"))) {
			t.Errorf("%s: the stop list is lost", order)
		}
		st := opened(t, s)
		run := started(t, st)
		for _, m := range []string{address, "message.later", "message.newest"} {
			got := claimed(t, st, run, Claim{Address: m, Revision: 1, People: st.AppendAlias(st.AppendAlias(nil, "12025550143"), "46701740605")})
			left := 2 - len(got[0].Dropped)
			if want := 0; m != "message.newest" && left != want || left > 1 {
				t.Errorf("%s: %s would be sent to %d people", order, m, left)
			}
		}
		must(t, st.EndRun(t.Context(), run, "complete"))
		must(t, st.Close())
		for m, want := range map[string]int{address: 1, "message.later": 1} {
			if got, err := History(t.Context(), s, m, "12025550143"); err != nil || len(got) != want {
				t.Errorf("%s: history of %s: %v, %v", order, m, got, err)
			}
		}
		sound(t, s)
	}
}

// A key of a state of format 1 could have a comma in it.
func TestAKnownKeyIsNotSplit(t *testing.T) {
	s := keyed(t)
	d, err := openDatabase(local{}, s.Path, 0x2)
	must(t, err)
	if _, err := d.exec("UPDATE person_key SET key_check = ?", keyCheck([]byte("old,older"))); err != nil {
		t.Fatal(err)
	}
	must(t, d.close())
	s.Key = "old,older"
	read(t, s)
}

func TestKeysAreInNoFileAndNoError(t *testing.T) {
	s := keyed(t)
	s.Key = "battery staple,correct horse"
	_, err := Open(t.Context(), s)
	if err == nil || regexp.MustCompile("battery|horse").MatchString(err.Error()) {
		t.Errorf("Open gave %v", err)
	}
	s.Key = "battery staple,old"
	sentUnder(t, s, "message.later", "12025550144")
	for _, name := range []string{s.Path, s.Path + "-wal", s.Anchor, s.Path + lockSuffix} {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(string(b), "battery") {
			t.Errorf("a key is in %s", filepath.Base(name))
		}
	}
}
