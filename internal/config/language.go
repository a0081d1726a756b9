package config

// root is the whole language.
var root = blockType{
	blocks: map[string]blockType{
		"smsplan":    smsplanBlock,
		"gateway":    gatewayBlock,
		"variable":   variableBlock,
		"locals":     localsBlock,
		"recipients": recipientsBlock,
		"message":    messageBlock,
		"guard":      guardBlock,
		"check":      checkBlock,
		"tariff":     tariffBlock,
		"moved":      movedBlock,
		"removed":    removedBlock,
		"import":     importBlock,
		"output":     outputBlock,
	},
	foreign: map[string]string{
		"dynamic":   "Messages are repeated with for_each, and the blocks in messages and recipients with dynamic blocks in them.",
		"terraform": `Settings of smsplan go into a block smsplan { ... }; its state block takes the place of backend.`,
		"provider":  `The gateway is configured with a block gateway "clickatell" { ... }.`,
		"resource":  `What is sent is described with message "NAME" { ... }, and to whom with recipients "NAME" { ... }.`,
		"data":      `Recipients are read with recipients "NAME" { csv { ... } }, files with the functions file, csvdecode, jsondecode and yamldecode.`,
		"module":    "There are no modules: all *.sms.hcl files of one directory make one configuration, and variables make it usable elsewhere.",
	},
}

var smsplanBlock = blockType{
	about: "Settings of smsplan itself: which version the configuration needs, who can read saved plans, and where the state is.",
	most:  1,
	arguments: []argument{
		{name: "required_version", takes: takesConstant(takesText), without: "any version", about: "versions of smsplan that the configuration is for: conditions such as `\">= 0.1, < 2.0\"`. With another version nothing else is read"},
		{name: "plan_encrypt_to", takes: takesTexts, without: "nobody", about: "public keys of age (`age1...`); with the secret key of any of them what `plan -out` saves is opened. Those of `-encrypt-to` are added"},
	},
	blocks: map[string]blockType{
		"state": {
			about:    "Where what was sent is recorded.",
			label:    "kind",
			labelled: "the medium",
			most:     1,
			kinds: map[string]blockType{
				"file": {
					about: "One SQLite file.",
					arguments: []argument{
						{name: "path", takes: takesText, without: "`smsplan.state`; in a workspace other than `default`, `smsplan.state.d/NAME/smsplan.state`", about: "the file, from the configuration's directory on. Where it is given, each workspace needs another one: `\"/var/lib/acme/${smsplan.workspace}.state\"`"},
						{name: "key", takes: takesText, sensitive: true, without: "`SMSPLAN_STATE_KEY`, else a random one in the state", about: "secret that people's numbers are hidden with, better from an ephemeral variable than written out. Several, newest first, are separated by commas"},
					},
				},
			},
		},
	},
}

var variableBlock = blockType{
	about:    "A value that is given from outside.",
	label:    "name",
	labelled: "expressions name the value `var.NAME`",
	arguments: []argument{
		{name: "type", takes: takesType, without: "any type", about: "what values are converted to, such as `string`, `list(number)` or `object({ name = string, age = optional(number, 18) })`"},
		{name: "default", takes: takesConstant(takesAny), without: "a value has to be given", about: "the value where none is given"},
		{name: "description", takes: takesConstant(takesText), about: "what it is for, for readers of the configuration"},
		{name: "nullable", takes: takesConstant(takesBool), fallback: true, about: "`false` puts the default in the place of `null`, and makes `null` an error where there is no default"},
		{name: "sensitive", takes: takesConstant(takesBool), about: "`true` keeps the value out of everything that is shown. A saved plan keeps it"},
		{name: "ephemeral", takes: takesConstant(takesBool), about: "`true` keeps the value out of saved plans too: apply is given it again"},
	},
	blocks: map[string]blockType{
		"validation": {
			about: "What a value has to fulfil.",
			arguments: []argument{
				{name: "condition", takes: takesCondition, required: true, about: "holds for values that are right. It refers to the variable itself, and may refer to others"},
				{name: "error_message", takes: takesText, required: true, about: "what to say of a value for which it does not hold"},
			},
		},
	},
}

var localsBlock = blockType{
	about: "Names for expressions.",
	free:  "expressions name the value `local.NAME`",
}

var outputBlock = blockType{
	about:    "A value that `smsplan output` gives to people and programs.",
	label:    "name",
	labelled: "what `smsplan output` calls the value",
	arguments: []argument{
		{name: "value", takes: takesAny, required: true, about: "the value. It may come from what messages and recipient sets count, and never from people's rows or from something ephemeral"},
		{name: "description", takes: takesText, about: "what it is, for readers of the configuration"},
		{name: "sensitive", takes: takesBool, about: "`true` hides the value but from `output -raw NAME` and `output -json NAME`; required where the value is sensitive"},
	},
}

var movedBlock = blockType{
	about: "A message has another address, and is the same message.",
	arguments: []argument{
		{name: "from", takes: takesAddress, required: true, about: "the address that the message had"},
		{name: "to", takes: takesAddress, required: true, about: "the address that it has"},
	},
}

var removedBlock = blockType{
	about: "A message is gone, and that was meant.",
	arguments: []argument{
		{name: "from", takes: takesAddress, required: true, about: "the address that is gone"},
	},
}
