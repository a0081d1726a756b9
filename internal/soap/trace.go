package soap

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// trace tells the log of an exchange. What the gateway said is in it as codes and counts only: its texts may repeat numbers.
func (c *Client) trace(ctx context.Context, r *request, took time.Duration, lines []string, e *Error) {
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attributes := []slog.Attr{slog.String("method", r.op), slog.Duration("took", took.Round(100*time.Microsecond))}
	if r.climsgid != "" {
		attributes = append(attributes, slog.String("climsgid", r.climsgid))
	}
	if r.people > 0 {
		attributes = append(attributes, slog.Int("people", r.people))
	}
	switch {
	case e == nil:
		attributes = append(attributes, slog.Int("http", http.StatusOK))
	case e.HTTP != 0:
		attributes = append(attributes, slog.Int("http", e.HTTP))
	}
	if e != nil {
		attributes = append(attributes, slog.String("failed", e.Reach.String()), slog.Bool("fault", e.Fault != ""))
	}
	errors := 0
	var first Code
	for _, text := range lines {
		l := parseLine(text)
		if l.kind != errLine && l.kind != vague {
			continue
		}
		if errors++; first == 0 {
			first = l.code
		}
	}
	if errors > 0 {
		attributes = append(attributes, slog.Int("errors", errors))
	}
	if first != 0 {
		attributes = append(attributes, slog.String("code", first.String()))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "exchange with the gateway", attributes...)
}
