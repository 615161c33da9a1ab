package deltaic_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

type score struct {
	ID    int64   `delta:"id"`
	Name  string  `delta:"name"`
	Score float64 `delta:"score"`
}

func scores(n int) []score {
	made := make([]score, n)
	for i := range made {
		made[i] = score{int64(i), fmt.Sprintf("name-%d", i%100), float64(i) / 2}
	}
	return made
}

// numbered gives n rows without keeping them.
func numbered(n int) iter.Seq[score] {
	return func(yield func(score) bool) {
		for i := range n {
			if !yield(score{int64(i), fmt.Sprintf("name-%d", i%100), float64(i) / 2}) {
				return
			}
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func newScores(t testing.TB, n int, options ...deltaic.Option) (string, *deltaic.Table) {
	t.Helper()
	uri := filepath.Join(t.TempDir(), "scores")
	if _, err := deltaic.Write(t.Context(), uri, numbered(n), options...); err != nil {
		t.Fatal(err)
	}
	table, err := deltaic.Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	return uri, table
}

func rowsOf[T any](t testing.TB, scan *deltaic.Scan) []T {
	t.Helper()
	rows, err := deltaic.Collect(deltaic.Rows[T](t.Context(), scan))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func equal(t testing.TB, what string, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s: want %v, got %v", what, want, got)
	}
}

func failsWith(t testing.TB, err, kind error, texts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("want %v, got %v", kind, err)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("want %q in %q", text, err)
		}
	}
}

func TestWriteThenRead(t *testing.T) {
	_, table := newScores(t, 100_000)
	equal(t, "rows", scores(100_000), rowsOf[score](t, table.Scan(deltaic.Ordered())))
	equal(t, "count", int64(100_000), must(table.Count(t.Context())))
	equal(t, "counted where", int64(10), must(table.Count(t.Context(), deltaic.Where("id < 10"))))
}

func TestScanOptions(t *testing.T) {
	_, table := newScores(t, 1000)
	equal(t, "where", scores(3), rowsOf[score](t, table.Scan(deltaic.Where("id < 3"))))
	equal(t, "limit", 5, len(rowsOf[score](t, table.Scan(deltaic.Limit(5)))))
	type narrow struct {
		Name string `delta:"NAME"` // names differ in case only
	}
	equal(t, "columns of the struct", 1000, len(rowsOf[narrow](t, table.Scan())))
	for row, err := range table.Scan(deltaic.Columns("id"), deltaic.Limit(1)).Maps(t.Context()) {
		equal(t, "map", map[string]any{"id": int64(0)}, must(row, err))
	}
}

func TestWhatAStructCannotHoldIsAnError(t *testing.T) {
	_, table := newScores(t, 10)
	first := func(rows iter.Seq2[struct{ ID int32 }, error]) (failure error) {
		for _, err := range rows {
			failure = err
		}
		return failure
	}
	failsWith(t, first(deltaic.Rows[struct{ ID int32 }](t.Context(), table.Scan())), deltaic.ErrInvalidArgument, "column ID is long", "int32")
	type unknown struct{ Missing int }
	_, err := deltaic.Collect(deltaic.Rows[unknown](t.Context(), table.Scan()))
	failsWith(t, err, deltaic.ErrInvalidArgument, "Missing")
	_, err = deltaic.Collect(deltaic.Rows[int](t.Context(), table.Scan()))
	failsWith(t, err, deltaic.ErrInvalidArgument, "not int")
}

func TestNullsNeedAPlace(t *testing.T) {
	uri := filepath.Join(t.TempDir(), "t")
	must(deltaic.Write(t.Context(), uri, slices.Values([]map[string]any{{"a": int64(1), "s": "x"}, {"a": nil, "s": nil}})))
	table := must(deltaic.Open(t.Context(), uri))
	_, err := deltaic.Collect(deltaic.Rows[struct{ A int64 }](t.Context(), table.Scan()))
	failsWith(t, err, deltaic.ErrInvalidArgument, "column A has a null", "sql.Null[int64]")
	one, x := int64(1), "x"
	type pointers struct {
		A *int64
		S *string
	}
	equal(t, "pointers", []pointers{{&one, &x}, {}}, rowsOf[pointers](t, table.Scan(deltaic.Ordered())))
	type nulls struct {
		A sql.Null[int64]
		S sql.NullString
	}
	equal(t, "sql.Null", []nulls{{sql.Null[int64]{V: 1, Valid: true}, sql.NullString{String: "x", Valid: true}}, {}},
		rowsOf[nulls](t, table.Scan(deltaic.Ordered())))
}

func TestWriteModes(t *testing.T) {
	uri, table := newScores(t, 10)
	_, err := deltaic.Write(t.Context(), uri, numbered(1))
	failsWith(t, err, deltaic.ErrAlreadyExists)
	result := must(deltaic.Write(t.Context(), uri, numbered(5), deltaic.Append, deltaic.Txn("nightly", 17)))
	equal(t, "version", int64(1), *result.Version)
	equal(t, "rows", int64(5), result.NumAddedRows)
	equal(t, "skipped", true, must(deltaic.Write(t.Context(), uri, numbered(1), deltaic.Ignore)).Skipped)
	if err := table.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "txn", int64(17), must(table.TxnVersion(t.Context(), "nightly")))
	equal(t, "no txn", int64(-1), must(table.TxnVersion(t.Context(), "other")))
	must(deltaic.OverwriteRows(t.Context(), table, numbered(3)))
	equal(t, "overwritten", int64(3), must(table.Count(t.Context())))
	must(deltaic.AppendRows(t.Context(), table, numbered(2)))
	equal(t, "appended", int64(5), must(table.Count(t.Context())))
	equal(t, "version", int64(3), table.Version())
	old := must(table.At(t.Context(), 0))
	equal(t, "then", int64(10), must(old.Count(t.Context())))
	_, err = table.At(t.Context(), 99)
	failsWith(t, err, deltaic.ErrNotFound)
	history := must(table.History(t.Context(), deltaic.Limit(2)))
	equal(t, "history", []int64{3, 2}, []int64{history[0].Version, history[1].Version})
	equal(t, "operation", "WRITE", history[0].Info["operation"])
	then := must(table.AtTime(t.Context(), history[0].Timestamp))
	equal(t, "by time", int64(3), then.Version())
}

func TestWritesNameRowAndColumnOfAMisfit(t *testing.T) {
	uri, _ := newScores(t, 10)
	rows := []map[string]any{{"id": int64(1)}, {"id": int64(2)}, {"id": "three"}}
	_, err := deltaic.Write(t.Context(), uri, slices.Values(rows), deltaic.Append)
	failsWith(t, err, deltaic.ErrSchemaMismatch, "row 2", "column id", "three", "long")
	_, err = deltaic.Write(t.Context(), uri, slices.Values([]map[string]any{{"id": 1, "new": true}}), deltaic.Append)
	failsWith(t, err, deltaic.ErrSchemaMismatch, "row 0", "new")
	must(deltaic.Write(t.Context(), uri, slices.Values([]map[string]any{{"id": 1, "new": true}}), deltaic.Append, deltaic.MergeSchema))
	_, err = deltaic.Write(t.Context(), filepath.Join(t.TempDir(), "t"), slices.Values([]map[string]any{{"a": nil}}))
	failsWith(t, err, deltaic.ErrInvalidArgument, "column a has only nil", "Schema")
	must(deltaic.Write(t.Context(), filepath.Join(t.TempDir(), "t"), slices.Values([]map[string]any{{"a": nil}}), deltaic.Schema("a ARRAY<DECIMAL(5,2)>")))
}

func TestAWriteThatFailsLeavesTheTable(t *testing.T) {
	uri, table := newScores(t, 10)
	failing := func(yield func(score) bool) {
		for row := range numbered(50_000) {
			if !yield(row) {
				return
			}
		}
		panic("the caller's own")
	}
	func() {
		defer func() { equal(t, "panic", "the caller's own", recover()) }()
		_, _ = deltaic.Write(t.Context(), uri, iter.Seq[score](failing), deltaic.Append)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := deltaic.Write(ctx, uri, func(yield func(score) bool) {
		for row := range numbered(1_000_000) {
			if row.ID == 30_000 {
				cancel()
			}
			if !yield(row) {
				return
			}
		}
	}, deltaic.Append)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want a cancelled context, got %v", err)
	}
	if err := table.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "version", int64(0), table.Version())
	equal(t, "files", 1, len(must(filepath.Glob(filepath.Join(uri, "*.parquet")))))
}

func TestRowChanges(t *testing.T) {
	_, table := newScores(t, 10, deltaic.Property("delta.enableChangeDataFeed", "true"))
	equal(t, "deleted", int64(3), *must(table.Delete(t.Context(), deltaic.Where("id < 3"))).NumDeletedRows)
	equal(t, "updated", int64(7), *must(table.Update(t.Context(), map[string]string{"score": "score + 1"})).NumUpdatedRows)
	upserted := must(deltaic.Upsert(t.Context(), table, slices.Values([]score{{9, "nine", 9}, {10, "ten", 10}}), "id"))
	equal(t, "upsert", []int64{1, 1}, []int64{upserted.NumTargetRowsUpdated, upserted.NumTargetRowsInserted})
	merged := must(deltaic.Merge(table, slices.Values([]map[string]any{{"id": 10, "gone": true}, {"id": 9, "gone": false}}), "t.id = s.id").
		WhenMatchedDelete(deltaic.If("s.gone")).WhenMatchedUpdate(map[string]string{"name": "'merged'"}).
		WhenNotMatchedBySourceUpdate(map[string]string{"score": "0"}, deltaic.If("t.id = 3")).Execute(t.Context()))
	equal(t, "merge", []int64{1, 2}, []int64{merged.NumTargetRowsDeleted, merged.NumTargetRowsUpdated})
	left := rowsOf[score](t, table.Scan(deltaic.Where("id IN (3, 9, 10)")))
	slices.SortFunc(left, func(a, b score) int { return int(a.ID - b.ID) })
	equal(t, "rows", []score{{3, "name-3", 0}, {9, "merged", 9}}, left)

	var seen []string
	for change, err := range deltaic.Changes[score](t.Context(), table, deltaic.From(3), deltaic.To(3)) {
		if err != nil {
			t.Fatal(err)
		}
		if change.Timestamp.IsZero() {
			t.Error("a change has no time")
		}
		seen = append(seen, fmt.Sprint(change.Version, change.Type, change.Row.ID))
	}
	slices.Sort(seen)
	equal(t, "changes", []string{"3insert10", "3update_postimage9", "3update_preimage9"}, seen)
	for change, err := range deltaic.Changes[map[string]any](t.Context(), table, deltaic.From(1), deltaic.To(1), deltaic.Columns("id")) {
		if err != nil || change.Type != "delete" || len(change.Row) != 1 {
			t.Errorf("got %v, %v", change, err)
		}
	}
	_, err := table.Delete(t.Context(), deltaic.Where("no such column = 1"))
	failsWith(t, err, deltaic.ErrInvalidArgument)
	_, err = deltaic.Upsert(t.Context(), table, numbered(1))
	failsWith(t, err, deltaic.ErrInvalidArgument, "key")
}

func TestConflicts(t *testing.T) {
	uri, table := newScores(t, 10)
	other := must(deltaic.Open(t.Context(), uri))
	must(other.Delete(t.Context(), deltaic.Where("id = 1")))
	_, err := table.Delete(t.Context(), deltaic.Where("id = 1"))
	failsWith(t, err, deltaic.ErrConflict)
	var failed *deltaic.Error
	if !errors.As(err, &failed) || failed.Code.String() != "Conflict" {
		t.Errorf("no code in %v", err)
	}
	if errors.Is(err, deltaic.ErrNotFound) {
		t.Error("a conflict is no absence")
	}
}

func TestFacts(t *testing.T) {
	uri, table := newScores(t, 10, deltaic.PartitionBy("name"), deltaic.Name("scores"), deltaic.Property("delta.appendOnly", "true"))
	equal(t, "uri", "file://"+uri, table.URI())
	columns := must(table.Schema())
	equal(t, "schema", []deltaic.Column{{Name: "id", Type: "long", Nullable: true}, {Name: "name", Type: "string", Nullable: true}, {Name: "score", Type: "double", Nullable: true}}, columns)
	metadata := must(table.Metadata())
	equal(t, "name", "scores", *metadata.Name)
	equal(t, "partitions", []string{"name"}, metadata.PartitionColumns)
	equal(t, "property", "true", metadata.Configuration["delta.appendOnly"])
	equal(t, "protocol", 1, must(table.Protocol()).MinReaderVersion)
	details := must(table.Details(t.Context()))
	equal(t, "details", []int64{10, 10}, []int64{details.NumFiles, *details.NumRows})
	files := must(deltaic.Collect(table.Files(t.Context(), deltaic.Where("name = 'name-3'"))))
	equal(t, "files", 1, len(files))
	equal(t, "partition", "name-3", *files[0].PartitionValues["name"])
	if err := table.Checkpoint(t.Context()); err != nil {
		t.Error(err)
	}
	equal(t, "domains", 0, len(must(table.Domains(t.Context()))))
	equal(t, "exists", true, must(deltaic.Exists(t.Context(), uri)))
	equal(t, "exists not", false, must(deltaic.Exists(t.Context(), uri+"-not")))
	_, err := deltaic.Open(t.Context(), uri+"-not")
	failsWith(t, err, deltaic.ErrNotFound)
	_, err = deltaic.Open(t.Context(), uri, deltaic.Set("nonsense", "1"))
	failsWith(t, err, deltaic.ErrInvalidArgument, "nonsense")
	_, err = table.Count(t.Context(), deltaic.Where("a\x00b"))
	failsWith(t, err, deltaic.ErrInvalidArgument, "NUL")
}

func TestAClosedTable(t *testing.T) {
	_, table := newScores(t, 200_000)
	next, stop := iter.Pull2(deltaic.Rows[score](t.Context(), table.Scan()))
	defer stop()
	_, err, _ := next()
	equal(t, "error", nil, err)
	_ = table.Close()
	rows := 1
	for {
		_, err, more := next() // what was begun goes on
		if !more {
			break
		}
		equal(t, "error", nil, err)
		rows++
	}
	equal(t, "rows", 200_000, rows)
	_, err = table.Count(t.Context())
	failsWith(t, err, deltaic.ErrInvalidArgument, "closed")
	equal(t, "version", int64(-1), table.Version())
}

func TestTablesThatAreForgottenAreFreed(t *testing.T) {
	uri, _ := newScores(t, 10)
	for range 2000 {
		table := must(deltaic.Open(t.Context(), uri))
		for range deltaic.Rows[score](t.Context(), table.Scan()) {
			break
		}
	}
	before := residentBytes(t)
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	for range 2000 {
		table := must(deltaic.Open(t.Context(), uri))
		for range deltaic.Rows[score](t.Context(), table.Scan()) {
			break
		}
	}
	runtime.GC()
	if grown := residentBytes(t) - before; grown > 32<<20 {
		t.Errorf("2,000 forgotten tables took %d bytes", grown)
	}
}

func residentBytes(t testing.TB) int64 {
	t.Helper()
	var pages, resident int64
	if _, err := fmt.Sscan(string(must(os.ReadFile("/proc/self/statm"))), &pages, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
