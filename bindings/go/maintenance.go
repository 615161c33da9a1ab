package deltaic

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// RestoreResult tells what Restore or RestoreTime did.
type RestoreResult struct {
	Version                int64 `json:"version"`
	RestoredVersion        int64 `json:"restoredVersion"` // which it is like
	NumRemovedFiles        int64 `json:"numRemovedFiles"`
	NumRestoredFiles       int64 `json:"numRestoredFiles"`
	RemovedFilesSize       int64 `json:"removedFilesSize"`
	RestoredFilesSize      int64 `json:"restoredFilesSize"`
	NumMissingFiles        int64 `json:"numMissingFiles"` // restored in the log, but gone
	NumOfFilesAfterRestore int64 `json:"numOfFilesAfterRestore"`
	TableSizeAfterRestore  int64 `json:"tableSizeAfterRestore"`
	ExecutionTimeMS        int64 `json:"executionTimeMs"`
}

// Restore makes an earlier version the newest, as one commit. Options: IgnoreMissingFiles, Txn, CommitInfo, MaxRetries.
func (t *Table) Restore(ctx context.Context, version int64, options ...Option) (result RestoreResult, err error) {
	err = t.maintain(ctx, append([]Option{Set("version", number(version))}, options...), &result, (*capi.Table).Restore)
	return result, err
}

// RestoreTime makes the newest version committed until then the newest, as one commit. Options are those of Restore.
func (t *Table) RestoreTime(ctx context.Context, at time.Time, options ...Option) (result RestoreResult, err error) {
	err = t.maintain(ctx, append([]Option{Set("timestamp", timeText(at))}, options...), &result, (*capi.Table).Restore)
	return result, err
}

// FileSizes sums up sizes of files, in bytes.
type FileSizes struct {
	Avg        float64 `json:"avg"`
	Max        int64   `json:"max"`
	Min        int64   `json:"min"`
	TotalFiles int64   `json:"totalFiles"`
	TotalSize  int64   `json:"totalSize"`
}

// OptimizeResult tells what Optimize did.
type OptimizeResult struct {
	Version                   *int64    `json:"version"` // of the last commit; nil where nothing was to do
	NumFilesAdded             int64     `json:"numFilesAdded"`
	NumFilesRemoved           int64     `json:"numFilesRemoved"`
	FilesAdded                FileSizes `json:"filesAdded"`
	FilesRemoved              FileSizes `json:"filesRemoved"`
	PartitionsOptimized       int64     `json:"partitionsOptimized"`
	TotalConsideredFiles      int64     `json:"totalConsideredFiles"`
	TotalFilesSkipped         int64     `json:"totalFilesSkipped"`
	NumRows                   int64     `json:"numRows"` // in the new files
	NumDeletionVectorsRemoved int64     `json:"numDeletionVectorsRemoved"`
	NumCommits                int64     `json:"numCommits"`
	NumGroupsGivenUp          int64     `json:"numGroupsGivenUp"` // others changed a file of theirs
	NumRetries                int64     `json:"numRetries"`
	ExecutionTimeMS           int64     `json:"executionTimeMs"`
}

// Optimize makes large files of small ones; with ZOrder it sorts rows, with Purge it drops those that deletion vectors
// hide. Options: Where (which partitions), ZOrder, Purge, PlanOnly, CommitInfo, MaxRetries, Compression, Threads, MaxMemory.
func (t *Table) Optimize(ctx context.Context, options ...Option) (result OptimizeResult, err error) {
	err = t.maintain(ctx, options, &result, (*capi.Table).Optimize)
	return result, err
}

// ZOrder brings rows with near values of these columns into the same files.
func ZOrder(columns ...string) Option {
	kind, list := Set("kind", "zorder"), SetList("zorder_columns", columns...)
	return Option{func(s *settings) { kind.apply(s); list.apply(s) }}
}

// Purge writes files that have a deletion vector without the deleted rows.
var Purge = Set("kind", "purge")

// PlanOnly tells what Optimize would do, and writes nothing.
var PlanOnly = Set("plan_only", "true")

// VacuumResult tells what Vacuum found and deleted.
type VacuumResult struct {
	Version            *int64   `json:"version"` // of the last commit; nil where none was made
	NumFilesToDelete   int64    `json:"numFilesToDelete"`
	SizeOfDataToDelete int64    `json:"sizeOfDataToDelete"` // bytes
	NumDeletedFiles    int64    `json:"numDeletedFiles"`    // 0 of a dry run
	NumListedFiles     int64    `json:"numListedFiles"`
	IsComplete         bool     `json:"isComplete"` // false: older commits are gone, so that only a full one finds all
	ExecutionTimeMS    int64    `json:"executionTimeMs"`
	Files              []string `json:"files"` // below the table's root
}

// Vacuum tells which files no version within the retention needs; with DryRun(false) it deletes them. Options: DryRun,
// RetainFor, EnforceRetention, KeepVersions, Threads, CommitInfo.
func (t *Table) Vacuum(ctx context.Context, options ...Option) (result VacuumResult, err error) {
	err = t.maintain(ctx, options, &result, (*capi.Table).Vacuum)
	return result, err
}

// DryRun tells whether a call only says what it would do; by default Vacuum does only that, and Repair and CleanupLog
// do their work.
func DryRun(only bool) Option { return Set("dry_run", strconv.FormatBool(only)) }

// RetainFor keeps the files that a version of this last time needs, for Vacuum; by default the table's
// delta.deletedFileRetentionDuration.
func RetainFor(duration time.Duration) Option {
	return Set("retention_ms", number(duration.Milliseconds()))
}

// EnforceRetention, where false, allows a retention that is shorter than the table's.
func EnforceRetention(enforce bool) Option {
	return Set("enforce_retention_duration", strconv.FormatBool(enforce))
}

// KeepVersions keeps the files of these versions, however old.
func KeepVersions(versions ...int64) Option {
	texts := make([]string, len(versions))
	for i, version := range versions {
		texts[i] = number(version)
	}
	return SetList("keep_versions", texts...)
}

// IgnoreMissingFiles lets Restore go on where files of that version are gone.
var IgnoreMissingFiles = Set("ignore_missing_files", "true")

// AlterResult tells what Alter did.
type AlterResult struct {
	Version        *int64 `json:"version"`        // nil where nothing was to do
	NumCheckedRows int64  `json:"numCheckedRows"` // against a new constraint
	NumRetries     int64  `json:"numRetries"`
}

// Alter changes a table and none of its rows, as one commit: "add_columns", "drop_columns", "rename_column",
// "change_column", "set_properties", "unset_properties", "add_constraint", "drop_constraint", "cluster_by", "describe",
// "add_features", "drop_feature". docs/go.md shows what each takes: Schema, Property, Name, Description, and Set and
// SetList for the rest.
func (t *Table) Alter(ctx context.Context, change string, options ...Option) (result AlterResult, err error) {
	collected, err := collect(options)
	if err != nil {
		return result, err
	}
	if collected.schemaText != "" {
		Set("schema", collected.schemaText).apply(collected)
	}
	Set("change", change).apply(collected)
	err = t.maintainWith(ctx, collected, &result, (*capi.Table).Alter)
	return result, err
}

// RepairResult tells what Repair found.
type RepairResult struct {
	Version         *int64   `json:"version"` // nil where nothing was to do, or it only looked
	NumCheckedFiles int64    `json:"numCheckedFiles"`
	Removed         []string `json:"removed"` // files, as in the log
	Missing         []string `json:"missing"` // what of each is gone: the file, or its deletion vector
}

// Repair takes files out of the table whose data or deletion vector is gone, as one commit. Options: DryRun, Txn,
// CommitInfo.
func (t *Table) Repair(ctx context.Context, options ...Option) (result RepairResult, err error) {
	err = t.maintain(ctx, options, &result, (*capi.Table).Repair)
	return result, err
}

// CleanupResult tells what CleanupLog deleted.
type CleanupResult struct {
	Files        []string `json:"files"`
	Bytes        int64    `json:"bytes"`
	FirstVersion int64    `json:"firstVersion"` // the oldest that can be loaded afterwards
}

// CleanupLog deletes log files that no version within the retention needs. Options: DryRun, and Set("retention_hours").
func (t *Table) CleanupLog(ctx context.Context, options ...Option) (result CleanupResult, err error) {
	err = t.maintain(ctx, options, &result, (*capi.Table).CleanupLog)
	return result, err
}

// CompactLogResult tells what CompactLog wrote.
type CompactLogResult struct {
	NumActions int64 `json:"numActions"`
	Bytes      int64 `json:"bytes"`
	WasThere   bool  `json:"wasThere"` // a file of these versions, which stays
}

// CompactLog sums commits up, from the first version to the last, in one file of the log beside them.
func (t *Table) CompactLog(ctx context.Context, first, last int64) (result CompactLogResult, err error) {
	options := []Option{Set("first_version", number(first)), Set("last_version", number(last))}
	err = t.maintain(ctx, options, &result, (*capi.Table).CompactLog)
	return result, err
}

// ManifestResult tells what Manifest wrote.
type ManifestResult struct {
	NumFiles          int64 `json:"numFiles"`
	NumManifests      int64 `json:"numManifests"`
	NumStaleManifests int64 `json:"numStaleManifests"` // of partitions that are gone; deleted
}

// Manifest writes the lists of files that engines without Delta read, in _symlink_format_manifest.
func (t *Table) Manifest(ctx context.Context) (result ManifestResult, err error) {
	err = t.maintain(ctx, nil, &result, (*capi.Table).Manifest)
	return result, err
}

func (t *Table) maintain(ctx context.Context, options []Option, result any, run func(*capi.Table, *capi.Call) (string, error)) error {
	collected, err := collect(options)
	if err != nil {
		return err
	}
	return t.maintainWith(ctx, collected, result, run)
}

func (t *Table) maintainWith(ctx context.Context, collected *settings, result any, run func(*capi.Table, *capi.Call) (string, error)) error {
	return t.change(ctx, collected, func(native *capi.Table, call *capi.Call) error {
		text, err := run(native, call)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), result)
	})
}
