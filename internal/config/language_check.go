package config

var checkBlock = blockType{
	about:    "Something that should be so. Where it is not, plans warn of it, and nothing is stopped.",
	label:    "name",
	labelled: "warnings name it",
	blocks: map[string]blockType{
		"assert": {
			about:   "A condition of the check.",
			least:   1,
			dynamic: true,
			arguments: []argument{
				{name: "condition", takes: takesCondition, required: true, about: "what should be so"},
				{name: "error_message", takes: takesText, required: true, about: "what to say where it is not"},
			},
		},
	},
}
