package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// Whether a message has instances is known before its for_each is: the error says what to write.
func TestKeysOfMessagesAreWhereForEachIs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.sms.hcl"), `
gateway "simulator" {}
recipients "people" {
  numbers = ["+1 202 555 0143"]
}
message "one" {
  to   = [recipients.people]
  text = "one"
}
message "each" {
  for_each = { en = "each" }
  to       = [recipients.people]
  text     = each.value
}
`)
	for expression, want := range map[string]string{
		`message.each.segments`:                          `message.each has for_each, so segments belongs to each of its instances. Name one, as in message.each["KEY"].segments`,
		`message.one["en"].segments`:                     `message.one has no for_each, so there is one of it only, without a key. Write message.one.`,
		`message.one[0].segments`:                        `message.one has no for_each`,
		`message.one["segment"]`:                         `message.one has no for_each`,
		`message.one["segments"]`:                        "",
		`message.each["en"].segments`:                    "",
		`message.each.en.segments`:                       "",
		`[for key, m in message.each : "${m.segments}"]`: "",
		`message.each["en"].segment`:                     `Did you mean "segments"?`,
	} {
		t.Run(expression, func(t *testing.T) {
			c, d := Load(t.Context(), dir, Options{})
			if d.HasErrors() {
				t.Fatal(said(d, dir))
			}
			_, d = c.Evaluate(expression)
			if got := said(d, dir); want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("got %q; want %q", got, want)
			}
		})
	}
}
