package soap

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	annNumber  = "447700900001"
	benNumber  = "447700900002"
	cleoNumber = "447700900003"
	stranger   = "447700900009"
	id1        = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
	id2        = "b1b2c3d4e5f60718293a4b5c6d7e8f91"
)

func TestLinesAreMatchedToRecipients(t *testing.T) {
	ok := func(id string) Result { return Result{Verdict: Accepted, ID: id} }
	no := func(code Code, text string) Result { return Result{Verdict: Refused, Code: code, Text: text} }
	none := Result{}
	one, two, three := []string{annNumber}, []string{annNumber, benNumber}, []string{annNumber, benNumber, cleoNumber}
	const masked = "44••••••••09"
	whole := no(3, "Session ID expired")
	whole.Whole = true
	for name, tt := range map[string]struct {
		to    []string
		lines []string
		want  []Result
		extra []string
	}{
		"one, bare":                        {one, []string{"ID: " + id1}, []Result{ok(id1)}, nil},
		"one, named":                       {one, []string{"ID: " + id1 + " To: " + annNumber}, []Result{ok(id1)}, nil},
		"one, named with a plus":           {one, []string{"ID: " + id1 + " To: +" + annNumber}, []Result{ok(id1)}, nil},
		"one, another is named":            {one, []string{"ID: " + id1 + " To: " + stranger}, []Result{none}, []string{"ID: " + id1 + " To: " + masked}},
		"one, in national form":            {one, []string{"ID: " + id1 + " To: 07700900001"}, []Result{none}, []string{"ID: " + id1 + " To: 07•••••••01"}},
		"one, with a leading zero":         {one, []string{"ID: " + id1 + " To: 0" + annNumber}, []Result{none}, []string{"ID: " + id1 + " To: 04•••••••••01"}},
		"one, refused":                     {one, []string{"ERR: 114, Cannot route message"}, []Result{no(114, "Cannot route message")}, nil},
		"one, two bare lines":              {one, []string{"ID: " + id1, "ERR: 301, No Credit"}, []Result{none}, []string{"ID: " + id1, "ERR: 301, No Credit"}},
		"one, an error without a code":     {one, []string{"ERR: try again"}, []Result{none}, []string{"ERR: try again"}},
		"one, code zero":                   {one, []string{"ERR: 000, nothing"}, []Result{none}, []string{"ERR: 000, nothing"}},
		"one, nothing":                     {one, nil, []Result{none}, nil},
		"one, something else":              {one, []string{"Welcome"}, []Result{none}, []string{"Welcome"}},
		"several, out of order":            {two, []string{"ID: " + id2 + " To: " + benNumber, "ID: " + id1 + " To: " + annNumber}, []Result{ok(id1), ok(id2)}, nil},
		"several, mixed":                   {two, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 114, No route To: " + benNumber}, []Result{ok(id1), no(114, "No route")}, nil},
		"several, one bare error":          {three, []string{"ERR: 003, Session ID expired"}, []Result{whole, whole, whole}, nil},
		"several, one bare id":             {two, []string{"ID: " + id1}, []Result{none, none}, []string{"ID: " + id1}},
		"several, an error without a code": {two, []string{"ERR: busy"}, []Result{none, none}, []string{"ERR: busy"}},
		"several, the last one bare": {two, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 301, No Credit Left"},
			[]Result{ok(id1), no(301, "No Credit Left")}, nil},
		"several, two of them bare": {three, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 301, No Credit Left", "ID: " + id2},
			[]Result{ok(id1), none, none}, []string{"ERR: 301, No Credit Left", "ID: " + id2}},
		"several, one bare for two": {three, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 301, No Credit Left"},
			[]Result{ok(id1), none, none}, []string{"ERR: 301, No Credit Left"}},
		"several, one missing": {two, []string{"ID: " + id1 + " To: " + annNumber}, []Result{ok(id1), none}, nil},
		"several, one too many": {two, []string{"ID: " + id1 + " To: " + annNumber, "ID: " + id2 + " To: " + benNumber, "ERR: 301, No Credit Left"},
			[]Result{ok(id1), ok(id2)}, []string{"ERR: 301, No Credit Left"}},
		"several, a stranger and a bare line": {two, []string{"ID: " + id1 + " To: " + annNumber, "ID: " + id2 + " To: " + stranger, "ERR: 301, No Credit Left"},
			[]Result{ok(id1), none}, []string{"ID: " + id2 + " To: " + masked, "ERR: 301, No Credit Left"}},
		"several, nonsense and a bare line": {two, []string{"ID: " + id1 + " To: " + annNumber, "Notice", "ERR: 301, No Credit Left"},
			[]Result{ok(id1), none}, []string{"Notice", "ERR: 301, No Credit Left"}},
		"contradiction of id and error": {two, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 114, No To: " + annNumber, "ID: " + id2 + " To: " + benNumber},
			[]Result{none, ok(id2)}, []string{"ID: " + id1 + " To: 44••••••••01", "ERR: 114, No To: 44••••••••01"}},
		"contradiction of two ids": {one, []string{"ID: " + id1 + " To: " + annNumber, "ID: " + id2 + " To: " + annNumber},
			[]Result{none}, []string{"ID: " + id1 + " To: 44••••••••01", "ID: " + id2 + " To: 44••••••••01"}},
		"a contradiction stays one": {one, []string{"ID: " + id1 + " To: " + annNumber, "ERR: 114 To: " + annNumber, "ID: " + id1 + " To: " + annNumber},
			[]Result{none}, []string{"ID: " + id1 + " To: 44••••••••01", "ERR: 114 To: 44••••••••01"}},
		"one, named and a bare error": {one, []string{"ERR: 122, Opted out", "ID: " + id1 + " To: " + annNumber},
			[]Result{none}, []string{"ID: " + id1 + " To: 44••••••••01", "ERR: 122, Opted out"}},
		"one, named and said bare again": {one, []string{"ID: " + id1 + " To: " + annNumber, "ID: " + id1}, []Result{ok(id1)}, nil},
		"one, a stranger and a bare error": {one, []string{"ID: " + id1 + " To: " + stranger, "ERR: 122, Opted out"},
			[]Result{none}, []string{"ID: " + id1 + " To: " + masked, "ERR: 122, Opted out"}},
		"the same said twice": {one, []string{"ID: " + id1 + " To: " + annNumber, "ID: " + id1 + " To: " + annNumber}, []Result{ok(id1)}, nil},
		"a named error without a code": {two, []string{"ERR: busy To: " + annNumber, "ID: " + id2},
			[]Result{none, none}, []string{"ERR: busy To: 44••••••••01", "ID: " + id2}},
		"an error that names two people": {two, []string{"ERR: 105, bad To: " + annNumber + " To: " + benNumber},
			[]Result{none, none}, []string{"ERR: 105, bad To: 44••••••••01 To: 44••••••••02"}},
		"an error and an id in one line": {two, []string{"ERR: 301, No Credit Left ID: " + id2 + " To: " + benNumber},
			[]Result{none, none}, []string{"ERR: 301, No Credit Left ID: " + id2 + " To: 44••••••••02"}},
		"two errors in one line": {two, []string{"ERR: 114, No route ERR: 301, No Credit Left To: " + benNumber},
			[]Result{none, none}, []string{"ERR: 114, No route ERR: 301, No Credit Left To: 44••••••••02"}},
		"no space after the colons":    {two, []string{"ID:" + id1 + " To:" + annNumber, "ERR:114,No route To:" + benNumber}, []Result{ok(id1), no(114, "No route")}, nil},
		"several spaces, another case": {two, []string{"id:   " + id1 + "   to:  " + annNumber, "err:  114 ,  No route  TO:  " + benNumber}, []Result{ok(id1), no(114, "No route")}, nil},
		"an error without a text":      {two, []string{"ERR: 114 To: " + annNumber, "ERR: 121, To: " + benNumber}, []Result{no(114, ""), no(121, "")}, nil},
		"a code without a comma":       {one, []string{"ERR: 3 messages"}, []Result{none}, []string{"ERR: 3 messages"}},
		"a code without a text":        {one, []string{"ERR: 001"}, []Result{no(1, "")}, nil},
		"an unknown code":              {one, []string{"ERR: 999, New"}, []Result{no(999, "New")}, nil},
		"an id with rubbish after it":  {one, []string{"ID: " + id1 + " maybe"}, []Result{none}, []string{"ID: " + id1 + " maybe"}},
		"an id that is too long":       {one, []string{"ID: " + id1 + id1 + "0"}, []Result{none}, []string{"ID: a1b2c3d4e5f60••••93a4b5c6d7e8f90a1b2c3d4e5f60••••93a4b5c6d7e8f900"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := Message{To: tt.to}
			place, err := m.places()
			if err != nil {
				t.Fatal(err)
			}
			got := match(place, tt.lines, nil)
			if diff := cmp.Diff(tt.want, got.Results); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.extra, got.Extra); diff != "" {
				t.Errorf("extra (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExtraLinesAreCounted(t *testing.T) {
	lines := make([]string, 300)
	for i := range lines {
		lines[i] = "Notice"
	}
	got := match(map[string]int{annNumber: 0}, lines, nil).Extra
	if len(got) != maxExtra+1 || got[maxExtra] != "and 280 more lines" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

func TestUntilIsReadFromCode130(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want time.Time
	}{
		"with a time":       {"ERR: 130, Maximum message limit reached until 1400000000", time.Unix(1400000000, 0)},
		"with a colon":      {"ERR: 130, Limit reached. Until: 1400000000.", time.Unix(1400000000, 0)},
		"without":           {"ERR: 130, Maximum message limit reached", time.Time{}},
		"of another error":  {"ERR: 114, not until 1400000000", time.Time{}},
		"a number too long": {"ERR: 130, until 1", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parseLine(tt.in).until; !got.Equal(tt.want) {
				t.Errorf("until = %v; want %v", got, tt.want)
			}
		})
	}
}

func TestAStringMayHoldSeveralLines(t *testing.T) {
	got := splitLines([]string{" a\r\nb \n\n", "", "\r", "c"})
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatesAreReadInAnyOrder(t *testing.T) {
	full := Charge{ID: id1, Charge: "0.33", Status: 4}
	for name, tt := range map[string]struct {
		in   string
		want Charge
		ok   bool
	}{
		"charge first":       {"apiMsgId: " + id1 + " charge: 0.33 status: 004", full, true},
		"status first":       {"apiMsgId: " + id1 + " status: 004 charge: 0.33", full, true},
		"under another name": {"ID: " + id1 + " Charge: 0.33 Status: 004", full, true},
		"no spaces":          {"ID:" + id1 + " Status:004", Charge{ID: id1, Status: 4}, true},
		"no status":          {"ID: " + id1, Charge{}, false},
		"no id":              {"Status: 004", Charge{}, false},
		"two statuses":       {"ID: " + id1 + " Status: 004 Status: 005", Charge{}, false},
		"status zero":        {"ID: " + id1 + " Status: 000", Charge{}, false},
		"not a status":       {"ID: " + id1 + " Status: sent", Charge{}, false},
		"not a charge":       {"ID: " + id1 + " Charge: NaN Status: 004", Charge{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := parseState(tt.in)
			if got != tt.want || ok != tt.ok {
				t.Errorf("parseState = %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
