package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
)

// ReadSettings reads the JSON of [Settings]. Keys that it does not know, keys that stand twice and values that cannot be are
// errors that name the path of the key and say what to write.
func ReadSettings(in io.Reader) (Settings, error) {
	s, err := parseSettings(in)
	if err == nil {
		err = s.clone().check()
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings of the simulator: %w", err)
	}
	return s, nil
}

// ConfigureFrom is [Simulator.Configure] with the JSON of settings, in which passwords that stay may be missing.
func (s *Simulator) ConfigureFrom(in io.Reader) error {
	next, err := parseSettings(in)
	if err != nil {
		return fmt.Errorf("settings of the simulator: %w", err)
	}
	return s.Configure(next)
}

// parseSettings reads settings, and checks them no further.
func parseSettings(in io.Reader) (Settings, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	r := settingsReader{json.NewDecoder(bytes.NewReader(text))}
	if err = r.settings(&s); err == nil {
		if _, err = r.next(); err == nil {
			err = errors.New("something follows the settings; a file has one JSON object")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(text[:min(syntax.Offset, int64(len(text)))], []byte("\n"))
		err = fmt.Errorf("line %d: not JSON: %w", line, err)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the settings end early; write one JSON object")
	}
	return s, err
}

// settingsReader goes through the document token by token, because encoding/json does not say where a mistake stands.
type settingsReader struct{ tokens *json.Decoder }

// members are the keys that an object may have; each reads its value, which stands at the path.
type members map[string]func(path string) error

func (r settingsReader) settings(s *Settings) error {
	return r.object("", members{
		"accounts": func(at string) error {
			return r.array(at, func(at string) error {
				var a Account
				err := r.account(at, &a)
				s.Accounts = append(s.Accounts, a)
				return err
			})
		},
		"prices":     func(at string) error { return r.amounts(at, &s.Prices) },
		"blocked":    func(at string) error { return r.texts(at, &s.Blocked) },
		"opted_out":  func(at string) error { return r.texts(at, &s.OptedOut) },
		"delisted":   func(at string) error { return r.texts(at, &s.Delisted) },
		"unroutable": func(at string) error { return r.texts(at, &s.Unroutable) },
		"vouchers":   func(at string) error { return r.amounts(at, &s.Vouchers) },
	})
}

func (r settingsReader) account(at string, a *Account) error {
	hasCredit := false
	err := r.object(at, members{
		"user":     func(at string) error { return r.text(at, &a.User) },
		"password": func(at string) error { return r.text(at, &a.Password) },
		"api_ids":  func(at string) error { return r.texts(at, &a.APIIDs) },
		"credit": func(at string) error {
			hasCredit = true
			return r.amount(at, &a.Credit)
		},
		"networks": func(at string) error {
			return r.array(at, func(at string) error { return r.network(at, a) })
		},
		"senders":        func(at string) error { return r.texts(at, &a.Senders) },
		"default_prefix": func(at string) error { return r.text(at, &a.DefaultPrefix) },
		"segments":       func(at string) error { return r.whole(at, &a.Segments) },
		"limit":          func(at string) error { return r.whole(at, &a.Limit) },
		"frozen": func(at string) (err error) {
			a.Frozen, err = scalar[bool](r, at, "true or false")
			return err
		},
		"callback": func(at string) error {
			a.Callback = &Callback{}
			return r.callback(at, a.Callback)
		},
	})
	if err == nil && !hasCredit {
		err = fmt.Errorf("%s.credit: it is missing; write the credits that the account has, such as 1000000", at)
	}
	return err
}

func (r settingsReader) callback(at string, c *Callback) error {
	return r.object(at, members{
		"url":      func(at string) error { return r.text(at, &c.URL) },
		"form":     func(at string) error { return r.text(at, &c.Form) },
		"user":     func(at string) error { return r.text(at, &c.User) },
		"password": func(at string) error { return r.text(at, &c.Password) },
		"mask":     func(at string) error { return r.text(at, &c.Mask) },
	})
}

func (r settingsReader) network(at string, a *Account) error {
	var text string
	if err := r.text(at, &text); err != nil {
		return err
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%s: write a network, such as \"127.0.0.0/8\" or, for one address, \"127.0.0.1/32\"", at)
	}
	a.Networks = append(a.Networks, network)
	return nil
}

func (r settingsReader) next() (json.Token, error) { return r.tokens.Token() }

func (r settingsReader) object(at string, known members) error {
	read := map[string]bool{}
	return r.each(at, func(key string) error {
		path := strings.TrimPrefix(at+"."+key, ".")
		member := known[key]
		switch {
		case member == nil:
			return fmt.Errorf("%s: there is no such key; there are %s", path, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case read[key]:
			return fmt.Errorf("%s: the key stands twice", path)
		}
		read[key] = true
		return member(path)
	})
}

// each calls member for each key of an object, to read its value.
func (r settingsReader) each(at string, member func(key string) error) error {
	if token, err := r.next(); err != nil {
		return err
	} else if token != json.Delim('{') {
		return wanted(at, "an object, {...},")
	}
	for {
		token, err := r.next()
		if err != nil || token == json.Delim('}') {
			return err
		}
		if err := member(token.(string)); err != nil {
			return err
		}
	}
}

func (r settingsReader) array(at string, element func(path string) error) error {
	if token, err := r.next(); err != nil {
		return err
	} else if token != json.Delim('[') {
		return wanted(at, "an array, [...],")
	}
	for i := 0; r.tokens.More(); i++ {
		if err := element(fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	_, err := r.next()
	return err
}

func (r settingsReader) texts(at string, list *[]string) error {
	return r.array(at, func(at string) error {
		var text string
		err := r.text(at, &text)
		*list = append(*list, text)
		return err
	})
}

func (r settingsReader) amounts(at string, list *map[string]float64) error {
	*list = map[string]float64{}
	return r.each(at, func(key string) error {
		if _, has := (*list)[key]; has {
			return fmt.Errorf("%s: a key stands twice", at)
		}
		var n float64
		err := r.amount(at, &n)
		(*list)[key] = n
		return err
	})
}

func (r settingsReader) text(at string, to *string) (err error) {
	*to, err = scalar[string](r, at, "a text in quotes")
	return err
}

func (r settingsReader) amount(at string, to *float64) (err error) {
	*to, err = scalar[float64](r, at, "a number")
	return err
}

func (r settingsReader) whole(at string, to *int) error {
	n, err := scalar[float64](r, at, "a whole number")
	if err == nil && (n != math.Trunc(n) || math.Abs(n) > math.MaxInt32) {
		err = wanted(at, "a whole number")
	}
	*to = int(n)
	return err
}

func scalar[T string | float64 | bool](r settingsReader, at, what string) (T, error) {
	token, err := r.next()
	value, ok := token.(T)
	if err == nil && !ok {
		err = wanted(at, what)
	}
	return value, err
}

func wanted(at, what string) error {
	if at == "" {
		at = "the beginning"
	}
	return fmt.Errorf("%s: %s is wanted", at, what)
}
