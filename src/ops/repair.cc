#include "ops/repair.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/actions/file_actions.h"
#include "ops/broken_files.h"
#include "ops/remove_files.h"
#include "storage/clock.h"

namespace deltaic {

Result<RepairResult> RepairTable(const std::shared_ptr<Table>& table,
                                 const RepairOptions& options) {
  RepairResult result;
  DELTAIC_ASSIGN_OR_RETURN(result.snapshot, table->Load());
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, result.snapshot));
  DELTAIC_ASSIGN_OR_RETURN(const auto files,
                           result.snapshot->ListFiles(FileListOptions{.cancel = options.cancel}));
  const int64_t now_ms = NowMs();
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) break;
    std::vector<Add> adds;
    adds.reserve(static_cast<size_t>(batch->num_rows()));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      adds.push_back(AddFromBatch(*batch, row));
    }
    result.num_checked += batch->num_rows();
    DELTAIC_ASSIGN_OR_RETURN(auto broken,
                             FindBrokenFiles(result.snapshot, adds,
                                             {.read_all = options.deep, .cancel = options.cancel}));
    for (BrokenFile& file : broken) {
      const Add& add = adds[file.index];
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(RemoveOf(add, now_ms)));
      result.removed.push_back(add.path);
      result.missing.push_back(std::move(file.path));
      result.reasons.push_back(std::move(file.reason));
    }
  }
  if (options.dry_run || (result.removed.empty() && options.transactions.empty())) return result;
  for (const Txn& txn : options.transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
  DELTAIC_RETURN_IF_ERROR(options.cancel.Check());
  CommitSpec spec = options.commit;
  spec.operation = "FSCK";
  spec.cancel = options.cancel;
  spec.metrics = {{"numRemovedFiles", std::to_string(result.removed.size())}};
  DELTAIC_ASSIGN_OR_RETURN(CommitResult committed, std::move(transaction).Commit(spec));
  result.version = committed.version;
  result.snapshot = std::move(committed.snapshot);
  return result;
}

}  // namespace deltaic
