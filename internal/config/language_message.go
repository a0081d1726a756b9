package config

import (
	"math"
	"time"
)

// Limits and defaults of the message block.
const (
	defaultSegments = 10
	mostSegments    = 35 // the gateway's ceiling
	leastValidity   = time.Minute
	mostValidity    = 7 * 24 * time.Hour

	// DefaultPriority is between the two others, so that either of them says something beside messages without one. It is
	// always sent, because the gateway's documents disagree about its own default.
	DefaultPriority = 2
	lowestPriority  = 3
	mostCredits     = 1e6

	// Beyond six days the gateway cannot tell any more what became of a request (gateway specification, section 11).
	leastSettle = time.Minute
	mostSettle  = 5 * 24 * time.Hour
	usualSettle = 15 * time.Minute
)

var messageBlock = blockType{
	about:    "What people get. A person gets a message at one `revision` once, whatever happens.",
	label:    "name",
	labelled: "the message's address is `message.NAME`",
	arguments: []argument{
		{name: "to", takes: takesSets, required: true, about: "who gets it"},
		{name: "text", takes: takesRowText, without: "required, unless there is a `binary` block", about: "the text, once for all, or for each recipient where it names `recipient`"},
		{name: "where", takes: takesRowCondition, without: "everybody", about: "who of them gets it"},
		{name: "from", takes: takesText, without: "the gateway's own", about: "sender ID: a number of at most 16 digits, or at most 11 letters and digits. The account must have it approved"},
		{name: "for_each", takes: takesEach, without: "one message", about: "one message for each element, with `each.key` and `each.value`"},
		{name: "revision", takes: takesWhole(1, math.MaxInt32), fallback: 1, about: "to raise it sends anew to everybody"},
		{name: "dedupe_key", takes: takesText, without: "a ledger of its own", about: "messages with the same key share a ledger, so that a person gets one of them at most, at one revision"},
		{name: "depends_on", takes: takesAddresses, without: "none", about: "messages that are to be finished before the first request of this one is begun; a block stands for all its instances"},
		{name: "flash", takes: takesBool, about: "`true` shows the message at once and keeps it nowhere"},
		{name: "unicode", takes: takesOneOf("auto", "always", "never"), about: "`\"auto\"` uses UCS-2 for texts that GSM 03.38 cannot write; `\"never\"` makes such texts an error"},
		{name: "max_segments", takes: takesWhole(1, mostSegments), fallback: defaultSegments, about: "most segments of a text; a longer one is an error"},
		{name: "deliver_at", takes: takesTime, without: "at once", about: "when, such as `\"2030-01-31T08:00:00+02:00\"`: at most 7 days ahead when it is applied. The gateway holds the message until then, give or take minutes"},
		{name: "validity", takes: takesDuration(leastValidity, mostValidity), without: "the gateway's: a day", about: "how long the gateway may try, from `deliver_at` on. It is also how late a message may be when it is applied"},
		{name: "receipts", takes: takesBool, about: "`true` asks for receipts of the handset"},
		{name: "callbacks", takes: takesSome(choiceNames(callbacks)...), without: "all with `receipts`, else none", about: "which statuses the gateway pushes to the account's callback address"},
		{name: "priority", takes: takesWhole(1, lowestPriority), fallback: DefaultPriority, about: "1 goes before 2, and 2 before 3, among the messages of the account"},
		{name: "max_credits", takes: takesAbove(mostCredits), without: "the account's", about: "most that one message may cost. Above it the gateway accepts the message and does not deliver it (status 009). Fractions need `binding = \"rpc\"`"},
		{name: "escalate", takes: takesBool, about: "`true` takes a dearer route at once where the cheapest is queueing"},
		{name: "features", takes: takesSome(choiceNames(features)...), without: "none", about: "what the route must have, else the message is not delivered"},
		{name: "mobile_originated", takes: takesBool, about: "`true` lets people reply; `from` is then the number of the account's two-way service"},
		{name: "on_doubt", takes: takesOneOf(Hold, Probe, Resend), about: "`\"hold\"` sends nothing until you say what became of them (`smsplan resolve -as`); `\"probe\"` sends anew once the gateway has not known the request for long enough; `\"resend\"` sends anew at once"},
		{name: "settle", takes: takesDuration(leastSettle, mostSettle), fallback: usualSettle, about: "only with `on_doubt = \"probe\"`: how long the gateway must not have known the request"},
	},
	blocks: map[string]blockType{
		"binary": {
			about:   "An 8-bit message, in the place of `text`.",
			most:    1,
			dynamic: true,
			arguments: []argument{
				{name: "udh", takes: takesText, without: "none", about: "the user data header, in hexadecimal"},
				{name: "data", takes: takesText, required: true, about: "the octets, in hexadecimal"},
			},
		},
		"window": {
			about:   "The hours of the day in which the message may be sent. Outside them it is scheduled for when they begin.",
			most:    1,
			dynamic: true,
			arguments: []argument{
				{name: "from", takes: takesClock, required: true, about: "when the hours begin, such as `\"08:00\"`"},
				{name: "to", takes: takesClock, required: true, about: "when they end. Where that is before `from` they go over midnight"},
				{name: "timezone", takes: takesZone, required: true, about: "whose clock counts: `\"Europe/Berlin\"`, say, or `\"recipient\"` for the clock where the recipient is"},
			},
		},
		"precondition": {
			about:   "What must be so before the message is sent. Where it is not, there is no plan.",
			dynamic: true,
			arguments: []argument{
				{name: "condition", takes: takesCondition, required: true, about: "what must be so. It may refer to the message as `self`"},
				{name: "error_message", takes: takesText, required: true, about: "what to say where it is not"},
			},
		},
		"lifecycle": {
			about: "What the message ignores changes of.",
			most:  1,
			arguments: []argument{
				{name: "ignore_changes", takes: takesWords(IgnoreRecipients, IgnoreText), without: "none", about: "`recipients` freezes whom the message is for; `text` accepts a text that differs from what was sent"},
			},
		},
	},
	foreign: map[string]string{
		"count": "Use for_each with a map or a set of strings: with count, deleting an element would renumber the rest, and messages would be sent again.",
	},
}
