package soap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainForms are answers that are read without the XML decoder.
var plainForms = map[string]string{
	"one line":             response("<return>ID: " + id1 + "</return>"),
	"two people":           response("<return>ID: " + id1 + " To: " + annNumber + "</return>\n<return>ERR: 301, No Credit Left To: " + benNumber + "</return>"),
	"nothing said":         response(""),
	"spaces around":        response("<return>  OK:   </return>"),
	"an empty line":        response("<return></return><return>OK:</return>"),
	"laid out":             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope xmlns:s=\"urn:s\"\n  xmlns:c=\"urn:c\">\n  <s:Body>\n    <c:sendmsgResponse>\n      <return>OK:</return>\n    </c:sendmsgResponse>\n  </s:Body>\n</s:Envelope>\n",
	"in its own namespace": `<Envelope xmlns="urn:s"><Body><sendmsgResponse xmlns="urn:c"><return>OK:</return></sendmsgResponse></Body></Envelope>`,
}

// otherForms are answers that only the decoder may judge.
var otherForms = map[string]string{
	"a reference":               response("<return>Tom &amp; Ann</return>"),
	"the end of a CDATA":        response("<return>OK ]]></return>"),
	"a CDATA":                   response("<return><![CDATA[OK:]]></return>"),
	"several lines":             response("<return>ID: 1 To: 2\nID: 2 To: 3</return>"),
	"not ASCII":                 response("<return>Prüfung</return>"),
	"null":                      response(`<return nil="1">OK:</return>`),
	"an element in a return":    response("<return>OK:<i/></return>"),
	"another element":           response("<return>OK:</return><other/>"),
	"text between":              response("<return>OK:</return>x"),
	"another operation":         envelope("<pingResponse><return>OK:</return></pingResponse>"),
	"a fault":                   envelope("<Fault><faultstring>no</faultstring></Fault>"),
	"two bodies":                strings.Replace(response("<return>OK:</return>"), "</s:Envelope>", "<s:Body/></s:Envelope>", 1),
	"one attribute twice":       `<Envelope xmlns:a="u" xmlns:a="v"><Body><sendmsgResponse><return>OK:</return></sendmsgResponse></Body></Envelope>`,
	"an id":                     `<Envelope><Body><sendmsgResponse xmlns:id="x"><return>OK:</return></sendmsgResponse></Body></Envelope>`,
	"a reference elsewhere":     `<Envelope><Body><sendmsgResponse xmlns:href="x"><return>OK:</return></sendmsgResponse></Body></Envelope>`,
	"elements that cross":       `<Envelope><Body><sendmsgResponse><return>OK:</return></Body></sendmsgResponse></Envelope>`,
	"another prefix at its end": `<a:Envelope><Body><sendmsgResponse><return>OK:</return></sendmsgResponse></Body></b:Envelope>`,
	"cut short":                 strings.TrimSuffix(response("<return>OK:</return>"), "</s:Envelope>"),
	"something after it":        response("<return>OK:</return>") + "<x/>",
	"a comment":                 response("<!-- --><return>OK:</return>"),
	"a document type":           "<!DOCTYPE x>" + response("<return>OK:</return>"),
	"another encoding":          `<?xml version="1.0" encoding="EBCDIC"?>` + response("<return>OK:</return>"),
	"too many":                  response(strings.Repeat("<return>OK:</return>", mostPlain+1)),
}

func TestPlainAnswersAreReadWithoutTheDecoder(t *testing.T) {
	for name, doc := range plainForms {
		t.Run(name, func(t *testing.T) {
			if _, ok := plainAnswer([]byte(doc), "utf-8", "sendmsg"); !ok {
				t.Errorf("not plain: %s", doc)
			}
			asTheDecoderReadsIt(t, []byte(doc), "utf-8")
		})
	}
	for name, doc := range otherForms {
		t.Run(name, func(t *testing.T) {
			if lines, ok := plainAnswer([]byte(doc), "utf-8", "sendmsg"); ok {
				t.Errorf("plain, with the lines %q: %s", lines, doc)
			}
		})
	}
}

// asTheDecoderReadsIt fails where an answer is plain and the decoder reads something else in it.
func asTheDecoderReadsIt(t *testing.T, doc []byte, charset string) {
	t.Helper()
	got, ok := plainAnswer(doc, charset, "sendmsg")
	if !ok {
		return
	}
	want, err := decodeAnswer(doc, charset, "sendmsg")
	if err != nil {
		t.Errorf("plain, with the lines %q, and the decoder says %v: %q", got, err, doc)
	} else if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the plain reading differs (-decoder +plain): %s", d)
	}
}

func FuzzPlain(f *testing.F) {
	for _, forms := range []map[string]string{plainForms, otherForms} {
		for _, doc := range forms {
			if len(doc) < 1<<12 {
				f.Add([]byte(doc), "utf-8", "ID: "+id1+" To: "+annNumber)
			}
		}
	}
	for _, answer := range transcribed(f, "document-sendmsg-*.txtar") {
		if len(answer) < 1<<12 {
			f.Add(answer, "", "ID:  "+id1)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte, charset, said string) {
		asTheDecoderReadsIt(t, doc, charset)
		if id, to, ok := plainID(said); ok {
			got := line{raw: said, kind: idLine, id: id, to: to}
			if want := decodeLine(said); got != want {
				t.Errorf("%q is %+v, want %+v", said, got, want)
			}
		}
	})
}
