package config

// testRoot is the language of test files.
var testRoot = blockType{
	blocks: map[string]blockType{
		"variables": {},
		"run": {
			label: "name",
			arguments: []argument{
				{name: "command"}, {name: "expect_failures"}, {name: "faults"}, {name: "resolve_timeout"}, {name: "now"},
			},
			blocks: map[string]blockType{
				"variables": {},
				"assert":    {arguments: []argument{{name: "condition", required: true}, {name: "error_message", required: true}}},
			},
			foreign: map[string]string{
				"module":       "There are no modules: a run is about the configuration that the test belongs to.",
				"parallel":     "The runs of a file are carried out one after another, with one state.",
				"plan_options": "A run has command, variables, faults and now.",
				"providers":    "Tests send to a simulated gateway; faults = [...] has it misbehave.",
				"state_key":    "The runs of a file share one state. Put what needs another one into a file of its own.",
			},
		},
	},
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
