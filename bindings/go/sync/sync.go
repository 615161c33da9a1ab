// Package sync keeps a table of PostgreSQL, or keys of Redis, in step with a Delta table, over a connection of your own.
// How far it has come is kept in the target and moves with the rows, in one transaction: whatever dies leaves the target
// at a version.
//
//	result, err := sync.Postgres(ctx, table, conn, sync.Options{Into: "scores", Key: []string{"user_id"}})
package sync

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/deltaic/deltaic/bindings/go"
)

// Mode is what becomes of rows of the target.
type Mode string

const (
	Mirror Mode = "mirror" // the target gets the source's rows and no others
	Upsert Mode = "upsert" // none is deleted
	Append Mode = "append" // nor updated
	Update Mode = "update" // none is deleted or inserted
)

// Options of a run. Into and Key are needed.
type Options struct {
	Into    string   // the target's table, scores or public.scores; of Redis, what keys begin with
	Key     []string // columns that name a row; PostgreSQL has a unique index over them
	Mode    Mode     // by default Mirror
	Name    string   // what the cursor is kept under; by default Into
	Columns []string // of the source: "a", or "a=b" where the target calls it b; by default those that both have
	Where   string   // SQL over the source: only these rows
	Full    bool     // all rows are sent
	Resync  bool     // the cursor counts for nothing: the source was made anew
	DryRun  bool     // says what would be done, and leaves the target as it is
	// PostgreSQL, Mirror: a column of the target, boolean or timestamp, that is set where a row would be deleted, and reset
	// where it comes again.
	SoftDelete string
	// A file to append rows to, as JSON lines, that the target cannot hold, or whose key is null or, in PostgreSQL, there
	// twice; by default they fail the run.
	Rejects string
	// More of them fail the run; 0: 10,000.
	MaxRejects int64
	More       []deltaic.Option // any option of deltaic_sync_plan: deltaic.Set("on_gap", "error"), deltaic.Set("nul", "strip")
}

// Result tells what a run did.
type Result struct {
	Action   string   `json:"action"` // nothing, snapshot (all rows were sent) or incremental (net changes were)
	From     *int64   `json:"from"`   // the version that the target had; nil before the first run
	To       int64    `json:"to"`
	Sent     int64    `json:"sent"`     // rows on their way to the target
	Upserted int64    `json:"upserted"` // rows of the target that were new or changed; of Redis, all that were sent
	Deleted  int64    `json:"deleted"`  // or marked
	Rejected int64    `json:"rejected"` // rows that went to the file Rejects
	Reasons  []string `json:"-"`        // why all rows were sent
}

func (o Options) start(target string) []deltaic.Option {
	options := []deltaic.Option{deltaic.Set("target", target), deltaic.Set("into", o.Into), deltaic.SetList("key", o.Key...)}
	if o.Name != "" {
		options = append(options, deltaic.Set("name", o.Name))
	}
	if o.Columns != nil {
		options = append(options, deltaic.SetList("columns", o.Columns...))
	}
	return options
}

func (o Options) plan(target string) []deltaic.Option {
	options := append(o.start(target), o.More...)
	if o.Mode != "" {
		options = append(options, deltaic.Set("mode", string(o.Mode)))
	}
	if o.Where != "" {
		options = append(options, deltaic.Where(o.Where))
	}
	if o.SoftDelete != "" {
		options = append(options, deltaic.Set("soft_delete", o.SoftDelete))
	}
	if o.Rejects != "" {
		options = append(options, deltaic.Set("rejects", o.Rejects))
	}
	if o.MaxRejects > 0 {
		options = append(options, deltaic.Set("max_rejects", strconv.FormatInt(o.MaxRejects, 10)))
	}
	if o.Full {
		options = append(options, deltaic.Set("full", "true"))
	}
	if o.Resync {
		options = append(options, deltaic.Set("resync", "true"))
	}
	return options
}

func resultOf(plan *deltaic.SyncPlan) Result {
	return Result{Action: plan.Action, From: plan.From, To: plan.To, Reasons: plan.Reasons}
}

// texts reads a step of the plan: SQL, or the words of a command.
func texts[T any](raw json.RawMessage) (text T, err error) {
	err = json.Unmarshal(raw, &text)
	return text, err
}

func planOf(ctx context.Context, table *deltaic.Table, options []deltaic.Option, found map[string]string) (*deltaic.SyncPlan, error) {
	for key, value := range found {
		options = append(options, deltaic.Set(key, value))
	}
	return table.PlanSync(ctx, options...)
}
