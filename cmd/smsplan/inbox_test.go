package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/smsplan/smsplan/internal/simulator"
)

// startPages serves a simulator with its pages as the program does.
func startPages(t *testing.T, o simulator.Options) *server {
	t.Helper()
	s, err := startSimulator("127.0.0.1:0", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// outage is a broadcast to some people, ready to be applied by the program to a simulator.
type outage struct{ program, dir string }

func newOutage(t *testing.T, s *server, people int) outage {
	t.Helper()
	o := outage{build(t), t.TempDir()}
	configuration := fmt.Sprintf(`
variable "wave" {
  default = 1
}

gateway "clickatell" {
  endpoint    = %q
  api_id      = 1
  user        = "demo"
  password    = "demo"
  batch_size  = 2
  connections = 1 # so that no request is under way when one is refused
}

recipients "everybody" {
  csv {
    path   = "people.csv"
    number = "number"
  }
}

message "outage" {
  to       = [recipients.everybody]
  text     = "The power is back at 18:00."
  revision = var.wave
}
`, s.endpoint("document"))
	for name, content := range map[string]string{"main.sms.hcl": configuration, "people.csv": "number\n" + strings.Join(fictional(people), "\n") + "\n"} {
		if err := os.WriteFile(filepath.Join(o.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.run(t, "init")
	return o
}

func (o outage) run(t *testing.T, args ...string) (output string, status int) {
	t.Helper()
	c := exec.Command(o.program, args...)
	c.Dir = o.dir
	out, _ := c.CombinedOutput()
	return string(out), c.ProcessState.ExitCode()
}

// A broadcast is applied and looked at, from the first page without a message to a fault that is ordered on the other page. The
// first page is never loaded anew.
func TestABroadcastIsSeenInTheInbox(t *testing.T) {
	s := startPages(t, simulator.Options{})
	o := newOutage(t, s, 5)
	b := newBrowser(t)
	b.do(chromedp.Navigate(s.url))
	b.until(`document.querySelector("#nothing .block")?.textContent.includes('endpoint = "` + s.endpoint("document") + `"')`)
	b.do(chromedp.Evaluate[chromedp.Void](`window.sameLoad = true`))

	if out, status := o.run(t, "apply", "-auto-approve"); status != 0 {
		t.Fatalf("apply: %d\n%s", status, out)
	}
	b.until(`document.querySelectorAll("#list li").length === 5 && document.title === "(5) Inbox · smsplan simulator"`)
	b.until(`document.querySelector("#announcer").textContent.endsWith("5 in all")`)
	if list := value[string](b, `document.querySelector("#list").innerText`); !strings.Contains(list, "The power is back at 18:00.") || !strings.Contains(list, "•") {
		t.Errorf("the list reads %s", list)
	}

	// One is searched for by its number, which is not shown.
	number := s.gateway.Messages()[3].To
	b.press("/")
	b.press(number[len(number)-5:])
	b.until(`document.querySelectorAll("#list li").length === 1`)
	if body := value[string](b, `document.body.innerText`); strings.Contains(body, number) {
		t.Errorf("the number is shown: %s", body)
	}
	b.press("Enter")
	b.press("Enter")
	b.until(`document.activeElement.id === "message" && document.querySelector(".bubble")?.innerText === "The power is back at 18:00."`)
	b.until(`document.title.startsWith("(4)")`)
	if shown := value[string](b, `document.querySelector(".sheet").innerText`); !strings.Contains(shown, s.gateway.Messages()[3].ID) || !strings.Contains(shown, "GSM 7-bit") {
		t.Errorf("the message reads %s", shown)
	}
	b.do(chromedp.Click(chromedp.CSS("summary")))
	papers := value[string](b, `document.querySelector("details").innerText`)
	if !strings.Contains(papers, "<session_id>replaced</session_id>") || !strings.Contains(papers, "sendmsgResponse") || strings.Contains(papers, number) {
		t.Errorf("request and answer read %s", papers)
	}

	// It is shown when that is asked for, and on the other page too.
	b.do(chromedp.Click(chromedp.ID("numbers")))
	b.until(`document.querySelector("#subject").innerText === "+` + number + `" && document.querySelector("#list .to").innerText === "+` + number + `"`)
	b.do(chromedp.Click(chromedp.ID("numbers")))
	b.until(`document.querySelector("#subject").innerText.includes("•")`)
	if !value[bool](b, `window.sameLoad`) {
		t.Error("the page was loaded anew")
	}

	// A fault is switched on, and acts.
	b.do(chromedp.Click(chromedp.CSS(`nav a[href="/gateway"]`)))
	b.until(`document.querySelector("#twice").innerText.includes("Nobody")`)
	b.until(`document.querySelector("#kind").options.length > 13`)
	b.do(chromedp.Evaluate[chromedp.Void](`{
		const kind = document.querySelector("#kind");
		kind.value = "error";
		kind.dispatchEvent(new Event("change"));
	}`))
	b.do(chromedp.SendKeys(chromedp.ID("key-code"), "x"), chromedp.Click(chromedp.CSS("#order .main")))
	b.until(`document.querySelector("#refused").innerText.includes("give a number from 001 to 999")`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#key-code").value = ""`))
	b.do(chromedp.SendKeys(chromedp.ID("key-code"), "301"), chromedp.Click(chromedp.CSS("#order .main")))
	b.until(`document.querySelector(".ordered code")?.innerText === "error:code=301"`)
	if out, status := o.run(t, "apply", "-auto-approve", "-var=wave=2"); status != 3 || !strings.Contains(out, "301") {
		t.Errorf("the fault does not act: status %d\n%s", status, out)
	}
	b.until(`document.querySelector("#requests").innerText.includes("sendmsg\t4")`)
	b.do(chromedp.Click(chromedp.CSS(".ordered button")))
	b.until(`!document.querySelector(".ordered") && document.activeElement.id === "kind"`)
	if out, status := o.run(t, "apply", "-auto-approve", "-var=wave=2"); status != 0 {
		t.Errorf("the fault still acts: status %d\n%s", status, out)
	}
	b.until(`document.querySelector("#twice").innerText.includes("5 texts were sent to the same number more than once")`)

	// Credit and sessions are changed, and all is forgotten.
	b.do(chromedp.SendKeys(chromedp.ID("credit-demo"), "12.5"), chromedp.Click(chromedp.CSS("#accounts button")))
	b.until(`document.querySelector("#accounts .large").innerText === "12.5"`)
	b.until(`document.querySelector("#sessions").innerText === "3"`)
	b.do(chromedp.Click(chromedp.ID("expire")))
	b.until(`document.querySelector("#sessions").innerText === "0"`)
	b.do(chromedp.Click(chromedp.ID("reset")), chromedp.Click(chromedp.CSS("#sure .danger")))
	b.until(`document.querySelector("#requests").innerText.includes("None yet") && document.querySelector("#twice").innerText.includes("Nobody")`)
	if got := len(s.gateway.Messages()); got != 0 {
		t.Errorf("after the reset there are %d messages", got)
	}
	if complaints := b.complaints(); complaints != `error: Failed to load resource: the server responded with a status of 400 (Bad Request)` {
		t.Errorf("the pages complain:\n%s", complaints) // but of the one request that had to be refused
	}
}

func TestHostileTextsAreInertInTheInbox(t *testing.T) {
	const hostile = "<img src=/assets/icon.svg onload=\"window.hacked=1\"><script>window.hacked=1</script></title>&lt;b&gt; \u202Egnp.exe {{7*7}} javascript:window.hacked=1"
	s := startPages(t, simulator.Options{})
	b := newBrowser(t)
	b.do(chromedp.Navigate(s.url))
	submit(t, s.url, "sendmsg", "<unicode>1</unicode><concat>9</concat><from>&lt;i&gt;"+"\u202Ebad</from><climsgid>a1</climsgid><text>"+hexOf(hostile)+"</text><to>12025550143</to>")
	submit(t, s.url, "si_push", `<to>12025550144</to><si_id>1</si_id><si_url>javascript:window.hacked=1</si_url><si_text>&lt;a href="javascript:window.hacked=1"&gt;x&lt;/a&gt;</si_text>`)
	for range 2 {
		submit(t, s.url, "sendmsg", "<text>&lt;img src=x onerror=window.hacked=1&gt;</text><to>12025550145</to>")
	}
	b.until(`document.querySelectorAll("#list li").length === 4`)
	for row, want := range map[int]string{4: ".bubble", 3: ".bubble .address"} {
		b.do(chromedp.Click(chromedp.CSS(fmt.Sprintf("#list li:nth-child(%d) a", row))))
		b.until(fmt.Sprintf(`location.hash === document.querySelector("#list li:nth-child(%d) a").hash && Boolean(document.querySelector(%q))`, row, want))
		b.until(`document.querySelector("#message .facts").textContent.includes(location.hash.slice(1))`) // until then the message before stands there
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("details").open = true`))
		if n := value[int](b, `document.querySelectorAll("#list :is(img, script, i, b b), #message :is(img, script, iframe, form, i, a)").length`); n > 0 {
			t.Errorf("%d elements came from a message: %s", n, value[string](b, `document.querySelector("main").innerHTML`))
		}
		if row == 4 {
			if got := value[string](b, `document.querySelector(".bubble").textContent`); got != hostile {
				t.Errorf("the text reads %q", got)
			}
			if got := value[string](b, `[...document.querySelectorAll(".bubble, #list bdi, .name bdi")].map(e => getComputedStyle(e).unicodeBidi).filter(v => v !== "isolate" && v !== "isolate-override").join()`); got != "" {
				t.Errorf("a text can turn what stands beside it: %s", got)
			}
		}
	}
	b.do(chromedp.Navigate(s.url + "/gateway"))
	b.until(`document.querySelector("#twice td bdi")?.innerText === "<img src=x onerror=window.hacked=1>"`)
	b.do(chromedp.Navigate(s.url + "/?#" + "%3Cimg%20src=x%20onerror=window.hacked=1%3E"))
	b.until(`document.querySelector("#message")?.innerText.includes("Choose a message")`)
	if value[bool](b, `"hacked" in window`) {
		t.Error("a text was run")
	}
	if complaints := b.complaints(); complaints != "" {
		t.Errorf("the pages complain:\n%s", complaints)
	}
}

func TestTheInboxIsUsedByKeyboard(t *testing.T) {
	s := startPages(t, simulator.Options{})
	for i := range 3 {
		submit(t, s.url, "sendmsg", fmt.Sprintf("<text>Message %d. %s</text><concat>3</concat><to>1202555014%d</to>", i+1, strings.Repeat("And so on. ", 20), i))
	}
	b := newBrowser(t)
	b.do(chromedp.Navigate(s.url))
	b.until(`document.querySelectorAll("#list li").length === 3`)
	focused := func(want string) {
		t.Helper()
		b.until(`(document.activeElement.innerText || document.activeElement.id).includes(` + fmt.Sprintf("%q", want) + `)`)
	}
	b.press("Tab")
	focused("Skip to the messages")
	if top := value[float64](b, `document.activeElement.getBoundingClientRect().top`); top < 0 {
		t.Error("the link that has the focus is not to be seen")
	}
	b.press("Enter")
	focused("Message 3")
	if style := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`); style != "solid" {
		t.Errorf("what has the focus has an outline that is %s", style)
	}
	b.press("j")
	focused("Message 2")
	b.until(`document.querySelector(".bubble")?.innerText.startsWith("Message 2")`)
	if got := value[int](b, `document.querySelectorAll("#list [aria-current=true]").length`); got != 1 {
		t.Errorf("%d messages are the current one", got)
	}
	b.press("ArrowDown")
	focused("Message 1")
	b.press("j")
	b.press("k")
	focused("Message 2")
	b.press("Enter")
	b.until(`document.activeElement.id === "message"`)
	b.press("s")
	b.until(`document.querySelectorAll(".bubble .cut").length === 2 && document.querySelector("#segments").ariaPressed === "true"`)
	b.press("Escape")
	focused("Message 2")
	b.press("/")
	b.press("no such thing")
	b.until(`document.querySelector("#nothing")?.innerText.includes("No message has “no such thing”")`)
	b.press("Escape")
	b.until(`document.querySelector("#q").value === "" && document.querySelectorAll("#list li").length === 3`)
	b.press("Escape")
	focused("Message 2")
	b.press("?")
	b.until(`document.querySelector("#keys").open && document.querySelector("#keys").contains(document.activeElement)`)
	b.do(chromedp.Click(chromedp.ID("letters")))
	b.press("Escape")
	b.until(`!document.querySelector("#keys").open`)
	b.press("n")
	if value[string](b, `document.querySelector("#numbers").ariaPressed`) == "true" {
		t.Error("a letter is a key after that was switched off")
	}
	if complaints := b.complaints(); complaints != "" {
		t.Errorf("the page complains:\n%s", complaints)
	}
}

func TestAScreenReaderIsNotFloodedByArrivals(t *testing.T) {
	s := startPages(t, simulator.Options{})
	b := newBrowser(t)
	b.do(chromedp.Navigate(s.url))
	b.until(`Boolean(document.querySelector("#nothing .block"))`)
	b.do(chromedp.Evaluate[chromedp.Void](`window.said = []; new MutationObserver(() => said.push(document.querySelector("#announcer").textContent)).observe(document.querySelector("#announcer"), {childList: true})`))
	for i := range 400 {
		submit(t, s.url, "sendmsg", "<text>"+[]string{"Even", "Odd"}[i%2]+"</text><to>12025550143</to>")
	}
	b.until(`said.length > 0 && document.querySelector("#total").innerText === "400"`)
	if said := value[[]string](b, `said`); len(said) > 2 {
		t.Errorf("it is told of 400 messages %d times: %q", len(said), said)
	}
	if rows := value[int](b, `document.querySelectorAll("#list li").length`); rows < 100 || rows > 400 {
		t.Errorf("the list has %d rows", rows)
	}
	b.do(chromedp.Click(chromedp.ID("older")))
	b.until(`document.querySelectorAll("#list li").length > 100`)
	places := value[bool](b, `new Set([...document.querySelectorAll("#list a")].map(a => a.hash)).size === document.querySelectorAll("#list li").length`)
	if !places {
		t.Error("a message stands in the list twice")
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#q").value = "even"; document.querySelector("#q").dispatchEvent(new Event("input"))`))
	b.until(`document.querySelectorAll("#list li").length === 100 && [...document.querySelectorAll("#list .text")].every((e) => e.textContent === "Even")`)
	b.do(chromedp.Click(chromedp.ID("older")))
	b.until(`document.querySelectorAll("#list li").length === 200 && document.querySelector("#older").hidden`)
	b.do(chromedp.Click(chromedp.ID("numbers")))
	b.until(`[...document.querySelectorAll("#list .to")].every((e) => e.textContent === "+12025550143")`)
}

func TestTheInboxComesBackAfterTheSimulatorWasAway(t *testing.T) {
	first, err := startSimulator("127.0.0.1:0", simulator.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	submit(t, first.url, "sendmsg", "<text>Before</text><to>12025550143</to>")
	b := newBrowser(t)
	b.do(chromedp.Navigate(first.url))
	b.until(`document.querySelector("#list")?.innerText.includes("Before") && document.querySelector("#live").innerText === "Live"`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("#live").innerText === "Reconnecting…"`)
	second, err := startSimulator(strings.TrimPrefix(first.url, "http://"), simulator.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	submit(t, second.url, "sendmsg", "<text>After</text><to>12025550143</to>")
	b.until(`document.querySelector("#live").innerText === "Live" && document.querySelector("#list").innerText.includes("After") && document.querySelectorAll("#list li").length === 1`)
}
