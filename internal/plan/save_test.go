package plan

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/sms"
)

// sample makes a plan with the parts that a plan can have: texts, a schedule, and binary content.
func sample() *Plan {
	at := noon.Add(time.Hour)
	p := &Plan{
		Format: Format, Version: "0.1.0", Created: noon, Workspace: "default",
		Gateway: GatewayOf(config.Gateway{
			Kind: "clickatell", Endpoint: "https://gateway.example/soap", Binding: "document", Auth: "session",
			APIID: "1", BatchSize: 2, Connections: 8, Rate: 100, Timeout: 30 * time.Second,
		}),
		PhoneMetadata: "test",
		Variables:     map[string]json.RawMessage{"severity": json.RawMessage(`"high"`)},
		Messages: []Message{
			{
				Address: `message.outage["en"]`, Revision: 2, From: "ACME", TextSample: "«name»: <Power> is out", PerRecipient: true,
				Unicode: "auto", MaxSegments: 10, Receipts: true, Validity: time.Hour, Flash: true,
				DeliverAt: &at, DeliverAtText: "2026-03-02T13:00:00Z", Excludes: []string{"opted_out"},
				Held:        []Held{{Invalid, 2, "customers.csv:17, :204"}, {AlreadySent, 5, ""}},
				TextChanged: 5, Countries: []Country{{Region: "US", Recipients: 4}},
				people:   people(4),
				requests: []request{{0, 0, 2, 0}, {1, 2, 1, 0}, {0, 3, 1, 0}},
				texts:    list("Ann: <Power> & \"light\"\nare out\u2028", "Żółw: aus"),
			},
			{
				Address: "message.ring", Revision: 1, Unicode: "auto", MaxSegments: 1, Binary: &config.Binary{UDH: "0605040B8423F0", Data: "00FF"},
				Held: []Held{}, Countries: []Country{{Region: "US", Recipients: 1}},
				people: people(1), requests: []request{{0, 0, 1, 0}},
			},
			{Address: "message.sent", Revision: 1, Unicode: "never", MaxSegments: 1, TextSample: "Hi", Held: []Held{{AlreadySent, 1, ""}}, Countries: []Country{}},
		},
		Warnings: []Warning{{"message.x", "summary", "detail"}},
	}
	for i := range p.Messages {
		m := &p.Messages[i]
		m.tally()
		m.Action = None
		if m.ToSend > 0 {
			m.Action = Send
		}
		m.Rows = m.ToSend
		for _, h := range m.Held {
			m.Rows += h.Count
		}
	}
	p.number()
	p.ID = p.identify()
	return p
}

func list(all ...string) texts {
	var t texts
	for _, text := range all {
		t.table.Add(text, sms.Measure(text))
	}
	return t
}

func written(t tester, p *Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (*Plan, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func TestASavedPlanIsReadAsItWas(t *testing.T) {
	p := sample()
	b := written(t, p)
	got, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, got), b) {
		t.Error("the plan read is written otherwise")
	}
	for i := range p.Messages {
		if !reflect.DeepEqual(got.Messages[i], p.Messages[i]) {
			t.Errorf("message %d: got %+v, want %+v", i, got.Messages[i], p.Messages[i])
		}
	}
	for i, r := range got.Requests() {
		if !reflect.DeepEqual(r, p.Request(i)) {
			t.Errorf("request %d: got %+v, want %+v", i, r, p.Request(i))
		}
	}
}

func TestASavedPlanHasNoNumberOutsideItsRequests(t *testing.T) {
	header := unpack(t, written(t, sample()))[headerFile]
	for _, n := range people(4) {
		if strings.Contains(header, n.E164()[3:]) {
			t.Error("plan.json names a person")
		}
	}
	if strings.Contains(header, "Ann") {
		t.Error("plan.json has a person's text")
	}
}

// unpack gives the files of a saved plan.
func unpack(t testing.TB, b []byte) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, f := range must(zip.NewReader(bytes.NewReader(b), int64(len(b)))).File {
		files[f.Name] = string(must(io.ReadAll(must(f.Open()))))
	}
	return files
}

// pack makes a file of the same form, with the digests that the contents have.
func pack(files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	sums := ""
	for _, name := range []string{headerFile, requestsFile, importsFile, heldFile, digestFile} {
		content, ok := files[name]
		if name == digestFile && content == "" {
			content = sums
		}
		if !ok && name != digestFile {
			continue
		}
		must(must(z.Create(name)).Write([]byte(content)))
		sum := sha256.Sum256([]byte(content))
		sums += sumLine(sum[:], name)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// edited gives a saved plan with another text in one of its files, and right sums.
func edited(t testing.TB, whole []byte, file, from, to string) []byte {
	t.Helper()
	files := unpack(t, whole)
	if !strings.Contains(files[file], from) {
		t.Fatalf("%s has no %q", file, from)
	}
	files[file] = strings.Replace(files[file], from, to, 1)
	delete(files, digestFile)
	return pack(files)
}

// edits gives the sample with each of the changes that Read must find, by what it says.
func edits(t testing.TB) map[string][]byte {
	whole := written(t, sample())
	edit := func(file, from, to string) []byte { return edited(t, whole, file, from, to) }
	drop := func(file string) []byte {
		files := unpack(t, whole)
		delete(files, file)
		return pack(files)
	}
	sums := unpack(t, whole)
	sums[requestsFile] = strings.Replace(sums[requestsFile], "out", "off", 1)
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(whole, []byte(requestsFile))+60] ^= 1
	first, second := fiction(0).E164(), fiction(1).E164()
	return map[string][]byte{
		"is not a smsplan plan":                                                                 []byte("no zip at all"),
		"is damaged: it is cut short, or its end was changed":                                   whole[:len(whole)-30],
		"is damaged: it has no requests.jsonl":                                                  drop(requestsFile),
		"is damaged: requests.jsonl does not have the digest that SHA256SUMS states":            pack(sums),
		"was made by a newer smsplan (format 2.0)":                                              edit(headerFile, `"format_version": "`+Format+`"`, `"format_version": "2.0"`),
		"is damaged: its content is not that of the Plan ID " + string(sample().ID):             edit(headerFile, `"from": "ACME"`, `"from": "EMCA"`),
		"is damaged: the gateway is not that of the account":                                    edit(headerFile, "gateway.example", "gateway.example.net"),
		"is damaged: its batch size is 301, and a request has 1 to 300 people":                  edit(headerFile, `"batch_size": 2`, `"batch_size": 301`),
		`is damaged: message.outage["en"]: its rows do not add up`:                              edit(headerFile, `"rows": 11`, `"rows": 12`),
		`is damaged: message.outage["en"]: its countries do not add up`:                         edit(headerFile, `"recipients": 4`, `"recipients": 3`),
		`is damaged: message.outage["en"]: its segments are not those of its texts`:             edit(headerFile, `"segments": 4`, `"segments": 5`),
		`is damaged: message.outage["en"]: the delivery time is not the one written`:            edit(headerFile, `"deliver_at": "2026-03-02T13`, `"deliver_at": "2026-03-02T14`),
		`is damaged: message.outage["en"]: the action does not fit what is to be sent`:          edit(headerFile, `"action": "send"`, `"action": "no-op"`),
		`is damaged: message.outage["en"]: it is moved to itself`:                               edit(headerFile, `"revision": 2,`, `"revision": 2, "moved_from": "message.outage[\"en\"]",`),
		`is damaged: message.outage["en"]: it names a person twice`:                             edit(requestsFile, second, first),
		`is damaged: message.outage["en"]: it has 3 people of 4`:                                edit(requestsFile, `{"message":0,"same_text_as":0,"to":["`+fiction(3).E164()+`"]}`+"\n", ""),
		`is damaged: message.outage["en"]: what becomes of people in doubt is out of range`:     edit(headerFile, `"flash": true`, `"flash": true, "on_doubt": "resend", "again": 5`),
		`is damaged: message.outage["en"]: its settings are out of range`:                       edit(headerFile, `"flash": true`, `"flash": true, "max_credits": 1.5`),
		"is damaged: its messages depend on each other in a circle, or on others":               edit(headerFile, `"flash": true`, `"flash": true, "depends_on": ["message.none"]`),
		"is damaged: its messages are not in order":                                             edit(headerFile, `"message.ring"`, `"message.a"`),
		"is damaged: message.ring: its binary content is not hexadecimal":                       edit(headerFile, "00FF", "00fg"),
		"is damaged: requests.jsonl line 1 is not a request":                                    edit(requestsFile, `{"message":0`, `{"message":"`+first+`"`),
		"is damaged: requests.jsonl line 3: it refers to a text that is not there":              edit(requestsFile, `"same_text_as":0`, `"same_text_as":2`),
		"is damaged: requests.jsonl line 1: it has 3 people, and a request has 1 to 2":          edit(requestsFile, `"to":[`, `"to":["`+fiction(9).E164()+`",`),
		"is damaged: requests.jsonl line 2: the message is out of order":                        edit(requestsFile, "\n"+`{"message":0`, "\n"+`{"message":9`),
		"is damaged: requests.jsonl line 1: not the 7 to 15 digits of a telephone number":       edit(requestsFile, first, "0"+first),
		"is damaged: requests.jsonl line 1: its text has a character that cannot be sent":       edit(requestsFile, "Ann", `\r`),
		"is damaged: requests.jsonl line 4: it has a text too many":                             edit(requestsFile, `{"message":1`, `{"message":1,"text":"x"`),
		`is damaged: requests.jsonl line 2: it has no text`:                                     edit(requestsFile, `"text":"Żółw: aus"`, `"text":""`),
		`is damaged: requests.jsonl line 4: message.ring has more people than plan.json states`: edit(requestsFile, `{"message":1,"to":["`, `{"message":1,"to":["`+second+`","`),
		"is damaged: it has two files plan.json":                                                doubled(t, whole),
		"is damaged: requests.jsonl":                                                            flipped,
	}
}

// doubled adds a second plan.json.
func doubled(t testing.TB, whole []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{headerFile, headerFile} {
		must(must(z.Create(name)).Write([]byte(unpack(t, whole)[headerFile])))
	}
	z.Close()
	return b.Bytes()
}

func TestDamagedPlansAreRefusedWithTheCause(t *testing.T) {
	for want, b := range edits(t) {
		_, err := read(b)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if err != nil && strings.Contains(err.Error(), fiction(0).E164()) {
			t.Errorf("%v names a person", err)
		}
	}
}

func TestAHigherMinorVersionIsRead(t *testing.T) {
	files := unpack(t, written(t, sample()))
	files[headerFile] = strings.Replace(files[headerFile], `"format_version": "`+Format+`"`, `"format_version": "1.7", "novelty": [1]`, 1)
	delete(files, digestFile)
	p, err := read(pack(files))
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != sample().ID {
		t.Error("the ID changed")
	}
}

// The sample has nothing that format 1.0 did not have.
func TestAPlanOfFormat1_0IsReadAndMeansWhatItMeant(t *testing.T) {
	files := unpack(t, written(t, sample()))
	files[headerFile] = strings.Replace(files[headerFile], `"format_version": "`+Format+`"`, `"format_version": "1.0"`, 1)
	delete(files, digestFile)
	p, err := read(pack(files))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Messages[0].Wire(p.Request(0)); got.Queue != 2 || got.Callback != 7 || got.Features != 0 {
		t.Errorf("message with receipts: %+v", got)
	}
	if got := p.Messages[1].Wire(p.Request(3)); got.Callback != 0 {
		t.Errorf("message without receipts: %+v", got)
	}
}

func TestASavedPlanKeepsHowMessagesAreHandled(t *testing.T) {
	p := sample()
	p.Messages[0].Handling = config.Handling{
		Priority: 3, MaxCredits: 2, Escalate: true, Features: []string{"binary", "udh"}, Callbacks: []string{}, // none, though it asks for receipts
	}
	p.Messages[1].From = "12025550100"
	p.Messages[1].Handling = config.Handling{MobileOriginated: true, Callbacks: []string{"errors"}}
	p.ID = p.identify()
	got, err := read(written(t, p))
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Messages {
		if !reflect.DeepEqual(got.Messages[i].Handling, p.Messages[i].Handling) {
			t.Errorf("message %d: got %+v, want %+v", i, got.Messages[i].Handling, p.Messages[i].Handling)
		}
	}
}

func TestASavedPlanTakesAtMostTwelveBytesARecipient(t *testing.T) {
	const n = 100_000
	p := multitude(n)
	b := written(t, p)
	if each := float64(len(b)) / n; each > 12 {
		t.Errorf("%.1f bytes a recipient", each)
	} else {
		t.Logf("%.1f bytes a recipient", each)
	}
	if _, err := read(b); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, sample()))
	for _, b := range edits(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := read(b); err == nil {
			readAgain(t, p)
		}
	})
}

// FuzzReadContents gets behind the digests, which keep FuzzRead from what they cover.
func FuzzReadContents(f *testing.F) {
	files := unpack(f, written(f, sample()))
	f.Add([]byte(files[headerFile]), []byte(files[requestsFile]))
	f.Fuzz(func(t *testing.T, header, requests []byte) {
		_, err := read(pack(map[string]string{headerFile: string(header), requestsFile: string(requests)}))
		p, parseErr := parseHeader(header)
		if parseErr != nil || checkFormat(header) != nil {
			if err == nil {
				t.Error("a plan with a damaged header was read")
			}
			return
		}
		if p.readRequests(bytes.NewReader(requests)) != nil {
			return
		}
		for i := range p.Messages {
			if p.Messages[i].checkRequests() != nil {
				return
			}
		}
		p.number()
		p.ID = p.identify()
		readAgain(t, p)
	})
}

// readAgain checks that a plan that was read is written and read as it is.
func readAgain(t *testing.T, p *Plan) {
	t.Helper()
	b := written(t, p)
	again, err := read(b)
	if err != nil {
		t.Fatalf("what was read is not read again: %v", err)
	}
	if !bytes.Equal(written(t, again), b) {
		t.Error("what was read is written otherwise")
	}
	people := 0
	for _, r := range again.Requests() {
		if people += len(r.People); len(r.People) == 0 || len(r.People) > p.Gateway.BatchSize {
			t.Errorf("a request has %d people", len(r.People))
		}
	}
	if people != p.Totals().ToSend {
		t.Errorf("%d people are in requests, and %d to send to", people, p.Totals().ToSend)
	}
	if again.ID != p.ID {
		t.Errorf("ID %s, read again %s", p.ID, again.ID)
	}
}
