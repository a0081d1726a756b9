//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

// takesPlace reports whether a new file can take the place of another: nobody knows that one by a second name, and the new
// one has got its owner.
func takesPlace(fresh string, old fs.FileInfo) bool {
	about, ok := old.Sys().(*syscall.Stat_t)
	return ok && about.Nlink == 1 && os.Lchown(fresh, int(about.Uid), int(about.Gid)) == nil
}
