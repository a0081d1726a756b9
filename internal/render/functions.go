package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/smsplan/smsplan/internal/config"
)

// Functions writes the signatures of functions by group.
func Functions(w io.Writer, groups []config.FunctionGroup) error {
	for i, g := range groups {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintf(w, "%s:\n", g.Title); err != nil {
			return err
		}
		for _, f := range g.Functions {
			if _, err := fmt.Fprintf(w, "  %s\n      %s\n", f, f.Description); err != nil {
				return err
			}
		}
	}
	return nil
}

// FunctionNames gives the names of functions by group, in lines of a help text.
func FunctionNames(groups []config.FunctionGroup) string {
	const width = 78
	var b strings.Builder
	for _, g := range groups {
		line := fmt.Sprintf("  %-12s", g.Title)
		for _, f := range g.Functions {
			if len(line)+1+len(f.Name) > width {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", 14)
			}
			line += " " + f.Name
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// FunctionsJSON writes the document of `metadata functions -json`.
func FunctionsJSON(w io.Writer, groups []config.FunctionGroup) error {
	type parameter struct {
		Name     string      `json:"name"`
		Nullable bool        `json:"is_nullable,omitempty"`
		Type     config.Type `json:"type"`
	}
	type signature struct {
		Description string      `json:"description"`
		Group       string      `json:"group"`
		Returns     config.Type `json:"return_type"`
		Parameters  []parameter `json:"parameters,omitempty"`
		Variadic    *parameter  `json:"variadic_parameter,omitempty"`
	}
	d := struct {
		Format     string               `json:"format_version"`
		Signatures map[string]signature `json:"function_signatures"`
	}{FormatVersion, map[string]signature{}}
	for _, g := range groups {
		for _, f := range g.Functions {
			s := signature{Description: f.Description, Group: g.Title, Returns: f.Returns}
			for _, p := range f.Parameters {
				s.Parameters = append(s.Parameters, parameter(p))
			}
			if f.Variadic != nil {
				one := parameter(*f.Variadic)
				s.Variadic = &one
			}
			d.Signatures[f.Name] = s
		}
	}
	return document(w, d)
}
