package render

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/plan"
)

// HeldCSV writes a row for each recipient who is held, and why: RFC 4180, with a row of names first. Numbers are masked unless the style
// shows them. A cell that a spreadsheet would run as a formula begins with an apostrophe instead. The plan must list its held rows.
func HeldCSV(w io.Writer, p *plan.Plan, s Style) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write([]string{"message", "reason", "file", "line", "number", "detail"}); err != nil {
		return err
	}
	for i := range p.Messages {
		for row := range p.Messages[i].ListedRows() {
			cells := []string{p.Messages[i].Address, row.Reason, row.File, "", "", row.Detail}
			if row.Line > 0 {
				cells[3] = strconv.Itoa(row.Line)
			}
			if !row.Number.IsZero() {
				cells[4] = row.Number.String()
				if s.Numbers {
					cells[4] = row.Number.International()
				}
			}
			for k := range cells {
				cells[k] = harmless(cells[k])
			}
			if err := c.Write(cells); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// harmless makes a cell one that no spreadsheet takes for a formula.
func harmless(cell string) string {
	cell = Clean(cell)
	if start := strings.TrimLeft(cell, ` "'`); start != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(start)[0]) {
		return "'" + cell
	}
	return cell
}
