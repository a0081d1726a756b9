package state

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// networks are the file systems, by the magic numbers of statfs(2), that other hosts may have mounted too. They do not see
// each other's locks, or not the shared memory beside the log.
var networks = map[uint32]string{
	0x6969: "NFS", 0x6E667364: "NFS", 0x517B: "SMB", 0xFE534D42: "SMB", 0xFF534D42: "CIFS", 0x564C: "NCP", 0x01021997: "9p",
	0x5346414F: "AFS", 0x6B414653: "AFS", 0x73757245: "Coda", 0x00C36400: "Ceph", 0x0BD00BD0: "Lustre", 0x47504653: "GPFS",
	0x01161970: "GFS2", 0x7461636F: "OCFS2", 0x19830326: "BeeGFS", 0xAAD7AAEA: "PanFS", 0x20030528: "OrangeFS",
	0x61636673: "ACFS", 0xBEEFDEAD: "StorNext", 0x013111A8: "IBRIX", 0x786F4256: "VirtualBox", 0xBACBACBC: "VMware",
	0x7C7C6673: "Parallels",
}

// fuse is the magic number of everything that a process serves. What it is stands in the table of mounts.
const fuse = 0x65735546

// remoteFuse are types in that table, less "fuse.", whose files are elsewhere.
var remoteFuse = map[string]bool{
	"virtiofs": true, "sshfs": true, "s3fs": true, "s3ql": true, "goofys": true, "mount-s3": true, "gcsfuse": true, "blobfuse": true,
	"blobfuse2": true, "rclone": true, "davfs": true, "davfs2": true, "curlftpfs": true, "glusterfs": true, "ceph": true, "ceph-fuse": true,
	"mfs": true, "moosefs": true, "lizardfs": true, "saunafs": true, "juicefs": true, "JuiceFS": true, "seaweedfs": true, "beegfs": true,
	"vmhgfs-fuse": true, "prl_fsd": true, "grpcfuse": true, "osxfs": true, "fakeowner": true, "afpfs": true, "smbnetfs": true, "gvfsd-fuse": true,
	"google-drive-ocamlfuse": true, "onedriver": true, "hdfs": true, "fuse_dfs": true, "alluxio-fuse": true, "cvmfs2": true, "orangefs": true,
}

// network gives the kind of network file system that a directory is on; "" for none.
func network(dir string) (string, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", err
	}
	if uint32(s.Type) != fuse {
		return networks[uint32(s.Type)], nil
	}
	var at syscall.Stat_t
	if err := syscall.Stat(dir, &at); err != nil {
		return "", err
	}
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	defer mounts.Close()
	return fuseKind(mounts, major(uint64(at.Dev)), minor(uint64(at.Dev)))
}

// fuseKind finds a device in the table of mounts, as proc(5) describes it, and gives its type where its files are elsewhere.
func fuseKind(mounts io.Reader, major, minor uint32) (string, error) {
	device := fmt.Sprintf("%d:%d", major, minor)
	lines := bufio.NewScanner(mounts)
	for lines.Scan() {
		mount, file, _ := strings.Cut(lines.Text(), " - ")
		if f := strings.Fields(mount); len(f) < 3 || f[2] != device {
			continue
		}
		f := strings.Fields(file)
		if len(f) < 2 {
			continue
		}
		kind, source := strings.TrimPrefix(f[0], "fuse."), f[1]
		ofHost := strings.HasPrefix(source, "//") || !strings.HasPrefix(source, "/") && strings.ContainsAny(source, ":@")
		if remoteFuse[kind] || ofHost {
			return kind, nil
		}
		return "", nil
	}
	return "", lines.Err()
}

// The numbers of a device, as makedev(3) puts them together.
func major(dev uint64) uint32 { return uint32(dev>>8&0xfff | dev>>32&^0xfff) }
func minor(dev uint64) uint32 { return uint32(dev&0xff | dev>>12&^0xff) }
