package deltaic

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Finding is what Doctor found of one kind.
type Finding struct {
	ID       string  `json:"id"`
	Severity string  `json:"severity"` // warning, note or good
	Title    string  `json:"title"`
	Detail   string  `json:"detail"`
	Command  *string `json:"command"` // of the command line; nil where nothing is to be done
}

// SizeRange counts the files from a size, in bytes, to another.
type SizeRange struct {
	FromBytes  int64 `json:"fromBytes"`
	BelowBytes int64 `json:"belowBytes"`
	NumFiles   int64 `json:"numFiles"`
	NumBytes   int64 `json:"numBytes"`
}

// PartitionState counts the files of a partition.
type PartitionState struct {
	Name     string `json:"name"`
	NumFiles int64  `json:"numFiles"`
	NumBytes int64  `json:"numBytes"`
}

// ColumnState tells how well files can be left out by a leaf column.
type ColumnState struct {
	Name           string       `json:"name"`
	HasOrder       bool         `json:"hasOrder"`
	IsClusteredBy  bool         `json:"isClusteredBy"`
	ShareWithStats float64      `json:"shareWithStats"`
	ShareRead      *float64     `json:"shareRead"` // of a partition's files, that hold one value in their range
	Ranges         [][2]float64 `json:"ranges"`    // of some files, from 0 to 1
}

// CommitState is a commit in the log.
type CommitState struct {
	Version   int64  `json:"version"`
	Timestamp int64  `json:"timestamp"` // milliseconds since 1970
	Operation string `json:"operation"`
}

// LogState tells how the log is.
type LogState struct {
	NumFiles               int64         `json:"numFiles"`
	NumBytes               int64         `json:"numBytes"`
	FirstVersion           int64         `json:"firstVersion"`
	CheckpointVersion      *int64        `json:"checkpointVersion"`
	CheckpointInterval     int64         `json:"checkpointInterval"`
	CommitsSinceCheckpoint int64         `json:"commitsSinceCheckpoint"`
	BytesSinceCheckpoint   int64         `json:"bytesSinceCheckpoint"`
	NumExpiredFiles        int64         `json:"numExpiredFiles"`
	NumExpiredBytes        int64         `json:"numExpiredBytes"`
	Commits                []CommitState `json:"commits"`
}

// Reclaimable is what Vacuum would free, and what it keeps for older versions.
type Reclaimable struct {
	NumFiles     int64 `json:"numFiles"`
	NumBytes     int64 `json:"numBytes"`
	NumKeptFiles int64 `json:"numKeptFiles"`
	NumKeptBytes int64 `json:"numKeptBytes"`
}

// Compaction is what Optimize would write again.
type Compaction struct {
	NumFiles  int64  `json:"numFiles"`
	NumBytes  int64  `json:"numBytes"`
	NumGroups int64  `json:"numGroups"`
	Strategy  string `json:"strategy"`
}

// Diagnosis is the state of a table.
type Diagnosis struct {
	URI                     string           `json:"uri"`
	Name                    string           `json:"name"` // empty where it has none
	Version                 int64            `json:"version"`
	Timestamp               time.Time        `json:"-"` // of the version
	ExaminedAt              time.Time        `json:"-"`
	Findings                []Finding        `json:"findings"` // the worst first
	NumFiles                int64            `json:"numFiles"`
	NumBytes                int64            `json:"numBytes"`
	NumRows                 *int64           `json:"numRows"` // nil where a file does not count them
	TargetFileBytes         int64            `json:"targetFileBytes"`
	NumSmallFiles           int64            `json:"numSmallFiles"` // under a quarter of the target
	MedianFileBytes         int64            `json:"medianFileBytes"`
	LargestFileBytes        int64            `json:"largestFileBytes"`
	Sizes                   []SizeRange      `json:"sizes"` // ascending, without gaps
	NumFilesWithoutStats    int64            `json:"numFilesWithoutStats"`
	NumFilesWithDeletedRows int64            `json:"numFilesWithDeletedRows"`
	NumDeletedRows          int64            `json:"numDeletedRows"`
	PartitionColumns        []string         `json:"partitionColumns"`
	NumPartitions           int64            `json:"numPartitions"`
	MedianPartitionBytes    int64            `json:"medianPartitionBytes"`
	Partitions              []PartitionState `json:"partitions"` // the largest
	Columns                 []ColumnState    `json:"columns"`
	NumColumnsLeftOut       int64            `json:"numColumnsLeftOut"`
	Log                     LogState         `json:"log"`
	Reclaimable             *Reclaimable     `json:"reclaimable"` // nil where the folder was not listed
	Compaction              *Compaction      `json:"compaction"`  // nil where this build must not write the table
}

// UnmarshalJSON reads what deltaic_table_doctor gives.
func (d *Diagnosis) UnmarshalJSON(text []byte) error {
	type plain Diagnosis
	given := struct {
		*plain
		Timestamp  int64 `json:"timestamp"`
		ExaminedAt int64 `json:"examinedAt"`
	}{plain: (*plain)(d)}
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	d.Timestamp, d.ExaminedAt = time.UnixMilli(given.Timestamp).UTC(), time.UnixMilli(given.ExaminedAt).UTC()
	return nil
}

// Doctor says how the loaded version is: files, partitions, statistics, the log, and what mends what is not well. It reads
// no data file. Options: ListFolder, NumCommits, NumPartitions.
func (t *Table) Doctor(ctx context.Context, options ...Option) (found Diagnosis, err error) {
	var text string
	err = t.look(ctx, options, func(native *capi.Table, call *capi.Call) (err error) {
		text, err = native.Doctor(call)
		return err
	})
	if err != nil {
		return found, err
	}
	return found, json.Unmarshal([]byte(text), &found)
}

// ListFolder tells whether Doctor lists the table's folder, to know what could be freed; by default it does.
func ListFolder(list bool) Option { return Set("list_folder", strconv.FormatBool(list)) }

// NumCommits is how many commits Doctor gives, the newest; by default 200.
func NumCommits(count int64) Option { return Set("num_commits", number(count)) }

// NumPartitions is how many partitions Doctor names, the largest; by default 100.
func NumPartitions(count int64) Option { return Set("num_partitions", number(count)) }
