package plan

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/smsplan/smsplan/internal/phone"
)

// A saved plan is a zip with these files, in this order, and before the last imports.jsonl where
// it imports somebody, held.jsonl, and withdrawals.jsonl where it withdraws something. The last holds the SHA-256 of the others as sha256sum prints it.
// One that is encrypted has another form around that, see sealed.go.
const (
	headerFile   = "plan.json"
	requestsFile = "requests.jsonl"
	digestFile   = "SHA256SUMS"
)

// part is a file of a saved plan.
type part struct {
	name   string
	method uint16
	write  func(io.Writer) error
}

// Write saves the plan. It is written as it goes: nothing of it is held twice. It
// names people, so the file that it goes to is for its owner alone; an encrypted one
// that was opened is not encrypted there.
func (p *Plan) Write(w io.Writer) error {
	plain := *p
	plain.EncryptedTo = 0
	return plain.archive(w, plain.parts())
}

func (p *Plan) parts() []part {
	parts := []part{{headerFile, zip.Deflate, p.writeHeader}, {requestsFile, zip.Deflate, p.writeRequests}}
	if p.imports() {
		parts = append(parts, part{importsFile, zip.Deflate, p.writeImports})
	}
	if p.Listed {
		parts = append(parts, part{heldFile, zip.Deflate, p.writeHeld})
	}
	if p.withdraws() {
		parts = append(parts, part{withdrawalsFile, zip.Deflate, p.writeWithdrawals})
	}
	return parts
}

// archive writes a zip of the parts and their digests.
func (p *Plan) archive(w io.Writer, parts []part) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	var sums bytes.Buffer
	digests := part{digestFile, zip.Deflate, func(w io.Writer) error { _, err := w.Write(sums.Bytes()); return err }}
	for _, f := range append(parts, digests) {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: f.method, Modified: p.Created})
		if err != nil {
			return err
		}
		sum := sha256.New()
		if err := f.write(io.MultiWriter(entry, sum)); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		sums.WriteString(sumLine(sum.Sum(nil), f.name))
	}
	return z.Close()
}

func sumLine(sum []byte, name string) string { return fmt.Sprintf("%x  %s\n", sum, name) }

func (p *Plan) writeHeader(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

// line is one line of requests.jsonl, as it is read. A text that an earlier request of
// the message has is not repeated: sameTextAs names the first such request, counted
// from 0 over the file. A binary message has neither.
type line struct {
	Message    *int     `json:"message"`
	Text       *string  `json:"text"`
	SameTextAs *int     `json:"same_text_as"`
	Clock      *int     `json:"clock"` // index in the message's clocks, where there are any
	To         []string `json:"to"`
}

func (p *Plan) writeRequests(w io.Writer) error {
	var b bytes.Buffer
	quoted := json.NewEncoder(&b)
	quoted.SetEscapeHTML(false)
	n := 0
	for i := range p.Messages {
		m := &p.Messages[i]
		first := make([]int, 0, m.texts.len()) // number of the first request with each text
		for _, r := range m.requests {
			fmt.Fprintf(&b, `{"message":%d`, i)
			switch {
			case m.Binary != nil:
			case int(r.text) < len(first):
				fmt.Fprintf(&b, `,"same_text_as":%d`, first[r.text])
			default:
				first = append(first, n)
				b.WriteString(`,"text":`)
				if err := quoted.Encode(m.text(r)); err != nil {
					return err
				}
				b.Truncate(b.Len() - 1) // the encoder's line feed
			}
			if m.Window != nil {
				fmt.Fprintf(&b, `,"clock":%d`, r.clock)
			}
			b.WriteString(`,"to":[`)
			writePeople(&b, m.peopleOf(r))
			b.WriteString("]}\n")
			if b.Len() >= 1<<16 {
				if _, err := b.WriteTo(w); err != nil {
					return err
				}
			}
			n++
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// writePeople writes people as a plan file lists them, without the brackets.
func writePeople(b *bytes.Buffer, people []phone.Number) {
	for k, n := range people {
		if k > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.Write(strconv.AppendUint(b.AvailableBuffer(), n.Packed(), 10))
		b.WriteByte('"')
	}
}
