package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// anchor is what a checkout remembers of the state that it saw last.
type anchor struct {
	Lineage string `json:"lineage"`
	Serial  int64  `json:"serial"`
	Head    string `json:"head"`
	Host    string `json:"host"`
	Path    string `json:"path"`
}

// readAnchor gives nil where there is none.
func readAnchor(path string) (*anchor, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	var a anchor
	// A key that is misspelt would leave its value out.
	r := json.NewDecoder(bytes.NewReader(b))
	r.DisallowUnknownFields()
	err = r.Decode(&a)
	if err == nil && r.Decode(&struct{}{}) != io.EOF {
		err = errors.New("something follows its end")
	}
	if err != nil {
		return nil, &MismatchError{path, fmt.Sprintf("is the anchor of this checkout, and damaged (%v)", err),
			"delete it, then run `smsplan state adopt`"}
	}
	return &a, nil
}

func (s Settings) anchor() (*anchor, error) { return readAnchor(s.Anchor) }

// writeAnchor remembers the state at statePath. It does nothing where path is "".
func writeAnchor(path, statePath string, id Identity) error {
	if path == "" {
		return nil
	}
	host, err := hostID()
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	b, err := json.MarshalIndent(anchor{id.Lineage, id.Serial, id.Head.String(), host, statePath}, "", "  ")
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	if err := replaceFile(path, append(b, '\n')); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	return nil
}

// replaceFile writes a file of mode 0600 so that at every moment the old content or the new is there whole.
func replaceFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// hostID tells hosts apart. The machine id is digested: it is not meant to be published.
func hostID() (string, error) {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
		return "", err // with its name, this host would pass for another one
	}
	name := strings.TrimSpace(string(id))
	if name == "" {
		if name, err = os.Hostname(); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte("smsplan host\n" + name))
	return hex.EncodeToString(sum[:16]), nil
}

// resolve gives the path that a state has for everyone, whatever symbolic links led to it. It need not be there, nor need the
// directories above it.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if dir := filepath.Dir(path); errors.Is(err, os.ErrNotExist) && dir != path {
		dir, err = resolve(dir)
		return filepath.Join(dir, filepath.Base(path)), err
	}
	return real, err
}
