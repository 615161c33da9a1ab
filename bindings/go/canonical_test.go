package deltaic_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

// Rows as the conformance tables have them: one JSON text each, in the order of the schema.

type schemaField struct {
	Name     string         `json:"name"`
	Type     schemaType     `json:"type"`
	Metadata map[string]any `json:"metadata"`
}

// schemaType is a name, or an object with members.
type schemaType struct {
	Name    string
	Fields  []schemaField
	Element *schemaType
	Key     *schemaType
	Value   *schemaType
}

func (s *schemaType) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &s.Name)
	}
	var object struct {
		Type    string        `json:"type"`
		Fields  []schemaField `json:"fields"`
		Element *schemaType   `json:"elementType"`
		Key     *schemaType   `json:"keyType"`
		Value   *schemaType   `json:"valueType"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*s = schemaType{object.Type, object.Fields, object.Element, object.Key, object.Value}
	return nil
}

func quotedText(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	for _, r := range text {
		if escaped, ok := short[r]; ok {
			out.WriteString(escaped)
		} else if r < 0x20 {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func floatText(value float64, digits, bits int) string {
	switch {
	case math.IsNaN(value):
		return `"NaN"`
	case math.IsInf(value, 1):
		return `"Infinity"`
	case math.IsInf(value, -1):
		return `"-Infinity"`
	}
	return strconv.FormatFloat(value, 'g', digits, bits)
}

func dateText(t time.Time) string {
	year := t.Year()
	sign := ""
	if year < 0 {
		sign, year = "-", -year
	} else if year > 9999 {
		sign = "+"
	}
	return fmt.Sprintf("%s%04d-%02d-%02d", sign, year, t.Month(), t.Day())
}

func timeText(t time.Time, zone string) string {
	return `"` + dateText(t) + t.Format("T15:04:05.000000") + zone + `"`
}

func canonical(value any, kind *schemaType) string {
	if value == nil && kind.Name != "variant" {
		return "null"
	}
	switch kind.Name {
	case "struct":
		members := make([]string, len(kind.Fields))
		for i, field := range kind.Fields {
			members[i] = quotedText(field.Name) + ":" + canonical(value.(map[string]any)[field.Name], &field.Type)
		}
		return "{" + strings.Join(members, ",") + "}"
	case "array":
		var elements []string
		for _, element := range value.([]any) {
			elements = append(elements, canonical(element, kind.Element))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case "map":
		return canonicalMap(value, kind)
	case "binary":
		if text, isKey := value.(string); isKey {
			return `"` + hex.EncodeToString([]byte(text)) + `"`
		}
	case "timestamp_ntz":
		return timeText(value.(time.Time), "")
	case "variant":
		if value == nil {
			return "null"
		}
		return `{"$variant":` + plain(value) + "}"
	}
	if number, ok := value.(deltaic.Decimal); ok {
		text := number.String()
		if number.IsZero() {
			text = strings.TrimPrefix(text, "-")
		}
		return `"` + text + `"`
	}
	return plain(value)
}

func canonicalMap(value any, kind *schemaType) string {
	var pairs []string
	add := func(key, value any) {
		pairs = append(pairs, "["+canonical(key, kind.Key)+","+canonical(value, kind.Value)+"]")
	}
	switch pairsOf := value.(type) {
	case map[string]any:
		for key, value := range pairsOf {
			add(key, value)
		}
	case map[any]any:
		for key, value := range pairsOf {
			add(key, value)
		}
	}
	slices.Sort(pairs)
	return "[" + strings.Join(pairs, ",") + "]"
}

// plain shows a value by its Go type, as in variants.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case float32:
		return floatText(float64(v), 9, 32)
	case float64:
		return floatText(v, 17, 64)
	case string:
		return quotedText(v)
	case []byte:
		return `"` + hex.EncodeToString(v) + `"`
	case deltaic.Date:
		return `"` + dateText(v.Time()) + `"`
	case time.Time:
		return timeText(v, "Z")
	case deltaic.Decimal:
		text := v.String()
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	case []any:
		elements := make([]string, len(v))
		for i := range v {
			elements[i] = plain(v[i])
		}
		return "[" + strings.Join(elements, ",") + "]"
	case map[string]any:
		members := make([]string, 0, len(v))
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			members = append(members, quotedText(name)+":"+plain(v[name]))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return fmt.Sprint(value)
}

func digestOf(rows []string) string {
	slices.Sort(rows)
	sum := sha256.New()
	for _, row := range rows {
		sum.Write([]byte(row + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
