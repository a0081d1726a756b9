package envelope

import "strings"

// operation is something that the gateway can be asked to do.
type operation struct {
	name    string // in Document/Literal
	rpcName string

	document, rpc []part

	documentMany bool // Document/Literal answers with one return or more
	rpcArray     bool // RPC answers with an array
}

// callbackPart is the part that has another name in olderRPC.
const callbackPart = "msg_callback"

// nameIn gives the name that travels.
func (o *operation) nameIn(b *Binding) string {
	if b.rpc {
		return o.rpcName
	}
	return o.name
}

func (o *operation) partsIn(b *Binding) []part {
	if b.rpc {
		return o.rpc
	}
	return o.document
}

// part is one parameter of an operation.
type part struct {
	Name     string // as it travels
	key      string // the same in both bindings: cliMsgId is climsgid
	Type     string // string, int or float
	Optional bool   // may occur 0 times
	Many     bool   // may occur more than once; an array in RPC
}

const (
	credentials = "session_id? api_id:int? user? password?"

	// What the operations that send have in common, in either binding.
	documentTiming = "deliv_time:int? max_credits:int? req_feat:int? queue:int? escalate:int? mo:int? climsgid?"
	rpcTiming      = "deliv_time:int max_credits:float req_feat:int queue:int escalate:int mo:int cliMsgId"
)

// operations are all that the gateway offers. The notation is that of the gateway's
// documentation: "?" for 0..1, "+" for 1..n, a type where it is not string. RPC has no optional parts.
var operations = tabled([]operation{
	{name: "auth",
		document: parts("api_id:int user password"),
		rpc:      parts("api_id:int user password")},
	{name: "ping",
		document: parts("session_id"),
		rpc:      parts("session_id")},
	{name: "sendmsg", documentMany: true, rpcArray: true,
		document: parts(credentials, "text? to+ from? concat:int? msg_callback:int? deliv_ack:int?", documentTiming,
			"unicode:int? msg_type? udh? data? validity:int?"),
		rpc: parts(credentials, "to+ from text concat:int deliv_ack:int msg_callback:int", rpcTiming,
			"unicode:int msg_type udh data validity:int")},
	{name: "querymsg", rpcArray: true,
		document: parts(credentials, "apimsgid? climsgid?"),
		rpc:      parts(credentials, "apimsgid climsgid")},
	{name: "delmsg", rpcArray: true,
		document: parts(credentials, "apimsgid? climsgid?"),
		rpc:      parts("session_id api_id user password apimsgid climsgid")},
	{name: "getbalance",
		document: parts(credentials),
		rpc:      parts(credentials)},
	{name: "routecoverage", rpcName: "routeCoverage",
		document: parts(credentials, "msisdn"),
		rpc:      parts(credentials, "msisdn")},
	{name: "si_push", documentMany: true, rpcArray: true,
		document: parts(credentials, "to+ si_id si_url si_text si_created? si_expires? si_action? from? concat:int? deliv_ack:int? msg_callback:int?",
			documentTiming, "unicode:int? validity:int?"),
		rpc: parts(credentials, "to+ si_id si_url si_text si_created si_expires si_action from concat:int deliv_ack:int msg_callback:int",
			rpcTiming, "validity:int")},
	{name: "ind_push", documentMany: true, rpcArray: true,
		document: parts(credentials, "to+ mms_subject mms_class mms_expire mms_from mms_url from? concat:int? deliv_ack:int? msg_callback:int?",
			documentTiming, "validity:int?"),
		rpc: parts(credentials, "to+ mms_subject mms_class mms_expire mms_from mms_url from concat:int deliv_ack:int msg_callback:int",
			rpcTiming, "validity:int")},
	{name: "token_pay", documentMany: true,
		document: parts(credentials, "token"),
		rpc:      parts(credentials, "token")},
	{name: "startbatch", rpcArray: true,
		document: parts(credentials, "from? concat:int? template deliv_ack:int? msg_callback:int?", documentTiming,
			"unicode:int? msg_type? udh? validity:int?"),
		rpc: parts(credentials, "from concat:int template deliv_ack:int msg_callback:int", rpcTiming,
			"unicode:int msg_type udh data validity:int")},
	{name: "senditem", documentMany: true, rpcArray: true,
		document: parts(credentials, "batch_id to+ field1? field2? field3? field4? field5? field6? field7? field8? field9? field10?"),
		rpc:      parts(credentials, "batch_id to+ field1 field2 field3 field4")},
	{name: "quicksend", documentMany: true, rpcArray: true,
		document: parts(credentials, "batch_id to+"),
		rpc:      parts(credentials, "batch_id to+")},
	{name: "endbatch", rpcArray: true,
		document: parts(credentials, "batch_id"),
		rpc:      parts(credentials, "batch_id")},
	{name: "getmsgcharge", rpcArray: true,
		document: parts(credentials, "apimsgid?"),
		rpc:      parts(credentials, "apimsgid")},
})

func tabled(table []operation) []operation {
	for i := range table {
		if table[i].rpcName == "" {
			table[i].rpcName = table[i].name
		}
	}
	return table
}

func parts(notation ...string) []part {
	var list []part
	for _, word := range strings.Fields(strings.Join(notation, " ")) {
		var p part
		word, p.Optional = strings.CutSuffix(word, "?")
		word, p.Many = strings.CutSuffix(word, "+")
		p.Name, p.Type, _ = strings.Cut(word, ":")
		if p.Type == "" {
			p.Type = "string"
		}
		p.key = strings.ToLower(p.Name)
		list = append(list, p)
	}
	return list
}

// operationNamed gives nil where there is none.
func operationNamed(name string, b *Binding) *operation {
	for i := range operations {
		if operations[i].nameIn(b) == name {
			return &operations[i]
		}
	}
	return nil
}

// partNamed gives the index of a part, -1 for none.
func partNamed(name string, list []part) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

// Operations are the Document/Literal names of all that the gateway offers.
func Operations() []string {
	names := make([]string, len(operations))
	for i := range operations {
		names[i] = operations[i].name
	}
	return names
}
