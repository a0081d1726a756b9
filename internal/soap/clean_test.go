package soap

import (
	"strings"
	"testing"
)

func TestShownTextIsHarmless(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"plain":                       {"Cannot route message", "Cannot route message"},
		"line breaks and tabs":        {" a\r\n\tb ", "a b"},
		"escape sequence":             {"a\x1b[31mb", "a [31mb"},
		"C1 control":                  {"a\u009b31mb", "a 31mb"},
		"right to left":               {"a\u202eb\u2066c\u200f", "abc"},
		"no width":                    {"a\u200b\u200d\ufeff\u00adb\u034f\ufe0f", "ab"},
		"line separators":             {"a\u2028b\u2029c", "a b c"},
		"invalid UTF-8":               {"a\xffb", "a\ufffdb"},
		"letters of other scripts":    {"Größe Łódź 東京", "Größe Łódź 東京"},
		"a number":                    {"to 447700900001.", "to 44••••••••01."},
		"a number with separators":    {"+44 7700 900-001", "+44 •••• •••-•01"},
		"a number joined to a word":   {"tel447700900001x", "tel44••••••••01x"},
		"a number split by no width":  {"4477\u200b00900001", "44••••••••01"},
		"a number in Arabic digits":   {"٤٤٧٧٠٠٩٠٠٠٠١", "٤٤••••••••٠١"},
		"a number after an id":        {id1 + " 447700900001", id1 + " 44••••••••01"},
		"a number joined to an id":    {id1 + "447700900001", "a1b2c3d4e5f60••••93a4b5c6d7e8f90••••••••••01"},
		"a code":                      {"error 114 after 30 s", "error 114 after 30 s"},
		"an IP address":               {"lookup api on 10.255.255.253:53: no such host", "lookup api on 10.255.255.253:53: no such host"},
		"an IP address at the end":    {"no route to 192.168.100.200.", "no route to 192.168.100.200."},
		"two IP addresses":            {"read 192.168.100.200:40000->10.20.30.40:53: refused", "read 192.168.100.200:40000->10.20.30.40:53: refused"},
		"a number of five groups":     {"06.12.34.56.78", "06.••.••.••.78"},
		"a number of large groups":    {"447.700.900.001", "44•.•••.•••.•01"},
		"a number like an address":    {"+44.77.009.001", "+44.••.•••.•01"},
		"an address and more digits":  {"44.77.90.12 345", "44.••.••.•• •45"},
		"thirty-two digits":           {strings.Repeat("12345678", 4), "12" + strings.Repeat("•", 28) + "78"},
		"long":                        {strings.Repeat("ä", 300), strings.Repeat("ä", 200) + "…"},
		"credentials":                 {"no user ruth or p&amp;ss", "no user ••• or •••"},
		"credentials in URL form":     {"?password=p%26ss", "?password=•••"},
		"credentials split by marks":  {"ru\u200bth", "•••"},
		"a credential across the end": {strings.Repeat("x", 198) + "ruth", strings.Repeat("x", 198) + "••…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (redactor{"ruth", "p&ss", ""}).clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q; want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestShortCredentialsAreReplacedAsWords(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"inside words":           {"lookup api.example: no such user", "lookup api.example: no such user"},
		"a word":                 {`user "u" unknown`, `user "•••" unknown`},
		"at both ends":           {"u: refused: u", "•••: refused: •••"},
		"beside letters, digits": {"u2 üu 3u", "u2 üu 3u"},
		"overlapping itself":     {"aaa aa", "aaa •••"},
		"escaped":                {"a&amp;b xa&amp;b", "••• xa&amp;b"},
		"four characters":        {"xfourx", "x•••x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (redactor{"u", "aa", "a&b", "four"}).clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q; want %q", tt.in, got, tt.want)
			}
		})
	}
}
