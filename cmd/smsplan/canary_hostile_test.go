package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/smsplan/smsplan/internal/sms"
)

// hostileMark begins a line that a string from outside would put into a log: CI systems take it for a command.
const hostileMark = "::hostile::"

// hostileStrings are what terminals obey, what hides, and what turns other text around, each between letters.
func hostileStrings() []string {
	var list []string
	add := func(from, to rune) {
		for r := from; r <= to; r++ {
			list = append(list, "h"+string(r)+"h")
		}
	}
	add(0x01, 0x1f) // no argument of a program holds NUL
	add(0x7f, 0x9f)
	add(0x200b, 0x200f)
	add(0x2028, 0x202e)
	add(0x2060, 0x206f)
	add(0xfe00, 0xfe0f)
	add(0xfff9, 0xfffb)
	add(0xe0020, 0xe002a)
	for _, r := range []rune{0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x3164, 0xfeff, 0xffa0, 0x1d173, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xe01ef} {
		add(r, r)
	}
	list = append(list,
		"\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\a", "\x1b]8;;https://hostile.invalid\x1b\\click\x1b]8;;\x1b\\", "\x1bP+q544e\x1b\\", "\u009b31mred", "\u009d0;title\u009c",
		"a\rApply complete!", "a\n"+hostileMark+"error", "a\r\n"+hostileMark+"set-env", "a\b\b\bb", "\x1b[?1049h", "\x1b[6n", "\x1b[201~rm", "\x0e\x0f", "\x1b%G", "\x05",
		"pay \u202e001\u202c now", "\u2066a\u2069", "e\u200d\u200de", "\ufeff\ufeff", "👨\u200d👩\u200d👧", "❤\ufe0f", "नि\u200dन", "\u061ca", "a\u2028"+hostileMark+"b",
		"\u2029"+hostileMark, "\v"+hostileMark, "\f"+hostileMark, "\u0085"+hostileMark, "\U000e0041\U000e0042",
	)
	for len(list) < 200 {
		i := len(list)
		list = append(list, fmt.Sprintf("p%d%s%sq", i, list[i*7%100], list[i*13%90]))
	}
	return list
}

// crammed is all of them in one, but for those that cannot stand where it is put.
func crammed(but func(string) bool) string {
	var b strings.Builder
	for _, s := range hostileStrings() {
		if but == nil || !but(s) {
			b.WriteString(s)
		}
	}
	return b.String()
}

// hostileLiteral writes text as HCL, every other character of it as an escape.
func hostileLiteral(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range []rune(text) {
		switch {
		case r == '"' || r == '\\':
			b.WriteString("\\" + string(r))
		case r < 0x20 || i%2 == 0 && r > 0x7e:
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// hostileIn gives what of an output a terminal or a log must not be shown.
func hostileIn(out string) (found []string) {
	line := 1
	for i := 0; i < len(out); {
		r, size := utf8.DecodeRuneInString(out[i:])
		switch {
		case r == '\n':
			if strings.HasPrefix(out[i+1:], hostileMark) {
				found = append(found, fmt.Sprintf("line %d begins with %s", line+1, hostileMark))
			}
			line++
		case r == utf8.RuneError && size == 1:
			found = append(found, fmt.Sprintf("line %d: byte %#02x", line, out[i]))
		case r == '\t', r == '\r' && strings.HasPrefix(out[i:], "\r\n"): // RFC 4180 ends lines of CSV like that
		case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r), !strconv.IsGraphic(r):
			found = append(found, fmt.Sprintf("line %d: %U", line, r))
		}
		i += size
	}
	return found
}

const hostileConfiguration = `
variable "given" {
  default = HOSTILE

  validation {
    condition     = VALID
    error_message = "It is ${var.given}."
  }
}

variable "listed" { default = [] }

gateway "clickatell" {
  endpoint = ENDPOINT
  api_id   = 1
  user     = "` + canaryUser + `"
  password = PASSWORD
  timeout  = "2s"
}

recipients "people" {
  region     = "US"
  on_invalid = INVALID
  where      = recipient.name != HOSTILE

  csv {
    path   = CSV
    number = "mobile"
  }
}

recipients "staff" {
  numbers = [{ number = "+1 201 555 0100", name = SENT }]
}

message "hello" {
  to           = [recipients.people, recipients.staff]
  text         = "Hello ${recipient.name}."
  max_segments = 35
  dedupe_key   = "k"
}

message "each" {
  for_each     = toset([SHORT, "x"])
  to           = [recipients.people]
  text         = SENT
  max_segments = 35
  where        = recipient.mobile != each.key
}

check "c" {
  assert {
    condition     = false
    error_message = HOSTILE
  }
}

output "o" { value = HOSTILE }

output "deep" { value = { (SHORT) = [HOSTILE] } }
EXTRA
`

type hostileWorld struct {
	replace []string
	gateway func(http.Handler) http.Handler
	brief   bool
	sends   bool
}

// hostileWorlds are what is put in the place of words of the configuration, and what it is about.
var hostileWorlds = map[string]hostileWorld{
	"all is well":             {sends: true},
	"an invalid variable":     {replace: []string{"VALID", `var.given == "x"`}, brief: true},
	"invalid rows":            {replace: []string{"INVALID", `"error"`}, brief: true},
	"an unknown column":       {replace: []string{"${recipient.name}", "${recipient.nome}"}, brief: true},
	"a file is not there":     {replace: []string{"CSV", "HOSTILE"}, brief: true},
	"a sender":                {replace: []string{"dedupe_key   = \"k\"", "from = HOSTILE"}, brief: true},
	"a function":              {replace: []string{"EXTRA", "locals { x = parseint(HOSTILE, 10) }"}, brief: true},
	"a function and a name":   {replace: []string{"EXTRA", "locals {\n x = file(HOSTILE)\n y = jsondecode(HOSTILE)\n z = regex(HOSTILE, \"a\")\n w = timeadd(HOSTILE, \"1h\") \n}"}, brief: true},
	"an unknown key":          {replace: []string{"EXTRA", "locals { x = message.each[HOSTILE] \n y = { a = 1 }[HOSTILE] }"}, brief: true},
	"unknown blocks":          {replace: []string{"EXTRA", "mesage HOSTILE {}\nrecipients HOSTILE {}\nmessage SHORT {}"}, brief: true},
	"a comment in an error":   {replace: []string{"EXTRA", "nope = COMMENT"}, brief: true},
	"a precondition":          {replace: []string{"dedupe_key   = \"k\"", "precondition {\n condition = false\n error_message = HOSTILE\n }"}, brief: true},
	"arguments":               {replace: []string{"dedupe_key   = \"k\"", "deliver_at = HOSTILE\n validity = HOSTILE\n on_doubt = HOSTILE\n features = [HOSTILE]\n unicode = HOSTILE\n window {\n from = HOSTILE\n to = HOSTILE\n timezone = HOSTILE\n }"}, brief: true},
	"no GSM text":             {replace: []string{"dedupe_key   = \"k\"", "unicode = \"never\""}, brief: true},
	"a dedupe key":            {replace: []string{"dedupe_key   = \"k\"", "dedupe_key = HOSTILE"}, brief: true},
	"a tariff":                {replace: []string{"EXTRA", "tariff {\n currency = HOSTILE\n default = 1\n country = { (HOSTILE) = 1 }\n}\nguard \"g\" {\n max_recipients = 1\n messages = [message.hello]\n countries = [HOSTILE]\n}"}, brief: true},
	"keys":                    {replace: []string{`toset([SHORT, "x"])`, "toset([HOSTILE])"}, brief: true},
	"invisible keys":          {replace: []string{`toset([SHORT, "x"])`, `toset(["a\u3164", "a\ufe0f"])`}, brief: true},
	"a guard":                 {replace: []string{"EXTRA", "guard \"g\" {\n max_recipients = 1\n}"}, brief: true},
	"moves":                   {replace: []string{"EXTRA", "moved {\n from = message.old[SHORT]\n to = message.each[SHORT]\n}\nremoved {\n from = message.gone[SHORT]\n}"}, sends: true},
	"an endpoint":             {replace: []string{"ENDPOINT", "HOSTILE"}, brief: true},
	"an error of HTTP":        {gateway: hostileAnswer(http.StatusBadGateway, "")},
	"an error of a request":   {gateway: hostileAnswer(http.StatusOK, "ERR: 114, ")},
	"an error of the sign-in": {gateway: hostileAnswer(http.StatusOK, "ERR: 001, ")},
	"a fault":                 {gateway: hostileAnswer(http.StatusInternalServerError, "fault")},
	"no XML":                  {gateway: hostileAnswer(http.StatusOK, "raw")},
	"no HTTP":                 {gateway: hostileBabble},
}

// hostileLines are run in every world, hostileSends where the configuration is sound, and those of hostileMore, and what looks for
// other canaries, where all is well.
var (
	hostileLines = [][]string{{"validate", "-json"}, {"plan"}, {"plan", "-json"}}
	hostileSends = [][]string{
		{"init"}, {"validate"}, {"plan", "-out=a.smsplan", "-json-into=a.jsonl"}, {"show", "a.smsplan"}, {"apply", "-resolve-timeout=0", "-auto-approve"},
		{"apply", "-resolve-timeout=0", "-auto-approve", "-json"}, {"resolve"}, {"show"}, {"state", "pull", "-format=csv"},
	}
)

func hostileMore(all string) [][]string {
	return slices.Concat(hostileLines, hostileSends, [][]string{
		{"plan", "-compact-warnings", "-show-numbers"}, {"show", "-json", "a.smsplan"}, {"resolve", "-as=unsent", "-reason=" + all}, {"show", "-json"}, {"state", "show", "message.each[\"" + all + "\"]"},
		{"graph"}, {"doctor"}, {"doctor", "-json"}, {"doctor", all}, {"output", all}, {"plan", "-var=given=" + all}, {"plan", "-var=" + all}, {"plan", "-var-file=" + all}, {"plan", "-" + all}, {all}, {"plan", all}, {"plan", "-workspace=" + all}, {"plan", "-allow=" + all},
		{"plan", "-out=" + all}, {"show", all}, {"show", "people.csv"}, {"apply", "-expect=" + all, "-auto-approve"}, {"apply", "-parallelism=" + all}, {"resolve", all}, {"resolve", "-from=hostile.jsonl"}, {"resolve", "-from=" + all},
		{"-chdir=" + all, "plan"}, {"state", "mv", all, "message.b"}, {"state", "mv", "message.hello", all}, {"state", "rm", all}, {"state", "pull", "-format=" + all}, {"state", "recover", all},
		{"simulator", "-fault=" + all}, {"simulator", "-settings=hostile.jsonl"}, {"simulator", "-listen=" + all}, {"fmt", all}, {"metadata", all}, {"completion", all}, {"help", all},
		{"test", "-filter=" + all}, {"test", "-test-directory=" + all}, {"fmt", "-diff", "-write=false"},
	}, canaryLines)
}

// hostileAnswer has a gateway say all of it.
func hostileAnswer(status int, how string) func(http.Handler) http.Handler {
	all := crammed(nil)
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			xml := html.EscapeString(strings.Map(func(c rune) rune {
				if c < 0x20 {
					return '.'
				}
				return c
			}, all))
			rw.Header().Set("Content-Type", "text/xml")
			rw.Header()["X-Said"] = []string{strings.Map(func(c rune) rune {
				if c < 0x20 || c == 0x7f {
					return '.'
				}
				return c
			}, all)}
			rw.WriteHeader(status)
			switch op := strings.Trim(r.Header.Get("SOAPAction"), `"`); how {
			case "raw":
				fmt.Fprint(rw, all)
			case "fault", "":
				fmt.Fprintf(rw, "<Envelope><Body><Fault><faultcode>%[1]s</faultcode><faultstring>%[1]s</faultstring></Fault></Body></Envelope>", xml)
			default:
				op = op[strings.LastIndex(op, "/")+1:]
				said := how + xml
				if op == "auth" && !strings.Contains(how, "001") {
					said = "OK: 0123456789abcdef0123456789abcdef"
				}
				fmt.Fprintf(rw, "<Envelope><Body><%[1]sResponse><return>%[2]s</return></%[1]sResponse></Body></Envelope>", op, said)
			}
		})
	}
}

func hostileBabble(http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, _, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 %s\r\n%s\r\n\r\n", crammed(nil), crammed(nil))
		_ = conn.Close()
	})
}

// Whatever stands in a configuration, a file, its name, a variable, an argument, the environment or an answer of the gateway: a
// terminal or a log gets nothing of it that it would obey, that hides, or that begins a line like a command. What is sent is what
// was written.
func TestHostileStringsReachNoTerminal(t *testing.T) {
	program := build(t)
	all := hostileStrings()
	if len(all) < 200 {
		t.Fatalf("%d strings", len(all))
	}
	text := crammed(nil)
	sendable := norm.NFC.String(crammed(func(s string) bool { _, _, bad := sms.Unsendable(s); return bad }))
	var mu sync.Mutex
	var commands, outputs, found int
	abreast(t, hostileWorlds, func(t *testing.T, tt hostileWorld) {
		w := newAviary(t, program, flock{}, canaryWorld{gateway: tt.gateway})
		w.everywhere, w.plans = nil, nil
		configuration := hostileConfiguration
		if len(tt.replace) > 0 {
			configuration = strings.Replace(configuration, tt.replace[0], tt.replace[1], 1)
			if configuration == hostileConfiguration {
				t.Fatal("nothing was replaced")
			}
		}
		file := "people\u202e\x1b[31m.csv"
		configuration = strings.NewReplacer("HOSTILE", hostileLiteral(text), "SENT", hostileLiteral(sendable), "PASSWORD", hostileLiteral(canaryPassword), "SHORT", `"ké"`, "INVALID", `"skip"`, "VALID", `var.given != ""`, "CSV", hostileLiteral(file),
			"ENDPOINT", `"`+endpointOf(w)+`"`, "EXTRA", "", "COMMENT", "nope # "+strings.ReplaceAll(strings.ReplaceAll(text, "\n", ""), "\r", "")).Replace(configuration)
		for _, name := range []string{"x.auto.smsvars.json", "given.smsvars.hcl", "smsplan.smsvars.hcl", "a.smstest.hcl"} {
			if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		w.write("hostile\u202e.sms.hcl", configuration)
		w.write(file, fmt.Sprintf("mobile,name,\"%[1]s\"\n+1 201 555 0101,\"%[2]s\",x\n\"%[1]s\",\"%[1]s\",y\n12\u202e,z,\xff\n", text, sendable))
		quoted, _ := json.Marshal(text)
		w.write("hostile.jsonl", fmt.Sprintf("{\"at\":%[1]s,\"lineage\":%[1]s,\"outcome\":%[1]s,%[1]s:1}\n%[2]s\xff\n", quoted, text))
		w.write("a.smstest.hcl", fmt.Sprintf("variables {\n  given = %[1]s\n}\nrun \"r\" {\n  assert {\n    condition     = output.o == \"\" || var.given == \"\"\n    error_message = %[1]s\n  }\n}\n", hostileLiteral(text)))
		w.environ = append(w.environ, "SMSPLAN_VAR_given="+strings.ToValidUTF8(text, ""), "SMSPLAN_VAR_listed="+text)
		lines := slices.Concat(hostileSends, hostileLines)
		switch {
		case tt.brief:
			lines = hostileLines
		case len(tt.replace) == 0 && tt.gateway == nil:
			lines = hostileMore(text)
		}
		for _, line := range lines {
			out := w.run(line)
			bad := hostileIn("\n" + out)
			for _, one := range []string{"a.jsonl", "report.xml"} {
				if content, err := os.ReadFile(filepath.Join(w.dir, one)); err == nil {
					bad = append(bad, hostileIn("\n"+string(content))...)
					w.outputs++
					_ = os.Remove(filepath.Join(w.dir, one))
				}
			}
			w.outputs++
			w.found += len(bad)
			if len(bad) > 0 {
				shown := fmt.Sprintf("%.60q", line)
				t.Errorf("smsplan %s: %d, first %q in %.3000q", shown, len(bad), bad[:min(len(bad), 5)], out)
			}
		}
		if tt.sends {
			sent := w.simulator.Messages()
			if len(sent) == 0 {
				t.Errorf("nothing was sent: %s", w.run([]string{"plan"}))
			}
			want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(sendable)
			for _, m := range sent {
				if m.Text != want && m.Text != "Hello "+want+"." {
					t.Errorf("what was sent is not what was written:\n%q\n%q", m.Text, want)
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		commands, outputs, found = commands+w.commands, outputs+w.outputs, found+w.found
	})
	t.Logf("%d strings, %d commands, %d outputs, %d found", len(all), commands, outputs, found)
}

func endpointOf(w *aviary) string {
	for _, pair := range w.environ {
		if endpoint, ok := strings.CutPrefix(pair, "SMSPLAN_VAR_endpoint="); ok {
			return endpoint
		}
	}
	return ""
}
