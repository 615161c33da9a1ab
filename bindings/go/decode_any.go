package deltaic

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// anyDecoder writes values of the type that Go has for the column's, and nil for null.
func (d *decoders) anyDecoder(path string, field *capi.Field) (decoder, error) {
	inner, err := d.valueDecoder(path, field)
	if err != nil {
		return nil, err
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if err := inner(array, from, n, to, stride); err != nil {
			return err
		}
		return forNulls(array, from, n, func(i int) error {
			*(*any)(unsafe.Add(to, uintptr(i)*stride)) = nil
			return nil
		})
	}, nil
}

func (d *decoders) valueDecoder(path string, field *capi.Field) (decoder, error) {
	if isVariant(field) {
		return decodeVariantsAsAny, nil
	}
	if field.Dictionary != nil {
		return boxed[string](d.stringDecoder(field)), nil
	}
	switch field.Format {
	case formatBool:
		return boxed[bool](decodeBools), nil
	case formatByte:
		return boxed[int8](decodeNumbers[int8, int8]), nil
	case formatShort:
		return boxed[int16](decodeNumbers[int16, int16]), nil
	case formatInt:
		return boxed[int32](decodeNumbers[int32, int32]), nil
	case formatLong:
		return boxed[int64](decodeNumbers[int64, int64]), nil
	case formatFloat:
		return boxed[float32](decodeNumbers[float32, float32]), nil
	case formatDouble:
		return boxed[float64](decodeNumbers[float64, float64]), nil
	case formatString:
		return boxed[string](decodeStrings), nil
	case formatBinary:
		return boxed[[]byte](decodeBytes), nil
	case formatDate:
		return boxed[Date](decodeNumbers[int32, Date]), nil
	case formatList:
		return boxedBy[[]any](d.sliceDecoder(path, field, reflect.TypeFor[[]any]()))
	case formatStruct:
		return boxedBy[map[string]any](d.recordDecoder(path, field, reflect.TypeFor[map[string]any]()))
	case formatMap:
		key := field.Children[0].Children[0].Format
		if key == formatString || key == formatBinary {
			return boxedBy[map[string]any](d.mapDecoder(path, field, reflect.TypeFor[map[string]any]()))
		}
		return boxedBy[map[any]any](d.mapDecoder(path, field, reflect.TypeFor[map[any]any]()))
	}
	if isTimestamp(field.Format) {
		return boxed[time.Time](timeDecoder(field)), nil
	}
	if made := decimalDecoder(field); made != nil {
		return boxed[Decimal](made), nil
	}
	return nil, newError(CodeUnsupported, "column "+path+" is "+typeName(field)+", which Go has no value for here")
}

// boxed writes values of T as any, through a slice of them.
func boxed[T any](inner decoder) decoder {
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if n == 0 {
			return nil
		}
		var zero T
		unboxed := make([]T, n)
		if err := inner(array, from, n, unsafe.Pointer(&unboxed[0]), unsafe.Sizeof(zero)); err != nil {
			return err
		}
		for i := range unboxed {
			*(*any)(unsafe.Add(to, uintptr(i)*stride)) = unboxed[i]
		}
		return nil
	}
}

func boxedBy[T any](inner decoder, err error) (decoder, error) {
	if err != nil {
		return nil, err
	}
	return boxed[T](inner), nil
}

func decodeVariantsAsAny(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	if n == 0 {
		return nil
	}
	variants := make([]Variant, n)
	if err := decodeVariants(array, from, n, unsafe.Pointer(&variants[0]), unsafe.Sizeof(variants[0])); err != nil {
		return err
	}
	for i, variant := range variants {
		if hasNulls(array) && !isValid(array.Buffer(0), array.Offset+int64(from+i)) {
			continue
		}
		value, err := variant.Any()
		if err != nil {
			return err
		}
		*(*any)(unsafe.Add(to, uintptr(i)*stride)) = value
	}
	return nil
}
