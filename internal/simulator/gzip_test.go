package simulator

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestAnswersAreCompressedOnlyForClientsThatOfferIt(t *testing.T) {
	s := withFaults(t, "gzip")
	for offer, want := range map[string]bool{
		"":                              false,
		"gzip":                          true,
		"deflate, GZIP;q=0.5":           true,
		"br;q=1.0, gzip;q=0.8, *;q=0.1": true,
		"*":                             true,
		"*, gzip;q=0":                   false,
		"gzip; q=0.000":                 false,
		"deflate":                       false,
		"identity":                      false,
	} {
		w := post(s, documentAddress, documentCall("getbalance", demo), "Accept-Encoding", offer)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed %v, want %v", offer, got, want)
		}
		if w.Header().Get("Content-Type") != xmlType {
			t.Errorf("%q: %s", offer, w.Header().Get("Content-Type"))
		}
		var body io.Reader = w.Body
		if want {
			var err error
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil || !strings.HasSuffix(string(text), "</SOAP-ENV:Envelope>\n") {
			t.Errorf("%q: %q, %v", offer, text, err)
		}
	}
}

func TestCompressionGoesWithOtherFaults(t *testing.T) {
	s := withFaults(t, "gzip:op=sendmsg", "soap-fault:times=1")
	send := documentCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143"))
	for _, want := range []string{"<faultcode>", "<return>"} {
		w := post(s, documentAddress, send, "Accept-Encoding", "gzip")
		zip, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(zip); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%q, %v; want %s", text, err, want)
		}
	}
	if w := post(s, documentAddress, documentCall("getbalance", demo), "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("another operation's answer was compressed")
	}
}
