package deltaic

import (
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// span views the bytes of rows as one, and where each begins.
func span(array *capi.Array, from, n int) (ends []int32, data []byte) {
	ends = offsets(array, from, n)
	if first, last := ends[0], ends[n]; last > first {
		data = unsafe.Slice((*byte)(array.Buffer(2)), last)[first:]
	}
	return ends, data
}

func (d *decoders) stringDecoder(field *capi.Field) decoder {
	if field.Dictionary != nil && field.Dictionary.Format == formatString && field.Format == formatInt {
		return d.dictionaryDecoder()
	}
	if field.Format == formatString {
		return decodeStrings
	}
	return nil
}

// decodeStrings copies the text of all rows at once; each string is a part of that.
func decodeStrings(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	ends, data := span(array, from, n)
	text, first := string(data), ends[0]
	for i := range n {
		*(*string)(unsafe.Add(to, uintptr(i)*stride)) = text[ends[i]-first : ends[i+1]-first]
	}
	return nil
}

func (d *decoders) dictionaryDecoder() decoder {
	var words []string
	made := -1
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if made != d.batch {
			words = make([]string, array.Dictionary.Length)
			if len(words) > 0 {
				if err := decodeStrings(array.Dictionary, 0, len(words), unsafe.Pointer(&words[0]), unsafe.Sizeof(words[0])); err != nil {
					return err
				}
			}
			made = d.batch
		}
		for i, index := range values[int32](array, from, n) {
			text := "" // the index of a null may be anything
			if uint(index) < uint(len(words)) {
				text = words[index]
			}
			*(*string)(unsafe.Add(to, uintptr(i)*stride)) = text
		}
		return nil
	}
}

func decodeBytes(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	ends, data := span(array, from, n)
	copied, first := append([]byte{}, data...), ends[0]
	for i := range n {
		begin, end := ends[i]-first, ends[i+1]-first
		*(*[]byte)(unsafe.Add(to, uintptr(i)*stride)) = copied[begin:end:end]
	}
	return nil
}

func decodeVariants(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
	start := int(array.Offset) + from
	if err := decodeBytes(array.Child(0), start, n, unsafe.Add(to, unsafe.Offsetof(Variant{}.Metadata)), stride); err != nil {
		return err
	}
	return decodeBytes(array.Child(1), start, n, unsafe.Add(to, unsafe.Offsetof(Variant{}.Value)), stride)
}
