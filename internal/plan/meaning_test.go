package plan

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/smsplan/smsplan/internal/config"
)

// meant is a configuration with what could depend on the day and the machine: hours, zones, times, files of each kind.
var meant = map[string]string{
	"main.sms.hcl": `gateway "simulator" {
  batch_size = 7
}

variable "brand" {
  default = "ACME"
}

locals {
  hours = jsondecode(file("hours.json"))
}

recipients "rows" {
  on_invalid = "skip"
  region     = "US"
  exclude    = [recipients.out]

  csv {
    path   = "rows.csv"
    number = "number"
  }
}

recipients "typed" {
  jsonl {
    path   = "rows.jsonl"
    number = "number"
  }
}

recipients "out" {
  numbers = ["+1 202 555 0107"]
}

message "windowed" {
  to   = [recipients.rows]
  from = "smsplan"
  text = <<-EOT
    Dear ${recipient.name},
    yours, ${var.brand}
  EOT

  window {
    from     = local.hours.from
    to       = local.hours.to
    timezone = "recipient"
  }
}

message "timed" {
  to         = [recipients.typed]
  text       = trimspace(templatefile("note.tmpl", { brand = var.brand }))
  deliver_at = "2026-03-04T12:00:00+02:00"
}
`,
	"hours.json": "{\n  \"from\": \"08:00\",\n  \"to\": \"20:00\"\n}\n",
	"note.tmpl":  "From ${brand}:\ngood news\n",
	"rows.csv":   "name,number,note\nAnn,+12025550101,x\nBob,(202) 555-0102,y\nCid,+46701740610,z\nDot,+1 202 555 0107,\n",
	"rows.jsonl": "{\"number\": \"+46701740611\", \"n\": 1}\n{\"number\": \"+12025550103\", \"n\": 2}\n",
}

// checkout writes files into a new directory, each as change gives it.
func checkout(t *testing.T, files map[string]string, change func(name, content string) (string, string)) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name, content = change(name, content)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func asItIs(name, content string) (string, string) { return name, content }

func idIn(t *testing.T, dir string, o config.Options, now time.Time) ID {
	t.Helper()
	c, diagnostics := config.Load(context.Background(), dir, o)
	if diagnostics.HasErrors() {
		var b bytes.Buffer
		diagnostics.Write(&b, 0, false)
		t.Fatal(b.String())
	}
	p := New(c, nil, now, "test", Options{})
	if len(p.Problems()) > 0 || p.Totals().ToSend == 0 {
		t.Fatalf("%v; %d to send", p.Problems(), p.Totals().ToSend)
	}
	return p.ID
}

func TestAPlanHasOneIDOnAllMachinesAndDays(t *testing.T) {
	want := idIn(t, checkout(t, meant, asItIs), config.Options{}, noon)
	local, procs := time.Local, runtime.GOMAXPROCS(0)
	defer func() {
		time.Local = local
		runtime.GOMAXPROCS(procs)
	}()
	dir := checkout(t, meant, asItIs)
	for name := range meant {
		path := filepath.Join(dir, name)
		if err := os.Chtimes(path, noon.AddDate(-3, 0, 0), noon.AddDate(-3, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	windows := checkout(t, meant, func(name, content string) (string, string) { return name, strings.ReplaceAll(content, "\n", "\r\n") })
	for _, zone := range []string{"UTC", "Pacific/Kiritimati", "America/St_Johns"} {
		at, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		time.Local = at
		for _, lang := range []string{"C", "tr_TR.UTF-8"} {
			t.Setenv("LANG", lang)
			t.Setenv("LC_ALL", lang)
			t.Setenv("TZ", zone)
			for _, cores := range []int{1, 8} {
				runtime.GOMAXPROCS(cores)
				// At noon windows are open, at night they are closed; the day after, deliver_at is nearer.
				for _, later := range []time.Duration{0, 11 * time.Hour, 31 * time.Hour} {
					for kind, dir := range map[string]string{"another checkout": dir, "a checkout with CRLF": windows} {
						if got := idIn(t, dir, config.Options{}, noon.Add(later)); got != want {
							t.Errorf("%s, %s, %s, %d cores, %v later: %s, want %s", kind, zone, lang, cores, later, got, want)
						}
					}
				}
			}
		}
	}
}

func TestTheIDFollowsWhatIsSentAndNotHowItIsWritten(t *testing.T) {
	want := idIn(t, checkout(t, meant, asItIs), config.Options{}, noon)
	edit := func(file string, pairs ...string) func(string, string) (string, string) {
		return func(name, content string) (string, string) {
			if name != file {
				return name, content
			}
			for i := 0; i < len(pairs); i += 2 {
				if !strings.Contains(content, pairs[i]) {
					panic(fmt.Sprintf("%s has no %q", file, pairs[i]))
				}
				content = strings.Replace(content, pairs[i], pairs[i+1], 1)
			}
			return name, content
		}
	}
	const main = "main.sms.hcl"
	for name, tt := range map[string]struct {
		change func(string, string) (string, string)
		same   bool
	}{
		"a comment":                  {edit(main, "locals {", "# What everybody uses.\nlocals {"), true},
		"layout":                     {edit(main, "  hours = json", "  hours    =    json"), true},
		"another name of the file":   {func(name, content string) (string, string) { return strings.Replace(name, "main.", "all.", 1), content }, true},
		"a value in place of a name": {edit(main, "yours, ${var.brand}", "yours, ACME"), true},
		"another pace":               {edit(main, "batch_size = 7", "batch_size = 7\n  rate = 3\n  connections = 2"), true},
		"a guard that holds":         {edit(main, "locals {", "guard \"g\" {\n  max_recipients = 100\n}\n\nlocals {"), true},
		"a tariff":                   {edit(main, "locals {", "tariff {\n  currency = \"EUR\"\n  default = 0.1\n}\n\nlocals {"), true},
		"an output":                  {edit(main, "locals {", "output \"o\" {\n  value = 1\n}\n\nlocals {"), true},
		"the order of the rows":      {edit("rows.csv", "Ann,+12025550101,x\nBob,(202) 555-0102,y\n", "Bob,(202) 555-0102,y\nAnn,+12025550101,x\n"), true},
		"a column that nobody reads": {edit("rows.csv", "Ann,+12025550101,x", "Ann,+12025550101,another"), true},
		"another spelling":           {edit("rows.csv", "(202) 555-0102", "+1-202-555-0102"), true},
		"a row that counts twice":    {edit("rows.csv", "Cid,", "Ann,+1 202 555 0101,x\nCid,"), true},
		"a row that is no number":    {edit("rows.csv", "Cid,", "Eve,12,x\nCid,"), true},
		"who is excluded anyway":     {edit("rows.csv", "Dot,+1 202 555 0107,\n", ""), true},
		"a text":                     {edit(main, "Dear", "Hello"), false},
		"a value in a text":          {edit(main, `default = "ACME"`, `default = "Acme"`), false},
		"somebody's column":          {edit("rows.csv", "Ann,", "Anne,"), false},
		"a person more":              {edit("rows.csv", "Cid,", "Eve,+12025550104,x\nCid,"), false},
		"a person less":              {edit("rows.csv", "Ann,+12025550101,x\n", ""), false},
		"the number of a person":     {edit("rows.jsonl", "+12025550103", "+12025550104"), false},
		"who is excluded":            {edit(main, "+1 202 555 0107", "+1 202 555 0102"), false},
		"another name of a message":  {edit(main, `message "timed"`, `message "later"`), false},
		"the sender":                 {edit(main, `from = "smsplan"`, `from = "others"`), false},
		"a revision":                 {edit(main, `from = "smsplan"`, "from = \"smsplan\"\n  revision = 2"), false},
		"the hours":                  {edit("hours.json", "20:00", "19:00"), false},
		"whose hours":                {edit(main, `timezone = "recipient"`, `timezone = "UTC"`), false},
		"the time":                   {edit(main, "12:00:00+02:00", "12:01:00+02:00"), false},
		"how the time is written":    {edit(main, "12:00:00+02:00", "10:00:00Z"), false}, // what was approved is what is written
		"larger requests":            {edit(main, "batch_size = 7", "batch_size = 1"), false},
		"what becomes of doubts":     {edit(main, `from = "smsplan"`, "from = \"smsplan\"\n  on_doubt = \"resend\""), false},
		"the order of messages":      {edit(main, `from = "smsplan"`, "from = \"smsplan\"\n  depends_on = [message.timed]"), false},
	} {
		got := idIn(t, checkout(t, meant, tt.change), config.Options{}, noon)
		if (got == want) != tt.same {
			t.Errorf("%s: %s, and %s before", name, got, want)
		}
	}
	for _, workspace := range []string{"default", "production"} {
		if got := idIn(t, checkout(t, meant, asItIs), config.Options{Workspace: workspace}, noon); (got == want) != (workspace == "default") {
			t.Errorf("in the workspace %s: %s, and %s before", workspace, got, want)
		}
	}
}
