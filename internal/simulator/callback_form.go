package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
)

// notice is one status of one message, as an account hears of it.
type notice struct {
	id       messageID
	apiID    string
	clientID string
	to, from string
	step     Step
	charge   float64
	callback Callback

	place   int  // of the step in the history
	attempt int  // from 1
	twice   bool // a fault wants it pushed again at once
	first   bool // the answer to the request may wait for it
}

// request puts the notice into the account's form (gateway specification, section 13.3). What XML and SOAP look like is
// not known: the one is taken for JSON in another notation, the other for an envelope with the same names.
func (n *notice) request(ctx context.Context) (*http.Request, error) {
	address, err := url.Parse(n.callback.URL)
	if err != nil {
		return nil, err
	}
	method, kind, body := http.MethodPost, "application/x-www-form-urlencoded", ""
	switch n.callback.Form {
	case "post":
		body = n.query()
	case "json":
		body = "data=" + url.QueryEscape(n.json())
	case "xml":
		body = "data=" + url.QueryEscape(xml.Header+n.xml("callback"))
	case "soap":
		kind = xmlType
		body = fmt.Sprintf(`%s<SOAP-ENV:Envelope xmlns:SOAP-ENV="%s" xmlns:ns="%s"><SOAP-ENV:Body>%s</SOAP-ENV:Body></SOAP-ENV:Envelope>`,
			xml.Header, envelope.Space, envelope.RPC.Namespace(), n.xml("ns:callback"))
	default:
		method, kind = http.MethodGet, ""
		if address.RawQuery != "" {
			address.RawQuery += "&"
		}
		address.RawQuery += n.query()
	}
	r, err := http.NewRequestWithContext(ctx, method, address.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if n.callback.Form == "soap" {
		r.Header.Set("SOAPAction", `""`)
	}
	if n.callback.User != "" {
		r.SetBasicAuth(n.callback.User, n.callback.Password)
	}
	return r, nil
}

// fields are in the order in which the gateway is known to send them.
func (n *notice) fields() [][2]string {
	return [][2]string{
		{"api_id", n.apiID}, {"apiMsgId", n.id.String()}, {"cliMsgId", n.clientID}, {"to", n.to}, {"timestamp", strconv.FormatInt(n.step.At.Unix(), 10)},
		{"from", n.from}, {"status", fmt.Sprintf("%03d", n.step.Status)}, {"charge", fmt.Sprintf("%f", n.charge)},
	}
}

func (n *notice) query() string {
	var pairs []string
	for _, field := range n.fields() {
		pairs = append(pairs, field[0]+"="+url.QueryEscape(field[1]))
	}
	return strings.Join(pairs, "&")
}

// xml leaves out the api_id, as JSON does.
func (n *notice) xml(root string) string {
	var out bytes.Buffer
	fmt.Fprintf(&out, "<%s>", root)
	for _, field := range n.fields()[1:] {
		fmt.Fprintf(&out, "<%s>", field[0])
		xml.EscapeText(&out, []byte(field[1])) // a buffer takes everything
		fmt.Fprintf(&out, "</%s>", field[0])
	}
	fmt.Fprintf(&out, "</%s>", root)
	return out.String()
}

func (n *notice) json() string {
	type fields struct {
		ID        messageID `json:"apiMsgId"`
		ClientID  string    `json:"cliMsgId"`
		Timestamp int64     `json:"timestamp"`
		To        string    `json:"to"`
		From      string    `json:"from"`
		Charge    float64   `json:"charge"`
		Status    string    `json:"status"`
	}
	text, _ := json.Marshal(map[string]fields{"callback": {
		n.id, n.clientID, n.step.At.Unix(), n.to, n.from, n.charge, fmt.Sprintf("%03d", n.step.Status),
	}}) // strings and finite numbers always can be
	return string(text)
}
