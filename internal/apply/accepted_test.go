package apply

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone/fiction"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/soap"
)

// What is wrong with a value is said when the configuration is read, by the argument's name. Later it would be said by a
// failed apply.
func TestWhatAConfigurationMayHoldCanBeSent(t *testing.T) {
	errDialled := errors.New("the request was ready")
	accepted, requests := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "accepted")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		source, err := json.MarshalIndent(drawConfiguration(t), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.sms.json"), source, 0o600); err != nil {
			t.Fatal(err)
		}
		c, diagnostics := config.Load(t.Context(), dir, config.Options{})
		if diagnostics.HasErrors() {
			return
		}
		accepted++
		p := plan.New(c, nil, time.Now(), "test", plan.Options{})
		g, err := Connect(p.Gateway, Credentials(c.Gateway.Credentials), Connecting{Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errDialled
		}})
		if err != nil {
			t.Fatalf("the gateway is refused: %v\n%s", err, source)
		}
		defer g.Close()
		if _, err := g.client.Auth(t.Context(), g.signature()); len(c.Gateway.Missing()) == 0 && !errors.Is(err, errDialled) {
			t.Fatalf("the credentials are refused: %v\n%s", err, source)
		}
		r := &run{plan: p, dues: dues(p, time.Now())}
		for i, q := range p.Requests() {
			requests++
			w := work{index: i, people: q.People}
			delay, _ := r.turn(w)
			m := r.message(w, delay)
			if _, err := g.client.Send(t.Context(), soap.Access{Session: "s"}, m); !errors.Is(err, errDialled) {
				t.Fatalf("a message is refused: %v\n%s", err, source)
			}
		}
	})
	if accepted < 10 || requests < 10 {
		t.Errorf("%d configurations accepted, with %d requests: too few to show anything", accepted, requests)
	}
	t.Logf("%d configurations accepted, with %d requests", accepted, requests)
}

// drawConfiguration draws one that is right but for one argument at most, in JSON, where every string can be written.
func drawConfiguration(t *rapid.T) map[string]any {
	odd := rapid.SampledFrom([]string{
		"", "", "", "", "", "binding", "endpoint", "namespace", "soap_action", "api_id", "user", "password", "batch_size",
		"from", "max_segments", "validity", "deliver_at", "priority", "max_credits", "features", "mobile_originated", "callbacks", "data", "udh",
	}).Draw(t, "odd")
	maybe := func(block map[string]any, name string, right, wrong []any) {
		switch {
		case name == odd:
			block[name] = rapid.SampledFrom(append(wrong, literal(rapid.String().Draw(t, name)))).Draw(t, name)
		case rapid.Bool().Draw(t, name):
			block[name] = rapid.SampledFrom(right).Draw(t, name)
		}
	}
	gateway := map[string]any{"endpoint": "https://gateway.example/soap"}
	maybe(gateway, "binding", []any{"rpc"}, []any{"soap"})
	maybe(gateway, "auth", []any{"credentials"}, nil)
	maybe(gateway, "endpoint", []any{"http://127.0.0.1:1/a b", "https://gateway.example:443/soap?WSDL", "https://[::1]/é"}, []any{"https://", "ftp://a", "https://a:b@c"})
	maybe(gateway, "namespace", []any{"urn:a&b", "urn:<'>"}, []any{"urn:a\"b", "urn:é", "a\rb"})
	maybe(gateway, "soap_action", []any{"urn:a&b"}, []any{"urn:a\"b", "urn:é", "a\nb", "a b"})
	maybe(gateway, "api_id", []any{1, "1234567", 2147483647}, []any{0, "1.5", 2147483648, -1})
	maybe(gateway, "user", []any{"demo", "дему", "<&>\"'"}, []any{"a\x00b", "\uFFFE", "\x1b[2J"})
	maybe(gateway, "password", []any{"demo", "p\r\n w", "]]>"}, []any{"a\x01b", "\uFFFF"})
	maybe(gateway, "batch_size", []any{1, 2, 300}, []any{0, 301})

	message := map[string]any{
		"to":   []any{"${recipients.all}"},
		"text": literal(rapid.OneOf(rapid.StringN(1, 20, -1), rapid.Just("Żółw & <ślimak>"), rapid.Just("a\r\nb\tc"), rapid.Just("\uFFFD]]>")).Draw(t, "text")),
	}
	senders := []any{"12025550100", "+12025550100", "1234567890123456"}
	if odd == "data" || odd == "udh" || rapid.IntRange(0, 3).Draw(t, "binary") == 0 {
		delete(message, "text")
		binary := map[string]any{"data": "0a0B"}
		maybe(binary, "data", []any{strings.Repeat("00", 1000)}, []any{"0", "0g", ""})
		maybe(binary, "udh", []any{"06050415820000", ""}, []any{"0", "é"})
		message["binary"] = binary
	} else {
		senders = append(senders, "ACME", "a b")
		maybe(message, "flash", []any{true, false}, nil)
		maybe(message, "unicode", []any{"always", "auto"}, nil)
	}
	maybe(message, "from", senders, []any{"ACME!", "Łódź", "a\x00", "  ", "+", "12345678901234567"})
	maybe(message, "max_segments", []any{1, 35}, []any{0, 36, 1.5})
	maybe(message, "receipts", []any{true}, nil)
	maybe(message, "validity", []any{"1m", "61s", "168h"}, []any{"59s", "169h", "-1h"})
	maybe(message, "deliver_at", []any{in(time.Minute), in(7 * 24 * time.Hour), in(8 * 24 * time.Hour), in(-time.Hour)}, []any{"tomorrow"})
	maybe(message, "priority", []any{1, 2, 3}, []any{0, 4, -1, 1.5})
	if gateway["binding"] == "rpc" {
		maybe(message, "max_credits", []any{0.5, 2.5, 1e-9, 1.0 / 3}, []any{0, -1, json.Number("1e-400")})
	} else {
		maybe(message, "max_credits", []any{1, 3, 1e6}, []any{0.5, 0, -1, 1e7, json.Number("1e400")})
	}
	maybe(message, "escalate", []any{true}, nil)
	maybe(message, "features", []any{[]any{}, []any{"flash"}, []any{"text", "numeric_sender", "text"}}, []any{[]any{"taste"}, []any{nil}})
	maybe(message, "mobile_originated", []any{false, message["from"] == "12025550100"}, []any{true})
	maybe(message, "callbacks", []any{[]any{}, []any{"errors", "final"}}, []any{[]any{"all"}})
	var numbers []any
	for _, n := range fiction.Numbers(rapid.IntRange(1, 4).Draw(t, "people")) {
		numbers = append(numbers, "+"+n.E164())
	}
	return map[string]any{
		"gateway":    map[string]any{"clickatell": gateway},
		"recipients": map[string]any{"all": map[string]any{"numbers": numbers}},
		"message":    map[string]any{"m": message},
	}
}

// literal writes a text so that it is not a template.
func literal(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

func in(d time.Duration) string { return time.Now().Add(d).Format(time.RFC3339) }
