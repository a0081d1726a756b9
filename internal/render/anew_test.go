package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

func TestACardSaysWhoMayBeSentToTwice(t *testing.T) {
	p := broadcast(t)
	en, sv := &p.Messages[0], &p.Messages[1]
	en.OnDoubt, en.Again = config.Resend, 1
	sv.OnDoubt, sv.Settle = config.Probe, 90*time.Minute
	var b bytes.Buffer
	if err := Plan(&b, p, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan-anew.txt", b.Bytes())
	// A grey remark is one to read over.
	if got, warned := textOf(t, p, Style{Color: true}), (Style{Color: true}).in(magenta, "# "+twice); !strings.Contains(got, warned) {
		t.Errorf("the card lacks %q:\n%s", warned, got)
	}
}
