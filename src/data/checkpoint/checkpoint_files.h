#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/actions/file_actions.h"
#include "data/actions/file_pruner.h"
#include "data/checkpoint/checkpoint_file.h"

namespace deltaic {

/// Sets `live[i]` to 1 where no commit after the checkpoint mentions file i, else to 0. Called from
/// many threads at once.
using CheckpointKeyFilter =
    std::function<void(std::span<const std::string_view> paths,
                       std::span<const std::string_view> dv_ids, std::span<uint8_t> live)>;

/// What reading rows of a checkpoint did.
struct CheckpointFileMetrics {
  int64_t files_total = 0;  ///< pruned ones included
  int64_t files_pruned_partition = 0;
  int64_t files_pruned_stats = 0;
};

/// Rows [begin, end) of a row group.
struct RowGroupPart {
  int row_group = 0;
  int64_t begin = 0;
  int64_t end = 0;
};

/// All rows of `file`, each row group in up to `parts_per_group` parts that are worth a thread.
std::vector<RowGroupPart> SplitRowGroups(const CheckpointFile& file, int parts_per_group);

/// Streams file actions of a part of a checkpoint. One thread at a time.
class CheckpointFiles {
 public:
  virtual ~CheckpointFiles() = default;
  /// The next batch, perhaps empty; nullptr at the end. The n-th batch covers the same rows of the
  /// part whatever is read and kept of them. \retval kCorruption  damaged.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  /// Since the start.
  virtual const CheckpointFileMetrics& metrics() const = 0;
};

/// Adds, as AddBatchSchema(columns).
/// \param key_filter  empty keeps all files.
/// \param pruner  nullptr keeps all files. Partition values are read and judged before any other
/// column.
Result<std::unique_ptr<CheckpointFiles>> ReadCheckpointAdds(
    std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
    const FileColumns& columns, CheckpointKeyFilter key_filter,
    std::shared_ptr<const FilePruner> pruner);

/// Removes with a deletion timestamp > `newer_than_ms` (absent: 0), as RemoveBatchSchema.
Result<std::unique_ptr<CheckpointFiles>> ReadCheckpointRemoves(
    std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
    CheckpointKeyFilter key_filter, int64_t newer_than_ms);

}  // namespace deltaic
