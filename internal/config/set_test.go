package config

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smsplan/smsplan/internal/phone"
)

const members = "firstname,number,lang\nRuth,+61491570006,en\nSam,+12025550143,en\nAnn,0491 570 156,af\nRuth,61491570006,en\nEve,+46701740612,sv\nRuth,+61491570006,af\n"

func TestSetIsWhatItsRulesLeave(t *testing.T) {
	stop := resolve(t, setSpec{name: "stop", numbers: []inlineRow{inline("+12025550143")}})
	guests := resolve(t, setSpec{name: "guests", numbers: []inlineRow{inline("+491713920012", "firstname", "Max", "lang", "de"), inline("+61491570156", "firstname", "Anna")}})
	for name, tt := range map[string]struct {
		spec setSpec
		want []string
		held []Held
		rows int
		diff int
	}{
		"duplicates": {setSpec{}, []string{"61491570006", "12025550143", "61491570156", "46701740612"}, []Held{{Duplicate, 2, ""}}, 6, 1},
		"where before duplicates": {setSpec{where: condition(t, `recipient.lang == "af"`)},
			[]string{"61491570156", "61491570006"}, []Held{{Filtered, 4, `recipient.lang == "af"`}}, 6, 0},
		"exclude last": {setSpec{exclude: []*Set{stop}},
			[]string{"61491570006", "61491570156", "46701740612"}, []Held{{Duplicate, 2, ""}, {Excluded, 1, "recipients.stop"}}, 6, 1},
		"include behind": {setSpec{include: []*Set{guests}},
			[]string{"61491570006", "12025550143", "61491570156", "46701740612", "491713920012"}, []Held{{Duplicate, 3, ""}}, 8, 2},
		"where is for own rows": {setSpec{include: []*Set{guests}, where: condition(t, `recipient.country == "SE"`)},
			[]string{"46701740612", "491713920012", "61491570156"}, []Held{{Filtered, 5, `recipient.country == "SE"`}}, 8, 0},
		"types": {setSpec{types: []phone.Kind{phone.FixedOrMobile}, skipInvalid: true},
			[]string{"12025550143"}, []Held{{Invalid, 5, "members.csv:2, :4 and 3 more"}}, 6, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tt.spec.name, tt.spec.region = "members", "AU"
			tt.spec.sources = []source{csvOf(t, "members.csv", members)}
			got := resolve(t, tt.spec)
			if diff := cmp.Diff(digits(got), tt.want); diff != "" {
				t.Errorf("members (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(got.Tally, Tally{Rows: tt.rows, Held: tt.held, Conflicting: tt.diff}); diff != "" {
				t.Errorf("tally (-got +want):\n%s", diff)
			}
		})
	}
}

func TestAudienceTakesTheFirstRowThatPasses(t *testing.T) {
	set := resolve(t, setSpec{name: "members", region: "AU", sources: []source{csvOf(t, "members.csv", members)}})
	a, diags := resolveAudience(context.Background(), audienceSpec{to: []*Set{set, set}, where: condition(t, `recipient.lang == "af"`),
		text: expression(t, `"Hi ${recipient.firstname}"`), scope: rowScope(), perRecipient: true}, &rowReporter{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	for i, n := range a.Numbers {
		got = append(got, n.E164()+" "+a.Table.At(int(a.Texts[i])))
	}
	if diff := cmp.Diff(got, []string{"61491570156 Hi Ann", "61491570006 Hi Ruth"}); diff != "" {
		t.Errorf("audience (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(a.Tally, Tally{Rows: 12, Held: []Held{{Filtered, 8, `recipient.lang == "af"`}, {Duplicate, 2, ""}}}); diff != "" {
		t.Errorf("tally (-got +want):\n%s", diff)
	}
}
