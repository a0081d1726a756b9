package envelope

import (
	"bytes"
	"embed"
	"encoding/xml"
	"slices"
	"strings"
	"text/template"
)

//go:embed wsdl
var wsdlFiles embed.FS

var wsdlTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"xml": func(s string) (string, error) {
		var out strings.Builder
		err := xml.EscapeText(&out, []byte(s))
		return out.String(), err
	},
}).ParseFS(wsdlFiles, "wsdl/*.tmpl"))

// wsdl is what the templates are filled with.
type wsdl struct {
	Namespace, Action string
	Address           string
	Operations        []wsdlOperation
}

type wsdlOperation struct {
	Name      string
	Parts     []part
	ManyLines bool // the answer has one return or more, in RPC an array
}

// WSDL describes the operations in the binding, as served at the address.
func (b *Binding) WSDL(address string) ([]byte, error) {
	name := "document.wsdl.tmpl"
	if b.rpc {
		name = "rpc.wsdl.tmpl"
	}
	data := wsdl{Namespace: b.namespace, Action: b.action, Address: address}
	for i := range operations {
		o := &operations[i]
		one := wsdlOperation{Name: o.nameIn(b), Parts: slices.Clone(o.partsIn(b)), ManyLines: o.documentMany}
		if at := partNamed(callbackPart, one.Parts); at >= 0 && b.callback != "" {
			one.Parts[at].Name = b.callback
		}
		if b.rpc {
			one.ManyLines = o.rpcArray
		}
		data.Operations = append(data.Operations, one)
	}
	var out bytes.Buffer
	err := wsdlTemplates.ExecuteTemplate(&out, name, data)
	return out.Bytes(), err
}
