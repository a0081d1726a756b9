package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// StateSettings say where the state is.
type StateSettings struct {
	Kind string // "file"
	Path string // absolute
	Key  string `json:"-"` // secrets, newest first, separated by commas; "" for the state's own
}

// stateName is what a state is called when nothing says otherwise.
const stateName = "smsplan.state"

// defaultStatePath is where the state is when nothing says otherwise, in the configuration's directory.
func (c *Config) defaultStatePath() string {
	if c.Workspace == DefaultWorkspace {
		return stateName
	}
	return filepath.Join(stateName+".d", c.Workspace, stateName)
}

// String leaves the key out.
func (s StateSettings) String() string { return s.Kind + " " + s.Path }

// GoString leaves the key out.
func (s StateSettings) GoString() string { return s.String() }

// versionFits holds required_version against the program before anything else is read: what is wrong for this version may
// be right for the one that is asked for.
func (l *loader) versionFits(blocks []*hcl.Block) bool {
	running := version.Must(version.NewVersion(Version))
	for _, b := range blocks {
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}}})
		attr, ok := content.Attributes["required_version"]
		if !ok {
			continue
		}
		val := l.constant(content, smsplanBlock.argument("required_version"))
		if val == cty.NilVal {
			continue
		}
		constraints, err := version.NewConstraint(val.AsString())
		if err != nil {
			l.add(fault(attr.Expr.Range(), "Invalid version constraint", `The value of required_version is a list of conditions such as ">= 0.1, < 2.0".`))
			continue
		}
		if !constraints.Check(running) {
			l.diags = hcl.Diagnostics{fault(attr.Expr.Range(), "Unsupported version of smsplan",
				fmt.Sprintf("The configuration asks for a version %s, and this is smsplan %s. Use a version that fits, or change required_version.", val.AsString(), running))}
			return false
		}
	}
	return true
}

// readState reads the smsplan block.
func (s *scope) readState(blocks []*block) StateSettings {
	settings := StateSettings{Kind: "file", Path: s.within(s.config.defaultStatePath())}
	var first, firstState *hcl.Block
	for _, b := range blocks {
		if first != nil {
			s.l.add(second(b.Block, first))
			continue
		}
		first = b.Block
		for _, nested := range b.content.Blocks {
			if firstState != nil {
				s.l.add(second(nested, firstState))
				continue
			}
			firstState = nested
			s.readStateBlock(nested, &settings)
		}
	}
	if key := s.environ("SMSPLAN_STATE_KEY"); settings.Key == "" {
		settings.Key = key
	}
	for _, one := range append(strings.Split(settings.Key, ","), settings.Key) {
		s.l.veil.hideText(one)
	}
	return settings
}

func (s *scope) readStateBlock(b *hcl.Block, settings *StateSettings) {
	kind, diag := smsplanBlock.blocks["state"].ofKind(b)
	if diag != nil {
		s.l.add(diag)
		return
	}
	content, diags := kind.read(b.Body, title(b))
	s.l.add(diags...)
	a := &arguments{s: s, of: kind, content: content}
	path := s.config.defaultStatePath()
	if v := a.value("path", cty.String, false); v != cty.NilVal {
		path = v.AsString()
	}
	switch {
	case a.unknown && s.l.options.Scope != ScopeValidate:
		a.fault("path", "The path of the state depends on a value that is not known. Give the variables that it comes from.")
	case path == "":
		a.fault("path", "The path of the state is empty. Name a file, or leave path out.")
	default:
		settings.Path = s.within(path)
	}
	settings.Key = a.secretText("key")
	s.writtenOut(a, "key", "state_key", "SMSPLAN_STATE_KEY")
}

// within gives a path as it is meant in the configuration's directory.
func (s *scope) within(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(s.config.Dir, path)
}

// environ gives an environment variable.
func (s *scope) environ(name string) string {
	value := ""
	for _, entry := range s.l.options.Environ {
		if n, v, _ := strings.Cut(entry, "="); n == name {
			value = v
		}
	}
	return value
}

// second reports a block of which there may be one only.
func second(b, first *hcl.Block) *hcl.Diagnostic {
	return fault(b.DefRange, "Second "+b.Type+" block", fmt.Sprintf("A configuration has one %s block at most, and there is one on %s line %d.", b.Type, first.DefRange.Filename, first.DefRange.Start.Line))
}
