package envelope

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// tags gives a line for each tag and text of a document.
func tags(document []byte, charset string) (list []string, err error) {
	t, err := newTokens(document, charset)
	if err != nil {
		return nil, err
	}
	within := false // an element that has had no other in it
	for {
		token, err := t.next()
		if err != nil {
			return nil, err
		}
		switch token.kind {
		case startTag:
			list = append(list, startLine(token.name, t.attrs))
			within = true
		case charData:
			list = append(list, "text "+token.text)
		case endTag:
			list = append(list, fmt.Sprint("end ", token.name))
			for text, ok := "", within; ok; {
				if text, ok = t.again(); ok {
					list = append(list, startLine(token.name, t.attrs))
					if text != "" {
						list = append(list, "text "+text)
					}
					list = append(list, fmt.Sprint("end ", token.name))
				}
			}
			within = false
		case endOfInput:
			return list, nil
		}
	}
}

func startLine(name xml.Name, attributes []xml.Attr) string {
	line := fmt.Sprint("start ", name)
	for _, a := range attributes {
		if a.Name.Space != "http://www.w3.org/2000/xmlns/" && a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			line += fmt.Sprintf(" %s=%q", a.Name, a.Value)
		}
	}
	return line
}

// tagsOfTheLibrary are those that encoding/xml finds.
func tagsOfTheLibrary(document []byte, charset string) (list []string, err error) {
	document, marked := bytes.CutPrefix(document, []byte("\uFEFF"))
	if declaration, rest, ok := bytes.Cut(document, []byte("?>")); ok && bytes.HasPrefix(document, []byte("<?xml")) {
		// encoding/xml does not see encoding = "ISO-8859-1".
		declaration = regexp.MustCompile(`\s*=\s*`).ReplaceAll(declaration, []byte("="))
		document = slices.Concat(declaration, []byte("?>"), rest)
		if bytes.Contains(declaration, []byte("encoding=")) {
			marked = true
		}
	}
	var in io.Reader = bytes.NewReader(document)
	if !marked {
		if in, err = readerOf(charset, in); err != nil {
			return nil, err
		}
	}
	d := xml.NewDecoder(in)
	d.CharsetReader = readerOf
	said := ""
	for {
		token, err := d.Token()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			said += string(token)
			continue
		case xml.Comment:
			continue
		}
		if said != "" {
			list = append(list, "text "+said)
			said = ""
		}
		switch token := token.(type) {
		case nil:
			return list, nil
		case xml.StartElement:
			list = append(list, startLine(token.Name, token.Attr))
		case xml.EndElement:
			list = append(list, fmt.Sprint("end ", token.Name))
		case xml.ProcInst:
			if token.Target != "xml" || len(list) > 0 {
				return nil, errors.New("a processing instruction")
			}
		case xml.Directive:
			return nil, errors.New("a document type")
		}
	}
}

func readerOf(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		return in, nil
	case "iso-8859-1", "iso_8859-1", "latin1", "us-ascii":
		b, err := io.ReadAll(in)
		runes := make([]rune, len(b))
		for i := range b {
			runes[i] = rune(b[i])
		}
		return strings.NewReader(string(runes)), err
	}
	return nil, fmt.Errorf("no character set %q", charset)
}

func TestWhatIsWellFormedIsReadAsItIsMeant(t *testing.T) {
	const long = "012345678901234567890123456789"
	for name, tt := range map[string]struct {
		document, charset string
		want              []string
	}{
		"an element":                {"<a/>", "", []string{"start { a}", "end { a}"}},
		"spaces in tags":            {"<a\n\tb = '1' \r></a >", "", []string{`start { a} { b}="1"`, "end { a}"}},
		"names":                     {"<_a.b-1><A2/></_a.b-1>", "", []string{"start { _a.b-1}", "start { A2}", "end { A2}", "end { _a.b-1}"}},
		"text beside elements":      {"<a>1<b/>2</a>", "", []string{"start { a}", "text 1", "start { b}", "end { b}", "text 2", "end { a}"}},
		"default namespace":         {"<a xmlns='u'><b xmlns=''/><c d='1'/></a>", "", []string{"start {u a}", "start { b}", "end { b}", `start {u c} { d}="1"`, "end {u c}", "end {u a}"}},
		"prefixes":                  {"<p:a p:b='1' xmlns:p='u'><p:c xmlns:p='v'/><p:c/></p:a>", "", []string{`start {u a} {u b}="1"`, "start {v c}", "end {v c}", "start {u c}", "end {u c}", "end {u a}"}},
		"same name in two spaces":   {"<a b='1' p:b='2' xmlns:p='u'/>", "", []string{`start { a} { b}="1" {u b}="2"`, "end { a}"}},
		"prefix of XML":             {"<a xml:lang='en'/>", "", []string{`start { a} {http://www.w3.org/XML/1998/namespace lang}="en"`, "end { a}"}},
		"entities":                  {"<a b='&lt;&#39;'>&lt;&gt;&amp;&apos;&quot;</a>", "", []string{`start { a} { b}="<'"`, `text <>&'"`, "end { a}"}},
		"references to characters":  {"<a>&#65;&#x4a;&#x4A;&#0065;&#x10FFFF;&#13;</a>", "", []string{"start { a}", "text AJJA\U0010FFFF\r", "end { a}"}},
		"sections":                  {"<a>1<![CDATA[<&]]]]><![CDATA[>]]>2</a>", "", []string{"start { a}", "text 1<&]]>2", "end { a}"}},
		"comments":                  {"<!--a-->\n<a>1<!-- <b> & - -->2</a><!----> ", "", []string{"text \n", "start { a}", "text 12", "end { a}", "text  "}},
		"ends of lines":             {"<a b='1\r\n2'>1\r\n2\r3\n4\r</a>", "", []string{`start { a} { b}="1\n2"`, "text 1\n2\n3\n4\n", "end { a}"}},
		"all of Unicode":            {"<a>ü€\u0085\uFFFD\U0010FFFF</a>", "", []string{"start { a}", "text ü€\u0085\uFFFD\U0010FFFF", "end { a}"}},
		"greater-than and brackets": {"<a b='>]]>'>>]]&gt;</a>", "", []string{`start { a} { b}=">]]>"`, "text >]]>", "end { a}"}},
		"declaration":               {"<?xml version = '1.0'\nencoding=\"utf-8\" standalone='yes' ?><a/>", "iso-8859-1", []string{"start { a}", "end { a}"}},
		"byte order mark":           {"\uFEFF<a>ü</a>", "iso-8859-1", []string{"start { a}", "text ü", "end { a}"}},
		"ISO-8859-1":                {"<?xml version='1.0' encoding = 'ISO-8859-1'?><a>\xfc\xdf</a>", "utf-8", []string{"start { a}", "text üß", "end { a}"}},
		"ISO-8859-1 by the header":  {"<?xml version='1.0'?><a>\xfc</a>", "Latin1", []string{"start { a}", "text ü", "end { a}"}},
		"as deep as may be":         {strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth), "", slices.Concat(slices.Repeat([]string{"start { a}"}, maxDepth), slices.Repeat([]string{"end { a}"}, maxDepth))},
		"elements alike":            {"<a><p:b xmlns:p='u'>1</p:b><p:b xmlns:p='u'></p:b><p:b xmlns:p='u'>2</p:b ></a>", "", []string{"start { a}", "start {u b}", "text 1", "end {u b}", "start {u b}", "end {u b}", "start {u b}", "text 2", "end {u b}", "end { a}"}},
		"a long name":               {"<" + "a" + long + "/>", "", []string{"start { a" + long + "}", "end { a" + long + "}"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tags([]byte(tt.document), tt.charset)
			if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
				t.Errorf("%v (-got +want):\n%s", err, diff)
			}
			library, err := tagsOfTheLibrary([]byte(tt.document), tt.charset)
			if diff := cmp.Diff(library, got); err != nil || diff != "" {
				t.Errorf("encoding/xml: %v (-library +got):\n%s", err, diff)
			}
		})
	}
}

func TestWhatIsNotWellFormedOrForbiddenIsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ document, want string }{
		"text alone":                 {"a", "text outside"},
		"text after":                 {"<a/>b", "text outside"},
		"a reference after":          {"<a/>&#32;", "text outside"},
		"a section after":            {"<a/><![CDATA[ ]]>", "not allowed"},
		"an open element":            {"<a>", "ends early"},
		"an open tag":                {"<a", "<"},
		"an open attribute":          {"<a b='1", "ends early"},
		"an open section":            {"<a><![CDATA[b</a>", "ends early"},
		"an open comment":            {"<a/><!-- b ->", "comment"},
		"a comment in a comment":     {"<a><!-- -- --></a>", "comment"},
		"an end alone":               {"</a>", "end tag too many"},
		"an end too many":            {"<a/></a>", "end tag too many"},
		"another end":                {"<a></b>", "another end tag than </a>"},
		"a longer end":               {"<a></ab>", "another end tag"},
		"the end of another prefix":  {"<p:a xmlns:p='u' xmlns:q='u'></q:a>", "another end tag than </p:a>"},
		"an end with attributes":     {"<a></a b='1'>", "another end tag"},
		"elements crossed":           {"<a><b></a></b>", "another end tag than </b>"},
		"a name that begins oddly":   {"<1/>", "without a name"},
		"a name that begins so":      {"<-a/>", "without a name"},
		"no name":                    {"< a/>", "without a name"},
		"another end later":          {"<a><b>1</b><b>2</c></a>", "another end tag than </b>"},
		"an ampersand later":         {"<a><b>1</b><b>&</b></a>", "entity"},
		"too many alike":             {"<a>" + strings.Repeat("<b></b>", maxElements) + "</a>", "more than 10000 elements"},
		"a letter beyond ASCII":      {"<ä/>", "without a name"},
		"two colons":                 {"<a:b:c xmlns:a='u'/>", "without a name"},
		"a colon first":              {"<:a/>", "without a name"},
		"a colon last":               {"<a:/>", "without a name"},
		"a digit behind the prefix":  {"<a:1 xmlns:a='u'/>", "without a name"},
		"a prefix from nowhere":      {"<p:a/>", "prefix p is not declared"},
		"a prefix that has ended":    {"<a><p:b xmlns:p='u'/><p:b/></a>", "prefix p is not declared"},
		"an attribute's prefix":      {"<a p:b='1'/>", "prefix p is not declared"},
		"a prefix taken back":        {"<a xmlns:p=''/>", "declaration of the prefix p"},
		"the prefix xml":             {"<a xmlns:xml='u'/>", "declaration of the prefix xml"},
		"the prefix xmlns":           {"<a xmlns:xmlns='u'/>", "declaration of the prefix xmlns"},
		"an attribute twice":         {"<a b='1' b='2'/>", "two attributes b"},
		"an attribute of two names":  {"<a p:b='1' q:b='2' xmlns:p='u' xmlns:q='u'/>", "two attributes b"},
		"a declaration twice":        {"<a xmlns:p='u' xmlns:p='v'/>", "two attributes p"},
		"a default twice":            {"<a xmlns='u' xmlns='v'/>", "two attributes"},
		"attributes joined":          {"<a b='1'c='2'/>", "without its >"},
		"an attribute without value": {"<a b/>", "an attribute"},
		"an attribute not quoted":    {"<a b=1/>", "an attribute"},
		"a tag in an attribute":      {"<a b='<'/>", "< in the value"},
		"an entity of nobody":        {"<a>&nbsp;</a>", "&nbsp;"},
		"an entity in an attribute":  {"<a b='&nbsp;'/>", "&nbsp;"},
		"an ampersand":               {"<a>AT&T</a>", "&T"},
		"no digits":                  {"<a>&#;</a>", "&#;"},
		"digits of another sort":     {"<a>&#X41;</a>", "&#X41;"},
		"a sign":                     {"<a>&#+65;</a>", "&#+65;"},
		"the character nought":       {"<a>&#0;</a>", "&#0;"},
		"half a character":           {"<a>&#xD800;</a>", "&#xD800;"},
		"no character":               {"<a>&#xFFFE;</a>", "&#xFFFE;"},
		"beyond Unicode":             {"<a>&#x110000;</a>", "&#x110000;"},
		"far beyond":                 {"<a>&#x100000041;</a>", "&#x100000041;"},
		"a control character":        {"<a>\x1b</a>", "character that XML does not allow"},
		"one in a comment":           {"<a/><!--\x00-->", "character that XML does not allow"},
		"no character in a section":  {"<a><![CDATA[\uFFFF]]></a>", "character that XML does not allow"},
		"bytes that are no UTF-8":    {"<a>\xfc</a>", "character that XML does not allow"},
		"UTF-8 in too many bytes":    {"<a>\xc0\xbc</a>", "character that XML does not allow"},
		"half a character in UTF-8":  {"<a>\xed\xa0\x80</a>", "character that XML does not allow"},
		"UTF-16":                     {"\xff\xfe<\x00a\x00/\x00>\x00", "character that XML does not allow"},
		"UTF-16 without a mark":      {"\x00<\x00a\x00/\x00>", "character that XML does not allow"},
		"the end of a section":       {"<a>]]></a>", "]]> in text"},
		"a document type":            {"<!DOCTYPE a><a/>", "document type"},
		"one inside":                 {"<a><!DOCTYPE a></a>", "document type"},
		"an entity's declaration":    {"<a><!ENTITY b 'c'></a>", "document type"},
		"an instruction":             {"<?php echo 1 ?><a/>", "processing instruction"},
		"an instruction inside":      {"<a><?b?></a>", "processing instruction"},
		"a style sheet":              {"<?xml-stylesheet href='b'?><a/>", "declaration"},
		"a declaration inside":       {"<a><?xml version='1.0'?></a>", "processing instruction"},
		"a declaration after space":  {" <?xml version='1.0'?><a/>", "processing instruction"},
		"XML 1.1":                    {"<?xml version='1.1'?><a/>", "declaration"},
		"no version":                 {"<?xml encoding='UTF-8'?><a/>", "declaration"},
		"keys in another order":      {"<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", "declaration"},
		"an encoding in disguise":    {"<?xml version='1.0' encoding='&#85;TF-8'?><a/>", "declaration"},
		"another encoding":           {"<?xml version='1.0' encoding='UTF-7'?><a/>", `encoding "UTF-7"`},
		"too deep":                   {strings.Repeat("<a>", maxDepth+1), "deeper than 32"},
		"a million deep":             {strings.Repeat("<a>", 1_000_000), "deeper than 32"},
		"too many elements":          {"<a>" + strings.Repeat("<b/>", maxElements), "more than 10000 elements"},
		"too many attributes":        {"<a" + strings.Repeat(" b='1'", maxAttributes+1) + "/>", "more than 64 attributes"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tags([]byte(tt.document), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 400 {
				t.Errorf("tags = %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// What the reader takes, encoding/xml takes too, and for the same.
func FuzzTokens(f *testing.F) {
	for _, request := range transcribed(f, "request.xml") {
		f.Add(request, "utf-8")
	}
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><p:a xmlns:p='u' b='&lt;1\r\n'>\xfc<!-- - --><![CDATA[]]]]>&#x41;</p:a >\n"), "")
	f.Add([]byte("\uFEFF<a xmlns='u' xml:lang='en'><b xmlns='' c=\"'\"/>]]&gt;\r</a>"), "latin1")
	f.Fuzz(func(t *testing.T, document []byte, charset string) {
		got, err := tags(document, charset)
		if err != nil {
			return
		}
		want, err := tagsOfTheLibrary(document, charset)
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("encoding/xml: %v (-got +library):\n%s", err, diff)
		}
	})
}

// transcribed gives the sections of that name of all transcripts.
func transcribed(tb testing.TB, name string) (list [][]byte) {
	files, err := filepath.Glob("../../../testdata/soap/*.txtar")
	if err != nil || len(files) == 0 {
		tb.Fatal("no transcripts", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, section := range archive.Files {
			if path.Base(section.Name) == name {
				list = append(list, section.Data)
			}
		}
	}
	return list
}
