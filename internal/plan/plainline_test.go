package plan

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var plainLines = []string{
	`{"message":0,"to":["12025550143"]}` + "\n",
	`{"message":17,"text":"Grüße <b>&","to":["12025550143","12025550144"]}` + "\n",
	`{"message":0,"same_text_as":123456789,"clock":3,"to":["1"]}` + "\n",
	`{"message":1,"text":"","same_text_as":0,"clock":0,"to":[""]}` + "\n",
}

var otherLines = []string{
	`{"message":0,"to":["12025550143"]}`, `{"message":0,"to":["1"]} ` + "\n", `{"message":0,"to":["1"]}` + "\n\n", `{"message":00,"to":["1"]}` + "\n", `{"message":-0,"to":["1"]}` + "\n",
	`{"message":0,"text":"a\n","to":["1"]}` + "\n", `{"message":0,"text":"` + "\t" + `","to":["1"]}` + "\n", `{"message":0,"text":"` + "\xff" + `","to":["1"]}` + "\n", `{"message":0,"text":null,"to":["1"]}` + "\n",
	`{"message":1234567890123,"to":["1"]}` + "\n", `{"message":0,"to":[]}` + "\n", `{"message":0,"to":["1",]}` + "\n", `{"message":0,"to":["1"],"clock":1}` + "\n", `{"clock":1,"message":0,"to":["1"]}` + "\n",
	`{"message":0,"text":"a","text":"b","to":["1"]}` + "\n", `{"message":0,"to":[1]}` + "\n", `{"message":1.0,"to":["1"]}` + "\n", `{"message":}` + "\n", `{}` + "\n", "", `{"message":0`,
}

func TestPlainLinesAreReadAsTheDecoderReadsThem(t *testing.T) {
	for _, written := range plainLines {
		if _, ok := new(plainLine).read([]byte(written)); !ok {
			t.Errorf("%q is not plain", written)
		}
	}
	for _, written := range otherLines {
		if l, ok := new(plainLine).read([]byte(written)); ok {
			t.Errorf("%q is plain: %+v", written, l)
		}
	}
}

// What the plain reader takes, it takes as the decoder does, whatever line came before.
func FuzzPlainLine(f *testing.F) {
	for _, written := range append(plainLines, otherLines...) {
		f.Add([]byte(written), []byte(plainLines[3]))
	}
	f.Fuzz(func(t *testing.T, written, before []byte) {
		var plain plainLine
		plain.read(before)
		got, ok := plain.read(written)
		if !ok {
			return
		}
		var want line
		if err := json.Unmarshal(written, &want); err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%q (-decoder +plain):\n%s", written, diff)
		}
	})
}
