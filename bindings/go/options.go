package deltaic

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/deltaic/deltaic/bindings/go/internal/capi"
)

// Option is a setting of one call. Which call takes which is listed in docs/options.md; an unknown one is an error of
// that call, not silence.
type Option struct{ apply func(*settings) }

type settings struct {
	options []capi.Option
	storage []capi.Option
	columns bool // Columns was given
	schema  []*capi.Field
	extra   bool // rows may have columns that the table lacks
	err     error

	schemaText string // of which schema is made
}

func collect(options []Option) (*settings, error) {
	collected := &settings{}
	for _, option := range options {
		if option.apply != nil {
			option.apply(collected)
		}
	}
	return collected, collected.err
}

func (s *settings) has(key string) (string, bool) {
	for _, option := range s.options {
		if option.Key == key && len(option.Values) > 0 {
			return option.Values[0], true
		}
	}
	return "", false
}

// Set sets an option by the name that the C interface has for it, for those without a function of their own.
func Set(key, value string) Option {
	return Option{func(s *settings) { s.options = append(s.options, capi.Option{Key: key, Values: []string{value}}) }}
}

// SetList sets an option that takes a list.
func SetList(key string, values ...string) Option {
	return Option{func(s *settings) {
		s.options = append(s.options, capi.Option{Key: key, Values: values, List: true})
	}}
}

// WithStorage gives credentials and settings of the storage.
func WithStorage(storage map[string]string) Option {
	return Option{func(s *settings) {
		for key, value := range storage {
			s.storage = append(s.storage, capi.Option{Key: key, Values: []string{value}})
		}
	}}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// Columns reads these columns, in this order. Without it, Rows reads the columns that its struct has.
func Columns(names ...string) Option {
	list := SetList("columns", names...)
	return Option{func(s *settings) { s.columns = true; list.apply(s) }}
}

// Where is an SQL condition: which rows are read, counted, deleted or updated.
func Where(condition string) Option { return Set("where", condition) }

// Limit reads n rows, or commits of a history, at most.
func Limit(n int64) Option { return Set("limit", number(n)) }

// Ordered reads rows by partition, file and row.
func Ordered() Option { return Set("ordered", "true") }

// Threads works on n threads; by default one for each core.
func Threads(n int) Option { return Set("threads", strconv.Itoa(n)) }

// MaxMemory bounds the bytes that are read ahead, or that rows take before they are in files.
func MaxMemory(bytes int64) Option { return Set("max_memory_bytes", number(bytes)) }

// Timezone is that of texts, dates and parts of timestamps in conditions: "Europe/Oslo"; by default UTC.
func Timezone(zone string) Option { return Set("timezone", zone) }

// From starts changes at a version.
func From(version int64) Option { return Set("from_version", number(version)) }

// To ends changes at a version, which is included.
func To(version int64) Option { return Set("to_version", number(version)) }

// FromTime starts changes at the first commit at or after a time.
func FromTime(t time.Time) Option { return Set("from_timestamp", timeText(t)) }

// ToTime ends changes at the last commit at or before a time.
func ToTime(t time.Time) Option { return Set("to_timestamp", timeText(t)) }

func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

// AllowOutOfRange lets a range of changes without commits have no rows instead of being an error.
func AllowOutOfRange() Option { return Set("allow_out_of_range", "true") }

// What a write does where the table is there. Without one of them it is an error.
var (
	Append    = Set("mode", "append")
	Overwrite = Set("mode", "overwrite")
	Ignore    = Set("mode", "ignore")
)

// How a write may change the schema: columns that the table lacks are added; or, with Overwrite, it gets the rows'.
var (
	MergeSchema     = Set("schema_mode", "merge")
	OverwriteSchema = Set("schema_mode", "overwrite")
)

// ReplaceWhere, with Overwrite, replaces these partitions only.
func ReplaceWhere(condition string) Option { return Set("replace_where", condition) }

// PartitionBy names the partition columns of a new table.
func PartitionBy(columns ...string) Option { return SetList("partition_by", columns...) }

// OptimizeWrite makes few files of each partition, or not; by default the table's delta.autoOptimize.optimizeWrite says.
func OptimizeWrite(few bool) Option { return Set("optimize_write", strconv.FormatBool(few)) }

// AutoCompact joins small files after a write, as a commit of its own, or does not; by default the table's
// delta.autoOptimize.autoCompact says.
func AutoCompact(join bool) Option { return Set("auto_compact", strconv.FormatBool(join)) }

// Property sets a property of a new table, "delta.enableChangeDataFeed".
func Property(key, value string) Option { return Set("property."+key, value) }

// Name and Description are those of a new table.
func Name(name string) Option        { return Set("name", name) }
func Description(text string) Option { return Set("description", text) }

// Txn records the version that an application has come to, so that it can tell what it has written already: see
// Table.TxnVersion.
func Txn(appID string, version int64) Option { return Set("txn."+appID, number(version)) }

// CommitInfo adds a value to what the history says of the commit.
func CommitInfo(key string, value any) Option {
	encoded, err := json.Marshal(value)
	if err != nil {
		return Option{func(s *settings) { s.err = newError(CodeInvalidArgument, "CommitInfo "+key+": "+err.Error()) }}
	}
	return Set("commit."+key, string(encoded))
}

// MaxRetries is how often a commit that others overtook is tried again.
func MaxRetries(n int) Option { return Set("max_retries", strconv.Itoa(n)) }

// Compression of new files: none, snappy, gzip, lz4, lz4_raw, zstd or brotli.
func Compression(codec string) Option { return Set("compression", codec) }

// CatalogCommits are the commits that the table's catalog has ratified, for Open: files in _delta_log/_staged_commits.
func CatalogCommits(commits ...string) Option { return SetList("catalog_commits", commits...) }

// MaxCatalogVersion is the newest version that the table's catalog has ratified, for Open.
func MaxCatalogVersion(version int64) Option { return Set("max_catalog_version", number(version)) }

// Schema names the columns of a new table and their types, "id BIGINT NOT NULL, tags ARRAY<STRING>", where rows are maps
// or do not tell.
func Schema(columns string) Option {
	fields, err := parseColumns(columns)
	return Option{func(s *settings) {
		s.schema, s.schemaText = fields, columns
		if err != nil {
			s.err = err
		}
	}}
}
