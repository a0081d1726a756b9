package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

// Forms in which commands write what they found. Not every command has all of them.
const (
	formatHuman    = "human"
	formatJSON     = "json"
	formatMarkdown = "markdown"
	formatHTML     = "html"
	formatCSV      = "csv"
	formatGitLab   = "gitlab"
	formatSARIF    = "sarif"
)

// formed is -format, and -json as the same as -format=json.
type formed struct {
	known []string
	given string
	json  bool
}

func (f *formed) flags(usage string) []cli.Flag {
	return []cli.Flag{
		jsonFlag(&f.json),
		&cli.StringFlag{Name: "format", Usage: usage + ", as `FORMAT`: " + strings.Join(f.known, ", "), Destination: &f.given},
	}
}

// form gives the one that was asked for.
func (f *formed) form() (string, error) {
	switch {
	case f.given == "" && f.json:
		return formatJSON, nil
	case f.given == "":
		return formatHuman, nil
	case !slices.Contains(f.known, f.given):
		return "", fmt.Errorf("-format: there is no such format; it is one of %s", strings.Join(f.known, ", "))
	case f.json && f.given != formatJSON:
		return "", fmt.Errorf("-json and -format=%s exclude each other: one of them is enough", f.given)
	}
	return f.given, nil
}
