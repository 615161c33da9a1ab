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

// So many values are allocated at once: one that is kept keeps the others of its block, so that they are few.
const boxedTogether = 64

// boxed writes values of T as any, through slices of them.
func boxed[T any](inner decoder) decoder {
	goType := reflect.TypeFor[T]()
	box := boxEach[T]
	if kind := goType.Kind(); kind != reflect.Map && kind != reflect.Bool && kind != reflect.Int8 {
		box = boxInPlace[T]
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		for begin := 0; begin < n; begin += boxedTogether {
			values := make([]T, min(boxedTogether, n-begin))
			if err := inner(array, from+begin, len(values), unsafe.Pointer(&values[0]), goType.Size()); err != nil {
				return err
			}
			box(values, unsafe.Add(to, uintptr(begin)*stride), stride)
		}
		return nil
	}
}

// boxEach is for what an interface holds itself, or Go has ready: maps, booleans, bytes.
func boxEach[T any](values []T, to unsafe.Pointer, stride uintptr) {
	for i := range values {
		*(*any)(unsafe.Add(to, uintptr(i)*stride)) = values[i]
	}
}

// boxInPlace lets interfaces point into the slice, where each of them would allocate a copy of its own. Nobody changes
// the slice any more.
func boxInPlace[T any](values []T, to unsafe.Pointer, stride uintptr) {
	type words struct{ kind, value unsafe.Pointer }
	var sample any = values[0]
	kind := (*words)(unsafe.Pointer(&sample)).kind
	for i := range values {
		*(*words)(unsafe.Add(to, uintptr(i)*stride)) = words{kind, unsafe.Pointer(&values[i])}
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
