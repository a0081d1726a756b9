//go:build !unix

package config

import "io/fs"

// takesPlace reports whether a new file can take the place of another.
func takesPlace(string, fs.FileInfo) bool { return true }
