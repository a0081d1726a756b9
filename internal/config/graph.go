package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Graph says what of a configuration depends on what. Nodes and edges are in an order of their own, which does not depend on that of
// the files.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Node is a named thing, or a file. The instances of a message are one node.
type Node struct {
	Address string // message.outage, local.x; of a file the path as it is written
	Kind    NodeKind
	Keys    []string // of a message with for_each, sorted
	Each    bool     // it has for_each; without Keys, they are none or not known
}

// NodeKind is what a node is.
type NodeKind string

// Kinds of nodes, in their order.
const (
	FileNode       NodeKind = "file"
	VariableNode   NodeKind = "variable"
	LocalNode      NodeKind = "local"
	RecipientsNode NodeKind = "recipients"
	MessageNode    NodeKind = "message"
	GuardNode      NodeKind = "guard"
	OtherNode      NodeKind = "other" // gateway, tariff, a check, an output: what takes values only
)

var nodeKinds = []NodeKind{FileNode, VariableNode, LocalNode, RecipientsNode, MessageNode, GuardNode, OtherNode}

// Edge says that what it leads to needs, or is limited by, what it comes from. Both are indexes of nodes.
type Edge struct {
	From, To int
	Role     Role
}

// Role is what an edge is for.
type Role string

// Roles. The empty one is a value that an expression refers to.
const (
	RoleValue    Role = ""
	RoleRows     Role = "rows"    // of a file
	RoleTo       Role = "to"      // people of a message
	RoleIncluded Role = "include" // people of another set
	RoleExcluded Role = "exclude"
	RoleFirst    Role = "first"  // a message that goes before another
	RoleLimits   Role = "limits" // a guard and a message
	RoleImported Role = "import" // a file of people who have a message
)

// roles says which arguments make other edges than values do, by the kind of thing that they refer to.
var roles = map[NodeKind]map[string]Role{
	RecipientsNode: {"include": RoleIncluded, "exclude": RoleExcluded},
	MessageNode:    {"to": RoleTo, "depends_on": RoleFirst},
	GuardNode:      {"messages": RoleLimits},
}

// graphing collects a graph.
type graphing struct {
	s     *scope
	nodes map[string]Node // by address, those of files below "file "
	edges map[link]bool
}

type link struct {
	from, to string
	role     Role
}

const filePrefix = "file "

// readGraph finds out what refers to what. It evaluates no more than what names files and instances.
func (s *scope) readGraph() Graph {
	g := &graphing{s: s, nodes: make(map[string]Node), edges: make(map[link]bool)}
	d := s.declared
	for name, v := range d.variables {
		g.add(Node{Address: "var." + name, Kind: VariableNode})
		for _, b := range v.validations {
			g.body("var."+name, VariableNode, b.Body)
		}
	}
	for name, attr := range d.locals {
		g.add(Node{Address: "local." + name, Kind: LocalNode})
		g.expression("local."+name, RoleValue, attr.Expr)
	}
	for name, b := range d.recipients {
		g.add(Node{Address: "recipients." + name, Kind: RecipientsNode})
		g.body("recipients."+name, RecipientsNode, b.Body)
		g.files("recipients."+name, RoleRows, b)
	}
	for name, b := range d.messages {
		g.message("message."+name, b)
	}
	for name, b := range d.guards {
		g.add(Node{Address: guardPrefix + name, Kind: GuardNode})
		g.body(guardPrefix+name, GuardNode, b.Body)
	}
	for _, b := range d.imports {
		attr, given := b.content.Attributes["to"]
		if !given {
			continue
		}
		if address, ok := writtenAddress(attr.Expr); ok {
			block, _ := SplitAddress(address)
			g.files(block, RoleImported, b)
		}
	}
	g.others()
	return g.graph()
}

func (g *graphing) add(n Node) { g.nodes[n.Address] = n }

// message adds a message block with the keys of its instances.
func (g *graphing) message(address string, b *block) {
	n := Node{Address: address, Kind: MessageNode}
	if attr, ok := b.content.Attributes["for_each"]; ok {
		n.Each = true
		instances, _ := g.s.instances(attr.Expr)
		for _, each := range instances {
			n.Keys = append(n.Keys, each.GetAttr("key").AsString())
		}
	}
	g.add(n)
	g.body(address, MessageNode, b.Body)
}

// others adds what takes values and gives none, where it takes any.
func (g *graphing) others() {
	d := g.s.declared
	one := func(address string, body hcl.Body) {
		before := len(g.edges)
		g.body(address, OtherNode, body)
		if len(g.edges) > before {
			g.add(Node{Address: address, Kind: OtherNode})
		}
	}
	for _, b := range d.gateways {
		one("gateway."+b.Labels[0], b.Body)
	}
	for _, b := range d.smsplan {
		one("smsplan", b.Body)
	}
	for _, b := range d.tariffs {
		one("tariff", b.Body)
	}
	for name, b := range d.checks {
		one("check."+name, b.Body)
	}
	for name, b := range d.outputs {
		one("output."+name, b.Body)
	}
}

// body adds edges for everything that a block refers to, blocks in it too.
func (g *graphing) body(address string, kind NodeKind, body hcl.Body) {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for name, attr := range native.Attributes {
		g.expression(address, roles[kind][name], attr.Expr)
	}
	for _, b := range native.Blocks {
		g.body(address, OtherNode, b.Body) // the arguments of nested blocks give values
	}
}

// expression adds edges for everything that an expression refers to.
func (g *graphing) expression(address string, role Role, expr hcl.Expression) {
	for _, t := range expr.Variables() {
		root := t.RootName()
		if !slices.Contains([]string{"var", "local", "recipients", "message"}, root) {
			continue
		}
		names, diag := g.s.referred(t)
		if diag != nil {
			g.s.l.add(diag)
			continue
		}
		for _, name := range names {
			g.refer(root+"."+name, address, role)
		}
	}
	g.readBy(address, expr)
}

// refer adds an edge. A value that leads to the people is a value still: what a local comes from is no recipient set.
func (g *graphing) refer(from, to string, role Role) {
	switch kind, _, _ := strings.Cut(from, "."); {
	case from == to: // a validation refers to its variable, and a precondition to its message
		return
	case (role == RoleTo || role == RoleIncluded || role == RoleExcluded) && kind != "recipients",
		(role == RoleFirst || role == RoleLimits) && kind != "message":
		role = RoleValue
	case role == RoleLimits:
		from, to = to, from
	}
	g.edges[link{from, to, role}] = true
}

// readers are the functions whose first argument is the path of a file.
var readers = []string{"file", "filebase64", "filebase64sha256", "filebase64sha512", "filemd5", "filesha1", "filesha256", "filesha512", "templatefile"}

// readBy adds edges for files whose paths are written out in calls of functions.
func (g *graphing) readBy(address string, expr hcl.Expression) {
	node, native := expr.(hclsyntax.Expression)
	if !native {
		return
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		call, is := n.(*hclsyntax.FunctionCallExpr)
		if !is || len(call.Args) == 0 || !slices.Contains(readers, strings.TrimPrefix(call.Name, "core::")) {
			return nil
		}
		if path, diags := call.Args[0].Value(nil); !diags.HasErrors() && path.Type() == cty.String && path.IsKnown() && !path.IsNull() {
			g.file(path.AsString(), address, RoleValue)
		}
		return nil
	})
}

// files adds the sources of a block, as far as their paths are known.
func (g *graphing) files(address string, role Role, b *block) {
	expanded, _ := g.s.expanded(b, nil)
	for _, nested := range expanded.content.Blocks {
		of, ok := recipientsBlock.blocks[nested.Type]
		if !ok {
			continue
		}
		content, _ := of.read(nested.Body, "a "+nested.Type+" block")
		a := &arguments{s: g.s, of: of, content: content}
		if path := a.text("path"); path != "" {
			g.file(path, address, role)
		}
	}
}

func (g *graphing) file(path, to string, role Role) {
	g.nodes[filePrefix+path] = Node{Address: path, Kind: FileNode}
	g.edges[link{filePrefix + path, to, role}] = true
}

// graph puts what was found in order. What refers to something that is not there was reported.
func (g *graphing) graph() Graph {
	names := slices.SortedFunc(maps.Keys(g.nodes), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(slices.Index(nodeKinds, g.nodes[a].Kind), slices.Index(nodeKinds, g.nodes[b].Kind)),
			strings.Compare(a, b),
		)
	})
	var made Graph
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
		made.Nodes = append(made.Nodes, g.nodes[name])
	}
	for l := range g.edges {
		from, known := index[l.from]
		to, also := index[l.to]
		if known && also {
			made.Edges = append(made.Edges, Edge{from, to, l.role})
		}
	}
	slices.SortFunc(made.Edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Role, b.Role))
	})
	return made
}
