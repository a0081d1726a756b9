package simulator

import "testing"

func TestAVoucherIsRedeemedOnce(t *testing.T) {
	o := Options{Dir: t.TempDir(), Settings: Settings{
		Accounts: []Account{demoAccount(func(a *Account) { a.Credit = 1 })},
		Vouchers: map[string]float64{voucher: 2.5, "1234567890123457": -1, "1234567890123458": 4},
	}}
	s := newSimulator(t, o)
	for _, step := range []struct{ name, voucher, want string }{
		{"no voucher", "", "ERR: 101, Invalid or missing parameters"},
		{"of another form", "12345", "ERR: 606, Invalid Voucher"},
		{"unknown", "1234567890123450", "ERR: 606, Invalid Voucher"},
		{"expired", "1234567890123457", "ERR: 607, Expired Voucher"},
		{"good", voucher, "OK: 605"},
		{"redeemed", voucher, "ERR: 606, Invalid Voucher"},
	} {
		if got := one(t, s, "token_pay", demo+"<token>"+step.voucher+"</token>"); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	s = reopen(t, s, o)
	if got := one(t, s, "getbalance", demo); got != "Credit: 3.500" {
		t.Errorf("in the next run: %q", got)
	}
	next := s.Settings()
	if _, has := next.Vouchers[voucher]; has || len(next.Vouchers) != 2 {
		t.Errorf("%d vouchers left, the redeemed one among them: %v", len(next.Vouchers), has)
	}
	next.Vouchers[voucher] = 9
	if err := s.Configure(next); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "token_pay", demo+"<token>"+voucher+"</token>"); got != "ERR: 606, Invalid Voucher" {
		t.Errorf("configured again: %q", got)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "token_pay", demo+"<token>"+voucher+"</token>"); got != "OK: 605" {
		t.Errorf("after a reset: %q", got)
	}
}
