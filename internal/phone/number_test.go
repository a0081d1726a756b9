package phone

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// mustE164 is a Number for tests of what needs no metadata.
func mustE164(t testing.TB, digits string) Number {
	t.Helper()
	n, err := FromE164(digits)
	if err != nil {
		t.Fatalf("FromE164 of %d digits: %v", len(digits), err)
	}
	return n
}

func TestFromE164TakesOnlyDigits(t *testing.T) {
	for name, tt := range map[string]struct {
		in string
		ok bool
	}{
		"shortest":     {"2902215", true},
		"longest":      {"491713920012345", true},
		"too short":    {"290221", false},
		"too long":     {"4917139200123456", false},
		"empty":        {"", false},
		"plus":         {"+12025550143", false},
		"leading zero": {"012025550143", false},
		"space":        {"1202 5550143", false},
		"other script": {"１２０２５", false},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := FromE164(tt.in)
			if (err == nil) != tt.ok {
				t.Fatalf("FromE164(%q) error = %v", tt.in, err)
			}
			if tt.ok && (n.E164() != tt.in || string(n.AppendE164([]byte("+"))) != "+"+tt.in) {
				t.Errorf("E164 = %q, AppendE164 = %q", n.E164(), n.AppendE164(nil))
			}
		})
	}
}

func TestUnpackTakesWhatPackedGave(t *testing.T) {
	n := mustE164(t, "12025550143")
	if got, err := Unpack(n.Packed()); err != nil || got != n {
		t.Errorf("Unpack(Packed) = %v, %v", got, err)
	}
	for _, v := range []uint64{0, 1, 999999, 1e15, 1 << 63} {
		if got, err := Unpack(v); err == nil || !got.IsZero() {
			t.Errorf("Unpack(%d) = %v, %v; want an error", v, got, err)
		}
	}
}

func TestLengthIsThatOfTheDecimalDigits(t *testing.T) {
	if got := length(0); got != 0 {
		t.Errorf("length(0) = %d", got)
	}
	for v := uint64(1); v <= 1e15; v *= 10 {
		for _, v := range []uint64{v, v + v/2, 5 * v, 10*v - 1} {
			if got, want := length(v), len(strconv.FormatUint(v, 10)); got != want {
				t.Errorf("length(%d) = %d, want %d", v, got, want)
			}
		}
	}
}

func TestCompareOrdersDigitsAsText(t *testing.T) {
	texts := []string{"12025550143", "1202555014", "27821234517", "278212345", "4412345", "61491570006", "61491570156", "9990000"}
	slices.Sort(texts)
	var numbers []Number
	for _, s := range texts {
		numbers = append(numbers, mustE164(t, s))
	}
	for i, n := range numbers {
		for j, m := range numbers {
			if got, want := n.Compare(m), strings.Compare(texts[i], texts[j]); got != want {
				t.Errorf("Compare(%d digits, %d digits) = %d, want %d", len(texts[i]), len(texts[j]), got, want)
			}
		}
	}
	if (Number{}).Compare(numbers[0]) != -1 || numbers[0].Compare(Number{}) != 1 || (Number{}).Compare(Number{}) != 0 {
		t.Error("the zero Number is not the least")
	}
}

func TestCountryCodesAreSplitAsTheMetadataHasThem(t *testing.T) {
	for code := range phonenumbers.GetSupportedCallingCodes() {
		digits := strconv.Itoa(code) + "0012340"
		got, national, length := mustE164(t, digits).split()
		if got != code || national != 12340 || length != 7 {
			t.Errorf("+%d: split gives %d, %d, %d", code, got, national, length)
		}
	}
}

func TestLeadingZerosOfNationalNumbersAreKept(t *testing.T) {
	for _, digits := range []string{"390612345678", "24106123456", "2900000", "22900000000"} {
		n := mustE164(t, digits)
		if back, ok := fromLibrary(n.inLibrary()); !ok || back != n {
			t.Errorf("%d digits: metadata and back gives another number", len(digits))
		}
		if got := strings.NewReplacer("+", "", " ", "").Replace(n.International()); got != digits {
			t.Errorf("%d digits: International has others", len(digits))
		}
	}
}

func TestInternational(t *testing.T) {
	for in, want := range map[string]string{
		"12025550143":  "+1 202-555-0143",
		"61491570006":  "+61 491 570 006",
		"447700900123": "+44 7700 900123",
		"9990012345":   "+999 0012345", // a code that the metadata does not know
	} {
		if got := mustE164(t, in).International(); got != want {
			t.Errorf("International = %q, want %q", got, want)
		}
	}
}

func TestMaskedForm(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"three groups":               {"27821234517", "+27 82 ••• ••17"},
		"short last group":           {"61491570006", "+61 491 ••• ••6"},
		"hyphens":                    {"12025550143", "+1 202-•••-••43"},
		"long last group":            {"491713920012", "+49 171 •••••12"},
		"last group of two":          {"46701740612", "+46 70 ••• •• ••"},
		"half of eight is hidden":    {"6581234567", "+65 8123 ••••"},
		"no groups":                  {"29022158", "+290 2••••"},
		"country code not known":     {"99912345678", "+999 1234••••"},
		"zeros in front":             {"390612345678", "+39 06 •••• ••78"},
		"the mobile 9 is a group":    {"5491123456789", "+54 9 •• ••••-••89"},
		"the zero Number":            {"", "no number"},
		"country code of no country": {"870301234567", "+870 301 ••• ••7"},
	} {
		t.Run(name, func(t *testing.T) {
			var n Number
			if tt.in != "" {
				n = mustE164(t, tt.in)
			}
			if got := n.String(); got != tt.want {
				t.Errorf("String = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHalfOfTheDigitsAreAlwaysMasked(t *testing.T) {
	check := func(digits string) {
		n := mustE164(t, digits)
		_, _, national := n.split()
		if hidden := strings.Count(n.String(), "•"); hidden < 4 || 2*hidden < national {
			t.Errorf("%d of %d national digits hidden in %s", hidden, national, n)
		}
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		prefix := strconv.Itoa(code)
		for length := max(minDigits, len(prefix)+4); length <= maxDigits; length++ {
			for _, first := range "0123456789" {
				check(prefix + strings.Repeat(string(first), length-len(prefix)))
			}
		}
	}
	for _, region := range Regions() {
		if n, ok := fromLibrary(phonenumbers.GetExampleNumber(region)); ok {
			check(n.E164())
		}
	}
}

func TestNothingPrintsTheDigits(t *testing.T) {
	const digits, masked = "61491570006", "+61 491 ••• ••6"
	n := mustE164(t, digits)
	type row struct{ Number Number }
	type hidden struct{ number Number }
	asJSON, err := json.Marshal(map[Number]row{n: {n}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("taken", "number", n, "row", row{n})
	}
	outputs := []string{string(asJSON), log.String(), fmt.Sprint(n, &n), fmt.Sprint(row{n}, []Number{n})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%+q", "%#q", "%d", "%x", "%X", "%o", "%b", "%c", "%U", "%e", "%g", "%t", "%p", "%T", "%30v", "%-30s", "%030d", "%.9s", "%w"} {
		for _, v := range []any{n, row{n}, hidden{n}, []Number{n}, []hidden{{n}}, map[Number]int{n: 1}} {
			outputs = append(outputs, fmt.Sprintf(verb, v))
		}
	}
	if len(outputs[0]) == 0 || !strings.Contains(outputs[0], masked) || !strings.Contains(outputs[1], masked) {
		t.Errorf("JSON and logs do not have the masked form:\n%s\n%s", outputs[0], outputs[1])
	}
	for _, out := range outputs {
		if hexed := fmt.Sprintf("%x", n.Packed()); strings.Contains(out, "570 0") || strings.Contains(out, "1570006") || strings.Contains(strings.ToLower(out), hexed) {
			t.Errorf("the digits show in %q", out)
		}
	}
	if text, err := (Number{}).MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("MarshalText of no number = %q, %v", text, err)
	}
}

func TestWidthIsThatOfTheMaskedForm(t *testing.T) {
	if got, want := fmt.Sprintf("[%-17s]", mustE164(t, "61491570006")), "[+61 491 ••• ••6  ]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocate(t *testing.T) {
	for name, tt := range map[string]struct {
		in, region string
		kind       Kind
	}{
		"Australian mobile":             {"61491570006", "AU", Mobile},
		"American":                      {"12025550143", "US", FixedOrMobile},
		"Canadian":                      {"14165550143", "CA", FixedOrMobile},
		"German mobile":                 {"491713920012", "DE", Mobile},
		"Swedish mobile":                {"46701740612", "SE", Mobile},
		"satellite":                     {"870301234567", "ZZ", Mobile},
		"freephone of no country":       {"80012345678", "ZZ", TollFree},
		"country code not in use":       {"99912345678", "ZZ", Unknown},
		"not a number of its country":   {"6100000000", "ZZ", Unknown},
		"Guernsey shares Britain's +44": {"447781123456", "GG", Mobile},
	} {
		t.Run(name, func(t *testing.T) {
			region, kind := mustE164(t, tt.in).Locate()
			if region.String() != tt.region || kind != tt.kind {
				t.Errorf("Locate = %v, %v; want %s, %v", region, kind, tt.region, tt.kind)
			}
		})
	}
	if region, kind := (Number{}).Locate(); region.String() != "" || kind != Unknown {
		t.Errorf("Locate of no number = %v, %v", region, kind)
	}
}

func TestKindsAreNamed(t *testing.T) {
	for k := Unknown; k <= Voicemail; k++ {
		if got, ok := KindNamed(k.String()); !ok || got != k {
			t.Errorf("KindNamed(%q) = %v, %v", k, got, ok)
		}
	}
	for _, name := range []string{"", "Mobile", "landline"} {
		if _, ok := KindNamed(name); ok {
			t.Errorf("KindNamed(%q) is a kind", name)
		}
	}
}

func TestRegionsAreSortedAndTwoLetters(t *testing.T) {
	regions := Regions()
	if len(regions) < 240 || !slices.IsSorted(regions) || !slices.Contains(regions, "ZA") || slices.Contains(regions, "ZZ") {
		t.Errorf("%d regions: %v", len(regions), regions)
	}
	for _, region := range regions {
		if len(region) != 2 || region != strings.ToUpper(region) {
			t.Errorf("region %q", region)
		}
	}
}

func TestMetadataVersionIsThatOfGoMod(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "github.com/nyaruka/phonenumbers " + MetadataVersion(); !strings.Contains(string(mod), want) {
		t.Errorf("go.mod does not require %s", want)
	}
}
