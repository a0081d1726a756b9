package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// fileSetFunc gives the names of the files below a directory that match a pattern, in which ** stands for any directories.
//
// The library's own looks where the pattern leads it. This one looks below the last directory that the pattern names outright, which
// must be one that files may be read from, and follows no link from there.
func fileSetFunc(files confinement) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			path, pattern := args[0].AsString(), args[1].AsString()
			if !doublestar.ValidatePattern(pattern) {
				return cty.UnknownVal(t), function.NewArgErrorf(1, "the pattern is not valid")
			}
			if _, err := files.resolve(path); err != nil {
				return cty.UnknownVal(t), function.NewArgError(0, err)
			}
			names, err := files.matching(path, pattern)
			if err != nil {
				return cty.UnknownVal(t), function.NewArgError(1, err)
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(names), nil
		},
	})
}

// matching gives the files that a pattern below a directory means, as paths that start there.
func (c confinement) matching(path, pattern string) ([]cty.Value, error) {
	whole := filepath.ToSlash(filepath.Join(path, pattern))
	base := outright(whole)
	real, err := c.resolve(base)
	if _, missing := err.(missingFile); missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []cty.Value
	seen := 0
	err = filepath.WalkDir(real, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be looked at is left out
		}
		if seen++; seen > mostValues {
			return errTooMany
		}
		below, err := filepath.Rel(real, at)
		if err != nil {
			return err
		}
		name := filepath.Join(base, below)
		if match, err := doublestar.Match(whole, filepath.ToSlash(name)); err != nil || !match {
			return err
		}
		found, err := c.resolve(name)
		if err != nil {
			return nil // a link out of the directory, or to nothing
		}
		if about, err := os.Stat(found); err != nil || !about.Mode().IsRegular() {
			return nil
		}
		relative, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		names = append(names, cty.StringVal(filepath.ToSlash(relative)))
		return nil
	})
	return names, err
}

// outright gives the directory that a pattern names before its first sign.
func outright(pattern string) string {
	i := strings.IndexAny(pattern, "*?[{\\")
	if i < 0 {
		return pattern
	}
	return filepath.Dir(pattern[:i] + "x")
}
