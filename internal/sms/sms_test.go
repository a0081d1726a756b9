package sms

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

// defaultAlphabet is 3GPP TS 23.038, 6.2.1, in the order of its table, without the escape.
const defaultAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

const extensionTable = "\f^{}\\[~]|€"

var sizes = map[string]struct {
	in   string
	want Size
}{
	"empty":                            {"", Size{GSM7, 0, 0}},
	"one":                              {"a", Size{GSM7, 1, 1}},
	"the whole default alphabet":       {defaultAlphabet, Size{GSM7, 127, 1}},
	"the whole extension table":        {extensionTable, Size{GSM7, 20, 1}},
	"160":                              {strings.Repeat("a", 160), Size{GSM7, 160, 1}},
	"161":                              {strings.Repeat("a", 161), Size{GSM7, 161, 2}},
	"306":                              {strings.Repeat("a", 306), Size{GSM7, 306, 2}},
	"307":                              {strings.Repeat("a", 307), Size{GSM7, 307, 3}},
	"80 euros":                         {strings.Repeat("€", 80), Size{GSM7, 160, 1}},
	"81 euros":                         {strings.Repeat("€", 81), Size{GSM7, 162, 2}},
	"euros fill 152 of 153":            {strings.Repeat("€", 152), Size{GSM7, 304, 2}},
	"the 153rd euro moves whole":       {strings.Repeat("€", 153), Size{GSM7, 306, 3}},
	"euro over the border":             {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 151), Size{GSM7, 305, 2}},
	"euro over the border, full":       {strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), Size{GSM7, 306, 3}},
	"euro up to the border":            {strings.Repeat("a", 151) + "€" + strings.Repeat("a", 153), Size{GSM7, 306, 2}},
	"euro at the border of one":        {strings.Repeat("a", 158) + "€", Size{GSM7, 160, 1}},
	"small c with cedilla":             {"façade", Size{UCS2, 6, 1}},
	"capital C with cedilla":           {"FAÇADE", Size{GSM7, 6, 1}},
	"grave accent":                     {"`", Size{UCS2, 1, 1}},
	"typographic quote":                {"it’s", Size{UCS2, 4, 1}},
	"tab":                              {"a\tb", Size{UCS2, 3, 1}},
	"escape":                           {"\x1b", Size{UCS2, 1, 1}},
	"Greek capital that looks Latin":   {"Α", Size{UCS2, 1, 1}},
	"Greek small":                      {"ω", Size{UCS2, 1, 1}},
	"decomposed":                       {"e\u0301", Size{UCS2, 2, 1}},
	"the specification's example":      {"Żółw", Size{UCS2, 4, 1}},
	"70":                               {strings.Repeat("ж", 70), Size{UCS2, 70, 1}},
	"71":                               {strings.Repeat("ж", 71), Size{UCS2, 71, 2}},
	"134":                              {strings.Repeat("ж", 134), Size{UCS2, 134, 2}},
	"135":                              {strings.Repeat("ж", 135), Size{UCS2, 135, 3}},
	"35 emoji":                         {strings.Repeat("😀", 35), Size{UCS2, 70, 1}},
	"emoji fill 66 of 67":              {strings.Repeat("😀", 66), Size{UCS2, 132, 2}},
	"the 67th emoji moves whole":       {strings.Repeat("😀", 67), Size{UCS2, 134, 3}},
	"one foreign character at the end": {strings.Repeat("a", 159) + "ж", Size{UCS2, 160, 3}},
	"not UTF-8":                        {"a\xffb", Size{UCS2, 3, 1}},
}

func TestMeasure(t *testing.T) {
	for name, tt := range sizes {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(Measure(tt.in), tt.want); diff != "" {
				t.Errorf("Measure(%q) (-got +want):\n%s", tt.in, diff)
			}
		})
	}
}

func TestGSM7IsItsTwoTablesAndNothingElse(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		want := 0
		switch {
		case r == utf8.RuneError:
		case strings.ContainsRune(defaultAlphabet, r):
			want = 1
		case strings.ContainsRune(extensionTable, r):
			want = 2
		}
		if got := septetsOf(r); got != want {
			t.Errorf("%U takes %d septets, want %d", r, got, want)
		}
	}
}

func TestUCS2WhateverTheTextHolds(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want Size
	}{
		"empty": {"", Size{UCS2, 0, 0}},
		"plain": {strings.Repeat("a", 71), Size{UCS2, 71, 2}},
		"euro":  {"€", Size{UCS2, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(MeasureUCS2(tt.in), tt.want); diff != "" {
				t.Errorf("MeasureUCS2(%q) (-got +want):\n%s", tt.in, diff)
			}
		})
	}
}

func TestBinaryPartsHaveRoomForTheirHeader(t *testing.T) {
	for name, tt := range map[string]struct{ udh, data, units, segments int }{
		"nothing":                         {0, 0, 0, 0},
		"header alone":                    {7, 0, 7, 1},
		"140":                             {0, 140, 140, 1},
		"140 with header":                 {7, 133, 140, 1},
		"141":                             {0, 141, 141, 2},
		"268":                             {0, 268, 268, 2},
		"269":                             {0, 269, 269, 3},
		"ports and 134":                   {7, 134, 141, 2},
		"ports leave 128 in a part":       {7, 256, 263, 2},
		"ports and one more than 2 * 128": {7, 257, 264, 3},
		"a header without room":           {140, 3, 143, 3},
	} {
		t.Run(name, func(t *testing.T) {
			want := Size{Binary, tt.units, tt.segments}
			if diff := cmp.Diff(MeasureBinary(tt.udh, tt.data), want); diff != "" {
				t.Errorf("MeasureBinary(%d, %d) (-got +want):\n%s", tt.udh, tt.data, diff)
			}
		})
	}
}

func TestForeignCharactersAreListedOnceEach(t *testing.T) {
	got := ForeignIn("“Façade” – “ok”€")
	want := []Foreign{{'“', 0}, {'ç', 5}, {'”', 10}, {'–', 14}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("ForeignIn (-got +want):\n%s", diff)
	}
	if got := ForeignIn(defaultAlphabet + extensionTable); got != nil {
		t.Errorf("ForeignIn of the alphabet = %v", got)
	}
}

func TestUnsendable(t *testing.T) {
	for name, tt := range map[string]struct {
		in     string
		r      rune
		offset int
		ok     bool
	}{
		"plain":                 {"a\tb\r\nc", 0, 0, false},
		"emoji":                 {"😀", 0, 0, false},
		"replacement character": {"a\ufffdb", 0, 0, false},
		"C1 control":            {"a\u009bb", 0, 0, false},
		"form feed":             {"é\fb", '\f', 2, true},
		"nul":                   {"\x00", 0, 0, true},
		"escape":                {"abc\x1b[31m", 0x1b, 3, true},
		"not a character":       {"ab\uffff", '\uffff', 2, true},
		"not UTF-8":             {"ab\xff", utf8.RuneError, 2, true},
		"lone surrogate":        {"a\xed\xa0\x80", utf8.RuneError, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			if r, offset, ok := Unsendable(tt.in); r != tt.r || offset != tt.offset || ok != tt.ok {
				t.Errorf("Unsendable(%q) = %U, %d, %v; want %U, %d, %v", tt.in, r, offset, ok, tt.r, tt.offset, tt.ok)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for name, tt := range map[string]struct {
		in       string
		segments int
		want     string
	}{
		"none":                           {"abc", 0, ""},
		"less than none":                 {"abc", -1, ""},
		"short":                          {"abc", 1, "abc"},
		"plain":                          {a(200), 1, a(160)},
		"two parts":                      {a(400), 2, a(306)},
		"extension character whole":      {a(159) + "€", 1, a(159)},
		"flag whole":                     {a(68) + "🇿🇦", 1, a(68)},
		"family whole":                   {"ж" + a(60) + "👨‍👩‍👧‍👦", 1, "ж" + a(60)},
		"accent whole":                   {"ж" + a(68) + "e\u0301", 1, "ж" + a(68)},
		"line break whole":               {a(159) + "\r\n", 1, a(159)},
		"without its emoji it is GSM 7":  {a(150) + "😀", 1, a(150)},
		"emoji early":                    {"😀" + a(100), 1, "😀" + a(68)},
		"emoji late leaves all before":   {a(160) + "😀" + a(10), 1, a(160)},
		"one character longer than that": {"ж" + strings.Repeat("\u0301", 80), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(Truncate(tt.in, tt.segments), tt.want); diff != "" {
				t.Errorf("Truncate(%q, %d) (-got +want):\n%s", tt.in, tt.segments, diff)
			}
		})
	}
}

func TestToGSM7(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"plain stays":          {"Hello, wörld {1}\n", "Hello, wörld {1}\n"},
		"quotes":               {"“It’s ‘fine’” «so»", `"It's 'fine'" "so"`},
		"dashes":               {"a – b — c‑d − e", "a - b - c-d - e"},
		"spaces":               {"10\u00a0000\u202f€\u2009x\ty", "10 000 € x y"},
		"invisible":            {"\ufeffa\u200bb\u00adc", "abc"},
		"ellipsis":             {"wait…", "wait..."},
		"backtick":             {"`x`", "'x'"},
		"bullets":              {"• a\u2028• b", "* a\n* b"},
		"ligatures":            {"oﬃce", "office"},
		"accents stay":         {"façade á", "façade á"},
		"emoji stay":           {"👨‍👩‍👧 ok", "👨‍👩‍👧 ok"},
		"bytes not UTF-8 stay": {"\xff–\xff", "\xff-\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ToGSM7(tt.in); got != tt.want {
				t.Errorf("ToGSM7(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWhatReplacesIsGSM7(t *testing.T) {
	for r, plain := range plainer {
		if septetsOf(r) != 0 {
			t.Errorf("%U is replaced though GSM 03.38 has it", r)
		}
		if found := ForeignIn(plain); found != nil {
			t.Errorf("%U is replaced by %q, which holds %v", r, plain, found)
		}
		if got := ToGSM7("a" + string(r) + "b"); got != "a"+plain+"b" {
			t.Errorf("ToGSM7 of %U = %q", r, got)
		}
	}
}

func TestHexUCS2(t *testing.T) {
	for in, want := range map[string]string{
		"":        "",
		"Żółw":    "017B00F301420077", // the specification's example
		"A😀":      "0041D83DDE00",
		"\ufeffa": "FEFF0061",
		"\xff":    "FFFD",
	} {
		if got := HexUCS2(in); got != want {
			t.Errorf("HexUCS2(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseHex(t *testing.T) {
	for name, tt := range map[string]struct{ in, want, err string }{
		"empty":       {"", "", ""},
		"mixed case":  {"06050415aB", "06050415AB", ""},
		"odd":         {"060", "", "3 hexadecimal digits are no whole number of octets"},
		"not hex":     {"06g0", "", "'g' at place 3 is not a hexadecimal digit"},
		"white space": {"06 05", "", "' ' at place 3 is not a hexadecimal digit"},
		"prefix":      {"0x06", "", "'x' at place 2 is not a hexadecimal digit"},
		"full width":  {"０６", "", "'０' at place 1 is not a hexadecimal digit"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseHex(tt.in)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if got != tt.want || text != tt.err {
				t.Errorf("ParseHex(%q) = %q, %q; want %q, %q", tt.in, got, text, tt.want, tt.err)
			}
		})
	}
}

func TestMeasureDoesNotAllocate(t *testing.T) {
	for _, text := range []string{strings.Repeat("a€", 200), strings.Repeat("ж😀", 200)} {
		if got := testing.AllocsPerRun(10, func() { Measure(text) }); got != 0 {
			t.Errorf("Measure allocates %v times", got)
		}
	}
}

// naive sizes a text by building its parts.
func naive(text string) Size {
	encoding, single, part := GSM7, 160, 153
	for _, r := range text {
		if !strings.ContainsRune(defaultAlphabet+extensionTable, r) {
			encoding, single, part = UCS2, 70, 67
		}
	}
	total := 0
	parts := []int{0}
	for _, r := range text {
		width := len(utf16.Encode([]rune{r}))
		if encoding == GSM7 {
			width = 1
			if strings.ContainsRune(extensionTable, r) {
				width = 2
			}
		}
		total += width
		if parts[len(parts)-1]+width > part {
			parts = append(parts, 0)
		}
		parts[len(parts)-1] += width
	}
	switch {
	case text == "":
		return Size{encoding, 0, 0}
	case total <= single:
		return Size{encoding, total, 1}
	}
	return Size{encoding, total, len(parts)}
}

// naiveTruncate measures every start of whole characters.
func naiveTruncate(text string, segments int) string {
	longest := ""
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if _, end := g.Positions(); Measure(text[:end]).Segments <= segments {
			longest = text[:end]
		}
	}
	return longest
}

func FuzzMeasure(f *testing.F) {
	for _, tt := range sizes {
		f.Add(tt.in, 1)
		f.Add(tt.in, 2)
	}
	f.Add("👨‍👩‍👧‍👦"+strings.Repeat("é", 300)+"🇿🇦", 3)
	f.Fuzz(func(t *testing.T, text string, segments int) {
		if diff := cmp.Diff(Measure(text), naive(text)); diff != "" {
			t.Errorf("Measure(%q) (-got +want):\n%s", text, diff)
		}

		start := Truncate(text, segments)
		if !strings.HasPrefix(text, start) || Measure(start).Segments > max(segments, 0) {
			t.Errorf("Truncate(%q, %d) = %q of %v", text, segments, start, Measure(start))
		}
		if Measure(text).Segments <= segments && start != text {
			t.Errorf("Truncate(%q, %d) = %q though all of it fits", text, segments, start)
		}
		if longest := naiveTruncate(text, segments); start != longest {
			t.Errorf("Truncate(%q, %d) = %q, want %q", text, segments, start, longest)
		}
		if again := Truncate(start, segments); again != start {
			t.Errorf("Truncate(%q, %d) = %q at once and %q twice", text, segments, start, again)
		}

		var units []uint16
		digits := HexUCS2(text)
		for i := 0; i+4 <= len(digits); i += 4 {
			var unit uint16
			for _, d := range digits[i : i+4] {
				unit = unit<<4 | uint16(strings.IndexRune(upperHex, d))
			}
			units = append(units, unit)
		}
		if got, want := string(utf16.Decode(units)), strings.ToValidUTF8(text, ""); len(digits)%4 != 0 ||
			utf8.ValidString(text) && got != want || len(units) != MeasureUCS2(text).Units {
			t.Errorf("HexUCS2(%q) = %s, which is %q", text, digits, got)
		}

		if plain := ToGSM7(text); ToGSM7(plain) != plain || len(ForeignIn(plain)) > len(ForeignIn(text)) {
			t.Errorf("ToGSM7(%q) = %q", text, plain)
		}
	})
}

// BenchmarkMeasure prints how many times as long as to count the characters it takes to find out what a text takes on the air.
func BenchmarkMeasure(b *testing.B) {
	for name, text := range map[string]string{
		"plain40":  "Ruth: Power is out in Fitzroy. (ACME 42)",
		"plain300": strings.Repeat("Ruth: Power is out {now}. €5\n", 10),
		"ucs2x40":  strings.Repeat("Жизнь 😀 ", 5),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			const rounds = 1000
			var measured, counted time.Duration
			for b.Loop() {
				began := time.Now()
				for range rounds {
					Measure(text)
				}
				between := time.Now()
				n := 0
				for range rounds {
					for range text {
						n++
					}
				}
				measured, counted = measured+between.Sub(began), counted+time.Since(between)
			}
			b.ReportMetric(float64(measured)/float64(b.N*rounds), "ns/text")
			b.ReportMetric(float64(measured)/float64(counted), "of-counting-characters")
		})
	}
}
