package simulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultSyntax says in a few lines how faults are written.
const FaultSyntax = `NAME[:KEY=VALUE,...], for example drop-mid-body:after=3,times=1
after=N   leaves the first N requests alone
every=N   then takes every Nth
times=N   takes N requests in all
op=NAME   counts requests of that operation; sendmsg where it is not given
Only requests that came with valid credentials count`

// FaultDescription is a fault as -help lists it.
type FaultDescription struct {
	Name string
	Keys []string // in the order to list them
	Text string   // one line
}

// Faults describes every fault that [ParseFault] takes.
func Faults() []FaultDescription {
	list := make([]FaultDescription, len(faults))
	for i, d := range faults {
		list[i] = FaultDescription{d.Name, slices.Clone(d.Keys), d.Text}
	}
	return list
}

var (
	counted = []string{"times", "after", "every"}
	anyCall = []string{"op", "times", "after", "every"}
)

var faults = []FaultDescription{
	{"drop-before-answer", anyCall, "accept, then cut the connection before the status line"},
	{"drop-after-headers", anyCall, "accept, then cut the connection after the answer's headers"},
	{"drop-mid-body", anyCall, "accept, then cut the connection in the middle of the answer's body"},
	{"http-status", with(anyCall, "code"), "accept, then answer with HTTP status code (503) and no envelope"},
	{"soap-fault", with(anyCall, "code", "string"), "accept, then answer with a SOAP fault: code (Server), string (Internal error)"},
	{"delay", with(anyCall, "for", "when"), "wait for a duration when=before (default) or when=after acceptance; accepts even if the client has left"},
	{"query-lag", with(counted, "for", "say"), "for a duration after acceptance, querymsg does not know the message: say=104 (default; 103 by apimsgid) or say=001"},
	{"expire-sessions-after", []string{"requests", "times"}, "each session (the first times=N) expires after so many requests made with it"},
	{"credit-runs-out", []string{"credit"}, "every account starts with so much credit (0)"},
	{"shuffle", with(counted, "seed"), "the lines of the answer in another order, the same one for the same seed (1)"},
	{"missing-line", with(counted, "line"), "the answer lacks a line: line=N, or the last"},
	{"extra-line", with(counted, "to"), "the answer has a line too many, about a number nobody sent to (12025550199)"},
	{"bare-error-line", counted, "error lines about one of several recipients come without To:"},
	{"close-after", []string{"requests", "silent"}, "close a connection after so many requests; silent=true gives no notice of it"},
	{"error", with(anyCall, "code", "for"), "answer ERR code (901) and do nothing, once unless times says else; 130 lasts for a duration (1h)"},
	{"refuse", with(counted, "code", "ending", "for"), "refuse recipients whose number ends so (all) with code (114); 130 lasts for a duration (1h)"},
}

func with(common []string, keys ...string) []string { return append(keys, common...) }

// Fault is a misbehaviour to order. Make it with [ParseFault]; several simulators may share one.
type Fault struct {
	name, source        string
	op                  string
	times, after, every int
	code                int
	text                string // of a SOAP fault: its string
	who                 string // of a SOAP fault: Client or Server
	wait                time.Duration
	late                bool // wait after acceptance
	requests            int
	credit              float64
	number              string // of a recipient, or its end
	line                int
	seed                uint64
	silent              bool
}

// String gives the fault as it was written.
func (f Fault) String() string { return f.source }

// ParseFault reads NAME or NAME:KEY=VALUE,... as [FaultSyntax] says.
func ParseFault(s string) (Fault, error) {
	name, rest, hasKeys := strings.Cut(s, ":")
	i := slices.IndexFunc(faults, func(d FaultDescription) bool { return d.Name == name })
	if i < 0 {
		var names []string
		for _, d := range faults {
			names = append(names, d.Name)
		}
		return Fault{}, fmt.Errorf("no fault %q; there are %s", name, strings.Join(names, ", "))
	}
	f := Fault{name: name, source: s, op: "sendmsg", every: 1, who: "Server", text: "Internal error", seed: 1}
	switch name {
	case "http-status":
		f.code = 503
	case "query-lag":
		f.code = 104
	case "error":
		f.code, f.times = 901, 1
	case "refuse":
		f.code = 114
	case "extra-line":
		f.number = "12025550199"
	}
	for hasKeys {
		var pair string
		pair, rest, hasKeys = strings.Cut(rest, ",")
		key, value, _ := strings.Cut(pair, "=")
		if !slices.Contains(faults[i].Keys, key) {
			return Fault{}, fmt.Errorf("fault %s has no key %q; it has %s", name, key, strings.Join(faults[i].Keys, ", "))
		}
		if err := f.set(key, value); err != nil {
			return Fault{}, fmt.Errorf("fault %s: %s=%s: %w", name, key, value, err)
		}
	}
	switch {
	case slices.Contains([]string{"delay", "query-lag"}, name) && f.wait == 0:
		return Fault{}, fmt.Errorf("fault %s needs for=DURATION, such as for=2s", name)
	case slices.Contains([]string{"expire-sessions-after", "close-after"}, name) && f.requests == 0:
		return Fault{}, fmt.Errorf("fault %s needs requests=N", name)
	}
	f.wait = cmp.Or(f.wait, time.Hour)
	return f, nil
}

func (f *Fault) set(key, value string) (err error) {
	switch key {
	case "op":
		f.op = strings.ToLower(value)
		if operationNamed(f.op, document) == nil {
			return fmt.Errorf("no such operation")
		}
	case "times":
		f.times, err = positive(value)
	case "after":
		f.after, err = positive(value)
	case "every":
		f.every, err = positive(value)
	case "requests":
		f.requests, err = positive(value)
	case "line":
		f.line, err = positive(value)
	case "code", "say":
		return f.setCode(value)
	case "string":
		f.text = value
	case "for":
		if f.wait, err = time.ParseDuration(value); err != nil || f.wait <= 0 {
			return fmt.Errorf("not a duration above nought")
		}
	case "when":
		if f.late = value == "after"; !f.late && value != "before" {
			return fmt.Errorf("it is before or after")
		}
	case "silent":
		if f.silent, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("it is true or false")
		}
	case "seed":
		f.seed, err = strconv.ParseUint(value, 10, 64)
	case "credit":
		if f.credit, err = strconv.ParseFloat(value, 64); err != nil || !(f.credit >= 0 && f.credit <= 1e12) {
			return fmt.Errorf("not a number of credits")
		}
	case "to", "ending":
		if f.number = value; value == "" || strings.Trim(value, "0123456789") != "" {
			return fmt.Errorf("not digits")
		}
	}
	return err
}

func (f *Fault) setCode(value string) (err error) {
	if f.name == "soap-fault" {
		if f.who = value; value != "Client" && value != "Server" {
			return fmt.Errorf("it is Client or Server")
		}
		return nil
	}
	if f.code, err = positive(value); err != nil {
		return err
	}
	switch {
	case f.name == "http-status" && (f.code < 300 || f.code > 599):
		return fmt.Errorf("a status from 300 to 599 is wanted")
	case f.name == "query-lag" && f.code != 104 && f.code != statusUnknown:
		return fmt.Errorf("it is 104 or 001")
	case f.code > 999:
		return fmt.Errorf("a code has three digits")
	}
	return nil
}

func positive(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("not a number above nought")
	}
	return n, nil
}
