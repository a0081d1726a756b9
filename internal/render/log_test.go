package render

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLogIsCleanAndTheSameInTheStream(t *testing.T) {
	var text, lines bytes.Buffer
	var stream *Stream
	log := slog.New(NewLog(&text, slog.LevelInfo, func() *Stream { return stream }))
	log.Info("before the stream")
	stream = NewStream(&lines, clock, "0.1.0")
	log.Debug("below the level")
	log.With("a", "b\u202e\x1b[31m##[error]").WithGroup("g").Info("all", "took", 1500*time.Millisecond, "n", 2)

	if got := text.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "g.took=1.5s") || strings.ContainsAny(got, "\u202e\x1b") || strings.Contains(got, "##[error") {
		t.Errorf("the log is %q", got)
	}
	_, got, _ := strings.Cut(lines.String(), "\n")
	want := `{"@level":"info","@message":"all","@timestamp":"2026-03-02T12:00:00Z","type":"log","attributes":{"a":"b\\u202e\\x1b[31m#\\u0023[error]","g.n":2,"g.took":1.5}}` + "\n"
	if got != want {
		t.Errorf("the stream has\n%s, not\n%s", got, want)
	}
}
