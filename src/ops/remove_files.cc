#include "ops/remove_files.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/actions/file_actions.h"

namespace deltaic {

Remove RemoveOf(const Add& add, int64_t now_ms) {
  return Remove{.path = add.path,
                .deletion_timestamp = now_ms,
                .data_change = true,
                .extended_file_metadata = true,
                .partition_values = add.partition_values,
                .size = add.size,
                .tags = add.tags,
                .deletion_vector = add.deletion_vector,
                .base_row_id = add.base_row_id,
                .default_row_commit_version = add.default_row_commit_version};
}

Result<RemovedFiles> StageRemovals(FileStream& files, int64_t now_ms, Transaction& transaction,
                                   const RemovalFilter& filter) {
  RemovedFiles removed;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files.Next());
    if (batch == nullptr) return removed;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const Add add = AddFromBatch(*batch, row);
      if (filter) {
        DELTAIC_ASSIGN_OR_RETURN(const bool wanted, filter(add));
        if (!wanted) continue;
      }
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(RemoveOf(add, now_ms)));
      ++removed.num_files;
      removed.num_bytes += add.size;
    }
  }
}

}  // namespace deltaic
