package main

import "context"

// subject is what is measured together, in turn, on the same data.
type subject struct {
	id, what string
	measure  func(context.Context, *bench) ([]finding, error)
}

// subjects are in the order of the report.
var subjects = []subject{
	{"start", "what the program takes to begin", start},
	{"blocks", "a thousand messages, one recipient each", manyBlocks},
	{"saved", "a saved plan of a million recipients", savePlan},
	{"plan", "plan of a million rows", planMillion},
	{"again", "plan of a million rows that were all sent", planAgain},
	{"batch", "apply, 300 recipients a request", sendBatches},
	{"single", "apply, one recipient a request", sendSingles},
	{"slow", "apply to a gateway that takes 20 ms", sendSlowly},
	{"linear", "apply to ten times the recipients", sendMore},
	{"grow", "plan of ten million rows", planGrows},
}
