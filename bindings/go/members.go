package deltaic

import (
	"fmt"
	"reflect"
	"strings"
)

// A member is a field of a Go struct that stands for a column.
type member struct {
	name   string // of the column
	field  string // of the struct
	goType reflect.Type
	offset uintptr
	kind   string // its type as SQL has it, or ""
}

// structMembers reads the tags: `delta:"name"`, `delta:"name,decimal(10,2)"`, `delta:"-"`. Fields without one have the
// column of their own name; those of embedded structs count as their own.
func structMembers(t reflect.Type) ([]member, error) {
	var members []member
	seen := map[string]string{}
	for i := range t.NumField() {
		field := t.Field(i)
		tag, tagged := field.Tag.Lookup("delta")
		if tag == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		if field.Anonymous && !tagged && field.Type.Kind() == reflect.Struct {
			embedded, err := structMembers(field.Type)
			if err != nil {
				return nil, err
			}
			for _, inner := range embedded {
				inner.offset += field.Offset
				members = append(members, inner)
			}
			continue
		}
		if !field.IsExported() {
			continue
		}
		name, kind, _ := strings.Cut(tag, ",")
		if name == "" {
			name = field.Name
		}
		members = append(members, member{name, field.Name, field.Type, field.Offset, kind})
	}
	for _, member := range members {
		if other, twice := seen[strings.ToLower(member.name)]; twice {
			return nil, newError(CodeInvalidArgument, fmt.Sprintf("fields %s and %s of %s are both column %s", other, member.field, t, member.name))
		}
		seen[strings.ToLower(member.name)] = member.field
	}
	if len(members) == 0 {
		return nil, newError(CodeInvalidArgument, fmt.Sprintf("%s has no exported field, so no column", t))
	}
	return members, nil
}
