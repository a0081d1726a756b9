package soap

import "fmt"

// Code is an error code of the gateway. Zero is no code.
type Code int

// Class is what a code means for the sends it names.
type Class uint8

// Classes.
const (
	Never  Class = iota // not accepted, and never will be as it is
	Retry               // not accepted, may be sent again later
	Reauth              // not accepted, get a new session first
	Fatal               // not accepted, and the rest of the run would fare the same
)

func (c Class) String() string { return [...]string{"never", "retry", "reauth", "fatal"}[c] }

// Codes that callers act on by name.
const (
	AuthFailed       Code = 1
	UnknownMessage   Code = 103 // by apimsgid
	UnknownClientID  Code = 104
	BadSender        Code = 106
	OptedOut         Code = 122
	UnapprovedSender Code = 123
	LimitReached     Code = 130
	NoCredit         Code = 301
	InternalError    Code = 901
)

// codes is the gateway's list: every error that its documents name, in any version of them.
var codes = map[Code]struct {
	class   Class
	meaning string
	remedy  string
}{
	1:   {Fatal, "authentication failed", "check api_id, user and password"},
	2:   {Fatal, "unknown user name or password", "check user and password"},
	3:   {Reauth, "session expired", "sign in again"},
	4:   {Fatal, "account frozen", "ask the gateway's support why the account is frozen"},
	5:   {Reauth, "session id missing", "sign in again"},
	7:   {Fatal, "this address is locked out", "add this machine's address to the IP lockdown list of the API connection"},
	100: {Fatal, "request malformed", "report this: smsplan wrote a request that the gateway cannot read"},
	101: {Never, "invalid or missing parameter", "check sender, schedule and the other arguments of the message"},
	102: {Never, "invalid user data header", "check udh of the binary block"},
	103: {Never, "unknown API message id", "the id is wrong or the message older than six days"},
	104: {Never, "unknown client message id", "the id is wrong, the message older than six days, or it never arrived"},
	105: {Never, "invalid destination address", "correct the number"},
	106: {Never, "invalid sender", "register the sender with the gateway, or leave from out"},
	107: {Never, "empty message", "give the message a text"},
	108: {Fatal, "invalid or missing api_id", "check api_id, and that it belongs to a SOAP connection"},
	109: {Never, "message id missing", "report this: smsplan asked without an id"},
	110: {Never, "error with e-mail message", ""},
	111: {Never, "invalid protocol", ""},
	112: {Never, "invalid message type", "check flash and binary of the message"},
	113: {Never, "more segments than allowed", "shorten the text or raise max_segments"},
	114: {Never, "no route to this number at the moment", "ask the gateway for coverage, or try on another day"},
	115: {Never, "expired before it was passed on", "raise validity"},
	116: {Never, "invalid Unicode data", "report this: smsplan wrote a text that the gateway cannot read"},
	120: {Never, "invalid delivery time or client message id", "deliver at most seven days ahead"},
	121: {Never, "number blocked by the gateway", "ask the gateway's support"},
	122: {Never, "recipient opted out", "respect it: only the recipient can opt in again"},
	123: {Never, "sender invalid or not approved", "have the sender approved by the gateway, or leave from out"},
	128: {Never, "number delisted", "take the number out"},
	130: {Retry, "message limit reached", "wait until the time that the gateway names, or have the limit raised"},
	160: {Fatal, "HTTP method not allowed", "check that the endpoint is the SOAP service"},
	161: {Fatal, "resource not found", "check that the endpoint is the SOAP service"},
	165: {Fatal, "version header invalid", "check that the endpoint is the SOAP service"},
	166: {Fatal, "header invalid or missing", "check that the endpoint is the SOAP service"},
	167: {Fatal, "header invalid or missing", "check that the endpoint is the SOAP service"},
	201: {Never, "invalid batch id", ""},
	202: {Never, "no batch template", ""},
	301: {Fatal, "no credit left", "buy credit, then apply again"},
	302: {Never, "costs more than allowed", "raise max_credits"},
	606: {Never, "invalid voucher", ""},
	607: {Never, "expired voucher", ""},
	901: {Retry, "internal error of the gateway", "apply again"},
}

// Class gives the class of the code; codes that the table lacks are Never.
func (c Code) Class() Class { return codes[c].class }

// ClassFor is Class for a call made with a: a failed authentication is Reauth where it was by a session,
// because some deployments say so of an expired one.
func (c Code) ClassFor(a Access) Class {
	if c == AuthFailed && a.Session != "" {
		return Reauth
	}
	return c.Class()
}

// Known reports whether the gateway's documents list the code.
func (c Code) Known() bool {
	_, ok := codes[c]
	return ok
}

// Meaning says in a few words what the code means.
func (c Code) Meaning() string {
	if e, ok := codes[c]; ok {
		return e.meaning
	}
	return "unknown error"
}

// Remedy says what to do about the code; "" where nothing is known.
func (c Code) Remedy() string { return codes[c].remedy }

// String gives the three digits: "001".
func (c Code) String() string { return fmt.Sprintf("%03d", int(c)) }
