// Package seal closes what only those with a key may read, and opens it. The format is age's (age-encryption.org/v1), and the keys
// are those of age-keygen. No error names a key or a part of one.
package seal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

const (
	publicPrefix = "age1"
	hybridPrefix = "age1pq1"
	secretPrefix = "AGE-SECRET-KEY-"
)

// Recipients are the public keys that something is sealed for. One of the secret keys opens it.
type Recipients struct {
	written []string
	keys    []age.Recipient
}

// Add adds a public key, unless it is among them already.
func (r *Recipients) Add(public string) error {
	public = strings.TrimSpace(public)
	key, err := parsePublic(public)
	if err != nil {
		return err
	}
	if slices.Contains(r.written, public) {
		return nil
	}
	// Who keeps what was sealed until there are quantum computers would use the weaker of the keys: age takes no such mixture.
	if hybrid := func(one string) bool { return strings.HasPrefix(one, hybridPrefix) }; len(r.written) > 0 && hybrid(public) != hybrid(r.written[0]) {
		return errors.New("keys that withstand quantum computers (" + hybridPrefix + "...) and keys that do not cannot be mixed")
	}
	r.written, r.keys = append(r.written, public), append(r.keys, key)
	return nil
}

func parsePublic(public string) (key age.Recipient, err error) {
	switch {
	case LooksSecret(public):
		return nil, errors.New("this is a secret key, and whoever has it opens the plan: give the public key (age1...) that age-keygen -y prints for it")
	case strings.HasPrefix(public, "ssh-"):
		return nil, errors.New("this is a key of SSH: make one for plans, with age-keygen, and give its public key (age1...)")
	case strings.HasPrefix(public, hybridPrefix):
		key, err = age.ParseHybridRecipient(public)
	case strings.HasPrefix(public, publicPrefix):
		key, err = age.ParseX25519Recipient(public)
	default:
		return nil, errors.New("this is no public key of age: one begins with age1, and age-keygen makes it")
	}
	if err != nil {
		return nil, errors.New("this is no public key of age, or one that was mistyped or cut short: age-keygen -y prints it again")
	}
	return key, nil
}

// LooksSecret reports whether a text is to be shown nowhere, because it is a secret key, or was meant to be one.
func LooksSecret(text string) bool {
	return strings.Contains(strings.ToUpper(text), secretPrefix)
}

// Len counts the keys.
func (r *Recipients) Len() int { return len(r.keys) }

// Seal gives a writer for what is to be sealed; closing it ends what is written to w, and leaves w open.
func (r *Recipients) Seal(w io.Writer) (io.WriteCloser, error) {
	sealed, err := age.Encrypt(w, r.keys...)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return sealed, nil
}
