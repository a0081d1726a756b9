package plan

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/smsplan/smsplan/internal/config"
	"github.com/smsplan/smsplan/internal/phone"
	"github.com/smsplan/smsplan/internal/state"
)

// crowd gives a configuration with n people in ten regions and the texts of c's table in turn.
func crowd(c *config.Config, n int) *config.Config {
	m := *c.Messages[0]
	m.Audience = config.Audience{Table: c.Messages[0].Audience.Table, Numbers: make([]phone.Number, n), Regions: make([]phone.Region, n), Texts: make([]uint32, n)}
	m.Audience.Tally.Rows = n
	for i := range n {
		m.Audience.Numbers[i] = nobody(i * 7919 % 99_999_989)
		m.Audience.Regions[i] = phone.Region{'A', 'A' + byte(i%10)}
		m.Audience.Texts[i] = uint32(i % m.Audience.Table.Len())
	}
	copied := *c
	copied.Messages = []*config.Message{&m}
	return &copied
}

func BenchmarkNew(b *testing.B) {
	for _, texts := range []int{1, 250} {
		base := corpus(b, numbered(texts)...)
		for _, n := range []int{100_000, 1_000_000} {
			c := crowd(base, n)
			b.Run(fmt.Sprintf("people=%d/texts=%d/state=none", n, texts), func(b *testing.B) { benchmarkNew(b, c, nil) })
		}
	}
	base := corpus(b, "Hello")
	for _, n := range []int{100_000, 1_000_000} {
		c := crowd(base, n)
		l := openLedger(b, b.TempDir())
		empty := l.snapshot()
		b.Run(fmt.Sprintf("people=%d/texts=1/state=empty", n), func(b *testing.B) { benchmarkNew(b, c, empty) })
		l.settle(state.Accepted, 0, "Hello", c.Messages[0].Audience.Numbers...)
		full := l.snapshot()
		b.Run(fmt.Sprintf("people=%d/texts=1/state=all-sent", n), func(b *testing.B) { benchmarkNew(b, c, full) })
		l.Close()
	}
}

func benchmarkNew(b *testing.B, c *config.Config, past *state.Snapshot) {
	n := len(c.Messages[0].Audience.Numbers)
	b.ReportAllocs()
	for b.Loop() {
		New(c, past, noon, "bench", Options{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/person")
}

func BenchmarkWrite(b *testing.B) {
	p := New(crowd(corpus(b, "Hello"), 1_000_000), nil, noon, "bench", Options{})
	for b.Loop() {
		if err := p.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	saved := written(b, New(crowd(corpus(b, "Hello"), 1_000_000), nil, noon, "bench", Options{}))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(saved), int64(len(saved))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(saved))/1e6, "B/person")
}
