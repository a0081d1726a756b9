package soap

import "testing"

// The rows of the specification, section 12, that are answers to a request.
func TestEveryCodeHasItsClass(t *testing.T) {
	want := map[Code]Class{
		1: Fatal, 2: Fatal, 3: Reauth, 4: Fatal, 5: Reauth, 7: Fatal,
		100: Fatal, 101: Never, 102: Never, 103: Never, 104: Never, 105: Never, 106: Never, 107: Never, 108: Fatal, 109: Never,
		110: Never, 111: Never, 112: Never, 113: Never, 114: Never, 115: Never, 116: Never, 120: Never, 121: Never, 122: Never, 123: Never, 128: Never,
		130: Retry, 160: Fatal, 161: Fatal, 165: Fatal, 166: Fatal, 167: Fatal,
		201: Never, 202: Never, 301: Fatal, 302: Never, 606: Never, 607: Never, 901: Retry,
	}
	for c, class := range want {
		t.Run(c.String(), func(t *testing.T) {
			if c.Class() != class || !c.Known() || c.Meaning() == "" {
				t.Errorf("%s: %v, known %v, %q; want %v", c, c.Class(), c.Known(), c.Meaning(), class)
			}
		})
	}
	for c := range codes {
		if _, ok := want[c]; !ok {
			t.Errorf("%s is in the table and not in the specification", c)
		}
	}
}

func TestAnUnknownCodeIsNever(t *testing.T) {
	for _, c := range []Code{0, 6, 129, 999} {
		if c.Class() != Never || c.Known() || c.Meaning() == "" || c.Remedy() != "" {
			t.Errorf("%s: %v, known %v, %q, %q", c, c.Class(), c.Known(), c.Meaning(), c.Remedy())
		}
	}
}

func TestAFailedSessionMayBeRenewed(t *testing.T) {
	for name, tt := range map[string]struct {
		code   Code
		access Access
		want   Class
	}{
		"001 with a session":      {1, Access{Session: "s"}, Reauth},
		"001 with credentials":    {1, Access{APIID: "1", User: "u", Password: "p"}, Fatal},
		"003 with a session":      {3, Access{Session: "s"}, Reauth},
		"the account, by session": {4, Access{Session: "s"}, Fatal},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.code.ClassFor(tt.access); got != tt.want {
				t.Errorf("ClassFor = %v; want %v", got, tt.want)
			}
		})
	}
}

func TestCodesHaveThreeDigits(t *testing.T) {
	for c, want := range map[Code]string{1: "001", 114: "114", 1000: "1000"} {
		if got := c.String(); got != want {
			t.Errorf("String = %q; want %q", got, want)
		}
	}
}
