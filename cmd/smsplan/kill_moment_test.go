package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// moment is when a process is killed: at a time, at a request, or as a file changes.
type moment struct {
	never   bool
	share   float64 // of the time that a command takes that does nothing; above 0: then
	file    string  // in the trial's directory; "" for none: when it has changed, and grown by at least grown bytes
	grown   int64
	request stroke // of which the process is not known yet; nth 0 for none
}

func (m moment) String() string {
	switch {
	case m.never:
		return "never"
	case m.share > 0:
		return "at some time"
	case m.file != "":
		return "as " + m.file + " changes"
	case m.request.op != "":
		return m.request.op + ", " + m.request.stage.String()
	}
	return "a request, " + m.request.stage.String()
}

// drawMoment gives a moment for a command that speaks to the gateway, over requests requests, or for one that does not (0).
func drawMoment(r *rand.Rand, requests int) moment {
	switch p := r.Float64(); {
	case requests > 0 && p < 0.55:
		s := stroke{stage: stage(r.IntN(int(stages))), after: time.Duration(r.ExpFloat64() * float64(2*time.Millisecond))}
		s.op = []string{"", "sendmsg", "sendmsg", "sendmsg", "sendmsg", "querymsg", "auth"}[r.IntN(7)]
		s.nth = 1
		if s.op == "" || s.op == "sendmsg" {
			s.nth += r.IntN(1 + r.IntN(requests))
		}
		return moment{request: s}
	case requests > 0 && p < 0.75:
		return moment{share: math.Exp(r.Float64()*math.Log(80)) / 4} // from a quarter to twenty times
	case requests > 0:
		file := []string{"smsplan.state-wal", "smsplan.state-wal", "smsplan.state-wal", ".smsplan/anchor", "smsplan.state.lock"}[r.IntN(5)]
		m := moment{file: file}
		if file == "smsplan.state-wal" {
			m.grown = int64(4096 * r.IntN(1+8*requests))
		}
		return m
	case p < 0.7:
		return moment{share: 0.05 + 1.2*r.Float64()}
	}
	return moment{file: []string{"smsplan.state-wal", "smsplan.state", ".smsplan/anchor", "smsplan.state.lock", ".smsplan.lock.hcl", savedName}[r.IntN(6)]}
}

// await returns when the moment has come, or the process has ended. unit is what a command takes that does nothing. What waits
// for a request returns at once: the gateway kills.
func (m moment) await(v *victim, dir string, before os.FileInfo, unit time.Duration) (come bool) {
	switch {
	case m.share > 0:
		timer := time.NewTimer(time.Duration(m.share * float64(unit)))
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-v.ended:
		}
	case m.file != "":
		poll := time.NewTicker(100 * time.Microsecond)
		defer poll.Stop()
		for {
			select {
			case <-poll.C:
				if now, err := os.Stat(filepath.Join(dir, m.file)); err == nil && m.changed(before, now) {
					return true
				}
			case <-v.ended:
				return false
			}
		}
	}
	return false
}

// changed reports whether a file is as the moment wants it. before is nil where there was none.
func (m moment) changed(before, now os.FileInfo) bool {
	if before == nil {
		return now.Size() >= m.grown
	}
	if m.grown > 0 {
		return now.Size() >= before.Size()+m.grown
	}
	return !os.SameFile(before, now) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime())
}

// longestLag is how long the gateway may not know what it has (fault query-lag).
const longestLag = 250 * time.Millisecond

// drawFaults gives faults of the gateway, in words; mostly one or two, now and then none.
func drawFaults(r *rand.Rand, binding string) []string {
	var faults []string
	for range []int{0, 1, 1, 1, 2, 2, 3}[r.IntN(7)] {
		faults = append(faults, drawFault(r, binding))
	}
	return faults
}

func drawFault(r *rand.Rand, binding string) string {
	one := func(words ...string) string { return words[r.IntN(len(words))] }
	upTo := func(n int) int { return 1 + r.IntN(n) }
	// counted says which requests a fault is about.
	counted := func(ops ...string) string {
		counts := fmt.Sprintf("every=%d", upTo(5))
		if r.IntN(2) == 0 {
			counts += fmt.Sprintf(",after=%d", upTo(6))
		}
		if r.IntN(2) == 0 {
			counts += fmt.Sprintf(",times=%d", upTo(4))
		}
		if len(ops) > 0 {
			counts += ",op=" + one(ops...)
		}
		return counts
	}
	any := []string{"sendmsg", "sendmsg", "sendmsg", "querymsg", "any", "auth"}
	kinds := []func() string{
		func() string { return "drop-before-answer:" + counted(any...) },
		func() string { return "drop-after-headers:" + counted(any...) },
		func() string { return "drop-mid-body:" + counted(any...) },
		func() string { return fmt.Sprintf("hang-after-body:for=%dms,times=%d", upTo(60), upTo(3)) },
		func() string { return "hang-after-body:times=1,op=" + one("sendmsg", "querymsg") },
		func() string {
			return "http-status:code=" + one("302", "404", "429", "500", "502", "503", "503") + "," + counted(any...)
		},
		func() string { return "soap-fault:code=" + one("Server", "Client") + "," + counted(any...) },
		func() string {
			return fmt.Sprintf("delay:for=%dms,when=%s,%s", upTo(30), one("before", "after"), counted(any...))
		},
		func() string { return fmt.Sprintf("delay:for=%dms,when=%s", upTo(8), one("before", "after")) },
		func() string { return "delay:for=1200ms,times=1,when=" + one("before", "after") }, // longer than the client waits
		func() string {
			return fmt.Sprintf("query-lag:for=%dms,say=%s,%s", upTo(int(longestLag.Milliseconds())), one("104", "001"), counted())
		},
		func() string { return "query-duplicates:say=" + one("first", "last", "all") },
		func() string { return fmt.Sprintf("session-idle:for=%dms", 20+r.IntN(100)) },
		func() string { return fmt.Sprintf("expire-sessions-after:requests=%d", 1+upTo(8)) },
		func() string { return fmt.Sprintf("credit-runs-out:credit=%d", r.IntN(500)) },
		func() string { return "bare-error-line:" + counted() },
		func() string { return fmt.Sprintf("shuffle:seed=%d", upTo(99)) },
		func() string { return "missing-line:" + counted() },
		func() string { return fmt.Sprintf("missing-line:line=%d,%s", upTo(3), counted()) },
		func() string { return "extra-line:to=61491570006," + counted() }, // none of the trials' numbers: its id would be taken for theirs
		func() string {
			return "spelling:" + one("case=upper", "case=title", "spaces=none", "spaces=double", "end=lf", "end=crlf", "text=none",
				"code=none,times=3", "lines=empty,times=2", "lines=strange,times=2", "order=swapped", "joined=true", "credits=true")
		},
		func() string { return "gzip" },
		func() string { return fmt.Sprintf("close-after:requests=%d,silent=%t", upTo(5), r.IntN(2) == 0) },
		func() string {
			return fmt.Sprintf("error:code=%s,every=%d,times=%d", one("901", "901", "130", "301", "007", "001", "003", "108", "114", "113", "999"), upTo(4), upTo(2))
		},
		func() string {
			return fmt.Sprintf("refuse:code=%s,ending=%d", one("114", "121", "122", "105", "128", "901", "301", "999"), r.IntN(10))
		},
		func() string { return "status:code=" + one("005", "007", "012", "013") },
		func() string {
			return "choose:" + one("order=strict", "elements=ignored", "action=required", "both=credentials", "unknown=001", "ping=session",
				"over=truncate", "duplicates=merge", "climsgid=folded", "missing=001")
		},
	}
	if binding == "rpc" {
		kinds = append(kinds, func() string {
			return "rpc-array:" + one("member=string", "type=own", "size=wrong", "size=open", "size=none", "href=true", "href=members", "single=true", "nil=true,times=2") + ",op=" + one("sendmsg", "querymsg", "any")
		})
	}
	return kinds[r.IntN(len(kinds))]()
}
