package render

import (
	"bytes"
	"io"
)

// Lined makes what is written to it safe to print, line by line, before it goes on to w: a line of JSON means what it did
// before, and what else is written shows escapes. [Lined.Flush] writes a last line that has no end.
type Lined struct {
	w    io.Writer
	json bool
	rest []byte // of a line whose end is still to come
}

// NewLined makes a Lined for JSON Lines or for other text.
func NewLined(w io.Writer, json bool) *Lined { return &Lined{w: w, json: json} }

// Write takes all of p, and hands on the lines that it ends.
func (l *Lined) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	if _, err := l.w.Write(l.safe(l.rest[:end])); err != nil {
		return 0, err
	}
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return len(p), nil
}

// Flush writes what has come of the last line.
func (l *Lined) Flush() error {
	_, err := l.w.Write(l.safe(l.rest))
	l.rest = nil
	return err
}

func (l *Lined) safe(text []byte) []byte {
	if l.json {
		return inertJSON(text)
	}
	return []byte(Lines(string(text)))
}
