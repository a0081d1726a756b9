package render

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/state"
)

func TestAWordSaysWhatHappensToAMessage(t *testing.T) {
	none, one := 0, 1
	for _, c := range []struct {
		sends, cancels, anew int
		most                 *int
		word, symbol         string
	}{
		{3, 0, 0, nil, "send", "+"},
		{3, 3, 3, nil, "cancel and send anew", "-/+"},
		{3, 5, 3, nil, "cancel and send anew", "-/+"},
		{3, 2, 1, nil, "send, and cancel", "+"},
		{0, 2, 0, nil, "cancel", "-"},
		{0, 1, 0, &one, "cancel", "-"},
		{0, 2, 0, &one, "cancel: blocked", "!"},
		{3, 0, 0, &none, "send", "+"},
		{0, 0, 0, nil, "nothing", ""},
	} {
		for _, gone := range []bool{false, true} {
			if gone && (c.sends > 0 || c.cancels == 0) {
				continue
			}
			p := &plan.Plan{Guards: []plan.Guard{{Name: "few", Limits: config.Limits{MaxCancel: c.most}}}}
			if !gone {
				m := plan.Message{Address: "message.m", ToSend: c.sends, Action: plan.None}
				if c.sends > 0 {
					m.Action = plan.Send
				}
				p.Messages = []plan.Message{m}
			}
			if c.cancels > 0 {
				p.Withdrawals = []plan.Withdrawal{{Address: "message.m", Revision: 1, Reason: state.TextChanged, Count: c.cancels, Anew: c.anew, First: noon, Last: noon}}
			}
			got := reviewedGone(p)
			if !gone {
				got = []reviewed{reviewedOf(p, &p.Messages[0])}
			}
			if len(got) != 1 || got[0].Action != c.word || got[0].Symbol != c.symbol {
				t.Errorf("%+v, gone %t: %+v", c, gone, got)
			}
		}
	}
}

// kept has messages of one ledger that are withdrawn, and others that cannot be.
func kept() *plan.Plan {
	return &plan.Plan{
		Gateway:  plan.Gateway{Kind: "simulator"},
		Messages: []plan.Message{{Address: "message.m", Action: plan.Send, Rows: 3, ToSend: 2, Segments: 2, Requests: 1, Texts: 1, Revision: 1}, {Address: "message.n", Action: plan.None, Rows: 1, Held: []plan.Held{{Reason: "invalid", Count: 1}}}},
		Withdrawals: []plan.Withdrawal{
			{Address: "message.m", Revision: 1, Reason: state.TextChanged, Count: 3, Anew: 2, Unsettled: 4, Foreign: 5, Unnamed: 6, First: noon, Last: noon.Add(time.Hour)},
		},
	}
}

func TestRemarksSayWhatIsWithdrawnAndWhatCannotBe(t *testing.T) {
	const when = ", scheduled from 2026-03-02 12:00 to 2026-03-02 13:00 UTC, revision 1: the text changed"
	want := []remarkable{
		{"-/+", "2 to cancel and send anew" + when},
		{"-", "1 to cancel" + when},
		{"?", "4 cannot be cancelled" + when + "; but they are in doubt or unconfirmed, which smsplan resolve settles"},
		{"!", "5 cannot be cancelled" + when + "; but another account of the gateway sent them, and it alone can"},
		{"!", "6 cannot be cancelled" + when + "; but no id of the gateway is known for them, so they go out"},
	}
	if diff := cmp.Diff(want, remarked(withdrawn(kept(), "message.m"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatAReviewerShouldNoticeIsInOneBox(t *testing.T) {
	p := kept()
	page := drawnAs(t, func(w io.Writer) error { return HTML(w, p) })
	article := between(page, "<article ", "</article>")
	if boxes, lines := strings.Count(article, `class="notice`), strings.Count(article, "<li>"); boxes != 1 || lines != 5 {
		t.Errorf("the page has %d boxes of %d lines", boxes, lines)
	}
	comment := drawnAs(t, func(w io.Writer) error { return Markdown(w, p) })
	if boxes, lines := strings.Count(comment, "> [!WARNING]"), strings.Count(comment, "\n> * "); boxes != 1 || lines != 5 {
		t.Errorf("the comment has %d boxes of %d lines", boxes, lines)
	}
}

func TestNobodyToSendToHasNoSignOfSending(t *testing.T) {
	for i, want := range []string{"+", ""} {
		tally := newReview(kept()).Cards[i].Tally
		if got := tally[len(tally)-1].Symbol; got != want {
			t.Errorf("of message %d the sum has the sign %q; want %q", i, got, want)
		}
	}
}

func TestThePagePartsNoFlag(t *testing.T) {
	got := string(flags("plan with -allow=guard.<b> -allow=guard.two, (-identity=FILE) - or --> not"))
	want := `plan with <span class="flag">-allow=guard.&lt;b&gt;</span> <span class="flag">-allow=guard.two,</span> <span class="flag">(-identity=FILE)</span> - or --&gt; not`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestATitleSaysThatSomeAreCancelledAndOthersSentTo(t *testing.T) {
	p := kept()
	p.Messages[0].ToSend = 7
	if _, title := fate(p, &p.Messages[0]); title != "message.m will be sent, and 3 cancelled" {
		t.Error(title)
	}
}
