package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const million = 1_000_000

// oneText and ownText are what a message says: the same to all, or to each something else.
const (
	oneText = "The water is off on Tuesday from 22:00 to 23:30."
	ownText = "Dear ${recipient.firstname} (${recipient.customer}), the power is out in ${recipient.suburb}."
)

// directory makes one with a configuration, and lets it be used.
func (b *bench) directory(ctx context.Context, name, configuration string) (dir string, err error) {
	dir = filepath.Join(b.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.sms.hcl"), []byte(configuration), 0o600); err != nil {
		return "", err
	}
	_, err = b.once(ctx, b.smsplan(dir, "init"))
	return dir, err
}

// project makes a directory with a configuration that sends text to n people of a file, and the file. The arguments
// are further ones of the gateway, a line each.
func (b *bench) project(ctx context.Context, name, text string, n int, arguments ...string) (dir string, err error) {
	lines := ""
	for _, a := range arguments {
		lines += "  " + a + "\n"
	}
	dir, err = b.directory(ctx, name, fmt.Sprintf(`gateway "clickatell" {
  api_id = 1234567
%s}

recipients "customers" {
  csv {
    path   = %q
    number = "number"
  }
}

message "outage" {
  to   = [recipients.customers]
  text = %q
}
`, lines, people, text))
	if err != nil {
		return "", err
	}
	return dir, writePeople(filepath.Join(dir, people), n)
}

const people = "people.csv"

func planMillion(ctx context.Context, b *bench) ([]finding, error) {
	dir, err := b.project(ctx, "plan", ownText, million)
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(dir, people)
	if err != nil {
		return nil, err
	}
	costs, err := b.measure(ctx, b.play("bare", filepath.Join(dir, people)), b.smsplan(dir, "plan"))
	if err != nil {
		return nil, err
	}
	loop, planned := costs[0], costs[1]
	return []finding{
		{what: "`plan` of 1,000,000 rows, each person a text of their own: CPU, of a bare loop of encoding/csv and nyaruka/phonenumbers",
			got: over(planned.cpu, loop.cpu), target: 0.2, from: fmt.Sprintf("loop: %s; plan: %s", loop, planned)},
		{what: "the same, by the clock", got: over(planned.wall, loop.wall), target: 0.2, from: "as above"},
		{what: "the same: memory beyond the file's size, a row", got: float64(planned.peak-size) / million, unit: "octets", target: 400,
			from: fmt.Sprintf("%s, file %s", octets(planned.peak), octets(size))},
	}, nil
}

// planAgain plans what nothing is left of, beside what nothing was sent of.
func planAgain(ctx context.Context, b *bench) ([]finding, error) {
	gateway, err := b.gateway(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer gateway.stop()
	first, err := b.project(ctx, "first", ownText, million)
	if err != nil {
		return nil, err
	}
	again, err := b.project(ctx, "again", ownText, million, gatewayArguments(gateway, 300)...)
	if err != nil {
		return nil, err
	}
	if _, err := b.once(ctx, b.smsplan(again, "apply", "-auto-approve")); err != nil {
		return nil, err
	}
	costs, err := b.measure(ctx, b.play("bare", filepath.Join(first, people)), b.smsplan(first, "plan"), b.smsplan(again, "plan"))
	if err != nil {
		return nil, err
	}
	loop, planned, replanned := costs[0], costs[1], costs[2]
	from := fmt.Sprintf("loop: %s; first plan: %s; plan of what was sent: %s", loop, planned, replanned)
	return []finding{
		{what: "`plan` of 1,000,000 rows that were all sent a text of their own: CPU, of the bare loop", got: over(replanned.cpu, loop.cpu), target: 0.3, from: from},
		{what: "the same: CPU, of the first plan", got: over(replanned.cpu, planned.cpu), target: 1.5, from: "as above"},
		{what: "the same, by the clock", got: over(replanned.wall, planned.wall), target: 1.5, from: "as above"},
	}, nil
}

func planGrows(ctx context.Context, b *bench) ([]finding, error) {
	one, err := b.project(ctx, "one", ownText, million)
	if err != nil {
		return nil, err
	}
	ten, err := b.project(ctx, "ten", ownText, 10*million)
	if err != nil {
		return nil, err
	}
	costs, err := b.measure(ctx, b.smsplan(one, "plan"), b.smsplan(ten, "plan"))
	if err != nil {
		return nil, err
	}
	from := fmt.Sprintf("1 million: %s; 10 million: %s", costs[0], costs[1])
	return []finding{
		{what: "`plan` of 10,000,000 rows: CPU, of 1,000,000", got: over(costs[1].cpu, costs[0].cpu), target: 11, from: from},
		{what: "the same: memory, of 1,000,000", got: over(costs[1].peak, costs[0].peak), target: 10.5, from: "as above"},
		{what: "the same: memory", got: float64(costs[1].peak) / (1 << 30), unit: "GiB", target: 8, from: "as above"},
	}, nil
}

func sizeOf(dir, name string) (int64, error) {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
