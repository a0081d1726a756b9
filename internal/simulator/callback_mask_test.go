package simulator

import (
	"fmt"
	"strings"
	"testing"
)

// The table of the gateway specification's section 13.2, with every status that there is.
func TestEveryMaskInBothForms(t *testing.T) {
	const (
		errors = "005 007 009 010 012"
		all    = "002 003 004 005 006 007 008 009 010 011 012 013 014"
	)
	for _, tt := range []struct {
		form string
		ack  bool
		mask int
		want string
	}{
		{"late", false, 0, ""},
		{"late", false, 1, "003"},
		{"late", false, 2, "004 " + errors},
		{"late", false, 3, "003 004 " + errors},
		{"late", false, 4, errors},
		{"late", false, 5, "003 " + errors},
		{"late", false, 6, "004 " + errors},
		{"late", false, 7, "003 004 " + errors},
		{"late", true, 2, "004 " + errors},
		{"", true, 7, "003 004 " + errors},
		{"early", false, 0, ""},
		{"early", false, 1, "002 011"},
		{"early", false, 2, "003 005 006 007 008 009 010 012"},
		{"early", false, 3, all},
		{"early", false, 4, ""},
		{"early", false, 7, all},
		{"early", true, 0, ""},
		{"early", true, 1, "002 003 011"},
		{"early", true, 2, "004 005 006 007 008 009 010 012"},
		{"early", true, 3, all},
	} {
		c := &Callback{Mask: tt.form}
		var got []string
		for status := range 16 {
			if c.wants(status, tt.mask, tt.ack) {
				got = append(got, fmt.Sprintf("%03d", status))
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("mask %d, %q, receipt %v: pushes %s, want %s", tt.mask, tt.form, tt.ack, got, tt.want)
		}
	}
}
