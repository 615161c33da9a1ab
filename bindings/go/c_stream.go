package deltaic

import (
	"context"
	"encoding/json"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// CStream is a scan whose rows leave as Arrow's C structs. The module bindings/go/arrow makes records of them; others with
// an Arrow of their own do as it does.
type CStream struct {
	ctx    context.Context
	stream *capi.Stream
}

// OpenCStream begins to read; what it gives must be closed.
func (s *Scan) OpenCStream(ctx context.Context) (*CStream, error) {
	collected, err := collect(s.options)
	if err != nil {
		return nil, err
	}
	stream, err := s.start(ctx, collected)
	if err != nil {
		return nil, err
	}
	return &CStream{ctx, stream}, nil
}

// MoveTo makes the ArrowArrayStream at out the owner of the rows. It must be released before Close.
func (s *CStream) MoveTo(out unsafe.Pointer) { s.stream.MoveTo(out) }

// Err tells why that stream failed, once it did: an *Error, or the context's error.
func (s *CStream) Err() error { return wrap(s.ctx, s.stream.Failure()) }

// Close ends the scan.
func (s *CStream) Close() { s.stream.Close() }

// WriteCStream writes the rows of an ArrowArrayStream, which it releases, as Write does with its rows.
func WriteCStream(ctx context.Context, uri string, stream unsafe.Pointer, options ...Option) (result WriteResult, err error) {
	collected, err := collect(options)
	if err != nil {
		return result, err
	}
	native, err := capi.At(uri, collected.storage)
	if err != nil {
		return result, wrap(ctx, err)
	}
	defer native.Free()
	call, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return result, wrap(ctx, err)
	}
	defer call.End()
	text, err := native.WriteStream(call, stream)
	if err != nil {
		return result, wrap(ctx, err)
	}
	return result, json.Unmarshal([]byte(text), &result)
}

// WriteCStream writes the rows of an ArrowArrayStream, which it releases, as one commit, and moves the table to the version
// that this made. Options: Append or Overwrite, and those of AppendRows.
func (t *Table) WriteCStream(ctx context.Context, stream unsafe.Pointer, options ...Option) (result WriteResult, err error) {
	collected, err := collect(options)
	if err != nil {
		return result, err
	}
	err = t.change(ctx, collected, func(native *capi.Table, call *capi.Call) error {
		text, err := native.WriteStream(call, stream)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &result)
	})
	return result, err
}
