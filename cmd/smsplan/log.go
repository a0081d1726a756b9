package main

import (
	"fmt"
	"log/slog"

	"github.com/smsplan/smsplan/internal/render"
)

// logger makes the log that SMSPLAN_LOG asks for: on standard error, and in the stream of JSON where there is one.
func (p *program) logger() (*slog.Logger, error) {
	off := slog.New(slog.DiscardHandler)
	level := slog.LevelInfo
	switch value := p.getenv("SMSPLAN_LOG"); value {
	case "":
		return off, nil
	case "info":
	case "debug":
		level = slog.LevelDebug
	default:
		text := "this value of SMSPLAN_LOG is not known"
		if isWord(value) {
			text = fmt.Sprintf("SMSPLAN_LOG=%s is not known", value)
		}
		return off, fmt.Errorf("%s\nIt is info, for the steps of a command, or debug, for each exchange with the gateway too; without it there is no log", text)
	}
	return slog.New(render.NewLog(p.stderr, level, func() *render.Stream { return p.stream })), nil
}
