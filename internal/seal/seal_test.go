package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

func pair(t *testing.T) (secret, public string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity.String(), identity.Recipient().String()
}

func sealedFor(t *testing.T, text string, public ...string) []byte {
	t.Helper()
	var to Recipients
	for _, key := range public {
		if err := to.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	w, err := to.Seal(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(sealed []byte, keys *Keys) (string, error) {
	r, n, err := keys.Open(bytes.NewReader(sealed), int64(len(sealed)))
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.NewSectionReader(r, 0, n))
	return string(b), err
}

func keysIn(t *testing.T, files ...string) *Keys {
	t.Helper()
	keys := &Keys{}
	for _, file := range files {
		if err := keys.Add([]byte(file)); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func TestWhatIsSealedOpensWithEachOfItsKeysAndNoOther(t *testing.T) {
	s1, p1 := pair(t)
	s2, p2 := pair(t)
	s3, _ := pair(t)
	text := strings.Repeat("what nobody else may read ", 9000) // several chunks of age's
	sealed := sealedFor(t, text, p1, p2, p1)
	for name, tt := range map[string]struct {
		keys *Keys
		err  error
	}{
		"first":                     {keysIn(t, s1), nil},
		"second":                    {keysIn(t, s2), nil},
		"as age-keygen writes":      {keysIn(t, "# created: 2026-03-02T12:00:00Z\n# public key: "+p1+"\n"+s1+"\n"), nil},
		"as Windows writes":         {keysIn(t, "\ufeff# mine\r\n  "+s1+"\r\n"), nil},
		"behind another":            {keysIn(t, s3, s2), nil},
		"two in a file":             {keysIn(t, s3+"\n"+s1), nil},
		"another":                   {keysIn(t, s3), ErrNoMatch},
		"none":                      {&Keys{}, ErrNoMatch},
		"for others, in one's hand": {keysIn(t, s3, s3), ErrNoMatch},
	} {
		got, err := opened(sealed, tt.keys)
		if !errors.Is(err, tt.err) || err == nil && got != text {
			t.Errorf("%s: %d octets, %v; want %v", name, len(got), err, tt.err)
		}
	}
	if got := strings.Count(string(sealed), "-> X25519"); got != 2 {
		t.Errorf("it is sealed to %d keys, and one was given twice", got)
	}
}

func TestWhatWasSealedAndChangedIsRefused(t *testing.T) {
	s, p := pair(t)
	text := strings.Repeat("0123456789abcdef", 5000)
	sealed := sealedFor(t, text, p)
	for at := 0; at < len(sealed); at += 501 {
		b := bytes.Clone(sealed)
		b[at] ^= 4
		if _, err := opened(b, keysIn(t, s)); err == nil {
			t.Errorf("with octet %d changed it opens", at)
		}
		if _, err := opened(sealed[:at], keysIn(t, s)); err == nil {
			t.Errorf("cut to %d octets it opens", at)
		}
	}
}

func TestKeysThatWithstandQuantumComputersAreNotMixedWithOthers(t *testing.T) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid := identity.Recipient().String()
	if got, err := opened(sealedFor(t, "text", hybrid), keysIn(t, identity.String())); err != nil || got != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	_, public := pair(t)
	for _, order := range [][]string{{hybrid, public}, {public, hybrid}} {
		var to Recipients
		if err := errors.Join(to.Add(order[0]), to.Add(order[1])); err == nil || !strings.Contains(err.Error(), "cannot be mixed") {
			t.Errorf("%v", err)
		}
	}
}

func TestNothingThatIsPrintedHasAKey(t *testing.T) {
	secret, public := pair(t)
	bare := strings.TrimPrefix(secret, secretPrefix)
	cut := secret[:len(secret)-9]
	var to Recipients
	keys := keysIn(t, secret)
	shown := fmt.Sprintf("%v %+v %#v %s %v", keys, keys, keys, *keys, struct{ k *Keys }{keys})
	for _, wrong := range []string{secret, strings.ToLower(secret), " " + secret + "\n", "", "age1", public[:30], public + "q", "ssh-rsa AAAA", "AGE-PLUGIN-YUBIKEY-1ABC"} {
		err := to.Add(wrong)
		if err == nil {
			t.Errorf("%q is taken for a public key", wrong)
		}
		shown += fmt.Sprint(err)
	}
	for _, wrong := range []string{"", "# nothing", public, cut, secret + "Q", "x" + secret, "-----BEGIN OPENSSH PRIVATE KEY-----\n" + bare, "AGE-PLUGIN-YUBIKEY-1" + bare, secret + "\n" + cut} {
		err := keys.Add([]byte(wrong))
		if err == nil {
			t.Errorf("%q is taken for keys", wrong)
		}
		shown += fmt.Sprint(err)
	}
	for n := 0; n+12 <= len(bare); n++ {
		if strings.Contains(strings.ToUpper(shown), bare[n:n+12]) {
			t.Fatalf("part of a key is shown: %s", shown)
		}
	}
}

func TestAFileOfKeysBehindAPassphraseOpensWithThatAlone(t *testing.T) {
	secret, public := pair(t)
	lock := func(armored bool) []byte {
		var b bytes.Buffer
		var w io.Writer = &b
		var closing func() error
		if armored {
			a := armor.NewWriter(&b)
			w, closing = a, a.Close
		}
		key, err := age.NewScryptRecipient("correct horse")
		if err != nil {
			t.Fatal(err)
		}
		key.SetWorkFactor(10)
		e, err := age.Encrypt(w, key)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(e, secret)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if closing != nil {
			if err := closing(); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	for name, file := range map[string][]byte{"binary": lock(false), "armored": lock(true)} {
		if !Locked(file) {
			t.Errorf("%s: it is not known as locked", name)
		}
		if err := new(Keys).Add(file); err == nil || !strings.Contains(err.Error(), "passphrase") {
			t.Errorf("%s: added as it is: %v", name, err)
		}
		for _, wrong := range []string{"", "correct horses"} {
			if _, err := Unlock(file, wrong); !errors.Is(err, ErrPassphrase) {
				t.Errorf("%s: %v", name, err)
			}
		}
		keys, err := Unlock(file, "correct horse")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := opened(sealedFor(t, "text", public), keysIn(t, string(keys))); err != nil || got != "text" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Unlock(sealedFor(t, "text", public), "correct horse"); err == nil || errors.Is(err, ErrPassphrase) {
		t.Errorf("of a file that is encrypted to a key: %v", err)
	}
	if Locked([]byte(secret)) || Locked(nil) {
		t.Error("what is not protected is known as locked")
	}
}
