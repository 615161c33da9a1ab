package deltaic_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

type inner struct {
	A *int32 `delta:"a"`
	B string `delta:"b"`
}

// everything has each type of a table, plain and nested.
type everything struct {
	Row     int64               `delta:"row"`
	Bool    *bool               `delta:"bool"`
	Byte    *int8               `delta:"byte"`
	Short   *int16              `delta:"short"`
	Int     sql.Null[int32]     `delta:"int"`
	Long    *int64              `delta:"long"`
	Float   *float32            `delta:"float"`
	Double  *float64            `delta:"double"`
	Text    *string             `delta:"text"`
	Bytes   []byte              `delta:"bytes"`
	Small   *deltaic.Decimal    `delta:"small,decimal(5,2)"`
	Large   *deltaic.Decimal    `delta:"large,decimal(38,10)"`
	Day     *deltaic.Date       `delta:"day"`
	At      *time.Time          `delta:"at"`
	Local   *time.Time          `delta:"local,timestamp_ntz"`
	List    []*int64            `delta:"list"`
	Texts   [][]string          `delta:"texts"`
	Map     map[string]*float64 `delta:"map"`
	Struct  *inner              `delta:"struct"`
	Structs []inner             `delta:"structs"`
	MapOf   map[int32]inner     `delta:"map_of"`
	Variant *deltaic.Variant    `delta:"variant"`
	Flattened
}

type Flattened struct {
	Few string `delta:"few"`
}

func maybe[T any](r *rand.Rand, value T) *T {
	if r.IntN(4) == 0 {
		return nil
	}
	return &value
}

func randomText(r *rand.Rand) string {
	return []string{"", "a", "naïve", "日本語のテキスト", "🎉🎉", "tab\tand\nline", "a longer text of some words"}[r.IntN(7)]
}

func randomDecimal(r *rand.Rand, digits, scale int) deltaic.Decimal {
	text := ""
	for range 1 + r.IntN(digits-scale) {
		text += fmt.Sprint(r.IntN(10))
	}
	text += "."
	for range scale {
		text += fmt.Sprint(r.IntN(10))
	}
	return must(deltaic.ParseDecimal([]string{"", "-"}[r.IntN(2)] + text))
}

func some[T any](r *rand.Rand, make func() T) []T {
	if r.IntN(4) == 0 {
		return nil
	}
	made := []T{}
	for range r.IntN(4) {
		made = append(made, make())
	}
	return made
}

func randomTime(r *rand.Rand) time.Time {
	edges := []int64{0, -1, 1, -62135596800000000, 253402300799999999, 1_700_000_000_123_456}
	if r.IntN(2) == 0 {
		return time.UnixMicro(edges[r.IntN(len(edges))]).UTC()
	}
	return time.UnixMicro(r.Int64N(4e15) - 2e15).UTC()
}

func randomInner(r *rand.Rand) inner { return inner{maybe(r, r.Int32()), randomText(r)} }

func randomVariant(r *rand.Rand) any {
	choices := []any{nil, true, int8(-3), int16(300), int32(-70_000), int64(1) << 60, 1.5, float32(2.5), randomText(r),
		[]byte{0, 255}, randomDecimal(r, 7, 2), randomDecimal(r, 36, 10), deltaic.Date(20_000), randomTime(r),
		[]any{int64(1), nil, "x"}, map[string]any{"b": int64(1), "a": []any{true}, "": map[string]any{}}}
	return choices[r.IntN(len(choices))]
}

func randomRow(r *rand.Rand, row int) everything {
	made := everything{
		Row: int64(row), Bool: maybe(r, r.IntN(2) == 0), Byte: maybe(r, int8(r.Int32())), Short: maybe(r, int16(r.Int32())),
		Long:   maybe(r, []int64{math.MinInt64, math.MaxInt64, 0, r.Int64()}[r.IntN(4)]),
		Float:  maybe(r, []float32{float32(math.Inf(1)), math.MaxFloat32, 0.1, -0.5}[r.IntN(4)]),
		Double: maybe(r, []float64{math.Inf(-1), math.SmallestNonzeroFloat64, 0.1, r.NormFloat64()}[r.IntN(4)]),
		Text:   maybe(r, randomText(r)), Bytes: some(r, func() byte { return byte(r.Int32()) }),
		Small: maybe(r, randomDecimal(r, 5, 2)), Large: maybe(r, randomDecimal(r, 38, 10)),
		Day: maybe(r, deltaic.Date(r.Int32N(2_000_000)-700_000)), At: maybe(r, randomTime(r)), Local: maybe(r, randomTime(r)),
		List:   some(r, func() *int64 { return maybe(r, r.Int64()) }),
		Texts:  some(r, func() []string { return some(r, func() string { return randomText(r) }) }),
		Struct: maybe(r, randomInner(r)), Structs: some(r, func() inner { return randomInner(r) }),
		Variant:   maybe(r, must(deltaic.NewVariant(randomVariant(r)))),
		Flattened: Flattened{[]string{"few", "values"}[r.IntN(2)]},
	}
	if r.IntN(3) > 0 {
		made.Int = sql.Null[int32]{V: r.Int32(), Valid: true}
		made.Map = map[string]*float64{}
		made.MapOf = map[int32]inner{}
		for range r.IntN(4) {
			made.Map[randomText(r)] = maybe(r, r.NormFloat64())
			made.MapOf[r.Int32()] = randomInner(r)
		}
	}
	return made
}

// shown makes rows comparable: by what pointers point to.
func shown(t testing.TB, row any) string {
	t.Helper()
	encoded, err := json.Marshal(row)
	if err != nil {
		return fmt.Sprintf("%+v", row) // infinities, which JSON lacks
	}
	return string(encoded)
}

func TestWriteThenReadLosesNothing(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows := make([]everything, 1+r.IntN(5000))
		for i := range rows {
			rows[i] = randomRow(r, i)
		}
		uri := filepath.Join(t.TempDir(), "t")
		must(deltaic.Write(t.Context(), uri, slices.Values(rows)))
		table := must(deltaic.Open(t.Context(), uri))
		found := rowsOf[everything](t, table.Scan(deltaic.Ordered()))
		compare(t, rows, found)

		// The same through maps, into a table of the same types.
		maps := must(deltaic.Collect(table.Scan(deltaic.Ordered()).Maps(t.Context())))
		again := filepath.Join(t.TempDir(), "again")
		must(deltaic.Write(t.Context(), again, slices.Values(rows[:1])))
		must(deltaic.Write(t.Context(), again, slices.Values(maps), deltaic.Overwrite))
		table = must(deltaic.Open(t.Context(), again))
		compare(t, rows, rowsOf[everything](t, table.Scan(deltaic.Ordered())))
	}
}

func compare(t testing.TB, want, got []everything) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("want %d rows, got %d", len(want), len(got))
	}
	for i := range want {
		a, b := want[i], got[i]
		if fmt.Sprint(variantOf(a.Variant)) != fmt.Sprint(variantOf(b.Variant)) {
			t.Fatalf("row %d: want variant %v, got %v", i, variantOf(a.Variant), variantOf(b.Variant))
		}
		a.Variant, b.Variant = nil, nil
		for _, pair := range [][2]*float64{{a.Double, b.Double}} {
			if (pair[0] == nil) != (pair[1] == nil) || pair[0] != nil && *pair[0] != *pair[1] {
				t.Fatalf("row %d: want double %v, got %v", i, pair[0], pair[1])
			}
		}
		if (a.Float == nil) != (b.Float == nil) || a.Float != nil && *a.Float != *b.Float {
			t.Fatalf("row %d: want float %v, got %v", i, a.Float, b.Float)
		}
		a.Double, b.Double, a.Float, b.Float = nil, nil, nil, nil
		if (a.Bytes == nil) != (b.Bytes == nil) || !bytes.Equal(a.Bytes, b.Bytes) {
			t.Fatalf("row %d: want bytes %v, got %v", i, a.Bytes, b.Bytes)
		}
		if shown(t, a) != shown(t, b) {
			t.Fatalf("row %d:\nwant %s\ngot  %s", i, shown(t, a), shown(t, b))
		}
	}
}

func variantOf(v *deltaic.Variant) any {
	if v == nil {
		return nil // maps do not tell the variant null from no variant
	}
	return must(v.Any())
}

func TestTimesWithoutZoneAreTheWallClock(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	uri := filepath.Join(t.TempDir(), "t")
	noon := time.Date(2024, 1, 31, 12, 0, 0, 999_999_999, zone)
	must(deltaic.Write(t.Context(), uri, slices.Values([]map[string]any{{"local": noon, "at": noon, "day": noon}}),
		deltaic.Schema("local TIMESTAMP_NTZ, at TIMESTAMP, day DATE")))
	table := must(deltaic.Open(t.Context(), uri))
	row := must(deltaic.Collect(table.Scan().Maps(t.Context())))[0]
	equal(t, "local", time.Date(2024, 1, 31, 12, 0, 0, 999_999_000, time.UTC), row["local"])
	equal(t, "at", time.Date(2024, 1, 31, 10, 0, 0, 999_999_000, time.UTC), row["at"])
	equal(t, "day", "2024-01-31", row["day"].(deltaic.Date).String())
}

func TestValuesThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		kind  string
		value any
	}{
		{"TINYINT", 128}, {"SMALLINT", -32769}, {"INT", int64(1) << 31}, {"BIGINT", uint64(1) << 63}, {"INT", 1.0}, {"FLOAT", 0.1},
		{"DOUBLE", int64(1)<<53 + 1}, {"DECIMAL(3,1)", "100.0"}, {"DECIMAL(3,1)", "1.25"}, {"STRING", 5}, {"STRING", "\xff"},
		{"BOOLEAN", 1}, {"DATE", "2024-02-30"}, {"TIMESTAMP", "2024-01-01"}, {"ARRAY<INT>", []any{"x"}}, {"BINARY", 1},
		{"MAP<STRING, INT>", []int{1}}, {"STRUCT<a: INT>", map[string]any{"b": 1}}, {"INT", deltaic.Date(1)}, {"TIMESTAMP", time.Unix(math.MaxInt64/2, 0)},
	} {
		_, err := deltaic.Write(t.Context(), filepath.Join(t.TempDir(), "t"), slices.Values([]map[string]any{{"c": c.value}}), deltaic.Schema("c "+c.kind))
		failsWith(t, err, deltaic.ErrSchemaMismatch, "row 0", "c")
	}
	_, err := deltaic.Write(t.Context(), filepath.Join(t.TempDir(), "t"), slices.Values([]map[string]any{{"c": nil}}), deltaic.Schema("c INT NOT NULL"))
	failsWith(t, err, deltaic.ErrSchemaMismatch, "row 0", "takes no null")
}

func TestTypeNames(t *testing.T) {
	for _, bad := range []string{"", "a", "a NO", "a DECIMAL(39,0)", "a ARRAY<INT", "a INT,", "a INT b", "`a INT", "a DECIMAL(x)"} {
		_, err := deltaic.Write(t.Context(), "memory://nowhere/t", slices.Values([]map[string]any{}), deltaic.Schema(bad))
		failsWith(t, err, deltaic.ErrInvalidArgument)
	}
	uri := filepath.Join(t.TempDir(), "t")
	must(deltaic.Write(t.Context(), uri, slices.Values([]map[string]any{}), deltaic.Schema("`ab` struct<x: decimal(4, 2) not null, y: map<string, array<date>>>, v VARIANT")))
	columns := must(must(deltaic.Open(t.Context(), uri)).Schema())
	equal(t, "types", "struct<x:decimal(4,2),y:map<string,array<date>>>", columns[0].Type)
	equal(t, "variant", "variant", columns[1].Type)
}

func TestDecimals(t *testing.T) {
	for text, want := range map[string]string{"0": "0", "-0.50": "-0.50", ".5": "0.5", "+12.": "12", "99999999999999999999999999999999999999": "99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001": "-0.00000000000000000000000000000000000001"} {
		equal(t, text, want, must(deltaic.ParseDecimal(text)).String())
	}
	for _, bad := range []string{"", ".", "1e5", "--1", "1.2.3", "0x1", "999999999999999999999999999999999999999"} {
		_, err := deltaic.ParseDecimal(bad)
		failsWith(t, err, deltaic.ErrInvalidArgument)
	}
	equal(t, "compared", 0, deltaic.NewDecimal(15, 1).Cmp(deltaic.NewDecimal(150, 2)))
	equal(t, "compared", -1, deltaic.NewDecimal(-15, 1).Cmp(deltaic.NewDecimal(1, 0)))
	var scanned deltaic.Decimal
	if err := scanned.Scan([]byte("1.50")); err != nil || scanned.String() != "1.50" {
		t.Error(scanned, err)
	}
	equal(t, "json", `"1.50"`, string(must(json.Marshal(scanned))))
}
