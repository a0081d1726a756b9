package config

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// fileFunctions gives the functions that read files, confined.
func fileFunctions(files confinement) []builtin {
	digest := func(newHash func() hash.Hash, encode func([]byte) string) function.Function {
		return textFunction("path", func(path string) (string, error) {
			content, err := files.read(path)
			if err != nil {
				return "", err
			}
			h := newHash()
			h.Write(content)
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

// read reads a file that may be read.
func (c confinement) read(path string) ([]byte, error) {
	real, err := c.resolve(path)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(real)
	if err != nil {
		return nil, fmt.Errorf("the file %s cannot be read: %s", visible(path), reason(err))
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
			info, err := os.Stat(real)
			return cty.BoolVal(err == nil && info.Mode().IsRegular()), nil
		},
	})
}

// fileSetFunc gives the names of files below a directory that match a pattern.
func fileSetFunc(files confinement) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			dir, err := files.resolve(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(t), function.NewArgError(0, err)
			}
			found, err := filesystem.MakeFileSetFunc(dir).Call([]cty.Value{cty.StringVal("."), args[1]})
			if err != nil {
				return cty.UnknownVal(t), function.NewArgErrorf(1, "the pattern is not valid")
			}
			var names []cty.Value
			for it := found.ElementIterator(); it.Next(); {
				_, name := it.Element()
				// A pattern may lead out of the directory, and so may a link.
				if _, err := files.resolve(filepath.Join(dir, name.AsString())); err == nil {
					names = append(names, name)
				}
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(names), nil
		},
	})
}
