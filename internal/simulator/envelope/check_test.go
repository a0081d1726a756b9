package envelope

import (
	"errors"
	"testing"
)

func TestACallIsHeldToTheRules(t *testing.T) {
	const ping = "<session_id>a</session_id>"
	inOrder, swapped := "<api_id>1</api_id><user>a</user><password>b</password>", "<user>a</user><api_id>1</api_id><password>b</password>"
	for name, tt := range map[string]struct {
		op, parameters, action string
		rules                  Rules
		want                   string // "" where nothing is against it
	}{
		"nothing asked":               {"auth", swapped, "", Rules{}, ""},
		"in order":                    {"auth", inOrder, "", Rules{InOrder: true}, ""},
		"out of order":                {"auth", swapped, "", Rules{InOrder: true}, `"api_id" in auth is out of the schema's order`},
		"a parameter too many":        {"ping", ping + "<x/>", "", Rules{}, `ping has no parameter "x"`},
		"a parameter too many, taken": {"ping", ping + "<x><y/></x>", "", Rules{AnyParameter: true}, ""},
		"no action":                   {"ping", ping, `""`, Rules{ActionNeeded: true}, "there is no SOAPAction"},
		"its action":                  {"ping", ping, `"` + Document.action + `/ping"`, Rules{ActionNeeded: true}, ""},
		"another action":              {"ping", ping, "urn:x/ping", Rules{}, `SOAPAction "urn:x/ping" contradicts the body, which has ping`},
		"another action, ignored":     {"ping", ping, "urn:x/auth", Rules{ActionIgnored: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Read([]byte(documentCall(tt.op, tt.parameters)), Document, "")
			if err != nil {
				t.Fatal(err)
			}
			got := Fault{}
			if f := (*Fault)(nil); errors.As(c.Check(tt.action, tt.rules), &f) {
				got = *f
			}
			want := Fault{}
			if tt.want != "" {
				want = Fault{Code: "Client", Text: tt.want, Operation: tt.op}
			}
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
