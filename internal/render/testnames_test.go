package render

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
)

// tags gives the names that the fields of a struct have under a key.
func tags(of any, key string) (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
		if name, _, _ := strings.Cut(f.Tag.Get(key), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func TestConditionsOfTestsKnowTheCountsByTheirNamesInJSON(t *testing.T) {
	for name, tt := range map[string]struct{ documented, known []string }{
		"plan":    {tags(totalsDocument{}, "json"), append(tags(config.PlanResult{}, "cty"), "cost", "currency")},
		"summary": {tags(progress{}, "json"), tags(config.SummaryResult{}, "cty")},
	} {
		t.Run(name, func(t *testing.T) {
			for _, count := range tt.documented {
				if !slices.Contains(tt.known, count) {
					t.Errorf("%s.%s is not known in conditions", name, count)
				}
			}
		})
	}
}
