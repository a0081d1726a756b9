package config

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// environPrefix begins the names of environment variables that give values.
const environPrefix = "SMSPLAN_VAR_"

// givenValue is what one source says of a variable.
type givenValue struct {
	val cty.Value
	at  hcl.Range
}

// givenValues are what the sources say, the last word for each variable.
type givenValues map[string]givenValue

// readValues gives every variable its value. The sources come in rising order: the default, the environment,
// smsplan.smsvars.hcl, *.auto.smsvars.hcl by name, then -var and -var-file in the order given, and a test's own. What a
// saved plan has kept goes before all of them, and must not be given again.
func (l *loader) readValues(ctx context.Context, d *declarations) {
	given := make(givenValues)
	l.environValues(given, d)
	for _, name := range l.automaticFiles() {
		if src, ok := l.source(name); ok {
			l.fileValues(given, d, src, name, "")
		}
	}
	l.presetValues(given, d)
	for _, a := range l.options.Assignments {
		if a.Flag == "-var-file" {
			if src, ok := l.givenSource(ctx, a.Value); ok {
				l.fileValues(given, d, src, a.Value, a.Flag)
			}
		} else {
			l.flagValue(given, d, a.Value)
		}
	}
	if l.options.test != nil {
		l.testValues(given, d, l.dir)
	}
	for _, name := range slices.Sorted(maps.Keys(d.variables)) {
		g, ok := given[name]
		if !ok {
			g = givenValue{cty.NilVal, d.variables[name].declared}
		}
		l.give(d.variables[name], g.val, g.at)
	}
}

func (l *loader) environValues(given givenValues, d *declarations) {
	for _, entry := range l.options.Environ {
		name, text, _ := strings.Cut(entry, "=")
		name, ok := strings.CutPrefix(name, environPrefix)
		if !ok {
			continue
		}
		// The environment is shared: a name that nobody declared is for somebody else.
		if v, ok := d.variables[name]; ok {
			l.textValue(given, v, text, environPrefix+name)
		}
	}
}

func (l *loader) flagValue(given givenValues, d *declarations, assignment string) {
	name, text, ok := strings.Cut(assignment, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Invalid -var option",
			Detail: "A value is given as -var 'name=value': the name of the variable, an equals sign, the value."})
		return
	}
	v, ok := d.variables[name]
	if !ok {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Value for an undeclared variable",
			Detail: fmt.Sprintf("The -var option gives a value to %s, and there is no variable block of that name.%s", quoted(name), didYouMean(name, d.named("var").names()))})
		return
	}
	if l.fixed(v, "-var") {
		return
	}
	l.textValue(given, v, text, "-var "+name)
}

// fixed reports whether the value of v comes from a saved plan. A flag that gives one is a fault.
func (l *loader) fixed(v *variable, flag string) bool {
	if _, kept := l.options.Preset[v.name]; !kept || v.ephemeral {
		return false
	}
	if flag == "" {
		return true
	}
	l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Value for a variable that the plan fixes",
		Detail: fmt.Sprintf("The %s option gives a value to var.%s. With a saved plan only ephemeral variables take values; all others are in the plan.", flag, v.name)})
	return true
}

// textValue takes a value that was given as text: as it is where the type is that of one string, number or bool, else as
// an expression of HCL.
func (l *loader) textValue(given givenValues, v *variable, text, from string) {
	shown := fmt.Sprintf("<value of %s>", from)
	at := hcl.Range{Filename: shown, Start: hcl.InitialPos, End: hcl.InitialPos}
	if !utf8.ValidString(text) {
		// A saved plan could not keep it as it is.
		given[v.name] = givenValue{cty.DynamicVal, at}
		l.add(fault(at, "Value that is not UTF-8", fmt.Sprintf("The value of var.%s has octets that are not UTF-8. Give it in that encoding.", v.name)))
		return
	}
	if !v.secret() {
		l.files[shown] = &hcl.File{Bytes: []byte(text)}
	}
	if diag := unworkable([]byte(text), shown); diag != nil && v.constraint != cty.String {
		given[v.name] = givenValue{cty.DynamicVal, at}
		l.add(diag)
		return
	}
	if v.literal {
		given[v.name] = givenValue{cty.StringVal(text), at}
		return
	}
	given[v.name] = givenValue{cty.DynamicVal, at}
	expr, diags := hclsyntax.ParseExpression([]byte(text), shown, hcl.InitialPos)
	if !diags.HasErrors() {
		var val cty.Value
		if val, diags = expr.Value(nil); !diags.HasErrors() {
			given[v.name] = givenValue{val, expr.Range()}
		}
	}
	if diags.HasErrors() && v.secret() {
		l.add(fault(at, "Invalid expression", fmt.Sprintf("The value is not an expression that var.%s can take. It is secret, so more is not shown.", v.name)))
		diags = nil
	}
	for _, d := range diags {
		d.Detail += fmt.Sprintf(" var.%s is neither string, number nor bool, so its value is an expression, with its quotation marks, as in -var 'names=[\"a\", \"b\"]'.", v.name)
	}
	l.add(diags...)
}

// fileValues reads a file of values. flag is "" for files that load by themselves.
func (l *loader) fileValues(given givenValues, d *declarations, src []byte, shown, flag string) {
	body := l.parseSource(src, shown)
	if body == nil {
		return
	}
	attrs, diags := body.JustAttributes()
	l.add(diags...)
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		v, ok := d.variables[name]
		if !ok {
			// Its variable may be one that is sensitive, misspelt or lost to a fault.
			l.veil.spans = append(l.veil.spans, attr.Expr.Range())
			l.add(warning(attr.NameRange, "Value for an undeclared variable",
				fmt.Sprintf("There is no variable block named %s, so this value is not used.%s", quoted(name), didYouMean(name, d.named("var").names()))))
			continue
		}
		if l.fixed(v, flag) {
			continue
		}
		val, diags := attr.Expr.Value(nil)
		l.add(diags...)
		if !diags.HasErrors() {
			given[name] = givenValue{val, attr.Expr.Range()}
		}
	}
}

func (l *loader) presetValues(given givenValues, d *declarations) {
	for name, raw := range l.options.Preset {
		v, ok := d.variables[name]
		if !ok || v.ephemeral {
			continue
		}
		var kept keptValue
		err := json.Unmarshal(raw, &kept)
		var typ cty.Type
		if err == nil {
			typ, err = ctyjson.UnmarshalType(kept.Type)
		}
		var val cty.Value
		if err == nil {
			val, err = ctyjson.Unmarshal(kept.Value, typ)
		}
		if err != nil {
			l.add(fault(v.declared, "Unreadable value in the saved plan", fmt.Sprintf("The plan's value of var.%s cannot be read. Make the plan again.", name)))
			continue
		}
		given[name] = givenValue{val, v.declared}
	}
}

// automaticFiles lists the files of values that load by themselves, in rising order.
func (l *loader) automaticFiles() []string {
	main := func(name string) bool { return name == "smsplan.smsvars.hcl" || name == "smsplan.smsvars.json" }
	names, err := listed(l.dir, func(entry fs.DirEntry) bool {
		name := entry.Name()
		return main(name) || strings.HasSuffix(name, ".auto.smsvars.hcl") || strings.HasSuffix(name, ".auto.smsvars.json")
	})
	if err != nil {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the configuration directory", Detail: sentence(reason(err))})
	}
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case main(a) == main(b):
			return 0
		case main(a):
			return -1
		}
		return 1
	})
	return names
}
