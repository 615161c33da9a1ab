#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "data/actions/file_actions.h"
#include "expr/expr.h"
#include "log/log_segment.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"
#include "storage/log_store.h"
#include "storage/object_store.h"

namespace deltaic {

/// Counters of a file listing. `total` and the pruned ones are exact once the stream has ended.
/// Files of a checkpoint that a later commit removed may count as pruned by partition: their paths
/// are not read. Where a checkpoint is found damaged on the way, files may count twice as pruned.
struct FileListMetrics {
  int64_t files_total = 0;  ///< live files looked at, pruned ones included
  int64_t files_pruned_partition = 0;
  int64_t files_pruned_stats = 0;
  int64_t files_selected = 0;
};

using BatchConversion =
    std::function<Result<std::shared_ptr<arrow::RecordBatch>>(const arrow::RecordBatch&)>;

struct FileListOptions {
  FileColumns columns;
  ExprPtr predicate;  ///< bound to the snapshot's schema; files that cannot match are left out.
                      ///< nullptr = all
  CancellationToken cancel = CancellationToken::None();
  BatchConversion convert;  ///< what becomes of each batch, on the threads that read; row for row.
                            ///< Empty: nothing
};

/// A stream of batches of live adds (AddBatchSchema(columns), or converted), at most 64 Ki rows
/// each, in no promised order. One thread at a time.
class FileStream {
 public:
  virtual ~FileStream() = default;
  /// The next non-empty batch; nullptr at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  virtual const FileListMetrics& metrics() const = 0;
};

/// The state of a table at one version. Immutable apart from lazily read parts, which are read
/// once: safe from any thread. Opening reads the log's tail and, of a checkpoint, only `protocol`
/// and `metaData`; files are read when asked for. Log files that are found damaged then are
/// replaced by others that give the same version, where there are any. Held by SnapshotPtr.
class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  Version version() const;
  const Protocol& protocol() const;
  const Metadata& metadata() const;
  const SchemaPtr& schema() const;
  const TableProperties& properties() const;
  /// The mode that counts: the configured one if the protocol has the feature, else kNone.
  ColumnMappingMode column_mapping() const;
  const LogSegment& segment() const;
  const std::shared_ptr<ObjectStore>& store() const;
  const std::shared_ptr<LogStore>& log() const;

  /// Commit time of this version: inCommitTimestamp where enabled, else the commit file's time.
  Result<TimestampMs> timestamp() const;

  Result<std::unique_ptr<FileStream>> ListFiles(FileListOptions options) const;
  /// Tombstones not older than the retention before `now`; RemoveBatchSchema.
  Result<std::unique_ptr<FileStream>> ListTombstones(TimestampMs now) const;

  struct FileTotals {
    int64_t num_files = 0;
    int64_t total_bytes = 0;
    std::optional<int64_t> num_rows;
  };
  /// Counts live files, bytes, and rows where all files have numRecords (deletion vectors taken
  /// off). Read once.
  Result<FileTotals> Totals() const;

  /// The last version of each application; read from commits and the checkpoint once.
  Result<std::vector<Txn>> Transactions() const;
  Result<std::optional<Txn>> TransactionOf(std::string_view app_id) const;
  Result<std::vector<DomainMetadata>> Domains() const;

  struct Impl;
  explicit Snapshot(std::unique_ptr<Impl> impl);
  ~Snapshot();
  const Impl& impl() const;  ///< for this folder's own files

 private:
  std::unique_ptr<Impl> impl_;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace deltaic
