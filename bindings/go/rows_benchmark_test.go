package deltaic_test

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

type wide struct {
	ID   int64        `delta:"id"`
	N    int32        `delta:"n"`
	Name string       `delta:"name"`
	City string       `delta:"city"`
	X    float64      `delta:"x"`
	OK   bool         `delta:"ok"`
	At   time.Time    `delta:"at"`
	Day  deltaic.Date `delta:"day"`
}

func wides(n int) iter.Seq[wide] {
	return func(yield func(wide) bool) {
		start := time.UnixMilli(1_700_000_000_000)
		for i := range n {
			row := wide{int64(i), int32(i % 1000), fmt.Sprint("name-", i), fmt.Sprint("city-", i%50), float64(i) / 3, i%2 == 0,
				start.Add(time.Duration(i) * time.Millisecond), deltaic.Date(19_600 + i%365)}
			if !yield(row) {
				return
			}
		}
	}
}

// BenchmarkRows reads rows of 8 columns: DELTAIC_BENCHMARK_ROWS of them, by default 100,000. The files stay in
// DELTAIC_BENCHMARK_FOLDER, for others to read.
func BenchmarkRows(b *testing.B) {
	n := 100_000
	if given, err := strconv.Atoi(os.Getenv("DELTAIC_BENCHMARK_ROWS")); err == nil {
		n = given
	}
	folder := os.Getenv("DELTAIC_BENCHMARK_FOLDER")
	if folder == "" {
		folder = b.TempDir()
	}
	uri := filepath.Join(folder, "wide")
	must(deltaic.Write(b.Context(), uri, wides(n), deltaic.Ignore))
	table := must(deltaic.Open(b.Context(), uri))
	b.Run("structs", func(b *testing.B) { countRows(b, n, deltaic.Rows[wide](b.Context(), table.Scan())) })
	b.Run("maps", func(b *testing.B) { countRows(b, n, table.Scan().Maps(b.Context())) })
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			must(deltaic.Write(b.Context(), filepath.Join(b.TempDir(), "t"), wides(n), deltaic.Overwrite))
		}
	})
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func countRows[T any](b *testing.B, want int, rows iter.Seq2[T, error]) {
	runtime.GC()
	before := processorTime(b)
	defer func() { b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op") }()
	for b.Loop() {
		found := 0
		for _, err := range rows {
			if err != nil {
				b.Fatal(err)
			}
			found++
		}
		if found != want {
			b.Fatalf("%d rows", found)
		}
	}
}
