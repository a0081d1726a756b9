package config

import (
	"slices"
	"time"
)

// Limits and defaults of the gateway block.
const (
	mostRecipients     = 300 // in one request: the gateway's own limit
	defaultConnections = 8
	mostConnections    = 64
	mostRate           = 1e6
	defaultRate        = 100
	leastTimeout       = time.Second
	mostTimeout        = 10 * time.Minute
	defaultTimeout     = 30 * time.Second
)

// vendorEndpoints are the addresses of the real gateway, by binding.
var vendorEndpoints = map[string]string{
	"document": "https://api.clickatell.com/soap/document_literal/webservice",
	"rpc":      "https://api.clickatell.com/soap/webservice_vs.php",
}

// VendorEndpoint gives the address of the real gateway for a binding.
func VendorEndpoint(binding string) string { return vendorEndpoints[binding] }

var gatewayBlock = blockType{
	about:    "Where messages go, and how.",
	label:    "kind",
	labelled: "the gateway",
	least:    1,
	most:     1,
	kinds: map[string]blockType{
		"clickatell": {
			about: "The SOAP gateway.",
			arguments: slices.Concat([]argument{
				{name: "endpoint", takes: takesText, without: "the vendor's, for the binding", about: "address of the service. `http://` only to this machine, unless `allow_insecure_http`"},
				{name: "api_id", takes: takesText, without: "`SMSPLAN_API_ID`", about: "the account's API connection, a number and no secret"},
				{name: "user", takes: takesText, sensitive: true, without: "`SMSPLAN_USER`", about: "the account; never written to a plan, the state or any output"},
				{name: "password", takes: takesText, sensitive: true, without: "`SMSPLAN_PASSWORD`", about: "its password; never written to a plan, the state or any output"},
			}, requestArguments, []argument{
				{name: "rate", takes: takesAbove(mostRate), fallback: float64(defaultRate), about: "recipients a second, all connections together"},
				{name: "timeout", takes: takesDuration(leastTimeout, mostTimeout), fallback: defaultTimeout, about: "how long one request may take"},
				{name: "namespace", takes: takesText, without: "the binding's", about: "XML namespace of the operations, where the service has another"},
				{name: "soap_action", takes: takesText, without: "the binding's", about: "beginning of the SOAPAction header, where the service has another"},
				{name: "ca_file", takes: takesText, without: "the system's only", about: "file with certificates (PEM) to trust beside the system's"},
				{name: "allow_insecure_http", takes: takesBool, about: "`true` lets texts and the password travel unencrypted"},
			}),
		},
		"simulator": {
			about: "The simulated gateway, which delivers nothing, started while a command runs.",
			arguments: slices.Concat(requestArguments, []argument{
				{name: "rate", takes: takesAbove(mostRate), without: "no limit", about: "recipients a second, all connections together"},
				{name: "outbox", takes: takesText, without: "none", about: "file that gets one JSON line for each message taken"},
				{name: "fault", takes: takesTexts, without: "none", about: "faults of the simulator, such as `[\"drop-before-answer:times=1\"]`"},
			}),
		},
	},
}

// requestArguments say how requests are made, to every kind of gateway.
var requestArguments = []argument{
	{name: "binding", takes: takesOneOf("document", "rpc"), about: "the style of the service at the endpoint"},
	{name: "auth", takes: takesOneOf("session", "credentials"), about: "`\"session\"` signs in once and keeps the session; `\"credentials\"` sends user and password with each request"},
	{name: "batch_size", takes: takesWhole(1, mostRecipients), fallback: mostRecipients, about: "recipients in one request. With 1, every answer is about one person, and a lost one can be settled"},
	{name: "connections", takes: takesWhole(1, mostConnections), fallback: defaultConnections, about: "requests at once"},
}
