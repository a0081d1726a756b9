package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// key is one that a kind of fault takes.
type key struct {
	FaultKey
	needed bool
	read   func(text string) (value, error)
}

func (k key) String() string { return k.Name + "=" + k.Form }

// value is what a key was given: its text, and what that means to a key of its sort.
type value struct {
	text    string
	number  int
	credits float64
	wait    time.Duration
}

// needed is for a key whose absence leaves nothing to do.
func needed(k key) key {
	k.needed = true
	return k
}

func numberKey(name, usual, text string) key {
	return key{FaultKey: FaultKey{name, "N", usual, text}, read: func(s string) (value, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return value{}, errors.New("give a number from 1 up")
		}
		return value{text: s, number: n}, nil
	}}
}

// codeKey takes numbers that are written with three digits.
func codeKey(name string, low, high int, usual, text string) key {
	form := fmt.Sprintf("%03d..%03d", low, high)
	return key{FaultKey: FaultKey{name, form, usual, text}, read: func(s string) (value, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return value{}, fmt.Errorf("give a number from %03d to %03d", low, high)
		}
		return value{text: s, number: n}, nil
	}}
}

// wordKey takes one of the choices.
func wordKey(name, usual, text string, choices ...string) key {
	form := strings.Join(choices, "|")
	return key{FaultKey: FaultKey{name, form, usual, text}, read: func(s string) (value, error) {
		if !slices.Contains(choices, s) {
			return value{}, errors.New("give " + strings.Join(choices, " or "))
		}
		return value{text: s}, nil
	}}
}

func flagKey(name, text string) key { return wordKey(name, "", text, "true", "false") }

func durationKey(name, usual, text string) key {
	return key{FaultKey: FaultKey{name, "DURATION", usual, text}, read: func(s string) (value, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return value{}, errors.New("give a duration above nought, such as 2s or 15m")
		}
		return value{text: s, wait: d}, nil
	}}
}

func creditKey(name, usual, text string) key {
	return key{FaultKey: FaultKey{name, "CREDITS", usual, text}, read: func(s string) (value, error) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= 1e12) {
			return value{}, errors.New("give a number of credits, such as 2.5")
		}
		return value{text: s, credits: n}, nil
	}}
}

func digitsKey(name, usual, text string) key {
	return textKey(name, "DIGITS", usual, text, `[0-9]+`, "give digits, such as 12025550143")
}

// textKey takes what the pattern matches as a whole.
func textKey(name, form, usual, text, pattern, remedy string) key {
	whole := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
	return key{FaultKey: FaultKey{name, form, usual, text}, read: func(s string) (value, error) {
		if !whole.MatchString(s) {
			return value{}, errors.New(remedy)
		}
		return value{text: s}, nil
	}}
}

// anyOperation stands for every operation whose requests a fault may count.
const anyOperation = "any"

func operationKey(usual string, may []string) key {
	choices := append(slices.Clone(may), anyOperation)
	return key{FaultKey: FaultKey{"op", "NAME", usual, ""}, read: func(s string) (value, error) {
		if s = strings.ToLower(s); !slices.Contains(choices, s) {
			return value{}, errors.New("give one of " + strings.Join(choices, ", "))
		}
		return value{text: s}, nil
	}}
}
