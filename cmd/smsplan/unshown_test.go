package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// filling is a file on a disk that is full once so many octets are in it.
type filling struct{ room int }

func (f *filling) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	}
	f.room -= len(b)
	return len(b), nil
}

// Status 1 says that nothing was sent. What cannot be shown afterwards changes nothing of what was.
func TestAFullDiskBehindTheDisplayTellsWhetherAnythingWasSent(t *testing.T) {
	const configuration = `
gateway "simulator" {}

recipients "all" {
  numbers = ["+1 202 555 0143"]
}

message "hello" {
  to   = [recipients.all]
  text = "Hello"
}
`
	for name, tt := range map[string]struct {
		args []string
		room int // -1 for that of the plan
		want int
	}{
		"the plan":                {[]string{"apply", "-auto-approve"}, 10, statusError},
		"what it came to":         {[]string{"apply", "-auto-approve"}, -1, 0},
		"of a saved plan":         {[]string{"apply", "saved.smsplan"}, 0, 0},
		"the plan as JSON":        {[]string{"apply", "-auto-approve", "-json"}, 300, statusError},
		"what it came to as JSON": {[]string{"apply", "saved.smsplan", "-json"}, 300, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("main.sms.hcl", []byte(configuration), 0o600); err != nil {
				t.Fatal(err)
			}
			smsplan := func(out io.Writer, args ...string) (int, string) {
				var stderr bytes.Buffer
				return run(t.Context(), append([]string{"smsplan"}, args...), strings.NewReader(""), out, &stderr, []string{"SMSPLAN_INPUT=0"}), stderr.String()
			}
			var all bytes.Buffer
			if status, stderr := smsplan(&all, "plan", "-out=saved.smsplan"); status != 0 {
				t.Fatal(status, stderr)
			}
			if tt.room < 0 {
				tt.room = strings.Index(all.String(), "\nSaved to")
			}
			status, stderr := smsplan(&filling{tt.room}, tt.args...)
			if status != tt.want || strings.Count(stderr, "no space left on device") != 1 {
				t.Errorf("status %d, want %d, and says %q", status, tt.want, stderr)
			}
			all.Reset()
			smsplan(&all, "state", "list")
			if sent := strings.Contains(all.String(), "message.hello"); sent != (tt.want == 0) {
				t.Errorf("status %d, and sent: %v", status, sent)
			}
			if _, err := os.Stat(filepath.Join(".smsplan", "simulator")); (err == nil) != (tt.want == 0) {
				t.Errorf("status %d, and of the gateway: %v", status, err)
			}
		})
	}
}
