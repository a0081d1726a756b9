package phone

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var accepted = map[string]struct{ in, region, want string }{
	"international":                       {"+1 202 555 0143", "", "12025550143"},
	"national":                            {"0491 570 006", "AU", "61491570006"},
	"the region is not the number's":      {"+61 491 570 006", "US", "61491570006"},
	"a region that is none is not needed": {"+61 491 570 006", "XX", "61491570006"},
	"country code without plus":           {"61491570006", "AU", "61491570006"},
	"the zero a spreadsheet ate":          {"491570006", "AU", "61491570006"},
	"00 without a region":                 {"0061 491 570 006", "", "61491570006"},
	"00 where it is the prefix":           {"0061 491 570 006", "DE", "61491570006"},
	"another international prefix":        {"011 61 491 570 006", "US", "61491570006"},
	"trunk zero in parentheses":           {"+49 (0)171 3920012", "", "491713920012"},
	"plus in parentheses":                 {"(+1) 202.555.0143", "", "12025550143"},
	"slash behind the area code":          {"0171/3920012", "DE", "491713920012"},
	"dashes of all kinds":                 {"+1‑202–555—0143", "", "12025550143"},
	"white space around":                  {" \t+1 202 555 0143\r\n", "", "12025550143"},
	"no-break space":                      {"\u00a0+1\u00a0202\u202f555\u00a00143\u00a0", "", "12025550143"},
	"byte order mark":                     {"\ufeff+12025550143", "", "12025550143"},
	"zero width":                          {"\u200b+1202\u200b5550143\u200d", "", "12025550143"},
	"marks of direction":                  {"\u202a+1 202 555 0143\u202c", "", "12025550143"},
	"full width":                          {"＋６１　４９１　５７０　００６", "", "61491570006"},
	"Arabic-Indic digits":                 {"٠٤٩١ ٥٧٠ ٠٠٦", "AU", "61491570006"},
	"Devanagari digits":                   {"०४९१ ५७० ००६", "AU", "61491570006"},
	"Swedish":                             {"070-174 06 12", "SE", "46701740612"},
}

var rejected = map[string]struct{ in, region, reason string }{
	"empty":                     {"", "AU", "is empty"},
	"blank":                     {" \u00a0\ufeff\u200b ", "AU", "is empty"},
	"a dash for nothing":        {"-", "AU", "not a telephone number"},
	"plus alone":                {"+", "AU", "not a telephone number"},
	"zero":                      {"0", "AU", "not a telephone number"},
	"too short":                 {"+1 202 55", "", "too short for US"},
	"too long":                  {"999 555 0143 9", "US", "too long for US"},
	"too long for anything":     {"0491 570 0061 0491 570 0061", "AU", "too long"},
	"longer than E.164":         {"+49 171 3920 0123 4567 8", "", "too long for DE"},
	"not in use":                {"0000 000 000", "AU", "not valid in AU"},
	"local":                     {"555 0143", "US", "has no area code"},
	"no region":                 {"0491 570 006", "", "has no country code, and no region is set"},
	"digits without a region":   {"61491570006", "", "has no country code, and no region is set"},
	"no such region":            {"0491 570 006", "XX", "has no country code, and its region does not exist"},
	"no such country code":      {"+999 123 456 78", "", "has a country code that does not exist"},
	"plus is missing":           {"61491570006", "US", "too long for US; with + in front a number of AU"},
	"of no country":             {"+800 123", "", "too short for its country code"},
	"vanity":                    {"1-800-FLOWERS", "US", "has letters in it"},
	"a name":                    {"Ruth", "AU", "has letters in it"},
	"not available":             {"n/a", "AU", "has letters in it"},
	"extension x":               {"+1 202 555 0143 x12", "", "has an extension"},
	"extension":                 {"+1 202 555 0143 ext. 12", "", "has an extension"},
	"extension of RFC 3966":     {"+12025550143;ext=12", "", "has an extension"},
	"extension behind a comma":  {"+1 202 555 0143,12", "", "has an extension"},
	"extension behind a hash":   {"+1 202 555 0143 #12", "", "has an extension"},
	"link":                      {"tel:+1-202-555-0143", "", "a link: leave out tel:"},
	"phone context":             {"0491570006;phone-context=+61", "AU", `has ";" in it`},
	"subaddress":                {"+61491570006;isub=1", "", `has ";" in it`},
	"two, semicolon":            {"0491 570 006; 0491 570 156", "AU", "more than one number"},
	"two, comma":                {"0491570006,0491570156", "AU", "more than one number"},
	"two, slash":                {"0491 570 006 / 0491 570 156", "AU", "more than one number"},
	"two, lines":                {"0491570006\n0491570156", "AU", "more than one number"},
	"two, or":                   {"0491570006 or 0491570156", "AU", "more than one number"},
	"two, plus":                 {"+61491570006+61491570156", "", "more than one number"},
	"two pluses":                {"++61491570006", "", `has "+" in it`},
	"plus in the middle":        {"0+491570006", "AU", `has "+" in it`},
	"scientific notation":       {"6.1491570006E+10", "AU", "in scientific notation: a spreadsheet has cut its digits"},
	"scientific, comma":         {"6,1e10", "AU", `has "," in it`},
	"amount":                    {"61491570006.0", "AU", "ends in .0: a spreadsheet has taken it for an amount"},
	"text mark of spreadsheets": {"'0491570006", "AU", `has "'" in it`},
	"control character":         {"0491\x07570006", "AU", "has a control character in it"},
	"not UTF-8":                 {"0491\xff570006", "AU", "not text in UTF-8"},
	"service code":              {"*100#", "AU", `has "*" in it`},
}

func TestParseTakesOneNumber(t *testing.T) {
	for name, tt := range accepted {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.in, tt.region)
			if err != nil || got.E164() != tt.want {
				t.Errorf("Parse(%q, %q) = %s, %v; want %s", tt.in, tt.region, got.E164(), err, tt.want)
			}
			n, region, kind, err := ParseAndLocate(tt.in, tt.region)
			if wantRegion, wantKind := got.Locate(); n != got || region != wantRegion || kind != wantKind || err != nil {
				t.Errorf("ParseAndLocate(%q, %q) = %v, %v, %v, %v; want %v, %v", tt.in, tt.region, n, region, kind, err, wantRegion, wantKind)
			}
		})
	}
}

func TestParseTakesNoMemory(t *testing.T) {
	for name, tt := range accepted {
		if got := testing.AllocsPerRun(10, func() { ParseAndLocate(tt.in, tt.region) }); got != 0 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

// Since no text is kept, the octets of a cell need no copy to be read.
func TestParseTakesNoMemoryForOctets(t *testing.T) {
	cell := []byte(" +61 (491) 570-006 ")
	if got := testing.AllocsPerRun(10, func() { ParseAndLocate(string(cell), "US") }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for name, tt := range rejected {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.in, tt.region)
			var reason *Error
			if !errors.As(err, &reason) || reason.Reason != tt.reason || !got.IsZero() {
				t.Errorf("Parse(%q, %q) = %v, %v; want %q", tt.in, tt.region, got, err, tt.reason)
			}
		})
	}
}

var digitRun = regexp.MustCompile(`\pN{2,}`)

func FuzzParse(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.in, tt.region)
	}
	for _, tt := range rejected {
		f.Add(tt.in, tt.region)
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		n, err := Parse(text, region)
		if err != nil {
			if digitRun.MatchString(err.Error()) {
				t.Fatalf("digits in the error %q", err)
			}
			return
		}
		if digits := n.E164(); len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
			t.Errorf("Parse(%q, %q) = %q, which no E.164 number is", text, region, digits)
		}
		if again, err := Parse("+"+n.E164(), ""); err != nil || again != n {
			t.Errorf("Parse(%q, %q) = %s, but that parses as %s, %v", text, region, n.E164(), again.E164(), err)
		}
		if again, err := FromE164(n.E164()); err != nil || again != n {
			t.Errorf("FromE164(%s) = %v, %v", n.E164(), again, err)
		}
		if !phonenumbers.IsValidNumber(n.inLibrary()) {
			t.Errorf("%s is not valid", n.E164())
		}
		if strings.Contains(n.String(), n.E164()[3:]) {
			t.Errorf("%s is not masked", n.E164())
		}
		if line := n.Line(); line.Line() != line {
			t.Errorf("the line of %s is not its own", n.E164())
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, tt := range []struct{ name, in, region string }{
		{"national", "0491 570 006", "AU"}, {"international", "+12025550143", ""}, {"rejected", "0491 570", "AU"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Parse(tt.in, tt.region)
			}
		})
	}
}

func BenchmarkParseAndLocate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseAndLocate("0491 570 006", "AU")
	}
}

func BenchmarkLocate(b *testing.B) {
	n := mustE164(b, "61491570006")
	b.ReportAllocs()
	for b.Loop() {
		n.Locate()
	}
}

func BenchmarkZones(b *testing.B) {
	n := mustE164(b, "61491570006")
	b.ReportAllocs()
	for b.Loop() {
		n.Zones()
	}
}

func BenchmarkString(b *testing.B) {
	n := mustE164(b, "61491570006")
	b.ReportAllocs()
	for b.Loop() {
		_ = n.String()
	}
}
