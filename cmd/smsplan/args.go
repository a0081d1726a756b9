package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"
)

// withEnvironment inserts the arguments of SMSPLAN_CLI_ARGS and of SMSPLAN_CLI_ARGS_command (state_list for "state list")
// right after the name of the command, so that what is typed comes later and counts.
func withEnvironment(root *cli.Command, args []string, getenv func(string) string) ([]string, error) {
	at, path := commandIn(root, args)
	if at == 0 {
		return args, nil
	}
	var more []string
	for _, name := range []string{"SMSPLAN_CLI_ARGS", "SMSPLAN_CLI_ARGS_" + strings.Join(path, "_")} {
		words, err := split(getenv(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		more = append(more, words...)
	}
	return append(append(append([]string{}, args[:at]...), more...), args[at:]...), nil
}

// commandIn gives the index after the name of the command that the arguments call, and the name's words; 0 where they
// call none.
func commandIn(root *cli.Command, args []string) (int, []string) {
	cmd, at := root, 0
	var path []string
	for i := 1; i < len(args); i++ {
		name := strings.TrimLeft(args[i], "-")
		if name == "chdir" && args[i] != name {
			i++ // its value
			continue
		}
		if strings.HasPrefix(args[i], "-") {
			continue
		}
		sub := cmd.Command(args[i])
		if sub == nil {
			break
		}
		cmd, at, path = sub, i+1, append(path, args[i])
	}
	return at, path
}

// split cuts a line into words as a shell does: at white space, with quotes and backslashes.
func split(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, r := range line {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' && r != '$' && r != '`' {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("a quotation has no end")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
