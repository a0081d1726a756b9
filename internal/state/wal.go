package state

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// SQLite takes the first frame of the write-ahead log that does not fit its checksum for the log's end, because that is
// what a power cut leaves of a commit that was under way. A bit that turned over further up looks the same, and takes
// every later commit with it. What tells the two apart is the log's index, which a process that was killed leaves beside
// it: a commit enters the index when it is on stable storage, so whatever the index has must be in the log.
//
// After a power cut the index is gone, or is of any time before, and says less or nothing.

// logIndex is the head of a -shm file. See https://sqlite.org/walformat.html.
type logIndex struct {
	frames     uint32 // that were committed
	backfilled uint32 // of these, how many are in the database
	salts      [8]byte
}

const (
	indexHeader    = 48 // bytes, twice in a row
	indexVersion   = 3007000
	logHeader      = 32
	frameHeader    = 24
	bigEndianMagic = 0x377f0683 // of a log whose checksums read words with the first byte on top
)

// readIndex gives nil where the index says nothing.
func readIndex(path string) *logIndex {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var b [2*indexHeader + 4]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return nil
	}
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	for _, at := range []int{indexHeader, 0} { // the second is written first
		sum := logSum{order: binary.LittleEndian}
		sum.add(b[at : at+40])
		if sum.s1 != word(at+40) || sum.s2 != word(at+44) || word(at) != indexVersion || b[at+12] == 0 {
			continue
		}
		return &logIndex{frames: word(at + 16), backfilled: word(2 * indexHeader), salts: [8]byte(b[at+32:])}
	}
	return nil
}

// logSum is the running checksum of a log.
type logSum struct {
	order  binary.ByteOrder
	s1, s2 uint32
}

func (s *logSum) add(b []byte) {
	if s.order == binary.LittleEndian {
		for ; len(b) >= 8; b = b[8:] {
			s.s1 += binary.LittleEndian.Uint32(b) + s.s2
			s.s2 += binary.LittleEndian.Uint32(b[4:]) + s.s1
		}
		return
	}
	for ; len(b) >= 8; b = b[8:] {
		s.s1 += s.order.Uint32(b) + s.s2
		s.s2 += s.order.Uint32(b[4:]) + s.s1
	}
}

func (s *logSum) is(b []byte) bool {
	return binary.BigEndian.Uint32(b) == s.s1 && binary.BigEndian.Uint32(b[4:]) == s.s2
}

// bears reports whether the log holds every frame that the index has.
func (x *logIndex) bears(log io.Reader) (bool, error) {
	r := bufio.NewReaderSize(log, 1<<18)
	var head [logHeader]byte
	sum := logSum{order: binary.LittleEndian}
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return x.frames == x.backfilled, ended(err)
	}
	magic := binary.BigEndian.Uint32(head[:])
	if magic == bigEndianMagic {
		sum.order = binary.BigEndian
	}
	sum.add(head[:24])
	if magic|1 != bigEndianMagic || !sum.is(head[24:]) { // zeros fit their checksum too
		// SQLite takes it for empty. That is as it should be only where the database has everything.
		return x.frames == x.backfilled, nil
	}
	if [8]byte(head[16:]) != x.salts {
		return true, nil // the log was begun anew, which it is when the database has everything
	}
	size := binary.BigEndian.Uint32(head[8:])
	if size < 512 || size > 65536 {
		return false, nil
	}
	frame := make([]byte, frameHeader+size)
	for range x.frames {
		if _, err := io.ReadFull(r, frame); err != nil {
			return false, ended(err)
		}
		sum.add(frame[:8])
		sum.add(frame[frameHeader:])
		if [8]byte(frame[8:]) != x.salts || !sum.is(frame[16:]) {
			return false, nil
		}
	}
	return true, nil
}

// ended makes no error of the end of a file.
func ended(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// checkLog says whether the write-ahead log of the state at path has lost anything, before SQLite looks at it: SQLite
// would make a new index, from what is left. What it finds is flushed when the state is opened for writing: a process
// that was killed may have left frames that SQLite goes by and that are not on stable storage yet.
func checkLog(on disk, path string, flags sqlite3.OpenFlag) error {
	log, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return nil
	}
	if os.IsPermission(err) {
		log, err = os.Open(path + "-wal")
	}
	if err != nil {
		return err
	}
	defer log.Close()
	if i, err := log.Stat(); err != nil || i.Size() == 0 {
		return err
	}
	for before := readIndex(path + "-shm"); before != nil; {
		whole, err := before.bears(io.NewSectionReader(log, 0, 1<<62))
		if err != nil {
			return err
		}
		if whole {
			break
		}
		after := readIndex(path + "-shm") // another process may be writing, and have begun the log anew
		if after != nil && *after == *before {
			return damaged(path, "its write-ahead log has lost what was recorded last")
		}
		before = after
	}
	if flags&sqlite3.OPEN_READONLY != 0 {
		return nil
	}
	return on.flush(log)
}
