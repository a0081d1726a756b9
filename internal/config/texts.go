package config

import (
	"hash/maphash"
	"math"
	"strings"

	"github.com/smsplan/smsplan/internal/sms"
)

// Texts is a table of distinct texts in one byte arena. They are as they are sent: their line breaks are LF.
type Texts struct {
	arena string
	ends  []uint64
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
func (t *Texts) Len() int { return len(t.ends) }

// At gives text i. It takes no memory of its own.
func (t *Texts) At(i int) string {
	start := uint64(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.arena[start:t.ends[i]]
}

// Size gives what text i takes on the air under the message's unicode setting. It was computed when the text was added.
func (t *Texts) Size(i int) sms.Size {
	s := t.sizes[i]
	return sms.Size{Encoding: s.encoding, Units: int(s.units), Segments: int(s.segments)}
}

// textTable builds Texts.
type textTable struct {
	texts Texts
	arena strings.Builder
	seed  maphash.Seed
	index index
}

func newTextTable() *textTable {
	t := &textTable{seed: maphash.MakeSeed()}
	t.index.hash = func(i uint32) uint64 { return maphash.String(t.seed, t.texts.At(int(i))) }
	return t
}

// add gives the place of a text, which is that of an equal one where there is one.
func (t *textTable) add(text string, size textSize) uint32 {
	i, found := t.index.find(maphash.String(t.seed, text), uint32(t.texts.Len()), func(i uint32) bool { return t.texts.At(int(i)) == text })
	if !found {
		t.arena.WriteString(text)
		t.texts.arena = t.arena.String()
		t.texts.ends = append(t.texts.ends, uint64(len(t.texts.arena)))
		t.texts.sizes = append(t.texts.sizes, size)
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
