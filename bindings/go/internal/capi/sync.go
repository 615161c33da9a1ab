package capi

/*
#include "shim.h"
*/
import "C"

import "unsafe"

// Plan is a deltaic_sync.
type Plan struct{ p *C.deltaic_sync }

// Copy is a deltaic_copy, and the call that it ends.
type Copy struct {
	p    *C.deltaic_copy
	call *Call
}

// SyncStartJSON tells what a run asks of its target.
func SyncStartJSON(call *Call) (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_sync_start_json(call.options, &out, &failure), &out, failure)
}

// PlanSync plans a run.
func (t *Table) PlanSync(call *Call) (*Plan, error) {
	plan := &Plan{}
	var failure *C.deltaic_error
	if err := done(C.deltaic_sync_plan(t.p, call.options, &plan.p, &failure), failure); err != nil {
		return nil, err
	}
	return plan, nil
}

func (p *Plan) JSON() (string, error) {
	var out *C.char
	var failure *C.deltaic_error
	return text(C.deltaic_sync_json(p.p, &out, &failure), &out, failure)
}

// Free lets what was opened go on.
func (p *Plan) Free() { C.deltaic_sync_free(p.p) }

// Copy opens the rows as bytes. The copy ends the call, also where opening fails.
func (p *Plan) Copy(call *Call) (*Copy, error) {
	opened := &Copy{call: call}
	var failure *C.deltaic_error
	if err := done(C.deltaic_sync_copy(p.p, call.options, &opened.p, &failure), failure); err != nil {
		call.End()
		return nil, err
	}
	return opened, nil
}

// Next gives the next bytes, which live until the next call; none at the end.
func (c *Copy) Next() ([]byte, error) {
	var bytes unsafe.Pointer
	var length C.size_t
	var failure *C.deltaic_error
	if err := done(C.deltaic_copy_next(c.p, &bytes, &length, &failure), failure); err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(bytes), int(length)), nil
}

func (c *Copy) NumRows() int64 { return int64(C.deltaic_copy_num_rows(c.p)) }

func (c *Copy) NumRejected() int64 { return int64(C.deltaic_copy_num_rejected(c.p)) }

// Close stops what reads ahead.
func (c *Copy) Close() {
	c.call.Cancel()
	C.deltaic_copy_free(c.p)
	c.call.End()
}
