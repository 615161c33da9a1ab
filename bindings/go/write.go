package deltaic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// WriteResult tells what a write did.
type WriteResult struct {
	Version         *int64 `json:"version"` // nil where skipped
	Skipped         bool   `json:"skipped"` // Ignore, and the table is there
	NumAddedFiles   int64  `json:"numAddedFiles"`
	NumRemovedFiles int64  `json:"numRemovedFiles"`
	NumAddedRows    int64  `json:"numAddedRows"`
	NumAddedBytes   int64  `json:"numAddedBytes"`
	NumRetries      int64  `json:"numRetries"`
}

// Write writes all rows as one commit, and creates the table where there is none; where there is one, an option tells
// what to do: Append, Overwrite or Ignore. Rows are structs, whose fields are columns as for Rows, or map[string]any.
// Values become those of the table's types where that loses nothing, else the error names row and column. A new table
// gets the columns of the struct, or of the first rows, or of the option Schema. On failure the table is as it was.
//
// Options: WithStorage, Append, Overwrite, Ignore, MergeSchema, OverwriteSchema, ReplaceWhere, PartitionBy, Property, Name,
// Description, Schema, Txn, CommitInfo, MaxRetries, Compression, Threads, MaxMemory.
func Write[T any](ctx context.Context, uri string, rows iter.Seq[T], options ...Option) (WriteResult, error) {
	var result WriteResult
	collected, err := collect(options)
	if err != nil {
		return result, err
	}
	native, err := capi.At(uri, collected.storage)
	if err != nil {
		return result, wrap(ctx, err)
	}
	defer native.Free()
	present, err := presentSchema(ctx, native)
	if err != nil {
		return result, wrap(ctx, err)
	}
	call, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return result, wrap(ctx, err)
	}
	defer call.End()
	text, err := writeTo(ctx, native, call, collected, present, rows)
	if err != nil {
		return result, err
	}
	err = json.Unmarshal([]byte(text), &result)
	return result, err
}

func writeTo[T any](ctx context.Context, native *capi.Table, call *capi.Call, collected *settings, present *capi.Field, rows iter.Seq[T]) (string, error) {
	return feed(ctx, call, collected, present, rows, func(source *capi.Source) (string, error) { return native.Write(call, source) })
}

// AppendRows adds rows to an open table as one commit, and moves it to the version that this made.
func AppendRows[T any](ctx context.Context, table *Table, rows iter.Seq[T], options ...Option) (result WriteResult, err error) {
	err = feedTable(ctx, table, rows, append([]Option{Append}, options...), &result, (*capi.Table).Write)
	return result, err
}

// OverwriteRows replaces the rows of an open table as one commit, and moves it to the version that this made.
func OverwriteRows[T any](ctx context.Context, table *Table, rows iter.Seq[T], options ...Option) (result WriteResult, err error) {
	err = feedTable(ctx, table, rows, append([]Option{Overwrite}, options...), &result, (*capi.Table).Write)
	return result, err
}

func feedTable[T any](ctx context.Context, table *Table, rows iter.Seq[T], options []Option, result any,
	run func(*capi.Table, *capi.Call, *capi.Source) (string, error)) error {
	collected, err := collect(options)
	if err != nil {
		return err
	}
	return table.change(ctx, collected, func(native *capi.Table, call *capi.Call) error {
		present, err := native.Schema()
		if err != nil {
			return err
		}
		text, err := feed(ctx, call, collected, present, rows, func(source *capi.Source) (string, error) { return run(native, call, source) })
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), result)
	})
}

// presentSchema loads the table and gives its columns; nil where there is none.
func presentSchema(ctx context.Context, native *capi.Table) (*capi.Field, error) {
	call, err := capi.Begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer call.End()
	there, err := native.Exists(call)
	if err != nil || !there {
		return nil, err
	}
	if err := native.Load(call); err != nil {
		return nil, err
	}
	return native.Schema()
}

// Rows go to the library so many at a time, or so many bytes.
const (
	batchRows  = 8192
	batchBytes = 16 << 20
)

var errStopped = errors.New("the library wants no more rows")

// feed runs a call of the library that reads rows, beside the caller's goroutine, which makes them.
func feed[T any](ctx context.Context, call *capi.Call, collected *settings, present *capi.Field, rows iter.Seq[T],
	run func(*capi.Source) (string, error)) (text string, err error) {
	made := &batches{rowType: reflect.TypeFor[T](), present: present, settings: collected}
	var waiting []T // the first rows, of which the schema is made
	var source *capi.Source
	var done chan struct{}
	ready := make(chan *capi.Column)
	stopped := make(chan struct{})
	failed := make(chan struct{})
	var runText string
	var runErr, rowErr error
	begin := func() error {
		schema, err := made.schemaOf(unsafe.Pointer(unsafe.SliceData(waiting)), len(waiting))
		if err != nil {
			return err
		}
		source = &capi.Source{Schema: schema, Next: func() (*capi.Column, error) {
			select {
			case batch := <-ready:
				return batch, nil
			case <-failed:
				return nil, errStopped
			}
		}, Release: func() { close(stopped) }}
		done = make(chan struct{})
		go func() {
			defer close(done)
			runText, runErr = run(source)
			source.Abandon()
		}()
		return nil
	}
	var failOnce sync.Once
	fail := func() { failOnce.Do(func() { close(failed) }) }
	// Also where the caller's iterator panics: the call is over before this returns.
	defer func() {
		if done != nil {
			fail()
			call.CancelUnless(done)
			<-done
		}
	}()
	send := func(batch *capi.Column) bool {
		select {
		case ready <- batch:
			return true
		case <-stopped:
			return false
		}
	}
	push := func(row T) bool {
		if rowErr = made.add(unsafe.Pointer(&row)); rowErr != nil {
			return false
		}
		return !made.full() || send(made.finish())
	}
	flushWaiting := func() bool {
		if rowErr = begin(); rowErr != nil {
			return false
		}
		for _, row := range waiting {
			if !push(row) {
				return false
			}
		}
		waiting = nil
		return true
	}
	more := true
	for row := range rows {
		if rowErr = ctx.Err(); rowErr != nil {
			break
		}
		if done != nil {
			if more = push(row); !more {
				break
			}
			continue
		}
		waiting = append(waiting, row)
		if len(waiting) < chunkRows {
			continue
		}
		if more = flushWaiting(); !more {
			break
		}
	}
	if rowErr == nil && more && done == nil {
		more = flushWaiting()
	}
	if rowErr != nil {
		return "", rowErr
	}
	if more && (made.rows.length == 0 || send(made.finish())) {
		send(nil)
	}
	<-done
	return runText, wrap(ctx, runErr)
}

// batches turns rows of one type into columns.
type batches struct {
	rowType  reflect.Type
	present  *capi.Field
	settings *settings
	rows     *column
	row      int
}

// schemaOf decides on the columns: those of the rows, each of the type that the table has for it.
func (b *batches) schemaOf(first unsafe.Pointer, n int) (*capi.Field, error) {
	wanted, err := b.wanted(first, n)
	if err != nil {
		return nil, err
	}
	b.rows, err = newColumn("", wanted)
	return wanted, err
}

func (b *batches) wanted(first unsafe.Pointer, n int) (*capi.Field, error) {
	known := b.present
	if mode, _ := b.settings.has("schema_mode"); mode == "overwrite" {
		known = nil
	}
	if b.settings.schema != nil {
		return &capi.Field{Format: formatStruct, Children: b.settings.schema}, nil
	}
	merges := b.settings.extra
	if mode, _ := b.settings.has("schema_mode"); mode == "merge" {
		merges = true
	}
	switch b.rowType.Kind() {
	case reflect.Struct:
		return b.ofStruct(known, merges)
	case reflect.Map:
		if b.rowType.Key().Kind() == reflect.String {
			return b.ofMaps(known, merges, first, n)
		}
	}
	return nil, newError(CodeInvalidArgument, "rows are structs or map[string]any, not "+b.rowType.String())
}

func (b *batches) ofStruct(known *capi.Field, merges bool) (*capi.Field, error) {
	members, err := structMembers(b.rowType)
	if err != nil {
		return nil, err
	}
	made := &capi.Field{Format: formatStruct}
	for _, member := range members {
		if known != nil {
			if at := findChild(known, member.name); at >= 0 {
				made.Children = append(made.Children, known.Children[at])
				continue
			}
			if !merges {
				return nil, newError(CodeSchemaMismatch, fmt.Sprintf("field %s of %s: the table has no column %s; MergeSchema would add it", member.field, b.rowType, member.name))
			}
		}
		field, err := inferMember("", member)
		if err != nil {
			return nil, err
		}
		field.Name = member.name
		made.Children = append(made.Children, field)
	}
	return made, nil
}

func (b *batches) ofMaps(known *capi.Field, merges bool, first unsafe.Pointer, n int) (*capi.Field, error) {
	rows := make([]reflect.Value, n)
	for i := range rows {
		rows[i] = reflect.NewAt(b.rowType, unsafe.Add(first, uintptr(i)*b.rowType.Size())).Elem()
	}
	if known != nil && !merges {
		return namedBy(known, rows), nil
	}
	if known == nil {
		return inferMaps(rows)
	}
	made := namedBy(known, rows)
	unknown := make([]reflect.Value, n)
	for i, row := range rows {
		unknown[i] = reflect.MakeMap(b.rowType)
		for pairs := row.MapRange(); pairs.Next(); {
			if findChild(known, pairs.Key().String()) < 0 {
				unknown[i].SetMapIndex(pairs.Key(), pairs.Value())
			}
		}
	}
	added, err := inferMaps(unknown)
	if err != nil {
		return nil, err
	}
	made.Children = append(made.Children, added.Children...)
	return made, nil
}

// namedBy gives the columns that any of the rows has: the table computes or defaults others.
func namedBy(known *capi.Field, rows []reflect.Value) *capi.Field {
	made := &capi.Field{Format: formatStruct}
	for _, field := range known.Children {
		for _, row := range rows {
			if row.MapIndex(reflect.ValueOf(field.Name).Convert(row.Type().Key())).IsValid() {
				made.Children = append(made.Children, field)
				break
			}
		}
	}
	if len(made.Children) == 0 {
		return known
	}
	return made
}

func (b *batches) add(row unsafe.Pointer) error {
	value := reflect.NewAt(b.rowType, row).Elem()
	err := b.rows.addStruct(value)
	if err != nil {
		var failed *Error
		if errors.As(err, &failed) {
			return &Error{Code: failed.Code, Message: fmt.Sprintf("row %d: %s", b.row, failed.Message)}
		}
		return err
	}
	b.row++
	return nil
}

func (b *batches) full() bool {
	if b.rows.length >= batchRows {
		return true
	}
	return b.rows.length&255 == 0 && b.rows.size() > batchBytes
}

func (b *batches) finish() *capi.Column { return b.rows.finish() }

func (c *column) size() int {
	total := len(c.data)
	for _, child := range c.children {
		total += child.size()
	}
	return total
}
