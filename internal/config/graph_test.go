package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// graphed gives the graph of a configuration as lines.
func graphed(t *testing.T, files map[string]string) (lines []string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diagnostics := Load(context.Background(), dir, Options{Scope: ScopeGraph})
	if diagnostics.HasErrors() {
		t.Fatal(said(diagnostics, dir))
	}
	for _, n := range c.Graph.Nodes {
		line := fmt.Sprintf("%s %s", n.Kind, n.Address)
		if n.Each {
			line += fmt.Sprint(" ", n.Keys)
		}
		lines = append(lines, line)
	}
	for _, e := range c.Graph.Edges {
		line := fmt.Sprintf("%s -> %s", c.Graph.Nodes[e.From].Address, c.Graph.Nodes[e.To].Address)
		if e.Role != RoleValue {
			line += " " + string(e.Role)
		}
		lines = append(lines, line)
	}
	return lines
}

const everyEdge = `
gateway "clickatell" {
  api_id   = 1
  password = var.password
}

variable "password" {
  ephemeral = true
}

variable "langs" {
  type    = set(string)
  default = ["sv", "de"]

  validation {
    condition     = length(var.langs) > 0 && local.most > 0
    error_message = "None."
  }
}

variable "needed" {}

locals {
  most  = 5
  terms = file("terms.txt")
  some  = recipients.all.count
}

recipients "all" {
  csv {
    path   = "not-there.csv"
    number = "n"
  }

  include = [recipients.crew]
  exclude = [recipients.out]
}

recipients "crew" {
  numbers = ["+1 202 555 0143"]
}

recipients "out" {
  dynamic "jsonl" {
    for_each = ["a", "b"]

    content {
      path   = "out-${jsonl.value}.jsonl"
      number = "n"
    }
  }
}

message "news" {
  for_each = var.langs
  to       = [recipients.all]
  text     = "${each.key} ${var.needed}: ${local.terms}"
}

message "late" {
  to         = [recipients.crew]
  text       = "Hello ${length(message.news)}"
  depends_on = [message.news["de"]]

  precondition {
    condition     = self.segments_max < local.most
    error_message = "No."
  }
}

import {
  to = message.late

  csv {
    path   = "had.csv"
    number = "n"
  }
}

guard "all" {
  max_recipients = local.most
}

guard "one" {
  messages       = [message.late]
  max_recipients = 1
}

output "free" {
  value = 1
}

output "count" {
  value = local.some
}
`

func TestGraphNamesEveryKindOfEdgeAndReadsNoRows(t *testing.T) {
	got := graphed(t, map[string]string{"main.sms.hcl": everyEdge})
	want := []string{
		"file had.csv", "file not-there.csv", "file out-a.jsonl", "file out-b.jsonl", "file terms.txt",
		"variable var.langs", "variable var.needed", "variable var.password",
		"local local.most", "local local.some", "local local.terms",
		"recipients recipients.all", "recipients recipients.crew", "recipients recipients.out",
		"message message.late", "message message.news [de sv]",
		"guard guard.all", "guard guard.one",
		"other gateway.clickatell", "other output.count",

		"had.csv -> message.late import",
		"not-there.csv -> recipients.all rows",
		"out-a.jsonl -> recipients.out rows",
		"out-b.jsonl -> recipients.out rows",
		"terms.txt -> local.terms",
		"var.langs -> message.news",
		"var.needed -> message.news",
		"var.password -> gateway.clickatell",
		"local.most -> var.langs",
		"local.most -> message.late",
		"local.most -> guard.all",
		"local.some -> output.count",
		"local.terms -> message.news",
		"recipients.all -> local.some",
		"recipients.all -> message.news to",
		"recipients.crew -> recipients.all include",
		"recipients.crew -> message.late to",
		"recipients.out -> recipients.all exclude",
		"message.news -> message.late",
		"message.news -> message.late first",
		"guard.one -> message.late limits",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGraphDoesNotDependOnTheOrderOfFiles(t *testing.T) {
	parts := map[string]string{
		"a": "gateway \"simulator\" {}\n\nlocals {\n  x = local.y\n  y = 1\n}\n",
		"b": "recipients \"r\" {\n  numbers = [\"+1 202 555 0143\"]\n}\n",
		"c": "message \"m\" {\n  to   = [recipients.r]\n  text = \"${local.x}\"\n}\n",
	}
	one := graphed(t, map[string]string{"1.sms.hcl": parts["a"], "2.sms.hcl": parts["b"], "3.sms.hcl": parts["c"]})
	for range 5 {
		other := graphed(t, map[string]string{"1.sms.hcl": parts["c"], "2.sms.hcl": parts["a"], "3.sms.hcl": parts["b"]})
		if !slices.Equal(one, other) {
			t.Fatal(cmp.Diff(one, other))
		}
	}
}
