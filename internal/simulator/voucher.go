package simulator

import "strings"

// redemption is a voucher that an account has redeemed.
type redemption struct {
	APIID   string  `json:"api_id"`
	Voucher string  `json:"voucher"`
	Credits float64 `json:"credits"`
}

// tokenPay redeems a voucher.
func (s *Simulator) tokenPay(c *call, by caller) (string, error) {
	voucher := strings.TrimSpace(c.Value("token"))
	credits, known := s.settings.Vouchers[voucher]
	_, redeemed := s.ledger.redeemed[voucher]
	switch {
	case voucher == "":
		return errorLine(errParameter), nil
	case !known || redeemed:
		return errorLine(errVoucher), nil
	case credits < 0:
		return errorLine(errVoucherExpired), nil
	}
	r := redemption{by.apiID, voucher, credits}
	if err := s.record(c, entry{Redeem: &r}); err != nil {
		return "", err
	}
	s.ledger.redeemed[voucher] = r
	by.credit = rounded(by.credit + credits)
	s.changed()
	return "OK: 605", nil
}

// paidIn is what the account has redeemed.
func (l *ledger) paidIn(by *Account) float64 {
	sum := 0.0
	for _, r := range l.redeemed {
		if by.has(r.APIID) {
			sum += r.Credits
		}
	}
	return sum
}
