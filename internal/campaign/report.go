package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// surroundings says what was tested, and on what.
func surroundings(ctx context.Context, root string) string {
	// After an interrupt the commands below are still worth their moment.
	ctx = context.WithoutCancel(ctx)
	said := func(name string, args ...string) string {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(out))
	}
	commit := said("git", "rev-parse", "--short=12", "HEAD")
	if said("git", "status", "--porcelain") != "" {
		commit += " with changes"
	}
	return fmt.Sprintf("Commit %s, %s, %d cores, %s.", commit, runtime.Version(), runtime.NumCPU(), said("uname", "-sr"))
}

// report prints what the jobs found, as Markdown.
func report(out io.Writer, surroundings string, jobs []*job) {
	var campaigns, sabotages []*job
	for _, j := range jobs {
		if j.sabotage == nil {
			campaigns = append(campaigns, j)
		} else {
			sabotages = append(sabotages, j)
		}
	}
	fmt.Fprintf(out, "%s\n", surroundings)
	if len(campaigns) > 0 {
		fmt.Fprint(out, "\n| id | campaign | count | seeds | findings | duration |\n| --- | --- | --- | --- | --- | --- |\n")
	}
	for _, j := range campaigns {
		for _, l := range j.said() {
			row(out, l.id, l.what, l.count, l.seeds, l.findings, duration(j.took))
		}
	}
	if len(sabotages) > 0 {
		fmt.Fprint(out, "\n| sabotage | what is broken | caught by | after | finding |\n| --- | --- | --- | --- | --- |\n")
	}
	for _, j := range sabotages {
		for _, l := range j.said() {
			row(out, j.sabotage.name, j.sabotage.broken, l.id, l.count, l.findings)
		}
	}
}

// said gives the lines of a job, with its error where that is not what they say.
func (j *job) said() []line {
	if len(j.lines) == 0 {
		return []line{{j.campaign.id, j.campaign.what, "-", "-", first(j.err)}}
	}
	lines := append([]line(nil), j.lines...)
	if j.err != nil {
		for i := range lines {
			lines[i].findings += " (" + first(j.err) + ")"
		}
	}
	return lines
}

// first gives the first line of an error, up to where its log is.
func first(err error) string {
	if err == nil {
		return "-"
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text, _, _ = strings.Cut(text, "; all that")
	return text
}

func row(out io.Writer, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.ReplaceAll(c, "\n", " "), "|", `\|`)
	}
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// duration in words for people: 42 s, 3 min 7 s, 2 h 5 min.
func duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
