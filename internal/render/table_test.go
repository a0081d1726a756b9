package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/state"
)

func TestTheTableOfMessagesFitsItsWidth(t *testing.T) {
	messages := []state.Summary{
		{Address: `message.outage["en"]`, Revision: 1, Counts: map[state.Outcome]int{state.Accepted: 1234567, state.Refused: 3}},
		{Address: `message.停电["a_key_that_is_longer_than_a_narrow_terminal"]`, Revision: 12, Counts: map[state.Outcome]int{state.Accepted: 9, state.InDoubt: 300}},
	}
	for _, width := range []int{0, 40, 80, 120, 200} {
		var b bytes.Buffer
		if err := States(&b, messages, Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if width > 0 && uniseg.StringWidth(line) > width {
				t.Errorf("%d columns: %q", uniseg.StringWidth(line), line)
			}
		}
		for _, want := range []string{"1,234,567", "300", `message.outage["en"]`} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%d columns lack %s:\n%s", width, want, b.String())
			}
		}
	}
}
