package capi

/*
#include "shim.h"
*/
import "C"

import (
	"unsafe"
)

// Table is a deltaic_table.
type Table struct{ p *C.deltaic_table }

// At makes a handle that has loaded nothing yet.
func At(uri string, storage []Option) (*Table, error) {
	if err := Load(); err != nil {
		return nil, err
	}
	text, err := newText(uri)
	if err != nil {
		return nil, err
	}
	defer C.free(unsafe.Pointer(text))
	options, err := newOptions(storage)
	if err != nil {
		return nil, err
	}
	defer C.deltaic_options_free(options)
	table := &Table{}
	var failure *C.deltaic_error
	if status := C.deltaic_table_at(text, options, &table.p, &failure); status != 0 {
		return nil, takeError(status, failure)
	}
	return table, nil
}

func (t *Table) Copy() (*Table, error) {
	copied := &Table{}
	var failure *C.deltaic_error
	if status := C.deltaic_table_copy(t.p, &copied.p, &failure); status != 0 {
		return nil, takeError(status, failure)
	}
	return copied, nil
}

func (t *Table) Free() { C.deltaic_table_free(t.p) }

func (t *Table) Version() int64 { return int64(C.deltaic_table_version(t.p)) }
func (t *Table) URI() string    { return C.GoString(C.deltaic_table_uri(t.p)) }

func (t *Table) Exists(call *Call) (bool, error) {
	var out C.int
	var failure *C.deltaic_error
	if status := C.deltaic_table_exists(t.p, call.options, &out, &failure); status != 0 {
		return false, takeError(status, failure)
	}
	return out != 0, nil
}

func (t *Table) SetCatalog(call *Call) error {
	var failure *C.deltaic_error
	return done(C.deltaic_table_set_catalog(t.p, call.options, &failure), failure)
}

func (t *Table) Load(call *Call) error {
	var failure *C.deltaic_error
	return done(C.deltaic_table_load(t.p, call.options, &failure), failure)
}

func (t *Table) LoadVersion(call *Call, version int64) error {
	var failure *C.deltaic_error
	return done(C.deltaic_table_load_version(t.p, C.int64_t(version), call.options, &failure), failure)
}

func (t *Table) LoadTimestamp(call *Call, timestampMS int64) error {
	var failure *C.deltaic_error
	return done(C.deltaic_table_load_timestamp(t.p, C.int64_t(timestampMS), call.options, &failure), failure)
}

func (t *Table) Checkpoint(call *Call) error {
	var failure *C.deltaic_error
	return done(C.deltaic_table_checkpoint(t.p, call.options, &failure), failure)
}

func (t *Table) Count(call *Call) (int64, error) {
	var out C.int64_t
	var failure *C.deltaic_error
	err := done(C.deltaic_table_count(t.p, call.options, &out, &failure), failure)
	return int64(out), err
}

func (t *Table) TransactionVersion(call *Call, appID string) (int64, error) {
	text, err := newText(appID)
	if err != nil {
		return 0, err
	}
	defer C.free(unsafe.Pointer(text))
	var out C.int64_t
	var failure *C.deltaic_error
	err = done(C.deltaic_table_transaction_version(t.p, text, call.options, &out, &failure), failure)
	return int64(out), err
}

func (t *Table) SchemaJSON() (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_schema_json(t.p, &out, &failure), &out, failure)
}

func (t *Table) MetadataJSON() (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_metadata_json(t.p, &out, &failure), &out, failure)
}

func (t *Table) ProtocolJSON() (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_protocol_json(t.p, &out, &failure), &out, failure)
}

func (t *Table) DomainsJSON(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_domains_json(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) DetailsJSON(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_details_json(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) HistoryJSON(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_history_json(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Delete(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_delete(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Update(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_update(t.p, call.options, &out, &failure), &out, failure)
}

// Write consumes the source.
func (t *Table) Write(call *Call, source *Source) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	stream := source.export()
	defer C.free(unsafe.Pointer(stream))
	return text(C.deltaic_table_write(t.p, stream, call.options, &out, &failure), &out, failure)
}

// WriteStream consumes the rows of an ArrowArrayStream.
func (t *Table) WriteStream(call *Call, stream unsafe.Pointer) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_write(t.p, (*C.struct_ArrowArrayStream)(stream), call.options, &out, &failure), &out, failure)
}

// Merge consumes the source. Each clause is a list of options.
func (t *Table) Merge(call *Call, source *Source, clauses [][]Option) (string, error) {
	merge := C.deltaic_merge_new()
	defer C.deltaic_merge_free(merge)
	for _, clause := range clauses {
		if err := addClause(merge, clause); err != nil {
			source.Abandon()
			return "", err
		}
	}
	var out *C.char
	var failure *C.deltaic_error
	stream := source.export()
	defer C.free(unsafe.Pointer(stream))
	return text(C.deltaic_table_merge(t.p, stream, merge, call.options, &out, &failure), &out, failure)
}

func addClause(merge *C.deltaic_merge, clause []Option) error {
	options, err := newOptions(clause)
	if err != nil {
		return err
	}
	defer C.deltaic_options_free(options)
	var failure *C.deltaic_error
	return done(C.deltaic_merge_add_clause(merge, options, &failure), failure)
}

func done(status C.deltaic_status, failure *C.deltaic_error) error {
	if status != 0 {
		return takeError(status, failure)
	}
	return nil
}

func text(status C.deltaic_status, out **C.char, failure *C.deltaic_error) (string, error) {
	if status != 0 {
		return "", takeError(status, failure)
	}
	return takeText(*out), nil
}
