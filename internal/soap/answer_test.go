package soap

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"
)

func envelope(body string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`
}

func response(body string) string {
	return envelope(`<c:sendmsgResponse xmlns:c="urn:c">` + body + `</c:sendmsgResponse>`)
}

func TestAnswersAreReadInEveryFormThatTheyMayHave(t *testing.T) {
	const declaration = `<?xml version="1.0" encoding="UTF-8"?>`
	ab := []string{"a", "b"}
	for name, tt := range map[string]struct {
		doc, charset string
		want         []string
	}{
		"repeated returns":             {response("<return>a</return><return>b</return>"), "", ab},
		"an array":                     {response(`<return><item>a</item><item>b</item></return>`), "", ab},
		"an array of other members":    {response(`<return><string>a</string><x:y xmlns:x="urn:x">b</x:y></return>`), "", ab},
		"an array of another size":     {response(`<return arrayType="xsd:string[7]"><item>a</item><item>b</item></return>`), "", ab},
		"a map":                        {response(`<return><item><key>0</key><value>a</value></item><item><key>x</key><value>b</value></item></return>`), "", ab},
		"a struct":                     {response(`<return><line0>a</line0><line1>b</line1></return>`), "", ab},
		"a string for an array":        {response(`<return>a</return>`), "", ab[:1]},
		"an array by reference":        {envelope(`<sendmsgResponse><return href="#1"/></sendmsgResponse><multiRef id="1"><item>a</item><item href="#2"/></multiRef><multiRef id="2">b</multiRef>`), "", ab},
		"nil":                          {response(`<return xsi:nil="true"/>`), "", nil},
		"nil among others":             {response(`<return><item>a</item><item nil="1"/><item>b</item></return>`), "", ab},
		"an empty array":               {response(`<return></return>`), "", nil},
		"no return":                    {response(``), "", nil},
		"something besides the return": {response(`<other>x</other><return>a</return>`), "", ab[:1]},
		"an unknown wrapper":           {envelope("<sendmsg_out><return>a</return></sendmsg_out>"), "", ab[:1]},
		"a header":                     {`<Envelope><Header><x id="1">y</x></Header><Body><r><return>a</return></r></Body></Envelope>`, "", ab[:1]},
		"a declaration":                {declaration + response("<return>a</return>") + "\n", "utf-8", ab[:1]},
		"a line break before it":       {"\r\n" + declaration + response("<return>a</return>"), "", ab[:1]},
		"a byte order mark":            {"\uFEFF" + declaration + response("<return>a</return>"), "", ab[:1]},
		"a comment":                    {"<!-- node 3 -->" + response("<!-- x --><return>a</return>"), "", ab[:1]},
		"a comment in the text":        {response("<return>a<!-- b --></return><return><!--a-->b</return>"), "", ab},
		"control characters":           {response("<return>a\u009b31m\u007f&#x9b;</return>"), "", []string{"a\u009b31m\u007f\u009b"}},
		"what nothing refers to":       {envelope(`<r><return>a</return></r><multiRef id="1">b</multiRef>`), "", ab[:1]},
		"the five entities":            {response("<return>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</return>"), "", []string{`<>&'"AB`}},
		"CDATA":                        {response("<return><![CDATA[<a>]]></return>"), "", []string{"<a>"}},
		"ISO-8859-1 declared":          {`<?xml version="1.0" encoding="ISO-8859-1"?>` + response("<return>\xfc</return>"), "", []string{"ü"}},
		"ISO-8859-1 of the header":     {response("<return>\xfc</return>"), "ISO-8859-1", []string{"ü"}},
		"ISO-8859-1, half declared":    {`<?xml version="1.0"?>` + response("<return>\xfc</return>"), "iso-8859-1", []string{"ü"}},
		"the declaration goes first":   {declaration + response("<return>ü</return>"), "iso-8859-1", []string{"ü"}},
		"US-ASCII":                     {`<?xml version="1.0" encoding="us-ascii"?>` + response("<return>a</return>"), "us-ascii", ab[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseAnswer([]byte(tt.doc), tt.charset, "sendmsg")
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("parseAnswer: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAnswersBeyondTheLimitsAreRefused(t *testing.T) {
	r := response("<return>a</return>")
	long := strings.Repeat("a", 10_000)
	for name, tt := range map[string]struct{ doc, charset string }{
		"empty":                          {"", ""},
		"white space":                    {" \n ", ""},
		"cut short":                      {r[:len(r)-1], ""},
		"text after the root":            {r + "x", ""},
		"text before the root":           {"x" + r, ""},
		"two roots":                      {r + r, ""},
		"not an envelope":                {"<html><Body><return>a</return></Body></html>", ""},
		"no body":                        {"<Envelope></Envelope>", ""},
		"an empty body":                  {envelope(""), ""},
		"an answer to another call":      {envelope("<pingResponse><return>OK</return></pingResponse>"), ""},
		"DOCTYPE":                        {`<!DOCTYPE a [<!ENTITY b "c">]>` + r, ""},
		"DOCTYPE within":                 {response("<!DOCTYPE a><return>a</return>"), ""},
		"a processing instruction":       {`<?php echo ?>` + r, ""},
		"a second declaration":           {response(`<?xml version="1.0"?><return>a</return>`), ""},
		"an entity of its own":           {response("<return>&nbsp;</return>"), ""},
		"a processing instruction in it": {response("<?php?><return>a</return>"), ""},
		"an entity in an attribute":      {response(`<return a="&nbsp;">a</return>`), ""},
		"an entity without its end":      {response("<return>&amp</return>"), ""},
		"a section without its end":      {response("<return><![CDATA[a]]</return>"), ""},
		"a space that XML lacks":         {r + "\u00a0", ""},
		"a mark of byte order in it":     {"\uFEFF\uFEFF" + r, ""},
		"a character that XML forbids":   {response("<return>&#0;</return>"), ""},
		"XML 1.1":                        {`<?xml version="1.1"?>` + r, ""},
		"invalid UTF-8":                  {response("<return>\xfc</return>"), ""},
		"UTF-16":                         {"\xff\xfe<\x00a\x00", ""},
		"UTF-16, big end first":          {"\xfe\xff\x00<\x00a", ""},
		"UTF-16 without a mark":          {"<\x00a\x00/\x00>\x00", ""},
		"UTF-16 by the header":           {r, "utf-16"},
		"UTF-16 by the declaration":      {`<?xml version="1.0" encoding="UTF-16"?>` + r, "utf-8"},
		"UTF-8 in too many bytes":        {response("<return>\xc0\xbc</return>"), ""},
		"half a character":               {response("<return>\xed\xa0\x80</return>"), ""},
		"another character set":          {`<?xml version="1.0" encoding="windows-1252"?>` + r, ""},
		"another set in the header":      {r, "utf-7"},
		"deep":                           {strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1), ""},
		"many elements":                  {response(strings.Repeat("<return/>", maxTokens/2)), ""},
		"many values":                    {response(strings.Repeat("<return/>", maxValues+1)), ""},
		"mixed text and elements":        {response("<return>a<item>b</item></return>"), ""},
		"two bodies":                     {strings.Replace(r, "</s:Body>", "</s:Body><s:Body><s:Fault/></s:Body>", 1), ""},
		"two answers":                    {envelope("<r><return>a</return></r><r><return>b</return></r>"), ""},
		"a fault beside the answer":      {envelope("<r><return>a</return></r><s:Fault/>"), ""},
		"an attribute twice":             {response(`<return a="1" a="2">a</return>`), ""},
		"an attribute of two prefixes":   {response(`<return xmlns:a="u" xmlns:b="u" a:c="1" b:c="2">a</return>`), ""},
		"many attributes":                {response("<return" + strings.Repeat(` a="1"`, 100_000) + ">a</return>"), ""},
		"a million deep":                 {strings.Repeat("<a>", maxBytes/3), ""},
		"a reference to nothing":         {response(`<return href="#1"/>`), ""},
		"a reference to itself":          {response(`<return href="#1" id="1"/>`), ""},
		"a circle":                       {response(`<return id="1"><i href="#1"/></return>`), ""},
		"one id twice":                   {response(`<return id="1">a</return><return id="1">b</return>`), ""},
		"a long text many times":         {response(`<return id="1">` + long + `</return>` + strings.Repeat(`<return href="#1"/>`, 200)), ""},
		"references that double doubly":  {response(doubling("x", 12, 16)), ""},
		"references to nothing at all":   {response(doubling("<i nil='true'/>", 3, 1000)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseAnswer([]byte(tt.doc), tt.charset, "sendmsg")
			if err == nil {
				t.Errorf("parseAnswer = %q; want an error", got)
			}
		})
	}
}

// doubling is an array of references to an array of references to an array, and so on n times, and at the end the leaf.
func doubling(leaf string, n, members int) string {
	var b strings.Builder
	b.WriteString(`<return href="#a"/>`)
	for i := range n {
		b.WriteString(`<m id="` + strings.Repeat("a", i+1) + `">` + strings.Repeat(`<i href="#`+strings.Repeat("a", i+2)+`"/>`, members) + `</m>`)
	}
	b.WriteString(`<m id="` + strings.Repeat("a", n+1) + `">` + leaf + `</m>`)
	return b.String()
}

func TestAFaultIsFound(t *testing.T) {
	for name, tt := range map[string]struct{ doc, want string }{
		"with a text":    {envelope("<s:Fault><faultcode>s:Server</faultcode><faultstring>Busy</faultstring></s:Fault>"), "Busy"},
		"without a text": {envelope("<s:Fault/>"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAnswer([]byte(tt.doc), "", "sendmsg")
			var f *fault
			if !errors.As(err, &f) || f.text != tt.want {
				t.Errorf("parseAnswer: %v; want the fault %q", err, tt.want)
			}
		})
	}
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func TestPackedAnswersAreUnpackedWithinTheLimit(t *testing.T) {
	answer := []byte(response("<return>ID: " + id1 + "</return>"))
	for name, tt := range map[string]struct {
		encoding string
		body     []byte
		ok       bool
	}{
		"plain":             {"", answer, true},
		"identity":          {"identity", answer, true},
		"gzip":              {"gzip", pack(answer), true},
		"x-gzip":            {"X-Gzip", pack(answer), true},
		"a bomb":            {"gzip", pack(make([]byte, 64<<20)), false},
		"cut short":         {"gzip", pack(answer)[:30], false},
		"not gzip":          {"gzip", answer, false},
		"in two pieces":     {"gzip", append(pack(answer[:30]), pack(answer[30:])...), true},
		"without its sum":   {"gzip", pack(answer)[:len(pack(answer))-8], false},
		"of another sum":    {"gzip", append(pack(answer)[:len(pack(answer))-8], "12345678"...), false},
		"packed twice":      {"gzip", pack(pack(answer)), false},
		"two codings":       {"gzip, gzip", pack(pack(answer)), false},
		"nothing":           {"gzip", nil, false},
		"rubbish behind it": {"gzip", append(pack(answer), "rubbish"...), false},
		"deflate":           {"deflate", pack(answer), false},
		"too long":          {"", bytes.Repeat([]byte(" "), maxBytes+1), false},
	} {
		t.Run(name, func(t *testing.T) {
			var asked string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.Header.Get("Accept-Encoding")
				_, _ = io.Copy(io.Discard, r.Body)
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				_, _ = w.Write(tt.body)
			}))
			defer srv.Close()
			c, err := New(Options{Endpoint: srv.URL})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseIdle()
			got, err := c.Send(t.Context(), Access{Session: "s"}, &Message{To: []string{annNumber}, Text: "x"})
			if (err == nil) != tt.ok || err == nil && (got.Results[0].Verdict != Accepted) {
				t.Errorf("Send = %+v, %v", got, err)
			}
			if ahead, known := c.Ahead(); tt.ok && (!known || ahead.Abs() > 2*time.Second) {
				t.Errorf("Ahead = %s, %t", ahead, known)
			}
			if asked != "gzip" {
				t.Errorf("Accept-Encoding = %q", asked)
			}
		})
	}
}

// transcribed gives the answers of the transcripts whose names match.
func transcribed(f *testing.F, pattern string) (answers [][]byte) {
	files, err := filepath.Glob("../../testdata/soap/" + pattern)
	if err != nil || len(files) == 0 {
		f.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(b).Files {
			if path.Base(part.Name) == "answer.xml" {
				answers = append(answers, part.Data)
			}
		}
	}
	return answers
}

func FuzzAnswer(f *testing.F) {
	for _, answer := range transcribed(f, "*.txtar") {
		f.Add(answer, "utf-8", "")
		f.Add(pack(answer), "", "gzip")
	}
	f.Add([]byte(response("<return>ID: "+id1+" To: "+annNumber+"</return><return>ERR: 301, No</return>")), "iso-8859-1", "")
	f.Add([]byte(response(`<return href="#1"/><m id="1"><i>ID: `+id1+`</i></m>`)), "", "")
	f.Add([]byte(response("<return a='\xff'>ID: "+id1+" To: "+annNumber+"</return>")), "iso-8859-1", "")
	f.Add([]byte(response(doubling("<i nil='1'/>", 3, 1000))), "", "")
	f.Add(pack(make([]byte, 2<<20)), "", "x-gzip")
	to := []string{annNumber, benNumber}
	place := map[string]int{annNumber: 0, benNumber: 1}
	f.Fuzz(func(t *testing.T, packed []byte, charset, encoding string) {
		if len(packed) > maxBytes {
			return // no longer answer gets this far
		}
		began := time.Now()
		doc, err := unpack(encoding, packed)
		if err != nil {
			return
		}
		if len(doc) > maxBytes {
			t.Errorf("unpacked to %d octets", len(doc))
		}
		lines, err := parseAnswer(doc, charset, "sendmsg")
		if err != nil {
			return
		}
		for _, l := range lines {
			if st, ok := parseState(l); ok && (!strings.Contains(l, st.ID) || st.Status < 1) {
				t.Errorf("line %q is %+v", l, st)
			}
		}
		a := match(place, lines, redactor{"secret"})
		if d := time.Since(began); d > 5*time.Second || len(lines) > maxBytes/2 {
			t.Errorf("%d lines took %v", len(lines), d)
		}
		text, bareLines := said(t, doc)
		if len(a.Results) != len(to) {
			t.Errorf("%d people have an outcome, of %d", len(a.Results), len(to))
		}
		for i, r := range a.Results {
			switch {
			case r.Verdict == Unaccounted && r != (Result{}), r.Verdict == Accepted && r.ID == "",
				r.Verdict == Refused && r.ID != "", r.Verdict > Refused, r.Whole && r.Verdict != Refused:
				t.Errorf("recipient %d: %+v", i, r)
			case r.Text != tidy(r.Text) || strings.Contains(r.Text, annNumber) || strings.Contains(r.Text, "secret"):
				t.Errorf("the text %q is not fit to be shown", r.Text)
			}
			if r.Verdict != Accepted {
				continue
			}
			named := strings.Contains(text, to[i])
			other := strings.Contains(text, to[1-i])
			if !strings.Contains(text, r.ID) || !named && !(other && bareLines > 0) {
				t.Errorf("recipient %d is accepted as %s; the answer says %q", i, r.ID, text)
			}
		}
		for _, s := range a.Extra {
			if s != tidy(s) || strings.Contains(s, annNumber) || strings.Contains(s, "secret") || len([]rune(s)) > maxShown+1 {
				t.Errorf("extra line %q is not fit to be shown", s)
			}
		}
	})
}

// said gives all character data of a document, and how many lines begin with "ID" and name nobody.
func said(t *testing.T, doc []byte) (text string, bare int) {
	t.Helper()
	in := io.Reader(bytes.NewReader(bytes.TrimLeft(bytes.TrimPrefix(doc, []byte("\uFEFF")), " \t\r\n")))
	if !utf8.Valid(doc) { // the header may have said so
		in = &latin1{in: in}
	}
	d := xml.NewDecoder(in)
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return &latin1{in: in}, nil }
	var b strings.Builder
	for {
		tok, err := d.Token()
		if err != nil {
			break
		}
		if c, ok := tok.(xml.CharData); ok {
			b.Write(c)
		} else if _, ok := tok.(xml.Comment); !ok {
			b.WriteByte('\n')
		}
	}
	for l := range strings.Lines(b.String()) {
		if l = strings.ToUpper(strings.TrimSpace(l)); strings.HasPrefix(l, "ID:") && !strings.Contains(l, "TO:") {
			bare++
		}
	}
	return b.String(), bare
}

// BenchmarkRender300 writes a request to 300 people, and then compares with encoding/xml.
func BenchmarkRender300(b *testing.B) {
	m := &Message{Text: "Gate B7, boarding 14:20", ClientID: "run42n000017"}
	for i := range 300 {
		m.To = append(m.To, "447700900"+string(rune('0'+i/100))+string(rune('0'+i/10%10))+string(rune('0'+i%10)))
	}
	c := &Client{namespace: namespaces[Document]}
	began := time.Now()
	for b.Loop() {
		r := c.newRequest("sendmsg", len(m.Text)+60*len(m.To))
		r.access(Access{Session: id1})
		m.renderDocument(r)
		if _, err := r.end(); err != nil {
			b.Fatal(err)
		}
	}
	ours := float64(time.Since(began)) / float64(b.N)
	type call struct {
		XMLName xml.Name `xml:"sendmsg"`
		Session string   `xml:"session_id"`
		Text    string   `xml:"text"`
		To      []string `xml:"to"`
	}
	const rounds = 50
	began = time.Now()
	for range rounds {
		if _, err := xml.Marshal(call{Session: id1, Text: m.Text, To: m.To}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(began))/rounds/ours, "times-as-fast-as-encoding/xml")
}

// BenchmarkAnswer300 reads an answer to 300 people and gives each their line, and then compares with the XML decoder and the
// regular expressions that read the other forms.
func BenchmarkAnswer300(b *testing.B) {
	var doc strings.Builder
	place := map[string]int{}
	for i := range 300 {
		n := "447700900" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
		place[n] = i
		doc.WriteString("<return>ID: " + id1 + " To: " + n + "</return>")
	}
	answer := []byte(response(doc.String()))
	read := func(parse func([]byte, string, string) ([]string, error)) {
		lines, err := parse(answer, "utf-8", "sendmsg")
		if err != nil {
			b.Fatal(err)
		}
		if a := match(place, lines, nil); a.Results[299].Verdict != Accepted {
			b.Fatal("not accepted")
		}
	}
	began := time.Now()
	for b.Loop() {
		read(parseAnswer)
	}
	ours := float64(time.Since(began)) / float64(b.N)
	const rounds = 50
	began = time.Now()
	for range rounds {
		lines, err := decodeAnswer(answer, "utf-8", "sendmsg")
		if err != nil || len(lines) != len(place) {
			b.Fatal(err)
		}
		for _, l := range lines {
			if decodeLine(l).kind != idLine {
				b.Fatal("no ID line")
			}
		}
	}
	b.ReportMetric(float64(time.Since(began))/rounds/ours, "times-as-fast-as-decoder")
}
