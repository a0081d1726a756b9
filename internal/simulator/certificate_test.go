package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAClientThatTrustsTheCertificateReachesTheSimulator(t *testing.T) {
	certificate, pem, err := Certificate(time.Now(), "gateway.example", "192.0.2.7", "0.0.0.0", "")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("the certificate is not in PEM form")
	}
	server := httptest.NewUnstartedServer(newSimulator(t, Options{}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	defer server.Close()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "gateway.example", "192.0.2.7"} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name}}}
		answer, err := client.Get(server.URL + "/soap/document_literal/webservice?wsdl")
		if err != nil {
			t.Errorf("as %s: %v", name, err)
			continue
		}
		answer.Body.Close()
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "elsewhere.example"}}}
	if answer, err := client.Get(server.URL); err == nil {
		answer.Body.Close()
		t.Error("the certificate is taken for a host that it does not name")
	}
}
