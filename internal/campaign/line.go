package main

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// line is what a campaign says of itself at its end:
//
//	campaign: R1 | random kill -9 with gateway faults | 1,000 kills | seeds 1 to 20 | 0 sent twice, 0 lost, 0 skipped silently
type line struct {
	id, what, count, seeds string
	findings               string // and whatever else it counts
}

// broken are the findings that break the promise, whatever the test that printed them made of it.
var broken = []string{"sent twice", "lost", "skipped silently"}

func parseLine(text string) (l line, ok bool) {
	text, ok = strings.CutPrefix(strings.TrimSpace(text), "campaign: ")
	if !ok {
		return line{}, false
	}
	fields := strings.Split(text, " | ")
	if len(fields) < 5 {
		return line{}, false
	}
	return line{fields[0], fields[1], fields[2], fields[3], strings.Join(fields[4:], "; ")}, true
}

// found reports whether the line counts anything but zero under these words.
func (l line) found(words string) bool {
	for part := range strings.SplitSeq(strings.ReplaceAll(l.findings, "; ", ", "), ", ") {
		number, of, ok := strings.Cut(part, " ")
		if !ok || !strings.HasPrefix(of, words) {
			continue
		}
		if n, err := strconv.Atoi(strings.ReplaceAll(number, ",", "")); err == nil && n > 0 {
			return true
		}
	}
	return false
}

// eachLine calls do for each line, of whatever length, until there are no more.
func eachLine(from io.Reader, do func(string)) {
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			do(text)
		}
		if err != nil {
			return
		}
	}
}
