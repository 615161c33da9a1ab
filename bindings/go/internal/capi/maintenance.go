package capi

/*
#include "shim.h"
*/
import "C"

// What maintains a table: each call takes options and gives JSON, as deltaic.h documents them.

func (t *Table) Restore(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_restore(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Optimize(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_optimize(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Vacuum(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_vacuum(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Alter(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_alter(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Repair(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_repair(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) CleanupLog(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_cleanup_log(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) CompactLog(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_compact_log(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Manifest(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_manifest(t.p, call.options, &out, &failure), &out, failure)
}

func (t *Table) Doctor(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_table_doctor(t.p, call.options, &out, &failure), &out, failure)
}
