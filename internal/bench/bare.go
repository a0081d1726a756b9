package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nyaruka/phonenumbers"
)

// bare does the least that anybody does with a file of people: it reads the rows, and writes their numbers as E.164 where
// they are valid. It is what reading and planning are measured by.
func bare(_ context.Context, args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return err
	}
	valid := 0
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		number, err := phonenumbers.Parse(row[numberColumn], "")
		if err == nil && phonenumbers.IsValidNumber(number) && phonenumbers.Format(number, phonenumbers.E164) != "" {
			valid++
		}
	}
	fmt.Println(valid, "valid numbers")
	return nil
}
