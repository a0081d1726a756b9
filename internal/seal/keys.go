package seal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// ErrNoMatch says that something was sealed for other keys.
var ErrNoMatch = errors.New("it is encrypted to other keys")

// ErrPassphrase says that a passphrase does not open a file of keys.
var ErrPassphrase = errors.New("the passphrase is not that of the file")

// maxKeys is the size of a file of keys, at most.
const maxKeys = 1 << 20

// Keys are secret keys. They are printed as nothing.
type Keys struct{ identities []age.Identity }

func (k Keys) String() string { return "secret keys" }

// GoString leaves the keys out.
func (k Keys) GoString() string { return k.String() }

// Len counts the keys.
func (k *Keys) Len() int { return len(k.identities) }

// Add adds the keys that a file has: one a line, beside comments, as age-keygen writes them.
func (k *Keys) Add(file []byte) error {
	if len(file) > maxKeys {
		return errors.New("is too large for a file of keys")
	}
	var lines strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(string(file), "\ufeff")) {
		lines.WriteString(strings.TrimSpace(line) + "\n")
	}
	text := lines.String()
	switch {
	case Locked(file):
		return errors.New("is protected by a passphrase")
	case strings.Contains(text, "PRIVATE KEY-----"):
		return errors.New("has a key of another kind: smsplan opens plans with keys that age-keygen makes (" + secretPrefix + "...)")
	case strings.Contains(text, "AGE-PLUGIN-"):
		return errors.New("has a key that another program holds, and smsplan runs none: use one that age-keygen makes (" + secretPrefix + "...)")
	case !LooksSecret(text):
		return errors.New("has no secret key of age (" + secretPrefix + "...), as age-keygen makes it")
	}
	found, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil { // which may quote a key
		return errors.New("has a line that is neither a comment nor a whole secret key of age (" + secretPrefix + "...)")
	}
	k.identities = append(k.identities, found...)
	return nil
}

// Locked reports whether a file of keys is protected by a passphrase.
func Locked(file []byte) bool {
	start := bytes.TrimLeft(file, " \t\r\n")
	return bytes.HasPrefix(start, []byte("age-encryption.org/")) || bytes.HasPrefix(start, []byte(armor.Header))
}

// Unlock gives the file of keys that is behind a passphrase. It takes a second or so, as is meant. It gives [ErrPassphrase] for
// another passphrase.
func Unlock(file []byte, passphrase string) ([]byte, error) {
	in := bufio.NewReader(bytes.NewReader(bytes.TrimLeft(file, " \t\r\n")))
	var source io.Reader = in
	if start, _ := in.Peek(len(armor.Header)); string(start) == armor.Header {
		source = armor.NewReader(in)
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil { // an empty one
		return nil, ErrPassphrase
	}
	opened, err := age.Decrypt(source, identity)
	if other := (*age.NoIdentityMatchError)(nil); errors.As(err, &other) && slices.Contains(other.StanzaTypes, "scrypt") {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, errors.New("is damaged, or not protected by a passphrase but by another key")
	}
	keys, err := io.ReadAll(io.LimitReader(opened, maxKeys+1))
	if err != nil {
		return nil, errors.New("is damaged")
	}
	return keys, nil
}

// Open gives what was sealed, and its size. It reads no more than it is asked for, and gives nothing that was changed: a read of
// that is an error. It gives [ErrNoMatch] where none of the keys is among those that it was sealed for.
func (k *Keys) Open(sealed io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if len(k.identities) == 0 {
		return nil, 0, ErrNoMatch
	}
	opened, n, err := age.DecryptReaderAt(sealed, size, k.identities...)
	if other := (*age.NoIdentityMatchError)(nil); errors.As(err, &other) {
		return nil, 0, ErrNoMatch
	}
	return opened, n, err
}
