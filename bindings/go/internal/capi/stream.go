package capi

/*
#include "shim.h"
*/
import "C"

import (
	"encoding/binary"
	"unsafe"
)

// Field is an ArrowSchema, copied.
type Field struct {
	Name       string
	Format     string
	Nullable   bool
	Metadata   map[string]string
	Children   []*Field
	Dictionary *Field
}

// Array is an ArrowArray, in C memory.
type Array struct {
	Length    int64
	NullCount int64
	Offset    int64
	numBuffers,
	numChildren int64
	buffers    *unsafe.Pointer
	children   **Array
	Dictionary *Array
	release    unsafe.Pointer
	private    unsafe.Pointer
}

func (a *Array) Buffer(i int) unsafe.Pointer {
	if int64(i) >= a.numBuffers {
		return nil
	}
	return unsafe.Slice(a.buffers, a.numBuffers)[i]
}
func (a *Array) Child(i int) *Array { return unsafe.Slice(a.children, a.numChildren)[i] }

// Stream is an ArrowArrayStream, and the scan it comes from.
type Stream struct {
	c    *C.struct_ArrowArrayStream
	at   *C.struct_ArrowArray
	scan *C.deltaic_scan
	call *Call
}

// OpenScan reads nothing yet. The stream ends the call, also where opening fails.
func (t *Table) OpenScan(call *Call) (*Stream, error) {
	var scan *C.deltaic_scan
	var failure *C.deltaic_error
	err := done(C.deltaic_scan_open(t.p, call.options, &scan, &failure), failure)
	return openStream(call, scan, err)
}

func (t *Table) OpenChanges(call *Call) (*Stream, error) {
	var scan *C.deltaic_scan
	var failure *C.deltaic_error
	err := done(C.deltaic_changes_open(t.p, call.options, &scan, &failure), failure)
	return openStream(call, scan, err)
}

func openStream(call *Call, scan *C.deltaic_scan, err error) (*Stream, error) {
	if err != nil {
		call.End()
		return nil, err
	}
	stream := newStream(call)
	stream.scan = scan
	var failure *C.deltaic_error
	if err := done(C.deltaic_scan_stream(scan, stream.c, &failure), failure); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

func (t *Table) Files(call *Call) (*Stream, error) {
	stream := newStream(call)
	var failure *C.deltaic_error
	if err := done(C.deltaic_table_files(t.p, call.options, stream.c, &failure), failure); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

func newStream(call *Call) *Stream {
	return &Stream{
		c:    (*C.struct_ArrowArrayStream)(C.calloc(1, C.sizeof_struct_ArrowArrayStream)),
		at:   (*C.struct_ArrowArray)(C.calloc(1, C.sizeof_struct_ArrowArray)),
		call: call,
	}
}

// Schema gives the fields of the rows.
func (s *Stream) Schema() (*Field, error) {
	var schema C.struct_ArrowSchema
	if code := C.dn_stream_schema(s.c, &schema); code != 0 {
		return nil, s.failure()
	}
	defer C.dn_schema_release(&schema)
	return copySchema(&schema), nil
}

// Next gives the next batch, a struct array, which lives until the next call; nil at the end.
func (s *Stream) Next() (*Array, error) {
	C.dn_array_release(s.at)
	*s.at = C.struct_ArrowArray{}
	if code := C.dn_stream_next(s.c, s.at); code != 0 {
		return nil, s.failure()
	}
	if s.at.release == nil {
		return nil, nil
	}
	return (*Array)(unsafe.Pointer(s.at)), nil
}

func (s *Stream) failure() error {
	if s.scan != nil {
		if failure := C.deltaic_scan_error(s.scan); failure != nil {
			return takeError(C.deltaic_error_code(failure), failure)
		}
	}
	message := "the stream failed"
	if s.c.release != nil {
		if why := C.dn_stream_error(s.c); why != nil {
			message = C.GoString(why)
		}
	}
	return &Error{Code: Internal, Message: message}
}

// MetricsJSON tells how far the scan is.
func (s *Stream) MetricsJSON() (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_scan_metrics_json(s.scan, &out, &failure), &out, failure)
}

// Close frees all that the stream holds; reading that goes on ends.
func (s *Stream) Close() {
	s.call.Cancel()
	C.dn_array_release(s.at)
	C.dn_stream_release(s.c)
	if s.scan != nil {
		C.deltaic_scan_free(s.scan)
	}
	C.free(unsafe.Pointer(s.at))
	C.free(unsafe.Pointer(s.c))
	s.call.End()
}

// Failure tells why the stream, or the one it was moved to, failed.
func (s *Stream) Failure() error { return s.failure() }

// MoveTo hands the stream over to an ArrowArrayStream of somebody else's. Close is to be called once that is released.
func (s *Stream) MoveTo(out unsafe.Pointer) {
	*(*C.struct_ArrowArrayStream)(out) = *s.c
	*s.c = C.struct_ArrowArrayStream{}
}

// Schema gives the table's fields.
func (t *Table) Schema() (*Field, error) {
	var schema C.struct_ArrowSchema
	var failure *C.deltaic_error
	if err := done(C.deltaic_table_schema(t.p, &schema, &failure), failure); err != nil {
		return nil, err
	}
	defer C.dn_schema_release(&schema)
	return copySchema(&schema), nil
}

func copySchema(schema *C.struct_ArrowSchema) *Field {
	field := &Field{
		Name:     C.GoString(schema.name),
		Format:   C.GoString(schema.format),
		Nullable: schema.flags&C.ARROW_FLAG_NULLABLE != 0,
		Metadata: copyMetadata(unsafe.Pointer(schema.metadata)),
	}
	for _, child := range unsafe.Slice(schema.children, schema.n_children) {
		field.Children = append(field.Children, copySchema(child))
	}
	if schema.dictionary != nil {
		field.Dictionary = copySchema(schema.dictionary)
	}
	return field
}

func copyMetadata(at unsafe.Pointer) map[string]string {
	if at == nil {
		return nil
	}
	number := func() int {
		value := *(*int32)(at)
		at = unsafe.Add(at, 4)
		return int(value)
	}
	text := func() string {
		length := number()
		value := string(unsafe.Slice((*byte)(at), length))
		at = unsafe.Add(at, length)
		return value
	}
	metadata := map[string]string{}
	for count := number(); count > 0; count-- {
		key := text()
		metadata[key] = text()
	}
	return metadata
}

func packMetadata(metadata map[string]string) []byte {
	if len(metadata) == 0 {
		return nil
	}
	packed := binary.NativeEndian.AppendUint32(nil, uint32(len(metadata)))
	for key, value := range metadata {
		for _, text := range []string{key, value} {
			packed = binary.NativeEndian.AppendUint32(packed, uint32(len(text)))
			packed = append(packed, text...)
		}
	}
	return packed
}
