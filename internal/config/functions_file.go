package config

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// fileFunctions gives the functions that read files, confined.
func fileFunctions(files confinement) []builtin {
	digest := func(newHash func() hash.Hash, encode func([]byte) string) function.Function {
		return textFunction("path", func(path string) (string, error) {
			f, err := files.open(path)
			if err != nil {
				return "", err
			}
			defer f.Close()
			h := newHash()
			if _, err := io.Copy(h, f); err != nil {
				return "", unreadable(path, err)
			}
			return encode(h.Sum(nil)), nil
		})
	}
	return []builtin{
		{name: "file", says: "The text of a file, which is UTF-8.", call: textFunction("path", files.text)},
		{name: "filebase64", says: "The content of a file in Base64.", call: textFunction("path", func(path string) (string, error) {
			content, err := files.read(path)
			return base64.StdEncoding.EncodeToString(content), err
		})},
		{name: "filebase64sha256", says: "The SHA-256 digest of a file in Base64.", call: digest(sha256.New, base64.StdEncoding.EncodeToString)},
		{name: "filebase64sha512", says: "The SHA-512 digest of a file in Base64.", call: digest(sha512.New, base64.StdEncoding.EncodeToString)},
		{name: "fileexists", says: "Whether there is a file.", call: fileExistsFunc(files)},
		{name: "filemd5", says: "The MD5 digest of a file in hexadecimal digits.", call: digest(md5.New, hex.EncodeToString)},
		{name: "fileset", says: "The files below a directory whose names match a pattern, such as \"**/*.csv\".", call: fileSetFunc(files)},
		{name: "filesha1", says: "The SHA-1 digest of a file in hexadecimal digits.", call: digest(sha1.New, hex.EncodeToString)},
		{name: "filesha256", says: "The SHA-256 digest of a file in hexadecimal digits.", call: digest(sha256.New, hex.EncodeToString)},
		{name: "filesha512", says: "The SHA-512 digest of a file in hexadecimal digits.", call: digest(sha512.New, hex.EncodeToString)},
	}
}

// open opens a file that may be read. What is not a regular file would keep it waiting, or never end.
func (c confinement) open(path string) (*snapshot, error) {
	file, err := c.locate(path)
	if err != nil {
		return nil, err
	}
	f, err := file.open()
	if errors.Is(err, errNotRegular) || errors.Is(err, syscall.EISDIR) {
		if about, err := os.Stat(filepath.Join(file.dir, file.below)); err == nil {
			return nil, irregular(path, about.Mode())
		}
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	return f, nil
}

func irregular(path string, mode fs.FileMode) error {
	if mode.IsDir() {
		return fmt.Errorf("%s is a directory, not a file", cmp.Or(visible(path), "the empty path"))
	}
	return fmt.Errorf("%s is not a regular file, but %q", visible(path), mode.String())
}

// read reads a file that may be read and is not too long for a value.
func (c confinement) read(path string) ([]byte, error) {
	f, err := c.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, longestText+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	if len(content) > longestText {
		return nil, fmt.Errorf("the file %s is longer than %d MiB; recipients come from the csv block of a recipient set", visible(path), longestText>>20)
	}
	return content, nil
}

func (c confinement) text(path string) (string, error) {
	content, err := c.read(path)
	if err == nil && !utf8.Valid(content) {
		err = fmt.Errorf("the file %s is not UTF-8; filebase64 reads files of any kind", visible(path))
	}
	return string(content), err
}

func fileExistsFunc(files confinement) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			real, err := files.resolve(args[0].AsString())
			if errors.As(err, new(missingFile)) {
				return cty.False, nil
			}
			if err != nil {
				return cty.UnknownVal(cty.Bool), function.NewArgError(0, err)
			}
			about, err := os.Stat(real)
			switch {
			case err != nil:
				return cty.UnknownVal(cty.Bool), function.NewArgError(0, unreadable(args[0].AsString(), err))
			case !about.Mode().IsRegular():
				return cty.UnknownVal(cty.Bool), function.NewArgError(0, irregular(args[0].AsString(), about.Mode()))
			}
			return cty.True, nil
		},
	})
}
