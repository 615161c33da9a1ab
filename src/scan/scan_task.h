#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "data/read/data_read_spec.h"
#include "expr/session.h"
#include "protocol/actions.h"
#include "scan/scan.h"

namespace deltaic {

/// A part of a scan that any process can run: it knows all that the log says of its files, so that
/// running it reads data files alone. It holds no credentials.
struct ScanTask {
  /// A live file, and the row groups of it that are this task's.
  struct Part {
    Add file;
    FileRange range;
    bool operator==(const Part&) const = default;
  };

  std::string table_uri;  ///< without credentials
  Version version;
  Protocol protocol;
  Metadata metadata;
  std::vector<std::string> columns;  ///< the schema's names of top-level columns
  std::vector<MetadataColumn> metadata_columns;
  std::string predicate;   ///< SQL; empty = all rows
  int64_t now_micros = 0;  ///< of all tasks of one scan: what CURRENT_TIMESTAMP in it stands for
  std::string time_zone;   ///< of the session; empty: UTC
  std::vector<Part> parts;
  bool operator==(const ScanTask&) const = default;
};

struct ScanTaskOptions {
  std::optional<std::vector<std::string>> columns;  ///< as in ScanOptions
  std::vector<MetadataColumn> metadata_columns;     ///< as in ScanOptions
  ExprPtr predicate;                                ///< as in ScanOptions
  Session session;                                  ///< as in ScanOptions
  /// At most one of the two; neither: 128 MiB.
  std::optional<int64_t> max_tasks;
  std::optional<int64_t> target_bytes;
  CancellationToken cancel = CancellationToken::None();
};

/// Lists the files of a scan and shares them out (SplitFiles). The rows of all tasks together are
/// the rows of the scan. A task may come to have none: row groups are not cut, and statistics of
/// row groups are looked at when it runs.
/// \retval kInvalidArgument  as Scan::Make and SplitFiles.
Result<std::vector<ScanTask>> PlanScanTasks(SnapshotPtr snapshot, const ScanTaskOptions& options);

/// Bytes that ParseScanTask reads; what is in them may change with the version of the library.
std::string SerializeScanTask(const ScanTask& task);
/// \param bytes  untrusted.
/// \retval kCorruption  not a task, or damaged.  \retval kUnsupported  of another version of the
/// library.
Result<ScanTask> ParseScanTask(std::string_view bytes);

/// Runs `task`, reading through `store`, whose root is the table's. Of `options`, columns, metadata
/// columns, predicate and time count as the task has them.
/// \retval kUnsupported  the table needs a reader feature that this build lacks.
/// \retval kCorruption, kInvalidArgument  the task does not fit itself.
Result<std::unique_ptr<Scan>> OpenScanTask(const ScanTask& task, std::shared_ptr<ObjectStore> store,
                                           ScanOptions options);

}  // namespace deltaic
