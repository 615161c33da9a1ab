package deltaic

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// hasNulls tells whether any of the rows is null, or could be.
func hasNulls(array *capi.Array) bool { return array.NullCount != 0 && array.Buffer(0) != nil }

func isValid(bitmap unsafe.Pointer, at int64) bool {
	return *(*byte)(unsafe.Add(bitmap, at>>3))>>(at&7)&1 != 0
}

// forNulls calls back for each null row, until that fails.
func forNulls(array *capi.Array, from, n int, null func(i int) error) error {
	if !hasNulls(array) {
		return nil
	}
	bitmap, start := array.Buffer(0), array.Offset+int64(from)
	for i := 0; i < n; i++ {
		at := start + int64(i)
		if at&7 == 0 && n-i >= 8 && *(*byte)(unsafe.Add(bitmap, at>>3)) == 0xff {
			i += 7
			continue
		}
		if !isValid(bitmap, at) {
			if err := null(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func isNilable(t reflect.Type) bool { return t.Kind() == reflect.Slice || t.Kind() == reflect.Map }

// isSQLNull finds sql.Null[T] and its older kin: a value, and whether it is there.
func isSQLNull(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null") &&
		t.NumField() == 2 && t.Field(1).Name == "Valid"
}

func refuseNulls(plain decoder, path string, goType reflect.Type) decoder {
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if err := forNulls(array, from, n, func(int) error { return nullError(path, goType) }); err != nil {
			return err
		}
		return plain(array, from, n, to, stride)
	}
}

func nullError(path string, goType reflect.Type) error {
	return newError(CodeInvalidArgument, fmt.Sprintf(
		"column %s has a null, which a Go %s does not hold; make it *%s or sql.Null[%s]", path, goType, goType, goType))
}

// holdsNull tells whether a Go type has a value for null.
func holdsNull(t reflect.Type) bool {
	return t == anyType || t.Kind() == reflect.Pointer || isSQLNull(t) || isNilable(t)
}

func nullsAsZero(plain decoder, goType reflect.Type) decoder {
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if err := plain(array, from, n, to, stride); err != nil {
			return err
		}
		return forNulls(array, from, n, func(i int) error {
			reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().SetZero()
			return nil
		})
	}
}

func (d *decoders) nullDecoder(path string, goType reflect.Type) (decoder, error) {
	if goType != anyType && goType.Kind() != reflect.Pointer && !isSQLNull(goType) && !isNilable(goType) {
		return nil, misfit(path, &capi.Field{Format: formatNull}, goType)
	}
	return func(_ *capi.Array, _, n int, to unsafe.Pointer, stride uintptr) error {
		for i := range n {
			reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().SetZero()
		}
		return nil
	}, nil
}

func (d *decoders) pointerDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	element := goType.Elem()
	inner, err := d.nullableDecoder(path, field, element)
	if err != nil {
		return nil, err
	}
	slice, size := reflect.SliceOf(element), element.Size()
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		backing := reflect.MakeSlice(slice, n, n).UnsafePointer()
		if err := inner(array, from, n, backing, size); err != nil {
			return err
		}
		for i := range n {
			*(*unsafe.Pointer)(unsafe.Add(to, uintptr(i)*stride)) = unsafe.Add(backing, uintptr(i)*size)
		}
		return forNulls(array, from, n, func(i int) error {
			*(*unsafe.Pointer)(unsafe.Add(to, uintptr(i)*stride)) = nil
			return nil
		})
	}, nil
}

// nullableDecoder is for what is told of nulls by somebody else.
func (d *decoders) nullableDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	if field.Format == formatNull || goType == anyType || goType.Kind() == reflect.Pointer || isSQLNull(goType) {
		return d.decoderFor(path, field, goType)
	}
	return d.plainDecoder(path, field, goType)
}

func (d *decoders) sqlNullDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	value, valid := goType.Field(0), goType.Field(1)
	inner, err := d.nullableDecoder(path, field, value.Type)
	if err != nil {
		return nil, err
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if err := inner(array, from, n, unsafe.Add(to, value.Offset), stride); err != nil {
			return err
		}
		for i := range n {
			*(*bool)(unsafe.Add(to, uintptr(i)*stride+valid.Offset)) = true
		}
		return forNulls(array, from, n, func(i int) error {
			reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().SetZero()
			return nil
		})
	}, nil
}
