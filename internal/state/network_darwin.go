package state

import "syscall"

// local is MNT_LOCAL of sys/mount.h.
const local = 0x1000

// network gives the kind of network file system that a directory is on; "" for none.
func network(dir string) (string, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil || s.Flags&local != 0 {
		return "", err
	}
	var kind []byte
	for _, c := range s.Fstypename {
		if c == 0 {
			break
		}
		kind = append(kind, byte(c))
	}
	return string(kind), nil
}
