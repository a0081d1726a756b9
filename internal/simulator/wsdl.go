package simulator

import (
	"bytes"
	"embed"
	"encoding/xml"
	"net/http"
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

// serveWSDL describes the operations that are offered, at the address that was asked.
func serveWSDL(w http.ResponseWriter, r *http.Request, b *binding) {
	scheme, name := "http", "document.wsdl.tmpl"
	if r.TLS != nil {
		scheme = "https"
	}
	if b.rpc {
		name = "rpc.wsdl.tmpl"
	}
	data := wsdl{Namespace: b.namespace, Action: b.action, Address: scheme + "://" + r.Host + r.URL.Path}
	for i := range operations {
		o := &operations[i]
		one := wsdlOperation{Name: o.nameIn(b), Parts: o.partsIn(b), ManyLines: o.documentMany}
		if b.rpc {
			one.ManyLines = o.rpcArray
		}
		data.Operations = append(data.Operations, one)
	}
	var out bytes.Buffer
	if err := wsdlTemplates.ExecuteTemplate(&out, name, data); err != nil {
		http.Error(w, "The schema cannot be written.", http.StatusInternalServerError)
		return
	}
	reply{status: http.StatusOK, kind: xmlType, body: out.Bytes()}.write(w)
}
