package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// browser is a tab of a headless Chromium with an empty profile.
type browser struct {
	t       *testing.T
	ctx     context.Context
	console func() (chromedp.ConsoleMessage, error, bool)
}

// newBrowser starts Chromium. It ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("the pages are tested in Chromium, and there is none: install Debian's package chromium")
	}
	patience, enough := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(enough)
	started, end := chromedp.NewExecAllocator(patience,
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless,
		chromedp.NoSandbox, // its own sandbox does not start for root, nor in most containers
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
	)
	t.Cleanup(end)
	tab, closeTab := chromedp.NewContext(started)
	t.Cleanup(closeTab)
	b := &browser{t: t, ctx: tab}
	var unsubscribe func()
	b.console, unsubscribe = iter.Pull2(chromedp.Console(tab))
	t.Cleanup(unsubscribe)
	b.do(chromedp.EmulateViewport(1280, 860))
	return b
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// value gives what an expression comes to in the page.
func value[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true in the page, or in the one that comes after it. Where the page does not have yet
// what it speaks of, it is not true.
func (b *browser) until(expression string) {
	b.t.Helper()
	patience, enough := context.WithTimeout(b.ctx, 20*time.Second)
	defer enough()
	tried := "(() => { try { return Boolean(" + expression + ") } catch { return false } })()"
	for {
		_, err := chromedp.Run(patience, chromedp.Poll[bool](tried, chromedp.WithPollingTimeout(20*time.Second)))
		if err != nil && patience.Err() == nil && (strings.Contains(err.Error(), "context") || strings.Contains(err.Error(), "navigated")) {
			continue // the page has been left meanwhile
		}
		if err != nil {
			b.t.Fatalf("the page does not come to %s: %v\nit reads: %.2000s", expression, err, value[string](b, "document.body.innerText"))
		}
		return
	}
}

// press presses keys one after the other: those of a text, or Tab, Enter, Escape or ArrowDown. (chromedp's own events type a
// letter even where the page has taken the key for something else.)
func (b *browser) press(keys string) {
	b.t.Helper()
	named := map[string]int64{"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40}
	list := strings.Split(keys, "")
	if named[keys] != 0 {
		list = []string{keys}
	}
	for _, key := range list {
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, WindowsVirtualKeyCode: named[key]}
		switch {
		case key == "Enter":
			down.Text = "\r"
		case named[key] == 0:
			down.Text = key
		}
		up := down
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		for _, event := range []input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// complaints gives what pages have written to the console since it was last asked, exceptions and violations of their
// policy included.
func (b *browser) complaints() string {
	b.t.Helper()
	const end = "that was all"
	b.do(chromedp.Evaluate[chromedp.Void](`console.info("` + end + `")`))
	var list []string
	for {
		message, err, ok := b.console()
		if err != nil || !ok {
			b.t.Fatalf("console: %v", err)
		}
		if message.Text == end {
			return strings.Join(list, "\n")
		}
		list = append(list, message.String())
	}
}

// The negative control of every test that finds no complaint.
func TestBrowserNoticesErrorsAndViolationsOfThePolicy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'")
		if r.URL.Path == "/broken.js" {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `nothing.here();`)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>x</title><p style="color:red">x<script>inline()</script><script src="broken.js"></script>`)
	}))
	t.Cleanup(server.Close)
	b := newBrowser(t)
	b.do(chromedp.Navigate(server.URL))
	complaints := b.complaints()
	for _, want := range []string{"style-src", "script-src", "nothing is not defined"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("no complaint has %q: %s", want, complaints)
		}
	}
}
