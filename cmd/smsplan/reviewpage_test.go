package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/smsplan/smsplan/internal/phone/fiction"
)

const reviewedConfiguration = `
gateway "simulator" {
  rate = 2
}

recipients "customers" {
  on_invalid = "skip"
  exclude    = [recipients.opted_out]

  csv {
    path   = "customers.csv"
    number = "mobile"
  }
}

recipients "opted_out" {
  numbers = ["+1 201 555 0100", "+1 201 555 0101", "+1 201 555 0102"]
}

message "outage" {
  for_each = {
    en = "Power is out in %s. Crews are on their way, and it is expected back at 18:00."
    sv = "Strömmen är borta i %s. Den väntas tillbaka klockan 18.00. ⚡"
  }
  to    = [recipients.customers]
  where = recipient.lang == each.key
  from  = "ACME"
  text  = "${recipient.name}: ${format(each.value, recipient.suburb)}"

  window {
    from     = "08:00"
    to       = "20:00"
    timezone = "recipient"
  }
}

message "crew" {
  to       = [recipients.customers]
  where    = recipient.suburb == "Mitte"
  from     = "12025550100"
  text     = "Stand by for ${recipient.suburb}."
  on_doubt = "resend"
}

guard "abroad" {
  countries = ["SE", "US"]
}

check "short" {
  assert {
    condition     = message.outage["sv"].segments_max == 0
    error_message = "The Swedish text needs a segment."
  }
}

tariff {
  currency = "EUR"
  default  = 0.05
}
`

// reviewed saves a plan and gives the page of it.
func reviewed(t *testing.T) (page string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	var rows strings.Builder
	rows.WriteString("mobile,name,suburb,lang\n12,Bad,Shaw,en\n34,Bad,Shaw,en\n")
	for i, n := range fiction.Numbers(400) {
		fmt.Fprintf(&rows, "+%s,%s,%s,en\n", n.E164(), []string{"Ruth", "Sam", "Thandi"}[i%3], []string{"Shaw", "Kensington", "Fitzroy", "Queens"}[i%4])
	}
	for i := range 80 {
		fmt.Fprintf(&rows, "+467017406%02d,Åsa,Södermalm,sv\n+4917139200%02d,Jörg,Mitte,en\n", 5+i, i%60)
	}
	for name, content := range map[string]string{"main.sms.hcl": reviewedConfiguration, "customers.csv": rows.String()} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	smsplan := func(args ...string) {
		out.Reset()
		if status := run(t.Context(), append([]string{"smsplan"}, args...), strings.NewReader(""), &out, &errs, nil); status != 0 {
			t.Fatalf("%v: status %d\n%s", args, status, errs.String())
		}
	}
	smsplan("plan", "-allow=guard.abroad", "-out=a.smsplan")
	smsplan("show", "-format=html", "a.smsplan")
	page = filepath.Join(dir, "plan.html")
	if err := os.WriteFile(page, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return page
}

func TestThePageOfAPlanIsAccessible(t *testing.T) {
	docs, err := filepath.Abs(filepath.Join("..", "..", "docs"))
	if err != nil {
		t.Fatal(err)
	}
	page := reviewed(t)
	b := newBrowser(t)
	b.do(chromedp.EmulateViewport(1200, 1180), prefers("light", "reduce"), chromedp.Navigate("file://"+page))
	if complaints := b.complaints(); complaints != "" {
		t.Error(complaints)
	}
	if levels := value[string](b, `[...document.querySelectorAll("h1, h2, h3")].map((h) => h.tagName[1]).join("")`); !strings.HasPrefix(levels, "1") || strings.Contains(levels, "13") {
		t.Errorf("the headings are of the levels %s", levels)
	}
	if bare := value[[]string](b, `[...document.querySelectorAll("svg:not([aria-hidden]):not([aria-label])")].map((e) => e.outerHTML.slice(0, 80))`); len(bare) > 0 {
		t.Errorf("these have no name: %s", strings.Join(bare, "\n"))
	}
	if asked := value[int](b, `performance.getEntriesByType("resource").length + document.scripts.length + document.querySelectorAll("link, img, iframe").length`); asked != 0 {
		t.Errorf("the page asks for %d other things", asked)
	}
	for _, colours := range []string{"light", "dark"} {
		b.do(prefers(colours, "reduce"), chromedp.EmulateViewport(1200, 1180))
		if poor := value[[]string](b, contrasts); len(poor) > 0 {
			t.Errorf("these are hard to read in %s colours:\n%s", colours, strings.Join(poor, "\n"))
		}
		if *update && colours == "light" {
			image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(docs, "review-"+colours+".png"), image, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.do(chromedp.EmulateViewport(360, 740))
	if beyond := value[[]string](b, overflows); len(beyond) > 0 {
		t.Errorf("these are cut off on a narrow screen:\n%s", strings.Join(beyond, "\n"))
	}
}
