package deltaic

import (
	"context"
	"encoding/json"
	"io"
	"runtime"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// SyncStart is what a run of a sync asks of its target before it can plan; deltaic_sync_start_json in deltaic.h says what
// the parts are. The module bindings/go/sync runs it for PostgreSQL and Redis.
type SyncStart struct {
	Begin     []string `json:"begin"`
	Cursor    string   `json:"cursor"`
	Columns   string   `json:"columns"`
	Unique    string   `json:"unique"`
	Status    string   `json:"status"`
	CursorKey string   `json:"cursorKey"`
}

// NewSyncStart makes it of options: target, into, name, key, columns.
func NewSyncStart(options ...Option) (start SyncStart, err error) {
	ctx := context.Background()
	collected, err := collect(options)
	if err != nil {
		return start, err
	}
	call, err := capi.Begin(ctx, collected.options)
	if err != nil {
		return start, wrap(ctx, err)
	}
	defer call.End()
	text, err := capi.SyncStartJSON(call)
	if err != nil {
		return start, wrap(ctx, err)
	}
	return start, json.Unmarshal([]byte(text), &start)
}

// SyncStep is a statement, and what the rows are that it touches: upserted, deleted or nothing.
type SyncStep struct {
	SQL    string `json:"sql"`
	Counts string `json:"counts"`
}

// SyncPlan is how a target is brought to the table's version; deltaic_sync_json in deltaic.h says what the parts are.
type SyncPlan struct {
	Action  string            `json:"action"` // nothing, snapshot or incremental
	From    *int64            `json:"from"`
	To      int64             `json:"to"`
	Reasons []string          `json:"reasons"`
	Prepare []string          `json:"prepare"`
	Copy    string            `json:"copy"`
	Checks  []string          `json:"checks"`
	Apply   []SyncStep        `json:"apply"`
	Finish  []json.RawMessage `json:"finish"` // SQL, or for Redis lists of words
	Clear   string            `json:"clear"`

	native  *capi.Plan
	cleanup runtime.Cleanup
}

// PlanSync plans a run from what the target says of itself.
func (t *Table) PlanSync(ctx context.Context, options ...Option) (*SyncPlan, error) {
	plan := &SyncPlan{}
	err := t.look(ctx, options, func(native *capi.Table, call *capi.Call) (err error) {
		plan.native, err = native.PlanSync(call)
		return err
	})
	if err != nil {
		return nil, err
	}
	plan.cleanup = runtime.AddCleanup(plan, func(native *capi.Plan) { native.Free() }, plan.native)
	text, err := plan.native.JSON()
	if err != nil {
		return nil, wrap(ctx, err)
	}
	return plan, json.Unmarshal([]byte(text), plan)
}

// SyncRows are the rows of a plan as bytes, for an io.Reader's user. One goroutine at a time.
type SyncRows struct {
	ctx  context.Context
	plan *SyncPlan
	copy *capi.Copy
	left []byte
}

// Rows opens the rows to send, until the context ends.
func (p *SyncPlan) Rows(ctx context.Context) (*SyncRows, error) {
	call, err := capi.Begin(ctx, nil)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	opened, err := p.native.Copy(call)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	return &SyncRows{ctx: ctx, plan: p, copy: opened}, nil
}

// Next gives the next bytes, of whole rows, which are good until the next call; none at the end.
func (r *SyncRows) Next() ([]byte, error) {
	bytes, err := r.copy.Next()
	return bytes, wrap(r.ctx, err)
}

// Read is io.Reader's.
func (r *SyncRows) Read(to []byte) (int, error) {
	if len(r.left) == 0 {
		bytes, err := r.Next()
		if err != nil {
			return 0, err
		}
		if len(bytes) == 0 {
			return 0, io.EOF
		}
		r.left = bytes
	}
	n := copy(to, r.left)
	r.left = r.left[n:]
	return n, nil
}

// NumRows is the number of rows given so far.
func (r *SyncRows) NumRows() int64 { return r.copy.NumRows() }

// NumRejected is the number of rows that went to the file of rejects instead.
func (r *SyncRows) NumRejected() int64 { return r.copy.NumRejected() }

// Close stops what reads ahead.
func (r *SyncRows) Close() error {
	r.copy.Close()
	return nil
}
