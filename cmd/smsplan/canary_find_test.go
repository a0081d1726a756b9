package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/phone/fiction"
)

// canaryDigits is how many digits of a number are looked for: enough for random ones not to look like it.
const canaryDigits = 10

// flock is the numbers that must be seen masked only, by their last digits in the forms in which they are written.
type flock map[string]bool

// spellings of n numbers of fiction, each in one of several ways. Each eleventh has a digit too many and is no number.
func spellings(n int) (written []string, known flock) {
	known = flock{}
	for i, number := range fiction.Numbers(n) {
		e164 := number.E164()
		area, line := e164[1:4], e164[7:]
		text := []string{"+" + e164, "(" + area + ") 555-" + line, "00" + e164, area + ".555." + line, "+1 " + area + " 555 " + line, area + "/555 " + line}[i%6]
		if i%11 == 10 {
			text = fmt.Sprintf("%s%d", text, i%10)
			known[packed(text)[len(packed(text))-canaryDigits:]] = true
		}
		known[e164[len(e164)-canaryDigits:]] = true
		written = append(written, text)
	}
	return written, known
}

// separators stand between the digits of numbers.
var separators = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "", "+", "", "%20", "", "%2B", "", "\u00a0", "", "\u202f", "")

func packed(text string) string { return separators.Replace(text) }

// in gives the numbers that a text holds.
func (f flock) in(text string) (found []string) {
	text = packed(text)
	run := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			run = 0
			continue
		}
		if run++; run >= canaryDigits && f[text[i+1-canaryDigits:i+1]] {
			found = append(found, text[i+1-canaryDigits:i+1])
		}
	}
	return found
}

// spelt gives the ways in which formats write a secret.
func spelt(secret string) []string {
	quoted, _ := json.Marshal(secret)
	list := []string{
		secret, html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]), strings.Trim(fmt.Sprintf("%q", secret), `"`),
		base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), strings.ToUpper(secret),
		base64.StdEncoding.EncodeToString([]byte("me:" + secret)), base64.StdEncoding.EncodeToString([]byte(canaryUser + ":" + secret)),
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// spellingsOf gives the ways in which formats write some secrets.
func spellingsOf(secrets ...string) (all []string) {
	for _, secret := range secrets {
		all = append(all, spelt(secret)...)
	}
	return all
}

// secretsIn gives those spellings of secrets that a text holds.
func secretsIn(text string, spellings []string) (found []string) {
	for _, s := range spellings {
		if strings.Contains(text, s) {
			found = append(found, s)
		}
	}
	return found
}

func TestCanariesAreFound(t *testing.T) {
	_, numbers := spellings(300)
	secrets := spellingsOf(canaryPassword, canaryProxy, "0123456789abcdef0123456789abcdef")
	for name, text := range map[string]string{
		"as it is":       "password " + canaryPassword + ".",
		"in XML":         "<p>" + html.EscapeString(canaryPassword) + "</p>",
		"in JSON":        `{"p": "kanari-pass \u0026\u003c\"/ö"}`,
		"in an address":  "https://me:" + url.PathEscape(canaryPassword) + "@gateway.invalid",
		"of a proxy":     "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+canaryProxy)),
		"a session":      "session 0123456789abcdef0123456789abcdef",
		"a number":       "+12015550100",
		"another number": "(201) 555-0143",
		"in a query":     "to=%2B1%20202%20555%200110",
		"a digit more":   "+1 201 555 01044",
	} {
		t.Run(name, func(t *testing.T) {
			if len(secretsIn(text, secrets))+len(numbers.in(text)) == 0 {
				t.Errorf("nothing is found in %q", text)
			}
		})
	}
	const masked = "+1 201-•••-••43 kanari 2025-01-02T03:04:05Z"
	if found := append(secretsIn(masked, secrets), numbers.in(masked)...); len(found) > 0 {
		t.Errorf("%q is found in %q", found, masked)
	}
}
