package deltaic

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// column gathers the values of one column, or of a part of it, as Arrow's buffers.
type column struct {
	field    *capi.Field
	path     string
	decimal  [2]int // precision and scale
	length   int
	nulls    int
	valid    []byte
	data     []byte
	ends     []int32 // of texts, bytes, lists and maps: one more than rows
	children []*column

	goType  reflect.Type // the struct that was added last
	byChild []*member    // and its members, by child; nil where it has none
}

func newColumn(path string, field *capi.Field) (*column, error) {
	made := &column{field: field, path: path}
	if _, known := widths[field.Format]; !known {
		precision, scale, ok := decimalOf(field.Format)
		if !ok {
			return nil, newError(CodeUnsupported, "column "+path+" is "+typeName(field)+", which Go does not write")
		}
		made.decimal = [2]int{precision, scale}
	}
	for _, child := range field.Children {
		inner, err := newColumn(joined(path, child.Name), child)
		if err != nil {
			return nil, err
		}
		made.children = append(made.children, inner)
	}
	if made.hasEnds() {
		made.ends = append(made.ends, 0)
	}
	return made, nil
}

// widths: bytes of a value, 0 where rows have none of a fixed width.
var widths = map[string]int{
	formatNull: 0, formatBool: 0, formatByte: 1, formatShort: 2, formatInt: 4, formatLong: 8, formatFloat: 4,
	formatDouble: 8, formatString: 0, formatBinary: 0, formatDate: 4, formatTimestamp: 8, formatTimestampNTZ: 8,
	formatList: 0, formatStruct: 0, formatMap: 0,
}

func (c *column) hasEnds() bool {
	switch c.field.Format {
	case formatString, formatBinary, formatList, formatMap:
		return true
	}
	return false
}

// finish gives the rows so far and begins anew.
func (c *column) finish() *capi.Column {
	made := &capi.Column{Length: c.length, NullCount: c.nulls, Buffers: [][]byte{nil}}
	if c.nulls > 0 {
		made.Buffers[0] = c.valid
	}
	if c.hasEnds() {
		made.Buffers = append(made.Buffers, unsafe.Slice((*byte)(unsafe.Pointer(&c.ends[0])), 4*len(c.ends)))
	}
	switch c.field.Format {
	case formatNull:
		made.Buffers, made.NullCount = nil, c.length
	case formatList, formatStruct, formatMap:
		for _, child := range c.children {
			made.Children = append(made.Children, child.finish())
		}
	default:
		made.Buffers = append(made.Buffers, c.data)
	}
	ends := c.ends
	c.length, c.nulls, c.valid, c.data, c.ends = 0, 0, nil, nil, nil
	if ends != nil {
		c.ends = []int32{0}
	}
	if len(made.Buffers) > 1 && made.Buffers[len(made.Buffers)-1] == nil {
		made.Buffers[len(made.Buffers)-1] = []byte{}
	}
	return made
}

func (c *column) mark(valid bool) {
	if c.length&7 == 0 {
		c.valid = append(c.valid, 0)
	}
	if valid {
		c.valid[c.length>>3] |= 1 << (c.length & 7)
	} else {
		c.nulls++
	}
	c.length++
}

// addNull appends a null, also below: a struct's members are as long as it is.
func (c *column) addNull() error {
	if !c.field.Nullable {
		return newError(CodeSchemaMismatch, "column "+c.path+" takes no null")
	}
	c.pad()
	return nil
}

func (c *column) pad() {
	if c.field.Format == formatBool {
		c.addBit(false)
	}
	width := widths[c.field.Format]
	if c.decimal[0] > 0 {
		width = 16
	}
	c.data = append(c.data, make([]byte, width)...)
	if c.ends != nil {
		c.ends = append(c.ends, c.ends[len(c.ends)-1])
	}
	if c.field.Format == formatStruct {
		for _, child := range c.children {
			child.pad()
		}
	}
	c.mark(false)
}

func (c *column) addBit(value bool) {
	if c.length&7 == 0 {
		c.data = append(c.data, 0)
	}
	if value {
		c.data[c.length>>3] |= 1 << (c.length & 7)
	}
}

func (c *column) misfit(v reflect.Value) error {
	shown := ""
	if v.IsValid() {
		shown = fmt.Sprintf("%v", v.Interface())
		if len(shown) > 60 {
			shown = strings.ToValidUTF8(shown[:60], "") + "…"
		}
		shown = fmt.Sprintf(" (%s %q)", v.Type(), shown)
	}
	return newError(CodeSchemaMismatch, "column "+c.path+": a value"+shown+" does not fit "+typeName(c.field))
}

// add appends any value that fits the column's type.
func (c *column) add(v reflect.Value) error {
	v = indirect(v)
	if v.IsValid() && isSQLNull(v.Type()) {
		if !v.Field(1).Bool() {
			return c.addNull()
		}
		v = indirect(v.Field(0))
	}
	if !v.IsValid() || isNilable(v.Type()) && v.IsNil() {
		return c.addNull()
	}
	if isVariant(c.field) {
		return c.addVariant(v)
	}
	switch c.field.Format {
	case formatList:
		return c.addList(v)
	case formatMap:
		return c.addMap(v)
	case formatStruct:
		return c.addStruct(v)
	}
	if err := c.addScalar(v); err != nil {
		return err
	}
	c.mark(true)
	return nil
}

func (c *column) addScalar(v reflect.Value) error {
	switch c.field.Format {
	case formatBool:
		if v.Kind() != reflect.Bool {
			return c.misfit(v)
		}
		c.addBit(v.Bool())
		return nil
	case formatByte, formatShort, formatInt, formatLong:
		return c.addInteger(v)
	case formatFloat, formatDouble:
		return c.addFloat(v)
	case formatString, formatBinary:
		return c.addText(v)
	case formatDate:
		return c.addDate(v)
	case formatTimestamp, formatTimestampNTZ:
		return c.addTime(v)
	case formatNull:
		return c.misfit(v)
	}
	return c.addDecimal(v)
}

func (c *column) addInteger(v reflect.Value) error {
	if v.Type() == dateType {
		return c.misfit(v)
	}
	var value int64
	switch {
	case v.CanInt():
		value = v.Int()
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		value = int64(v.Uint())
	default:
		return c.misfit(v)
	}
	width := widths[c.field.Format]
	if limit := int64(1) << (8*width - 1); width < 8 && (value < -limit || value >= limit) {
		return c.misfit(v)
	}
	c.addBits(uint64(value), width)
	return nil
}

func (c *column) addBits(value uint64, width int) {
	switch width {
	case 1:
		c.data = append(c.data, byte(value))
	case 2:
		c.data = binary.NativeEndian.AppendUint16(c.data, uint16(value))
	case 4:
		c.data = binary.NativeEndian.AppendUint32(c.data, uint32(value))
	default:
		c.data = binary.NativeEndian.AppendUint64(c.data, value)
	}
}

// addFloat takes integers too, where no digit is lost.
func (c *column) addFloat(v reflect.Value) error {
	var value float64
	switch {
	case v.CanFloat():
		value = v.Float()
	case v.CanInt() && v.Type() != dateType && int64(float64(v.Int())) == v.Int():
		value = float64(v.Int())
	default:
		return c.misfit(v)
	}
	if c.field.Format == formatDouble {
		c.addBits(math.Float64bits(value), 8)
		return nil
	}
	small := float32(value)
	if float64(small) != value && !math.IsNaN(value) {
		return c.misfit(v)
	}
	c.addBits(uint64(math.Float32bits(small)), 4)
	return nil
}

func (c *column) addText(v reflect.Value) error {
	isText := c.field.Format == formatString
	switch {
	case v.Kind() == reflect.String:
		text := v.String()
		if isText && !utf8.ValidString(text) {
			return c.misfit(v)
		}
		c.data = append(c.data, text...)
	case !isText && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		c.data = append(c.data, v.Bytes()...)
	default:
		return c.misfit(v)
	}
	return c.end(len(c.data))
}

// end closes a row of a column with ends.
func (c *column) end(at int) error {
	if at > math.MaxInt32 {
		return newError(CodeInvalidArgument, "column "+c.path+": a batch of rows holds more than 2 GiB of it")
	}
	c.ends = append(c.ends, int32(at))
	return nil
}

func (c *column) addDate(v reflect.Value) error {
	switch value := v.Interface().(type) {
	case Date:
		c.addBits(uint64(value), 4)
		return nil
	case time.Time:
		c.addBits(uint64(DateOf(value)), 4)
		return nil
	case string:
		if date, err := ParseDate(value); err == nil {
			c.addBits(uint64(date), 4)
			return nil
		}
	}
	return c.misfit(v)
}

// addTime cuts what is below a microsecond. Without a zone it is the wall clock that is kept.
func (c *column) addTime(v reflect.Value) error {
	value, ok := v.Interface().(time.Time)
	if !ok {
		return c.misfit(v)
	}
	if !hasZone(c.field.Format) {
		_, ahead := value.Zone()
		value = value.Add(time.Duration(ahead) * time.Second)
	}
	const farthest = math.MaxInt64 / 1_000_000
	if value.Unix() > farthest-1 || value.Unix() < -farthest+1 {
		return c.misfit(v)
	}
	c.addBits(uint64(value.UnixMicro()), 8)
	return nil
}

func (c *column) addDecimal(v reflect.Value) error {
	value, ok := v.Interface().(Decimal)
	switch {
	case ok:
	case v.Kind() == reflect.String:
		parsed, err := ParseDecimal(v.String())
		if err != nil {
			return c.misfit(v)
		}
		value = parsed
	case v.CanInt() && v.Type() != dateType:
		value = NewDecimal(v.Int(), 0)
	default:
		return c.misfit(v)
	}
	scaled, fits := value.rescale(c.decimal[0], c.decimal[1])
	if !fits {
		return c.misfit(v)
	}
	c.addBits(scaled.low, 8)
	c.addBits(uint64(scaled.high), 8)
	return nil
}

func (c *column) addVariant(v reflect.Value) error {
	value, ok := v.Interface().(Variant)
	if !ok {
		made, err := NewVariant(v.Interface())
		if err != nil {
			return newError(CodeSchemaMismatch, "column "+c.path+": "+err.Error())
		}
		value = made
	}
	for i, part := range [][]byte{value.Metadata, value.Value} {
		child := c.children[i]
		child.data = append(child.data, part...)
		if err := child.end(len(child.data)); err != nil {
			return err
		}
		child.mark(true)
	}
	c.mark(true)
	return nil
}

func (c *column) addList(v reflect.Value) error {
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return c.misfit(v)
	}
	element := c.children[0]
	for i := range v.Len() {
		if err := element.add(v.Index(i)); err != nil {
			return err
		}
	}
	c.mark(true)
	return c.end(element.length)
}

func (c *column) addMap(v reflect.Value) error {
	if v.Kind() != reflect.Map {
		return c.misfit(v)
	}
	entries := c.children[0]
	for pairs := v.MapRange(); pairs.Next(); {
		if err := entries.children[0].add(pairs.Key()); err != nil {
			return err
		}
		if err := entries.children[1].add(pairs.Value()); err != nil {
			return err
		}
		entries.mark(true)
	}
	c.mark(true)
	return c.end(entries.length)
}

func (c *column) addStruct(v reflect.Value) error {
	if v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String {
		if err := c.addRecord(v); err != nil {
			return err
		}
	} else if v.Kind() == reflect.Struct && v.Type() != timeType && v.Type() != decimalType {
		if err := c.addMembers(v); err != nil {
			return err
		}
	} else {
		return c.misfit(v)
	}
	c.mark(true)
	return nil
}

// addRecord takes a map: what it lacks is null, what the struct lacks is an error.
func (c *column) addRecord(v reflect.Value) error {
	used := 0
	for _, child := range c.children {
		value := v.MapIndex(reflect.ValueOf(child.field.Name).Convert(v.Type().Key()))
		if value.IsValid() {
			used++
		}
		if err := child.add(value); err != nil {
			return err
		}
	}
	if used == v.Len() {
		return nil
	}
	for _, name := range sortedKeys(v) {
		if findChild(c.field, name) < 0 || c.field.Children[findChild(c.field, name)].Name != name {
			return newError(CodeSchemaMismatch, "there is no column "+joined(c.path, name))
		}
	}
	return nil
}

func (c *column) addMembers(v reflect.Value) error {
	if c.goType != v.Type() {
		if err := c.planMembers(v.Type()); err != nil {
			return err
		}
	}
	addressable := v
	if !v.CanAddr() {
		addressable = reflect.New(v.Type()).Elem()
		addressable.Set(v)
	}
	start := addressable.Addr().UnsafePointer()
	for i, child := range c.children {
		if c.byChild[i] == nil {
			if err := child.addNull(); err != nil {
				return err
			}
			continue
		}
		value := reflect.NewAt(c.byChild[i].goType, unsafe.Add(start, c.byChild[i].offset)).Elem()
		if err := child.add(value); err != nil {
			return err
		}
	}
	return nil
}

func (c *column) planMembers(t reflect.Type) error {
	members, err := structMembers(t)
	if err != nil {
		return err
	}
	c.byChild = make([]*member, len(c.children))
	for i := range members {
		child := findChild(c.field, members[i].name)
		if child < 0 {
			return newError(CodeSchemaMismatch, "there is no column "+joined(c.path, members[i].name))
		}
		c.byChild[child] = &members[i]
	}
	c.goType = t
	return nil
}

func sortedKeys(v reflect.Value) []string {
	names := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		names = append(names, key.String())
	}
	sort.Strings(names)
	return names
}
