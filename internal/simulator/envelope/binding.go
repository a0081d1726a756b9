package envelope

// Binding is one of the gateway's two servers.
type Binding struct {
	rpc        bool
	namespace  string
	olderSpace string // also taken for the namespace, and then of parameters too
	action     string // SOAPAction without the "/" and the operation
	callback   string // the name of msg_callback where it has another; both are taken
}

// The two of them. A call has one or the other, or olderRPC.
var (
	Document = &Binding{
		namespace: "http://api.clickatell.com/soap/document_literal/webservice",
		action:    "http://api.clickatell.com/soap/document_literal/webservice",
	}
	RPC = &Binding{
		rpc:        true,
		namespace:  "http://api.clickatell.com/soap/webservice",
		olderSpace: "soap.clickatell.com",
		action:     "http://api.clickatell.com/soap/webservice_vs.php",
	}

	// What came before RPC calls msg_callback as the gateway's other interfaces do.
	olderRPC = func() *Binding { b := *RPC; b.callback = "callback"; return &b }()
)

// bindings has the addresses at which the gateway has answered.
var bindings = map[string]*Binding{
	"/soap/document_literal/webservice": Document,
	"/soap/webservice_vs.php":           RPC,
	"/soap/webservice.php":              olderRPC,
	"/soap/rpc_encoded/webservice":      RPC,
}

// At gives the binding that the gateway serves under the path; nil for none.
func At(path string) *Binding { return bindings[path] }

// Namespace is that of the binding's operations.
func (b *Binding) Namespace() string { return b.namespace }
