package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/smsplan/smsplan/internal/sms"
)

// Gateway is where messages go.
type Gateway struct {
	Kind        string // "clickatell" or "simulator"
	Endpoint    string // "" for the simulator
	Binding     string // "document" or "rpc"
	Auth        string // "session" or "credentials"
	Namespace   string // "" for the binding's
	SOAPAction  string // "" for the binding's
	APIID       string
	BatchSize   int
	Connections int
	Rate        float64 // recipients a second; 0 for no limit
	Timeout     time.Duration
	CAFile      string   // absolute
	Outbox      string   // simulator only; absolute
	Faults      []string // simulator only; as written
	Credentials Credentials
}

// Credentials sign in. They print as "(hidden)" in every form and refuse to be marshalled.
type Credentials struct{ User, Password string }

const hidden = "(hidden)"

func (Credentials) String() string { return hidden }

// Format prints the same for every verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue is what loggers print.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText refuses.
func (Credentials) MarshalText() ([]byte, error) {
	return nil, errors.New("credentials are not written anywhere")
}

// Missing lists the credentials that have no value: "user", "password", "api_id".
func (g Gateway) Missing() []string {
	var missing []string
	for _, each := range []struct{ name, value string }{
		{"user", g.Credentials.User}, {"password", g.Credentials.Password}, {"api_id", g.APIID},
	} {
		if each.value == "" {
			missing = append(missing, each.name)
		}
	}
	return missing
}

// readGateway reads the gateway block.
func (s *scope) readGateway(blocks []*hcl.Block) Gateway {
	if len(blocks) == 0 {
		if s.l.partial {
			return Gateway{}
		}
		s.l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No gateway",
			Detail: `The configuration has no gateway block. Write gateway "simulator" {} to try things out, or gateway "clickatell" { ... } to send.`})
		return Gateway{}
	}
	for _, b := range blocks[1:] {
		s.l.add(second(b, blocks[0]))
	}
	kind, diag := gatewayBlock.ofKind(blocks[0])
	if diag != nil {
		s.l.add(diag)
		return Gateway{}
	}
	content, diags := kind.read(blocks[0].Body, title(blocks[0]))
	s.l.add(diags...)
	g := Gateway{Kind: blocks[0].Labels[0]}
	if s.l.options.Scope == ScopeState {
		return g
	}
	a := &arguments{s: s, of: kind, content: content}
	before := len(s.l.diags)
	g.Binding = a.choice("binding")
	if !a.unknown && !s.l.diags[before:].HasErrors() {
		s.binding = g.Binding
	}
	g.Auth = a.choice("auth")
	g.BatchSize = a.whole("batch_size")
	g.Connections = a.whole("connections")
	g.Rate = a.rate("rate")
	switch {
	case s.l.options.test != nil:
		// What says where the gateway is, and who signs in, is not even looked at.
		g.simulated()
	case g.Kind == "simulator":
		s.readSimulator(a, &g)
	default:
		s.readClickatell(a, &g)
	}
	if a.unknown {
		s.undecided("the gateway", blocks[0].DefRange)
	}
	if g.Kind == "clickatell" {
		s.readCredentials(a, &g)
	}
	return g
}

// simulated makes the gateway the simulator, and signs in to it with the account that it is born with.
func (g *Gateway) simulated() {
	g.Kind, g.Timeout = "simulator", defaultTimeout
	g.APIID, g.Credentials = "1", Credentials{User: "demo", Password: "demo"}
}

// readSimulator reads what only the simulator takes.
func (s *scope) readSimulator(a *arguments, g *Gateway) {
	g.simulated()
	if outbox := a.text("outbox"); outbox != "" {
		g.Outbox = s.within(outbox)
	}
	g.Faults = a.texts("fault")
	if s.l.options.CheckFault == nil {
		return
	}
	for i, text := range g.Faults {
		if err := s.l.options.CheckFault(text); err != nil {
			s.l.add(fault(a.element("fault", i), "Invalid value for fault", sentence(err.Error())))
		}
	}
}

func (s *scope) readClickatell(a *arguments, g *Gateway) {
	g.Timeout = a.duration("timeout")
	g.Namespace = address(a, "namespace")
	g.SOAPAction = address(a, "soap_action")
	if file := a.text("ca_file"); file != "" {
		g.CAFile = s.within(file)
	}
	g.Endpoint = s.endpoint(a, vendorEndpoints[g.Binding])
}

// address reads what stands in a request as the address of something that is never opened.
func address(a *arguments, name string) string {
	text := a.text(name)
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		a.fault(name, "The value of %s is an address such as http://api.clickatell.com/soap/webservice, without spaces and quotation marks.", name)
		return ""
	}
	return text
}

// readCredentials reads what may be missing until something is sent.
func (s *scope) readCredentials(a *arguments, g *Gateway) {
	text := func(value string) bool {
		_, _, unsendable := sms.Unsendable(value)
		return !unsendable
	}
	const textOnly = "%s has a character that no request can carry, such as a control character or one that is not UTF-8."
	g.APIID = s.credential(a, "api_id", "SMSPLAN_API_ID", "%s is a number, such as 1234567.", func(value string) bool {
		n, err := strconv.ParseUint(value, 10, 31) // the gateway types it int
		return err == nil && n > 0
	})
	g.Credentials = Credentials{
		User:     s.credential(a, "user", "SMSPLAN_USER", textOnly, text),
		Password: s.credential(a, "password", "SMSPLAN_PASSWORD", textOnly, text),
	}
	s.l.veil.hideText(g.Credentials.Password)
	if g.Credentials.Password != "" {
		s.writtenOut(a, "password", "password", "SMSPLAN_PASSWORD")
	}
}

// credential gives a credential from the configuration, or, where that has none or takes it from a variable without a
// value, from the environment. One that is not fit is reported by where it came from, and reads as none.
func (s *scope) credential(a *arguments, name, variable, must string, fit func(string) bool) string {
	read := a.secretText
	if name == "api_id" {
		read = a.text // it is in plans
	}
	if value := read(name); value != "" {
		if fit(value) {
			return value
		}
		a.fault(name, must, "The value of "+name)
		return ""
	}
	value := s.environ(variable)
	if value == "" || fit(value) {
		return value
	}
	s.l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Invalid value for " + name, Detail: fmt.Sprintf(must, variable)})
	return ""
}

// endpoint reads the address of the service.
func (s *scope) endpoint(a *arguments, usual string) string {
	insecure := a.flag("allow_insecure_http")
	if !a.given("endpoint") {
		return usual
	}
	address := a.text("endpoint")
	if base, query, found := strings.Cut(address, "?"); found && strings.EqualFold(query, "wsdl") {
		s.l.add(warning(a.at("endpoint"), "The endpoint is that of the schema",
			"An address that ends in ?wsdl gives the service's description and takes no messages. The address without it is used."))
		address = base
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
		a.fault("endpoint", "The endpoint is an address such as %s.", vendorEndpoints["document"])
	case u.User != nil:
		s.l.veil.spans = append(s.l.veil.spans, a.at("endpoint"))
		a.fault("endpoint", "An endpoint has no user name or password in it. Use the arguments user and password.")
		return ""
	case u.Scheme == "http" && !insecure && a.decided("allow_insecure_http") && !loopback(u.Hostname()):
		a.fault("endpoint", "Over http:// the password and all texts can be read on the way. Use https://, or, where that cannot be, allow_insecure_http = true.")
	case strings.HasSuffix(u.Path, "/webservice.php"):
		s.l.add(warning(a.at("endpoint"), "The endpoint is an older service",
			"The service at webservice.php may know the request for pushed statuses by another name, and push none. That at webservice_vs.php is the same otherwise."))
	}
	return address
}

// OpenWay reports whether others than this machine can read, on the way to an endpoint, what goes there.
func OpenWay(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Scheme == "http" && !loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
