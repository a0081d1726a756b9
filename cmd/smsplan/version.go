package main

import (
	"context"
	"runtime"
	"strconv"

	"github.com/urfave/cli/v3"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/plan"
	"github.com/smsplan/smsplan/internal/render"
	"github.com/smsplan/smsplan/internal/state"
	"github.com/smsplan/smsplan/internal/zone"
)

// version is of the program.
const version = "0.1.0"

func (p *program) versionCommand() *cli.Command {
	var json bool
	return p.leaf(&cli.Command{
		Name:  "version",
		Usage: "show the versions of the program, of the phone metadata, of the time zones and of the formats",
		Flags: []cli.Flag{jsonFlag(&json)},
	}, 0, func(context.Context, []string) error { return p.showVersion(json) })
}

func (p *program) showVersion(json bool) error {
	v := render.Versions{
		Format:        render.FormatVersion,
		Version:       version,
		Platform:      runtime.GOOS + "_" + runtime.GOARCH,
		PhoneMetadata: phone.MetadataVersion(),
		TimeZones:     zone.Version(),
		Formats:       map[string]string{"json": render.FormatVersion, "plan": plan.Format, "state": strconv.Itoa(state.Format)},
	}
	if json {
		return render.VersionJSON(p.stdout, v)
	}
	p.print("smsplan %s on %s\nphone metadata %s\ntime zones %s\n", v.Version, v.Platform, v.PhoneMetadata, v.TimeZones)
	p.print("formats: saved plans %s, states %s, JSON %s\n", v.Formats["plan"], v.Formats["state"], v.Formats["json"])
	return nil
}

func jsonFlag(into *bool) cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "write JSON", Destination: into}
}
