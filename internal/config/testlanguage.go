package config

import "time"

// testRoot is the language of test files.
var testRoot = blockType{
	blocks: map[string]blockType{"variables": testVariablesBlock, "run": runBlock},
	foreign: map[string]string{
		"gateway":         "Tests send to a simulated gateway, whatever the configuration's is; faults = [...] in a run has it misbehave.",
		"mock_data":       "There is nothing to mock: tests send to a simulated gateway.",
		"mock_provider":   "There is nothing to mock: tests send to a simulated gateway.",
		"override_data":   "There is nothing to mock: tests send to a simulated gateway.",
		"override_module": "There are no modules.",
		"provider":        "Tests send to a simulated gateway; faults = [...] in a run has it misbehave.",
		"test":            "The runs of a file are carried out one after another, with one state.",
	},
}

var testVariablesBlock = blockType{
	about: "Values of the configuration's variables: for all runs of the file, or, in a run, for that one.",
	most:  1,
	free:  "a variable of the configuration",
}

var runBlock = blockType{
	about:    "One plan or apply, and what must be true of it.",
	label:    "name",
	labelled: "later runs name its outputs `run.NAME.OUTPUT`",
	arguments: []argument{
		{name: "command", takes: takes{name: "`plan` or `apply`, without quotation marks", constraint: takesText.constraint, written: true}, without: "`apply`", about: "what is done. `plan` sends nothing and records nothing"},
		{name: "expect_failures", takes: takes{name: "list of addresses", constraint: takesTexts.constraint, written: true}, without: "none", about: "what must refuse, for the run to pass: `check.NAME`, which must warn; and, with `plan` only, `var.NAME`, whose `validation` must not hold, `message.NAME` or `message.NAME[\"key\"]`, a `precondition` of which must not hold, and `guard.NAME`, which the plan must go beyond"},
		{name: "allow", takes: takes{name: "list of addresses", constraint: takesTexts.constraint, written: true}, without: "none", about: "guards that the plan may go beyond, as `-allow`: `guard.NAME`"},
		{name: "faults", takes: takesConstant(takesTexts), without: "a gateway without faults", about: "with `apply` only: the simulator's faults during this run, such as `[\"drop-before-answer:times=1\"]`"},
		{name: "resolve_timeout", takes: takesConstant(takesDuration(0, time.Hour)), fallback: time.Duration(0), about: "with `apply` only: for how long it asks, after sending, about sends in doubt, as `-resolve-timeout`. Those that stay in doubt are asked about by the next apply"},
		{name: "now", takes: takesConstant(takesTime), without: "the time of day", about: "with `plan` only: the time at which the plan is made, such as `\"2030-01-31T08:00:00Z\"`"},
	},
	blocks: map[string]blockType{
		"variables": testVariablesBlock,
		"assert": {
			about: "What must be true of what the run came to.",
			arguments: []argument{
				{name: "condition", takes: takesCondition, required: true, about: "what must be true. It may refer to what the configuration knows, and to what the run came to"},
				{name: "error_message", takes: takesText, required: true, about: "what is said where it is not"},
			},
		},
	},
	foreign: map[string]string{
		"module":       "There are no modules: a run is about the configuration that the test belongs to.",
		"parallel":     "The runs of a file are carried out one after another, with one state.",
		"plan_options": "A run has command, variables, faults and now.",
		"providers":    "Tests send to a simulated gateway; faults = [...] has it misbehave.",
		"state_key":    "The runs of a file share one state. Put what needs another one into a file of its own.",
	},
}
