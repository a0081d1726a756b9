package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// askable says whether there is somebody to ask before a command does something that cannot be undone. instead is the flag
// that makes the question unnecessary.
func (p *program) askable(command, instead string) error {
	if p.asks() {
		return nil
	}
	return fmt.Errorf("%s has nobody to ask: there is no terminal, or input is switched off (-input=false, SMSPLAN_INPUT=0, SMSPLAN_IN_AUTOMATION); %s answers for you", command, instead)
}

// confirm asks, and gives an error where none of the answers comes.
func (p *program) confirm(ctx context.Context, command, question string, answers ...string) error {
	answer, err := p.ask(ctx, "\n"+question+"\n\n  Enter a value: ")
	if err != nil {
		return err
	}
	if !slices.Contains(answers, answer) {
		return &exit{statusDeclined, errors.New(command + " declined; nothing was changed")}
	}
	return nil
}
