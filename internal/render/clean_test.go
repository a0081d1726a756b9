package render

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var dirty = map[string]struct{ in, want string }{
	"plain text":          {"Power is out in Fitzroy.", "Power is out in Fitzroy."},
	"other scripts":       {"Στρόμα «ü» 停电 😀", "Στρόμα «ü» 停电 😀"},
	"escape sequence":     {"\x1b[2J", `\x1b[2J`},
	"C1 control":          {"a\u009b31m", `a\u009b31m`},
	"delete":              {"a\x7f", `a\x7f`},
	"line break":          {"a\nb\r\tc", `a\nb\r\tc`},
	"bidi override":       {"pay \u202e001", `pay \u202e001`},
	"bidi isolate":        {"\u2066x\u2069", `\u2066x\u2069`},
	"zero width":          {"a\u200bb\ufeff", `a\u200bb\ufeff`},
	"soft hyphen":         {"a\u00adb", `a\u00adb`},
	"line separator":      {"a\u2028b", `a\u2028b`},
	"invisible letter":    {"a\u3164b\u034fc", `a\u3164b\u034fc`},
	"no-break space":      {"a\u00a0b", `a\u00a0b`},
	"tag characters":      {"a\U000e0041", `a\U000e0041`},
	"not UTF-8":           {"a\xff\xc3b", `a\xff\xc3b`},
	"replacement is text": {"a\ufffdb", "a\ufffdb"},
}

func TestCleanShowsWhatATerminalWouldObeyOrHide(t *testing.T) {
	for name, tt := range dirty {
		t.Run(name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("Clean(%q) = %q; want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, tt := range dirty {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := Clean(in)
		if !utf8.ValidString(got) {
			t.Errorf("Clean(%q) = %q is not UTF-8", in, got)
		}
		for _, r := range got {
			if !strconv.IsPrint(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Other_Default_Ignorable_Code_Point) {
				t.Errorf("Clean(%q) = %q holds %U", in, got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean twice: %q, then %q", got, again)
		}
		if lines := Lines(in); strings.Count(lines, "\n") != strings.Count(in, "\n") || Lines(lines) != lines || strings.ReplaceAll(lines, "\n", "") != Clean(strings.ReplaceAll(lines, "\n", "")) {
			t.Errorf("Lines(%q) = %q", in, lines)
		}
	})
}
