package envelope

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// Whatever comes, what is read is well-formed to encoding/xml too and within limits, and so is the answer to it; all else is a fault.
func FuzzRead(f *testing.F) {
	for _, request := range transcribed(f, "request.xml") {
		f.Add(bytes.Contains(request, []byte("encodingStyle")), "text/xml; charset=utf-8", request)
	}
	f.Add(false, "text/xml; charset=ISO-8859-1", []byte(documentCall("sendmsg", demo+"<text>\xfc</text>"+to("12025550143"))))
	f.Add(false, "", []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`+documentCall("auth", demo)))
	f.Add(true, "text/xml", []byte(rpcCall("sendmsg", demo+`<text href="#t"/><to href="#a"/>`, `<r id="a"><item href="#b"/></r><r id="b">12025550143</r><r id="t">Hello</r>`)))
	f.Fuzz(func(t *testing.T, isRPC bool, contentType string, body []byte) {
		b := Document
		if isRPC {
			b = RPC
		}
		c, err := Read(body, b, contentType)
		if err != nil {
			var refused *Fault
			if c != nil || !errors.As(err, &refused) {
				t.Fatalf("%v, %v", c, err)
			}
			wellFormed(t, refused.Answer(b))
			return
		}
		if _, err := tagsOfTheLibrary(body, charsetOf(contentType)); err != nil {
			t.Errorf("%v in %q", err, body)
		}
		isLong := slices.ContainsFunc(c.To, func(number string) bool { return number == "" || len(number) > maxNumber })
		if c.Binding != b || !slices.Contains(Operations(), c.Operation) || len(c.To) > MaxRecipients+1 || isLong {
			t.Errorf("%+v from %q", c, body)
		}
		for _, e := range []Encoding{{}, {Href: "members", Size: "wrong"}, {Single: true}} {
			wellFormed(t, c.Answer(slices.Concat(c.values, c.To), e))
		}
	})
}

func wellFormed(t *testing.T, answer []byte) {
	t.Helper()
	if _, err := tagsOfTheLibrary(answer, ""); err != nil {
		t.Errorf("%v in %q", err, answer)
	}
}
