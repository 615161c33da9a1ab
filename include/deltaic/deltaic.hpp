/// Deltaic from C++: owners and exceptions over deltaic.h. Header only; C++17.
///
///   deltaic::Table table = deltaic::Table::Open("/data/events");
///   deltaic::Stream rows = table.Scan(deltaic::Options().Set("where", "day = DATE
///   '2024-01-31'")).Stream();
///
/// Everything here owns what it holds, moves, and does not copy. Failures are thrown as
/// deltaic::Error. What a call does, and the keys of its options, is documented in deltaic.h. Rows
/// cross as Arrow C streams: hand `Stream::get()` to any Arrow library (Arrow C++:
/// arrow::ImportRecordBatchReader).
#pragma once

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deltaic.h"

namespace deltaic {

/// A failed call: its code, and one line that says what, where, and what now.
class Error : public std::runtime_error {
 public:
  Error(deltaic_status code, const std::string& message)
      : std::runtime_error(message), code_(code) {}
  deltaic_status code() const { return code_; }

 private:
  deltaic_status code_;
};

namespace detail {

struct Free {
  void operator()(deltaic_error* error) const { deltaic_error_free(error); }
  void operator()(deltaic_options* options) const { deltaic_options_free(options); }
  void operator()(deltaic_table* table) const { deltaic_table_free(table); }
  void operator()(deltaic_scan* scan) const { deltaic_scan_free(scan); }
  void operator()(deltaic_task_list* list) const { deltaic_task_list_free(list); }
  void operator()(deltaic_cancellation* cancellation) const {
    deltaic_cancellation_free(cancellation);
  }
  void operator()(deltaic_merge* merge) const { deltaic_merge_free(merge); }
  void operator()(deltaic_copy* copy) const { deltaic_copy_free(copy); }
  void operator()(deltaic_sync* sync) const { deltaic_sync_free(sync); }
  void operator()(char* text) const { deltaic_string_free(text); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

/// Throws the error that a call left behind.
inline void Check(deltaic_status status, deltaic_error* error) {
  Owned<deltaic_error> owned(error);
  if (status != DELTAIC_OK)
    throw Error(status,
                error == nullptr ? deltaic_status_name(status) : deltaic_error_message(error));
}

inline std::string TakeText(char* text) {
  Owned<char> owned(text);
  return text;
}

}  // namespace detail

/// Options of a call or a storage; see the keys at each function of deltaic.h.
class Options {
 public:
  Options() : options_(deltaic_options_new()) {
    if (!options_) throw std::bad_alloc();
  }
  Options& Set(const std::string& key, const std::string& value) & {
    deltaic_options_set(options_.get(), key.c_str(), value.c_str());
    return *this;
  }
  Options&& Set(const std::string& key, const std::string& value) && {
    return std::move(Set(key, value));
  }
  Options& SetList(const std::string& key, const std::vector<std::string>& values) & {
    deltaic_options_set_empty_list(options_.get(), key.c_str());
    for (const std::string& value : values)
      deltaic_options_add(options_.get(), key.c_str(), value.c_str());
    return *this;
  }
  Options&& SetList(const std::string& key, const std::vector<std::string>& values) && {
    return std::move(SetList(key, values));
  }
  const deltaic_options* get() const { return options_.get(); }
  /// For callbacks and cancellation, set through deltaic.h.
  deltaic_options* mutable_get() { return options_.get(); }

 private:
  detail::Owned<deltaic_options> options_;
};

/// An Arrow C stream that is released with its owner.
class Stream {
 public:
  Stream() : stream_{} {}
  explicit Stream(ArrowArrayStream stream) : stream_(stream) {}
  Stream(Stream&& other) noexcept : stream_(std::exchange(other.stream_, ArrowArrayStream{})) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~Stream() {
    if (stream_.release != nullptr) stream_.release(&stream_);
  }

  /// The schema; the caller releases it.
  void GetSchema(ArrowSchema* out) { Check(stream_.get_schema(&stream_, out)); }
  /// The next batch, released by the caller; false at the end.
  bool Next(ArrowArray* out) {
    Check(stream_.get_next(&stream_, out));
    return out->release != nullptr;
  }
  /// For libraries that import streams: they take the content and leave an empty stream here.
  ArrowArrayStream* get() { return &stream_; }

 private:
  void Check(int code) {
    if (code == 0) return;
    const char* text = stream_.get_last_error(&stream_);
    const deltaic_status status = code == EINVAL      ? DELTAIC_ERROR_INVALID_ARGUMENT
                                  : code == ENOSYS    ? DELTAIC_ERROR_UNSUPPORTED
                                  : code == EBADMSG   ? DELTAIC_ERROR_CORRUPTION
                                  : code == ECANCELED ? DELTAIC_ERROR_CANCELLED
                                                      : DELTAIC_ERROR_IO;
    throw Error(status, text == nullptr ? "the stream failed" : text);
  }
  ArrowArrayStream stream_;
};

/// One scan of a table's version, or of its change data feed.
class Scan {
 public:
  explicit Scan(deltaic_scan* scan) : scan_(scan) {}
  /// The rows; once a scan.
  deltaic::Stream Stream() {
    ArrowArrayStream stream{};
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_scan_stream(scan_.get(), &stream, &error);
    detail::Check(status, error);
    return deltaic::Stream(stream);
  }
  /// Counters as JSON.
  std::string Metrics() const {
    char* text = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_scan_metrics_json(scan_.get(), &text, &error);
    detail::Check(status, error);
    return detail::TakeText(text);
  }
  deltaic_scan* get() const { return scan_.get(); }

 private:
  detail::Owned<deltaic_scan> scan_;
};

/// A part of a scan for any process: bytes to send, and to run where they arrive.
class Task {
 public:
  /// Bytes of another Task, of the same version of the library.
  explicit Task(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  deltaic::Scan Open(const Options& storage = {}, const Options& options = {}) const {
    deltaic_scan* scan = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_task_open(bytes_.data(), bytes_.size(), storage.get(),
                                                    options.get(), &scan, &error);
    detail::Check(status, error);
    return deltaic::Scan(scan);
  }
  /// Table, version, columns, predicate, files and bytes as JSON.
  std::string Json() const {
    char* text = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_task_json(bytes_.data(), bytes_.size(), &text, &error);
    detail::Check(status, error);
    return detail::TakeText(text);
  }

 private:
  std::string bytes_;
};

/// Rows as bytes for another database.
class Copy {
 public:
  explicit Copy(deltaic_copy* copy) : copy_(copy) {}
  /// Takes the rows.
  Copy(deltaic::Stream rows, const Options& options) {
    deltaic_copy* copy = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_copy_open(rows.get(), options.get(), &copy, &error);
    detail::Check(status, error);
    copy_.reset(copy);
  }
  /// Whole rows, good until the next call; empty at the end.
  std::string_view Next() {
    const void* bytes = nullptr;
    size_t length = 0;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_copy_next(copy_.get(), &bytes, &length, &error);
    detail::Check(status, error);
    return {static_cast<const char*>(bytes), length};
  }
  int64_t num_rows() const { return deltaic_copy_num_rows(copy_.get()); }
  int64_t num_rejected() const { return deltaic_copy_num_rejected(copy_.get()); }

 private:
  detail::Owned<deltaic_copy> copy_;
};

/// What brings another database to a version of a table.
class Sync {
 public:
  explicit Sync(deltaic_sync* sync) : sync_(sync) {}
  /// What a run asks of its target first, as JSON.
  static std::string StartJson(const Options& options) {
    char* text = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_sync_start_json(options.get(), &text, &error);
    detail::Check(status, error);
    return detail::TakeText(text);
  }
  std::string Json() const {
    char* text = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_sync_json(sync_.get(), &text, &error);
    detail::Check(status, error);
    return detail::TakeText(text);
  }
  deltaic::Copy Copy(const Options& options = {}) const {
    deltaic_copy* copy = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_sync_copy(sync_.get(), options.get(), &copy, &error);
    detail::Check(status, error);
    return deltaic::Copy(copy);
  }
  deltaic::Scan Rows(const Options& options = {}) const {
    deltaic_scan* scan = nullptr;
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_sync_rows(sync_.get(), options.get(), &scan, &error);
    detail::Check(status, error);
    return deltaic::Scan(scan);
  }

 private:
  detail::Owned<deltaic_sync> sync_;
};

/// The WHEN clauses of a MERGE, in their order.
class Merge {
 public:
  Merge() : merge_(deltaic_merge_new()) {
    if (!merge_) throw std::bad_alloc();
  }
  Merge& AddClause(const Options& options) {
    deltaic_error* error = nullptr;
    const deltaic_status status = deltaic_merge_add_clause(merge_.get(), options.get(), &error);
    detail::Check(status, error);
    return *this;
  }
  const deltaic_merge* get() const { return merge_.get(); }

 private:
  detail::Owned<deltaic_merge> merge_;
};

/// A table's place, and the version loaded last.
class Table {
 public:
  /// Touches no storage.
  static Table At(const std::string& uri, const Options& storage = {}) {
    deltaic_table* table = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_at(uri.c_str(), storage.get(), &table, error);
    });
    return Table(table);
  }
  /// Loads the newest version.
  static Table Open(const std::string& uri, const Options& storage = {},
                    const Options& options = {}) {
    deltaic_table* table = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_open(uri.c_str(), storage.get(), options.get(), &table, error);
    });
    return Table(table);
  }

  /// Another handle of the same version, which loading through this one does not change.
  Table Copy() const {
    deltaic_table* table = nullptr;
    Call([&](deltaic_error** error) { return deltaic_table_copy(table_.get(), &table, error); });
    return Table(table);
  }
  bool Exists(const Options& options = {}) const {
    int exists = 0;
    Call([&](deltaic_error** error) {
      return deltaic_table_exists(table_.get(), options.get(), &exists, error);
    });
    return exists != 0;
  }
  /// What the table's catalog says of it; before a load.
  void SetCatalog(const Options& options) {
    Call([&](deltaic_error** error) {
      return deltaic_table_set_catalog(table_.get(), options.get(), error);
    });
  }
  void Load(const Options& options = {}) {
    Call([&](deltaic_error** error) {
      return deltaic_table_load(table_.get(), options.get(), error);
    });
  }
  void LoadVersion(int64_t version, const Options& options = {}) {
    Call([&](deltaic_error** error) {
      return deltaic_table_load_version(table_.get(), version, options.get(), error);
    });
  }
  /// Milliseconds since 1970-01-01 UTC.
  void LoadTimestamp(int64_t timestamp_ms, const Options& options = {}) {
    Call([&](deltaic_error** error) {
      return deltaic_table_load_timestamp(table_.get(), timestamp_ms, options.get(), error);
    });
  }
  void Checkpoint(const Options& options = {}) {
    Call([&](deltaic_error** error) {
      return deltaic_table_checkpoint(table_.get(), options.get(), error);
    });
  }

  /// -1 before a version is loaded.
  int64_t version() const { return deltaic_table_version(table_.get()); }
  std::string uri() const { return deltaic_table_uri(table_.get()); }
  std::string SchemaJson() const { return Text(deltaic_table_schema_json); }
  std::string MetadataJson() const { return Text(deltaic_table_metadata_json); }
  std::string ProtocolJson() const { return Text(deltaic_table_protocol_json); }
  std::string DomainsJson(const Options& options = {}) const {
    return Text(deltaic_table_domains_json, options);
  }
  std::string DetailsJson(const Options& options = {}) const {
    return Text(deltaic_table_details_json, options);
  }
  /// Newest first.
  std::string HistoryJson(const Options& options = {}) const {
    return Text(deltaic_table_history_json, options);
  }
  int64_t Count(const Options& options = {}) const {
    int64_t rows = 0;
    Call([&](deltaic_error** error) {
      return deltaic_table_count(table_.get(), options.get(), &rows, error);
    });
    return rows;
  }
  deltaic::Scan Scan(const Options& options = {}) const {
    deltaic_scan* scan = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_scan_open(table_.get(), options.get(), &scan, error);
    });
    return deltaic::Scan(scan);
  }
  /// What such a scan would do, as JSON.
  std::string ExplainScan(const Options& options = {}) const {
    return Text(deltaic_scan_explain_json, options);
  }
  std::vector<Task> ScanTasks(const Options& options = {}) const {
    deltaic_task_list* list = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_scan_tasks(table_.get(), options.get(), &list, error);
    });
    const detail::Owned<deltaic_task_list> owned(list);
    std::vector<Task> tasks;
    for (size_t i = 0; i < deltaic_task_list_length(list); ++i) {
      size_t length = 0;
      const auto* bytes = static_cast<const char*>(deltaic_task_list_bytes(list, i, &length));
      tasks.emplace_back(std::string(bytes, length));
    }
    return tasks;
  }
  /// The change data feed of a range of versions.
  deltaic::Scan Changes(const Options& options = {}) const {
    deltaic_scan* scan = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_changes_open(table_.get(), options.get(), &scan, error);
    });
    return deltaic::Scan(scan);
  }
  /// Net changes by key between two versions.
  deltaic::Scan Diff(const Options& options) const {
    deltaic_scan* scan = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_diff_open(table_.get(), options.get(), &scan, error);
    });
    return deltaic::Scan(scan);
  }
  /// How another database is brought to this version.
  deltaic::Sync PlanSync(const Options& options) const {
    deltaic_sync* sync = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_sync_plan(table_.get(), options.get(), &sync, error);
    });
    return deltaic::Sync(sync);
  }
  Stream Files(const Options& options = {}) const {
    ArrowArrayStream stream{};
    Call([&](deltaic_error** error) {
      return deltaic_table_files(table_.get(), options.get(), &stream, error);
    });
    return Stream(stream);
  }
  /// The schema comes from Arrow, or from the option schema_json.
  void Create(ArrowSchema* schema, const Options& options) {
    Call([&](deltaic_error** error) {
      return deltaic_table_create(table_.get(), schema, options.get(), error);
    });
  }
  /// Takes the rows; gives the metrics as JSON.
  std::string Write(Stream rows, const Options& options = {}) {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_write(table_.get(), rows.get(), options.get(), &metrics, error);
    });
    return detail::TakeText(metrics);
  }
  /// Takes the rows; gives the files, for CommitFiles(), and the metrics as JSON.
  struct WrittenFiles {
    std::string files, metrics;
  };
  WrittenFiles WriteFiles(Stream rows, const Options& options = {}) {
    char* files = nullptr;
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_write_files(table_.get(), rows.get(), options.get(), &files, &metrics,
                                       error);
    });
    WrittenFiles written{detail::TakeText(files), {}};
    written.metrics = detail::TakeText(metrics);
    return written;
  }
  std::string CommitFiles(const std::string& files, const Options& options = {}) {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_commit_files(table_.get(), files.c_str(), options.get(), &metrics,
                                        error);
    });
    return detail::TakeText(metrics);
  }
  std::string DiscardFiles(const std::string& files, const Options& options = {}) const {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_discard_files(table_.get(), files.c_str(), options.get(), &metrics,
                                         error);
    });
    return detail::TakeText(metrics);
  }
  /// These give the metrics as JSON.
  std::string Delete(const Options& options = {}) { return Change(deltaic_table_delete, options); }
  std::string Update(const Options& options) { return Change(deltaic_table_update, options); }
  std::string Alter(const Options& options) { return Change(deltaic_table_alter, options); }
  std::string Repair(const Options& options) { return Change(deltaic_table_repair, options); }
  std::string Doctor(const Options& options = {}) { return Change(deltaic_table_doctor, options); }
  std::string CleanUpLog(const Options& options = {}) {
    return Change(deltaic_table_cleanup_log, options);
  }
  std::string CompactLog(const Options& options) {
    return Change(deltaic_table_compact_log, options);
  }
  std::string Manifest(const Options& options = {}) {
    return Change(deltaic_table_manifest, options);
  }
  std::string Convert(const Options& options = {}) {
    return Change(deltaic_table_convert, options);
  }
  /// The copy is made at the root of `target`.
  std::string CloneTo(Table& target, const Options& options = {}) const {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_clone(table_.get(), target.get(), options.get(), &metrics, error);
    });
    return detail::TakeText(metrics);
  }
  std::string Restore(const Options& options) { return Change(deltaic_table_restore, options); }
  std::string Vacuum(const Options& options = {}) { return Change(deltaic_table_vacuum, options); }
  std::string Optimize(const Options& options = {}) {
    return Change(deltaic_table_optimize, options);
  }
  /// Takes the rows of the source.
  std::string Merge(Stream source, const deltaic::Merge& merge, const Options& options) {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return deltaic_table_merge(table_.get(), source.get(), merge.get(), options.get(), &metrics,
                                 error);
    });
    return detail::TakeText(metrics);
  }
  deltaic_table* get() const { return table_.get(); }

 private:
  explicit Table(deltaic_table* table) : table_(table) {}
  template <typename Function>
  static void Call(Function function) {
    deltaic_error* error = nullptr;
    const deltaic_status status = function(&error);
    detail::Check(status, error);
  }
  template <typename Function>
  std::string Change(Function function, const Options& options) {
    char* metrics = nullptr;
    Call([&](deltaic_error** error) {
      return function(table_.get(), options.get(), &metrics, error);
    });
    return detail::TakeText(metrics);
  }
  template <typename Format>
  std::string Text(Format format) const {
    char* text = nullptr;
    Call([&](deltaic_error** error) { return format(table_.get(), &text, error); });
    return detail::TakeText(text);
  }
  template <typename Format>
  std::string Text(Format format, const Options& options) const {
    char* text = nullptr;
    Call([&](deltaic_error** error) { return format(table_.get(), options.get(), &text, error); });
    return detail::TakeText(text);
  }
  detail::Owned<deltaic_table> table_;
};

/// A file of rows on the local disk.
inline Stream ReadFile(const std::string& path, const Options& options = {}) {
  ArrowArrayStream stream{};
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_file_read(path.c_str(), options.get(), &stream, &error);
  detail::Check(status, error);
  return Stream(stream);
}

/// The rows of a Parquet file; -1 for other files.
inline int64_t CountFile(const std::string& path, const Options& options = {}) {
  int64_t num_rows = -1;
  deltaic_error* error = nullptr;
  const deltaic_status status =
      deltaic_file_num_rows(path.c_str(), options.get(), &num_rows, &error);
  detail::Check(status, error);
  return num_rows;
}

/// Writes rows to a file on the local disk; gives their number.
inline int64_t WriteFile(const std::string& path, Stream rows, const Options& options = {}) {
  int64_t num_rows = 0;
  deltaic_error* error = nullptr;
  const deltaic_status status =
      deltaic_file_write(path.c_str(), rows.get(), options.get(), &num_rows, &error);
  detail::Check(status, error);
  return num_rows;
}

/// The library's version.
inline std::string version() { return deltaic_version(); }

}  // namespace deltaic
