package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

func TestCountHasSeparators(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 34000: "34,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s; want %s", n, got, want)
		}
	}
}

func TestWrapBreaksAtSpacesAndNeverInACharacter(t *testing.T) {
	for name, tt := range map[string]struct {
		in    string
		width int
		want  []string
	}{
		"fits":              {"a b c", 5, []string{"a b c"}},
		"at a space":        {"aa bb cc", 5, []string{"aa bb", "cc"}},
		"before a word":     {"aa bbbb", 5, []string{"aa", "bbbb"}},
		"a long word":       {"abcdefgh", 3, []string{"abc", "def", "gh"}},
		"wide characters":   {"停电停电", 5, []string{"停电", "停电"}},
		"a cluster is kept": {"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		"wider than room":   {"停电", 1, []string{"停", "电"}},
		"no bound":          {strings.Repeat("a", 99), 0, []string{strings.Repeat("a", 99)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, wrap(tt.in, tt.width)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTruncateKeepsTheWidth(t *testing.T) {
	for _, text := range []string{"short", "a long line of text", "停电停电停电停电停电", "👨‍👩‍👧 family"} {
		if got := truncate(text, 10); uniseg.StringWidth(got) > 10 {
			t.Errorf("truncate(%q) = %q, %d columns", text, got, uniseg.StringWidth(got))
		}
	}
}

func TestSentencesFitAndPartNoWord(t *testing.T) {
	const text = "\nThe state is there, and belongs to this configuration.\nSaved to /a/path/that/is/much/longer/than/the/terminal/is.\n"
	var b strings.Builder
	if err := Sentences(&b, text, Style{Width: 40}); err != nil {
		t.Fatal(err)
	}
	if want := "\nThe state is there, and belongs to this\nconfiguration.\nSaved to /a/path/that/is/much/longer/than/the/terminal/is.\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	if err := Sentences(&b, text, Style{}); err != nil || b.String() != text {
		t.Errorf("%q, %v", b.String(), err)
	}
}
