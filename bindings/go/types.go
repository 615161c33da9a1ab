package deltaic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Formats of Arrow's C interface that tables have.
const (
	formatNull         = "n"
	formatBool         = "b"
	formatByte         = "c"
	formatShort        = "s"
	formatInt          = "i"
	formatLong         = "l"
	formatFloat        = "f"
	formatDouble       = "g"
	formatString       = "u"
	formatBinary       = "z"
	formatDate         = "tdD"
	formatTimestamp    = "tsu:UTC"
	formatTimestampNTZ = "tsu:"
	formatList         = "+l"
	formatStruct       = "+s"
	formatMap          = "+m"
)

const (
	extensionKey     = "ARROW:extension:name"
	variantExtension = "arrow.parquet.variant"
)

func isVariant(f *capi.Field) bool { return f.Metadata[extensionKey] == variantExtension }
func isTimestamp(format string) bool {
	return strings.HasPrefix(format, formatTimestampNTZ)
}
func hasZone(format string) bool { return len(format) > len(formatTimestampNTZ) }

func decimalFormat(precision, scale int) string { return fmt.Sprintf("d:%d,%d", precision, scale) }

// decimalOf reads "d:10,2" or "d:10,2,128".
func decimalOf(format string) (precision, scale int, ok bool) {
	rest, found := strings.CutPrefix(format, "d:")
	parts := strings.Split(rest, ",")
	if !found || len(parts) < 2 || len(parts) == 3 && parts[2] != "128" {
		return 0, 0, false
	}
	precision, err1 := strconv.Atoi(parts[0])
	scale, err2 := strconv.Atoi(parts[1])
	return precision, scale, err1 == nil && err2 == nil
}

func variantField() *capi.Field {
	return &capi.Field{
		Format: formatStruct, Metadata: map[string]string{extensionKey: variantExtension},
		Children: []*capi.Field{{Name: "metadata", Format: formatBinary}, {Name: "value", Format: formatBinary}},
	}
}

func listField(element *capi.Field) *capi.Field {
	element.Name = "element"
	return &capi.Field{Format: formatList, Children: []*capi.Field{element}}
}

func mapField(key, value *capi.Field) *capi.Field {
	key.Name, key.Nullable = "key", false
	value.Name = "value"
	entries := &capi.Field{Name: "entries", Format: formatStruct, Children: []*capi.Field{key, value}}
	return &capi.Field{Format: formatMap, Children: []*capi.Field{entries}}
}

// typeName is the type as SQL has it, for messages.
func typeName(f *capi.Field) string {
	if f.Dictionary != nil {
		return typeName(f.Dictionary)
	}
	if isVariant(f) {
		return "variant"
	}
	for name, format := range primitives {
		if format == f.Format {
			return name
		}
	}
	if precision, scale, ok := decimalOf(f.Format); ok {
		return fmt.Sprintf("decimal(%d,%d)", precision, scale)
	}
	switch f.Format {
	case formatList:
		return "array<" + typeName(f.Children[0]) + ">"
	case formatMap:
		entries := f.Children[0]
		return "map<" + typeName(entries.Children[0]) + "," + typeName(entries.Children[1]) + ">"
	case formatStruct:
		members := make([]string, len(f.Children))
		for i, child := range f.Children {
			members[i] = child.Name + ":" + typeName(child)
		}
		return "struct<" + strings.Join(members, ",") + ">"
	}
	return "the Arrow type " + f.Format
}

// The names that messages use; other names of the same types are in aliases.
var primitives = map[string]string{
	"boolean": formatBool, "byte": formatByte, "short": formatShort, "integer": formatInt, "long": formatLong,
	"float": formatFloat, "double": formatDouble, "string": formatString, "binary": formatBinary, "date": formatDate,
	"timestamp": formatTimestamp, "timestamp_ntz": formatTimestampNTZ, "void": formatNull,
}

var aliases = map[string]string{
	"tinyint": formatByte, "smallint": formatShort, "int": formatInt, "bigint": formatLong, "bool": formatBool, "real": formatFloat,
}

// typeParser reads types as SQL has them, `decimal(10,2)`, `array<struct<a: int>>`.
type typeParser struct{ rest string }

func (p *typeParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

func (p *typeParser) take(text string) bool {
	p.space()
	if len(p.rest) < len(text) || !strings.EqualFold(p.rest[:len(text)], text) {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

func (p *typeParser) fail(wanted string) error {
	return newError(CodeInvalidArgument, fmt.Sprintf("%s expected at %q", wanted, p.rest))
}

func (p *typeParser) name() (string, error) {
	p.space()
	if strings.HasPrefix(p.rest, "`") {
		name, rest, found := strings.Cut(p.rest[1:], "`")
		if !found {
			return "", p.fail("a name in backticks")
		}
		p.rest = rest
		return name, nil
	}
	end := strings.IndexAny(p.rest, " \t\n:,<>()")
	if end < 0 {
		end = len(p.rest)
	}
	if end == 0 {
		return "", p.fail("a name")
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	return name, nil
}

func (p *typeParser) number() (int, error) {
	text, err := p.name()
	if err != nil {
		return 0, err
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		return 0, p.fail("a number")
	}
	return value, nil
}

func (p *typeParser) kind() (*capi.Field, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	lower := strings.ToLower(name)
	if format, ok := primitives[lower]; ok {
		return &capi.Field{Format: format, Nullable: true}, nil
	}
	if format, ok := aliases[lower]; ok {
		return &capi.Field{Format: format, Nullable: true}, nil
	}
	var made *capi.Field
	switch lower {
	case "variant":
		made = variantField()
	case "decimal", "numeric":
		made, err = p.decimal()
	case "array":
		made, err = p.array()
	case "map":
		made, err = p.mapping()
	case "struct":
		made, err = p.structure()
	default:
		return nil, newError(CodeInvalidArgument, "no type is called "+name)
	}
	if err != nil {
		return nil, err
	}
	made.Nullable = true
	return made, nil
}

func (p *typeParser) decimal() (*capi.Field, error) {
	if !p.take("(") {
		return &capi.Field{Format: decimalFormat(10, 0)}, nil
	}
	precision, err := p.number()
	if err != nil {
		return nil, err
	}
	scale := 0
	if p.take(",") {
		if scale, err = p.number(); err != nil {
			return nil, err
		}
	}
	if !p.take(")") {
		return nil, p.fail(")")
	}
	if precision < 1 || precision > maxDecimalDigits || scale < 0 || scale > precision {
		return nil, newError(CodeInvalidArgument, fmt.Sprintf("there is no decimal(%d,%d)", precision, scale))
	}
	return &capi.Field{Format: decimalFormat(precision, scale)}, nil
}

func (p *typeParser) array() (*capi.Field, error) {
	if !p.take("<") {
		return nil, p.fail("<")
	}
	element, err := p.kind()
	if err != nil {
		return nil, err
	}
	if !p.take(">") {
		return nil, p.fail(">")
	}
	return listField(element), nil
}

func (p *typeParser) mapping() (*capi.Field, error) {
	if !p.take("<") {
		return nil, p.fail("<")
	}
	key, err := p.kind()
	if err != nil {
		return nil, err
	}
	if !p.take(",") {
		return nil, p.fail(",")
	}
	value, err := p.kind()
	if err != nil {
		return nil, err
	}
	if !p.take(">") {
		return nil, p.fail(">")
	}
	return mapField(key, value), nil
}

func (p *typeParser) structure() (*capi.Field, error) {
	if !p.take("<") {
		return nil, p.fail("<")
	}
	members, err := p.columns()
	if err != nil {
		return nil, err
	}
	if !p.take(">") {
		return nil, p.fail(">")
	}
	return &capi.Field{Format: formatStruct, Children: members}, nil
}

func (p *typeParser) columns() ([]*capi.Field, error) {
	var fields []*capi.Field
	for {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		p.take(":")
		field, err := p.kind()
		if err != nil {
			return nil, err
		}
		field.Name = name
		if p.take("not null") {
			field.Nullable = false
		}
		fields = append(fields, field)
		if !p.take(",") {
			return fields, nil
		}
	}
}

func parseColumns(text string) ([]*capi.Field, error) {
	parser := &typeParser{text}
	fields, err := parser.columns()
	if parser.space(); err == nil && parser.rest != "" {
		err = parser.fail("the end")
	}
	return fields, err
}

func parseType(text string) (*capi.Field, error) {
	parser := &typeParser{text}
	field, err := parser.kind()
	if parser.space(); err == nil && parser.rest != "" {
		err = parser.fail("the end")
	}
	return field, err
}
