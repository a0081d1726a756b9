package render

import (
	"bytes"
	"testing"
)

func TestMarkdownLooksLikeItsGolden(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, broadcast(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.md", b.Bytes())
}
