package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// LockName is the lock file's name.
const LockName = ".smsplan.lock.hcl"

const lockComment = `# smsplan writes this file. Commit it: it says which state belongs to this configuration,
# so that a lost or foreign state is noticed before anything is sent again.

`

// Lock is the content of .smsplan.lock.hcl: for each workspace the state that it belongs to.
type Lock struct {
	Workspaces map[string]LockEntry
}

// LockEntry is a workspace's.
type LockEntry struct {
	Lineage string
	Kind    string // "simulator" or "real"
}

// lockType is the language of the lock file.
var lockType = blockType{blocks: map[string]blockType{
	"workspace": {label: "name", arguments: []argument{{name: "lineage", takes: takesText, required: true}, {name: "kind", takes: takesText, required: true}}},
}}

// ReadLock reads the lock file of a directory; without one it gives an empty Lock.
func ReadLock(dir string) (Lock, Diagnostics) {
	lock := Lock{Workspaces: make(map[string]LockEntry)}
	l := &loader{files: make(map[string]*hcl.File), veil: newVeil(false)}
	src, err := located{dir, LockName}.content(maxSource)
	if errors.Is(err, fs.ErrNotExist) {
		return lock, Diagnostics{}
	}
	if err != nil {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read a file", Detail: fmt.Sprintf("%s: %s.", LockName, reason(err))})
		return lock, l.diagnostics()
	}
	if diag := notText(src, LockName); diag != nil {
		l.add(diag)
		return lock, l.diagnostics()
	}
	file, diags := hclsyntax.ParseConfig(src, LockName, hcl.InitialPos)
	l.files[LockName] = file
	l.add(few(diags)...)
	content, diags := lockType.read(file.Body, "the lock file")
	l.add(diags...)
	for _, b := range content.Blocks {
		of := lockType.blocks[b.Type]
		content, diags := of.read(b.Body, title(b))
		l.add(diags...)
		lineage, kind := l.constant(content, of.argument("lineage")), l.constant(content, of.argument("kind"))
		if lineage == cty.NilVal || kind == cty.NilVal {
			continue
		}
		entry := LockEntry{Lineage: lineage.AsString(), Kind: kind.AsString()}
		if entry.Kind != "simulator" && entry.Kind != "real" {
			l.add(fault(content.Attributes["kind"].Expr.Range(), "Invalid value for kind", `The kind of a state is "simulator" or "real".`))
		}
		if _, twice := lock.Workspaces[b.Labels[0]]; twice {
			l.add(fault(b.DefRange, "Duplicate workspace", "Each workspace has one entry. After a merge, keep the one whose state is in use."))
		}
		lock.Workspaces[b.Labels[0]] = entry
	}
	return lock, l.diagnostics()
}

// Write writes the lock file atomically, in canonical layout, under a comment that says to commit it.
func (l Lock) Write(dir string) error {
	file := hclwrite.NewEmptyFile()
	for i, name := range slices.Sorted(maps.Keys(l.Workspaces)) {
		if i > 0 {
			file.Body().AppendNewline()
		}
		body := file.Body().AppendNewBlock("workspace", []string{name}).Body()
		body.SetAttributeValue("lineage", cty.StringVal(l.Workspaces[name].Lineage))
		body.SetAttributeValue("kind", cty.StringVal(l.Workspaces[name].Kind))
	}
	if err := Replace(filepath.Join(dir, LockName), append([]byte(lockComment), hclwrite.Format(file.Bytes())...)); err != nil {
		return fmt.Errorf("%s: %w", LockName, err)
	}
	return nil
}
