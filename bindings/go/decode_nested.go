package deltaic

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

func (d *decoders) sliceDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	element := goType.Elem()
	if element.Kind() == reflect.Uint8 {
		if field.Format == formatBinary || field.Format == formatString && field.Dictionary == nil {
			return decodeBytes, nil
		}
	}
	if field.Format != formatList {
		return nil, misfit(path, field, goType)
	}
	inner, err := d.decoderFor(path+".element", field.Children[0], element)
	if err != nil {
		return nil, err
	}
	slice, size := reflect.SliceOf(element), element.Size()
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		ends := offsets(array, from, n)
		first, total := int(ends[0]), int(ends[n]-ends[0])
		// One allocation for the elements of all rows; a row's slice cannot grow into the next.
		backing := reflect.MakeSlice(slice, total, total)
		if total > 0 {
			if err := inner(array.Child(0), first, total, backing.UnsafePointer(), size); err != nil {
				return err
			}
		}
		for i := range n {
			begin, end := int(ends[i])-first, int(ends[i+1])-first
			reflect.NewAt(slice, unsafe.Add(to, uintptr(i)*stride)).Elem().Set(backing.Slice3(begin, end, end))
		}
		return nil
	}, nil
}

func (d *decoders) mapDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	if field.Format == formatStruct && !isVariant(field) {
		return d.recordDecoder(path, field, goType)
	}
	if field.Format != formatMap {
		return nil, misfit(path, field, goType)
	}
	entries := field.Children[0]
	keyType, valueType := goType.Key(), goType.Elem()
	decodeKeys, err := d.keyDecoder(path+".key", entries.Children[0], keyType)
	if err != nil {
		return nil, err
	}
	decodeValues, err := d.decoderFor(path+".value", entries.Children[1], valueType)
	if err != nil {
		return nil, err
	}
	keySlice, valueSlice := reflect.SliceOf(keyType), reflect.SliceOf(valueType)
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		ends := offsets(array, from, n)
		first, total := int(ends[0]), int(ends[n]-ends[0])
		keys, vals := reflect.MakeSlice(keySlice, total, total), reflect.MakeSlice(valueSlice, total, total)
		pairs := array.Child(0)
		start := int(pairs.Offset) + first
		if total > 0 {
			if err := decodeKeys(pairs.Child(0), start, total, keys.UnsafePointer(), keyType.Size()); err != nil {
				return err
			}
			if err := decodeValues(pairs.Child(1), start, total, vals.UnsafePointer(), valueType.Size()); err != nil {
				return err
			}
		}
		for i := range n {
			made := reflect.MakeMapWithSize(goType, int(ends[i+1]-ends[i]))
			for at := int(ends[i]) - first; at < int(ends[i+1])-first; at++ {
				made.SetMapIndex(keys.Index(at), vals.Index(at))
			}
			reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().Set(made)
		}
		return nil
	}, nil
}

// keyDecoder also takes bytes as a string, which a key of a Go map can be.
func (d *decoders) keyDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	if field.Format == formatBinary && goType.Kind() == reflect.String {
		return decodeStrings, nil
	}
	if goType != anyType {
		return d.decoderFor(path, field, goType)
	}
	if field.Format == formatBinary {
		return boxed[string](decodeStrings), nil
	}
	if strings.HasPrefix(field.Format, "+") {
		return nil, newError(CodeUnsupported, "column "+path+" is "+typeName(field)+", which is no key of a Go map")
	}
	return d.decoderFor(path, field, goType)
}

// recordDecoder makes maps of structs: map[string]any, or of one type where all members have it.
func (d *decoders) recordDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	if goType.Key().Kind() != reflect.String {
		return nil, misfit(path, field, goType)
	}
	element := goType.Elem()
	slice := reflect.SliceOf(element)
	inner := make([]decoder, len(field.Children))
	for i, child := range field.Children {
		var err error
		if inner[i], err = d.decoderFor(path+"."+child.Name, child, element); err != nil {
			return nil, err
		}
	}
	if goType == reflect.TypeFor[map[string]any]() {
		return mapsOfAny(field, inner), nil
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		start := int(array.Offset) + from
		for i := range n {
			made := reflect.MakeMapWithSize(goType, len(inner))
			reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().Set(made)
		}
		for at, decode := range inner {
			column := reflect.MakeSlice(slice, n, n)
			if err := decode(array.Child(at), start, n, column.UnsafePointer(), element.Size()); err != nil {
				return err
			}
			key := reflect.ValueOf(field.Children[at].Name).Convert(goType.Key())
			for i := range n {
				reflect.NewAt(goType, unsafe.Add(to, uintptr(i)*stride)).Elem().SetMapIndex(key, column.Index(i))
			}
		}
		return nil
	}, nil
}

// mapsOfAny is the recordDecoder of most rows, without reflection.
func mapsOfAny(field *capi.Field, inner []decoder) decoder {
	columns := make([][]any, len(inner))
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		if n == 0 {
			return nil
		}
		start := int(array.Offset) + from
		for at, decode := range inner {
			if len(columns[at]) < n {
				columns[at] = make([]any, n)
			}
			if err := decode(array.Child(at), start, n, unsafe.Pointer(&columns[at][0]), unsafe.Sizeof(any(nil))); err != nil {
				return err
			}
		}
		for i := range n {
			made := make(map[string]any, len(inner))
			for at, child := range field.Children {
				made[child.Name] = columns[at][i]
			}
			*(*map[string]any)(unsafe.Add(to, uintptr(i)*stride)) = made
		}
		for _, column := range columns {
			clear(column[:n])
		}
		return nil
	}
}

// structDecoder fills the fields of a Go struct that columns are there for; each field must have one.
func (d *decoders) structDecoder(path string, field *capi.Field, goType reflect.Type) (decoder, error) {
	members, err := structMembers(goType)
	if err != nil {
		return nil, err
	}
	type step struct {
		member
		child  int
		decode decoder
	}
	var steps []step
	for _, member := range members {
		child := findChild(field, member.name)
		if child < 0 {
			return nil, newError(CodeInvalidArgument, fmt.Sprintf("field %s of %s: there is no column %s", member.field, goType, joined(path, member.name)))
		}
		decoderOf := d.decoderFor
		if !holdsNull(member.goType) {
			decoderOf = d.nullableDecoder // nulls are looked at below: where the struct itself is null they do not count
		}
		decode, err := decoderOf(joined(path, member.name), field.Children[child], member.goType)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{member, child, decode})
	}
	return func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		start := int(array.Offset) + from
		for _, step := range steps {
			column := array.Child(step.child)
			if err := step.decode(column, start, n, unsafe.Add(to, step.offset), stride); err != nil {
				return err
			}
			if holdsNull(step.goType) {
				continue
			}
			if err := forNulls(column, start, n, func(i int) error {
				if hasNulls(array) && !isValid(array.Buffer(0), int64(start+i)) {
					return nil
				}
				return nullError(joined(path, step.name), step.goType)
			}); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// findChild looks for the very name first, for names that differ in case only are one column in Delta.
func findChild(field *capi.Field, name string) int {
	for i, child := range field.Children {
		if child.Name == name {
			return i
		}
	}
	for i, child := range field.Children {
		if strings.EqualFold(child.Name, name) {
			return i
		}
	}
	return -1
}
