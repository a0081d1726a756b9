package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// blocks makes a directory with a configuration of n messages, each to a recipients block of its own.
func (b *bench) blocks(ctx context.Context, n int) (dir string, err error) {
	var configuration strings.Builder
	configuration.WriteString("gateway \"simulator\" {}\n")
	for i := range n {
		fmt.Fprintf(&configuration, `
recipients "r%d" {
  numbers = ["+1202555%04d"]
}

message "m%d" {
  to   = [recipients.r%d]
  text = "Hello %d, the power is out."
}
`, i, 100+i%100, i, i, i)
	}
	return b.directory(ctx, fmt.Sprintf("blocks-%d", n), configuration.String())
}

func start(ctx context.Context, b *bench) ([]finding, error) {
	dir, err := b.blocks(ctx, 1)
	if err != nil {
		return nil, err
	}
	costs, err := b.measure(ctx, b.smsplan(dir, "version"), b.smsplan(dir, "validate"))
	if err != nil {
		return nil, err
	}
	return []finding{
		{what: "`version`: CPU", got: milliseconds(costs[0].cpu), unit: "ms", target: 25, from: costs[0].String()},
		{what: "`validate` of ten lines: CPU", got: milliseconds(costs[1].cpu), unit: "ms", target: 60, from: costs[1].String()},
	}, nil
}

// manyBlocks validates, plans and sends a thousand blocks and ten thousand, and plans them again.
func manyBlocks(ctx context.Context, b *bench) ([]finding, error) {
	few, err := b.blocks(ctx, 1_000)
	if err != nil {
		return nil, err
	}
	many, err := b.blocks(ctx, 10_000)
	if err != nil {
		return nil, err
	}
	first, err := b.measure(ctx, b.smsplan(few, "validate"), b.smsplan(few, "plan"), b.smsplan(many, "plan"))
	if err != nil {
		return nil, err
	}
	sentFew, err := b.once(ctx, b.smsplan(few, "apply", "-auto-approve"))
	if err != nil {
		return nil, err
	}
	sentMany, err := b.once(ctx, b.smsplan(many, "apply", "-auto-approve"))
	if err != nil {
		return nil, err
	}
	again, err := b.measure(ctx, b.smsplan(few, "plan"))
	if err != nil {
		return nil, err
	}
	validated, planned, plannedMany, replanned := first[0], first[1], first[2], again[0]
	return []finding{
		{what: "`validate` of 1,000 messages, one recipient each: CPU", got: milliseconds(validated.cpu), unit: "ms", target: 77, from: validated.String()},
		{what: "the same, by the clock", got: milliseconds(validated.wall), unit: "ms", target: 77, from: "as above"},
		{what: "`plan` of them: CPU", got: milliseconds(planned.cpu), unit: "ms", target: 77, from: planned.String()},
		{what: "the same, by the clock", got: milliseconds(planned.wall), unit: "ms", target: 77, from: "as above"},
		{what: "`plan` of them, all sent: CPU", got: milliseconds(replanned.cpu), unit: "ms", target: 189, from: replanned.String()},
		{what: "the same, by the clock", got: milliseconds(replanned.wall), unit: "ms", target: 189, from: "as above"},
		{what: "`plan` of 10,000 messages: CPU, of 1,000", got: over(plannedMany.cpu, planned.cpu), target: 11, from: plannedMany.String()},
		{what: "`apply` of 10,000 messages: CPU, of 1,000", got: over(sentMany.cpu, sentFew.cpu), target: 11,
			from: fmt.Sprintf("once each: 1,000: %s; 10,000: %s", sentFew, sentMany)},
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
