package receipts

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"
)

// Limits of what is posted. A receipt has some 300 bytes.
const (
	maxBytes    = 64 << 10
	maxElements = 200
	maxDepth    = 16
	maxText     = 256 // of a value
)

// parse reads a receipt: the fields of the query and of a form, or a document in the field data or in the bare body, in JSON or XML.
func parse(query string, body []byte, now time.Time) (Receipt, error) {
	f := fields{}
	inQuery, err := url.ParseQuery(query)
	if err != nil {
		return Receipt{}, errors.New("the query cannot be read")
	}
	data := inQuery.Get("data")
	if err := f.form(inQuery); err != nil {
		return Receipt{}, err
	}
	switch text := strings.TrimLeft(string(body), " \t\r\n\ufeff"); {
	case text == "":
	case text[0] == '{' || text[0] == '[' || text[0] == '<': // no form begins so
		if err := f.document(text); err != nil {
			return Receipt{}, err
		}
	default:
		posted, err := url.ParseQuery(text)
		if err != nil {
			return Receipt{}, errors.New("the form cannot be read")
		}
		if posted.Get("data") != "" {
			data = posted.Get("data")
		}
		if err := f.form(posted); err != nil {
			return Receipt{}, err
		}
	}
	if data != "" {
		if err := f.document(strings.TrimLeft(data, " \t\r\n\ufeff")); err != nil {
			return Receipt{}, err
		}
	}
	return f.receipt(now)
}

func (f fields) form(values url.Values) error {
	for name, list := range values {
		for _, value := range list {
			if err := f.set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// document reads JSON or XML.
func (f fields) document(text string) error {
	if strings.HasPrefix(text, "<") {
		return f.xml(text)
	}
	return f.json(text)
}

var errJSON = errors.New("the JSON is no object of one receipt")

// json reads an object with the fields, or one whose member callback is that. encoding/json bounds how deep it may be.
func (f fields) json(text string) error {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil {
		return errJSON
	}
	for name, raw := range object {
		if strings.EqualFold(name, "callback") {
			object = nil
			if json.Unmarshal(raw, &object) != nil {
				return errJSON
			}
			break
		}
	}
	for name, raw := range object {
		value := string(raw)
		switch {
		case len(raw) > maxText:
			continue
		case raw[0] == '"':
			if json.Unmarshal(raw, &value) != nil {
				return errJSON
			}
		case raw[0] == '{' || raw[0] == '[' || bytes.Equal(raw, []byte("null")):
			continue
		}
		if err := f.set(name, value); err != nil {
			return err
		}
	}
	return nil
}

var errXML = errors.New("the XML is no document of one receipt, or it has more than one may have")

// xml takes the text of each element that has no elements in it, by its local name: what wraps the fields, and in which namespaces
// they are, nobody knows. Document types, and so entities, are refused.
func (f fields) xml(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = ascii
	leaf, value := "", ""
	depth, elements := 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if depth != 0 || elements == 0 {
				return errXML
			}
			return nil
		}
		if err != nil {
			return errXML
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			elements++
			if depth > maxDepth || elements > maxElements {
				return errXML
			}
			leaf, value = token.Name.Local, ""
		case xml.CharData:
			if len(value)+len(token) <= maxText {
				value += string(token)
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return errXML
			}
			if token.Name.Local == leaf && leaf != "" {
				if err := f.set(leaf, value); err != nil {
					return err
				}
			}
			leaf = ""
		case xml.Directive:
			return errXML
		}
	}
}

// ascii lets documents name the encodings in which letters and digits are those of ASCII: nothing else of a receipt counts.
func ascii(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252":
		return in, nil
	}
	return nil, errXML
}
