package deltaic_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/deltaic/deltaic/bindings/go"
)

// Bytes of variants come from files: any of them give a value or an error.
func FuzzVariant(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		variant := must(deltaic.NewVariant(randomVariant(r)))
		f.Add(variant.Metadata, variant.Value)
	}
	f.Fuzz(func(t *testing.T, metadata, value []byte) {
		read, err := deltaic.Variant{Metadata: metadata, Value: value}.Any()
		if err != nil {
			failsWith(t, err, deltaic.ErrCorruption)
			return
		}
		if _, err := deltaic.NewVariant(read); err != nil {
			t.Skip() // a time of day, which is read only
		}
	})
}

// What a decimal's text is read from is what it is written as.
func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"0", "-0.50", "99999999999999999999999999999999999999", "1.", ".1", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := deltaic.ParseDecimal(text)
		if err != nil {
			return
		}
		again, err := deltaic.ParseDecimal(read.String())
		if err != nil || again != read {
			t.Errorf("%q, %v, %v, %v", text, read, again, err)
		}
	})
}

// Rows made of any numbers come back as they were: the decoder meets batches of any shape.
func FuzzRows(f *testing.F) {
	f.Add(uint64(1), 10)
	f.Add(uint64(2), 1025)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		if n < 1 || n > 3000 {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(seed, 2))
		rows := make([]everything, n)
		for i := range rows {
			rows[i] = randomRow(r, i)
		}
		uri := filepath.Join(t.TempDir(), "t")
		must(deltaic.Write(t.Context(), uri, slices.Values(rows), deltaic.Compression("none")))
		table := must(deltaic.Open(t.Context(), uri))
		compare(t, rows, rowsOf[everything](t, table.Scan(deltaic.Ordered())))
	})
}
