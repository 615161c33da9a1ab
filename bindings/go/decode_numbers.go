package deltaic

import (
	"math/bits"
	"reflect"
	"time"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

type numeric interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~float32 | ~float64
}

func decodeNumbers[S, D numeric](array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	for i, value := range values[S](array, from, n) {
		*(*D)(unsafe.Add(to, uintptr(i)*stride)) = D(value)
	}
	return nil
}

// numberDecoder widens where that loses nothing.
func numberDecoder(format string, kind reflect.Kind) decoder {
	switch format {
	case formatByte:
		return widen[int8](kind, 1, 24)
	case formatShort:
		return widen[int16](kind, 2, 24)
	case formatInt:
		return widen[int32](kind, 4, 53)
	case formatLong:
		return widen[int64](kind, 8, 64)
	case formatFloat:
		switch kind {
		case reflect.Float32:
			return decodeNumbers[float32, float32]
		case reflect.Float64:
			return decodeNumbers[float32, float64]
		}
	case formatDouble:
		if kind == reflect.Float64 {
			return decodeNumbers[float64, float64]
		}
	}
	return nil
}

func widen[S numeric](kind reflect.Kind, size int, mantissa int) decoder {
	switch {
	case kind == reflect.Int64:
		return decodeNumbers[S, int64]
	case kind == reflect.Int && size <= bits.UintSize/8:
		return decodeNumbers[S, int]
	case kind == reflect.Int32 && size <= 4:
		return decodeNumbers[S, int32]
	case kind == reflect.Int16 && size <= 2:
		return decodeNumbers[S, int16]
	case kind == reflect.Int8 && size <= 1:
		return decodeNumbers[S, int8]
	case kind == reflect.Float32 && mantissa <= 24:
		return decodeNumbers[S, float32]
	case kind == reflect.Float64 && mantissa <= 53:
		return decodeNumbers[S, float64]
	}
	return nil
}

func decodeBools(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	bitmap, start := array.Buffer(1), array.Offset+int64(from)
	for i := range n {
		*(*bool)(unsafe.Add(to, uintptr(i)*stride)) = isValid(bitmap, start+int64(i))
	}
	return nil
}

func timeDecoder(field *capi.Field) decoder {
	switch {
	case field.Format == formatDate:
		return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
			for i, days := range values[Date](array, from, n) {
				*(*time.Time)(unsafe.Add(to, uintptr(i)*stride)) = days.Time()
			}
			return nil
		}
	case isTimestamp(field.Format):
		return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
			for i, micros := range values[int64](array, from, n) {
				*(*time.Time)(unsafe.Add(to, uintptr(i)*stride)) = time.UnixMicro(micros).UTC()
			}
			return nil
		}
	}
	return nil
}

func decimalDecoder(field *capi.Field) decoder {
	_, scale, ok := decimalOf(field.Format)
	if !ok {
		return nil
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		for i, words := range values[[2]uint64](array, from, n) {
			*(*Decimal)(unsafe.Add(to, uintptr(i)*stride)) = Decimal{low: words[0], high: int64(words[1]), scale: int32(scale)}
		}
		return nil
	}
}
