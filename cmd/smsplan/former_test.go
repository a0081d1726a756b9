package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/zone"
)

// Plans that older programs saved are shown, mean what they meant, and are applied.
func TestPlansOfFormerFormatsAreApplied(t *testing.T) {
	plans, err := filepath.Abs(filepath.Join("..", "..", "testdata", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]int{"1.0": 3, "1.1": 6, "1.2": 12, "1.3": 15}
	for format, want := range people {
		t.Run(format, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for written := range people {
				name := "format-" + written + ".sms.hcl"
				if written > format {
					continue
				}
				b, err := os.ReadFile(filepath.Join(plans, name))
				if err != nil || os.WriteFile(name, b, 0o600) != nil {
					t.Fatal(err)
				}
			}
			former, err := os.ReadFile(filepath.Join(plans, "format-"+format+".plan"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile("former.smsplan", dated(t, former), 0o600); err != nil {
				t.Fatal(err)
			}
			made, err := readPlan("former.smsplan")
			if err != nil || made.Format != format {
				t.Fatalf("format %v: %v", made, err)
			}
			for _, args := range [][]string{{"show", "former.smsplan"}, {"show", "-format=markdown", "former.smsplan"}, {"plan"}} {
				if status, out := smsplan(t, args...); status != 0 || !strings.Contains(out, string(made.ID)) {
					t.Errorf("%s: status %d, and not %s\n%s", strings.Join(args, " "), status, made.ID, out)
				}
			}
			status, out := smsplan(t, "apply", "-expect="+string(made.ID), "former.smsplan")
			if status != 0 || !strings.Contains(out, fmt.Sprintf("%d sent, 0 refused", want)) {
				t.Errorf("apply: status %d\n%s", status, out)
			}
			if status, out := smsplan(t, "apply", "former.smsplan"); status != 0 || !strings.Contains(out, "Messages: 0 sent") {
				t.Errorf("apply again: status %d\n%s", status, out)
			}
		})
	}
}

// dated gives a saved plan as it would be had it been made now, by a program with the tables of this one.
func dated(t *testing.T, saved []byte) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(saved), int64(len(saved)))
	if err != nil {
		t.Fatal(err)
	}
	var b, sums bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch f.Name {
		case "plan.json":
			content = headed(t, content)
		case "SHA256SUMS":
			content = slices.Clone(sums.Bytes())
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), f.Name)
		file, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// headed replaces what a header says of the time and the tables, and leaves all else as it stands.
func headed(t *testing.T, header []byte) []byte {
	t.Helper()
	var old struct {
		Created       string `json:"created"`
		PhoneMetadata string `json:"phone_metadata"`
		TimeZones     string `json:"time_zones"`
	}
	if err := json.Unmarshal(header, &old); err != nil {
		t.Fatal(err)
	}
	set := func(name, from, to string) {
		header = bytes.Replace(header, fmt.Appendf(nil, "%q: %q", name, from), fmt.Appendf(nil, "%q: %q", name, to), 1)
	}
	set("created", old.Created, time.Now().UTC().Add(-plan.Lifetime/2).Format(time.RFC3339))
	set("phone_metadata", old.PhoneMetadata, phone.MetadataVersion())
	set("time_zones", old.TimeZones, zone.Version())
	return header
}
