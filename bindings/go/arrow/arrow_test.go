package deltaicarrow_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/deltaic/deltaic/bindings/go"
	"github.com/deltaic/deltaic/bindings/go/arrow"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	{Name: "point", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float64, Nullable: true}), Nullable: true},
}, nil)

// record has the rows from first on: every third name is null, row i has i % 3 tags.
func record(t *testing.T, first, n int) arrow.RecordBatch {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	ids := builder.Field(0).(*array.Int64Builder)
	names := builder.Field(1).(*array.BinaryDictionaryBuilder)
	tags := builder.Field(2).(*array.ListBuilder)
	points := builder.Field(3).(*array.StructBuilder)
	for i := first; i < first+n; i++ {
		ids.Append(int64(i))
		if i%3 == 0 {
			names.AppendNull()
		} else if err := names.AppendString(fmt.Sprint("n", i%5)); err != nil {
			t.Fatal(err)
		}
		tags.Append(true)
		for tag := range i % 3 {
			tags.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprint(tag))
		}
		points.Append(true)
		points.FieldBuilder(0).(*array.Float64Builder).Append(float64(i) / 2)
	}
	return builder.NewRecordBatch()
}

func records(t *testing.T, batches ...arrow.RecordBatch) array.RecordReader {
	reader, err := array.NewRecordReader(schema, batches)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

type row struct {
	ID    int64    `delta:"id"`
	Name  *string  `delta:"name"`
	Tags  []string `delta:"tags"`
	Point struct {
		X float64 `delta:"x"`
	} `delta:"point"`
}

func TestWriteThenRead(t *testing.T) {
	ctx := t.Context()
	uri := filepath.Join(t.TempDir(), "t")
	whole := record(t, 0, 100)
	defer whole.Release()
	// The middle of a record, and one without rows, are records as well.
	middle, none := whole.NewSlice(10, 20), whole.NewSlice(5, 5)
	written, err := deltaicarrow.Write(ctx, uri, records(t, middle, none, whole.NewSlice(20, 100)), deltaic.Property("delta.appendOnly", "false"))
	if err != nil || written.NumAddedRows != 90 {
		t.Fatal(written, err)
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	for one, err := range deltaic.Rows[row](ctx, table.Scan()) {
		if err != nil {
			t.Fatal(err)
		}
		if one.Point.X != float64(one.ID)/2 || len(one.Tags) != int(one.ID%3) || (one.Name == nil) != (one.ID%3 == 0) {
			t.Fatal("a row is another one than was written", one)
		}
		if one.Name != nil && *one.Name != fmt.Sprint("n", one.ID%5) {
			t.Fatal("name", *one.Name)
		}
	}
	var ids []int64
	for batch, err := range deltaicarrow.Records(ctx, table.Scan(deltaic.Ordered(), deltaic.Columns("id"), deltaic.Where("id >= 50"))) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, batch.Column(0).(*array.Int64).Int64Values()...)
	}
	if slices.Sort(ids); len(ids) != 50 || ids[0] != 50 || ids[49] != 99 {
		t.Fatal("ids", ids)
	}
}

func TestAppendAndOverwrite(t *testing.T) {
	ctx := t.Context()
	uri := filepath.Join(t.TempDir(), "t")
	first := record(t, 0, 10)
	defer first.Release()
	if _, err := deltaicarrow.Write(ctx, uri, records(t, first)); err != nil {
		t.Fatal(err)
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	if _, err := deltaicarrow.Append(ctx, table, records(t, first)); err != nil {
		t.Fatal(err)
	}
	count, err := table.Count(ctx)
	if err != nil || count != 20 || table.Version() != 1 {
		t.Fatal(count, table.Version(), err)
	}
	// What was read is written, into the table that it is read from.
	reader, err := deltaicarrow.Reader(ctx, table.Scan(deltaic.Where("id < 3")))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if _, err := deltaicarrow.Overwrite(ctx, table, reader); err != nil {
		t.Fatal(err)
	}
	if count, err := table.Count(ctx); err != nil || count != 6 {
		t.Fatal(count, err)
	}
}

// broken gives one record, and then an error.
type broken struct {
	array.RecordReader
	why error
}

func (b *broken) Next() bool { return b.RecordReader.Next() }
func (b *broken) Err() error { return b.why }

func TestErrors(t *testing.T) {
	ctx := t.Context()
	uri := filepath.Join(t.TempDir(), "t")
	first := record(t, 0, 10)
	defer first.Release()
	why := errors.New("the source broke")
	if _, err := deltaicarrow.Write(ctx, uri, &broken{records(t, first), why}); !errors.Is(err, why) {
		t.Fatal(err)
	}
	if there, err := deltaic.Exists(ctx, uri); there || err != nil {
		t.Fatal("a write that failed left a table", err)
	}
	if _, err := deltaicarrow.Write(ctx, uri, records(t, first)); err != nil {
		t.Fatal(err)
	}
	if _, err := deltaicarrow.Write(ctx, uri, records(t, first)); !errors.Is(err, deltaic.ErrAlreadyExists) {
		t.Fatal(err)
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	if _, err := deltaicarrow.Reader(ctx, table.Scan(deltaic.Where("nope = 1"))); !errors.Is(err, deltaic.ErrInvalidArgument) || !strings.Contains(err.Error(), "nope") {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(ctx)
	reader, err := deltaicarrow.Reader(ended, table.Scan())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	end()
	for reader.Next() {
	}
	if err := reader.Err(); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestRecordsOutliveTheirReader(t *testing.T) {
	ctx := t.Context()
	uri := filepath.Join(t.TempDir(), "t")
	first := record(t, 0, 1000)
	defer first.Release()
	if _, err := deltaicarrow.Write(ctx, uri, records(t, first)); err != nil {
		t.Fatal(err)
	}
	table, err := deltaic.Open(ctx, uri)
	if err != nil {
		t.Fatal(err)
	}
	var kept []arrow.RecordBatch
	for range 20 {
		for batch, err := range deltaicarrow.Records(ctx, table.Scan()) {
			if err != nil {
				t.Fatal(err)
			}
			batch.Retain()
			kept = append(kept, batch)
		}
	}
	_ = table.Close()
	rows := int64(0)
	for _, batch := range kept {
		rows += batch.NumRows()
		if name := batch.Column(1).ValueStr(1); name != "n1" && batch.NumRows() > 1 && batch.Column(0).ValueStr(1) == "1" {
			t.Fatal("name", name)
		}
		batch.Release()
	}
	if rows != 20_000 {
		t.Fatal(rows)
	}
}
