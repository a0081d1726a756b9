package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// In JSON the words that declare a secret variable stand below its name, as a secret's own words may.
func TestWordsThatDeclareASecretAreNoSecrets(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.sms.json"), `{
  "gateway": {"simulator": {}},
  "variable": {"token": {"type": "string", "sensitive": true, "default": "sesame-open"}},
  "recipients": {"people": {"numbers": ["+1 202 555 0143"], "on_invalid": true, "csv": {"path": "x.csv"}}},
  "message": {"m": {"to": ["${recipients.people}"], "text": "x", "type": "sesame-open"}}
}`)
	_, d := Load(t.Context(), dir, Options{})
	got := said(d, dir)
	if !strings.Contains(got, "the argument number (a string) is required") {
		t.Errorf("a word of the language is covered: %s", got)
	}
	if strings.Contains(got, "sesame") {
		t.Errorf("a secret is shown: %s", got)
	}
}
