package config

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/smsplan/smsplan/internal/phone"
)

// BenchmarkResolveMillion reads a million rows of five columns, all of different people, and writes each of them a text of its own. The
// numbers are of the exchange 555 of a hundred area codes of North America, which has no subscribers.
func BenchmarkResolveMillion(b *testing.B) {
	const rows = 1_000_000
	var areas []int
	for area := 201; len(areas) < 100; area++ {
		if _, err := phone.Parse(fmt.Sprintf("+1%d5550100", area), ""); err == nil {
			areas = append(areas, area)
		}
	}
	path := filepath.Join(b.TempDir(), "million.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "customer,firstname,number,suburb,lang")
	for i := range rows {
		fmt.Fprintf(w, "C%07d,Name%d,+1%03d555%04d,Suburb %d,en\n", i, i%5000, areas[i/10000], i%10000, i%300)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	text := expression(b, `"Dear ${recipient.firstname} (${recipient.customer}), power is out in ${recipient.suburb}."`)
	for b.Loop() {
		d := &rowReporter{}
		set, diags := resolveSet(context.Background(), setSpec{name: "million",
			sources: []source{csvSpec{sourceSpec: sourceIn(filepath.Dir(path), "million.csv")}}}, d)
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		report(b, set.Tally.Rows, "set")
		a, diags := resolveAudience(context.Background(), audienceSpec{to: []*Set{set}, text: text, scope: rowScope(), perRecipient: true}, d)
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		report(b, len(a.Numbers), "audience")
		b.ReportMetric(float64(a.Table.Len()), "texts")
		runtime.KeepAlive(set)
	}
}

// report measures what is held and what was asked of the system so far.
func report(b *testing.B, n int, what string) {
	var m runtime.MemStats
	b.ReportMetric(float64(n), what+"-rows")
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), what+"-MiB-sys")
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), what+"-MiB-held")
}
