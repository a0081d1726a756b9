package main

import (
	"context"
	"fmt"
)

// planSaved is the file that plans are saved in, in the directory of their configuration.
const planSaved = "bench.smsplan"

// savePlan writes and shows saved plans of a million people, of one text and of a text for each.
func savePlan(ctx context.Context, b *bench) (all []finding, err error) {
	for _, of := range []struct{ name, what, text string }{
		{"saved-one", "one text to all", oneText},
		{"saved-own", "a text for each", ownText},
	} {
		dir, err := b.project(ctx, of.name, of.text, million)
		if err != nil {
			return all, err
		}
		costs, err := b.measure(ctx, b.smsplan(dir, "plan"), b.smsplan(dir, "plan", "-out="+planSaved))
		if err != nil {
			return all, err
		}
		shown, err := b.measure(ctx, b.smsplan(dir, "show", planSaved))
		if err != nil {
			return all, err
		}
		size, err := sizeOf(dir, planSaved)
		if err != nil {
			return all, err
		}
		plain, saved, read := costs[0], costs[1], shown[0]
		from := fmt.Sprintf("plan: %s; plan -out: %s; show: %s", plain, saved, read)
		all = append(all,
			finding{what: "writing a saved plan of 1,000,000, " + of.what + ": CPU, of the plan", got: over(saved.cpu-plain.cpu, plain.cpu), target: 1, from: from},
			finding{what: "reading it: CPU, of the plan", got: over(read.cpu, plain.cpu), target: 1, from: "as above"})
		if of.text == oneText {
			all = append(all, finding{what: "its size, a recipient", got: float64(size) / million, unit: "octets", target: 12, from: octets(size)})
		}
	}
	return all, nil
}
