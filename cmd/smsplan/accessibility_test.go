package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/smsplan/smsplan/internal/simulator"
)

// views are what the pages can look like; each begins with a fresh page.
var views = []struct{ name, path, do, ready string }{
	{"the list", "/", "", `document.querySelectorAll("#list li").length > 5`},
	{"a message", "/", `document.querySelector("#list a").click()`, `document.querySelector(".bubble")`},
	{"its segments and papers", "/", `document.querySelector("#list a").click()`, `document.querySelector("#segments") &&
		(document.querySelector(".cut") || document.querySelector("#segments").click(), document.querySelector("details").open = true, document.querySelector(".cut"))`},
	{"a flash message", "/", `[...document.querySelectorAll("#list a")].find(a => a.innerText.includes("Storm")).click()`, `document.querySelector(".popup")`},
	{"a push", "/", `[...document.querySelectorAll("#list a")].find(a => a.innerText.includes("menu")).click()`, `document.querySelector(".address")`},
	{"nothing found", "/", `document.querySelector("#q").value = "nothing"; document.querySelector("#q").dispatchEvent(new Event("input"))`, `document.querySelector("#nothing button")`},
	{"the keys", "/", `document.querySelector("#help").click()`, `document.querySelector("#keys").open`},
	{"the gateway", "/gateway", "", `document.querySelector(".ordered") && document.querySelector(".accounts") && document.querySelector("#twice").innerText`},
	{"an order that was refused", "/gateway", `const kind = document.querySelector("#kind"); kind.value = "delay"; kind.dispatchEvent(new Event("change")); document.querySelector("#order .main").click()`, `document.querySelector("#refused").innerText`},
	{"the question before a reset", "/gateway", `document.querySelector("#reset").click()`, `document.querySelector("#sure").open`},
}

func TestEveryViewOfThePagesIsAccessible(t *testing.T) {
	s := startPages(t, simulator.Options{Faults: faultsOf(t, "delay:for=2s,every=1000")})
	some(t, s.url)
	for range 2 {
		submit(t, s.url, "sendmsg", "<text>"+long+"</text><concat>3</concat><to>447700900122</to>")
	}
	b := newBrowser(t)
	for _, view := range views {
		t.Run(view.name, func(t *testing.T) {
			b.t = t
			b.do(chromedp.EmulateViewport(1280, 860), prefers("light", "no-preference"))
			b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+view.path))
			b.until(map[string]string{"/": `document.querySelectorAll("#list li").length > 5`, "/gateway": `document.querySelector("#kind").value`}[view.path])
			if view.do != "" {
				b.do(chromedp.Evaluate[chromedp.Void]("{" + view.do + "}"))
			}
			b.until(view.ready)
			hasNames(t, b)
			hasOutline(t, b)
			for _, colours := range []string{"light", "dark"} {
				b.do(prefers(colours, "reduce"))
				if moving := value[[]string](b, movements); len(moving) > 0 {
					t.Errorf("these move for somebody who prefers that they do not:\n%s", strings.Join(moving, "\n"))
				}
				if poor := value[[]string](b, contrasts); len(poor) > 0 {
					t.Errorf("these are hard to read in %s colours:\n%s", colours, strings.Join(poor, "\n"))
				}
			}
			b.do(chromedp.EmulateViewport(360, 740))
			if beyond := value[[]string](b, overflows); len(beyond) > 0 {
				t.Errorf("these are cut off on a narrow screen:\n%s", strings.Join(beyond, "\n"))
			}
		})
	}
}

// hasNames looks for controls that a screen reader could not tell of.
func hasNames(t *testing.T, b *browser) {
	t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	controls := []string{
		"button", "link", "textbox", "searchbox", "combobox", "checkbox", "spinbutton", "dialog", "region", "navigation", "image", "DisclosureTriangle",
	}
	seen := map[string]int{}
	for _, node := range tree.Nodes {
		if role := said(node.Role); !node.Ignored {
			seen[role]++
			if slices.Contains(controls, role) && strings.TrimSpace(said(node.Name)) == "" {
				t.Errorf("a %s has no name: node %v in %v", role, node.NodeID, node.ParentID)
			}
		}
	}
	if isModal := seen["dialog"] > 0; !isModal && (seen["main"] != 1 || seen["banner"] != 1 || seen["navigation"] != 1) {
		t.Errorf("the landmarks are %v", seen)
	}
	if seen["button"] == 0 {
		t.Errorf("the tree has no button: %v", seen)
	}
}

// said gives a value of the accessibility tree.
func said(v *accessibility.Value) (s string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &s)
	}
	return s
}

// contrasts is a script that gives every text which is harder to read than WCAG 2.2 allows (section 1.4.3), by what is on the page: the
// colour of the text and of all that lies under it.
const contrasts = `(() => {
	const rgba = (c) => c.match(/[\d.]+/g).map(Number);
	const over = ([r, g, b, a = 1], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a));
	const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const ground = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
		return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
	};
	const poor = [];
	const dialog = document.querySelector("dialog[open]");
	for (const e of (dialog ?? document).querySelectorAll("body *, dialog *")) {
		const isField = e.matches("input, select"), style = getComputedStyle(e);
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !isField) continue;
		if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest(".hidden, .skip, option, noscript") || e.closest(".fresh .head")) continue;
		const paper = ground(e), colours = [style.color];
		if (isField && e.placeholder) colours.push(getComputedStyle(e, "::placeholder").color);
		for (const colour of colours) {
			const [high, low] = [light(over(rgba(colour), paper)), light(paper)].sort((a, b) => b - a);
			const ratio = (high + .05) / (low + .05);
			if (ratio < 4.5) poor.push(ratio.toFixed(2) + ": " + e.outerHTML.slice(0, 120));
		}
	}
	return poor;
})()`

// movements gives what does not stand still.
const movements = `[...document.querySelectorAll("*")].filter((e) => {
	const s = getComputedStyle(e);
	return s.transitionDuration !== "0s" || s.animationName !== "none" || s.scrollBehavior === "smooth";
}).map((e) => e.outerHTML.slice(0, 80))`

// overflows gives what does not fit the width of the screen and cannot be scrolled to by itself.
const overflows = `[document.documentElement, ...document.querySelectorAll("button, input, select, a, h1, h2, p")].filter((e) => {
	const r = e.getBoundingClientRect();
	return e.checkVisibility() && !e.closest(".hidden, .skip, .scroll, .block") && (r.right > innerWidth + .5 || r.left < -.5 || e === document.documentElement && e.scrollWidth > innerWidth);
}).map((e) => e.outerHTML.slice(0, 120))`

// hasOutline looks at the headings and at what says where one is.
func hasOutline(t *testing.T, b *browser) {
	t.Helper()
	levels := value[string](b, `[...document.querySelectorAll("h1, h2, h3")].filter((h) => h.checkVisibility() && !h.closest("dialog")).map((h) => h.tagName[1]).join("")`)
	if !strings.HasPrefix(levels, "1") || strings.Contains(levels, "13") {
		t.Errorf("the headings are of the levels %s", levels)
	}
	if lang := value[string](b, `document.documentElement.lang`); lang != "en" {
		t.Errorf("the language is %q", lang)
	}
	if n := value[int](b, `document.querySelectorAll("[aria-current=page]").length`); n != 1 {
		t.Errorf("%d pages are the current one", n)
	}
}

// prefers has pages believe that somebody prefers light or dark colours, and that things move or that they do not (reduce).
func prefers(colours, motion string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}, {Name: "prefers-reduced-motion", Value: motion}},
		})
		return err
	})
}
