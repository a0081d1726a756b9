//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// Nobody writes into the pipes of this test: a command that opened one would wait for ever.
func TestAPipeIsNeitherAPlanNorAState(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.sms.hcl", starter, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x.smsplan", "smsplan.state"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"show", "x.smsplan"}, statusError, "x.smsplan is no file"},
		{[]string{"apply", "x.smsplan"}, statusError, "x.smsplan is no file"},
		{[]string{"plan", "-out=x.smsplan"}, statusError, "exists and is no saved plan"},
		{[]string{"plan"}, statusMismatch, "is not a state of smsplan"},
		{[]string{"apply", "-auto-approve"}, statusMismatch, "is not a state of smsplan"},
		{[]string{"apply", "-simulate"}, statusMismatch, "is not a state of smsplan"},
		{[]string{"state", "list"}, statusMismatch, "is not a state of smsplan"},
	} {
		if status, out := smsplan(t, tt.args...); status != tt.status || !strings.Contains(out, tt.want) {
			t.Errorf("%s: status %d, want %d\n%s", strings.Join(tt.args, " "), status, tt.status, out)
		}
	}
}
