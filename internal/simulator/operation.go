package simulator

import "fmt"

// do carries out the call. s.mu is not held: what sends takes it for as long as it needs.
func (s *Simulator) do(c *call, by caller, o *orders) ([]string, error) {
	switch c.Operation {
	case "sendmsg":
		return s.sendmsg(c, by, o)
	case "si_push":
		return s.siPush(c, by, o)
	case "ind_push":
		return s.indPush(c, by, o)
	case "senditem":
		return s.senditem(c, by, o)
	case "quicksend":
		return s.quicksend(c, by, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.perform(c, by, o)
}

// perform carries out every operation that sends nothing, under s.mu.
func (s *Simulator) perform(c *call, by caller, o *orders) ([]string, error) {
	var line string
	var err error
	switch c.Operation {
	case "auth":
		line = s.auth(c)
	case "ping":
		line = ping(c)
	case "querymsg":
		return s.querymsg(c, by, o), nil
	case "delmsg":
		line, err = s.delmsg(c, by)
	case "getbalance":
		line = fmt.Sprintf("Credit: %.3f", by.credit)
	case "routecoverage":
		line = s.routecoverage(c, by)
	case "getmsgcharge":
		line = s.getmsgcharge(c, by)
	case "startbatch":
		line, err = s.startbatch(c, by)
	case "endbatch":
		line, err = s.endbatch(c, by)
	case "token_pay":
		line, err = s.tokenPay(c, by)
	default:
		panic("no operation " + c.Operation)
	}
	return []string{line}, err
}

func ping(c *call) string {
	if c.chosen["ping=session"] {
		return "OK: " + c.Value("session_id")
	}
	return "OK:"
}

func (s *Simulator) auth(c *call) string {
	by, code := s.accounts.signIn(c)
	if code != 0 {
		return errorLine(code)
	}
	return "OK: " + s.accounts.open(by, s.sessionRequests(), s.now())
}
