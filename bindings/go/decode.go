package deltaic

import (
	"fmt"
	"math/bits"
	"reflect"
	"strings"
	"time"
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
