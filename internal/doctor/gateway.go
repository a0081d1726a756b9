package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/apply"
	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
)

// accountChecks need the gateway's answers, in this order.
var accountChecks = []string{"sign-in", "coverage", "balance", "clock"}

func (e *examination) gateway(ctx context.Context) {
	switch {
	case !e.GatewayKnown:
		e.unchecked("the configuration does not say where the gateway is", append([]string{"connection"}, accountChecks...)...)
		return
	case e.simulated():
		e.ok("connection", "the simulated gateway delivers nothing, and needs none")
	case !e.reach(ctx):
		if e.GatewayFault == nil {
			e.unchecked("the gateway cannot be reached", accountChecks...)
			return
		}
	}
	if e.Gateway == nil { // which no network helps
		text, remedy, _ := strings.Cut(e.GatewayFault.Error(), ": ")
		e.fail("sign-in", text, remedy)
		e.unchecked("nobody is signed in", accountChecks[1:]...)
		return
	}
	// The balance is asked for at once: where each request carries the credentials, it is what shows that they are good.
	err := e.Gateway.SignIn(ctx)
	var balance string
	if err == nil {
		balance, err = e.Gateway.Balance(ctx)
	}
	if err != nil {
		e.call("sign-in", err)
		e.unchecked("nobody is signed in", accountChecks[1:]...)
		return
	}
	e.ok("sign-in", "the gateway takes the account's credentials")
	charges := e.coverage(ctx)
	e.balance(balance, charges)
	e.clock()
}

// call says what is wrong with a call of the gateway.
func (e *examination) call(name string, err error) {
	remedy := "check the endpoint, the network, and the proxy where there is one (HTTPS_PROXY)"
	var failed *soap.Error
	if errors.As(err, &failed) {
		switch {
		case failed.Code != 0 && failed.Code.Remedy() != "":
			remedy = failed.Code.Remedy()
		case failed.HTTP != 0 || failed.Fault != "":
			remedy = "check that endpoint is the address of the SOAP service, and binding its style"
		}
		if failed.Code != 0 {
			e.fail(name, fmt.Sprintf("the gateway refuses: ERR %s, %s", failed.Code, failed.Code.Meaning()), remedy)
			return
		}
	}
	e.fail(name, err.Error(), remedy)
}

// coverage asks for one number of each country that is to be sent to, and gives what the gateway charges there where it says so
// for all of them. The numbers are in no text.
func (e *examination) coverage(ctx context.Context) map[string]*big.Rat {
	const name = "coverage"
	if e.plan == nil {
		e.unchecked(e.why, name)
		return nil
	}
	examples := map[string]phone.Number{}
	for i := range e.plan.Messages {
		for _, n := range e.plan.Messages[i].People() {
			region, _ := n.Locate()
			if _, known := examples[region.String()]; !known {
				examples[region.String()] = n
			}
		}
	}
	if len(examples) == 0 {
		because := "nothing is to be sent"
		if e.plan.Totals().ToSend > 0 {
			because = "the plan is encrypted, and opens with a key only"
		}
		e.unchecked(because, name)
		return nil
	}
	charges := map[string]*big.Rat{}
	var covered, missing []string
	for _, region := range slices.Sorted(maps.Keys(examples)) {
		c, err := e.Gateway.Coverage(ctx, examples[region])
		if err != nil {
			e.call(name, err)
			return nil
		}
		if !c.Covered {
			missing = append(missing, region)
			continue
		}
		covered = append(covered, region)
		if charge, ok := new(big.Rat).SetString(c.Charge); ok && c.Charge != "" {
			charges[region] = charge
		}
	}
	if len(missing) > 0 {
		e.fail(name, "the gateway does not serve "+strings.Join(missing, ", ")+", asked with one number of each country", "ask the gateway's support for a route there, or take those people out (where, or countries of a guard)")
		return nil
	}
	e.ok(name, fmt.Sprintf("%s, asked with one number of each country", strings.Join(covered, ", ")))
	if len(charges) < len(examples) {
		return nil
	}
	return charges
}

// balance holds the account's credits against what the plan takes: by the charges that the gateway names, or else by the assumption that a
// segment costs a credit.
func (e *examination) balance(text string, charges map[string]*big.Rat) {
	const name = "balance"
	credits, ok := new(big.Rat).SetString(text)
	if !ok {
		e.unchecked("the gateway gives none that is a number", name)
		return
	}
	if e.plan == nil {
		e.ok(name, rounded(credits)+" credits; what is to be sent is not known")
		return
	}
	t := e.plan.Totals()
	if t.ToSend == 0 {
		e.ok(name, rounded(credits)+" credits")
		return
	}
	needed, basis := estimate(e.plan, charges)
	about := fmt.Sprintf("%s credits; the plan takes about %s, %s", rounded(credits), rounded(needed), basis)
	switch {
	case credits.Sign() <= 0:
		e.fail(name, about, soap.NoCredit.Remedy())
	case credits.Cmp(needed) < 0:
		e.warn(name, about, "buy credit: the run stops where it is used up, and the rest is sent by the next apply")
	default:
		e.ok(name, about)
	}
}

// estimate gives what a plan takes in credits, and what that goes by.
func estimate(p *plan.Plan, charges map[string]*big.Rat) (*big.Rat, string) {
	needed, known := new(big.Rat), charges != nil
	for i := range p.Messages {
		for _, c := range p.Messages[i].Countries {
			charge := charges[c.Region]
			if known = known && charge != nil && c.Segments > 0; known {
				needed.Add(needed, new(big.Rat).Mul(charge, big.NewRat(int64(c.Segments), 1)))
			}
		}
	}
	if known {
		return needed, "by what the gateway charges for one number of each country"
	}
	segments := p.Totals().Segments
	return big.NewRat(int64(segments), 1), fmt.Sprintf("assuming one credit for each of its %s", config.Counted(segments, "segment"))
}

// rounded writes a number with two decimals, or as a whole one.
func rounded(r *big.Rat) string {
	if r.IsInt() && r.Num().IsInt64() {
		return config.Count(int(r.Num().Int64()))
	}
	return r.FloatString(2)
}

// clock holds this machine's clock against the gateway's.
func (e *examination) clock() {
	const name = "clock"
	ahead, known := e.Gateway.Ahead()
	switch {
	case !known:
		e.unchecked("the gateway's answers have no date", name)
	case ahead.Abs() <= apply.ClockTolerance:
		e.ok(name, "within a minute of the gateway's")
	case e.plan != nil && slices.ContainsFunc(e.plan.Messages, func(m plan.Message) bool { return m.ToSend > 0 && m.Scheduled() }):
		e.fail(name, fmt.Sprintf("it differs from the gateway's by %s, and scheduled messages would go out at another time than planned", ahead.Abs().Round(time.Second)), "set this machine's clock")
	default:
		e.warn(name, fmt.Sprintf("it differs from the gateway's by %s: nothing can be scheduled", ahead.Abs().Round(time.Second)), "set this machine's clock")
	}
}
