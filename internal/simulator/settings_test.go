package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// demoAccount is the account of the zero Settings, changed.
func demoAccount(change func(*Account)) Account {
	a := Account{User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 1e6}
	change(&a)
	return a
}

func withAccount(t *testing.T, change func(*Account)) *Simulator {
	t.Helper()
	return newSimulator(t, Options{Settings: Settings{Accounts: []Account{demoAccount(change)}}, Now: newClock().now})
}

const everySetting = `{
  "accounts": [{
    "user": "demo", "password": "secret", "api_ids": ["1", "2"], "credit": 12.5, "networks": ["127.0.0.0/8", "::1/128"],
    "senders": ["ACME", "12025550100"], "default_prefix": "27", "segments": 3, "limit": 1000, "frozen": true,
    "callback": {"url": "http://127.0.0.1:9000/dlr", "form": "json", "user": "push", "password": "secret", "mask": "early"}
  }],
  "prices": {"": 1, "27": 0.8}, "blocked": ["12025550101"], "opted_out": ["12025550102"], "delisted": ["12025550103"],
  "unroutable": ["999"], "vouchers": {"1234567890123456": 10, "1234567890123457": -1}
}`

func TestSettingsAreReadAsTheyAreWritten(t *testing.T) {
	want := Settings{
		Accounts: []Account{{
			User: "demo", Password: "secret", APIIDs: []string{"1", "2"}, Credit: 12.5,
			Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
			Senders:  []string{"ACME", "12025550100"}, DefaultPrefix: "27", Segments: 3, Limit: 1000, Frozen: true,
			Callback: &Callback{URL: "http://127.0.0.1:9000/dlr", Form: "json", User: "push", Password: "secret", Mask: "early"},
		}},
		Prices: map[string]float64{"": 1, "27": 0.8}, Blocked: []string{"12025550101"}, OptedOut: []string{"12025550102"},
		Delisted: []string{"12025550103"}, Unroutable: []string{"999"}, Vouchers: map[string]float64{"1234567890123456": 10, "1234567890123457": -1},
	}
	sameNetwork := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	got, err := ReadSettings(strings.NewReader(everySetting))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want, sameNetwork); diff != "" {
		t.Errorf("settings (-got +want):\n%s", diff)
	}
	written, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadSettings(strings.NewReader(string(written)))
	if diff := cmp.Diff(again, want, sameNetwork); err != nil || diff != "" {
		t.Errorf("settings written and read again: %v (-got +want):\n%s", err, diff)
	}
}

func TestAMistakeInTheSettingsIsNamedByItsPath(t *testing.T) {
	account := func(members string) string {
		return `{"accounts": [{"user": "demo", "password": "secret", "api_ids": ["1"], "credit": 1` + members + `}]}`
	}
	for name, tt := range map[string]struct{ json, want string }{
		"nothing":               {"", "the settings end early"},
		"not JSON":              {"{\n\n\"prices\": x}", "line 3: not JSON"},
		"cut short":             {`{"prices": {`, "the settings end early"},
		"another shape":         {`[]`, "the beginning: an object, {...}, is wanted"},
		"two documents":         {`{} {}`, "something follows"},
		"key unknown":           {`{"account": []}`, "account: there is no such key; there are accounts, blocked,"},
		"key of an account":     {account(`, "apiid": "2"`), "accounts[0].apiid: there is no such key"},
		"key of a callback":     {account(`, "callback": {"uri": ""}`), "accounts[0].callback.uri: there is no such key"},
		"key twice":             {`{"blocked": [], "blocked": []}`, "blocked: the key stands twice"},
		"null":                  {`{"blocked": null}`, "blocked: an array"},
		"credit missing":        {`{"accounts": [{"user": "demo"}]}`, "accounts[0].credit: it is missing"},
		"user missing":          {`{"accounts": [{"credit": 1}]}`, "accounts[0].user: it is missing"},
		"password missing":      {`{"accounts": [{"user": "demo", "credit": 1}]}`, "accounts[0].password: it is missing"},
		"api_ids missing":       {`{"accounts": [{"user": "demo", "password": "secret", "credit": 1}]}`, "accounts[0].api_ids: they are missing"},
		"api_id a number":       {`{"accounts": [{"api_ids": [1]}]}`, "accounts[0].api_ids[0]: a text in quotes is wanted"},
		"api_id a name":         {`{"accounts": [{"user": "demo", "password": "secret", "credit": 1, "api_ids": ["1", "a"]}]}`, "accounts[0].api_ids[1]: write a whole number"},
		"api_id twice":          {`{"accounts": [{"user": "demo", "password": "secret", "credit": 1, "api_ids": ["1", "1"]}]}`, "accounts[0].api_ids[1]: accounts[0].api_ids[0] is the same"},
		"user twice":            {`{"accounts": [` + strings.Repeat(`{"user": "demo", "password": "secret", "api_ids": ["1"], "credit": 1},`, 2) + `{"credit": 1}]}`, "accounts[1].user: accounts[0].user has the same"},
		"credit below nought":   {`{"accounts": [{"user": "demo", "password": "secret", "credit": -1, "api_ids": ["1"]}]}`, "accounts[0].credit: write a number from 0"},
		"credit a text":         {`{"accounts": [{"credit": "1"}]}`, "accounts[0].credit: a number is wanted"},
		"no network":            {account(`, "networks": ["127.0.0.1"]`), `accounts[0].networks[0]: write a network`},
		"sender malformed":      {account(`, "senders": ["ACME", "ABCDEFGHIJKL"]`), "accounts[0].senders[1]: write a number"},
		"prefix with a nought":  {account(`, "default_prefix": "027"`), "accounts[0].default_prefix: write a country code"},
		"half a segment":        {account(`, "segments": 1.5`), "accounts[0].segments: a whole number is wanted"},
		"36 segments":           {account(`, "segments": 36`), "accounts[0].segments: write a number from 1 to 35"},
		"limit below nought":    {account(`, "limit": -1`), "accounts[0].limit: write how many"},
		"frozen in quotes":      {account(`, "frozen": "true"`), "accounts[0].frozen: true or false is wanted"},
		"callback to a file":    {account(`, "callback": {"url": "file:///dlr"}`), "accounts[0].callback.url: write an http or https address"},
		"callback in YAML":      {account(`, "callback": {"url": "http://localhost", "form": "yaml"}`), "accounts[0].callback.form: write one of get, post, xml, soap, json"},
		"mask unknown":          {account(`, "callback": {"url": "http://localhost", "mask": "soon"}`), "accounts[0].callback.mask: write one of late, early"},
		"password of nobody":    {account(`, "callback": {"url": "http://localhost", "password": "secret"}`), "accounts[0].callback.user: it is missing"},
		"price of a name":       {`{"prices": {"ZA": 1}}`, "prices: a key is the beginning of a number"},
		"price below nought":    {`{"prices": {"27": -1}}`, `prices["27"]: write the credits`},
		"price twice":           {`{"prices": {"27": 1, "27": 1}}`, "prices: a key stands twice"},
		"blocked prefix":        {`{"blocked": ["999"]}`, "blocked[0]: write a whole number"},
		"opted out with a plus": {`{"opted_out": ["12025550101", "+12025550102"]}`, "opted_out[1]: write a whole number"},
		"delisted with nought":  {`{"delisted": ["012025550102"]}`, "delisted[0]: write a whole number"},
		"unroutable all":        {`{"unroutable": [""]}`, "unroutable[0]: write the beginning"},
		"voucher of 15 digits":  {`{"vouchers": {"123456789012345": 1}}`, "vouchers: a key has 16 digits"},
		"voucher worth nothing": {`{"vouchers": {"1234567890123456": 0}}`, `vouchers["...3456"]: write the credits`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSettings(strings.NewReader(tt.json))
			if err == nil || !strings.Contains(err.Error(), ": "+tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			for _, secret := range []string{"secret", "2025550", "1234567890123456"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows %q: %v", secret, err)
				}
			}
		})
	}
}

func TestSettingsRefuseCallersAndRecipients(t *testing.T) {
	const number = "12025550143"
	for name, tt := range map[string]struct {
		settings   Settings
		parameters string
		want       string
	}{
		"frozen":                 {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Frozen = true })}}, "", "ERR: 004, Account frozen"},
		"frozen, wrong password": {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Frozen, a.Password = true, "other" })}}, "", "ERR: 001, Authentication failed"},
		"from elsewhere":         {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} })}}, "", "ERR: 007, IP Lockdown violation"},
		"007 before 108":         {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Networks, a.APIIDs = []netip.Prefix{netip.MustParsePrefix("::/0")}, []string{"2"} })}}, "", "ERR: 007, IP Lockdown violation"},
		"from the network":       {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })}}, "", "ID: ID"},
		"second api_id":          {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.APIIDs = []string{"2", "1"} })}}, "", "ID: ID"},
		"sender not approved":    {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Senders = []string{"ACME"} })}}, "<from>Acme</from>", "ERR: 123, Invalid sender ID"},
		"sender malformed":       {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Senders = []string{"ACME"} })}}, "<from>ABCDEFGHIJKL</from>", "ERR: 106, Invalid source address"},
		"sender approved":        {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Senders = []string{"ACME", "12025550100"} })}}, "<from>+12025550100</from>", "ID: ID"},
		"gateway's own sender":   {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Senders = []string{"ACME"} })}}, "", "ID: ID"},
		"blocked":                {Settings{Blocked: []string{number}, OptedOut: []string{number}, Delisted: []string{number}, Unroutable: []string{"1"}}, "", "ERR: 121, Destination mobile number blocked"},
		"opted out":              {Settings{OptedOut: []string{number}, Delisted: []string{number}, Unroutable: []string{"1"}}, "", "ERR: 122, Destination mobile opted out"},
		"delisted":               {Settings{Delisted: []string{number}, Unroutable: []string{"1"}}, "", "ERR: 128, Number delisted"},
		"unroutable":             {Settings{Unroutable: []string{"44", "1202"}}, "", "ERR: 114, Cannot route message"},
		"dear":                   {Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Credit = 2 })}, Prices: map[string]float64{"1": 1, "1202": 2.5}}, "", "ERR: 301, No Credit Left"},
		"above max_credits":      {Settings{Prices: map[string]float64{"1": 2.5}}, "<max_credits>2</max_credits>", "ID: ID"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSimulator(t, Options{Settings: tt.settings})
			if got := one(t, s, "sendmsg", demo+"<text>Hello</text>"+tt.parameters+to(number)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestASessionIsRefusedWhereItsAccountIs(t *testing.T) {
	s := newSimulator(t, Options{})
	session := "<session_id>" + anyID.FindString(post(s, documentAddress, documentCall("auth", demo)).Body.String()) + "</session_id>"
	for name, tt := range map[string]struct {
		change func(*Account)
		want   string
	}{
		"frozen":      {func(a *Account) { a.Frozen = true }, "ERR: 004, Account frozen"},
		"locked down": {func(a *Account) { a.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }, "ERR: 007, IP Lockdown violation"},
		"as before":   {func(*Account) {}, "OK:"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.Configure(Settings{Accounts: []Account{demoAccount(tt.change)}}); err != nil {
				t.Fatal(err)
			}
			if got := one(t, s, "ping", session); got != tt.want {
				t.Errorf("ping: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheLockdownKnowsAddressesInEitherForm(t *testing.T) {
	s := withAccount(t, func(a *Account) {
		a.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fe80::/10")}
	})
	for name, tt := range map[string]struct{ remote, want string }{
		"IPv4":         {"127.0.0.1:1", "Credit: 1000000.000"},
		"IPv4 in IPv6": {"[::ffff:127.0.0.1]:1", "Credit: 1000000.000"},
		"with a zone":  {"[fe80::1%eth0]:1", "Credit: 1000000.000"},
		"elsewhere":    {"[2001:db8::1]:1", "ERR: 007, IP Lockdown violation"},
		"no address":   {"pipe", "ERR: 007, IP Lockdown violation"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, documentAddress, strings.NewReader(documentCall("getbalance", demo)))
			r.RemoteAddr = tt.remote
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if diff := cmp.Diff(lines(w.Body.String()), []string{tt.want}); diff != "" {
				t.Errorf("lines (-got +want):\n%s", diff)
			}
		})
	}
}

func TestALeadingNoughtStandsForTheDefaultPrefix(t *testing.T) {
	s := withAccount(t, func(a *Account) { a.DefaultPrefix = "44" })
	got := ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("07700900001", "447700900002", "0", "00447700900003"))
	want := []string{"ID: ID To: 447700900001", "ID: ID To: 447700900002", "ERR: 105, Invalid destination address To: 44",
		"ERR: 105, Invalid destination address To: 00447700900003"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(gist(s), []string{"447700900001 Hello", "447700900002 Hello"}); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
}

func TestEachPartCostsThePriceOfItsNumber(t *testing.T) {
	c := newClock()
	o := Options{Dir: t.TempDir(), Now: c.now, Settings: Settings{
		Accounts: []Account{demoAccount(func(a *Account) { a.Credit, a.Segments = 3.3, 2 })},
		Prices:   map[string]float64{"": 1, "44": 0.1, "447": 0.2, "4477": 0.3},
	}}
	s := newSimulator(t, o)
	text := "<text>" + strings.Repeat("x", 161) + "</text>"
	got := ask(t, s, "sendmsg", demo+text+to("447700900001", "12025550143", "12025550144", "447700900002"))
	want := []string{"ID: ID To: 447700900001", "ID: ID To: 12025550143", "ERR: 301, No Credit Left To: 12025550144", "ID: ID To: 447700900002"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
	c.forward(onward)
	for range 2 {
		if got := one(t, s, "getbalance", demo); got != "Credit: 0.100" {
			t.Errorf("getbalance: %q", got)
		}
		for number, want := range map[string]string{"447700900001": "0.3", "446700900001": "0.1", "12025550143": "1"} {
			if got := one(t, s, "routecoverage", demo+"<msisdn>"+number+"</msisdn>"); got != "OK: This prefix is currently supported. Charge: "+want {
				t.Errorf("coverage: %q, want a charge of %s", got, want)
			}
		}
		for i, want := range []string{"0.6", "2", "0.6"} {
			id := s.Messages()[i].ID
			if got := one(t, s, "getmsgcharge", demo+"<apimsgid>"+id+"</apimsgid>"); !strings.Contains(got, "charge: "+want+" ") {
				t.Errorf("message %d: %q, want a charge of %s", i, got, want)
			}
		}
		s = reopen(t, s, o)
	}
}

func TestASumOfFractionsIsExact(t *testing.T) {
	s := newSimulator(t, Options{Settings: Settings{
		Accounts: []Account{demoAccount(func(a *Account) { a.Credit = 0.3 })},
		Prices:   map[string]float64{"": 0.1},
	}})
	for _, want := range []string{"ID: ID", "ID: ID", "ID: ID", "ERR: 301, No Credit Left"} {
		if got := one(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143")); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := one(t, s, "getbalance", demo); got != "Credit: 0.000" {
		t.Errorf("getbalance: %q", got)
	}
}

func TestTheLimitHoldsUntilMidnight(t *testing.T) {
	c := newClock() // 22:13:20
	o := Options{Dir: t.TempDir(), Now: c.now, Settings: Settings{Accounts: []Account{demoAccount(func(a *Account) { a.Limit = 3 })}}}
	s := newSimulator(t, o)
	send := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144")), want); diff != "" {
			t.Errorf("lines (-got +want):\n%s", diff)
		}
	}
	const a, b = "ID: ID To: 12025550143", "ID: ID To: 12025550144"
	const until = "ERR: 130, Maximum MT limit exceeded until 1700006400 To: "
	send(a, b)
	s = reopen(t, s, o)
	send(a, until+"12025550144")
	if err := s.Configure(s.Settings()); err != nil {
		t.Fatal(err)
	}
	send(until+"12025550143", until+"12025550144")
	c.at = time.Unix(1700006400, 0)
	send(a, b)
}

func TestConfigureChangesAllOrNothing(t *testing.T) {
	s := newSimulator(t, Options{Settings: Settings{Accounts: []Account{
		demoAccount(func(a *Account) { a.Callback = &Callback{URL: "http://localhost/", User: "push", Password: "secret"} }),
		{User: "gone", Password: "gone", APIIDs: []string{"2"}, Credit: 1},
	}}})
	gone := strings.NewReplacer("demo", "gone", "1", "2").Replace(demo)
	open := func(credentials string) string {
		return "<session_id>" + anyID.FindString(post(s, documentAddress, documentCall("auth", credentials)).Body.String()) + "</session_id>"
	}
	stays, ends := open(demo), open(gone)
	ask(t, s, "sendmsg", demo+"<text>Hello</text>"+to("12025550143"))

	now := s.Settings()
	if got := now.Accounts[0].Credit; got != 999999 {
		t.Errorf("the credit in the settings is %g", got)
	}
	bad := s.Settings()
	bad.Accounts[0].Credit, bad.Blocked = 1, []string{"x"}
	if err := s.Configure(bad); err == nil || !strings.Contains(err.Error(), "blocked[0]") {
		t.Errorf("a wrong number: %v", err)
	}
	if diff := cmp.Diff(s.Settings(), now); diff != "" {
		t.Errorf("settings after a refused change (-got +want):\n%s", diff)
	}

	now.Accounts = now.Accounts[:1]
	now.Accounts[0].Credit, now.Accounts[0].Password, now.Accounts[0].Callback.Password = 5, "", ""
	if err := s.Configure(now); err != nil {
		t.Fatal(err)
	}
	now.Accounts[0].APIIDs[0] = "9" // no longer the simulator's
	for name, tt := range map[string]struct{ parameters, want string }{
		"session of an account that stays": {stays, "Credit: 5.000"},
		"session of one that is gone":      {ends, "ERR: 003, Session ID expired"},
		"password that was left out":       {demo, "Credit: 5.000"},
		"account that is gone":             {gone, "ERR: 001, Authentication failed"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := one(t, s, "getbalance", tt.parameters); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if got := s.Settings().Accounts[0].Callback.Password; got != "secret" {
		t.Errorf("the callback's password is %q", got)
	}
	if err := s.SetCredit("demo", 7.5); err != nil || s.Settings().Accounts[0].Credit != 7.5 {
		t.Errorf("SetCredit: %v, %g", err, s.Settings().Accounts[0].Credit)
	}
	for name, err := range map[string]error{"nobody": s.SetCredit("nobody", 1), "below nought": s.SetCredit("demo", -1)} {
		if err == nil {
			t.Errorf("credit of %s was set", name)
		}
	}
}

func TestSettingsMayChangeWhileOthersSend(t *testing.T) {
	s := newSimulator(t, Options{})
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for range 25 {
				post(s, documentAddress, documentCall("sendmsg", demo+"<text>Hello</text><from>ACME</from>"+to("12025550143", "02025550144")))
			}
		})
	}
	for i := range 50 {
		next := s.Settings()
		a := &next.Accounts[0]
		a.Credit, a.Limit, a.Senders, a.DefaultPrefix = 1e6, 1000+i, []string{"ACME", fmt.Sprint("A", i)}, []string{"", "1"}[i%2]
		next.Prices, next.Blocked = map[string]float64{"": 1}, []string{fmt.Sprintf("12025550%03d", i)}
		if err := s.Configure(next); err != nil {
			t.Error(err)
		}
	}
	sending.Wait()
	if n := len(s.Messages()); n < 100 || n > 200 {
		t.Errorf("%d messages, want 100, and those whose nought had a prefix", n)
	}
}

func TestMessagesBelongToTheAccountUnderAllItsAPIIDs(t *testing.T) {
	o := Options{Dir: t.TempDir(), Settings: Settings{Accounts: []Account{
		demoAccount(func(a *Account) { a.APIIDs = []string{"1", "2"} }),
	}}}
	s := newSimulator(t, o)
	second := strings.Replace(demo, "1", "2", 1)
	for _, credentials := range []string{demo, second} {
		ask(t, s, "sendmsg", credentials+"<text>Hello</text><climsgid>run1</climsgid>"+to("12025550143"))
	}
	for range 2 {
		latest := s.Messages()[1].ID
		w := post(s, documentAddress, documentCall("querymsg", demo+"<climsgid>run1</climsgid>"))
		if got := anyID.FindString(w.Body.String()); got != latest {
			t.Errorf("querymsg answers for %s, want %s", got, latest)
		}
		if got := one(t, s, "getmsgcharge", second+"<apimsgid>"+latest+"</apimsgid>"); !strings.HasPrefix(got, "apiMsgId:") {
			t.Errorf("getmsgcharge: %q", got)
		}
		if got := one(t, s, "getbalance", demo); got != "Credit: 999998.000" {
			t.Errorf("getbalance: %q", got)
		}
		s = reopen(t, s, o)
	}
}
