//go:build !sabotage_intents

package apply

// intentFirst says that an intent is on stable storage before its request begins. A test builds the program with the tag
// sabotage_intents to show that the promise hangs on it.
const intentFirst = true
