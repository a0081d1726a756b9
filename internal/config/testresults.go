package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Results are what a run came to. The tags are the names that conditions know things by.
type Results struct {
	Plan     PlanResult
	Messages map[string]MessageResult // by address
	Summary  *SummaryResult           // nil where nothing was applied
	Taken    []Taken                  // by the simulator, in the runs so far
}

// PlanResult is the totals of a plan. ByReason has every reason, its blanks underscores.
type PlanResult struct {
	ToSend      int            `cty:"to_send"`
	Again       int            `cty:"again"`
	Retried     int            `cty:"retried"`
	ToImport    int            `cty:"to_import"`
	ToCancel    int            `cty:"to_cancel"`
	AlreadySent int            `cty:"already_sent"`
	Held        int            `cty:"held"`
	Segments    int            `cty:"segments"`
	Requests    int            `cty:"requests"`
	ByReason    map[string]int `cty:"by_reason"`
	Countries   map[string]int `cty:"countries"`
	Warnings    []TestWarning  `cty:"warnings"`

	Cost     *Money // nil without a tariff
	Currency string // "" without a tariff
}

func (r PlanResult) value() cty.Value {
	attrs := ctyOf(r).AsValueMap()
	attrs["cost"], attrs["currency"] = cty.NullVal(cty.Number), cty.NullVal(cty.String)
	if r.Cost != nil {
		attrs["cost"], attrs["currency"] = r.Cost.value(), cty.StringVal(r.Currency)
	}
	return cty.ObjectVal(attrs)
}

// TestWarning is a warning of a plan.
type TestWarning struct {
	Address string `cty:"address"`
	Summary string `cty:"summary"`
	Detail  string `cty:"detail"`
}

// MessageResult is a message's part of a plan.
type MessageResult struct {
	Rows        int            `cty:"rows"`
	ToSend      int            `cty:"to_send"`
	Again       int            `cty:"again"`
	AlreadySent int            `cty:"already_sent"`
	Held        int            `cty:"held"`
	Requests    int            `cty:"requests"`
	ByReason    map[string]int `cty:"by_reason"`
	Countries   map[string]int `cty:"countries"`
}

// SummaryResult is what an apply came to.
type SummaryResult struct {
	Complete     bool           `cty:"complete"`
	Total        int            `cty:"total"`
	Sent         int            `cty:"sent"`
	Unconfirmed  int            `cty:"unconfirmed"`
	Refused      int            `cty:"refused"`
	InDoubt      int            `cty:"in_doubt"`
	NotAttempted int            `cty:"not_attempted"`
	ToCancel     int            `cty:"to_cancel"`
	Cancelled    int            `cty:"cancelled"`
	Withdrawing  int            `cty:"withdrawing"`
	OldKept      int            `cty:"old_version_kept"`
	Restored     int            `cty:"to_send_anew"`
	Already      int            `cty:"already"`
	Late         int            `cty:"late"`
	Closed       int            `cty:"outside_window"`
	Waiting      int            `cty:"waiting"`
	Elsewhere    int            `cty:"in_doubt_elsewhere"`
	Again        int            `cty:"sent_again"`
	Imported     int            `cty:"imported"`
	Requests     int            `cty:"requests"`
	Refusals     map[string]int `cty:"refusals"` // people by code
}

// Taken is a message that the simulator took.
type Taken struct {
	Run      string `cty:"run"`
	To       string `cty:"to"` // digits
	From     string `cty:"from"`
	Text     string `cty:"text"`
	Encoding string `cty:"encoding"`
	Segments int    `cty:"segments"`
	Flash    bool   `cty:"flash"`
	Delay    int    `cty:"delay"`    // minutes
	Validity int    `cty:"validity"` // minutes
	UDH      string `cty:"udh"`
	Data     string `cty:"data"`
}

// personalOf names what of a [Taken] tells who got what.
var personalOf = []string{"to", "text", "udh", "data"}

// names gives the results by the names that conditions know them by, but for what the configuration has a part in.
func (r *Results) names(showNumbers bool) names {
	n := names{"plan": r.Plan.value(), "gateway": cty.ObjectVal(map[string]cty.Value{"messages": takenValue(r.Taken, showNumbers)})}
	if r.Summary != nil {
		n["summary"] = ctyOf(*r.Summary)
	}
	return n
}

// ctyOf gives a struct with tags as an object. Its maps by_reason are objects too: there is no other reason than they have.
func ctyOf(v any) cty.Value {
	t, err := gocty.ImpliedType(v)
	if err == nil {
		var made cty.Value
		if made, err = gocty.ToCtyValue(v, t); err == nil {
			return withReasons(made)
		}
	}
	panic(err) // a tag is wrong
}

func withReasons(v cty.Value) cty.Value {
	attrs := v.AsValueMap()
	if reasons, ok := attrs["by_reason"]; ok {
		attrs["by_reason"] = cty.EmptyObjectVal
		if !reasons.IsNull() && reasons.LengthInt() > 0 {
			attrs["by_reason"] = cty.ObjectVal(reasons.AsValueMap())
		}
	}
	return cty.ObjectVal(attrs)
}

func takenValue(taken []Taken, showNumbers bool) cty.Value {
	var list []cty.Value
	for _, one := range taken {
		attrs := ctyOf(one).AsValueMap()
		for _, name := range personalOf {
			if !showNumbers {
				attrs[name] = attrs[name].Mark(personal)
			}
		}
		list = append(list, cty.ObjectVal(attrs))
	}
	if len(list) == 0 {
		return cty.ListValEmpty(ctyOf(Taken{}).Type())
	}
	return cty.ListVal(list)
}

// messageResults gives message.NAME as conditions have it: with its part of the plan.
func (s *scope) messageResults(results map[string]MessageResult) cty.Value {
	messages := make(map[string]cty.Value)
	for name := range s.declared.messages {
		of := s.value("message." + name)
		if !of.Type().IsObjectType() {
			messages[name] = cty.DynamicVal
			continue
		}
		if s.declared.messages[name].content.Attributes["for_each"] == nil {
			messages[name] = withResult(of, results["message."+name])
			continue
		}
		instances := make(map[string]cty.Value)
		for key, instance := range of.AsValueMap() {
			instances[key] = withResult(instance, results[instanceAddress("message."+name, cty.StringVal(key))])
		}
		messages[name] = cty.ObjectVal(instances)
	}
	return cty.ObjectVal(messages)
}

// withResult adds to a message's attributes those of its part of the plan.
func withResult(message cty.Value, r MessageResult) cty.Value {
	attrs := ctyOf(r).AsValueMap()
	maps.Copy(attrs, message.AsValueMap())
	return cty.ObjectVal(attrs)
}

// outputValues gives the outputs as conditions and later runs have them. Those that are not known are unknown.
func (s *scope) outputValues(outputs []Output) cty.Value {
	values := make(map[string]cty.Value)
	for name := range s.declared.outputs {
		values[name] = cty.DynamicVal
		at, found := slices.BinarySearchFunc(outputs, name, func(o Output, name string) int { return strings.Compare(o.Name, name) })
		if !found {
			continue
		}
		o := &outputs[at]
		t, err := ctyjson.UnmarshalType(o.Type)
		if err != nil {
			continue
		}
		v, err := ctyjson.Unmarshal(o.JSON, t)
		if err != nil {
			continue
		}
		if o.Sensitive {
			v = v.Mark(sensitive)
		}
		values[name] = v
	}
	return cty.ObjectVal(values)
}
