package capi

/*
#include "shim.h"
#include <errno.h>
#include <string.h>
*/
import "C"

import (
	"runtime/cgo"
	"sync"
	"unsafe"
)

// Column is an ArrowArray to be: buffers as the format has them (nil: absent), and children.
type Column struct {
	Length    int
	NullCount int
	Buffers   [][]byte
	Children  []*Column
}

// Source is a stream of rows that Go makes. Next and Release are called on a thread of the library's choice, one at a time.
type Source struct {
	Schema  *Field
	Next    func() (*Column, error) // nil at the end
	Release func()                  // called once; nobody calls Next afterwards
	once    sync.Once
	handle  cgo.Handle
}

func (s *Source) export() *C.struct_ArrowArrayStream {
	stream := (*C.struct_ArrowArrayStream)(C.calloc(1, C.sizeof_struct_ArrowArrayStream))
	s.handle = cgo.NewHandle(s)
	C.dn_source_stream(C.uintptr_t(s.handle), stream)
	return stream
}

// Abandon releases a source that the library never took, or has released already.
func (s *Source) Abandon() { s.once.Do(s.Release) }

//export deltaicGoSourceSchema
func deltaicGoSourceSchema(handle C.uintptr_t, out *C.struct_ArrowSchema) C.int {
	exportSchema(cgo.Handle(handle).Value().(*Source).Schema, out)
	return 0
}

//export deltaicGoSourceNext
func deltaicGoSourceNext(handle C.uintptr_t, out *C.struct_ArrowArray) C.int {
	column, err := cgo.Handle(handle).Value().(*Source).Next()
	if err != nil {
		return C.ECANCELED
	}
	if column == nil {
		*out = C.struct_ArrowArray{}
		return 0
	}
	exportArray(column, out)
	return 0
}

//export deltaicGoSourceRelease
func deltaicGoSourceRelease(handle C.uintptr_t) {
	source := cgo.Handle(handle).Value().(*Source)
	cgo.Handle(handle).Delete()
	source.Abandon()
}

// block hands out pieces of one malloc.
type block struct {
	start unsafe.Pointer
	used  uintptr
}

const alignment = 64

func padded(size int) uintptr { return (uintptr(size) + alignment - 1) &^ (alignment - 1) }

func newBlock(size uintptr) *block {
	raw := C.malloc(C.size_t(size + alignment))
	aligned := (alignment - uintptr(raw)%alignment) % alignment
	return &block{start: raw, used: aligned}
}

func (b *block) take(size int) unsafe.Pointer {
	at := unsafe.Add(b.start, b.used)
	b.used += padded(size)
	return at
}

func (b *block) bytes(content []byte) unsafe.Pointer {
	at := b.take(len(content))
	copy(unsafe.Slice((*byte)(at), len(content)), content)
	return at
}

const pointerSize = int(unsafe.Sizeof(uintptr(0)))

func exportArray(column *Column, out *C.struct_ArrowArray) {
	children := len(column.Children)
	size := padded(len(column.Buffers)*pointerSize) + padded(children*pointerSize) + padded(children*C.sizeof_struct_ArrowArray)
	for _, buffer := range column.Buffers {
		size += padded(len(buffer))
	}
	memory := newBlock(size)
	*out = C.struct_ArrowArray{
		length: C.int64_t(column.Length), null_count: C.int64_t(column.NullCount),
		n_buffers: C.int64_t(len(column.Buffers)), n_children: C.int64_t(children),
		buffers:  (*unsafe.Pointer)(memory.take(len(column.Buffers) * pointerSize)),
		children: (**C.struct_ArrowArray)(memory.take(children * pointerSize)),
	}
	buffers := unsafe.Slice(out.buffers, len(column.Buffers))
	for i, buffer := range column.Buffers {
		buffers[i] = nil
		if buffer != nil {
			buffers[i] = memory.bytes(buffer)
		}
	}
	structs := unsafe.Slice((*C.struct_ArrowArray)(memory.take(children*C.sizeof_struct_ArrowArray)), children)
	pointers := unsafe.Slice(out.children, children)
	for i, child := range column.Children {
		exportArray(child, &structs[i])
		pointers[i] = &structs[i]
	}
	C.dn_own_array(out, memory.start)
}

func exportSchema(field *Field, out *C.struct_ArrowSchema) {
	children := len(field.Children)
	metadata := packMetadata(field.Metadata)
	size := padded(len(field.Name)+1) + padded(len(field.Format)+1) + padded(len(metadata)) +
		padded(children*pointerSize) + padded(children*C.sizeof_struct_ArrowSchema)
	memory := newBlock(size)
	*out = C.struct_ArrowSchema{
		name:       (*C.char)(memory.bytes(append([]byte(field.Name), 0))),
		format:     (*C.char)(memory.bytes(append([]byte(field.Format), 0))),
		n_children: C.int64_t(children),
	}
	if metadata != nil {
		out.metadata = (*C.char)(memory.bytes(metadata))
	}
	if field.Nullable {
		out.flags = C.ARROW_FLAG_NULLABLE
	}
	out.children = (**C.struct_ArrowSchema)(memory.take(children * pointerSize))
	structs := unsafe.Slice((*C.struct_ArrowSchema)(memory.take(children*C.sizeof_struct_ArrowSchema)), children)
	pointers := unsafe.Slice(out.children, children)
	for i, child := range field.Children {
		exportSchema(child, &structs[i])
		pointers[i] = &structs[i]
	}
	C.dn_own_schema(out, memory.start)
}
