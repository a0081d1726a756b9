package render

import (
	"testing"

	"github.com/smsplan/smsplan/internal/plan"
)

// Where credentials and texts go is a part of what is approved, if it is not where they always go.
func TestAGatewayThatIsNotTheVendorsIsNamed(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://api.clickatell.com/soap/document_literal/webservice": "clickatell, api_id 1",
		"https://API.clickatell.com:443/else":                         "clickatell, api_id 1",
		"http://api.clickatell.com/soap/webservice":                   "clickatell, api_id 1, at api.clickatell.com, not encrypted",
		"http://127.0.0.1:8443/soap":                                  "clickatell, api_id 1, at 127.0.0.1:8443",
		"https://gateway.example:8443/soap":                           "clickatell, api_id 1, at gateway.example:8443",
		"https://gateway\u202e.example/":                              `clickatell, api_id 1, at gateway\u202e.example`,
	} {
		if got := gatewayWords(&plan.Gateway{Kind: "clickatell", APIID: "1", Binding: "document", Endpoint: endpoint}); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}
