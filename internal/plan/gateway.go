package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

// Gateway says where the plan goes, and how; without credentials.
type Gateway struct {
	Kind        string        `json:"kind"`
	Endpoint    string        `json:"endpoint,omitempty"`
	Binding     string        `json:"binding"`
	Auth        string        `json:"auth"`
	Namespace   string        `json:"namespace,omitempty"`
	SOAPAction  string        `json:"soap_action,omitempty"`
	APIID       string        `json:"api_id,omitempty"`
	BatchSize   int           `json:"batch_size"`
	Connections int           `json:"connections"`
	Rate        float64       `json:"rate"`
	Timeout     time.Duration `json:"timeout"`
	CAFile      string        `json:"ca_file,omitempty"`
	Outbox      string        `json:"outbox,omitempty"`
	Account     string        `json:"account"` // by [Fingerprint]
}

// GatewayOf gives a configuration's gateway as plans have it.
func GatewayOf(g config.Gateway) Gateway {
	return Gateway{
		Kind:        g.Kind,
		Endpoint:    g.Endpoint,
		Binding:     g.Binding,
		Auth:        g.Auth,
		Namespace:   g.Namespace,
		SOAPAction:  g.SOAPAction,
		APIID:       g.APIID,
		BatchSize:   g.BatchSize,
		Connections: g.Connections,
		Rate:        g.Rate,
		Timeout:     g.Timeout,
		CAFile:      g.CAFile,
		Outbox:      g.Outbox,
		Account:     Fingerprint(g.Kind, g.Endpoint, g.APIID),
	}
}

// Elsewhere gives the host of the endpoint where that is not the vendor's own, and whether others can read on the way there what goes
// there; "" for the vendor's, and for a simulator.
func (g *Gateway) Elsewhere() (at string, open bool) {
	open = config.OpenWay(g.Endpoint)
	if at = host(g.Endpoint); g.Kind == "simulator" || !open && at == host(config.VendorEndpoint(g.Binding)) {
		return "", false
	}
	return at, open
}

// Takes gives how long the gateway's rate makes it take to hand over messages for some people; 0 where there is no rate.
func (g *Gateway) Takes(people int) time.Duration {
	if g.Rate <= 0 {
		return 0
	}
	takes := time.Duration(float64(people) / g.Rate * float64(time.Second))
	return max(takes.Round(time.Second), time.Second)
}

// Fingerprint names a gateway account in 16 hexadecimal digits: the kind, the host of
// the endpoint and the API id. Either binding on one host is the same account.
func Fingerprint(kind, endpoint, apiID string) string {
	h := sha256.New()
	w := canonical{w: h}
	w.text("smsplan account 1")
	w.text(kind)
	w.text(host(endpoint))
	w.text(apiID)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// host gives the host of an endpoint, with its port where that is not the scheme's own.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	h := strings.ToLower(u.Hostname())
	switch port := u.Port(); {
	case port == "", u.Scheme == "https" && port == "443", u.Scheme == "http" && port == "80":
		return h
	default:
		return h + ":" + port
	}
}
