package deltaicarrow

import (
	"context"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	"github.com/deltaic/deltaic/bindings/go"
)

// Write writes all records as one commit, as deltaic.Write does with its rows, and takes the same options but Schema: the
// columns of a new table are those of the records. The reader stays the caller's to release.
func Write(ctx context.Context, uri string, rows array.RecordReader, options ...deltaic.Option) (deltaic.WriteResult, error) {
	return write(rows, func(stream unsafe.Pointer) (deltaic.WriteResult, error) {
		return deltaic.WriteCStream(ctx, uri, stream, options...)
	})
}

// Append adds the records to an open table as one commit, and moves it to the version that this made.
func Append(ctx context.Context, table *deltaic.Table, rows array.RecordReader, options ...deltaic.Option) (deltaic.WriteResult, error) {
	return write(rows, func(stream unsafe.Pointer) (deltaic.WriteResult, error) {
		return table.WriteCStream(ctx, stream, append([]deltaic.Option{deltaic.Append}, options...)...)
	})
}

// Overwrite replaces the rows of an open table as one commit, and moves it to the version that this made.
func Overwrite(ctx context.Context, table *deltaic.Table, rows array.RecordReader, options ...deltaic.Option) (deltaic.WriteResult, error) {
	return write(rows, func(stream unsafe.Pointer) (deltaic.WriteResult, error) {
		return table.WriteCStream(ctx, stream, append([]deltaic.Option{deltaic.Overwrite}, options...)...)
	})
}

func write(rows array.RecordReader, call func(unsafe.Pointer) (deltaic.WriteResult, error)) (deltaic.WriteResult, error) {
	var stream cdata.CArrowArrayStream
	copied := &outside{RecordReader: rows, memory: mallocator.NewMallocator()}
	cdata.ExportRecordReader(copied, &stream)
	result, err := call(unsafe.Pointer(&stream))
	// Where the call never came to take it.
	cdata.ReleaseCArrowArrayStream(&stream)
	if failed := copied.Err(); err != nil && failed != nil {
		return result, failed
	}
	return result, err
}

// outside gives records whose buffers lie outside of Go's memory, as cgo demands of what C keeps.
type outside struct {
	array.RecordReader
	memory memory.Allocator
	last   arrow.RecordBatch
	failed error
}

func (o *outside) Next() bool {
	o.drop()
	if !o.RecordReader.Next() {
		return false
	}
	record := o.RecordReader.RecordBatch()
	columns := make([]arrow.Array, record.NumCols())
	for i, column := range record.Columns() {
		columns[i], o.failed = o.column(column)
		if o.failed != nil {
			return false
		}
		defer columns[i].Release()
	}
	o.last = array.NewRecordBatch(record.Schema(), columns, record.NumRows())
	return true
}

func (o *outside) Err() error {
	if o.failed != nil {
		return o.failed
	}
	return o.RecordReader.Err()
}

// column copies one that begins at its buffers' begin: of a part of a struct, arrow-go exports the offset twice.
func (o *outside) column(column arrow.Array) (arrow.Array, error) {
	if hasOffset(column.Data()) {
		whole, err := array.Concatenate([]arrow.Array{column}, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		defer whole.Release()
		column = whole
	}
	data := o.copy(column.Data())
	defer data.Release()
	return array.MakeFromData(data), nil
}

func hasOffset(data arrow.ArrayData) bool {
	return data.Offset() != 0 || slices.ContainsFunc(data.Children(), hasOffset)
}

func (o *outside) RecordBatch() arrow.RecordBatch { return o.last }
func (o *outside) Record() arrow.RecordBatch      { return o.last }

// Retain and Release are those of the stream alone: the reader is the caller's.
func (o *outside) Retain()  {}
func (o *outside) Release() { o.drop() }

func (o *outside) drop() {
	if o.last != nil {
		o.last.Release()
		o.last = nil
	}
}

func (o *outside) copy(data arrow.ArrayData) arrow.ArrayData {
	buffers := make([]*memory.Buffer, len(data.Buffers()))
	for i, buffer := range data.Buffers() {
		if buffer == nil {
			continue
		}
		buffers[i] = memory.NewResizableBuffer(o.memory)
		buffers[i].Resize(buffer.Len())
		copy(buffers[i].Bytes(), buffer.Bytes())
		defer buffers[i].Release()
	}
	children := make([]arrow.ArrayData, len(data.Children()))
	for i, child := range data.Children() {
		children[i] = o.copy(child)
		defer children[i].Release()
	}
	made := array.NewData(data.DataType(), data.Len(), buffers, children, data.NullN(), data.Offset())
	if hasDictionary(data.DataType()) {
		copied := o.copy(data.Dictionary())
		made.SetDictionary(copied)
		copied.Release()
	}
	return made
}

func hasDictionary(dataType arrow.DataType) bool {
	if extension, is := dataType.(arrow.ExtensionType); is {
		dataType = extension.StorageType()
	}
	return dataType.ID() == arrow.DICTIONARY
}
