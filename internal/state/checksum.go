package state

import (
	"encoding/binary"
	"fmt"
	"net/url"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// Each page of a state ends with a checksum of its own, that of SQLite's cksumvfs: a file that plain SQLite reads, and in
// which no bit turns over without notice. It is computed where a page goes into the file and checked where one comes out
// of it; the write-ahead log has checksums of its own.
const checksumSize = 8

// checkedVFS is SQLite's way to a disk.
type checkedVFS struct{ vfs.VFSFilename }

// systemFile is what a file of the system can do. Memory maps are left out: what is read through them cannot be checked.
type systemFile interface {
	vfs.FileLockState
	vfs.FileHasMoved
	vfs.FilePersistWAL
	vfs.FilePowersafeOverwrite
	vfs.FileSharedMemory
	vfs.FileSizeHint
}

func (v checkedVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := v.VFSFilename.OpenFilename(name, flags)
	if err != nil || flags&vfs.OPEN_MAIN_DB == 0 {
		return f, flags, err
	}
	s, ok := f.(systemFile)
	if !ok {
		return nil, 0, fmt.Errorf("state: SQLite has no way to this system's files (%T)", f)
	}
	// The library would check a main database itself once more, and map it into memory.
	return &checkedFile{s, name.URIParameter(checksummed) != ""}, flags &^ vfs.OPEN_MAIN_DB, nil
}

// checksummed is the parameter of a [uri] whose file is one with checksums before its first page says so.
const checksummed = "checksums"

// uri names a file for SQLite.
func uri(on disk, path string, parameters ...string) string {
	values := url.Values{"vfs": {on.vfs()}}
	for _, p := range parameters {
		values.Set(p, "on")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + values.Encode()
}

type checkedFile struct {
	systemFile
	checksums bool
}

// DeviceCharacteristics keeps SQLite from reading parts of pages.
func (f *checkedFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return f.systemFile.DeviceCharacteristics() &^ vfs.IOCAP_SUBPAGE_READ
}

func (f *checkedFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.systemFile.ReadAt(b, at)
	f.learn(b[:n], at)
	if f.checksums && isPage(b[:n], at) && binary.LittleEndian.Uint64(b[n-checksumSize:n]) != checksum(b[:n-checksumSize]) {
		return 0, sqlite3.IOERR_DATA
	}
	return n, err
}

// WriteAt may change the last bytes of b, which SQLite leaves to it.
func (f *checkedFile) WriteAt(b []byte, at int64) (int, error) {
	f.learn(b, at)
	if f.checksums && isPage(b, at) {
		binary.LittleEndian.PutUint64(b[len(b)-checksumSize:], checksum(b[:len(b)-checksumSize]))
	}
	return f.systemFile.WriteAt(b, at)
}

// learn takes from the header of the file whether its pages have room for checksums.
func (f *checkedFile) learn(b []byte, at int64) {
	if at == 0 && len(b) >= 100 && string(b[:16]) == magic {
		f.checksums = b[20] == checksumSize
	}
}

func isPage(b []byte, at int64) bool {
	n := len(b)
	return n >= 512 && n&(n-1) == 0 && at%int64(n) == 0
}

// checksum is that of cksumvfs, over a multiple of eight bytes.
func checksum(b []byte) uint64 {
	var s1, s2 uint32
	for ; len(b) >= 8; b = b[8:] {
		s1 += binary.LittleEndian.Uint32(b) + s2
		s2 += binary.LittleEndian.Uint32(b[4:]) + s1
	}
	return uint64(s2)<<32 | uint64(s1)
}

// reserved gives how many bytes at the end of each page are not SQLite's.
func (d *database) reserved() (int, error) {
	n, err := d.conn.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES)
	if err != nil {
		return 0, d.fail(err)
	}
	return n.(int), nil
}

// addChecksums writes a file that has none anew, in a transaction of its own.
func (d *database) addChecksums() error {
	n, err := d.reserved()
	if err != nil || n == checksumSize {
		return err
	}
	if _, err := d.conn.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES, checksumSize); err != nil {
		return d.fail(err)
	}
	if err := d.conn.Exec("VACUUM"); err != nil {
		return d.fail(err)
	}
	return nil
}
