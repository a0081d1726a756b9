package render

import (
	"regexp"
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
	"variation selectors": {"❤\ufe0f\U000e0100", `❤\ufe0f\U000e0100`},
	"joined emoji":        {"👨\u200d👩", `👨\u200d👩`},
	"no-break space":      {"a\u00a0b", `a\u00a0b`},
	"tag characters":      {"a\U000e0041", `a\U000e0041`},
	"not UTF-8":           {"a\xff\xc3b", `a\xff\xc3b`},
	"GitHub's command":    {"::error::x", `\u003a:error::x`},
	"indented command":    {"  ::add-mask::x", `  \u003a:add-mask::x`},
	"older command":       {"a ##[set-env name=A]b", `a #\u0023[set-env name=A]b`},
	"more signs":          {"###[x", `##\u0023[x`},
	"Azure's command":     {"##vso[task.setvariable]", `#\u0023vso[task.setvariable]`},
	"GitLab's section":    {"section_start:1:x\r\x1b[0K", `section_start:1:x\r\x1b[0K`},
	"colons elsewhere":    {"core::upper, ::1 and a::b", "core::upper, ::1 and a::b"},
	"an address":          {"::1", "::1"},
	"heading":             {"## Today [1]", "## Today [1]"},
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

// What a line of a log must not be, whatever it is made of: GitHub's runner takes blanks away before it looks.
func obeyed(line string) bool {
	return regexp.MustCompile(`^\s*::[a-zA-Z]|##[a-zA-Z]*\[`).MatchString(line)
}

func FuzzClean(f *testing.F) {
	for _, tt := range dirty {
		f.Add(tt.in)
	}
	f.Add(":\n:\no") // no line of it is a command, only all together
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
		if obeyed(got) || obeyed(quote(in)) {
			t.Errorf("Clean(%q) = %q, quoted %s, is a command", in, got, quote(in))
		}
		if again := Clean(got); again != got {
			t.Errorf("Clean twice: %q, then %q", got, again)
		}
		lines := Lines(in)
		if strings.Count(lines, "\n") != strings.Count(in, "\n") || Lines(lines) != lines {
			t.Errorf("Lines(%q) = %q", in, lines)
		}
		for line := range strings.SplitSeq(lines, "\n") {
			if line != Clean(line) {
				t.Errorf("Lines(%q) has the line %q, cleaned %q", in, line, Clean(line))
			}
		}
	})
}

func TestLinesAreSafeHoweverTheyArrive(t *testing.T) {
	const json, text = `{"a":"\u009b` + "\u202e##[x" + `"}` + "\nlast \u200b", "a,\u202eb\n::error::c\nlast \u200b"
	for name, tt := range map[string]struct {
		json     bool
		in, want string
	}{
		"json": {true, json, `{"a":"\u009b\u202e#\u0023[x"}` + "\n" + `last \u200b`},
		"text": {false, text, `a,\u202eb` + "\n" + `\u003a:error::c` + "\n" + `last \u200b`},
	} {
		for _, size := range []int{1, 2, 7, 1000} {
			var b strings.Builder
			l := NewLined(&b, tt.json)
			for rest := []byte(tt.in); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if n, err := l.Write(rest[:min(size, len(rest))]); n == 0 || err != nil {
					t.Fatal(n, err)
				}
			}
			if err := l.Flush(); err != nil || b.String() != tt.want {
				t.Errorf("%s, %d bytes at once: %q, %v; want %q", name, size, b.String(), err, tt.want)
			}
		}
	}
}
