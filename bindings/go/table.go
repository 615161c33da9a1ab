// Package deltaic reads and writes Delta Lake tables: rows come and go as structs or maps, without a JVM and without
// Arrow packages.
//
//	table, err := deltaic.Open(ctx, "scores")
//	for row, err := range deltaic.Rows[Score](ctx, table.Scan(deltaic.Where("score > 0.5"))) { ... }
//
// All calls take a context, whose end stops them. A Table may be used by many goroutines at once.
package deltaic

import (
	"context"
	"encoding/json"
	"runtime"
	"sync"
	"time"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Table is a table and the version of it that was loaded. Operations that commit move it to the version they made.
// It may be used by many goroutines at once.
type Table struct {
	box     *box
	cleanup runtime.Cleanup
}

// box is what a forgotten table still has to free.
type box struct {
	mutex  sync.Mutex
	handle *handle // nil once closed
}

// handle is a native table that never changes once it is shared; it is freed when nobody uses it any more.
type handle struct {
	native *capi.Table
	users  int // guarded by box.mutex
}

func newTable(native *capi.Table) *Table {
	table := &Table{box: &box{handle: &handle{native: native, users: 1}}}
	table.cleanup = runtime.AddCleanup(table, func(b *box) { b.close() }, table.box)
	return table
}

func (b *box) close() {
	b.mutex.Lock()
	old := b.handle
	b.handle = nil
	b.mutex.Unlock()
	if old != nil {
		b.release(old)
	}
}

func (b *box) release(h *handle) {
	b.mutex.Lock()
	h.users--
	last := h.users == 0
	b.mutex.Unlock()
	if last {
		h.native.Free()
	}
}

func (b *box) acquire() (*handle, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.handle == nil {
		return nil, newError(CodeInvalidArgument, "the table is closed")
	}
	b.handle.users++
	return b.handle, nil
}

// publish makes a newer version the table's.
func (b *box) publish(native *capi.Table, always bool) {
	b.mutex.Lock()
	old := b.handle
	if old == nil || !always && native.Version() <= old.native.Version() {
		b.mutex.Unlock()
		native.Free()
		return
	}
	b.handle = &handle{native: native, users: 1}
	b.mutex.Unlock()
	b.release(old)
}

// look runs a call that changes nothing of the handle.
func (t *Table) look(ctx context.Context, options []Option, call func(*capi.Table, *capi.Call) error) error {
	collected, err := collect(options)
	if err != nil {
		return err
	}
	return t.lookWith(ctx, collected, call)
}

func (t *Table) lookWith(ctx context.Context, collected *settings, call func(*capi.Table, *capi.Call) error) error {
	h, err := t.box.acquire()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(t)
	defer t.box.release(h)
	running, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return wrap(ctx, err)
	}
	defer running.End()
	return wrap(ctx, call(h.native, running))
}

// change runs a call that moves the handle to another version, on a copy, so that others go on meanwhile.
func (t *Table) change(ctx context.Context, collected *settings, call func(*capi.Table, *capi.Call) error) error {
	h, err := t.box.acquire()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(t)
	defer t.box.release(h)
	native, err := h.native.Copy()
	if err != nil {
		return wrap(ctx, err)
	}
	running, err := capi.Begin(ctx, collected.options)
	if err != nil {
		native.Free()
		return wrap(ctx, err)
	}
	defer running.End()
	if err := call(native, running); err != nil {
		native.Free()
		return wrap(ctx, err)
	}
	t.box.publish(native, false)
	return nil
}

// Open loads the newest version of a table. Options: WithStorage, CatalogCommits, MaxCatalogVersion.
func Open(ctx context.Context, uri string, options ...Option) (*Table, error) {
	collected, err := collect(options)
	if err != nil {
		return nil, err
	}
	native, err := capi.At(uri, collected.storage)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	if err := load(ctx, native, collected); err != nil {
		native.Free()
		return nil, wrap(ctx, err)
	}
	return newTable(native), nil
}

func load(ctx context.Context, native *capi.Table, collected *settings) error {
	catalog, rest := &settings{}, &settings{}
	for _, option := range collected.options {
		if option.Key == "catalog_commits" || option.Key == "max_catalog_version" {
			catalog.options = append(catalog.options, option)
		} else {
			rest.options = append(rest.options, option)
		}
	}
	if len(catalog.options) > 0 {
		call, err := capi.Begin(ctx, catalog.options)
		if err != nil {
			return err
		}
		defer call.End()
		if err := native.SetCatalog(call); err != nil {
			return err
		}
	}
	call, err := capi.Begin(ctx, rest.options)
	if err != nil {
		return err
	}
	defer call.End()
	return native.Load(call)
}

// Exists tells whether there is a table. Option: WithStorage.
func Exists(ctx context.Context, uri string, options ...Option) (bool, error) {
	collected, err := collect(options)
	if err != nil {
		return false, err
	}
	native, err := capi.At(uri, collected.storage)
	if err != nil {
		return false, wrap(ctx, err)
	}
	defer native.Free()
	call, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return false, wrap(ctx, err)
	}
	defer call.End()
	there, err := native.Exists(call)
	return there, wrap(ctx, err)
}

// Close frees the table. Rows that are being read go on. A table that is forgotten is freed some time later.
func (t *Table) Close() error {
	t.cleanup.Stop()
	t.box.close()
	return nil
}

// Version is that of the loaded table; -1 once it is closed.
func (t *Table) Version() int64 {
	h, err := t.box.acquire()
	if err != nil {
		return -1
	}
	defer t.box.release(h)
	return h.native.Version()
}

// URI is the root, without credentials; empty once the table is closed.
func (t *Table) URI() string {
	h, err := t.box.acquire()
	if err != nil {
		return ""
	}
	defer t.box.release(h)
	return h.native.URI()
}

// Refresh loads the newest version.
func (t *Table) Refresh(ctx context.Context) error {
	return t.change(ctx, &settings{}, func(native *capi.Table, call *capi.Call) error { return native.Load(call) })
}

// At gives the table as it was at a version.
func (t *Table) At(ctx context.Context, version int64) (*Table, error) {
	return t.travel(ctx, func(native *capi.Table, call *capi.Call) error { return native.LoadVersion(call, version) })
}

// AtTime gives the table as it was at a time: the newest version committed at or before it.
func (t *Table) AtTime(ctx context.Context, at time.Time) (*Table, error) {
	return t.travel(ctx, func(native *capi.Table, call *capi.Call) error { return native.LoadTimestamp(call, at.UnixMilli()) })
}

func (t *Table) travel(ctx context.Context, load func(*capi.Table, *capi.Call) error) (*Table, error) {
	var copied *capi.Table
	err := t.look(ctx, nil, func(native *capi.Table, call *capi.Call) (err error) {
		if copied, err = native.Copy(); err != nil {
			return err
		}
		if err = load(copied, call); err != nil {
			copied.Free()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return newTable(copied), nil
}

// Count gives the number of rows, from the log alone where it knows. Options: Where, Timezone, Threads, MaxMemory.
func (t *Table) Count(ctx context.Context, options ...Option) (count int64, err error) {
	err = t.look(ctx, options, func(native *capi.Table, call *capi.Call) error {
		count, err = native.Count(call)
		return err
	})
	return count, err
}

// TxnVersion gives the version that an application recorded last with Txn; -1 for none.
func (t *Table) TxnVersion(ctx context.Context, appID string) (version int64, err error) {
	err = t.look(ctx, nil, func(native *capi.Table, call *capi.Call) error {
		version, err = native.TransactionVersion(call, appID)
		return err
	})
	return version, err
}

// Checkpoint writes a checkpoint of the loaded version.
func (t *Table) Checkpoint(ctx context.Context) error {
	return t.change(ctx, &settings{}, func(native *capi.Table, call *capi.Call) error { return native.Checkpoint(call) })
}

// Commit is an entry of a table's history.
type Commit struct {
	Version   int64
	Timestamp time.Time
	Info      map[string]any // what the commit says of itself, such as "operation"; nil where it says nothing
}

// History gives the commits that the log still holds, newest first. Option: Limit.
func (t *Table) History(ctx context.Context, options ...Option) ([]Commit, error) {
	var entries []struct {
		Version    int64          `json:"version"`
		Timestamp  int64          `json:"timestamp"`
		CommitInfo map[string]any `json:"commitInfo"`
	}
	if err := t.json(ctx, options, &entries, (*capi.Table).HistoryJSON); err != nil {
		return nil, err
	}
	commits := make([]Commit, len(entries))
	for i, entry := range entries {
		commits[i] = Commit{entry.Version, time.UnixMilli(entry.Timestamp).UTC(), entry.CommitInfo}
	}
	return commits, nil
}

func (t *Table) json(ctx context.Context, options []Option, out any, get func(*capi.Table, *capi.Call) (string, error)) error {
	return t.look(ctx, options, func(native *capi.Table, call *capi.Call) error {
		text, err := get(native, call)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), out)
	})
}

// Details tells the loaded version in numbers.
type Details struct {
	Version    int64    `json:"version"`
	Timestamp  int64    `json:"timestamp"` // milliseconds since 1970-01-01 UTC
	NumFiles   int64    `json:"numFiles"`
	TotalBytes int64    `json:"totalBytes"`
	NumRows    *int64   `json:"numRows"` // nil where the log does not know
	Features   []string `json:"features"`
}

// Details counts every file.
func (t *Table) Details(ctx context.Context) (details Details, err error) {
	err = t.json(ctx, nil, &details, (*capi.Table).DetailsJSON)
	return details, err
}

// Metadata is what a table says of itself.
type Metadata struct {
	ID               string            `json:"id"`
	Name             *string           `json:"name"`
	Description      *string           `json:"description"`
	PartitionColumns []string          `json:"partitionColumns"`
	CreatedTime      *int64            `json:"createdTime"` // milliseconds since 1970-01-01 UTC
	Configuration    map[string]string `json:"configuration"`
}

// Metadata gives name, partition columns and properties.
func (t *Table) Metadata() (metadata Metadata, err error) {
	err = t.json(context.Background(), nil, &metadata,
		func(native *capi.Table, _ *capi.Call) (string, error) { return native.MetadataJSON() })
	return metadata, err
}

// Protocol is what a table asks of readers and writers.
type Protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	MinWriterVersion int      `json:"minWriterVersion"`
	ReaderFeatures   []string `json:"readerFeatures"`
	WriterFeatures   []string `json:"writerFeatures"`
}

// Protocol gives versions and features.
func (t *Table) Protocol() (protocol Protocol, err error) {
	err = t.json(context.Background(), nil, &protocol,
		func(native *capi.Table, _ *capi.Call) (string, error) { return native.ProtocolJSON() })
	return protocol, err
}

// Domains gives the metadata of domains, by name.
func (t *Table) Domains(ctx context.Context) (domains map[string]string, err error) {
	err = t.json(ctx, nil, &domains, (*capi.Table).DomainsJSON)
	return domains, err
}

// Column is one of a table's.
type Column struct {
	Name     string
	Type     string // as SQL has it: long, decimal(10,2), array<string>
	Nullable bool
}

// Schema gives the columns.
func (t *Table) Schema() ([]Column, error) {
	var columns []Column
	err := t.look(context.Background(), nil, func(native *capi.Table, _ *capi.Call) error {
		schema, err := native.Schema()
		if err != nil {
			return err
		}
		for _, field := range schema.Children {
			columns = append(columns, Column{field.Name, typeName(field), field.Nullable})
		}
		return nil
	})
	return columns, err
}

// SchemaJSON gives the columns as the protocol has them, with the metadata of each.
func (t *Table) SchemaJSON() (schema string, err error) {
	err = t.look(context.Background(), nil, func(native *capi.Table, _ *capi.Call) error {
		schema, err = native.SchemaJSON()
		return err
	})
	return schema, err
}
