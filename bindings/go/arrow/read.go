// Package deltaicarrow reads and writes tables as records of arrow-go.
//
//	reader, err := deltaicarrow.Reader(ctx, table.Scan(deltaic.Where("score > 0.5")))
//	defer reader.Release()
//	for reader.Next() {
//		record := reader.RecordBatch()
//	}
//	err = reader.Err()
package deltaicarrow

import (
	"context"
	"iter"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	"github.com/deltaic/deltaic/bindings/go"
)

// Reader gives the rows of a scan as records, without copying them; records may outlive it, and each that is kept needs
// Retain. The context's end ends it. It must be released.
func Reader(ctx context.Context, scan *deltaic.Scan) (array.RecordReader, error) {
	stream, err := scan.OpenCStream(ctx)
	if err != nil {
		return nil, err
	}
	var moved cdata.CArrowArrayStream
	stream.MoveTo(unsafe.Pointer(&moved))
	records, err := cdata.ImportCRecordReader(&moved, nil)
	if err != nil {
		stream.Close()
		return nil, err
	}
	made := &reader{RecordReader: records.(array.RecordReader), stream: stream}
	made.references.Store(1)
	return made, nil
}

// Records gives the rows of a scan as records, each good until the next comes, unless it is retained. The first error is
// the last thing that comes.
func Records(ctx context.Context, scan *deltaic.Scan) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		reader, err := Reader(ctx, scan)
		if err != nil {
			yield(nil, err)
			return
		}
		defer reader.Release()
		for reader.Next() {
			if !yield(reader.RecordBatch(), nil) {
				return
			}
		}
		if err := reader.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// reader is one of arrow-go's that says why it failed as the table does, and ends the scan with itself.
type reader struct {
	array.RecordReader
	stream     *deltaic.CStream
	references atomic.Int64
}

func (r *reader) Err() error {
	if r.RecordReader.Err() == nil {
		return nil
	}
	return r.stream.Err()
}

func (r *reader) Retain() { r.references.Add(1) }

func (r *reader) Release() {
	if r.references.Add(-1) == 0 {
		r.RecordReader.Release()
		r.stream.Close()
	}
}
