package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/smsplan/smsplan/internal/doctor"
)

var examined = &doctor.Report{Checks: []doctor.Check{
	{Group: "configuration", Name: "files", Status: doctor.OK, Text: "3 messages, 2 recipient sets"},
	{Group: "state", Name: "lock", Status: doctor.Warning, Text: "the state is locked by ann@desk (smsplan apply, process 4711) since 2026-03-02T12:00:00Z, 1200 of 34000 done", Remedy: "wait until that has ended, or give -lock-timeout to the command that is to wait"},
	{Group: "state", Name: "belongs here", Status: doctor.OK, Text: "lineage 4711, at serial 12"},
	{Group: "gateway", Name: "sign-in", Status: doctor.Failed, Text: "the gateway refuses: ERR 001, authentication failed", Remedy: "check api_id, user and password"},
	{Group: "gateway", Name: "balance", Status: doctor.NotChecked, Text: "nobody is signed in"},
}}

func TestDoctorLooksLikeItsGoldenAtEveryWidth(t *testing.T) {
	for _, width := range []int{40, 80, 120, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var b bytes.Buffer
			if err := Doctor(&b, examined, Style{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if n := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d columns: %q", n, line)
				}
			}
			golden(t, fmt.Sprintf("doctor-%d.txt", width), b.Bytes())
		})
	}
}

func TestDoctorSaysWhetherTheConfigurationCanSend(t *testing.T) {
	for want, statuses := range map[string][]doctor.Status{
		"This configuration can send.\n":                   {doctor.OK, doctor.NotChecked},
		"This configuration can send; see the warnings.\n": {doctor.OK, doctor.Warning},
		"This configuration cannot send yet.\n":            {doctor.Warning, doctor.Failed},
	} {
		r := &doctor.Report{}
		for _, s := range statuses {
			r.Checks = append(r.Checks, doctor.Check{Group: "state", Name: "a", Status: s, Text: "b"})
		}
		var b bytes.Buffer
		if err := Doctor(&b, r, Style{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%v: no %q in\n%s", statuses, want, b.String())
		}
	}
}

func TestDoctorShowsNothingThatATerminalObeys(t *testing.T) {
	r := &doctor.Report{Checks: []doctor.Check{{Group: "gateway", Name: "sign-in", Status: doctor.Failed, Text: "a\x1b[2J\u202eb", Remedy: "\u200b##[error]c"}}}
	var b bytes.Buffer
	if err := Doctor(&b, r, Style{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e\u200b") || strings.Contains(b.String(), "##[") {
		t.Errorf("%q", b.String())
	}
}
