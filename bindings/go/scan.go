package deltaic

import (
	"context"
	"iter"
	"reflect"
	"time"
	"unsafe"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Rows are decoded so many at a time: few enough to die young in a processor's cache.
const chunkRows = 1024

// Scan is a choice of rows of a table's loaded version, which reads nothing until it is ranged over, and may be ranged
// over many times.
type Scan struct {
	table   *Table
	options []Option
	open    func(*capi.Table, *capi.Call) (*capi.Stream, error)
	project bool // rows of a struct read its columns only
}

// Scan chooses rows. Options: Columns, Where, Limit, Ordered, Timezone, Threads, MaxMemory.
func (t *Table) Scan(options ...Option) *Scan {
	return &Scan{table: t, options: options, open: (*capi.Table).OpenScan, project: true}
}

// Rows gives the rows as values of T, a struct, whose fields are columns by their tag `delta:"name"`, or
// map[string]any. Only the columns that T has are read. What a field's type cannot hold is an error, null too: there
// pointers and sql.Null[X] serve. The first error is the last thing that comes.
func Rows[T any](ctx context.Context, scan *Scan) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		reader, err := newReader(ctx, scan, reflect.TypeFor[T]())
		if err != nil {
			yield(zero, err)
			return
		}
		defer reader.close()
		chunk := make([]T, chunkRows)
		for {
			n, err := reader.fill(unsafe.Pointer(&chunk[0]), unsafe.Sizeof(zero))
			if err != nil {
				yield(zero, err)
				return
			}
			if n == 0 {
				return
			}
			for i := range n {
				if !yield(chunk[i], nil) {
					return
				}
			}
			clear(chunk[:n])
		}
	}
}

// Maps gives the rows as maps from column to value; nil is null. docs/go.md lists the types.
func (s *Scan) Maps(ctx context.Context) iter.Seq2[map[string]any, error] {
	return Rows[map[string]any](ctx, s)
}

// Collect gathers all rows, or the first error.
func Collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// reader turns a stream into rows of one type.
type reader struct {
	ctx      context.Context
	stream   *capi.Stream
	decoders decoders
	decode   decoder
	batch    *capi.Array
	from     int
}

func newReader(ctx context.Context, scan *Scan, goType reflect.Type) (*reader, error) {
	collected, err := collect(scan.options)
	if err != nil {
		return nil, err
	}
	isMap := goType.Kind() == reflect.Map
	if !isMap && goType.Kind() != reflect.Struct {
		return nil, newError(CodeInvalidArgument, "rows are structs or map[string]any, not "+goType.String())
	}
	if scan.project {
		if err := scan.addColumns(collected, goType); err != nil {
			return nil, err
		}
	}
	stream, err := scan.start(ctx, collected)
	if err != nil {
		return nil, err
	}
	made := &reader{ctx: ctx, stream: stream}
	if err := made.plan(goType); err != nil {
		made.close()
		return nil, wrap(ctx, err)
	}
	return made, nil
}

func (s *Scan) start(ctx context.Context, collected *settings) (*capi.Stream, error) {
	h, err := s.table.box.acquire()
	if err != nil {
		return nil, err
	}
	defer s.table.box.release(h)
	call, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	stream, err := s.open(h.native, call)
	return stream, wrap(ctx, err)
}

// addColumns reads the columns that a struct has, and texts of few values as dictionaries.
func (s *Scan) addColumns(collected *settings, goType reflect.Type) error {
	Set("dictionary_strings", "true").apply(collected)
	if collected.columns || goType.Kind() != reflect.Struct {
		return nil
	}
	members, err := structMembers(goType)
	if err != nil {
		return err
	}
	names := make([]string, len(members))
	for i, member := range members {
		names[i] = member.name
	}
	SetList("columns", names...).apply(collected)
	return nil
}

func (r *reader) plan(goType reflect.Type) error {
	schema, err := r.stream.Schema()
	if err != nil {
		return err
	}
	r.decode, err = r.decoders.plainDecoder("", schema, goType)
	return err
}

// fill writes the next rows and gives their number, 0 at the end.
func (r *reader) fill(to unsafe.Pointer, stride uintptr) (int, error) {
	for r.batch == nil || int64(r.from) == r.batch.Length {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		batch, err := r.stream.Next()
		if err != nil {
			return 0, wrap(r.ctx, err)
		}
		if batch == nil {
			return 0, nil
		}
		r.batch, r.from = batch, 0
		r.decoders.batch++
	}
	n := min(chunkRows, int(r.batch.Length)-r.from)
	if err := r.decode(r.batch, r.from, n, to, stride); err != nil {
		return 0, err
	}
	r.from += n
	return n, nil
}

func (r *reader) close() { r.stream.Close() }

// Change is a row that a commit inserted, deleted or updated.
type Change[T any] struct {
	Type      string // insert, delete, update_preimage or update_postimage
	Version   int64
	Timestamp time.Time
	Row       T
}

// Changes gives the change data feed, by version, deletes before inserts. T is as for Rows. Options: From, To, FromTime,
// ToTime, AllowOutOfRange, and those of Scan.
func Changes[T any](ctx context.Context, table *Table, options ...Option) iter.Seq2[Change[T], error] {
	return func(yield func(Change[T], error) bool) {
		scan := &Scan{table: table, options: options, open: (*capi.Table).OpenChanges}
		reader, err := newChangeReader(ctx, scan, reflect.TypeFor[Change[T]]())
		if err != nil {
			yield(Change[T]{}, err)
			return
		}
		defer reader.close()
		chunk := make([]Change[T], chunkRows)
		for {
			n, err := reader.fill(unsafe.Pointer(&chunk[0]), unsafe.Sizeof(chunk[0]))
			if err != nil || n == 0 {
				if err != nil {
					yield(Change[T]{}, err)
				}
				return
			}
			for i := range n {
				if !yield(chunk[i], nil) {
					return
				}
			}
			clear(chunk[:n])
		}
	}
}

const (
	changeType      = "_change_type"
	changeVersion   = "_commit_version"
	changeTimestamp = "_commit_timestamp"
)

func newChangeReader(ctx context.Context, scan *Scan, changeOf reflect.Type) (*reader, error) {
	collected, err := collect(scan.options)
	if err != nil {
		return nil, err
	}
	if collected.columns { // the feed's own columns are chosen with the others
		for i, option := range collected.options {
			if option.Key == "columns" {
				values := append([]string{}, option.Values...)
				collected.options[i].Values = append(values, changeType, changeVersion, changeTimestamp)
			}
		}
	}
	stream, err := scan.start(ctx, collected)
	if err != nil {
		return nil, err
	}
	made := &reader{ctx: ctx, stream: stream}
	if err := made.planChange(changeOf); err != nil {
		made.close()
		return nil, wrap(ctx, err)
	}
	return made, nil
}

// planChange splits the columns: those of the feed to the fields of Change, the others to its row.
func (r *reader) planChange(changeOf reflect.Type) error {
	schema, err := r.stream.Schema()
	if err != nil {
		return err
	}
	type step struct {
		child  int
		offset uintptr
		decode decoder
	}
	var steps []step
	for i, name := range []string{changeType, changeVersion, changeTimestamp} {
		child := findChild(schema, name)
		if child < 0 {
			return newError(CodeInternal, "the feed has no column "+name)
		}
		decode, err := r.decoders.decoderFor(name, schema.Children[child], changeOf.Field(i).Type)
		if err != nil {
			return err
		}
		steps = append(steps, step{child, changeOf.Field(i).Offset, decode})
	}
	rowType := changeOf.Field(3).Type
	rows := *schema
	if rowType.Kind() == reflect.Map { // a struct picks its columns by itself
		rows.Children = rows.Children[:len(rows.Children)-len(steps)]
	}
	decodeRows, err := r.decoders.plainDecoder("", &rows, rowType)
	if err != nil {
		return err
	}
	rowOffset := changeOf.Field(3).Offset
	r.decode = func(array *capi.Array, from, n int, to unsafe.Pointer, stride uintptr) error {
		for _, step := range steps {
			if err := step.decode(array.Child(step.child), from+int(array.Offset), n, unsafe.Add(to, step.offset), stride); err != nil {
				return err
			}
		}
		return decodeRows(array, from, n, unsafe.Add(to, rowOffset), stride)
	}
	return nil
}

// File is a live data file.
type File struct {
	Path             string             `delta:"path"` // as in the log: percent-encoded, relative or not
	PartitionValues  map[string]*string `delta:"partitionValues"`
	Size             int64              `delta:"size"`             // bytes
	ModificationTime int64              `delta:"modificationTime"` // milliseconds since 1970-01-01 UTC
	Stats            *string            `delta:"stats"`            // JSON
}

// Files gives the live data files. Options: Where leaves out files that cannot match; Timezone.
func (t *Table) Files(ctx context.Context, options ...Option) iter.Seq2[File, error] {
	return Rows[File](ctx, &Scan{table: t, options: options, open: (*capi.Table).Files})
}
