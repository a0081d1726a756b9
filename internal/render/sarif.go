package render

import (
	"io"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/smsplan/smsplan/internal/config"
)

// Documents of SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), as far as validate has something to say in them.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool                `json:"tool"`
		Bases       map[string]sarifArtifact `json:"originalUriBaseIds"`
		Columns     string                   `json:"columnKind"`
		Invocations []sarifInvocation        `json:"invocations"`
		Results     []sarifResult            `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		Rule         string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
		Context  *sarifRegion  `json:"contextRegion,omitempty"`
	}
	sarifArtifact struct {
		URI  string     `json:"uri,omitempty"`
		Base string     `json:"uriBaseId,omitempty"`
		Text *sarifText `json:"description,omitempty"`
	}
	sarifRegion struct {
		StartLine   int        `json:"startLine"`
		StartColumn int        `json:"startColumn,omitempty"`
		EndLine     int        `json:"endLine"`
		EndColumn   int        `json:"endColumn,omitempty"`
		Snippet     *sarifText `json:"snippet,omitempty"`
	}
)

// sourceRoot is what paths in SARIF are relative to.
const sourceRoot = "SRCROOT"

// SARIF writes diagnostics as a log of SARIF 2.1.0, for sites that show them in the lines of a change. root is the way from the top of
// the repository to the directory of the configuration, with slashes; "" where they are the same. failed is an error that has no place
// in the configuration; nil is none.
func SARIF(w io.Writer, d config.Diagnostics, failed error, root, version string) error {
	list := d.List()
	if failed != nil {
		list = append([]config.Diagnostic{{Severity: "error", Summary: "Configuration cannot be read", Detail: Lines(failed.Error())}}, list...)
	}
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "smsplan", Version: version, Rules: rulesOf(list)}},
		Bases:   map[string]sarifArtifact{sourceRoot: {Text: &sarifText{"The top of the repository."}}},
		Columns: "utf16CodeUnits",
		// A configuration with errors has been checked all the same.
		Invocations: []sarifInvocation{{Successful: failed == nil}},
		Results:     []sarifResult{},
	}
	for _, one := range list {
		r := sarifResult{Rule: ruleID(one.Summary), Level: "error", Message: sarifText{Lines(strings.TrimSpace(one.Summary + ". " + one.Detail))}}
		r.RuleIndex = slices.IndexFunc(run.Tool.Driver.Rules, func(rule sarifRule) bool { return rule.ID == r.Rule })
		if one.Severity == "warning" {
			r.Level = "warning"
		}
		if one.Range != nil {
			r.Locations = []sarifLocation{{physicalOf(&one, root)}}
		}
		run.Results = append(run.Results, r)
	}
	return document(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// rulesOf gives a rule for each summary, sorted.
func rulesOf(list []config.Diagnostic) []sarifRule {
	rules := []sarifRule{}
	for _, one := range list {
		rules = append(rules, sarifRule{ruleID(one.Summary), sarifText{Clean(one.Summary)}})
	}
	slices.SortFunc(rules, func(a, b sarifRule) int { return strings.Compare(a.ID+a.Short.Text, b.ID+b.Short.Text) })
	return slices.CompactFunc(rules, func(a, b sarifRule) bool { return a.ID == b.ID })
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// ruleID makes a name of a summary: "Unknown column" is unknown-column.
func ruleID(summary string) string {
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(summary), "-"), "-")
	if id == "" {
		return "diagnostic"
	}
	return id
}

func physicalOf(d *config.Diagnostic, root string) sarifPhysical {
	at := d.Range
	p := sarifPhysical{
		Artifact: artifactOf(at.Filename, root),
		Region:   sarifRegion{StartLine: at.Start.Line, StartColumn: at.Start.Column, EndLine: at.End.Line, EndColumn: at.End.Column},
	}
	if s := d.Snippet; s != nil {
		if isConfiguration(at.Filename) {
			p.Region.StartColumn, p.Region.EndColumn = columnsOf(s)
		}
		p.Region.Snippet = &sarifText{Lines(s.Code[s.HighlightStartOffset:s.HighlightEndOffset])}
		p.Context = &sarifRegion{StartLine: s.StartLine, EndLine: s.StartLine + strings.Count(s.Code, "\n"), Snippet: &sarifText{Lines(s.Code)}}
	}
	if p.Region.EndLine < p.Region.StartLine || p.Region.EndLine == p.Region.StartLine && p.Region.EndColumn <= p.Region.StartColumn {
		p.Region.EndLine, p.Region.EndColumn = p.Region.StartLine, p.Region.StartColumn+1
	}
	return p
}

func artifactOf(filename, root string) sarifArtifact {
	name := filepath.ToSlash(filename)
	if path.IsAbs(name) {
		return sarifArtifact{URI: "file://" + uriPath(name)}
	}
	return sarifArtifact{URI: uriPath(path.Join(root, name)), Base: sourceRoot}
}

// isConfiguration tells files of which snippets have the text as it stands there from recipient files, whose rows are shown masked.
func isConfiguration(filename string) bool {
	return strings.HasSuffix(filename, ".hcl") || strings.HasSuffix(filename, ".json")
}

// columnsOf counts the columns of what is highlighted in the units of UTF-16, as SARIF has them. HCL counts what people take for
// characters.
func columnsOf(s *config.Snippet) (start, end int) {
	column := func(offset int) int {
		begin := strings.LastIndexByte(s.Code[:offset], '\n') + 1
		return 1 + len(utf16.Encode([]rune(s.Code[begin:offset])))
	}
	return column(s.HighlightStartOffset), column(s.HighlightEndOffset)
}

// uriPath writes a path as a relative URI.
func uriPath(p string) string {
	var b strings.Builder
	for i := range len(p) {
		switch c := p[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}
