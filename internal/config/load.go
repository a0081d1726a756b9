package config

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// Load reads the configuration of a directory. Where the diagnostics have errors, the Config holds what could be
// understood and must not be planned.
func Load(ctx context.Context, dir string, o Options) (*Config, Diagnostics) {
	l := &loader{options: o, files: make(map[string]*hcl.File), veil: newVeil(o.ShowNumbers)}
	l.rows = rowReporter{showNumbers: o.ShowNumbers, progress: o.Progress, meter: &l.meter}
	c := &Config{Workspace: o.Workspace, Sets: make(map[string]*Set)}
	if c.Workspace == "" {
		c.Workspace = DefaultWorkspace
	}
	c.Dir = absolute(dir)
	l.dir = c.Dir
	l.load(ctx, c)
	return c, l.diagnostics()
}

// absolute gives the path of a directory as files are confined to it. Without a working directory it stays as it is.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// loader holds what one Load has read so far.
type loader struct {
	options Options
	files   map[string]*hcl.File // by name as diagnostics show it
	rows    rowReporter
	veil    *veil
	diags   hcl.Diagnostics

	credentials      []string        // values of the gateway's credentials and of the state's key
	credentialLocals map[string]bool // locals that they come from; true where a function makes them of the local

	dir     string // of the configuration
	read    int    // bytes of sources
	meter   meter
	partial bool // a file was not understood, or a block perhaps means the gateway: one that seems to be missing may be there
}

func (l *loader) load(ctx context.Context, c *Config) {
	bodies, ok := l.readDirectory(c.Dir)
	if !ok {
		return
	}
	blocks := l.rootBlocks(bodies)
	if !l.versionFits(blocks["smsplan"]) {
		return
	}
	d := l.declare(blocks)
	if l.options.test != nil {
		l.files[l.options.test.file.Name] = l.options.test.file.source
		newScope(ctx, l, c, d).excuse()
	}
	l.readValues(ctx, d)

	before := len(l.diags)
	s := newScope(ctx, l, c, d)
	l.keepCredentials(s)
	// What was found wrong on the way to the credentials is found again, and reported, below.
	l.diags = l.diags[:before]
	s = newScope(ctx, l, c, d)
	c.scope = s
	c.Variables = d.keptValues()
	c.load(s, d, l.options)
}

// load evaluates what the scope of the options asks for.
func (c *Config) load(s *scope, d *declarations, o Options) {
	if o.Scope == ScopeGraph {
		if !s.l.diags.HasErrors() {
			c.Graph = s.readGraph()
		}
		return
	}
	if o.Scope != ScopeState {
		s.validateVariables()
	}
	if o.test == nil {
		c.State = s.readState(d.smsplan)
	}
	c.Gateway = s.readGateway(d.gateways)
	switch o.Scope {
	case ScopeState:
	case ScopeSend:
		for _, name := range o.Sets {
			if _, ok := d.recipients[name]; ok {
				s.value("recipients." + name)
			}
		}
	default:
		s.value(tariffAddress)
		for _, name := range d.addresses() {
			s.value(name)
		}
		s.refuseUnpriced()
		c.Tariff = s.tariff
		c.Guards = s.readGuards()
		c.PlanKeys = s.readPlanKeys(d.smsplan)
		for _, m := range s.messages {
			c.Messages = append(c.Messages, m...)
		}
		slices.SortFunc(c.Messages, func(a, b *Message) int { return strings.Compare(a.Address, b.Address) })
		s.readDependencies()
		s.readMoves()
		c.Imports = s.readImports()
		c.Outputs = s.readOutputs(d.outputs)
		c.Checks, c.warnings = s.readChecks()
	}
	for name, set := range s.sets {
		if set != nil {
			c.Sets[name] = set
		}
	}
}

func (l *loader) add(diags ...*hcl.Diagnostic) { l.diags = append(l.diags, diags...) }

func (l *loader) diagnostics() Diagnostics { return l.show(l.diags) }

// show gives diagnostics with the files that they are about. No other is looked through for what must not be shown.
func (l *loader) show(diags hcl.Diagnostics) Diagnostics {
	about := make(map[string]bool)
	for _, d := range diags {
		for _, at := range []*hcl.Range{d.Subject, d.Context} {
			if at != nil {
				about[at.Filename] = true
			}
		}
	}
	shown := make(map[string]*hcl.File, len(about))
	for name, file := range l.files {
		if !about[name] {
			continue
		}
		masked := *file
		masked.Bytes = l.rows.mask(name, file.Bytes)
		shown[name] = l.veil.file(name, &masked)
	}
	for name, file := range l.rows.files {
		shown[name] = file
	}
	return newDiagnostics(diags, shown, l.veil)
}

// readDirectory parses the configuration files of a directory, in the order of their names.
func (l *loader) readDirectory(dir string) ([]hcl.Body, bool) {
	names, err := listed(dir, func(entry fs.DirEntry) bool { return configurationFile(entry.Name()) && !entry.IsDir() })
	if err != nil {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the configuration directory", Detail: sentence(reason(err))})
		return nil, false
	}
	var bodies []hcl.Body
	for _, name := range names {
		before := len(l.diags)
		if body := l.parse(name); body != nil {
			bodies = append(bodies, body)
		}
		l.partial = l.partial || l.diags[before:].HasErrors()
	}
	if len(names) == 0 {
		l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No configuration files",
			Detail: fmt.Sprintf("The directory %s has no files named *.sms.hcl or *.sms.json. The command \"smsplan init\" writes a first one.", dir)})
	}
	return bodies, len(names) > 0
}

func configurationFile(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".sms.hcl") || strings.HasSuffix(name, ".sms.json"))
}

// parse reads one file of the configuration, of HCL or JSON. What of it could be understood is its body, even where it has faults; nil is
// nothing.
func (l *loader) parse(name string) hcl.Body {
	src, ok := l.source(name)
	if !ok {
		return nil
	}
	return l.parseSource(src, name)
}

func (l *loader) parseSource(src []byte, shown string) hcl.Body {
	if diag := notText(src, shown); diag != nil {
		l.add(diag)
		return nil
	}
	if diag := unworkable(src, shown); diag != nil {
		l.files[shown] = &hcl.File{Bytes: src}
		l.add(diag)
		return nil
	}
	var file *hcl.File
	var diags hcl.Diagnostics
	if strings.HasSuffix(shown, ".json") {
		file, diags = hcljson.Parse(src, shown)
	} else {
		file, diags = hclsyntax.ParseConfig(src, shown, hcl.InitialPos)
	}
	l.add(few(diags)...)
	if file == nil {
		l.files[shown] = &hcl.File{Bytes: src}
		return nil
	}
	if _, native := file.Body.(*hclsyntax.Body); !native && configurationFile(filepath.Base(shown)) {
		file.Body, diags = root.nativeBody(file.Body, hcl.Range{Filename: shown, Start: hcl.InitialPos, End: hcl.InitialPos})
		l.add(diags...)
	}
	if body, native := file.Body.(*hclsyntax.Body); native {
		l.meter.watch(body)
	}
	l.files[shown] = file
	return file.Body
}

// mostFaults is how many faults in the syntax of a file are reported one by one. A file that is no configuration at all may have
// as many as it has bytes, each with its line.
const mostFaults = 20

// few gives the first of a file's faults, and with the next one how many others there are.
func few(diags hcl.Diagnostics) hcl.Diagnostics {
	more := len(diags) - mostFaults
	if more <= 0 {
		return diags
	}
	last := *diags[mostFaults]
	last.Summary, last.Detail = "More faults", fmt.Sprintf("The syntax of this file has %s more, this one the first of them.", Counted(more, "fault"))
	return append(diags[:mostFaults:mostFaults], &last)
}

// notText reports a file that is not UTF-8 text, once: the parser would complain of every byte.
func notText(src []byte, shown string) *hcl.Diagnostic {
	at := hcl.InitialPos
	for at.Byte < len(src) {
		r, n := utf8.DecodeRune(src[at.Byte:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return fault(hcl.Range{Filename: shown, Start: at, End: at}, "Not a text file",
				fmt.Sprintf("%s is not UTF-8 text: byte %d, %#02x, cannot be in one. Save it as UTF-8, or give it another name if it is none of the configuration's.", visible(shown), at.Byte+1, src[at.Byte]))
		}
		at.Byte += n
		at.Column++
		if r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
	}
	return nil
}

// reason gives an error of the file system without the path, which its caller says better.
func reason(err error) string {
	if pathError, ok := err.(*fs.PathError); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}

// rootBlocks gives the blocks of all files by type, in the order of files and lines.
func (l *loader) rootBlocks(bodies []hcl.Body) map[string][]*hcl.Block {
	blocks := make(map[string][]*hcl.Block)
	for _, body := range bodies {
		content, diags := root.read(body, "a configuration")
		l.add(diags...)
		l.partial = l.partial || root.misspelt(body, "gateway")
		for _, block := range content.Blocks {
			blocks[block.Type] = append(blocks[block.Type], block)
		}
	}
	return blocks
}

// declarations are the blocks of a configuration, by name.
type declarations struct {
	smsplan    []*block
	gateways   []*hcl.Block
	variables  map[string]*variable
	locals     map[string]*hcl.Attribute
	recipients map[string]*block
	messages   map[string]*block
	moved      []*block
	removed    []*block
	imports    []*block
	tariffs    []*block
	guards     map[string]*block
	checks     map[string]*block
	outputs    map[string]*block
}

// block is a block with its content, checked against its type.
type block struct {
	*hcl.Block
	content *hcl.BodyContent
}

// declare reads the content of the blocks. Of two blocks with one name the first counts.
func (l *loader) declare(blocks map[string][]*hcl.Block) *declarations {
	d := &declarations{gateways: blocks["gateway"]}
	d.smsplan, d.tariffs = l.contents(blocks["smsplan"]), l.contents(blocks["tariff"])
	d.moved, d.removed, d.imports = l.contents(blocks["moved"]), l.contents(blocks["removed"]), l.contents(blocks["import"])
	d.variables = make(map[string]*variable)
	for name, b := range l.named(blocks["variable"]) {
		d.variables[name] = l.declareVariable(name, b)
	}
	d.locals = make(map[string]*hcl.Attribute)
	for _, b := range blocks["locals"] {
		attrs, diags := b.Body.JustAttributes()
		l.add(diags...)
		for name, attr := range attrs {
			if first, ok := d.locals[name]; ok {
				l.add(duplicate("local value", name, attr.NameRange, first.NameRange))
				continue
			}
			d.locals[name] = attr
		}
	}
	d.recipients, d.messages, d.outputs = l.named(blocks["recipients"]), l.named(blocks["message"]), l.named(blocks["output"])
	d.guards, d.checks = l.named(blocks["guard"]), l.named(blocks["check"])
	return d
}

func (l *loader) contents(blocks []*hcl.Block) []*block {
	var list []*block
	for _, b := range blocks {
		list = append(list, l.content(b))
	}
	return list
}

func (l *loader) content(b *hcl.Block) *block {
	content, diags := root.blocks[b.Type].read(b.Body, title(b))
	l.add(diags...)
	return &block{b, content}
}

// named gives blocks by their label, which is a name in expressions. Recipient sets and messages of an invalid name are
// among them, so that what else is wrong with them is found too.
func (l *loader) named(blocks []*hcl.Block) map[string]*block {
	named := make(map[string]*block, len(blocks))
	for _, b := range blocks {
		name := b.Labels[0]
		if !hclsyntax.ValidIdentifier(name) {
			l.add(fault(b.LabelRanges[0], "Invalid name", "A name begins with a letter or an underscore and may hold only letters, digits, underscores and dashes."))
			if b.Type != "recipients" && b.Type != "message" {
				l.content(b)
				continue
			}
		}
		if first, ok := named[name]; ok {
			l.add(duplicate(b.Type+" block", name, b.DefRange, first.DefRange))
			continue
		}
		named[name] = l.content(b)
	}
	return named
}

func duplicate(what, name string, at, first hcl.Range) *hcl.Diagnostic {
	return fault(at, "Duplicate name", fmt.Sprintf("There is already a %s named %s, on %s line %d. Names are unique in the whole directory.", what, quoted(name), first.Filename, first.Start.Line))
}

// addresses names everything that has a value of its own, sorted: local.x, message.y, recipients.z.
func (d *declarations) addresses() []string {
	var names []string
	for name := range d.locals {
		names = append(names, "local."+name)
	}
	for name := range d.recipients {
		names = append(names, "recipients."+name)
	}
	for name := range d.messages {
		names = append(names, "message."+name)
	}
	slices.Sort(names)
	return names
}
