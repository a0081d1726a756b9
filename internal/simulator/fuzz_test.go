package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/simulator/envelope"
	"golang.org/x/tools/txtar"
)

// openSession is the one that the transcripts' requests have.
const openSession = "0f0e0d0c0b0a09080706050403020100"

// Whatever is posted, and whatever is ordered to go wrong with the answer, the simulator answers within limits with an envelope or
// the lack of one, and accepts only what is a call to send.
func FuzzRequest(f *testing.F) {
	const usual = "text/xml; charset=utf-8"
	for _, request := range transcribed(f, "request.xml") {
		f.Add(bytes.Contains(request, []byte("encodingStyle")), usual, "", "", request)
	}
	document := func(op, parameters string) { f.Add(false, usual, "", "", []byte(documentCall(op, parameters))) }
	rpc := func(op, parameters, beside string) {
		f.Add(true, "text/xml", op, "", []byte(rpcCall(op, parameters, beside)))
	}
	document("sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144"))
	document("sendmsg", demo+"<text>017B00F3</text><unicode>1</unicode><deliv_time>5</deliv_time><climsgid>a</climsgid>"+to("12025550143"))
	document("sendmsg", demo+"<udh>06050415820000</udh><data>48656C</data>"+to("12025550143"))
	document("querymsg", demo+"<climsgid>a</climsgid>")
	rpc("sendmsg", demo+`<text href="#t"/><to href="#a"/>`, `<r id="a"><item href="#b"/></r><r id="b">12025550143</r><r id="t">Hello</r>`)
	rpc("delmsg", demo+"<apimsgid>a</apimsgid>", "")
	document("si_push", demo+"<si_id>1</si_id><si_url>u</si_url><si_text>0041</si_text><si_created>2026-01-02T03:04:05Z</si_created><unicode>1</unicode>"+to("12025550143"))
	rpc("ind_push", demo+"<mms_subject>s</mms_subject><mms_class>80</mms_class><mms_expire>1</mms_expire><mms_from>f</mms_from><mms_url>u</mms_url>"+to("12025550143"), "")
	rpc("startbatch", demo+"<template>#field1#</template>", "")
	document("senditem", demo+batchID(messageID{}.String())+"<field1>#field2#</field1>"+to("12025550143"))
	document("token_pay", demo+"<token>"+voucher+"</token>")
	f.Add(false, "text/xml; charset=ISO-8859-1", "", "", []byte(documentCall("sendmsg", demo+"<text>\xfc</text>"+to("12025550143"))))
	f.Add(false, "", "", "", []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`+documentCall("auth", demo)))
	for _, order := range []string{"rpc-array:member=string,href=members,size=wrong", "rpc-array:single,nil", "spelling:case=upper,spaces=none,end=crlf,joined", "gzip",
		"soap-fault:string=<b>", "refuse:code=130,ending=3", "extra-line", "missing-line", "choose:unknown=001,over=truncate", "error:code=901"} {
		f.Add(true, usual, "", order, []byte(rpcCall("sendmsg", demo+"<text>Hello</text>"+to("12025550143", "12025550144"), "")))
	}
	f.Fuzz(func(t *testing.T, isRPC bool, contentType, action, order string, body []byte) {
		o := Options{Settings: Settings{Vouchers: map[string]float64{voucher: 1}}}
		if fault, err := ParseFault(order); err == nil && answers(order) {
			o.Faults = []Fault{fault}
		}
		s := newSimulator(t, o)
		s.accounts.sessions[openSession] = &session{account: s.accounts.byUser["demo"], apiID: "1", used: s.now(), left: -1}
		s.ledger.start(&template{batch: batch{At: s.now(), APIID: "1", Encoding: gsm7, Text: "#field1# #field10#"}})
		address := documentAddress
		if isRPC {
			address = rpcAddress
		}
		r := httptest.NewRequest(http.MethodPost, address, bytes.NewReader(body))
		r.Header = http.Header{"Content-Type": {contentType}, "Soapaction": {action}, "Accept-Encoding": {"gzip"}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)

		answer := w.Body.Bytes()
		if w.Header().Get("Content-Encoding") == "gzip" {
			zip, err := gzip.NewReader(w.Body)
			if err == nil {
				answer, err = io.ReadAll(zip)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(answer); n == 0 || n > 256<<10 {
			t.Errorf("an answer of %d octets to %d", n, len(body))
		}
		switch w.Code {
		case http.StatusOK, http.StatusInternalServerError:
			wrapper, err := wrapperOf(answer)
			if err != nil || (wrapper == "Fault") == (w.Code == http.StatusOK) {
				t.Errorf("status %d, %s, %v: %q", w.Code, wrapper, err, answer)
			}
		case http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("status %d", w.Code)
		}
		n := len(s.Messages())
		isSubmission := slices.ContainsFunc(submissions, func(op string) bool { return bytes.Contains(body, []byte(op)) })
		if n > 0 && !isSubmission || n > envelope.MaxRecipients {
			t.Errorf("status %d, %d messages accepted from %q", w.Code, n, body)
		}
	})
}

// answers reports whether a fault of that order leaves the answer one of SOAP that comes at once.
func answers(order string) bool {
	name, _, _ := strings.Cut(order, ":")
	return slices.Contains([]string{"rpc-array", "spelling", "gzip", "soap-fault", "refuse", "extra-line", "missing-line", "shuffle", "bare-error-line",
		"choose", "error", "query-duplicates", "status", "credit-runs-out"}, name)
}

// wrapperOf reads an envelope whole with encoding/xml and names the first element of its body.
func wrapperOf(answer []byte) (name string, err error) {
	var envelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    []struct {
			Inner []struct {
				XMLName xml.Name
			} `xml:",any"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	d := xml.NewDecoder(bytes.NewReader(answer))
	if err := d.Decode(&envelope); err != nil {
		return "", err
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if len(envelope.Body) != 1 || len(envelope.Body[0].Inner) == 0 {
		return "", errors.New("not one body with something in it")
	}
	return envelope.Body[0].Inner[0].XMLName.Local, nil
}

// transcribed gives the sections of that name of all transcripts.
func transcribed(tb testing.TB, name string) (list [][]byte) {
	files, err := filepath.Glob("../../testdata/soap/*.txtar")
	if err != nil || len(files) == 0 {
		tb.Fatal("no transcripts", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, section := range archive.Files {
			if path.Base(section.Name) == name {
				list = append(list, section.Data)
			}
		}
	}
	return list
}
