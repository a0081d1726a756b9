package simulator

import (
	"io"
	"strings"
)

func isLatin1(label string) bool {
	switch strings.ToLower(label) {
	case "iso-8859-1", "iso_8859-1", "latin1", "us-ascii":
		return true
	}
	return false
}

// latin1 gives UTF-8 for ISO-8859-1.
type latin1 struct {
	from io.ByteReader
	rest byte // second byte of the character begun; 0 for none
}

func (l *latin1) ReadByte() (byte, error) {
	if b := l.rest; b != 0 {
		l.rest = 0
		return b, nil
	}
	b, err := l.from.ReadByte()
	if err != nil || b < 0x80 {
		return b, err
	}
	l.rest = 0x80 | b&0x3F
	return 0xC0 | b>>6, nil
}

func (l *latin1) Read(p []byte) (int, error) {
	for i := range p {
		b, err := l.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}
