package state

import (
	"strings"
	"syscall"
	"testing"
)

func TestFuseMountsThatAreElsewhereAreTold(t *testing.T) {
	const mounts = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
80 22 0:51 / /srv/far rw,nosuid shared:31 master:2 - fuse.sshfs ann@far.example:/srv rw,user_id=0
81 22 0:52 / /mnt/shared\040disk rw - virtiofs share rw
82 22 0:53 / /mnt/usb rw - fuseblk /dev/sdb1 rw
83 22 0:54 / /mnt/plain rw - fuse.gocryptfs /home/ann/.vault rw
84 22 0:55 / /mnt/new rw - fuse.newfs store.example:/volume rw
85 22 0:56 / /mnt/old rw - fuse //server/share rw
87 22 0:58 / /mnt/both rw - fuse.mergerfs /mnt/a:/mnt/b rw
86 22 0:57 / /mnt/bucket rw - fuse.s3fs s3fs rw
`
	for name, tt := range map[string]struct {
		minor uint32
		want  string
	}{
		"over SSH":               {51, "sshfs"},
		"of the host":            {52, "virtiofs"},
		"a block device":         {53, ""},
		"an encrypted directory": {54, ""},
		"unknown, of a host":     {55, "newfs"},
		"a share":                {56, "fuse"},
		"a bucket":               {57, "s3fs"},
		"two local directories":  {58, ""},
		"not there":              {59, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := fuseKind(strings.NewReader(mounts), 0, tt.minor); err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestTheNumbersOfADeviceAreThoseOfTheTableOfMounts(t *testing.T) {
	if major(0x0801) != 8 || minor(0x0801) != 1 || major(0x34) != 0 || minor(0x34) != 0x34 || minor(0x100000_00012) != 0x10000012 {
		t.Error("they are others")
	}
}

func TestALocalDiskIsTakenForOne(t *testing.T) {
	dir := t.TempDir()
	if kind, err := network(dir); err != nil || kind != "" {
		var s syscall.Statfs_t
		_ = syscall.Statfs(dir, &s)
		t.Errorf("%s is on %q, %v (%x)", dir, kind, err, s.Type)
	}
}
