package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/chromedp"

	"github.com/smsplan/smsplan/internal/simulator"
)

var update = flag.Bool("update", false, "take the screenshots in docs anew")

// What the documentation shows of the pages. Look at the images after taking them.
func TestScreenshotsAreTakenAnew(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	s := startPages(t, simulator.Options{Settings: simulator.Settings{Accounts: []simulator.Account{
		{
			User: "demo", Password: "demo", APIIDs: []string{"1"}, Credit: 5000, Senders: []string{"ACME", "POWERCO", "12025550100"}, Segments: 3,
			Callback: &simulator.Callback{URL: receiver.URL + "/dlr"},
		},
		{User: "night", Password: "night", APIIDs: []string{"7", "8"}, Credit: 120, DefaultPrefix: "44", Limit: 1000},
	}}, Faults: faultsOf(t, "delay:for=2s,when=after,every=50", "drop-mid-body:after=300,times=1")})
	some(t, s.url)
	b := newBrowser(t)
	const message = `document.querySelector(".phone") && document.querySelector(".topic").innerText.includes("handset")`
	for _, shot := range []struct {
		name, path, colours, do, ready string
		width, height                  int64
	}{
		{"inbox-light", "/", "light", `[...document.querySelectorAll("#list a")].find(a => a.innerText.includes("planned work")).click()`, message, 1280, 860},
		{"inbox-dark", "/", "dark", "", message + ` && (document.querySelector(".cut") || document.querySelector("#segments").click(), true)`, 1280, 860},
		{"inbox-faults", "/gateway", "light", "", `document.querySelector(".ordered") && document.querySelectorAll("#callbacks tr").length > 2`, 1280, 1560},
	} {
		address := s.url + shot.path
		if shot.name == "inbox-dark" {
			address = value[string](b, "location.href")
			b.do(chromedp.Navigate("about:blank"))
		}
		b.do(chromedp.EmulateViewport(shot.width, shot.height), prefers(shot.colours, "reduce"), chromedp.Navigate(address))
		b.until(`document.querySelectorAll("#list li").length > 5 || document.querySelector("#kind")?.value`)
		b.do(chromedp.Evaluate[chromedp.Void]("{" + shot.do + "}"))
		b.until(shot.ready)
		image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("..", "..", "docs", shot.name+".png"), image, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func faultsOf(t *testing.T, texts ...string) []simulator.Fault {
	t.Helper()
	var list []simulator.Fault
	for _, text := range texts {
		fault, err := simulator.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fault)
	}
	return list
}

// some sends messages of every kind.
func some(t *testing.T, url string) {
	t.Helper()
	for _, m := range []string{
		"sendmsg <text>Your parcel 4711 is at the counter. Bring a document with your name.</text><from>ACME</from><to>447700900117</to><to>447700900118</to><to>447700900119</to>",
		"sendmsg <text>Code 493022. It is valid for ten minutes. Nobody from ACME will ever ask you for it.</text><from>ACME</from><deliv_ack>1</deliv_ack><to>12025550143</to>",
		"sendmsg <text>Storm warning: stay away from windows until 18:00.</text><from>12025550100</from><msg_type>SMS_FLASH</msg_type><to>12025550144</to>",
		"sendmsg <unicode>1</unicode><text>" + hexOf("Żółw idzie powoli, ale dojdzie 🐢") + "</text><from>ACME</from><to>491713920012</to>",
		"sendmsg <udh>0605040B8423F0</udh><data>1B0601AE02056A0045C60C037761702E61636D65</data><from>12025550100</from><to>61491570006</to>",
		"si_push <si_id>menu</si_id><si_url>http://wap.example.com/menu</si_url><si_text>This week's menu is out</si_text><from>12025550100</from><to>46701740612</to>",
		"ind_push <mms_subject>A picture of the new shop</mms_subject><mms_class>82</mms_class><mms_expire>3600</mms_expire><mms_from>ACME</mms_from><mms_url>http://mms.example.com/1</mms_url><to>46701740613</to>",
		"sendmsg <text>Good morning, Ann. Your appointment is on Tuesday at 9:30.</text><from>ACME</from><deliv_time>90</deliv_time><to>12025550147</to>",
		"sendmsg <text>" + long + "</text><from>POWERCO</from><concat>3</concat><deliv_ack>1</deliv_ack><msg_callback>7</msg_callback><climsgid>run42n000017</climsgid><to>447700900121</to><to>447700900122</to>",
	} {
		op, parameters, _ := strings.Cut(m, " ")
		submit(t, url, op, parameters)
	}
}

// submit sends messages as the demo account.
func submit(t *testing.T, url, op, parameters string) {
	t.Helper()
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://api.clickatell.com/soap/document_literal/webservice">`+
		`<s:Body><c:%[1]s><api_id>1</api_id><user>demo</user><password>demo</password>%[2]s</c:%[1]s></s:Body></s:Envelope>`, op, parameters)
	answer, err := http.Post(url+simulator.Path("document"), "text/xml; charset=utf-8", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || !strings.Contains(string(read), "<return>ID: ") {
		t.Fatalf("%s: %v %s", op, err, read)
	}
}

const long = "Dear Thandi, on Thursday there is planned work on the line in Kensington: no power from 9:00 to 13:30. Please switch off geysers and pumps " +
	"before, and have lamps ready. If the work ends early the power comes back without notice, so treat every wire as live. Questions: 12025550100. Thank you for your patience. POWERCO"

// hexOf is a text as unicode=1 wants it.
func hexOf(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String()
}
