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
 * thread at a time, and returns an errno (EINVAL: invalid argument, ENOSYS: unsupported, EBADMSG:
 * the content is not what it should be, ECANCELED, else EIO) with a text in get_last_error;
 * deltaic_scan_error gives the code behind it.
 *
 * Threads. Different handles may be used from different threads at once. One handle may be used by
 * many threads only in functions that take it as `const`, and deltaic_cancellation_cancel. Long
 * calls work on threads of their own besides the caller's.
 *
 * Options are key/value texts (deltaic_options). What a call takes stands at it as
 * `key (what it takes): meaning`; "list" is a key with any number of values, "time" as
 * deltaic_parse_timestamp takes it, and a word in capitals stands for any name ("property.KEY"). An
 * unknown key, or a value that does not parse, is DELTAIC_ERROR_INVALID_ARGUMENT. Every call that
 * may take long takes options, for what may cancel it if for nothing else.
 *
 * JSON that a call hands out has the keys that stand at it, always all of them.
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

/* ---- status and errors ---- */

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

/* ---- library ---- */

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

/* ---- cancellation ---- */

/* Stops the calls and streams whose options name it; they end with DELTAIC_ERROR_CANCELLED. \since
 * 0.1 */
typedef struct deltaic_cancellation deltaic_cancellation;
DELTAIC_EXPORT deltaic_cancellation* deltaic_cancellation_new(void);
/* From any thread, and from a signal handler. */
DELTAIC_EXPORT void deltaic_cancellation_cancel(const deltaic_cancellation* cancellation);
/* Options that name it keep it alive. */
DELTAIC_EXPORT void deltaic_cancellation_free(deltaic_cancellation* cancellation);

/* ---- options ---- */

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
/* Called now and then, on any thread, with what is done so far: rows, where a call says nothing
 * else. */
typedef void (*deltaic_progress_callback)(void* user, int64_t done);
DELTAIC_EXPORT void deltaic_options_set_progress(deltaic_options* options,
                                                 deltaic_progress_callback callback, void* user);
/* Gives fresh credentials of a storage: puts them into `fresh` under the names of storage options
 * (S3: aws_access_key_id, aws_secret_access_key, aws_session_token; Azure: one of
 * azure_storage_account_key, azure_storage_sas_token, azure_storage_token; Google:
 * google_bearer_token), and where it knows, "expires_at_ms" (since 1970). Where it has none it
 * returns another code than DELTAIC_OK, and may say why in "error". Runs on any thread, for one
 * table on one at a time; it must not call back into that table. \since 0.1 */
typedef deltaic_status (*deltaic_credentials_callback)(void* user, deltaic_options* fresh);
/* For the options of a storage: credentials come from `callback`, in place of those of options and
 * environment. It is asked when a request first needs them, again some minutes before they expire,
 * and where the store says that they have. Tables keep it beyond these options; `release` (NULL:
 * nothing) is called once, on any thread, when nobody needs `user` any more. \since 0.1 */
DELTAIC_EXPORT void deltaic_options_set_credentials(deltaic_options* options,
                                                    deltaic_credentials_callback callback,
                                                    void* user, void (*release)(void* user));
DELTAIC_EXPORT void deltaic_options_free(deltaic_options* options);
/* What the calls below take and give, for bindings and their tests: {"function":{"options":
 * [{"key","takes","meaning"}],"json":[{"key","note"}]}}, the texts as they stand here. Functions
 * with neither are left out. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_calls_json(char** out, deltaic_error** error);

/* ---- predicates as a tree ---- */

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

/* ---- tables ---- */

/* A table's place, and the version of it that was loaded last. \since 0.1 */
typedef struct deltaic_table deltaic_table;

/* A handle that has loaded no version yet. Touches no storage; the table need not exist.
 * \param uri  "./t", "/tmp/t", "file:///tmp/t", "memory://name/t" (one namespace a process), a URI
 * of docs/storage.md, or a name in a catalog, which is asked where the table lies:
 * "uc://catalog.schema.table" (Unity Catalog), "glue://database.table" (AWS Glue). What the catalog
 * answers may be DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_PERMISSION_DENIED or
 * DELTAIC_ERROR_UNAVAILABLE.
 * \param storage  credentials and settings of storage and catalog, or NULL.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_UNSUPPORTED (a scheme this build has no
 * storage for) \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_at(const char* uri, const deltaic_options* storage,
                                               deltaic_table** out, deltaic_error** error);
/* deltaic_table_at and deltaic_table_load in one. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_open(const char* uri, const deltaic_options* storage,
                                                 const deltaic_options* options,
                                                 deltaic_table** out, deltaic_error** error);
/* Another handle of the same table and loaded version. Reads nothing. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_copy(const deltaic_table* table, deltaic_table** out,
                                                 deltaic_error** error);
DELTAIC_EXPORT void deltaic_table_free(deltaic_table* table);

/* 1 where the log holds a commit or a checkpoint, else 0. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_exists(const deltaic_table* table,
                                                   const deltaic_options* options, int* out,
                                                   deltaic_error** error);

/* What the catalog that manages the table says of it; to be called before a load, each time anew.
 * Such a table cannot be read without, and is not written. No version is loaded afterwards.
 * Options:
 *   catalog_commits (list): each <version>.<uuid>.json, a file in _delta_log/_staged_commits, or
 *     <version>=<content>, the commit itself
 *   max_catalog_version (number >= 0): the newest version that the catalog has ratified; default:
 *     of the commits
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  neither of them, a commit of another form, a version
 * twice or above the newest. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_set_catalog(deltaic_table* table,
                                                        const deltaic_options* options,
                                                        deltaic_error** error);
/* Loads the newest version; from the version loaded already, reads only newer commits. On failure
 * the loaded version stays.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_CORRUPTION \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_table_load(deltaic_table* table,
                                                 const deltaic_options* options,
                                                 deltaic_error** error);
/* Loads `version`, >= 0. \retval DELTAIC_ERROR_NOT_FOUND  naming the versions there are. \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_table_load_version(deltaic_table* table, int64_t version,
                                                         const deltaic_options* options,
                                                         deltaic_error** error);
/* Loads the newest version committed at or before `timestamp_ms` (milliseconds since 1970-01-01
 * UTC).
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  before the first commit, or after the last. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_load_timestamp(deltaic_table* table,
                                                           int64_t timestamp_ms,
                                                           const deltaic_options* options,
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
/* The table's metadata.
 * JSON:
 *   id, name (or null), description (or null), partitionColumns (list), createdTime (milliseconds
 *     since 1970-01-01 UTC, or null), configuration (object of texts)
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_metadata_json(const deltaic_table* table, char** out,
                                                          deltaic_error** error);
/* What the table asks of readers and writers.
 * JSON:
 *   minReaderVersion, minWriterVersion, readerFeatures (list or null), writerFeatures (list or
 *     null)
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_protocol_json(const deltaic_table* table, char** out,
                                                          deltaic_error** error);
/* The metadata of domains, {"domain":"its configuration"}. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_domains_json(const deltaic_table* table,
                                                         const deltaic_options* options, char** out,
                                                         deltaic_error** error);
/* The loaded version in numbers. Counts every file.
 * JSON:
 *   version, timestamp (milliseconds since 1970-01-01 UTC), numFiles, totalBytes, numRows (null
 *     where the log does not know), features (list)
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_details_json(const deltaic_table* table,
                                                         const deltaic_options* options, char** out,
                                                         deltaic_error** error);
/* The commits that the log still holds, newest first, as an array of objects.
 * JSON:
 *   version, timestamp (milliseconds since 1970-01-01 UTC), commitInfo (object as it stands in
 *     the log, or null)
 * Options:
 *   limit (number >= 0): entries at most
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_history_json(const deltaic_table* table,
                                                         const deltaic_options* options, char** out,
                                                         deltaic_error** error);
/* The last version that application `app_id` committed; -1 for none. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_transaction_version(const deltaic_table* table,
                                                                const char* app_id,
                                                                const deltaic_options* options,
                                                                int64_t* out,
                                                                deltaic_error** error);

/* The live files, a row each. The formats:
 *   log: path, partitionValues, size, modificationTime, dataChange, stats, tags,
 *     deletionVector, ... as the protocol has them
 *   paths: only path, as in the log
 *   uris: only uri, decoded and joined to the table's root
 *   actions: path, size_bytes, modification_time, num_records, null_count, min, max,
 *     partition (the last four structs, with the table's types)
 *   actions_flat: the same with columns "null_count.a", "min.a", "max.a", "partition.a"
 *   deletion_vectors: filepath, as "uris" has it, selection_vector list<bool>, false for
 *     deleted rows, of the files that have a deletion vector; takes no "where"
 * Options:
 *   format (log | paths | uris | actions | actions_flat | deletion_vectors): as above; default
 *     log
 *   where (SQL): files that cannot match are left out
 *   timezone (zone): of texts, dates and parts of timestamps in where, as Spark's session time
 *     zone: Europe/Oslo, +02:00; default UTC
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_files(const deltaic_table* table,
                                                  const deltaic_options* options,
                                                  struct ArrowArrayStream* out,
                                                  deltaic_error** error);

/* Writes a checkpoint of the loaded version. Progress counts its live files. \retval
 * DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_checkpoint(deltaic_table* table,
                                                       const deltaic_options* options,
                                                       deltaic_error** error);

/* ---- reading ---- */

/* One scan of the loaded version, or of a change data feed. \since 0.1 */
typedef struct deltaic_scan deltaic_scan;

/* A scan that reads nothing yet.
 * Options:
 *   columns (list): top-level columns; default: all of the table's
 *   metadata_columns (list): columns after those, named _metadata.row_id and so on: file_path,
 *     row_index, row_id, row_commit_version; the last two need a table with row tracking
 *   where (SQL): the condition that rows meet
 *   limit (number >= 0): rows at most
 *   batch_rows (number >= 1): rows of a batch; default 65536
 *   ordered (true | false): true: by partition, file and row
 *   dictionary_strings (true | false): true: top-level string columns of few values come as
 *     dictionary<int32, utf8>. These are partition columns, and those that the largest of the
 *     first files listed keeps as Parquet dictionaries of at most a byte a row and 64 KiB; other
 *     files follow it, so that all batches have one schema. The call opens that file
 *   dictionary_columns (list): string columns that come so, whatever their values
 *   string_views (true | false): true: other top-level columns of text or bytes come as utf8_view
 *     and binary_view
 *   threads (number >= 0): 0 (default): one for each core
 *   max_memory_bytes (number >= 0): what is read ahead of the consumer; 0 (default): by the
 *     machine's memory
 *   as of deltaic_table_files: timezone
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  unknown column, bad predicate, a dictionary of what is no
 * string. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_open(const deltaic_table* table,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);
/* The change data feed: the rows that a range of commits inserted, deleted and updated, as a scan.
 * Its columns are the table's at the last version of the range, then "_change_type" (text: insert,
 * delete, update_preimage, update_postimage), "_commit_version" (long), "_commit_timestamp"
 * (timestamp). Rows come by version; within one, deletes before inserts.
 * Of a version and a time for one end, the narrower counts. The order is as above, whatever
 * "ordered" says. Needs no loaded version, and looks for newer ones.
 * Options:
 *   from_version (number >= 0): default 0
 *   from_timestamp (time): the first commit at or after it
 *   to_version (number >= 0): default, and if it is beyond it: the newest
 *   to_timestamp (time): the last commit at or before it
 *   allow_out_of_range (true | false): true: a range without commits has no rows instead of being
 *     an error
 *   as of deltaic_scan_open: columns, metadata_columns, where, limit, batch_rows, ordered,
 *     dictionary_strings, dictionary_columns, string_views, threads, max_memory_bytes
 *   as of deltaic_table_files: timezone
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
/* How far the stream is; exact once it has ended. Safe while another thread reads the stream.
 * JSON:
 *   filesTotal, filesPrunedByPartition, filesPrunedByStats, filesRead, rowGroupsTotal,
 *     rowGroupsSkipped, rowsRead, rowsReturned, bytesRead, pagesTotal (of columns whose page
 *     index was used), pagesPruned (not read since by the index no row of them can match),
 *     pagesPassedOver (not read since no row of them was left once the predicate had been
 *     evaluated)
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_scan_metrics_json(const deltaic_scan* scan, char** out,
                                                        deltaic_error** error);
/* What a scan with these options would do, with no row read: files are listed, and those that are
 * left are opened to choose their row groups.
 * Errors are those of deltaic_scan_open.
 * JSON:
 *   table, version, columns (list), columnsRead (list, from data files, without partition
 *     columns), predicate (bound, as SQL, or null), filesTotal, filesPrunedByPartition,
 *     filesPrunedByStats, filesToRead, rowGroupsTotal, rowGroupsSkipped (of the files to read),
 *     rowsToRead, bytesToRead (of the wanted columns, as stored)
 * Options:
 *   as of deltaic_scan_open: columns, metadata_columns, where, limit, batch_rows, ordered,
 *     dictionary_strings, dictionary_columns, string_views, threads, max_memory_bytes
 *   as of deltaic_table_files: timezone
 * \since 0.1 */
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
 * of them. Options "tasks" and "target_bytes" exclude each other.
 * Options:
 *   tasks (number >= 1): at most so many; or
 *   target_bytes (number >= 1): of one task; default 134217728
 *   as of deltaic_scan_open: columns, metadata_columns, where
 *   as of deltaic_table_files: timezone
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
 * Options:
 *   as of deltaic_scan_open: batch_rows, ordered, dictionary_strings, dictionary_columns,
 *     string_views, threads, max_memory_bytes
 * \param storage  credentials and settings of the storage, or NULL.
 * \retval DELTAIC_ERROR_CORRUPTION  not a task.
 * \retval DELTAIC_ERROR_UNSUPPORTED  made by another version, or of a table with a reader feature
 * that this build lacks. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_task_open(const void* bytes, size_t length,
                                                const deltaic_options* storage,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);
/* What a task is to read.
 * JSON:
 *   table, version, columns (list), metadataColumns (list), predicate (SQL or null), numFiles,
 *     bytes
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_task_json(const void* bytes, size_t length, char** out,
                                                deltaic_error** error);

/* The number of rows, from the log alone where it knows.
 * Options:
 *   as of deltaic_scan_open: where, threads, max_memory_bytes
 *   as of deltaic_table_files: timezone
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_count(const deltaic_table* table,
                                                  const deltaic_options* options, int64_t* out,
                                                  deltaic_error** error);

/* ---- writing ---- */

/* Creates an empty table at version 0 and loads it.
 * Options:
 *   schema_json (JSON): the columns as the protocol has them
 *   schema (SQL): the columns as in id BIGINT NOT NULL, n DECIMAL(20,0)
 *   files (JSON lines): files of other writers that the table begins with, add actions as
 *     deltaic_table_commit_files takes them
 *   mode (error | overwrite | ignore): what to do where the table is there; default error
 *   partition_by (list): partition columns of a new table
 *   property.KEY (text): a property of a new table
 *   name (text): of a new table
 *   description (text): of a new table
 *   commit.KEY (JSON): a value for commitInfo
 *   max_retries (number >= 0): how often a commit that others overtook is tried again; default
 *     10000
 *   checkpoint (true | false): false: none after this commit; default true
 *   cleanup_expired_logs (true | false): whether a checkpoint deletes what the log need not keep;
 *     default: the table's delta.enableExpiredLogCleanup
 * \param schema  moved from. NULL where "schema_json" is given.
 * \retval DELTAIC_ERROR_ALREADY_EXISTS, DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_UNSUPPORTED
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_create(deltaic_table* table, struct ArrowSchema* schema,
                                                   const deltaic_options* options,
                                                   deltaic_error** error);

/* Writes all rows of `rows` (moved from) as one commit, creates the table where there is none, and
 * loads the new version. On failure the table is as it was.
 * JSON:
 *   version (null where skipped), skipped (mode ignore, and the table is there), numAddedFiles,
 *     numRemovedFiles, numAddedRows, numAddedBytes, numRetries
 * Options:
 *   mode (error | append | overwrite | ignore): what to do where the table is there; default
 *     error
 *   schema_mode (merge | overwrite): merge: columns that the table lacks are added; overwrite,
 *     with mode overwrite: the table gets the rows' schema; default: neither
 *   replace_where (SQL): with mode overwrite: only rows that make it true are replaced, as all
 *     new ones must
 *   txn.APP_ID (number): the version that an application has come to
 *   compression (text): none | snappy (default) | gzip | lz4 | lz4_raw | zstd | brotli
 *   compression_level (number): default: the codec's own
 *   target_file_size_bytes (number >= 1): a new file is begun beyond it; default: the table's,
 *     else 134217728
 *   max_rows_per_group (number >= 1): default 1048576
 *   data_page_size_bytes (number >= 1): default 1048576
 *   dictionary_page_size_bytes (number >= 1): a larger dictionary is given up; default 1048576
 *   max_rows_per_page (number >= 1): default: by size alone
 *   write_batch_rows (number >= 1): rows encoded at a time; default 1024
 *   max_memory_bytes (number >= 0): of rows that are not in files yet; 0 (default): 536870912
 *   optimize_write (true | false): true: few files of each partition; default: the table's
 *     delta.autoOptimize.optimizeWrite
 *   bloom_filter_columns (list): columns that get a Bloom filter; default: the table's
 *   dictionary (true | false): false: none; default true
 *   dictionary.COLUMN (true | false): of one column, dots between the names of members
 *   encoding (text): plain | rle | delta_binary_packed | delta_length_byte_array |
 *     delta_byte_array | byte_stream_split, in place of a dictionary
 *   encoding.COLUMN (text): of one column, dots between the names of members
 *   statistics (none | chunk | page): what Parquet keeps of a column; default page
 *   statistics.COLUMN (none | chunk | page): of one column, dots between the names of members
 *   bloom_filter (true | false): default false
 *   bloom_filter.COLUMN (true | false): of one column, dots between the names of members
 *   bloom_filter_fpp (number): share of false finds, between 0 and 1
 *   bloom_filter_fpp.COLUMN (number): of one column, dots between the names of members
 *   bloom_filter_ndv (number): distinct values that a filter is made for
 *   bloom_filter_ndv.COLUMN (number): of one column, dots between the names of members
 *   auto_compact (true | false): whether small files are joined afterwards, as a commit of its
 *     own; default: the table's delta.autoOptimize.autoCompact
 *   as of deltaic_table_create: partition_by, property.KEY, name, description, commit.KEY,
 *     max_retries, checkpoint, cleanup_expired_logs
 *   as of deltaic_scan_open: threads
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_ALREADY_EXISTS, DELTAIC_ERROR_SCHEMA_MISMATCH,
 * DELTAIC_ERROR_CONSTRAINT_VIOLATED, DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED,
 * DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_write(deltaic_table* table,
                                                  struct ArrowArrayStream* rows,
                                                  const deltaic_options* options,
                                                  char** metrics_json, deltaic_error** error);

/* ---- files written now and committed later ---- */

/* Writes all rows of `rows` (moved from) as data files of the table, and commits nothing:
 * deltaic_table_commit_files does, in this process or another one, at any time before VACUUM takes
 * files for left over (a week). Rows are made to fit and checked as deltaic_table_write does.
 * Writes for the version loaded, else for the newest.
 * JSON:
 *   numFiles, numRows, numBytes
 * Options:
 *   as of deltaic_table_write: compression, compression_level, target_file_size_bytes,
 *     max_rows_per_group, data_page_size_bytes, dictionary_page_size_bytes, max_rows_per_page,
 *     write_batch_rows, max_memory_bytes, optimize_write, bloom_filter_columns, dictionary,
 *     dictionary.COLUMN, encoding, encoding.COLUMN, statistics, statistics.COLUMN, bloom_filter,
 *     bloom_filter.COLUMN, bloom_filter_fpp, bloom_filter_fpp.COLUMN, bloom_filter_ndv,
 *     bloom_filter_ndv.COLUMN
 *   as of deltaic_scan_open: threads
 * \param files  gets the files as JSON lines: what they were written for, and add actions as the
 * log has them. The texts of several calls may be put together to one.
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_UNSUPPORTED  also where the table has identity columns.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_SCHEMA_MISMATCH,
 * DELTAIC_ERROR_CONSTRAINT_VIOLATED, DELTAIC_ERROR_IO \since 0.2 */
DELTAIC_EXPORT deltaic_status deltaic_table_write_files(deltaic_table* table,
                                                        struct ArrowArrayStream* rows,
                                                        const deltaic_options* options,
                                                        char** files, char** metrics_json,
                                                        deltaic_error** error);

/* Commits files that are in the table's folder, as one commit, and loads the new version. Of each
 * file it is checked that it is there with the size said, inside of the folder, with values for the
 * partition columns; that rows keep the table's rules is the writer's word. Files are never
 * deleted, whatever fails. With "txn.APP_ID" the call can be made again after its answer was lost:
 * where the table has come to all versions that are given, nothing is committed.
 * JSON:
 *   version (null where nothing was committed), wasThere (the table had come to the transactions
 *     before), numAddedFiles, numRemovedFiles, numRetries
 * Options:
 *   mode (append | overwrite): overwrite: all other files of the table are removed; default
 *     append
 *   replace_where (SQL): with mode overwrite: only the files of partitions that make it true are
 *     removed
 *   schema_json (JSON): with mode overwrite, of all files: the columns of the table from then on
 *   operation (text): what commitInfo calls it; default WRITE
 *   metric.KEY (text): one of operationMetrics, in place of those of a write
 *   as of deltaic_table_write: txn.APP_ID, auto_compact
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param files  of deltaic_table_write_files, or actions of another writer: JSON lines, each one
 * add (path, partitionValues, size, modificationTime, dataChange, stats, tags), or, in mode append,
 * one remove of a live file (path, dataChange).
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also where a file is not what is said of it.
 * \retval DELTAIC_ERROR_CONFLICT  also where columns or rules have changed since files were
 * written.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.2 */
DELTAIC_EXPORT deltaic_status deltaic_table_commit_files(deltaic_table* table, const char* files,
                                                         const deltaic_options* options,
                                                         char** metrics_json,
                                                         deltaic_error** error);

/* Deletes files that will not be committed. None of them is deleted if one belongs to the newest
 * version of the table, or did within the retention of its deleted files.
 *
 * JSON:
 *   numFiles
 * \param files  as above, adds alone.
 * \param options  what may cancel it.
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_IO \since 0.2 */
DELTAIC_EXPORT deltaic_status deltaic_table_discard_files(const deltaic_table* table,
                                                          const char* files,
                                                          const deltaic_options* options,
                                                          char** metrics_json,
                                                          deltaic_error** error);

/* ---- rows that change ---- */

/* Deletes rows as one commit, and loads the new version. Rows of which the condition is null stay.
 * JSON:
 *   version (null where nothing was to do), numDeletedRows (null where whole files went that
 *     nobody counted), numCopiedRows, numAddedFiles, numRemovedFiles, numAddedBytes,
 *     numRemovedBytes, numDeletionVectorsAdded, numDeletionVectorsRemoved,
 *     numDeletionVectorsUpdated, numAddedChangeFiles, executionTimeMs, scanTimeMs, rewriteTimeMs,
 *     numRetries
 * Options:
 *   where (SQL): the rows to delete; default: all
 *   as of deltaic_table_files: timezone
 *   as of deltaic_table_write: txn.APP_ID, compression, compression_level,
 *     target_file_size_bytes, max_rows_per_group, data_page_size_bytes,
 *     dictionary_page_size_bytes, max_rows_per_page, write_batch_rows, max_memory_bytes,
 *     optimize_write, bloom_filter_columns, dictionary, dictionary.COLUMN, encoding,
 *     encoding.COLUMN, statistics, statistics.COLUMN, bloom_filter, bloom_filter.COLUMN,
 *     bloom_filter_fpp, bloom_filter_fpp.COLUMN, bloom_filter_ndv, bloom_filter_ndv.COLUMN,
 *     auto_compact
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 *   as of deltaic_scan_open: threads
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also where the table is append-only.
 * \retval DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_delete(deltaic_table* table,
                                                   const deltaic_options* options,
                                                   char** metrics_json, deltaic_error** error);

/* Assigns columns of rows as one commit, and loads the new version. Values see the row as it was.
 * JSON:
 *   version (null where nothing was to do), numUpdatedRows (null where whole files went that
 *     nobody counted), numCopiedRows, numAddedFiles, numRemovedFiles, numAddedBytes,
 *     numRemovedBytes, numDeletionVectorsAdded, numDeletionVectorsRemoved,
 *     numDeletionVectorsUpdated, numAddedChangeFiles, executionTimeMs, scanTimeMs, rewriteTimeMs,
 *     numRetries
 * Options:
 *   where (SQL): the rows to change; default: all
 *   set.COLUMN (SQL): what the column gets; of a member of a struct: set.a.b
 *   as of deltaic_table_files: timezone
 *   as of deltaic_table_write: txn.APP_ID, compression, compression_level,
 *     target_file_size_bytes, max_rows_per_group, data_page_size_bytes,
 *     dictionary_page_size_bytes, max_rows_per_page, write_batch_rows, max_memory_bytes,
 *     optimize_write, bloom_filter_columns, dictionary, dictionary.COLUMN, encoding,
 *     encoding.COLUMN, statistics, statistics.COLUMN, bloom_filter, bloom_filter.COLUMN,
 *     bloom_filter_fpp, bloom_filter_fpp.COLUMN, bloom_filter_ndv, bloom_filter_ndv.COLUMN,
 *     auto_compact
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 *   as of deltaic_scan_open: threads
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_SCHEMA_MISMATCH  a value of a type that its column does not store.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_CONSTRAINT_VIOLATED,
 * DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_update(deltaic_table* table,
                                                   const deltaic_options* options,
                                                   char** metrics_json, deltaic_error** error);

/* The WHEN clauses of a MERGE. For a row, of the clauses of its kind the first counts whose
 * condition is true. \since 0.1 */
typedef struct deltaic_merge deltaic_merge;

DELTAIC_EXPORT deltaic_merge* deltaic_merge_new(void);
DELTAIC_EXPORT void deltaic_merge_free(deltaic_merge* merge);
/* Adds a clause after those there are.
 * Options:
 *   when (matched | not_matched | not_matched_by_source): which rows it is for; default matched
 *   then (update | delete | insert): insert goes with not_matched, and it alone; default update
 *   condition (SQL): which of those; default: all
 *   all_columns (true | false): instead of set.COLUMN: every column gets the source's of its name
 *   except_columns (list): that all_columns leaves out
 *   skip_missing (true | false): true: all_columns leaves out columns that the source lacks;
 *     default false: they are an error
 *   as of deltaic_table_update: set.COLUMN
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_merge_add_clause(deltaic_merge* merge,
                                                       const deltaic_options* options,
                                                       deltaic_error** error);

/* Merges the rows of `source` (moved from) into the table as one commit, and loads the new version.
 * On failure the table is as it was.
 * JSON:
 *   version (null where nothing was to do), numSourceRows, numTargetRowsInserted,
 *     numTargetRowsUpdated, numTargetRowsMatchedUpdated, numTargetRowsNotMatchedBySourceUpdated,
 *     numTargetRowsDeleted, numTargetRowsMatchedDeleted, numTargetRowsNotMatchedBySourceDeleted,
 *     numTargetRowsCopied, numOutputRows, numTargetFilesScanned, numTargetFilesSkipped,
 *     numTargetFilesAdded, numTargetFilesRemoved, numTargetBytesAdded, numTargetBytesRemoved,
 *     numTargetChangeFilesAdded, numTargetDeletionVectorsAdded, numTargetDeletionVectorsRemoved,
 *     numTargetDeletionVectorsUpdated, executionTimeMs, scanTimeMs, rewriteTimeMs, numRetries
 * Options:
 *   on (SQL): which rows match; columns that both sides have are named by alias
 *   timezone (zone): of texts, dates and parts of timestamps; default UTC
 *   target_alias (text): of the table; default target
 *   source_alias (text): default source
 *   merge_schema (true | false): true: columns that are assigned and only the source has are
 *     added to the table
 *   max_source_bytes (number >= 0): of the source in memory at once; the rest waits in temporary
 *     files, and the table is gone through once for each part; 0 (default): a quarter of the
 *     machine's
 *   max_spill_bytes (number >= 0): of such temporary files; 0 (default): any
 *   as of deltaic_table_write: txn.APP_ID, compression, compression_level,
 *     target_file_size_bytes, max_rows_per_group, data_page_size_bytes,
 *     dictionary_page_size_bytes, max_rows_per_page, write_batch_rows, max_memory_bytes,
 *     optimize_write, bloom_filter_columns, dictionary, dictionary.COLUMN, encoding,
 *     encoding.COLUMN, statistics, statistics.COLUMN, bloom_filter, bloom_filter.COLUMN,
 *     bloom_filter_fpp, bloom_filter_fpp.COLUMN, bloom_filter_ndv, bloom_filter_ndv.COLUMN,
 *     auto_compact
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 *   as of deltaic_scan_open: threads
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also where several rows of the source match one of the
 * table, or the source is too large.
 * \retval DELTAIC_ERROR_SCHEMA_MISMATCH, DELTAIC_ERROR_CONSTRAINT_VIOLATED, DELTAIC_ERROR_CONFLICT,
 * DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_merge(deltaic_table* table,
                                                  struct ArrowArrayStream* source,
                                                  const deltaic_merge* merge,
                                                  const deltaic_options* options,
                                                  char** metrics_json, deltaic_error** error);

/* ---- tables that change ---- */

/* Makes an earlier version the newest, as one commit, and loads it: rows, schema, properties and
 * clustering of then. Works on the newest version. Column ids, row ids and identity values that
 * were given out are not given out again, and the protocol loses nothing.
 * JSON:
 *   version, restoredVersion (which it is like), numRemovedFiles, numRestoredFiles,
 *     removedFilesSize, restoredFilesSize, numMissingFiles (restored in the log, but gone),
 *     numOfFilesAfterRestore, tableSizeAfterRestore, executionTimeMs
 * Options:
 *   version (number >= 0): the version to go back to; or
 *   timestamp (time): to the newest version committed until then
 *   ignore_missing_files (true | false): true: go on where files of that version are gone;
 *     default false
 *   protocol_downgrade_allowed (true | false): true: features go that the table of then does not
 *     need; default false
 *   as of deltaic_table_write: txn.APP_ID
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  neither version nor timestamp, or both; not an earlier
 * version.
 * \retval DELTAIC_ERROR_NOT_FOUND  the log lacks that version, or files of it are gone.
 * \retval DELTAIC_ERROR_CONFLICT  another commit came first: it is not tried again.
 * \retval DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_restore(deltaic_table* table,
                                                    const deltaic_options* options,
                                                    char** metrics_json, deltaic_error** error);
/* ---- files that are put in order ---- */

/* Writes files again so that there are fewer of them and no deleted rows in them, and loads the new
 * version. Rows stay as they are, and readers of changes see nothing. Other writers go on: where
 * one of them takes a file that is being rewritten, its group of files is left as it was and the
 * rest is committed.
 * JSON:
 *   version (of the last commit; null where nothing was to do), numFilesAdded, numFilesRemoved,
 *     filesAdded ({avg, max, min, totalFiles, totalSize}, in bytes), filesRemoved (the same),
 *     partitionsOptimized, numBatches (of rows), totalConsideredFiles, totalFilesSkipped,
 *     preserveInsertionOrder, plannerStrategy, maxBinSpanFiles (the most files of a group),
 *     numRows (in the new files), numDeletionVectorsRemoved, numCommits, numGroupsGivenUp (others
 *     changed a file of theirs), numRetries, executionTimeMs, plan ([{partition, numFiles,
 *     numBytes, numRows}], a group of files each)
 * Options:
 *   kind (compact | zorder | purge): compact: small files become large ones, and clustered tables
 *     are clustered; zorder: rows with near values of zorder_columns come into the same files;
 *     purge: files that have a deletion vector are written without the deleted rows; default
 *     compact
 *   where (SQL): which partitions; default: all
 *   zorder_columns (list): of kind zorder; a.b is a member
 *   full (true | false): true: of a clustered table, files clustered by other columns are taken
 *     too; default false
 *   min_cube_bytes (number >= 0): of a clustered table: larger cubes are left alone; 0 (default):
 *     107374182400
 *   max_spill_bytes (number >= 0): of temporary files, where rows that are sorted exceed memory;
 *     0 (default): any
 *   min_file_size_bytes (number >= 0): smaller files are rewritten; 0 (default): the target size
 *   max_concurrent_tasks (number >= 0): groups of files written at once; 0 (default): one a
 *     thread
 *   min_commit_interval_ms (number >= 0): what is done is committed once so much time has passed;
 *     default: all of it in one commit
 *   plan_only (true | false): true: nothing is written; default false
 *   as of deltaic_table_files: timezone
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 *   as of deltaic_table_write: compression, compression_level, target_file_size_bytes,
 *     max_rows_per_group, data_page_size_bytes, dictionary_page_size_bytes, max_rows_per_page,
 *     write_batch_rows, max_memory_bytes, optimize_write, bloom_filter_columns, dictionary,
 *     dictionary.COLUMN, encoding, encoding.COLUMN, statistics, statistics.COLUMN, bloom_filter,
 *     bloom_filter.COLUMN, bloom_filter_fpp, bloom_filter_fpp.COLUMN, bloom_filter_ndv,
 *     bloom_filter_ndv.COLUMN
 *   as of deltaic_scan_open: threads
 * Progress counts rows.
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also where the condition names other columns than those
 * of partitions.
 * \retval DELTAIC_ERROR_CONFLICT  the table's schema or properties changed meanwhile.
 * \retval DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_optimize(deltaic_table* table,
                                                     const deltaic_options* options,
                                                     char** metrics_json, deltaic_error** error);

/* Deletes files of the table's folder that no version within the retention needs, or says which
 * those are, and loads the newest version. Files that are younger than the retention stay, for a
 * writer underway may be about to commit them, and so do names that begin with '_' or '.', but for
 * change data.
 * JSON:
 *   version (of the last commit; null where none was made), numFilesToDelete (that nothing
 *     needs), sizeOfDataToDelete (bytes), numDeletedFiles (0 of a dry run), numListedFiles
 *     (looked at), isComplete (false: older commits are gone, so that only full=true finds all),
 *     executionTimeMs, files ([], below the table's root, decoded)
 * Options:
 *   retention_ms (number >= 0): files that a version of the last so many milliseconds needs stay;
 *     default: the table's delta.deletedFileRetentionDuration
 *   enforce_retention_duration (true | false): false: a retention shorter than the table's is
 *     allowed; default true
 *   full (true | false): false: only files that the log says were removed; default true: whatever
 *     is in the folder
 *   dry_run (true | false): false: files are deleted; default true: only named
 *   keep_versions (list): versions whose files stay, however old
 *   log_commits (true | false): false: no VACUUM START and VACUUM END in the log; default true
 *   threads (number >= 0): files deleted at once; 0 (default): as the storage does best
 *   list_files (true | false): false: files is empty, which saves memory; default true
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * Progress counts deleted files.
 * \param result_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also a retention that is shorter than the table's.
 * \retval DELTAIC_ERROR_NOT_FOUND  a version to keep cannot be loaded.
 * \retval DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_vacuum(deltaic_table* table,
                                                   const deltaic_options* options,
                                                   char** result_json, deltaic_error** error);
/* Changes a table and none of its rows, as one commit on the newest version, and loads it.
 * Dropping a feature that older versions may hold traces of takes several commits, and files are
 * written again that cannot be read without it.
 * JSON:
 *   version (null where nothing was to do), numCheckedRows (against a new constraint),
 *     numRewrittenFiles (without a dropped feature), numRetries
 * Options:
 *   change (add_columns | drop_columns | rename_column | change_column | set_properties |
 *     unset_properties | add_constraint | drop_constraint | cluster_by | describe | add_features
 *     | drop_feature): what is to be done
 *   schema_json (JSON): the columns to add, as the protocol has a schema
 *   schema (SQL): the columns to add, as in n INT, day DATE
 *   parent (text): the struct to add them to; default: the table
 *   first (true | false): where the column goes: before all others; or
 *   after (text): after this one
 *   if_not_exists (true | false): true: columns that are there with the same type are passed over
 *   columns (list): to drop, or to cluster by
 *   if_exists (true | false): true: what is not there is passed over
 *   column (text): the one to rename or change, as in a or s.b
 *   new_name (text): of the column
 *   type (SQL): a wider type of the column
 *   nullable (true | false): true: the column may hold nulls from now on
 *   comment (text): of the column
 *   default (SQL): of the column, in rows to come
 *   drop_default (true | false): true: the column has none any more
 *   metadata.KEY (text): of the column, by a key of one's own
 *   property.KEY (text): to set
 *   allow_unknown (true | false): true: properties that begin with delta. and that nobody knows
 *     are set, too
 *   keys (list): of properties to unset
 *   constraint (text): the name of a CHECK constraint
 *   condition (SQL): that every row must make true
 *   constraint.NAME (SQL): the condition of one more CHECK constraint
 *   name (text): of the table
 *   description (text): of the table
 *   features (list): to add
 *   raise_versions (true | false): false: refused where the versions of the protocol would rise;
 *     default true
 *   feature (text): to drop
 *   truncate_history (true | false): true: versions from before the feature's end must be older
 *     than delta.dropFeatureTruncateHistory.retentionDuration (24 hours), and are deleted;
 *     default false: their checkpoints are protected instead
 *   as of deltaic_scan_open: threads
 *   as of deltaic_table_write: txn.APP_ID
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  also where the table cannot have the change.
 * \retval DELTAIC_ERROR_CONSTRAINT_VIOLATED  a row that is there breaks a new constraint.
 * \retval DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_alter(deltaic_table* table,
                                                  const deltaic_options* options,
                                                  char** metrics_json, deltaic_error** error);

/* Looks for every file of the newest version, takes those out of the table, as one commit, of
 * which the data or the deletion vector is gone or damaged, and loads the new version. A file is
 * read where its size is not what the log says.
 * JSON:
 *   version (null where nothing was to do, or only looked at), numCheckedFiles, removed (list of
 *     files, as in the log), missing (list of what of each is gone or damaged: the file, or its
 *     deletion vector), reasons (list of what is wrong with each)
 * Options:
 *   dry_run (true | false): true: only look; default false
 *   deep (true | false): true: files are read, so that damaged ones are found, too; default false
 *   as of deltaic_table_write: txn.APP_ID
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  files are gone of an append-only table.
 * \retval DELTAIC_ERROR_CONFLICT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_repair(deltaic_table* table,
                                                   const deltaic_options* options,
                                                   char** metrics_json, deltaic_error** error);
/* Looks at the state of the loaded version (the newest where none is loaded), reading no data file:
 * sizes of files, partitions, deleted rows, statistics, how the ranges of files overlap, the log,
 * and what could be deleted; and says what to do about it.
 * JSON:
 *   uri, name (empty where it has none), version, timestamp (ms since 1970, of the version),
 *     examinedAt (ms since 1970), findings ([{id, severity, title, detail, command}], the worst
 *     first; severity is warning, note or good, command null where nothing is to be done),
 *     numFiles, numBytes, numRows (null where a file does not count them), targetFileBytes,
 *     numSmallFiles (under a quarter of the target), medianFileBytes, largestFileBytes, sizes
 *     ([{fromBytes, belowBytes, numFiles, numBytes}], ascending without gaps),
 *     numFilesWithoutStats, numFilesWithDeletedRows, numDeletedRows, partitionColumns ([]),
 *     numPartitions, medianPartitionBytes, partitions ([{name, numFiles, numBytes}], the
 *     largest), columns ([{name, hasOrder, isClusteredBy, shareWithStats, shareRead, ranges}],
 *     leaf columns: shareRead of a partition's files hold one value in their range, ranges are
 *     [from, to] from 0 to 1 of some files), numColumnsLeftOut, log ({numFiles, numBytes,
 *     firstVersion, checkpointVersion, checkpointInterval, commitsSinceCheckpoint,
 *     bytesSinceCheckpoint, numExpiredFiles, numExpiredBytes, commits [{version, timestamp,
 *     operation}]}), reclaimable ({numFiles, numBytes, numKeptFiles, numKeptBytes}: what a vacuum
 *     would free, and what it keeps for older versions; or null), compaction ({numFiles,
 *     numBytes, numGroups, strategy}: what optimize would write again; or null where this build
 *     must not write the table)
 * Options:
 *   list_folder (true | false): false: the table's folder is not listed, so that reclaimable is
 *     null; default true
 *   num_commits (number >= 0): of the log, the newest; default 200
 *   num_partitions (number >= 1): that are named, the largest; default 100
 * \param result_json  gets that.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_CORRUPTION, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_doctor(deltaic_table* table,
                                                   const deltaic_options* options,
                                                   char** result_json, deltaic_error** error);
/* Deletes log files that no version within the retention needs: those before the newest complete
 * checkpoint that is not after the first such version. A table does so by itself after each
 * checkpoint, but where delta.enableExpiredLogCleanup is false.
 * JSON:
 *   files (list of names of log files that went), bytes, firstVersion (the oldest that can be
 *     loaded afterwards)
 * Options:
 *   retention_hours (number >= 0): commits older than that may go; default: the table's
 *     delta.logRetentionDuration
 *   as of deltaic_table_repair: dry_run
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_UNSUPPORTED  a catalog keeps the log, or its checkpoints are protected.
 * \retval DELTAIC_ERROR_CORRUPTION  the checkpoint that would be left cannot be read.
 * \retval DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_cleanup_log(deltaic_table* table,
                                                        const deltaic_options* options,
                                                        char** metrics_json, deltaic_error** error);
/* Sums commits up in one file of the log beside them, which readers may take in their place.
 * JSON:
 *   numActions, bytes, wasThere (a file of these versions, which stays)
 * Options:
 *   first_version (number >= 0): the first commit of those
 *   last_version (number >= 0): the last
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  fewer than two versions.
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_compact_log(deltaic_table* table,
                                                        const deltaic_options* options,
                                                        char** metrics_json, deltaic_error** error);
/* Writes the lists of the loaded version's files that engines without Delta read, in
 * _symlink_format_manifest below the root, and deletes those of partitions that are gone.
 * JSON:
 *   numFiles, numManifests, numStaleManifests (of partitions that are gone; deleted)
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_UNSUPPORTED  deletion vectors or column mapping, which they do not know.
 * \retval DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_manifest(deltaic_table* table,
                                                     const deltaic_options* options,
                                                     char** metrics_json, deltaic_error** error);

/* Makes the Parquet files below the handle's root a table at version 0, without copying them, and
 * loads it. Files and folders whose names begin with "_" or "." are passed over. Where the root has
 * an Iceberg table's metadata/, the table is what its current snapshot says.
 * JSON:
 *   version, skipped (ignore_existing, and a table is there), sourceFormat (parquet or iceberg),
 *     icebergMetadata (or null), numConvertedFiles, numConvertedBytes, numConvertedRows
 * Options:
 *   partition_schema (SQL): columns in the names of folders, as in day DATE, n INT
 *   partition_schema_json (JSON): the same as the protocol has a schema
 *   partition_strategy (hive | directory): day=2024-01-31/ or 2024-01-31/; default hive
 *   iceberg_metadata (text): of an Iceberg table: the metadata.json to convert, as a path below
 *     the root or whole; default: the newest in metadata/
 *   ignore_existing (true | false): true: a table that is there is left alone; default false
 *   collect_stats (true | false): false: no bounds of columns from the footers; default true
 *   property.KEY (text): a property of the new table
 *   name (text): of the new table
 *   description (text): of the new table
 *   as of deltaic_table_write: txn.APP_ID
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_ALREADY_EXISTS  a table is there already.
 * \retval DELTAIC_ERROR_NOT_FOUND  no Parquet file is there, or not one that Iceberg's metadata
 * names.
 * \retval DELTAIC_ERROR_SCHEMA_MISMATCH  files whose columns do not go together.
 * \retval DELTAIC_ERROR_UNSUPPORTED  also what a Delta table cannot take over from Iceberg, by
 * name: deleted rows, types, files outside of the root.
 * \retval DELTAIC_ERROR_CORRUPTION  Iceberg's metadata, manifests and files contradict each other.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_convert(deltaic_table* table,
                                                    const deltaic_options* options,
                                                    char** metrics_json, deltaic_error** error);
/* Makes a table at the root of `target` that has the rows of the version that `source` has loaded,
 * and loads it.
 * JSON:
 *   version, sourceNumOfFiles, sourceTableSize, numCopiedFiles, copiedFilesSize
 * Options:
 *   deep (true | false): true: the files are copied; default false: the new table names those of
 *     the source
 *   as of deltaic_table_create: commit.KEY, max_retries, checkpoint, cleanup_expired_logs
 * \param metrics_json  NULL, or gets that.
 * \retval DELTAIC_ERROR_ALREADY_EXISTS  a table is there already.
 * \retval DELTAIC_ERROR_NOT_FOUND  a file of the source is gone.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT, DELTAIC_ERROR_UNSUPPORTED, DELTAIC_ERROR_IO \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_table_clone(const deltaic_table* source,
                                                  deltaic_table* target,
                                                  const deltaic_options* options,
                                                  char** metrics_json, deltaic_error** error);

/* ---- keeping another database in step ---- */

/* Net changes between two versions of the table, by key, as a scan: the columns with the newer
 * version's types, then "_change_type" (text): insert and update have the row as it is now, delete
 * as it was. Rows that are as they were do not come, whatever happened between; a key that changes
 * is a delete and an insert. No change data feed is needed, and files that both versions have are
 * not read.
 * Keys must be unique in both versions; what is found to be null or there twice is refused by name,
 * but a row that changed is not compared with all that did not.
 * Options:
 *   from_version (number >= 0): the older one; needed
 *   to_version (number >= 0): the newer one; default: the loaded version
 *   key (list): the columns that name a row; needed
 *   source (auto | files | feed): what net changes are found from: files that only one of the
 *     versions has, or the change data feed; auto (default): what has fewer bytes
 *   max_memory_bytes (number >= 0): of rows that are compared; beyond it they go to temporary
 *     files. 0 (default): 268435456
 *   as of deltaic_scan_open: columns, where, batch_rows, threads
 *   as of deltaic_table_files: timezone
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  versions in the wrong order, unknown columns, a key that
 * is none, bad predicate.
 * \retval DELTAIC_ERROR_NOT_FOUND  a version that is gone; from the stream also vacuumed files.
 * \retval DELTAIC_ERROR_SCHEMA_MISMATCH  columns changed so that rows cannot be compared.
 * \retval DELTAIC_ERROR_CONSTRAINT_VIOLATED  from the stream: null and duplicate keys. \since 0.1
 */
DELTAIC_EXPORT deltaic_status deltaic_diff_open(const deltaic_table* table,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);

/* Rows on their way to another database, as bytes. One thread at a time. \since 0.1 */
typedef struct deltaic_copy deltaic_copy;

/* Encodes `rows` (moved from). PostgreSQL's types are those of "type.COLUMN", or suit: smallint to
 * bigint, real, double precision, numeric(p,s), boolean, text, bytea, date, timestamp with and
 * without time zone; lists as arrays where the target has one, else, as structs, maps and variants,
 * as JSON (timestamps in it as 2024-01-31T10:00:00Z, binary as base64, maps as objects). Text goes
 * to json and jsonb as it is. In Redis values are as deltaic_stream_as_text gives them, and a row
 * whose "_change_type" is delete is a DEL; of a key of several columns each has its ":" as "%3A"
 * and "%" as "%25".
 * Options:
 *   format (pg_text | pg_binary | redis | redis_json): PostgreSQL's COPY as text or binary;
 *     Redis's commands as a client sends them, or each as a JSON array of texts on a line;
 *     default pg_text
 *   type.COLUMN (text): the target's type as PostgreSQL's format_type names it; default: what
 *     suits
 *   nul (error | strip): what becomes of NUL in texts, which PostgreSQL cannot hold; default
 *     error
 *   key (list): the columns that name a row; needed for Redis
 *   prefix (text): Redis: scores, for keys such as scores:17; needed for it
 *   value (hash | json): Redis: a row as a hash without the columns that are null, or as a string
 *     with JSON; default hash
 * \retval DELTAIC_ERROR_UNSUPPORTED  a column without such a form. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_copy_open(struct ArrowArrayStream* rows,
                                                const deltaic_options* options, deltaic_copy** out,
                                                deltaic_error** error);
/* The next bytes, whole rows, good until the next call; \param length  0 at the end.
 * \retval DELTAIC_ERROR_SCHEMA_MISMATCH  a value that the target cannot hold, naming row and column
 * (NUL in text, a number out of range). \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_copy_next(deltaic_copy* copy, const void** bytes,
                                                size_t* length, deltaic_error** error);
/* Rows given so far. \since 0.1 */
DELTAIC_EXPORT int64_t deltaic_copy_num_rows(const deltaic_copy* copy);
/* Rows that went to the file of rejects instead, so far. \since 0.1 */
DELTAIC_EXPORT int64_t deltaic_copy_num_rejected(const deltaic_copy* copy);
DELTAIC_EXPORT void deltaic_copy_free(deltaic_copy* copy);

/* How a target is brought to the loaded version: what to run over a connection of one's own. A
 * run, in one transaction:
 *   1. PostgreSQL: deltaic_sync_start_json, run "begin", ask "cursor", "columns" and "unique".
 *      Redis: WATCH and HGETALL "cursorKey".
 *   2. deltaic_sync_plan with what they said; its "action" may be nothing.
 *   3. PostgreSQL: run "prepare", "copy" with the bytes of deltaic_sync_copy, "checks", "apply" and
 *      "finish"; COMMIT.
 *      Redis: find the keys of "clear" by SCAN; MULTI, DEL of those, the commands of
 *      deltaic_sync_copy, "finish", EXEC. Where EXEC gives nil, another run was faster: begin anew.
 * The cursor moves with the rows, so that whatever dies leaves the target at a version. \since 0.1
 */
typedef struct deltaic_sync deltaic_sync;

/* What a run asks of the target before it can plan.
 * JSON:
 *   begin (list of SQL to run first, in the transaction: it waits for other runs), cursor (SQL
 *     that gives table_id, version and spec of the cursor, or no row; null for Redis), columns
 *     (SQL that gives name and type of each column of the target; null for Redis), unique (SQL
 *     that gives a row where the key has a unique index; null for Redis), status (SQL as cursor,
 *     with synced_at too, that waits for nobody; fails where nothing was ever synced; null for
 *     Redis), cursorKey (Redis: of the hash with table_id, version and spec, to be watched until
 *     EXEC; null for PostgreSQL)
 * Options:
 *   target (postgres | redis): default postgres
 *   into (text): the target's table, scores or public.scores; Redis: what keys begin with; needed
 *   name (text): what the cursor is kept under; default: into
 *   key (list): the source's columns that name a row; needed
 *   columns (list): SOURCE or SOURCE=TARGET; default: all that both have, Redis: all
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_sync_start_json(const deltaic_options* options, char** out,
                                                      deltaic_error** error);
/* Plans a run from what the target says of itself. Reads the log and looks whether files are there;
 * reads no row. Options are those of the start, and more.
 * Options:
 *   mode (mirror | upsert | append | update): mirror (default): the target gets the source's rows
 *     and no others; upsert: none is deleted; append: nor updated; update: none is deleted or
 *     inserted
 *   cursor_table_id (text): as the target's cursor says
 *   cursor_version (number >= 0): as the target's cursor says; default: it was never synced
 *   cursor_spec (text): as the target's cursor says
 *   target_column.NAME (text): PostgreSQL: the type of a column of the target, as the query
 *     "columns" gives it
 *   has_unique_key (true | false): PostgreSQL: true: the query "unique" gave a row; default false
 *   on_gap (snapshot | error): what to do where versions since the cursor's are gone: send all
 *     rows, or fail; default snapshot
 *   new_columns (ignore | add | error): PostgreSQL: what to do with columns that the target
 *     lacks; add also makes a target that is not there; default ignore
 *   resync (true | false): true: the cursor counts for nothing, as of a table made anew; default
 *     false
 *   full (true | false): true: all rows are sent; default false
 *   soft_delete (text): PostgreSQL, mode mirror: a column of the target, boolean or timestamp,
 *     that is set where a row would be deleted, and reset where it comes again
 *   rejects (text): a file that rows are appended to, as JSON lines with into, version, reason
 *     and row, which the target cannot hold, or whose key is null or, in PostgreSQL, there twice;
 *     the target does without them. Default: they fail the run
 *   max_rejects (number >= 0): more rows than so many for the file fail the run; default 10000
 *   commands (resp | json): Redis: how deltaic_sync_copy gives commands: as a client sends them,
 *     or each as a JSON array of texts on a line; default resp
 *   as of deltaic_sync_start_json: target, into, name, key, columns
 *   as of deltaic_copy_open: nul, value
 *   as of deltaic_diff_open: source, max_memory_bytes
 *   as of deltaic_scan_open: where, batch_rows, threads
 *   as of deltaic_table_files: timezone
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  unknown columns, no unique index over the key, a cursor
 * of another table or of a version that is not there yet.
 * \retval DELTAIC_ERROR_NOT_FOUND  versions since the cursor's are gone, and on_gap is error.
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_sync_plan(const deltaic_table* table,
                                                const deltaic_options* options, deltaic_sync** out,
                                                deltaic_error** error);
/* The plan.
 * JSON:
 *   action (nothing | snapshot: all rows are sent | incremental: net changes are), from (the
 *     cursor's version, or null), to, tableId, reasons (list, why all rows are sent, for people),
 *     source (files | feed | null: what net changes are found from), sizeBytes (of the files that
 *     net changes are read from), columns (list of objects: source, target, type), spec (goes
 *     into the cursor), format (of deltaic_sync_copy: pg_text | pg_binary | redis | redis_json),
 *     prepare (list of SQL to run before the rows go), copy (SQL that takes the rows in), checks
 *     (list of SQL, each of which gives no row, or a text that says what is wrong: then all is to
 *     be rolled back), apply (list of objects: sql, and counts: what the rows are that it
 *     touches, deleted, upserted or nothing; told: it gives one row, how many were deleted and
 *     upserted; rejected: it gives rows of one text, lines for the file of rejects), finish (list
 *     of SQL, or for Redis of commands, that moves the cursor), clear (Redis: the pattern of keys
 *     that are deleted before the rows come, or empty)
 * \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_sync_json(const deltaic_sync* sync, char** out,
                                                deltaic_error** error);
/* The rows to send, as deltaic_scan_open or deltaic_diff_open has them. Takes what stops the call,
 * and no options. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_sync_rows(const deltaic_sync* sync,
                                                const deltaic_options* options, deltaic_scan** out,
                                                deltaic_error** error);
/* The same, encoded as the plan's "format" says. Progress counts rows. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_sync_copy(const deltaic_sync* sync,
                                                const deltaic_options* options, deltaic_copy** out,
                                                deltaic_error** error);
DELTAIC_EXPORT void deltaic_sync_free(deltaic_sync* sync);

/* ---- files beside tables ---- */

/* Reads a file of rows on the local disk.
 * Options:
 *   format (parquet | csv | json | arrow): default: by the file's name
 *   schema (SQL): types of columns of a CSV or JSON file, as in code STRING, n DECIMAL(20,0);
 *     those of other columns are found from the first MiB
 *   as of deltaic_scan_open: batch_rows
 * \param path  "-" for standard input (then "format" is needed). \retval DELTAIC_ERROR_NOT_FOUND,
 * DELTAIC_ERROR_CORRUPTION \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_file_read(const char* path, const deltaic_options* options,
                                                struct ArrowArrayStream* out,
                                                deltaic_error** error);
/* The rows of a Parquet file, without reading them; -1 for other files, where only reading tells.
 * Options:
 *   as of deltaic_file_read: format
 * \retval DELTAIC_ERROR_NOT_FOUND, DELTAIC_ERROR_CORRUPTION \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_file_num_rows(const char* path,
                                                    const deltaic_options* options, int64_t* out,
                                                    deltaic_error** error);
/* Writes `rows` (moved from) to a file. A file that failed half way is removed.
 * Options:
 *   as of deltaic_file_read: format
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
/* The same rows in the Arrow types of `wanted`, as far as these are other forms of the same values:
 * texts and bytes of either offsets, as views or dictionaries; integers of other widths, also as
 * decimals and floats; other precisions of decimals; units of timestamps, and zones where there is
 * one; lists of either offsets, maps and structs, child by child. Other columns come as they are. A
 * value that its type cannot tell exactly ends the stream with an error that names the column.
 * \param rows  moved from. \param wanted  moved from; the same columns in the same order.
 * \retval DELTAIC_ERROR_INVALID_ARGUMENT  other columns. \since 0.1 */
DELTAIC_EXPORT deltaic_status deltaic_stream_with_schema(struct ArrowArrayStream* rows,
                                                         struct ArrowSchema* wanted,
                                                         struct ArrowArrayStream* out,
                                                         deltaic_error** error);

#ifdef __cplusplus
}
#endif

#endif /* DELTAIC_DELTAIC_H */
