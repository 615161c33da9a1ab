/* Deltaic: Delta Lake tables from C, and from every language that can call C.
 *
 * Conventions
 *
 * Handles. Types named `deltaic_x` are opaque; `deltaic_x_free` releases one and takes NULL. Who
 * makes a handle frees it.
 *
 * Errors. A function that can fail returns a deltaic_status, and takes `deltaic_error** error`
 * last. On failure it stores a new error there (free it with deltaic_error_free) and leaves its
 * other outputs alone; `error` may be NULL. DELTAIC_ERROR_INTERNAL can come from every function and
 * is not repeated below. No C++ exception leaves the library; it prints nothing and never exits.
 *
 * Text is UTF-8 and ends with NUL. Text handed out through `char**` is the caller's: free it with
 * deltaic_string_free. `const char*` results live as long as the handle they came from, or as a
 * line below says. JSON is compact and keeps the order documented here; new keys may appear at the
 * end.
 *
 * Rows cross as Arrow C streams (arrow_abi.h). An `ArrowArrayStream*` input is moved from: the
 * library releases it, also on failure. An output stream is the caller's to release; it keeps what
 * it reads from alive, so that handles may be freed before it. Its get_next may be called from one
 * thread at a time, and returns an errno with a text in get_last_error; deltaic_scan_error gives
 * the code behind it.
 *
 * Threads. Different handles may be used from different threads at once. One handle may be used by
 * many threads only in functions that take it as `const`, and deltaic_cancellation_cancel. Long
 * calls work on threads of their own besides the caller's.
 *
 * Options are key/value texts (deltaic_options); an unknown key, or a value that does not parse, is
 * DELTAIC_ERROR_INVALID_ARGUMENT.
 *
 * Stability. Functions are added, never changed; structs are private; code numbers are permanent.
 */
#ifndef DELTAIC_DELTAIC_H
#define DELTAIC_DELTAIC_H

#include <stddef.h>
#include <stdint.h>

#include "arrow_abi.h"

#if defined(_WIN32)
#error "Deltaic does not support Windows yet"
#endif
#define DELTAIC_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header, as deltaic_version() gives the library's. */
#define DELTAIC_VERSION_MAJOR 0
#define DELTAIC_VERSION_MINOR 1
#define DELTAIC_VERSION_PATCH 0
#define DELTAIC_VERSION_STRING "0.1.0"

/* ---- status and errors
 * ------------------------------------------------------------------------------------------------------
 */

/* What went wrong, chosen by what the caller does next. \since 0.1 */
typedef enum deltaic_status {
  DELTAIC_OK = 0,
  DELTAIC_ERROR_INVALID_ARGUMENT = 1, /* the call itself is wrong: fix the call */
  DELTAIC_ERROR_NOT_FOUND = 2,        /* table, version or file is absent */
  DELTAIC_ERROR_ALREADY_EXISTS = 3,   /* table or file is present */
  DELTAIC_ERROR_SCHEMA_MISMATCH = 4,  /* the data does not have the table's schema: fix the data */
  DELTAIC_ERROR_CONSTRAINT_VIOLATED = 5, /* the data breaks a rule of the table: fix the data */
  DELTAIC_ERROR_UNSUPPORTED = 6,         /* the table needs a feature this build lacks: upgrade */
  DELTAIC_ERROR_CORRUPTION = 7,          /* log or file breaks the specification: repair */
  DELTAIC_ERROR_CONFLICT = 8,            /* a newer commit overlaps: rerun on the new version */
  DELTAIC_ERROR_COMMIT_UNKNOWN =
      9, /* the reply to a commit was lost: read that version and compare */
  DELTAIC_ERROR_UNAVAILABLE = 10,       /* throttled or timed out: retry the same call */
  DELTAIC_ERROR_IO = 11,                /* storage said no */
  DELTAIC_ERROR_PERMISSION_DENIED = 12, /* storage refused the credentials */
  DELTAIC_ERROR_CANCELLED = 13,         /* the caller asked to stop */
  DELTAIC_ERROR_INTERNAL = 14           /* a bug in the library */
} deltaic_status;

typedef struct deltaic_error deltaic_error;

/* The code of `error`. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_error_code(const deltaic_error* error);
/* One line: what, where, what now. Carries no secret. Lives as long as `error`. \since 0.1 */
DELTAIC_EXPORT const char* deltaic_error_message(const deltaic_error* error);
DELTAIC_EXPORT void deltaic_error_free(deltaic_error* error);
/* "SchemaMismatch" for DELTAIC_ERROR_SCHEMA_MISMATCH, and so on; static. \since 0.1 */
DELTAIC_EXPORT const char* deltaic_status_name(deltaic_status status);

/* ---- library
 * ----------------------------------------------------------------------------------------------------------------
 */

/* The library's version, "0.1.0"; static. \since 0.1 */
DELTAIC_EXPORT const char* deltaic_version(void);

typedef enum deltaic_log_level {
  DELTAIC_LOG_DEBUG = 0,
  DELTAIC_LOG_INFO = 1,
  DELTAIC_LOG_WARNING = 2,
  DELTAIC_LOG_ERROR = 3
} deltaic_log_level;

/* Where log messages go; they are dropped before a callback is set. The callback may run on any
 * thread. NULL stops them. \since 0.1 */
typedef void (*deltaic_log_callback)(void* user, deltaic_log_level level, const char* message);
DELTAIC_EXPORT void deltaic_set_log_callback(deltaic_log_callback callback, void* user);

DELTAIC_EXPORT void deltaic_string_free(char* text);

/* ---- cancellation
 * -----------------------------------------------------------------------------------------------------------
 */

/* Stops the calls and streams whose options name it; they end with DELTAIC_ERROR_CANCELLED. \since
 * 0.1 */
typedef struct deltaic_cancellation deltaic_cancellation;
DELTAIC_EXPORT deltaic_cancellation* deltaic_cancellation_new(void);
/* From any thread, and from a signal handler. */
DELTAIC_EXPORT void deltaic_cancellation_cancel(const deltaic_cancellation* cancellation);
/* Options that name it keep it alive. */
DELTAIC_EXPORT void deltaic_cancellation_free(deltaic_cancellation* cancellation);

/* ---- options
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Settings of one call, or of a storage. Calls that take `const deltaic_options*` take NULL for
 * "all defaults". \since 0.1 */
typedef struct deltaic_options deltaic_options;
DELTAIC_EXPORT deltaic_options* deltaic_options_new(void);
/* Sets `key`, in place of earlier values. */
DELTAIC_EXPORT void deltaic_options_set(deltaic_options* options, const char* key,
                                        const char* value);
/* Adds one more value to `key`, for the keys marked "list" below. */
DELTAIC_EXPORT void deltaic_options_add(deltaic_options* options, const char* key,
                                        const char* value);
/* Makes `key` a list without values ("columns": none). */
DELTAIC_EXPORT void deltaic_options_set_empty_list(deltaic_options* options, const char* key);
DELTAIC_EXPORT void deltaic_options_set_cancellation(deltaic_options* options,
                                                     const deltaic_cancellation* cancellation);
/* Called now and then, on any thread, with rows done so far. */
typedef void (*deltaic_progress_callback)(void* user, int64_t rows_done);
DELTAIC_EXPORT void deltaic_options_set_progress(deltaic_options* options,
                                                 deltaic_progress_callback callback, void* user);
DELTAIC_EXPORT void deltaic_options_free(deltaic_options* options);

/* ---- predicates as a tree
 * ---------------------------------------------------------------------------------------------------
 */

/* A predicate, for options "where" through deltaic_expr_sql. \since 0.1 */
typedef struct deltaic_expr deltaic_expr;

/* \param path  names from the root column inwards, \param length >= 1 of them. */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_column(const char* const* path, size_t length);
DELTAIC_EXPORT deltaic_expr* deltaic_expr_null(void);
DELTAIC_EXPORT deltaic_expr* deltaic_expr_bool(int value);
DELTAIC_EXPORT deltaic_expr* deltaic_expr_int64(int64_t value);
DELTAIC_EXPORT deltaic_expr* deltaic_expr_double(double value);
/* Text; against a column of another type it is read as that type ("2024-01-31" against a date). */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_string(const char* bytes, size_t length);
DELTAIC_EXPORT deltaic_expr* deltaic_expr_binary(const void* bytes, size_t length);
/* Days since 1970-01-01. */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_date(int32_t days);
/* Microseconds since 1970-01-01T00:00:00; in UTC, or local time without a zone. */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_timestamp(int64_t micros, int has_zone);
/* A decimal as text, "12.50". \retval NULL  not a decimal of at most 38 digits. */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_decimal(const char* digits);
/* \param function  "and" "or" "not" "=" "<>" "<" "<=" ">" ">=" "<=>" "is null" "is not null" "in"
 * "like".
 * \param args  borrowed; the result shares them. "and", "or": two or more. "in": the value, then
 * the list.
 * \retval NULL  unknown function, or a number of arguments it does not take. */
DELTAIC_EXPORT deltaic_expr* deltaic_expr_call(const char* function,
                                               const deltaic_expr* const* args, size_t num_args);
/* Parses SQL text. \retval DELTAIC_ERROR_INVALID_ARGUMENT  with the position of what is wrong. */
DELTAIC_EXPORT deltaic_status deltaic_expr_parse(const char* sql, deltaic_expr** out,
                                                 deltaic_error** error);
/* The same predicate as SQL text. */
DELTAIC_EXPORT char* deltaic_expr_sql(const deltaic_expr* expr);
DELTAIC_EXPORT void deltaic_expr_free(deltaic_expr* expr);

/* ---- tables
 * -----------------------------------------------------------------------------------------------------------------
 */

/* A table's place, and the version of it that was loaded last. \since 0.1 */
typedef struct deltaic_table deltaic_table;

/* A handle that has loaded no version yet. Touches no storage; the table need not exist.
 * \param uri  "./t", "/tmp/t", "file:///tmp/t", "memory://name/t" (one namespace a process).
 * \param storage  credentials and settings of the storage, or NULL.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_UNSUPPORTED (a scheme this build has no
 * storage for) \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_at(const char* uri, const deltaic_options* storage,
                                               deltaic_table** out, deltaic_error** error);
/* deltaic_table_at and deltaic_table_load in one. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_open(const char* uri, const deltaic_options* storage,
                                                 deltaic_table** out, deltaic_error** error);
/* Another handle of the same table and loaded version. Reads nothing. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_copy(const deltaic_table* table, deltaic_table** out,
                                                 deltaic_error** error);
DELTAIC_EXPORT void deltaic_table_free(deltaic_table* table);

/* 1 where the log holds a commit or a checkpoint, else 0. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_exists(const deltaic_table* table, int* out,
                                                   deltaic_error** error);

/* What the catalog that manages the table says of it; to be called before a load, each time anew.
 * Such a table cannot be read without, and is not written. Options: "catalog_commits" (list: each
 * `<version>.<uuid>.json`, a file in _delta_log/_staged_commits, or `<version>=<content>`, the
 * commit itself), "max_catalog_version" (the newest version that the catalog has ratified; default:
 * of the commits). No version is loaded afterwards.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  neither of them, a commit of another form, a version
 * twice or above the newest. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_set_catalog(deltaic_table* table,
                                                        const deltaic_options* options,
                                                        deltaic_error** error);
/* Loads the newest version; from the version loaded already, reads only newer commits. On failure
 * the loaded version stays.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_CORRUPTION \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_table_load(deltaic_table* table, deltaic_error** error);
/* Loads `version`, >= 0. \retval DELTAIC_ERROR_NOT_FOUND  naming the versions there are. \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_table_load_version(deltaic_table* table, int64_t version,
                                                         deltaic_error** error);
/* Loads the newest version committed at or before `timestamp_ms` (milliseconds since 1970-01-01
 * UTC).
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  before the first commit, or after the last. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_load_timestamp(deltaic_table* table,
                                                           int64_t timestamp_ms,
                                                           deltaic_error** error);
/* Milliseconds since 1970-01-01 UTC of text such as "2024-01-31", "2024-01-31 10:00:00",
 * "2024-01-31T10:00:00.5+02:00"; without a zone UTC.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_parse_timestamp(const char* text, int64_t* timestamp_ms,
                                                      deltaic_error** error);

/* The functions from here to the end of the section need a loaded version, else
 * DELTAIC_ERROR_INVALID_ARGUMENT. */

/* The loaded version; -1 where none is. \since 0.1 */
DELTAIC_EXPORT int64_t deltaic_table_version(const deltaic_table* table);
/* The root as a URI without credentials, no trailing '/'. Lives as long as `table`. \since 0.1 */
DELTAIC_EXPORT const char* deltaic_table_uri(const deltaic_table* table);
/* The schema as Arrow has it, with the metadata of its fields; the caller releases it. \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_table_schema(const deltaic_table* table,
                                                   struct ArrowSchema* out, deltaic_error** error);
/* The schema in the protocol's JSON form. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_schema_json(const deltaic_table* table, char** out,
                                                        deltaic_error** error);
/* {"id","name","description","partitionColumns":[],"createdTime","configuration":{}}; absent ones
 * null. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_metadata_json(const deltaic_table* table, char** out,
                                                          deltaic_error** error);
/* {"minReaderVersion","minWriterVersion","readerFeatures":[]|null,"writerFeatures":[]|null} \since
 * 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_protocol_json(const deltaic_table* table, char** out,
                                                          deltaic_error** error);
/* The metadata of domains, {"domain":"its configuration"}. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_domains_json(const deltaic_table* table, char** out,
                                                         deltaic_error** error);
/* {"version","timestamp","numFiles","totalBytes","numRows":N|null,"features":[]}: counts every
 * file. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_details_json(const deltaic_table* table, char** out,
                                                         deltaic_error** error);
/* Newest first: [{"version","timestamp","commitInfo":{...}|null}], the last as it stands in the
 * log.
 * \param limit  < 0 for all. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_history_json(const deltaic_table* table, int64_t limit,
                                                         char** out, deltaic_error** error);
/* The last version that application `app_id` committed; -1 for none. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_transaction_version(const deltaic_table* table,
                                                                const char* app_id, int64_t* out,
                                                                deltaic_error** error);

/* The live files, a row each. Options: "where" (files that cannot match are left out), "format":
 *   "log" (default) path, partitionValues, size, modificationTime, dataChange, stats, tags,
 * deletionVector, ... as the protocol has them; "paths" only path, as in the log; "uris" only uri:
 * decoded and joined to the table's root; "actions" path, size_bytes, modification_time,
 * num_records, null_count, min, max, partition (the last four structs, with the table's types);
 *   "actions_flat" the same with columns "null_count.a", "min.a", "max.a", "partition.a".
 *   "deletion_vectors" filepath, as "uris" has it, selection_vector list<bool>, false for deleted
 * rows, of the files that have a deletion vector; takes no "where". \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_files(const deltaic_table* table,
                                                  const deltaic_options* options,
                                                  struct ArrowArrayStream* out,
                                                  deltaic_error** error);

/* Writes a checkpoint of the loaded version. \retval DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_checkpoint(deltaic_table* table, deltaic_error** error);

/* ---- reading
 * ----------------------------------------------------------------------------------------------------------------
 */

/* One scan of the loaded version, or of a change data feed. \since 0.1 */
typedef struct deltaic_scan deltaic_scan;

/* Options: "columns" (list; default all), "where" (SQL predicate), "limit" (rows), "batch_rows"
 * (default 65536), "threads" (0 = cores), "ordered" ("true": file order and row order),
 * "metadata_columns" (list of file_path, row_index, row_id, row_commit_version: columns after the
 * others, named "_metadata.row_id" and so on; the last two need a table with row tracking),
 * "dictionary_strings" ("true": top-level string columns of few values come as
 * dictionary<int32, utf8>. These are partition columns, and those that the largest of the first
 * files listed keeps as Parquet dictionaries of at most a byte a row and 64 KiB; other files follow
 * it, so that all batches have one schema. It makes this call open that file),
 * "dictionary_columns" (list: these string columns come so, whatever their values),
 * "string_views" ("true": other top-level columns of text or bytes come as utf8_view and
 * binary_view),
 * "max_memory_bytes" (read ahead of the consumer).
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  unknown column, bad predicate, a dictionary of what is no
 * string. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_open(const deltaic_table* table,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);
/* The change data feed: the rows that a range of commits inserted, deleted and updated, as a scan.
 * Its columns are the table's at the last version of the range, then "_change_type" (text: insert,
 * delete, update_preimage, update_postimage), "_commit_version" (long), "_commit_timestamp"
 * (timestamp). Rows come by version; within one, deletes before inserts.
 * Options: "from_version" (default 0), "from_timestamp" (the first commit at or after it),
 * "to_version" (default, and if it is beyond it: the newest), "to_timestamp" (the last commit at or
 * before it), times as deltaic_parse_timestamp takes them, the narrower of version and time counts;
 * "allow_out_of_range" ("true": a range without commits has no rows instead of being an error); and
 * those of deltaic_scan_open (the order is as above, whatever "ordered" says). Needs no loaded
 * version, and looks for newer ones.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  a range that ends before it starts; a version in it with
 * the feed off, or columns that were dropped, renamed or narrowed within it (in long ranges it may
 * be the stream that says so); unknown column, bad predicate.
 * \retval DELTAIC_ERROR_NOT_FOUND  versions that the log does not hold (any more); from the stream
 * also files that vacuum removed. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_changes_open(const deltaic_table* table,
                                                   const deltaic_options* options,
                                                   deltaic_scan** out, deltaic_error** error);
/* The rows; once a scan. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_stream(deltaic_scan* scan, struct ArrowArrayStream* out,
                                                  deltaic_error** error);
/* {"filesTotal","filesPrunedByPartition","filesPrunedByStats","filesRead","rowGroupsTotal","rowGroupsSkipped","rowsRead","rowsReturned",
 *  "bytesRead","pagesTotal" (of columns whose page index was used),"pagesPruned" (not read since by
 * the index no row of them can match),"pagesPassedOver" (not read since no row of them was left
 * once the predicate had been evaluated)}: exact once the stream has ended. Safe while another
 * thread reads the stream.
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_metrics_json(const deltaic_scan* scan, char** out,
                                                        deltaic_error** error);
/* What a scan with these options would do, with no row read: files are listed, and those that are
 * left are opened to choose their row groups.
 * {"table","version","columns":[],"columnsRead":[] (from data files, without partition columns),
 *  "predicate" (bound, as SQL)|null,"filesTotal","filesPrunedByPartition","filesPrunedByStats",
 *  "filesToRead","rowGroupsTotal","rowGroupsSkipped" (of the files to read),"rowsToRead",
 *  "bytesToRead" (of the wanted columns, as stored)}.
 * Options and errors as of deltaic_scan_open. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_explain_json(const deltaic_table* table,
                                                        const deltaic_options* options, char** out,
                                                        deltaic_error** error);
/* Why the stream failed, as an error to free; NULL where it did not. \since 0.1 */
DELTAIC_EXPORT deltaic_error* deltaic_scan_error(const deltaic_scan* scan);
DELTAIC_EXPORT void deltaic_scan_free(deltaic_scan* scan);

/* Parts of one scan that other processes, on other machines too, can run: each as bytes, which know
 * the files, the schema and the protocol of the version, so that running one lists nothing and
 * reads nothing of the log. They hold no credentials. \since 0.1 */
typedef struct deltaic_task_list deltaic_task_list;

/* Shares the files of a scan out, by bytes; large files are cut between row groups. The rows of all
 * tasks are the rows of the scan, and CURRENT_TIMESTAMP in "where" is the time of this call in all
 * of them. Options: "columns", "metadata_columns", "where" as of deltaic_scan_open, "tasks" (at
 * most so many), "target_bytes" (of one task; default 134217728), not both.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_tasks(const deltaic_table* table,
                                                 const deltaic_options* options,
                                                 deltaic_task_list** out, deltaic_error** error);
/* 0 where nothing is to be read. \since 0.1 */
DELTAIC_EXPORT size_t deltaic_task_list_length(const deltaic_task_list* list);
/* Task `index`, as long as `list` lives; NULL beyond the end. \since 0.1 */
DELTAIC_EXPORT const void* deltaic_task_list_bytes(const deltaic_task_list* list, size_t index,
                                                   size_t* length);
DELTAIC_EXPORT void deltaic_task_list_free(deltaic_task_list* list);
/* Runs one task, from bytes that the same version of the library made.
 * \param storage  credentials and settings of the storage, or NULL. Options: "batch_rows",
 * "threads", "ordered", "dictionary_strings", "string_views", "max_memory_bytes", as of
 * deltaic_scan_open.
 * \retval DELTAIC_ERROR_CORRUPTION  not a task.
 * \retval DELTAIC_ERROR_UNSUPPORTED  made by another version, or of a table with a reader feature
 * that this build lacks. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_task_open(const void* bytes, size_t length,
                                                const deltaic_options* storage,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);
/* {"table","version","columns":[],"metadataColumns":[],"predicate":SQL|null,"numFiles","bytes"} of
 * a task. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_task_json(const void* bytes, size_t length, char** out,
                                                deltaic_error** error);

/* The number of rows, from the log alone where it knows. Options: "where". \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_count(const deltaic_table* table,
                                                  const deltaic_options* options, int64_t* out,
                                                  deltaic_error** error);

/* ---- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Creates an empty table at version 0 and loads it.
 * \param schema  moved from. NULL where "schema_json" is given.
 * Options: "schema_json" (the protocol's form), "partition_by" (list), "property.KEY" (a table
 * property), "name", "description", "mode" (error (default) | overwrite | ignore), "commit.KEY" (a
 * JSON value for commitInfo).
 * \retval DELTAIC_ERROR_ALREADY_EXISTS, DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_UNSUPPORTED
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_create(deltaic_table* table, struct ArrowSchema* schema,
                                                   const deltaic_options* options,
                                                   deltaic_error** error);

/* Writes all rows of `rows` (moved from) as one commit, creates the table where there is none, and
 * loads the new version. On failure the table is as it was. Options: "mode" (error (default) |
 * append | overwrite | ignore), "schema_mode" (merge | overwrite), "partition_by" (list),
 * "replace_where" (predicate over partition columns), "property.KEY", "name", "description",
 * "commit.KEY" (a JSON value for commitInfo), "max_retries", "txn.APP_ID" (its version),
 * "checkpoint" ("false": none after this commit), "compression", "compression_level",
 * "target_file_size_bytes", "max_rows_per_group", "data_page_size_bytes", "max_rows_per_page",
 * "dictionary_page_size_bytes", "write_batch_rows", "threads", "max_memory_bytes",
 * "bloom_filter_columns" (list). How columns are stored, each for all columns, or as "KEY.COLUMN"
 * for one ("encoding.a.b" for b in the struct a): "dictionary" (true | false), "encoding" (plain |
 * rle | delta_binary_packed | delta_length_byte_array | delta_byte_array | byte_stream_split, in
 * place of a dictionary), "statistics" (none | chunk | page), "bloom_filter" (true | false),
 * "bloom_filter_fpp" (between 0 and 1), "bloom_filter_ndv" (distinct values). What a named column
 * cannot have is an error. A commit.KEY that the commit fills in itself ("timestamp", "operation",
 * "operationMetrics", "isolationLevel", "isBlindAppend", "engineInfo", "txnId",
 * "inCommitTimestamp") is one as well; "operationParameters" is added to what the commit says.
 * \param metrics_json  NULL, or gets
 * {"version":N|null,"skipped":bool,"numAddedFiles","numRemovedFiles","numAddedRows","numAddedBytes","numRetries"}.
 * \retval DELTAIC_ERROR_ALREADY_EXISTS, DELTAIC_ERROR_SCHEMA_MISMATCH,
 * DELTAIC_ERROR_CONSTRAINT_VIOLATED, DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED,
 * DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_write(deltaic_table* table,
                                                  struct ArrowArrayStream* rows,
                                                  const deltaic_options* options,
                                                  char** metrics_json, deltaic_error** error);

/* ---- files beside tables
 * ------------------------------------------------------------------------------------------------------
 */

/* Reads a file of rows on the local disk. Options: "format" (parquet | csv | json | arrow; default
 * by the file's name), "batch_rows".
 * \param path  "-" for standard input (then "format" is needed). \retval DELTAIC_ERROR_NOT_FOUND,
 * DELTAIC_ERROR_CORRUPTION \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_file_read(const char* path, const deltaic_options* options,
                                                struct ArrowArrayStream* out,
                                                deltaic_error** error);
/* Writes `rows` (moved from) to a file. Options: "format" as above. A file that failed half way is
 * removed.
 * \param path  "-" for standard output. \param num_rows  NULL, or gets the rows written. \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_file_write(const char* path, struct ArrowArrayStream* rows,
                                                 const deltaic_options* options, int64_t* num_rows,
                                                 deltaic_error** error);
/* The same rows with every column as display text (utf8; null stays null). `rows` is moved from.
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_stream_as_text(struct ArrowArrayStream* rows,
                                                     struct ArrowArrayStream* out,
                                                     deltaic_error** error);

#ifdef __cplusplus
}
#endif

#endif /* DELTAIC_DELTAIC_H */
