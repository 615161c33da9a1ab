package deltaic

import (
	"context"
	"iter"
	"strings"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// ChangeResult tells what Delete or Update did.
type ChangeResult struct {
	Version         *int64 `json:"version"`        // nil where nothing was to do
	NumDeletedRows  *int64 `json:"numDeletedRows"` // of Delete; nil where whole files went that nobody counted
	NumUpdatedRows  *int64 `json:"numUpdatedRows"` // of Update
	NumCopiedRows   int64  `json:"numCopiedRows"`
	NumAddedFiles   int64  `json:"numAddedFiles"`
	NumRemovedFiles int64  `json:"numRemovedFiles"`
	NumRetries      int64  `json:"numRetries"`
}

// Delete deletes the rows that the option Where chooses, or all, as one commit. Rows for which the condition is null
// stay.
func (t *Table) Delete(ctx context.Context, options ...Option) (ChangeResult, error) {
	return t.changeRows(ctx, options, (*capi.Table).Delete)
}

// Update assigns columns of the rows that the option Where chooses, or of all, as one commit. The keys of set are
// columns ("a.b" is a member of a struct), its values SQL, which sees the row as it was.
func (t *Table) Update(ctx context.Context, set map[string]string, options ...Option) (ChangeResult, error) {
	for column, value := range set {
		options = append(options, Set("set."+column, value))
	}
	return t.changeRows(ctx, options, (*capi.Table).Update)
}

func (t *Table) changeRows(ctx context.Context, options []Option, run func(*capi.Table, *capi.Call) (string, error)) (result ChangeResult, err error) {
	err = t.maintain(ctx, options, &result, run)
	return result, err
}

// MergeResult tells what a merge did.
type MergeResult struct {
	Version               *int64 `json:"version"` // nil where nothing was to do
	NumSourceRows         int64  `json:"numSourceRows"`
	NumTargetRowsInserted int64  `json:"numTargetRowsInserted"`
	NumTargetRowsUpdated  int64  `json:"numTargetRowsUpdated"`
	NumTargetRowsDeleted  int64  `json:"numTargetRowsDeleted"`
	NumTargetRowsCopied   int64  `json:"numTargetRowsCopied"`
	NumTargetFilesAdded   int64  `json:"numTargetFilesAdded"`
	NumTargetFilesRemoved int64  `json:"numTargetFilesRemoved"`
	NumRetries            int64  `json:"numRetries"`
}

// MergeBuilder gathers the clauses of a merge; of those for a row, the first counts whose condition is true.
type MergeBuilder[T any] struct {
	table   *Table
	rows    iter.Seq[T]
	options []Option
	clauses [][]Option
}

// Merge begins a merge of rows into a table. Conditions call the table t and the rows s: "t.id = s.id".
// Options: Timezone, MergeSourceColumns, Txn, CommitInfo, MaxRetries, Compression, Threads, MaxMemory.
func Merge[T any](table *Table, rows iter.Seq[T], on string, options ...Option) *MergeBuilder[T] {
	extra := Option{func(s *settings) { s.extra = true }}
	all := []Option{extra, Set("on", on), Set("target_alias", "t"), Set("source_alias", "s")}
	return &MergeBuilder[T]{table: table, rows: rows, options: append(all, options...)}
}

// MergeSourceColumns adds columns that are assigned and only the rows have to the table.
var MergeSourceColumns = Set("merge_schema", "true")

// If is the condition of a clause, in SQL.
func If(condition string) Option { return Set("condition", condition) }

// Except names columns that a clause of all columns leaves out.
func Except(columns ...string) Option { return SetList("except_columns", columns...) }

func (m *MergeBuilder[T]) clause(when, then string, set map[string]string, options []Option) *MergeBuilder[T] {
	clause := []Option{Set("when", when), Set("then", then)}
	if set == nil && then != "delete" {
		clause = append(clause, Set("all_columns", "true"))
	}
	for column, value := range set {
		clause = append(clause, Set("set."+column, value))
	}
	m.clauses = append(m.clauses, append(clause, options...))
	return m
}

// WhenMatchedUpdateAll gives every column of a matching row the value of the source's column of its name.
func (m *MergeBuilder[T]) WhenMatchedUpdateAll(options ...Option) *MergeBuilder[T] {
	return m.clause("matched", "update", nil, options)
}

// WhenMatchedUpdate assigns columns of a matching row: SQL by column.
func (m *MergeBuilder[T]) WhenMatchedUpdate(set map[string]string, options ...Option) *MergeBuilder[T] {
	return m.clause("matched", "update", set, options)
}

// WhenMatchedDelete deletes a matching row.
func (m *MergeBuilder[T]) WhenMatchedDelete(options ...Option) *MergeBuilder[T] {
	return m.clause("matched", "delete", nil, options)
}

// WhenNotMatchedInsertAll inserts a row that matches none of the table's.
func (m *MergeBuilder[T]) WhenNotMatchedInsertAll(options ...Option) *MergeBuilder[T] {
	return m.clause("not_matched", "insert", nil, options)
}

// WhenNotMatchedInsert inserts a row of these columns: SQL by column.
func (m *MergeBuilder[T]) WhenNotMatchedInsert(set map[string]string, options ...Option) *MergeBuilder[T] {
	return m.clause("not_matched", "insert", set, options)
}

// WhenNotMatchedBySourceUpdate assigns columns of a row of the table that no row matches.
func (m *MergeBuilder[T]) WhenNotMatchedBySourceUpdate(set map[string]string, options ...Option) *MergeBuilder[T] {
	return m.clause("not_matched_by_source", "update", set, options)
}

// WhenNotMatchedBySourceDelete deletes a row of the table that no row matches.
func (m *MergeBuilder[T]) WhenNotMatchedBySourceDelete(options ...Option) *MergeBuilder[T] {
	return m.clause("not_matched_by_source", "delete", nil, options)
}

// Execute merges as one commit, and moves the table to the version that this made.
func (m *MergeBuilder[T]) Execute(ctx context.Context) (result MergeResult, err error) {
	var clauses [][]capi.Option
	for _, clause := range m.clauses {
		collected, err := collect(clause)
		if err != nil {
			return result, err
		}
		clauses = append(clauses, collected.options)
	}
	err = feedTable(ctx, m.table, m.rows, m.options, &result,
		func(native *capi.Table, call *capi.Call, source *capi.Source) (string, error) {
			return native.Merge(call, source, clauses)
		})
	return result, err
}

// Upsert updates the rows of the table that have the key of one of the rows, and inserts the others. A key is one or
// more columns; a null in it matches nothing.
func Upsert[T any](ctx context.Context, table *Table, rows iter.Seq[T], key ...string) (MergeResult, error) {
	if len(key) == 0 {
		return MergeResult{}, newError(CodeInvalidArgument, "Upsert needs the columns of the key")
	}
	conditions := make([]string, len(key))
	for i, column := range key {
		conditions[i] = "t." + quoted(column) + " = s." + quoted(column)
	}
	return Merge(table, rows, strings.Join(conditions, " AND ")).WhenMatchedUpdateAll().WhenNotMatchedInsertAll().Execute(ctx)
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
