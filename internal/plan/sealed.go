package plan

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"

	"github.com/smsplan/smsplan/internal/phone"
)

// An encrypted plan is a zip with a header, the sealed part and the digests of both. What is sealed is a whole plan as it is saved
// without encryption, and the digest of the header beside it: whoever has no key reads the header, and whoever has one finds
// out whether it is the header of what is sealed.
const (
	sealedFile = "plan.age"
	boundFile  = "header.sha256"
)

// ErrEncrypted says that a plan opens only with a key.
var ErrEncrypted = errors.New("is encrypted")

// Opener opens what was sealed, and gives its size. Reads of what was changed since are errors.
type Opener func(sealed io.ReaderAt, size int64) (io.ReaderAt, int64, error)

// Closed reports whether only the header of an encrypted plan was read: it has counts and no people, and nobody has held its
// Plan ID against anything.
func (p *Plan) Closed() bool { return p.closed }

// WriteSealed saves the plan so that its header is readable, and all else opens with one of as many keys as are given. It is
// written as it goes, as by [Plan.Write]: seal gets the plain text, and nothing else does.
func (p *Plan) WriteSealed(w io.Writer, keys int, seal func(io.Writer) (io.WriteCloser, error)) error {
	inner := *p
	inner.EncryptedTo = keys
	var header bytes.Buffer
	if err := inner.header().writeHeader(&header); err != nil {
		return err
	}
	bound := hexDigest(header.Bytes())
	return p.archive(w, []part{
		{headerFile, zip.Deflate, func(w io.Writer) error { _, err := w.Write(header.Bytes()); return err }},
		{sealedFile, zip.Store, func(w io.Writer) error {
			sealed, err := seal(w)
			if err != nil {
				return err
			}
			all := append(inner.parts(), part{boundFile, zip.Deflate, func(w io.Writer) error { _, err := io.WriteString(w, bound); return err }})
			return errors.Join(inner.archive(sealed, all), sealed.Close())
		}},
	})
}

// header gives what a plan shows to whoever has no key. What a field is decided to be, shown or sealed, a test knows.
func (p *Plan) header() *Plan {
	h := *p
	h.Variables = map[string]json.RawMessage{}
	h.Messages = make([]Message, len(p.Messages))
	for i := range p.Messages {
		m := p.Messages[i]
		m.Masked = m.Sample()
		m.requests, m.people, m.texts, m.listed, m.causes = nil, nil, texts{}, nil, nil
		h.Messages[i] = m
	}
	return &h
}

// Sample gives the first and the last of those to be sent to, masked.
func (m *Message) Sample() []string {
	switch n := len(m.people); n {
	case 0:
		return m.Masked
	case 1:
		return []string{m.people[0].String()}
	default:
		return []string{m.people[0].String(), m.people[n-1].String()}
	}
}

// Peek reads a saved plan as whoever has no key can: one that is not encrypted whole, as [Read] does, and of one that is the
// header. That nothing was damaged is certain, and that nobody has changed it is not.
func Peek(r io.ReaderAt, size int64) (*Plan, error) {
	p, err := Read(r, size)
	if !errors.Is(err, ErrEncrypted) {
		return p, err
	}
	p, _, err = peek(r, size)
	return p, err
}

// peek reads the header of an encrypted plan, and gives its digest.
func peek(r io.ReaderAt, size int64) (*Plan, string, error) {
	z, header, sums, err := begin(r, size)
	if err != nil {
		return nil, "", err
	}
	p, err := parseHeader(header)
	if err != nil {
		return nil, "", err
	}
	p.closed = true
	if err := p.checkSums(); err != nil {
		return nil, "", err
	}
	drain := func(r io.Reader) error {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return damaged("%s: %w", sealedFile, err)
		}
		return nil
	}
	return p, hexDigest(header), readFile(z, sums, sealedFile, drain)
}

// Open reads an encrypted plan. All that [Read] promises holds, and the header is that of what was sealed, to the last octet.
// The error of open is in its own.
func Open(r io.ReaderAt, size int64, open Opener) (*Plan, error) {
	shown, digest, err := peek(r, size)
	if err != nil {
		return nil, err
	}
	sealed, n, err := section(r, size)
	if err != nil {
		return nil, err
	}
	inside, n, err := open(sealed, n)
	if err != nil {
		return nil, damaged("%s: %w", sealedFile, err)
	}
	z, header, sums, err := begin(inside, n)
	if err != nil {
		return nil, err
	}
	var bound bytes.Buffer
	if err := readFile(z, sums, boundFile, func(r io.Reader) error { _, err := io.Copy(&bound, io.LimitReader(r, maxSums)); return err }); err != nil {
		return nil, err
	}
	if bound.String() != digest {
		return nil, damaged("its header is not the one that was saved with what is encrypted")
	}
	p, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if err := p.readParts(z, sums); err != nil {
		return nil, err
	}
	if !shown.shows(p) {
		return nil, damaged("its header says something else than what is encrypted")
	}
	return p, nil
}

// section gives the sealed part of an encrypted plan as it stands in the file.
func section(r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, 0, damaged("%w", err)
	}
	for _, f := range z.File {
		if f.Name != sealedFile {
			continue
		}
		at, err := f.DataOffset()
		if err != nil || f.Method != zip.Store || f.CompressedSize64 > uint64(size) {
			return nil, 0, damaged("%s is not stored as it is", sealedFile)
		}
		return io.NewSectionReader(r, at, int64(f.CompressedSize64)), int64(f.CompressedSize64), nil
	}
	return nil, 0, damaged("it has no %s", sealedFile)
}

// shows reports whether a header says of a plan what it has to say. Anybody can encrypt to a public key: that both were saved
// together proves nothing of what the one says of the other.
func (p *Plan) shows(whole *Plan) bool {
	want := whole.header()
	if whole.PhoneMetadata != phone.MetadataVersion() { // other versions may write numbers otherwise
		for i := range want.Messages {
			if i < len(p.Messages) {
				want.Messages[i].Masked = p.Messages[i].Masked
			}
		}
	}
	a, errA := json.Marshal(p)
	b, errB := json.Marshal(want)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
