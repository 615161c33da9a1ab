package deltaic

import (
	"fmt"
	"reflect"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// inferStruct gives the columns that a Go struct makes of a new table.
func inferStruct(path string, t reflect.Type) (*capi.Field, error) {
	members, err := structMembers(t)
	if err != nil {
		return nil, err
	}
	made := &capi.Field{Format: formatStruct}
	for _, member := range members {
		field, err := inferMember(path, member)
		if err != nil {
			return nil, err
		}
		field.Name = member.name
		made.Children = append(made.Children, field)
	}
	return made, nil
}

func inferMember(path string, m member) (*capi.Field, error) {
	if m.kind != "" {
		return parseType(m.kind)
	}
	return inferType(joined(path, m.name), m.goType)
}

var inferredKinds = map[reflect.Kind]string{
	reflect.Bool: formatBool, reflect.Int8: formatByte, reflect.Int16: formatShort, reflect.Int32: formatInt,
	reflect.Int64: formatLong, reflect.Int: formatLong, reflect.Uint8: formatShort, reflect.Uint16: formatInt,
	reflect.Uint32: formatLong, reflect.Float32: formatFloat, reflect.Float64: formatDouble, reflect.String: formatString,
}

func inferType(path string, t reflect.Type) (*capi.Field, error) {
	made, err := inferPlain(path, t)
	if err == nil {
		made.Nullable = true
	}
	return made, err
}

func inferPlain(path string, t reflect.Type) (*capi.Field, error) {
	switch t {
	case dateType:
		return &capi.Field{Format: formatDate}, nil
	case timeType:
		return &capi.Field{Format: formatTimestamp}, nil
	case variantType:
		return variantField(), nil
	case decimalType:
		return nil, newError(CodeInvalidArgument, "column "+path+`: a new table needs digits and scale, as in the tag delta:"`+path+`,decimal(10,2)", or the option Schema`)
	case bytesType:
		return &capi.Field{Format: formatBinary}, nil
	}
	if isSQLNull(t) {
		return inferType(path, t.Field(0).Type)
	}
	if format, ok := inferredKinds[t.Kind()]; ok {
		return &capi.Field{Format: format}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return inferType(path, t.Elem())
	case reflect.Slice, reflect.Array:
		element, err := inferType(path+".element", t.Elem())
		if err != nil {
			return nil, err
		}
		return listField(element), nil
	case reflect.Map:
		key, err := inferType(path+".key", t.Key())
		if err != nil {
			return nil, err
		}
		value, err := inferType(path+".value", t.Elem())
		if err != nil {
			return nil, err
		}
		return mapField(key, value), nil
	case reflect.Struct:
		return inferStruct(path, t)
	}
	return nil, newError(CodeInvalidArgument, fmt.Sprintf("column %s: a Go %s does not tell the type of a column; give the option Schema", path, t))
}

// inferMaps gives the columns that rows like these make of a new table, in the order of first sight of sorted keys.
func inferMaps(rows []reflect.Value) (*capi.Field, error) {
	made := &capi.Field{Format: formatStruct}
	seen := map[string]bool{}
	for _, row := range rows {
		for _, name := range sortedKeys(row) {
			if seen[name] {
				continue
			}
			value := row.MapIndex(reflect.ValueOf(name).Convert(row.Type().Key()))
			field, err := inferValue(name, value)
			if err != nil {
				return nil, err
			}
			if field == nil {
				continue
			}
			seen[name] = true
			field.Name = name
			made.Children = append(made.Children, field)
		}
	}
	for _, row := range rows {
		for _, name := range sortedKeys(row) {
			if !seen[name] {
				return nil, newError(CodeInvalidArgument, fmt.Sprintf(
					"column %s has only nil in the first %d rows, which does not tell its type; give the option Schema", name, len(rows)))
			}
		}
	}
	return made, nil
}

// inferValue gives nil where a value does not tell: nil, or an empty slice of them.
func inferValue(path string, v reflect.Value) (*capi.Field, error) {
	v = indirect(v)
	if !v.IsValid() {
		return nil, nil
	}
	if v.Type() == decimalType {
		scale := v.Interface().(Decimal).Scale()
		return &capi.Field{Format: decimalFormat(maxDecimalDigits, scale), Nullable: true}, nil
	}
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem() == anyType:
		return inferElements(path, v)
	case v.Kind() == reflect.Map && v.Type().Elem() == anyType && v.Type().Key().Kind() == reflect.String:
		record, err := inferMaps([]reflect.Value{v})
		if err == nil {
			record.Nullable = true
		}
		return record, err
	}
	return inferType(path, v.Type())
}

func inferElements(path string, v reflect.Value) (*capi.Field, error) {
	for i := range v.Len() {
		element, err := inferValue(path+".element", v.Index(i))
		if err != nil {
			return nil, err
		}
		if element != nil {
			list := listField(element)
			list.Nullable = true
			return list, nil
		}
	}
	return nil, nil
}
