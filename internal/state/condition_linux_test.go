package state

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Not even root makes files in /proc/sys.
func TestWhatMayNotBeWrittenIsFound(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		path, anchor string
		want         []string
	}{
		"nothing":                   {filepath.Join(dir, "smsplan.state"), filepath.Join(dir, ".smsplan", "anchor"), nil},
		"the state's directory":     {"/proc/sys/smsplan.state", filepath.Join(dir, ".smsplan", "anchor"), []string{"/proc/sys"}},
		"the checkout":              {filepath.Join(dir, "smsplan.state"), "/proc/sys/.smsplan/workspaces/x/anchor", []string{"/proc/sys"}},
		"both":                      {"/proc/sys/smsplan.state", "/proc/sys/.smsplan/anchor", []string{"/proc/sys"}},
		"a file that is there":      {"/proc/sys/kernel/osrelease", filepath.Join(dir, "anchor"), []string{"/proc/sys/kernel", "/proc/sys/kernel/osrelease"}},
		"a directory that is to be": {filepath.Join(dir, "a", "smsplan.state"), filepath.Join(dir, "b", "anchor"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Examine(Settings{Path: tt.path, Anchor: tt.anchor})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Closed); diff != "" {
				t.Error(diff)
			}
		})
	}
}
