package state

import "syscall"

// networks are the file systems, by the magic numbers of statfs(2), whose locks and shared memory other hosts do not see.
var networks = map[uint32]string{
	0x6969: "NFS", 0x517B: "SMB", 0xFE534D42: "SMB", 0xFF534D42: "CIFS", 0x01021997: "9p", 0x5346414F: "AFS",
	0x00C36400: "Ceph", 0x0BD00BD0: "Lustre", 0x73757245: "Coda", 0x47504653: "GPFS",
}

// network gives the kind of network file system that a directory is on; "" for none.
func network(dir string) (string, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", err
	}
	return networks[uint32(s.Type)], nil
}
