package main

// The sources that the edits change are the product's. Where an edit does not fit any more, change it with them: a test says so.

// replayed lets a request out on a second connection. Without it no sabotage of the client gets a second request onto
// the wire, because a connection counts and guards the bytes of its call.
var replayed = edit{"internal/soap/conn.go",
	"if p.over || p.conn != nil {",
	"if p.over {"}

// again lets net/http send the body of a request once more.
var again = edit{"internal/soap/transport.go",
	"Body:          io.NopCloser(bytes.NewReader(body)),",
	"GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },\n" +
		"Body:          io.NopCloser(bytes.NewReader(body)),"}

var sabotages = []sabotage{{
	name: "intents off", broken: "the intent is recorded after the exchange",
	edits: []edit{{"internal/apply/call.go", `		if err := r.ledger.Begin(record, w.claim.Request); err != nil {
			return judgement{}, err
		}
		w.at.reach(begun)
		message.NotAfter = time.Now().Add(firstByte)
		answer, callErr := r.gateway.send(ctx, access, message)
`, `		message.NotAfter = time.Now().Add(firstByte)
		answer, callErr := r.gateway.send(ctx, access, message)
		if err := r.ledger.Begin(record, w.claim.Request); err != nil {
			return judgement{}, err
		}
		w.at.reach(begun)
`}},
	caughtBy: kills, args: []string{"-kills=40"}, finding: "sent twice",
}, {
	name: "outcome before answer", broken: "accepted is recorded before the request is sent",
	edits: []edit{{"internal/apply/call.go", `		w.at.reach(begun)
`, `		w.at.reach(begun)
		if err := r.ledger.Settle(record, w.claim.Request, state.Settlement{Outcome: state.Accepted, Evidence: "hoped for"}); err != nil {
			return judgement{}, err
		}
`}, {"internal/apply/call.go", `	"github.com/smsplan/smsplan/internal/soap"
`, `	"github.com/smsplan/smsplan/internal/soap"
	"github.com/smsplan/smsplan/internal/state"
`}, {"internal/apply/call.go", `		if err := r.ledger.Begin(record, w.claim.Request); err != nil {
`, `		if err := r.ledger.Begin(record, w.claim.Request); err != nil && try == 0 {
`}, {"internal/apply/send.go", `	if err = r.ledger.Settle(record, w.claim.Request, s); err != nil {
`, `	if err != nil {
`}},
	caughtBy: kills, args: []string{"-kills=40"}, finding: "lost",
}, {
	name: "retry on first unknown", broken: "a doubt that the gateway does not know is taken for unsent, and sent anew",
	edits: []edit{
		{"internal/apply/outcome.go", "return knowledge{outcome: state.InDoubt, unknown: true, evidence:", "return knowledge{outcome: state.Unsent, evidence:"},
		{"internal/apply/outcome.go", "	case status.Status == 1:\n		k.unknown = true\n", "	case status.Status == 1:\n		k.outcome = state.Unsent\n"},
		{"internal/state/resolve.go", "if v.Outcome == Unsent {", "if false {"},
	},
	caughtBy: trials, args: []string{"-trials=2"}, finding: "sent twice",
}, {
	name: "sent anew unconfirmed", broken: "a message whose withdrawal has no answer is taken for withdrawn, and sent anew",
	edits: []edit{{"internal/apply/withdraw.go", `	case call.Reach != soap.Answered || call.Code == 0:
		return recalled{outcome: state.Withdrawing}
`, `	case call.Reach != soap.Answered || call.Code == 0:
		return recalled{outcome: state.Cancelled, status: 6}
`}},
	caughtBy: recalls, args: []string{"-recalls=40"}, finding: "sent twice",
}, {
	name: "follow redirects", broken: "the client follows redirects, with the request's body",
	edits: []edit{replayed, again,
		{"internal/soap/transport.go", "resp, err := c.transport.RoundTrip(req)", "resp, err := (&http.Client{Transport: c.transport}).Do(req)"}},
	caughtBy: trials, args: []string{"-trials=2"}, finding: "sent twice",
}, {
	name: "Idempotency-Key", broken: "the header tells net/http that it may send a request once more",
	edits: []edit{replayed, again,
		{"internal/soap/soap.go", `"User-Agent":      {"smsplan"},`, `"User-Agent":      {"smsplan"},
			"Idempotency-Key": {"smsplan"},`}},
	caughtBy: trials, args: []string{"-trials=2"}, finding: "sent twice",
}, {
	name: "lock only", broken: "claims take what another run has sent: the lock alone keeps runs apart",
	edits: []edit{{"internal/state/claim.go", "case there.Outcome == Unsent || there.Outcome == Cancelled:",
		"case there.Outcome == Planned || there.Outcome == UnderWay || there.Outcome == Accepted || there.Outcome == Unconfirmed:\n	case there.Outcome == Unsent || there.Outcome == Cancelled:"}},
	caughtBy: races, args: []string{"-races=20"}, finding: "sent twice",
}, {
	name: "synchronous=NORMAL", broken: "commits are not flushed",
	edits:    []edit{{"internal/state/sqlite.go", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"}},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "lost",
}, {
	name: "no durable creation", broken: "the state is made at its path at once, not under another name",
	edits: []edit{
		{"internal/state/disk.go", `temporary := path + ".new"`, `temporary := path`},
		{"internal/state/disk.go", "	defer func() { err = errors.Join(err, remove()) }()\n", ""},
		{"internal/state/disk.go", "errors.Join(on.flush(f), f.Close())", "f.Close()"},
		{"internal/state/disk.go", `	if err := on.rename(temporary, path); err != nil {
		return err
	}
	return on.flushDir(filepath.Dir(path))
`, "	_ = filepath.Dir\n	return nil\n"},
	},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "not whole",
}, {
	name: "no directory flush", broken: "names of files are not flushed",
	edits: []edit{
		{"internal/state/disk.go", "return on.flushDir(filepath.Dir(path))", "_ = filepath.Dir\n	return nil"},
		{"internal/state/sqlite.go", "if err := on.flushDir(filepath.Dir(path)); err != nil {", "_ = filepath.Dir\n		if err := error(nil); err != nil {"},
	},
	caughtBy: power, args: []string{"-cuts=600"}, finding: "lost",
}, {
	name: "no key check", broken: "any key is taken for the one that the state needs",
	edits: []edit{{"internal/state/key.go", `		at := slices.IndexFunc(given, func(g key) bool { return string(g.check) == string(k.check) })
`, `		at := min(len(given), 1) - 1
		if at == 0 {
			given[0].check = k.check
		}
`}},
	caughtBy: refusals, finding: "not refused",
}}
