package deltaic

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"time"
)

// Variant is a value of any kind, as Parquet's variant encoding has it.
type Variant struct {
	Metadata []byte
	Value    []byte
}

// What can be in a variant; nesting beyond the bound is refused, for bytes come from files.
const maxVariantDepth = 500

var errVariant = newError(CodeCorruption, "a variant value breaks the encoding")

// Any gives the value: nil, bool, int8 to int64, float32, float64, Decimal, Date, time.Time, string, []byte, []any or
// map[string]any.
func (v Variant) Any() (value any, err error) {
	reader := variantReader{metadata: v.Metadata, value: v.Value}
	if err := reader.readNames(); err != nil {
		return nil, err
	}
	return reader.at(0, 0)
}

// MarshalJSON gives the value that Any gives, as JSON.
func (v Variant) MarshalJSON() ([]byte, error) {
	value, err := v.Any()
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

type variantReader struct {
	metadata, value []byte
	names           []string
}

func uintAt(data []byte, at, size int) (int, bool) {
	if at < 0 || size < 1 || size > 4 || at > len(data)-size {
		return 0, false
	}
	value := 0
	for i := size - 1; i >= 0; i-- {
		value = value<<8 | int(data[at+i])
	}
	return value, true
}

func (r *variantReader) readNames() error {
	if len(r.metadata) == 0 || r.metadata[0]&15 != 1 {
		return errVariant
	}
	width := int(r.metadata[0]>>6) + 1
	count, ok := uintAt(r.metadata, 1, width)
	if !ok || count > len(r.metadata) {
		return errVariant
	}
	base := 1 + width*(count+2)
	begin, ok := uintAt(r.metadata, 1+width, width)
	if !ok {
		return errVariant
	}
	r.names = make([]string, count)
	for i := range r.names {
		end, ok := uintAt(r.metadata, 1+width*(i+2), width)
		if !ok || end < begin || base+end > len(r.metadata) {
			return errVariant
		}
		r.names[i] = string(r.metadata[base+begin : base+end])
		begin = end
	}
	return nil
}

func (r *variantReader) at(at, depth int) (any, error) {
	if at < 0 || at >= len(r.value) || depth > maxVariantDepth {
		return nil, errVariant
	}
	header := int(r.value[at] >> 2)
	switch r.value[at] & 3 {
	case 0:
		return r.primitive(header, at+1)
	case 1:
		if at+1+header > len(r.value) {
			return nil, errVariant
		}
		return string(r.value[at+1 : at+1+header]), nil
	case 2:
		return r.object(header, at+1, depth)
	default:
		return r.array(header, at+1, depth)
	}
}

// container reads what objects and arrays share: where ids and offsets start, and where values do.
func (r *variantReader) container(at, idWidth, width int, large bool) (count, ids, offsets, values int, err error) {
	countWidth := 1
	if large {
		countWidth = 4
	}
	count, ok := uintAt(r.value, at, countWidth)
	if !ok || count > len(r.value) {
		return 0, 0, 0, 0, errVariant
	}
	ids = at + countWidth
	offsets = ids + count*idWidth
	values = offsets + (count+1)*width
	if values > len(r.value) {
		return 0, 0, 0, 0, errVariant
	}
	return count, ids, offsets, values, nil
}

func (r *variantReader) object(header, at, depth int) (any, error) {
	width, idWidth := header&3+1, header>>2&3+1
	count, ids, offsets, values, err := r.container(at, idWidth, width, header>>4&1 == 1)
	if err != nil {
		return nil, err
	}
	members := make(map[string]any, count)
	for i := range count {
		id, ok := uintAt(r.value, ids+i*idWidth, idWidth)
		offset, ok2 := uintAt(r.value, offsets+i*width, width)
		if !ok || !ok2 || id >= len(r.names) {
			return nil, errVariant
		}
		if members[r.names[id]], err = r.at(values+offset, depth+1); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (r *variantReader) array(header, at, depth int) (any, error) {
	width := header&3 + 1
	count, _, offsets, values, err := r.container(at, 0, width, header>>2&1 == 1)
	if err != nil {
		return nil, err
	}
	elements := make([]any, count)
	for i := range elements {
		offset, ok := uintAt(r.value, offsets+i*width, width)
		if !ok {
			return nil, errVariant
		}
		if elements[i], err = r.at(values+offset, depth+1); err != nil {
			return nil, err
		}
	}
	return elements, nil
}

// variantSizes: the bytes of a primitive of each type number, 0 to 14.
var variantSizes = [...]int{0, 0, 0, 1, 2, 4, 8, 8, 5, 9, 17, 4, 8, 8, 4}

func (r *variantReader) primitive(kind, at int) (any, error) {
	data := r.value[at:]
	if kind < len(variantSizes) {
		if len(data) < variantSizes[kind] {
			return nil, errVariant
		}
		return variantScalar(kind, data)
	}
	if kind == 17 || kind == 20 {
		return variantWide(kind, data)
	}
	if kind == 18 || kind == 19 {
		if len(data) < 8 {
			return nil, errVariant
		}
		nanos := int64(binary.LittleEndian.Uint64(data))
		return time.Unix(0, nanos).UTC(), nil
	}
	size, ok := uintAt(data, 0, 4)
	if !ok || size > len(data)-4 || kind > 16 {
		return nil, errVariant
	}
	if kind == 15 {
		return append([]byte{}, data[4:4+size]...), nil
	}
	return string(data[4 : 4+size]), nil
}

// variantWide reads a time of day, in microseconds, or a UUID.
func variantWide(kind int, data []byte) (any, error) {
	if kind == 17 && len(data) >= 8 {
		return time.Duration(binary.LittleEndian.Uint64(data)) * time.Microsecond, nil
	}
	if kind == 20 && len(data) >= 16 {
		return fmt.Sprintf("%x-%x-%x-%x-%x", data[:4], data[4:6], data[6:8], data[8:10], data[10:16]), nil
	}
	return nil, errVariant
}

func variantScalar(kind int, data []byte) (any, error) {
	little := binary.LittleEndian
	switch kind {
	case 0:
		return nil, nil
	case 1, 2:
		return kind == 1, nil
	case 3:
		return int8(data[0]), nil
	case 4:
		return int16(little.Uint16(data)), nil
	case 5:
		return int32(little.Uint32(data)), nil
	case 6:
		return int64(little.Uint64(data)), nil
	case 7:
		return math.Float64frombits(little.Uint64(data)), nil
	case 11:
		return Date(little.Uint32(data)), nil
	case 12, 13:
		return time.UnixMicro(int64(little.Uint64(data))).UTC(), nil
	case 14:
		return math.Float32frombits(little.Uint32(data)), nil
	}
	scale := int32(data[0])
	if scale > maxDecimalDigits {
		return nil, errVariant
	}
	switch kind {
	case 8:
		return NewDecimal(int64(int32(little.Uint32(data[1:]))), int(scale)), nil
	case 9:
		return NewDecimal(int64(little.Uint64(data[1:])), int(scale)), nil
	}
	return Decimal{low: little.Uint64(data[1:]), high: int64(little.Uint64(data[9:])), scale: scale}, nil
}

// NewVariant encodes a value of the kinds that Variant.Any gives; other integers, slices, maps with texts as keys and
// pointers too.
func NewVariant(value any) (Variant, error) {
	names := map[string]int{}
	if err := collectNames(reflect.ValueOf(value), names, 0); err != nil {
		return Variant{}, err
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	for i, name := range sorted {
		names[name] = i
	}
	encoded, err := appendVariant(nil, reflect.ValueOf(value), names)
	return Variant{Metadata: variantMetadata(sorted), Value: encoded}, err
}

func variantMetadata(names []string) []byte {
	const sortedAndOffsetsOf4 = 1 | 1<<4 | 3<<6
	out := binary.LittleEndian.AppendUint32([]byte{sortedAndOffsetsOf4}, uint32(len(names)))
	offset := 0
	out = binary.LittleEndian.AppendUint32(out, 0)
	for _, name := range names {
		offset += len(name)
		out = binary.LittleEndian.AppendUint32(out, uint32(offset))
	}
	for _, name := range names {
		out = append(out, name...)
	}
	return out
}

func indirect(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v
}

func collectNames(v reflect.Value, names map[string]int, depth int) error {
	v = indirect(v)
	if depth > maxVariantDepth {
		return newError(CodeInvalidArgument, "a variant nests too deeply")
	}
	if !v.IsValid() || v.Type() == bytesType {
		return nil
	}
	switch v.Kind() {
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return newError(CodeInvalidArgument, fmt.Sprintf("a variant object has texts as keys, not those of %s", v.Type()))
		}
		for entries := v.MapRange(); entries.Next(); {
			names[entries.Key().String()] = 0
			if err := collectNames(entries.Value(), names, depth+1); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := collectNames(v.Index(i), names, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func appendVariant(out []byte, v reflect.Value, names map[string]int) ([]byte, error) {
	v = indirect(v)
	if !v.IsValid() {
		return append(out, 0), nil
	}
	switch value := v.Interface().(type) {
	case Date:
		return binary.LittleEndian.AppendUint32(append(out, 11<<2), uint32(value)), nil
	case time.Time:
		return binary.LittleEndian.AppendUint64(append(out, 12<<2), uint64(value.UnixMicro())), nil
	case Decimal:
		return appendVariantDecimal(out, value), nil
	case []byte:
		out = binary.LittleEndian.AppendUint32(append(out, 15<<2), uint32(len(value)))
		return append(out, value...), nil
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(out, 1<<2), nil
		}
		return append(out, 2<<2), nil
	case reflect.Int8:
		return append(out, 3<<2, byte(v.Int())), nil
	case reflect.Int16:
		return binary.LittleEndian.AppendUint16(append(out, 4<<2), uint16(v.Int())), nil
	case reflect.Int32:
		return binary.LittleEndian.AppendUint32(append(out, 5<<2), uint32(v.Int())), nil
	case reflect.Int, reflect.Int64:
		return binary.LittleEndian.AppendUint64(append(out, 6<<2), uint64(v.Int())), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return binary.LittleEndian.AppendUint64(append(out, 6<<2), v.Uint()), nil
	case reflect.Float64:
		return binary.LittleEndian.AppendUint64(append(out, 7<<2), math.Float64bits(v.Float())), nil
	case reflect.Float32:
		return binary.LittleEndian.AppendUint32(append(out, 14<<2), math.Float32bits(float32(v.Float()))), nil
	case reflect.String:
		out = binary.LittleEndian.AppendUint32(append(out, 16<<2), uint32(v.Len()))
		return append(out, v.String()...), nil
	case reflect.Slice, reflect.Array:
		return appendVariantArray(out, v, names)
	case reflect.Map:
		return appendVariantObject(out, v, names)
	}
	return nil, newError(CodeInvalidArgument, fmt.Sprintf("a variant holds no %s", v.Type()))
}

func appendVariantDecimal(out []byte, d Decimal) []byte {
	switch digits := d.digits(); {
	case digits <= 9:
		return binary.LittleEndian.AppendUint32(append(out, 8<<2, byte(d.scale)), uint32(d.low))
	case digits <= 18:
		return binary.LittleEndian.AppendUint64(append(out, 9<<2, byte(d.scale)), d.low)
	}
	out = binary.LittleEndian.AppendUint64(append(out, 10<<2, byte(d.scale)), d.low)
	return binary.LittleEndian.AppendUint64(out, uint64(d.high))
}

func appendVariantArray(out []byte, v reflect.Value, names map[string]int) ([]byte, error) {
	const largeWithOffsetsOf4 = 3 | (3|1<<2)<<2
	out = binary.LittleEndian.AppendUint32(append(out, largeWithOffsetsOf4), uint32(v.Len()))
	offsets := len(out)
	out = append(out, make([]byte, 4*(v.Len()+1))...)
	values := len(out)
	for i := range v.Len() {
		var err error
		if out, err = appendVariant(out, v.Index(i), names); err != nil {
			return nil, err
		}
		binary.LittleEndian.PutUint32(out[offsets+4*(i+1):], uint32(len(out)-values))
	}
	return out, nil
}

func appendVariantObject(out []byte, v reflect.Value, names map[string]int) ([]byte, error) {
	const largeWithIdsAndOffsetsOf4 = 2 | (3|3<<2|1<<4)<<2
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	out = binary.LittleEndian.AppendUint32(append(out, largeWithIdsAndOffsetsOf4), uint32(len(keys)))
	for _, key := range keys {
		out = binary.LittleEndian.AppendUint32(out, uint32(names[key.String()]))
	}
	offsets := len(out)
	out = append(out, make([]byte, 4*(len(keys)+1))...)
	values := len(out)
	for i, key := range keys {
		var err error
		if out, err = appendVariant(out, v.MapIndex(key), names); err != nil {
			return nil, err
		}
		binary.LittleEndian.PutUint32(out[offsets+4*(i+1):], uint32(len(out)-values))
	}
	return out, nil
}

var (
	bytesType   = reflect.TypeFor[[]byte]()
	dateType    = reflect.TypeFor[Date]()
	decimalType = reflect.TypeFor[Decimal]()
	timeType    = reflect.TypeFor[time.Time]()
	variantType = reflect.TypeFor[Variant]()
	anyType     = reflect.TypeFor[any]()
)
