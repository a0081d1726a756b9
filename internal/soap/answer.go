package soap

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Limits of an answer. 300 recipients take about 40 kB, 1,000 tokens and a depth of 5.
const (
	maxBytes      = 1 << 20 // packed, and again unpacked
	maxTokens     = 20_000
	maxDepth      = 32
	maxAttributes = 64 // of one element
	maxValues     = 5_000
	maxHops       = 8 // from a return to its text, references included
)

const spaces = " \t\r\n" // of XML

var errTooLong = errors.New("the answer is longer than an answer can be")

// fault is the error of an answer that is a SOAP fault.
type fault struct{ text string }

func (f *fault) Error() string { return "SOAP fault" }

func readLimited(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err == nil && len(b) > maxBytes {
		err = errTooLong
	}
	return b, err
}

var unpackers sync.Pool // of *gzip.Reader

// unpack undoes the Content-Encoding.
func unpack(encoding string, b []byte) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return b, nil
	case "gzip", "x-gzip":
	default:
		return nil, errors.New("the answer is packed in a way that was not asked for")
	}
	z, _ := unpackers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer unpackers.Put(z)
	if err := z.Reset(bytes.NewReader(b)); err != nil {
		return nil, err
	}
	return readLimited(z)
}

// node is an element of an answer.
type node struct {
	name     string // local
	id       string // that references have; "" for none
	href     string // of a reference, without "#"; "" for none
	null     bool
	text     strings.Builder
	children []*node
}

// parseAnswer gives the lines of all returns in an answer to op, or a [*fault]. Names are matched without their
// namespaces, which are nowhere certain.
func parseAnswer(doc []byte, charset, op string) ([]string, error) {
	if lines, ok := plainAnswer(doc, charset, op); ok {
		return lines, nil
	}
	return decodeAnswer(doc, charset, op)
}

// decodeAnswer reads an answer in whatever form it is.
func decodeAnswer(doc []byte, charset, op string) ([]string, error) {
	root, ids, err := parseTree(doc, charset)
	if err != nil {
		return nil, err
	}
	if root.name != "Envelope" {
		return nil, errors.New("not a SOAP envelope")
	}
	body := root.child("Body")
	if body == nil || len(body.children) == 0 {
		return nil, errors.New("the envelope has no body")
	}
	if root.count("Body") > 1 {
		return nil, errors.New("the envelope has two bodies")
	}
	wrapper := body.children[0]
	for _, n := range body.children[1:] {
		if n.id == "" { // nothing refers to it
			return nil, errors.New("the envelope has two answers")
		}
	}
	if wrapper.name == "Fault" {
		f := &fault{}
		if s := wrapper.child("faultstring"); s != nil {
			f.text = s.text.String()
		}
		return nil, f
	}
	// The RPC server's name for the wrapper is not known. That of another operation shows an answer to another call.
	for _, other := range operations {
		if strings.EqualFold(wrapper.name, other+"Response") && !strings.EqualFold(other, op) {
			return nil, errors.New("an answer to another operation")
		}
	}
	v := values{ids: ids}
	for _, n := range wrapper.children {
		if n.name == "return" {
			if err := v.add(n, 0); err != nil {
				return nil, err
			}
		}
	}
	return splitLines(v.strings), nil
}

// values collects strings: of single elements, of arrays whatever their members are called, and of what references point at.
type values struct {
	ids     map[string]*node
	strings []string
	bytes   int
	steps   int
}

func (v *values) add(n *node, hops int) error {
	// References can name one long text many times, and one list many times, whether anything is in it or not.
	if v.steps++; v.steps > maxTokens {
		return errTooLong
	}
	switch {
	case hops > maxHops:
		return errors.New("the answer refers to itself")
	case n.null:
		return nil
	case n.href != "":
		to := v.ids[n.href]
		if to == nil {
			return errors.New("the answer refers to what is not there")
		}
		return v.add(to, hops+1)
	case n.isEntry():
		return v.add(n.child("value"), hops+1)
	case len(n.children) > 0:
		if strings.TrimSpace(n.text.String()) != "" {
			return errors.New("text stands between elements")
		}
		for _, m := range n.children {
			if err := v.add(m, hops+1); err != nil {
				return err
			}
		}
		return nil
	}
	s := n.text.String()
	v.strings = append(v.strings, s)
	if v.bytes += len(s); v.bytes > maxBytes || len(v.strings) > maxValues {
		return errTooLong
	}
	return nil
}

// isEntry reports whether n is a member of a map, which is what PHP makes of an array with keys. The key is no line.
func (n *node) isEntry() bool {
	return len(n.children) == 2 && n.children[0].name == "key" && n.children[1].name == "value"
}

func (n *node) count(name string) int {
	count := 0
	for _, c := range n.children {
		if c.name == name {
			count++
		}
	}
	return count
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// parseTree reads a document token by token within the limits, and refuses what SOAP 1.1 forbids.
func parseTree(doc []byte, charset string) (root *node, ids map[string]*node, err error) {
	doc = bytes.TrimPrefix(doc, []byte("\uFEFF"))
	doc = bytes.TrimLeft(doc, spaces) // servers written in PHP send it easily
	in := io.Reader(bytes.NewReader(doc))
	if charset != "" {
		r, err := charsetReader(charset, in)
		if err != nil {
			return nil, nil, err
		}
		if !declaresEncoding(doc) { // which would go before the header's
			in = r
		}
	}
	d := xml.NewDecoder(in)
	d.CharsetReader = charsetReader
	ids = map[string]*node{}
	var open []*node
	for tokens := 0; ; tokens++ {
		start := d.InputOffset()
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if tokens == maxTokens {
			return nil, nil, errors.New("the answer has more elements than an answer can have")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(open) == maxDepth {
				return nil, nil, errors.New("the answer is nested deeper than an answer can be")
			}
			n, err := newNode(t, ids)
			switch {
			case err != nil:
				return nil, nil, err
			case len(open) > 0:
				up := open[len(open)-1]
				up.children = append(up.children, n)
			case root != nil:
				return nil, nil, errors.New("the answer has two roots")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			} else if len(bytes.Trim(t, spaces)) > 0 {
				return nil, nil, errors.New("the answer has text outside its root")
			}
		case xml.ProcInst:
			if t.Target != "xml" || start != 0 {
				return nil, nil, errors.New("the answer has a processing instruction")
			}
		case xml.Directive:
			return nil, nil, errors.New("the answer has a document type")
		}
	}
	if root == nil {
		return nil, nil, errors.New("the answer is empty")
	}
	return root, ids, nil
}

func declaresEncoding(doc []byte) bool {
	declaration, _, _ := bytes.Cut(doc, []byte("?>"))
	return bytes.HasPrefix(doc, []byte("<?xml")) && bytes.Contains(declaration, []byte("encoding"))
}

func newNode(t xml.StartElement, ids map[string]*node) (*node, error) {
	if len(t.Attr) > maxAttributes {
		return nil, errors.New("the answer has more attributes than an answer can have")
	}
	n := &node{name: t.Name.Local}
	for i, a := range t.Attr {
		if slices.ContainsFunc(t.Attr[:i], func(b xml.Attr) bool { return a.Name == b.Name }) {
			return nil, errors.New("the answer gives one attribute twice") // encoding/xml does not look
		}
		switch a.Name.Local {
		case "id":
			n.id = a.Value
		case "href":
			n.href = strings.TrimPrefix(a.Value, "#")
		case "nil", "null":
			n.null = a.Value == "true" || a.Value == "1"
		}
	}
	if n.id != "" {
		if ids[n.id] != nil {
			return nil, errors.New("the answer gives two elements one id")
		}
		ids[n.id] = n
	}
	return n, nil
}

func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(charset)) {
	case "utf-8", "utf8":
		return in, nil
	case "iso-8859-1", "us-ascii":
		return &latin1{in: in}, nil
	}
	return nil, fmt.Errorf("the answer is in a character set that was not asked for: %q", charset)
}

// latin1 turns ISO-8859-1 into UTF-8.
type latin1 struct {
	in  io.Reader
	buf [512]byte
	out []byte // converted, not read yet
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(l.out) == 0 {
		n, err := l.in.Read(l.buf[:])
		if n == 0 {
			return 0, err
		}
		l.out = make([]byte, 0, 2*n)
		for _, b := range l.buf[:n] {
			l.out = utf8.AppendRune(l.out, rune(b))
		}
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}
