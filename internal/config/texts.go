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
}

// blockTexts is how many texts a block holds. It is a power of two, so that the number of a text names its block and its place there.
const blockTexts = 1024

// textBlock is a run of texts, one behind the other, and where each ends.
type textBlock struct {
	bytes strings.Builder
	ends  []uint32
	sizes []textSize
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

// Len gives the number of texts.
func (t *Texts) Len() int { return t.len }

// At gives text i. It takes no memory of its own.
func (t *Texts) At(i int) string {
	b, at, start := t.blocks[i/blockTexts], i%blockTexts, uint32(0)
	if at > 0 {
		start = b.ends[at-1]
	}
	return b.bytes.String()[start:b.ends[at]]
}

// Size gives what text i takes on the air, as it was added.
func (t *Texts) Size(i int) sms.Size {
	s := t.blocks[i/blockTexts].sizes[i%blockTexts]
	return sms.Size{Encoding: s.encoding, Units: int(s.units), Segments: int(s.segments)}
}

// Add appends a text, and what it takes on the air. Of copies of a list one alone may be added to.
func (t *Texts) Add(text string, size sms.Size) {
	if t.len == len(t.blocks)*blockTexts {
		t.blocks = append(t.blocks, t.nextBlock())
	}
	b := t.blocks[t.len/blockTexts]
	b.bytes.WriteString(text)
	b.ends = append(b.ends, uint32(b.bytes.Len()))
	b.sizes = append(b.sizes, packSize(size))
	t.len++
}

// nextBlock makes a block. Where one is full already the next will be about as large, and need not grow.
func (t *Texts) nextBlock() *textBlock {
	b := &textBlock{}
	if n := len(t.blocks); n > 0 {
		full := t.blocks[n-1].bytes.Len()
		b.bytes.Grow(full + full/32)
		b.ends, b.sizes = make([]uint32, 0, blockTexts), make([]textSize, 0, blockTexts)
	}
	return b
}

// textTable builds Texts that differ from each other.
type textTable struct {
	texts Texts
	seed  maphash.Seed
	index index
}

// newTextTable makes room for n texts, as far as that is not much: they may turn out to be few.
func newTextTable(n int) *textTable {
	return &textTable{seed: maphash.MakeSeed(), index: newIndex(min(n, 1<<20))}
}

// add gives the place of a text, which is that of an equal one where there is one.
func (t *textTable) add(text string, size sms.Size) uint32 {
	i, found := t.index.find(maphash.String(t.seed, text), uint32(t.texts.Len()), func(i uint32) bool { return t.texts.At(int(i)) == text })
	if !found {
		t.texts.Add(text, size)
	}
	return i
}

// lineFeeds gives text with the line breaks that XML keeps: LF alone.
func lineFeeds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
