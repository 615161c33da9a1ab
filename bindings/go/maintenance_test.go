package deltaic_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deltaic/deltaic/bindings/go"
)

// newPieces makes a table of n commits, a file each.
func newPieces(t *testing.T, n int) (string, *deltaic.Table) {
	t.Helper()
	uri, table := newScores(t, 10)
	for i := 1; i < n; i++ {
		must(deltaic.AppendRows(t.Context(), table, slices.Values([]score{{int64(100 + i), "more", 0}})))
	}
	return uri, table
}

func dataFiles(uri string) int {
	return len(must(filepath.Glob(filepath.Join(uri, "*.parquet"))))
}

func TestOptimizeThenVacuum(t *testing.T) {
	ctx := t.Context()
	uri, table := newPieces(t, 4)
	equal(t, "plan", int64(3), table.Version())
	planned := must(table.Optimize(ctx, deltaic.PlanOnly))
	equal(t, "a plan commits nothing", int64(3), table.Version())
	equal(t, "files of the plan", int64(4), planned.FilesRemoved.TotalFiles+planned.TotalConsideredFiles)
	done := must(table.Optimize(ctx))
	equal(t, "files", []int64{1, 4}, []int64{done.NumFilesAdded, done.NumFilesRemoved})
	equal(t, "the table moved", int64(4), table.Version())
	equal(t, "rows", int64(13), must(table.Count(ctx)))

	now := []deltaic.Option{deltaic.RetainFor(0), deltaic.EnforceRetention(false)}
	_, err := table.Vacuum(ctx, deltaic.RetainFor(0))
	failsWith(t, err, deltaic.ErrInvalidArgument, "retention")
	found := must(table.Vacuum(ctx, now...))
	equal(t, "a dry run", []int64{4, 0}, []int64{found.NumFilesToDelete, found.NumDeletedFiles})
	equal(t, "names", 4, len(found.Files))
	equal(t, "files stay", 5, dataFiles(uri))
	kept := must(table.Vacuum(ctx, append(now, deltaic.KeepVersions(0), deltaic.DryRun(false))...))
	equal(t, "deleted", int64(3), kept.NumDeletedFiles)
	equal(t, "files", 2, dataFiles(uri))
	equal(t, "rows of version 0", int64(10), must(must(table.At(ctx, 0)).Count(ctx)))
	equal(t, "rows", 13, len(rowsOf[score](t, table.Scan())))
}

func TestOptimizeZOrderAndPurge(t *testing.T) {
	ctx := t.Context()
	_, table := newPieces(t, 3)
	done := must(table.Optimize(ctx, deltaic.ZOrder("name", "id")))
	equal(t, "files", []int64{1, 3}, []int64{done.NumFilesAdded, done.NumFilesRemoved})
	operation := must(table.History(ctx, deltaic.Limit(1)))[0].Info["operationParameters"]
	if parameters, _ := operation.(map[string]any); !strings.Contains(parameters["zOrderBy"].(string), "name") {
		t.Errorf("zOrderBy: %v", operation)
	}
	must(table.Alter(ctx, "set_properties", deltaic.Property("delta.enableDeletionVectors", "true")))
	must(table.Delete(ctx, deltaic.Where("id = 3")))
	purged := must(table.Optimize(ctx, deltaic.Purge))
	equal(t, "deletion vectors", int64(1), purged.NumDeletionVectorsRemoved)
	equal(t, "rows", 11, len(rowsOf[score](t, table.Scan())))
	_, err := table.Optimize(ctx, deltaic.ZOrder("nowhere"))
	failsWith(t, err, deltaic.ErrInvalidArgument, "nowhere")
}

func TestRestore(t *testing.T) {
	ctx := t.Context()
	_, table := newPieces(t, 3)
	first := must(table.At(ctx, 0))
	done := must(table.Restore(ctx, 0))
	equal(t, "restored", []int64{3, 0, 2}, []int64{done.Version, done.RestoredVersion, done.NumRemovedFiles})
	equal(t, "rows", rowsOf[score](t, first.Scan(deltaic.Ordered())), rowsOf[score](t, table.Scan(deltaic.Ordered())))
	commits := must(table.History(ctx))
	then := must(table.RestoreTime(ctx, commits[0].Timestamp.Add(-time.Nanosecond), deltaic.Txn("undo", 1)))
	equal(t, "until just before", true, then.RestoredVersion < 3)
	equal(t, "transaction", int64(1), must(table.TxnVersion(ctx, "undo")))
	_, err := table.Restore(ctx, 99)
	failsWith(t, err, deltaic.ErrInvalidArgument, "99")
}

func TestAlter(t *testing.T) {
	ctx := t.Context()
	_, table := newScores(t, 3)
	must(table.Alter(ctx, "add_columns", deltaic.Schema("n INT, day DATE"), deltaic.Set("after", "id")))
	columns := must(table.Schema())
	equal(t, "columns", []deltaic.Column{{"id", "long", true}, {"n", "integer", true}, {"day", "date", true}}, columns[:3])
	must(table.Alter(ctx, "add_constraint", deltaic.Set("constraint", "small"), deltaic.Set("condition", "id < 100")))
	_, err := deltaic.AppendRows(ctx, table, slices.Values([]map[string]any{{"id": 100}}))
	failsWith(t, err, deltaic.ErrConstraintViolated, "small")
	must(table.Alter(ctx, "describe", deltaic.Name("scores"), deltaic.Description("of people")))
	metadata := must(table.Metadata())
	equal(t, "name", "scores of people", *metadata.Name+" "+*metadata.Description)
	equal(t, "nothing to do", (*int64)(nil),
		must(table.Alter(ctx, "add_columns", deltaic.Schema("n INT"), deltaic.Set("if_not_exists", "true"))).Version)
	_, err = table.Alter(ctx, "turn_round")
	failsWith(t, err, deltaic.ErrInvalidArgument, "turn_round")
}

func TestRepairAndLogs(t *testing.T) {
	ctx := t.Context()
	uri, table := newPieces(t, 4)
	equal(t, "compacted", false, must(table.CompactLog(ctx, 1, 3)).WasThere)
	if _, err := os.Stat(filepath.Join(uri, "_delta_log/00000000000000000001.00000000000000000003.compacted.json")); err != nil {
		t.Error(err)
	}
	equal(t, "manifest", int64(4), must(table.Manifest(ctx)).NumFiles)
	if err := table.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	equal(t, "nothing is old", 0, len(must(table.CleanupLog(ctx, deltaic.DryRun(true))).Files))

	first := must(deltaic.Collect(must(table.At(ctx, 0)).Files(ctx)))[0].Path
	if err := os.Remove(filepath.Join(uri, first)); err != nil {
		t.Fatal(err)
	}
	looked := must(table.Repair(ctx, deltaic.DryRun(true)))
	equal(t, "looked", []string{first}, looked.Removed)
	equal(t, "no commit", (*int64)(nil), looked.Version)
	equal(t, "repaired", int64(4), *must(table.Repair(ctx)).Version)
	equal(t, "rows", int64(3), must(table.Count(ctx)))
}

func TestDoctor(t *testing.T) {
	ctx := t.Context()
	_, table := newPieces(t, 4)
	found := must(table.Doctor(ctx, deltaic.NumCommits(2)))
	equal(t, "counts", []int64{3, 4, 2}, []int64{found.Version, found.NumFiles, int64(len(found.Log.Commits))})
	equal(t, "rows", must(table.Count(ctx)), *found.NumRows)
	files := int64(0)
	for _, size := range found.Sizes {
		files += size.NumFiles
	}
	equal(t, "files by size", int64(4), files)
	if len(found.Findings) == 0 || found.Findings[0].Title == "" || found.ExaminedAt.Before(found.Timestamp) {
		t.Errorf("findings %v, examined %v", found.Findings, found.ExaminedAt)
	}
	equal(t, "reclaimable", int64(0), found.Reclaimable.NumFiles)
	if without := must(table.Doctor(ctx, deltaic.ListFolder(false))); without.Reclaimable != nil {
		t.Error("reclaimable without listing", without.Reclaimable)
	}
	_, err := table.Doctor(ctx, deltaic.NumCommits(-1))
	failsWith(t, err, deltaic.ErrInvalidArgument, "num_commits")
}

func TestWritesMakeFewFilesAndJoinSmallOnes(t *testing.T) {
	ctx := t.Context()
	rows := func(yield func(map[string]any) bool) {
		for i := range 40_000 {
			if !yield(map[string]any{"p": int64(i % 4), "text": "text " + strconv.Itoa(i)}) {
				return
			}
		}
	}
	files := map[bool]int64{}
	for _, few := range []bool{true, false} {
		uri := filepath.Join(t.TempDir(), "parts")
		memory := deltaic.Set("max_memory_bytes", "65536")
		files[few] = must(deltaic.Write(ctx, uri, rows, deltaic.PartitionBy("p"), memory, deltaic.OptimizeWrite(few))).NumAddedFiles
	}
	if files[true] != 4 || files[false] <= 4 {
		t.Error("files", files)
	}

	uri, table := newPieces(t, 50)
	last := slices.Values([]score{{1, "last", 0}})
	must(deltaic.AppendRows(ctx, table, last, deltaic.AutoCompact(false)))
	equal(t, "files", 51, dataFiles(uri))
	equal(t, "version", int64(50), must(deltaic.Open(ctx, uri)).Version())
	must(deltaic.AppendRows(ctx, table, last, deltaic.AutoCompact(true)))
	now := must(deltaic.Open(ctx, uri))
	equal(t, "version", int64(52), now.Version())
	equal(t, "operation", any("OPTIMIZE"), must(now.History(ctx, deltaic.Limit(1)))[0].Info["operation"])
}
