package deltaic

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// A decoder writes rows [from, from+n) of an array to memory of one Go type, each `stride` bytes behind the one before.
// What it writes where a row is null is any value of the type: who may meet a null wraps it.
type decoder func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error

// decoders are made for one iteration, and used by it alone.
type decoders struct {
	batch int // counts batches, for what is kept of a batch
}

func misfit(path string, field *capi.Field, goType reflect.Type) error {
	return newError(CodeInvalidArgument, fmt.Sprintf("column %s is %s, which a Go %s does not hold", path, typeName(field), goType))
}

// values views a buffer of fixed-width values as a slice of the rows wanted.
func values[T any](array *capi.Array, from, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(array.Buffer(1)), array.Offset+int64(from)+int64(n))[array.Offset+int64(from):]
}

// offsets gives n+1 of them.
func offsets(array *capi.Array, from, n int) []int32 {
	if n == 0 {
		return []int32{0}
	}
	return values[int32](array, from, n+1)
}

// decoderFor makes the decoder of one column, or of a part of it, that writes values of a Go type.
func (d *decoders) decoderFor(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	if field.Format == formatNull {
		return d.nullDecoder(path, goType)
	}
	switch {
	case goType == anyType:
		return d.anyDecoder(path, field)
	case isSQLNull(goType):
		return d.sqlNullDecoder(path, field, goType)
	case goType.Kind() == reflect.Pointer:
		return d.pointerDecoder(path, field, goType)
	}
	plain, err := d.plainDecoder(path, field, goType)
	if err != nil {
		return nil, err
	}
	if isNilable(goType) {
		return nullsAsZero(plain, goType), nil
	}
	return refuseNulls(plain, path, goType), nil
}

// plainDecoder ignores nulls.
func (d *decoders) plainDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	var made decoder
	switch goType {
	case dateType:
		if field.Format == formatDate {
			made = decodeNumbers[int32, Date]
		}
	case decimalType:
		made = decimalDecoder(field)
	case timeType:
		made = timeDecoder(field)
	case variantType:
		if isVariant(field) {
			made = decodeVariants
		}
	default:
		return d.kindDecoder(path, field, goType)
	}
	if made == nil {
		return nil, misfit(path, field, goType)
	}
	return made, nil
}

func (d *decoders) kindDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	var made decoder
	switch goType.Kind() {
	case reflect.Bool:
		if field.Format == formatBool {
			made = decodeBools
		}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int, reflect.Float32, reflect.Float64:
		made = numberDecoder(field.Format, goType.Kind())
	case reflect.String:
		made = d.stringDecoder(field)
	case reflect.Slice:
		return d.sliceDecoder(path, field, goType)
	case reflect.Map:
		return d.mapDecoder(path, field, goType)
	case reflect.Struct:
		if field.Format == formatStruct && !isVariant(field) {
			return d.structDecoder(path, field, goType)
		}
	}
	if made == nil {
		return nil, misfit(path, field, goType)
	}
	return made, nil
}
