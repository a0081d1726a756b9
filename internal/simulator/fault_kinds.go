package simulator

import (
	"slices"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// kind is what there is to know of all faults of a name.
type kind struct {
	name, text string
	own        []key
	wants      bool     // it does nothing without one of its own keys
	looks      bool     // it is about how answers look, those to callers who could not sign in too
	op         string   // whose requests it counts where no key says else; "" for a fault that acts all the time
	ops        []string // whose requests it may count; nil for all

	keys []key // its own, and those by which it counts
}

// submissions are the operations that send messages.
var submissions = []string{"sendmsg", "si_push", "ind_push", "senditem", "quicksend"}

// kinds has every fault, in the order of the gateway specification's section 15; choose is for its section 16.
var kinds = withCounts([]kind{
	// 1. The connection ends before the answer does.
	{name: "drop-before-answer", op: "sendmsg", text: "accept, then cut the connection before the status line"},
	{name: "drop-after-headers", op: "sendmsg", text: "accept, then cut the connection after the answer's headers"},
	{name: "drop-mid-body", op: "sendmsg", text: "accept, then cut the connection in the middle of the answer's body"},
	{name: "hang-after-body", op: "sendmsg", text: "accept, send the whole body, and neither end the answer nor close the connection", own: []key{
		durationKey("for", "", "how long; until the client leaves where it is absent"),
	}},

	// 2. Another answer than the call's.
	{name: "http-status", op: "sendmsg", text: "accept, then answer with an HTTP status and no envelope", own: []key{
		codeKey("code", 300, 599, "503", "the status"),
	}},
	{name: "soap-fault", op: "sendmsg", text: "accept, then answer with a SOAP fault", own: []key{
		wordKey("code", "Server", "whose fault it is", "Server", "Client"),
		textKey("string", "TEXT", "Internal error", "what it says", `[^\r\n]*`, "give one line"),
	}},

	// 3. Late acceptance, late answers.
	{name: "delay", op: "sendmsg", text: "wait before acceptance, whether the client has left or not, or before the answer", own: []key{
		needed(durationKey("for", "", "how long")),
		wordKey("when", "before", "before or after acceptance", "before", "after"),
	}},

	// 4. Late reporting.
	{name: "query-lag", op: "sendmsg", ops: submissions, text: "for a while after acceptance, querymsg does not know the message", own: []key{
		needed(durationKey("for", "", "how long")),
		wordKey("say", "104", "error 104 (103 by apimsgid), or the status 001", "104", "001"),
	}},

	// 5. Several messages with one climsgid.
	{name: "query-duplicates", op: "querymsg", ops: []string{"querymsg"}, text: "which of the messages with one climsgid querymsg reports, instead of the latest request's first", own: []key{
		needed(wordKey("say", "", "the first, the last, or all (in Document/Literal the last)", "first", "last", "all")),
	}},

	// 6. Sessions that end.
	{name: "session-idle", text: "sessions expire after another time without use than 15 minutes", own: []key{
		needed(durationKey("for", "", "how long")),
	}},
	{name: "expire-sessions-after", text: "each session expires after some requests made with it", own: []key{
		needed(numberKey("requests", "", "how many")),
		numberKey("times", "", "only the first N sessions"),
	}},

	// 7. Credit that runs out.
	{name: "credit-runs-out", text: "every account has so much credit from the moment of the order", own: []key{
		creditKey("credit", "0", "how much"),
	}},
	{name: "bare-error-line", op: "sendmsg", ops: submissions, text: "error lines about one of several recipients come without To:"},

	// 8. Answers in another order, wording or number of lines.
	{name: "shuffle", op: "sendmsg", ops: submissions, text: "the lines of the answer in another order", own: []key{
		numberKey("seed", "1", "the same order for the same seed"),
	}},
	{name: "missing-line", op: "sendmsg", ops: submissions, text: "the answer lacks a line", own: []key{
		numberKey("line", "", "which one; the last where it is absent"),
	}},
	{name: "extra-line", op: "sendmsg", ops: submissions, text: "the answer has a line too many, about a number that nobody sent to", own: []key{
		digitsKey("to", "12025550199", "the number"),
	}},
	{name: "spelling", op: anyOperation, wants: true, looks: true, text: "the lines of the answer in another spelling", own: []key{
		wordKey("case", "", "of the text of errors", "upper", "lower", "title"),
		wordKey("spaces", "", "after ID:, To:, OK: and ERR:", "none", "double"),
		wordKey("end", "", "a line break at the end of each line", "lf", "crlf"),
		flagKey("credits", "Credits: instead of Credit:"),
		wordKey("text", "", "errors have a code and no text", "none"),
		wordKey("code", "", "errors have a text and no code", "none"),
		wordKey("lines", "", "every line says nothing, or what fits nothing", "empty", "strange"),
		wordKey("order", "", "the last two fields of querymsg, delmsg and getmsgcharge change places", "swapped"),
		flagKey("joined", "all lines in one string, with line breaks between them"),
	}},

	// 9. Compression and connections.
	{name: "gzip", op: anyOperation, looks: true, text: "the answer is compressed where the client offers gzip"},
	{name: "close-after", text: "close a connection after some requests", own: []key{
		needed(numberKey("requests", "", "how many")),
		flagKey("silent", "true gives no notice of it"),
	}},

	// 10. Refusals that pass.
	{name: "error", op: "sendmsg", text: "answer an error and do nothing, once unless times says else", own: []key{
		codeKey("code", 1, 999, "901", "the error"),
		durationKey("for", "1h", "how long error 130 says that it lasts"),
		numberKey("times", "1", ""),
	}},
	{name: "refuse", op: "sendmsg", ops: submissions, text: "refuse recipients", own: []key{
		codeKey("code", 1, 999, "114", "the error"),
		digitsKey("ending", "", "only numbers that end so"),
		durationKey("for", "1h", "how long error 130 says that it lasts"),
	}},

	// 11. Encodings of RPC answers.
	{name: "rpc-array", op: anyOperation, wants: true, looks: true, text: "RPC answers in another encoding", own: []key{
		textKey("member", "NAME", "", "name of the members of arrays, instead of item", `[A-Za-z_][0-9A-Za-z_.-]*`, "give the name of an element, such as string"),
		wordKey("type", "", "arrays are of the WSDL's own type ArrayOfString", "own"),
		wordKey("size", "", "arrayType names a wrong size or an open one, or there is none", "wrong", "open", "none"),
		wordKey("href", "", "the value stands beside the response and is referred to; with members, those of arrays too", "true", "members"),
		flagKey("single", "one string where an array is due, and an array where one string is"),
		flagKey("nil", "no value at all"),
	}},

	// 12. Callbacks.
	{name: "callback-twice", op: "sendmsg", ops: submissions, text: "each status is pushed twice"},
	{name: "callback-shuffle", op: "sendmsg", ops: submissions, text: "statuses are pushed out of order"},
	{name: "callback-early", op: "sendmsg", ops: submissions, text: "the first status is pushed before the answer leaves"},
	{name: "callback-never", op: "sendmsg", ops: submissions, text: "no status is pushed"},
	{name: "status", op: "sendmsg", ops: submissions, text: "messages end with another status", own: []key{
		codeKey("code", 1, 14, "007", "the status"),
		digitsKey("ending", "", "only to numbers that end so"),
	}},

	// The other choice where the documentation leaves one.
	{name: "choose", wants: true, text: "the other choice where the gateway's documentation leaves one", own: []key{
		wordKey("order", "", "parameters must come in the schema's order, else a Client fault", "strict"),
		wordKey("elements", "", "parameters that the operation does not have are passed over", "ignored"),
		wordKey("action", "", "a request without SOAPAction is a Client fault, or one that contradicts the body is none", "required", "ignored"),
		wordKey("both", "", "of a session and credentials, the credentials count", "credentials"),
		wordKey("unknown", "", "querymsg and delmsg of an unknown id answer with status 001", "001"),
		wordKey("ping", "", "ping answers with the session id", "session"),
		wordKey("over", "", "of more than 300 recipients the first 300 are sent to", "truncate"),
		wordKey("duplicates", "", "a number that stands twice in a request gets one message", "merge"),
		wordKey("climsgid", "", "ids that differ in case are the same", "folded"),
		wordKey("plain", "", "a plain text with a character that the alphabet lacks is error 116", "refuse"),
		wordKey("missing", "", "001 instead of 003 and 005 for sessions", "001"),
	}},
})

func withCounts(table []kind) []kind {
	all := envelope.Operations()
	for i := range table {
		k := &table[i]
		k.keys = k.own
		if k.op == "" {
			continue
		}
		may := k.ops
		if may == nil {
			may = all
		}
		k.keys = append(slices.Clone(k.own), operationKey(k.op, may))
		for _, count := range []key{numberKey("times", "", ""), numberKey("after", "", ""), numberKey("every", "1", "")} {
			if !slices.ContainsFunc(k.own, func(own key) bool { return own.Name == count.Name }) {
				k.keys = append(k.keys, count)
			}
		}
	}
	return table
}

// counts reports whether faults of the kind may count requests of the operation.
func (k *kind) counts(op string) bool { return k.ops == nil || slices.Contains(k.ops, op) }
