package plan

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/sms"
)

// Limits of what Read takes. A line holds a request: 300 numbers and a text.
const (
	maxHeader = 64 << 20
	maxSums   = 1 << 12
	maxLine   = 1 << 20
)

var errForeign = errors.New("is not a smsplan plan")

// damaged says what is wrong with a file that must have been a plan once.
func damaged(format string, args ...any) error { return fmt.Errorf("is damaged: "+format, args...) }

// Read reads a saved plan: what it gives is what [Plan.Write] wrote, or it gives an
// error for whoever was handed the file, to be put behind the file's name ("is damaged:
// ..."). Nobody stands in a message twice, counts and sizes are those of the requests,
// and the account and the ID are derived again. Memory stays within a multiple of what
// the file holds, whatever it claims. A higher minor version of the format is read,
// without what it added. Of a plan that is encrypted it gives [ErrEncrypted].
func Read(r io.ReaderAt, size int64) (*Plan, error) {
	z, header, sums, err := begin(r, size)
	if err != nil {
		return nil, err
	}
	p, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if p.EncryptedTo > 0 {
		return nil, ErrEncrypted
	}
	if err := p.readParts(z, sums); err != nil {
		return nil, err
	}
	return p, nil
}

// begin gives what each saved plan has: a header, and the digests of its files, of which that of the header is right.
func begin(r io.ReaderAt, size int64) (z *zip.Reader, header, sums []byte, err error) {
	z, err = zip.NewReader(r, size)
	if err != nil {
		var magic [4]byte
		if r.ReadAt(magic[:], 0); string(magic[:]) == "PK\x03\x04" {
			return nil, nil, nil, damaged("it is cut short, or its end was changed")
		}
		return nil, nil, nil, errForeign
	}
	if header, err = contents(z, headerFile, maxHeader); err != nil {
		return nil, nil, nil, err
	}
	if err := checkFormat(header); err != nil {
		return nil, nil, nil, err
	}
	if sums, err = contents(z, digestFile, maxSums); err != nil {
		return nil, nil, nil, err
	}
	digest := sha256.New()
	digest.Write(header)
	return z, header, sums, checkSum(sums, digest, headerFile)
}

// readParts reads what stands beside the header, and holds the header against it.
func (p *Plan) readParts(z *zip.Reader, sums []byte) error {
	files := map[string]func(io.Reader) error{requestsFile: p.readRequests}
	if p.imports() {
		files[importsFile] = p.readImports
	}
	if p.Listed {
		files[heldFile] = p.readHeld
	}
	if p.withdraws() {
		files[withdrawalsFile] = p.readWithdrawals
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := readFile(z, sums, name, files[name]); err != nil {
			return err
		}
	}
	for i := range p.Messages {
		p.Messages[i].Masked = nil
		if err := p.Messages[i].checkRequests(); err != nil {
			return err
		}
		if err := p.Messages[i].checkArrivals(); err != nil {
			return err
		}
		if err := p.Messages[i].checkListed(p.Listed); err != nil {
			return err
		}
	}
	if err := p.checkWithdrawals(); err != nil {
		return err
	}
	if err := p.checkSums(); err != nil {
		return err
	}
	p.number()
	if p.identify() != p.ID {
		return damaged("its content is not that of the Plan ID %s", p.ID)
	}
	return nil
}

// checkSums checks what a plan read says of costs and guards.
func (p *Plan) checkSums() error {
	for i := range p.Messages {
		if err := p.Messages[i].checkCosts(p.Tariff); err != nil {
			return err
		}
	}
	return p.checkGuards()
}

// readFile reads a file of the zip, and holds it against its digest.
func readFile(z *zip.Reader, sums []byte, name string, read func(io.Reader) error) error {
	r, err := entry(z, name)
	if err != nil {
		return err
	}
	defer r.Close()
	digest := sha256.New()
	if err := read(io.TeeReader(r, digest)); err != nil {
		return err
	}
	return checkSum(sums, digest, name)
}

// entry opens a file of the zip.
func entry(z *zip.Reader, name string) (io.ReadCloser, error) {
	var found *zip.File
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if found != nil {
			return nil, damaged("it has two files %s", name)
		}
		found = f
	}
	switch {
	case found == nil && name == headerFile:
		return nil, errForeign
	case found == nil:
		return nil, damaged("it has no %s", name)
	}
	r, err := found.Open()
	if err != nil {
		return nil, damaged("%s: %w", name, err)
	}
	return r, nil
}

// contents reads a file of the zip that has at most limit bytes.
func contents(z *zip.Reader, name string, limit int64) ([]byte, error) {
	r, err := entry(z, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, damaged("%s: %w", name, err)
	case int64(len(b)) > limit:
		return nil, damaged("%s is larger than %d bytes", name, limit)
	}
	return b, nil
}

func checkSum(sums []byte, digest hash.Hash, name string) error {
	if !slices.Contains(strings.SplitAfter(string(sums), "\n"), sumLine(digest.Sum(nil), name)) {
		return damaged("%s does not have the digest that %s states", name, digestFile)
	}
	return nil
}

// checkFormat reports whether this program reads the header's format.
func checkFormat(header []byte) error {
	var h struct {
		Format *string `json:"format_version"`
		Plan   *string `json:"plan_id"`
	}
	if err := json.Unmarshal(header, &h); err != nil {
		return damaged("%s: %w", headerFile, err)
	}
	if h.Format == nil {
		return errForeign
	}
	major, minor, _ := strings.Cut(*h.Format, ".")
	a, errA := strconv.ParseUint(major, 10, 16)
	_, errB := strconv.ParseUint(minor, 10, 16)
	switch {
	case errA != nil || errB != nil || a == 0:
		return errForeign
	case a > 1:
		return fmt.Errorf("was made by a newer smsplan (format %s)", *h.Format)
	case h.Plan == nil:
		return damaged("it has no Plan ID")
	}
	return nil
}

// parseHeader reads plan.json. Messages are decoded and checked one at a time, so that
// a short text cannot claim a long list of empty ones.
func parseHeader(b []byte) (*Plan, error) {
	p := &Plan{}
	header := struct {
		*Plan
		Messages []json.RawMessage `json:"messages"`
	}{Plan: p}
	if err := json.Unmarshal(b, &header); err != nil {
		return nil, damaged("%s: %w", headerFile, err)
	}
	if err := p.checkHeader(); err != nil {
		return nil, err
	}
	p.Messages = []Message{}
	for i, raw := range header.Messages {
		var m Message
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, damaged("%s: message %d: %w", headerFile, i, err)
		}
		if err := m.check(p.Gateway.Binding); err != nil {
			return nil, err
		}
		if err := m.checkClocks(p); err != nil {
			return nil, err
		}
		if i > 0 && m.Address <= p.Messages[i-1].Address {
			return nil, damaged("its messages are not in order")
		}
		p.Messages = append(p.Messages, m)
	}
	if err := p.checkSelection(); err != nil {
		return nil, err
	}
	if p.depths() == nil {
		return nil, damaged("its messages depend on each other in a circle, or on others")
	}
	return p, nil
}

// eachLine calls take for every line of a file of a saved plan, counted from 1, until it has an error.
func eachLine(r io.Reader, file string, take func(n int, line []byte) error) error {
	lines := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		b, err := lines.ReadSlice('\n')
		switch {
		case err == io.EOF && len(b) == 0:
			return nil
		case err == io.EOF:
			return damaged("%s is cut short in line %d", file, n)
		case err != nil:
			return damaged("%s line %d: %w", file, n, err)
		}
		if err := take(n, b); err != nil {
			return err
		}
	}
}

// readRequests reads requests.jsonl into the messages.
func (p *Plan) readRequests(r io.Reader) error {
	current := 0
	var plain plainLine
	return eachLine(r, requestsFile, func(n int, b []byte) error {
		l, ok := plain.read(b)
		if !ok {
			l = new(line)
			// What the decoder complains of may be a telephone number: say where, not what.
			if err := json.Unmarshal(b, l); err != nil || l.Message == nil {
				return damaged("%s line %d is not a request", requestsFile, n)
			}
		}
		if *l.Message < current || *l.Message >= len(p.Messages) {
			return damaged("%s line %d: the message is out of order", requestsFile, n)
		}
		current = *l.Message
		if err := p.Messages[current].add(l, n-1, p.Gateway.BatchSize); err != nil {
			return damaged("%s line %d: %w", requestsFile, n, err)
		}
		return nil
	})
}

// add takes request n of the file into the message.
func (m *Message) add(l *line, n int, batch int) error {
	r := request{first: uint32(len(m.people)), count: uint32(len(l.To))}
	switch {
	case len(l.To) == 0 || len(l.To) > batch:
		return fmt.Errorf("it has %d people, and a request has 1 to %d", len(l.To), batch)
	case len(m.people)+len(l.To) > m.ToSend:
		return fmt.Errorf("%s has more people than %s states", m.Address, headerFile)
	case m.Binary != nil && (l.Text != nil || l.SameTextAs != nil), l.Text != nil && l.SameTextAs != nil:
		return errors.New("it has a text too many")
	case m.Binary != nil:
	case l.Text != nil && *l.Text != "":
		if _, _, bad := sms.Unsendable(*l.Text); bad || strings.ContainsRune(*l.Text, '\r') {
			return errors.New("its text has a character that cannot be sent")
		}
		r.text = uint32(m.texts.len())
		m.texts.table.Add(*l.Text, m.measure(*l.Text))
	case l.SameTextAs != nil:
		k := *l.SameTextAs - (n - len(m.requests))
		if k < 0 || k >= len(m.requests) {
			return errors.New("it refers to a text that is not there")
		}
		r.text = m.requests[k].text
	default:
		return errors.New("it has no text")
	}
	switch {
	case m.Window == nil && l.Clock == nil:
	case m.Window == nil || l.Clock == nil || *l.Clock < 0 || *l.Clock >= len(m.Clocks):
		return errors.New("it has a clock that the message does not have")
	default:
		r.clock = uint32(*l.Clock)
	}
	for _, digits := range l.To {
		to, err := phone.FromE164(digits)
		if err != nil {
			return err
		}
		m.people = append(m.people, to)
	}
	m.requests = append(m.requests, r)
	return nil
}
