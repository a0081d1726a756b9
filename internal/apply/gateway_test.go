package apply

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/plan"
)

func TestACAFileWithoutAnAuthorityIsNamed(t *testing.T) {
	dir := t.TempDir()
	note := filepath.Join(dir, "note.pem")
	if err := os.WriteFile(note, []byte("Hello."), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.pem"): "no such file",
		note:                           "holds no certificate",
	} {
		_, err := Connect(plan.Gateway{Endpoint: "https://gateway.example", CAFile: path}, Credentials{}, Connecting{})
		if err == nil || !strings.HasPrefix(err.Error(), "ca_file: ") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("Connect: %v; want it to name ca_file, %s, and to say %q", err, path, want)
		}
	}
}

// What a configuration overrides of the binding is what travels.
func TestNamespaceActionAndBindingAreThoseOfTheSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		settings plan.Gateway
		action   string
		space    string
	}{
		"document": {plan.Gateway{Binding: "document"}, `"http://api.clickatell.com/soap/document_literal/webservice/auth"`, `xmlns:c="http://api.clickatell.com/soap/document_literal/webservice"`},
		"rpc":      {plan.Gateway{Binding: "rpc"}, `"http://api.clickatell.com/soap/webservice_vs.php/auth"`, `xmlns:c="http://api.clickatell.com/soap/webservice"`},
		"others":   {plan.Gateway{Binding: "rpc", Namespace: "urn:old", SOAPAction: "urn:older"}, `"urn:older/auth"`, `xmlns:c="urn:old"`},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if got := r.Header.Get("SOAPAction"); got != tt.action || !strings.Contains(string(body), tt.space) {
					t.Errorf("SOAPAction %s\n%s", got, body)
				}
				_, _ = io.WriteString(w, "<Envelope><Body><authResponse><return>OK: 5e55</return></authResponse></Body></Envelope>")
			}))
			defer srv.Close()
			tt.settings.Endpoint, tt.settings.APIID = srv.URL, "1"
			g, err := Connect(tt.settings, Credentials{User: "demo", Password: "demo"}, Connecting{})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if _, err := g.client.Auth(t.Context(), g.signature()); err != nil {
				t.Error(err)
			}
		})
	}
}
