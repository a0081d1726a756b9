package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// throughput is what a client that ran in turn with others did: the median of the runs by what the gateway saw.
type throughput struct {
	seen
	cost
}

func (t throughput) String() string {
	return fmt.Sprintf("%s requests/s, %s recipients/s, %s µs of CPU a recipient", figure(t.requestsASecond(), ""), figure(t.recipientsASecond(), ""),
		figure(float64(t.cpu.Microseconds())/float64(t.Recipients), ""))
}

// sending is a project, the clients that send to the same people, and what each did.
type sending struct {
	text       string
	people     int
	size       int // of a request
	delay      time.Duration
	comparison []string // names of clients
}

// run sends with each of the clients, and with smsplan last, in turn.
func (s sending) run(ctx context.Context, b *bench, name string) ([]throughput, error) {
	gateway, err := b.gateway(ctx, s.delay)
	if err != nil {
		return nil, err
	}
	defer gateway.stop()
	dir, err := b.project(ctx, name, s.text, s.people, gatewayArguments(gateway, s.size)...)
	if err != nil {
		return nil, err
	}
	var clients []process
	for _, c := range s.comparison {
		clients = append(clients, b.play("client", c, gateway.url, filepath.Join(dir, people), fmt.Sprint(s.size)))
	}
	apply := b.smsplan(dir, "apply", "-auto-approve")
	apply.before = func(ctx context.Context) error { return b.forget(ctx, dir) }
	clients = append(clients, apply)
	runs := make([][]throughput, len(clients))
	for range b.rounds {
		for i, p := range clients {
			c, err := b.once(ctx, p)
			if err != nil {
				return nil, err
			}
			saw, err := gateway.figures()
			if err != nil {
				return nil, err
			}
			if saw.Recipients != s.people {
				return nil, fmt.Errorf("%d people got something from %s, not %d", saw.Recipients, p.name, s.people)
			}
			runs[i] = append(runs[i], throughput{saw, c})
			b.say("    %s", throughput{saw, c})
		}
	}
	medians := make([]throughput, len(clients))
	for i, r := range runs {
		medians[i] = middle(r)
	}
	return medians, nil
}

// gatewayArguments are those of a gateway that is asked as fast as the language allows.
func gatewayArguments(e *endpoint, size int) []string {
	return []string{
		fmt.Sprintf("endpoint    = %q", e.url+service),
		fmt.Sprintf("connections = %d", connections),
		fmt.Sprintf("batch_size  = %d", size),
		"rate        = 1000000",
	}
}

// forget makes the project new: nobody was sent anything.
func (b *bench) forget(ctx context.Context, dir string) error {
	for _, pattern := range []string{"smsplan.state*", ".smsplan", ".smsplan.lock.hcl"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.RemoveAll(f); err != nil {
				return err
			}
		}
	}
	_, err := b.once(ctx, b.smsplan(dir, "init"))
	return err
}

// middle is the run whose rate is the median.
func middle(runs []throughput) throughput {
	slices.SortFunc(runs, func(a, b throughput) int { return cmp.Compare(a.recipientsASecond(), b.recipientsASecond()) })
	return runs[len(runs)/2]
}

func sendBatches(ctx context.Context, b *bench) ([]finding, error) {
	t, err := sending{text: oneText, people: million, size: 300, comparison: []string{"xml", "bytes"}}.run(ctx, b, "batch")
	if err != nil {
		return nil, err
	}
	return []finding{
		{what: "`apply`, 300 a request: recipients a second", got: t[2].recipientsASecond(), target: 150_000, atLeast: true, from: t[2].String()},
		{what: "the same, of a client of encoding/xml that keeps no state", got: t[2].recipientsASecond() / t[0].recipientsASecond(), target: 1, atLeast: true, from: t[0].String()},
	}, nil
}

func sendSingles(ctx context.Context, b *bench) ([]finding, error) {
	t, err := sending{text: ownText, people: 100_000, size: 1, comparison: []string{"xml", "bytes"}}.run(ctx, b, "single")
	if err != nil {
		return nil, err
	}
	return []finding{
		{what: "`apply`, one a request: messages a second, of a client of rendered bytes that reads no answer and keeps no state",
			got: t[2].recipientsASecond() / t[1].recipientsASecond(), target: 0.6, atLeast: true,
			from: fmt.Sprintf("apply: %s; bytes: %s; encoding/xml: %s", t[2], t[1], t[0])},
	}, nil
}

func sendSlowly(ctx context.Context, b *bench) ([]finding, error) {
	const delay = 20 * time.Millisecond
	t, err := sending{text: ownText, people: 30_000, size: 1, delay: delay, comparison: []string{"bytes"}}.run(ctx, b, "slow")
	if err != nil {
		return nil, err
	}
	// A gateway that sleeps wakes a little late: what the bytes make of it says how much of the rest is its own.
	carried := connections / delay.Seconds()
	return []finding{{what: "the same where the gateway takes 20 ms: of what 64 connections can carry",
		got: t[1].requestsASecond() / carried, target: 0.95, atLeast: true, from: fmt.Sprintf("apply: %s, of %.0f; bytes: %s", t[1], carried, t[0])}}, nil
}

func sendMore(ctx context.Context, b *bench) ([]finding, error) {
	var findings []finding
	for _, kind := range []struct {
		name   string
		size   int
		people int
	}{{"300 a request", 300, million}, {"one a request", 1, 100_000}} {
		var applied [2]throughput
		var beyond [2]int64 // memory of apply beyond the plan's
		for i, n := range []int{kind.people / 10, kind.people} {
			name := fmt.Sprint("linear-", kind.size, "-", n)
			t, err := sending{text: oneText, people: n, size: kind.size}.run(ctx, b, name)
			if err != nil {
				return findings, err
			}
			plan := b.smsplan(filepath.Join(b.dir, name), "plan")
			plan.before = func(ctx context.Context) error { return b.forget(ctx, plan.dir) }
			planned, err := b.measure(ctx, plan)
			if err != nil {
				return findings, err
			}
			applied[i], beyond[i] = t[0], t[0].peak-planned[0].peak
		}
		from := fmt.Sprintf("%d: %s; %d: %s", kind.people/10, applied[0].cost, kind.people, applied[1].cost)
		findings = append(findings,
			finding{what: "`apply`, " + kind.name + ": CPU for ten times the recipients", got: over(applied[1].cpu, applied[0].cpu), target: 11, from: from},
			finding{what: "the same, by the clock", got: over(applied[1].wall, applied[0].wall), target: 11, from: "as above"},
			finding{what: "the same: memory beyond that of the plan, for ten times the recipients", got: over(beyond[1], beyond[0]), target: 1.5,
				from: fmt.Sprintf("%s and %s", octets(beyond[0]), octets(beyond[1]))})
	}
	return findings, nil
}
