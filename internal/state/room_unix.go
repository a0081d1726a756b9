//go:build linux || darwin

package state

import "syscall"

// free gives the bytes that a user may still write to the disk of a directory, and whether they are known.
func free(dir string) (bytes uint64, known bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true, nil
}

// writable reports whether this user may write a file, or into a directory, and the disk that it is on takes it.
func writable(path string) bool {
	const write = 2 // W_OK
	return syscall.Access(path, write) == nil
}
