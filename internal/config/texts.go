package config

import (
	"hash/maphash"
	"math"
	"strings"

	"github.com/smsplan/smsplan/internal/sms"
)

// Texts is a list of texts and what each takes on the air, in blocks of bytes: a list that grows is not copied, and copies of it share them.
// They are as they are sent: their line breaks are LF.
type Texts struct {
	blocks []*textBlock
	len    int
	lent   bool // the last of blocks: it has texts that are not among these
}

// blockTexts is how many texts a block holds: those of a run of rows.
const blockTexts = chunkRows

// textBlock is a run of texts, one behind the other, and where each ends.
type textBlock struct {
	bytes strings.Builder
	ends  []uint32
	sizes []textSize
}

// newTextBlock makes room for a block with so many bytes of text, or some more.
func newTextBlock(bytes int) *textBlock {
	b := &textBlock{ends: make([]uint32, 0, blockTexts), sizes: make([]textSize, 0, blockTexts)}
	b.bytes.Grow(bytes + bytes/32)
	return b
}

func (b *textBlock) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.bytes.String()[start:b.ends[i]]
}

func (b *textBlock) add(text string, size sms.Size) {
	b.bytes.WriteString(text)
	b.end(size)
}

// end ends a text that was written to bytes.
func (b *textBlock) end(size sms.Size) {
	b.ends = append(b.ends, uint32(b.bytes.Len()))
	b.sizes = append(b.sizes, packSize(size))
}

// first gives a block of the first n texts.
func (b *textBlock) first(n int) *textBlock {
	own := newTextBlock(b.bytes.Len())
	for i := range n {
		own.add(b.at(i), b.sizes[i].unpack())
	}
	return own
}

// textSize is an [sms.Size] in eight bytes.
type textSize struct {
	units    uint32
	segments uint16
	encoding sms.Encoding
}

func packSize(s sms.Size) textSize {
	return textSize{uint32(min(s.Units, math.MaxUint32)), uint16(min(s.Segments, math.MaxUint16)), s.Encoding}
}

func (s textSize) unpack() sms.Size {
	return sms.Size{Encoding: s.encoding, Units: int(s.units), Segments: int(s.segments)}
}

// Len gives the number of texts.
func (t *Texts) Len() int { return t.len }

// At gives text i. It takes no memory of its own.
func (t *Texts) At(i int) string { return t.blocks[i/blockTexts].at(i % blockTexts) }

// Size gives what text i takes on the air, as it was added.
func (t *Texts) Size(i int) sms.Size { return t.blocks[i/blockTexts].sizes[i%blockTexts].unpack() }

// Add appends a text, and what it takes on the air. Of copies of a list one alone may be added to.
func (t *Texts) Add(text string, size sms.Size) {
	full := t.len == len(t.blocks)*blockTexts
	switch {
	case full:
		t.blocks = append(t.blocks, t.nextBlock())
	case t.lent:
		t.blocks[len(t.blocks)-1] = t.blocks[len(t.blocks)-1].first(t.len % blockTexts)
	}
	t.lent = false
	t.blocks[t.len/blockTexts].add(text, size)
	t.len++
}

// nextBlock makes a block. Where one is full already the next will be about as large, and need not grow.
func (t *Texts) nextBlock() *textBlock {
	if n := len(t.blocks); n > 0 {
		return newTextBlock(t.blocks[n-1].bytes.Len())
	}
	return &textBlock{}
}

// borrow appends a text of a full block without copying it, where it can be the next block and as long as all texts before it were
// borrowed too. Else it does nothing and gives false.
func (t *Texts) borrow(b *textBlock, at uint32) bool {
	switch {
	case at == 0 && len(b.ends) == blockTexts && t.len == len(t.blocks)*blockTexts:
		t.blocks, t.lent = append(t.blocks, b), true
	case !t.lent || t.blocks[len(t.blocks)-1] != b || int(at) != t.len%blockTexts:
		return false
	}
	t.len++
	return true
}

// textTable builds Texts that differ from each other.
type textTable struct {
	texts Texts
	seed  maphash.Seed
	index index
}

// newTextTable makes room for n texts, as far as that is not much: they may turn out to be few.
func newTextTable(n int) *textTable {
	return &textTable{seed: maphash.MakeSeed(), index: newIndex(min(n, 1<<24))}
}

// add gives the place of a text, which is that of an equal one where there is one.
func (t *textTable) add(m measured) uint32 {
	text := m.text()
	i, found := t.index.find(maphash.String(t.seed, text), uint32(t.texts.Len()), func(i uint32) bool { return t.texts.At(int(i)) == text })
	if !found && (m.block == nil || !t.texts.borrow(m.block, m.at)) {
		t.texts.Add(text, m.size())
	}
	return i
}

// measured is a text with its size, in a block. The zero measured is an empty text.
type measured struct {
	block *textBlock
	at    uint32
}

// newMeasured gives a text a block of its own.
func newMeasured(text string, size sms.Size) measured {
	b := &textBlock{}
	b.add(text, size)
	return measured{block: b}
}

func (m measured) text() string {
	if m.block == nil {
		return ""
	}
	return m.block.at(int(m.at))
}

func (m measured) size() sms.Size {
	if m.block == nil {
		return sms.Size{}
	}
	return m.block.sizes[m.at].unpack()
}

// lineFeeds gives text with the line breaks that XML keeps: LF alone.
func lineFeeds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
