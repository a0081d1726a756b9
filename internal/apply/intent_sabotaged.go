//go:build sabotage_intents

package apply

const intentFirst = false
