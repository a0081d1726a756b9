package phone

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// compiler makes automata that read digits of regular expressions. Nodes that do the same are one node, whichever expression
// they are of.
type compiler struct {
	nodes []compiled
	ids   map[compiled]uint16
	sinks map[uint16]uint16 // by what comes out of them
	full  map[string]uint16 // by expression
}

// compiled is a node: where each digit leads, and what comes out where more digits follow and where none do.
type compiled struct {
	next     [10]uint16
	out, end uint16
}

// longest is more digits than any expression reads.
const longest = 40

func newCompiler() *compiler {
	c := &compiler{ids: map[compiled]uint16{}, sinks: map[uint16]uint16{}, full: map[string]uint16{}}
	c.sink(0) // node 0: nothing comes of any digit
	return c
}

// sink gives the node that no digit leaves.
func (c *compiler) sink(out uint16) uint16 {
	id, ok := c.sinks[out]
	if !ok {
		id = uint16(len(c.nodes))
		n := compiled{out: out, end: out}
		for d := range n.next {
			n.next[d] = id
		}
		c.nodes = append(c.nodes, n)
		c.sinks[out], c.ids[n] = id, id
	}
	return id
}

func (c *compiler) add(n compiled) uint16 {
	first := n.next[0]
	if s := c.nodes[first]; n.next == s.next && n.out == s.out && n.end == s.end {
		return first
	}
	id, ok := c.ids[n]
	if !ok {
		if len(c.nodes) == 1<<16 {
			panic("more nodes than two octets can name")
		}
		id = uint16(len(c.nodes))
		c.nodes = append(c.nodes, n)
		c.ids[n] = id
	}
	return id
}

// matched makes what comes out of a match at that many digits; groups are as of
// [regexp.Regexp.FindStringSubmatchIndex].
type matched func(groups []int) uint16

// whole compiles an expression that has to match all digits: 1 comes out where it does.
func (c *compiler) whole(expression string) uint16 {
	id, ok := c.full[expression]
	if !ok {
		id = c.expression("(?:"+expression+")$", func([]int) uint16 { return 1 })
		c.full[expression] = id
	}
	return id
}

// begins compiles an expression that has to match at the start: 1 comes out from there on.
func (c *compiler) begins(expression string) uint16 {
	var from func(id uint16) uint16
	from = func(id uint16) uint16 {
		n := c.nodes[id]
		if n.out != 0 {
			return c.sink(1)
		}
		for d, next := range n.next {
			if next != id {
				n.next[d] = from(next)
			}
		}
		if n.next[0] == id { // a sink
			return id
		}
		return c.add(n)
	}
	return from(c.expression("(?:"+expression+")", func([]int) uint16 { return 1 }))
}

// expression compiles what the expression prefers to match at the start, as package regexp does: the last that comes out on
// the way is the match.
func (c *compiler) expression(expression string, m matched) uint16 {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		panic(err)
	}
	ends := slices.ContainsFunc(prog.Inst, func(i syntax.Inst) bool { return i.Op == syntax.InstEmptyWidth })
	x := &expressionCompiler{compiler: c, prog: prog, ends: ends, matched: m, known: map[string]uint16{}}
	return x.node([]thread{{pc: prog.Start, groups: slices.Repeat([]int{-1}, prog.NumCap)}}, 0)
}

type expressionCompiler struct {
	*compiler
	prog    *syntax.Prog
	ends    bool // it asks where the digits end
	matched matched
	known   map[string]uint16
}

// thread is one way to match, of several in the order of preference.
type thread struct {
	pc     int
	groups []int
}

func (x *expressionCompiler) node(threads []thread, at int) uint16 {
	if len(threads) == 0 {
		return 0
	}
	key := []byte{byte(at)}
	for _, t := range threads {
		key = binary.AppendUvarint(key, uint64(t.pc))
		for _, g := range t.groups {
			key = append(key, byte(g+1))
		}
	}
	if id, ok := x.known[string(key)]; ok {
		return id
	}
	if at > longest {
		panic("an expression that any number of digits match")
	}
	var n compiled
	reading, match := x.expand(threads, at, false)
	n.out, n.end = match, match
	if x.ends {
		_, n.end = x.expand(threads, at, true)
	}
	for d := range n.next {
		var after []thread
		for _, t := range reading {
			inst := &x.prog.Inst[t.pc]
			if inst.MatchRune('0' + rune(d)) {
				after = append(after, thread{int(inst.Out), t.groups})
			}
		}
		n.next[d] = x.node(after, at+1)
	}
	id := x.add(n)
	x.known[string(key)] = id
	return id
}

// expand follows threads to where they read a digit, and to the match, which ends those that are preferred less.
func (x *expressionCompiler) expand(threads []thread, at int, end bool) (reading []thread, match uint16) {
	seen := make([]bool, len(x.prog.Inst))
	var follow func(pc int, groups []int) (done bool)
	follow = func(pc int, groups []int) bool {
		if seen[pc] {
			return false
		}
		seen[pc] = true
		switch inst := &x.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			return follow(int(inst.Out), groups) || follow(int(inst.Arg), groups)
		case syntax.InstNop:
			return follow(int(inst.Out), groups)
		case syntax.InstCapture:
			groups = slices.Clone(groups)
			groups[inst.Arg] = at
			return follow(int(inst.Out), groups)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg) != syntax.EmptyEndText {
				panic("an expression that looks around")
			}
			return end && follow(int(inst.Out), groups)
		case syntax.InstMatch:
			groups = slices.Clone(groups)
			groups[0], groups[1] = 0, at
			match = x.matched(groups)
			return true
		case syntax.InstFail:
			return false
		default:
			reading = append(reading, thread{pc, groups})
			return false
		}
	}
	for _, t := range threads {
		if follow(t.pc, t.groups) {
			break
		}
	}
	return reading, match
}

// lengths compiles a set of lengths: 1 comes out of those.
func (c *compiler) lengths(lengths []int32) uint16 {
	id := uint16(0)
	for l := slices.Max(lengths); l >= 0; l-- {
		n := compiled{}
		for d := range n.next {
			n.next[d] = id
		}
		if slices.Contains(lengths, l) {
			n.end = 1
		}
		id = c.add(n)
	}
	return id
}

// together compiles several automata of from that read the same digits: out says what comes of their nodes.
func (c *compiler) together(from *compiler, roots []uint16, out func(nodes []uint16) uint16) uint16 {
	known := map[string]uint16{}
	var node func(at []uint16) uint16
	node = func(at []uint16) uint16 {
		key := make([]byte, 0, 1024)
		for _, id := range at {
			key = binary.LittleEndian.AppendUint16(key, id)
		}
		if id, ok := known[string(key)]; ok {
			return id
		}
		if !slices.ContainsFunc(at, func(id uint16) bool { return from.nodes[id].next[0] != id }) {
			return c.sink(out(at))
		}
		n := compiled{out: out(at), end: out(at)}
		for d := range n.next {
			after := make([]uint16, len(at))
			for i, id := range at {
				after[i] = from.nodes[id].next[d]
			}
			n.next[d] = node(after)
		}
		id := c.add(n)
		known[string(key)] = id
		return id
	}
	return node(roots)
}

// inOrder numbers the nodes anew, in the order in which one comes to them from the roots, which it changes: how they were
// found out shows no longer.
func (c *compiler) inOrder(roots []*uint16) {
	place := map[uint16]uint16{0: 0}
	order := []uint16{0}
	number := func(id *uint16) {
		to, ok := place[*id]
		if !ok {
			to = uint16(len(order))
			place[*id] = to
			order = append(order, *id)
		}
		*id = to
	}
	for _, root := range roots {
		number(root)
	}
	var nodes []compiled
	for len(nodes) < len(order) {
		n := c.nodes[order[len(nodes)]]
		for d := range n.next {
			number(&n.next[d])
		}
		nodes = append(nodes, n)
	}
	*c = compiler{nodes: nodes}
}
