package render

import (
	"context"
	"io"
	"log/slog"
	"slices"
)

// Log writes what happens inside for whoever looks for a fault: a line of key=value pairs each, and the same in the stream of
// JSON where there is one. It is a [slog.Handler]; values are cleaned.
type Log struct {
	lines  slog.Handler
	stream func() *Stream
	kept   []slog.Attr // of all records
	group  string      // before the names of those to come
}

// NewLog makes a Log. The stream, which may come later than the log, may be nil.
func NewLog(w io.Writer, level slog.Level, stream func() *Stream) *Log {
	return &Log{
		lines: slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindString {
				a.Value = slog.StringValue(Clean(a.Value.String()))
			}
			return a
		}}),
		stream: stream,
	}
}

// Enabled reports whether records of a level are written.
func (l *Log) Enabled(ctx context.Context, level slog.Level) bool { return l.lines.Enabled(ctx, level) }

// Handle writes a record.
func (l *Log) Handle(ctx context.Context, r slog.Record) error {
	l.stream().log(r, l.kept, l.group)
	return l.lines.Handle(ctx, r)
}

// WithAttrs gives a log whose records all have these.
func (l *Log) WithAttrs(list []slog.Attr) slog.Handler {
	with := *l
	with.lines, with.kept = l.lines.WithAttrs(list), slices.Clone(l.kept)
	for _, a := range list {
		a.Key = l.group + a.Key
		with.kept = append(with.kept, a)
	}
	return &with
}

// WithGroup gives a log whose records have the name before those of what they tell.
func (l *Log) WithGroup(name string) slog.Handler {
	with := *l
	with.lines, with.group = l.lines.WithGroup(name), l.group+name+"."
	return &with
}

// log writes a record of the log.
func (s *Stream) log(r slog.Record, kept []slog.Attr, group string) {
	if s == nil {
		return
	}
	attributes := map[string]any{}
	for _, a := range kept {
		attributes[a.Key] = logged(a.Value)
	}
	r.Attrs(func(a slog.Attr) bool {
		attributes[group+a.Key] = logged(a.Value)
		return true
	})
	level := "info"
	if r.Level < slog.LevelInfo {
		level = "debug"
	}
	s.write(level, r.Message, "log", func(l line) any {
		return struct {
			line
			Attributes map[string]any `json:"attributes"`
		}{l, attributes}
	})
}

// logged gives a value of the log for JSON: a duration in seconds.
func logged(v slog.Value) any {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindDuration:
		return v.Duration().Seconds()
	case slog.KindString:
		return Clean(v.String())
	}
	return v.Any()
}
