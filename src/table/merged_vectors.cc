#include "table/merged_vectors.h"

#include <limits>
#include <utility>

#include "base/log_sink.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/deletion_vector/deletion_vector_writer.h"

namespace deltaic {
namespace {

Result<DeletionVector> Load(const ObjectStore& store,
                            const std::optional<DeletionVectorDescriptor>& descriptor) {
  if (!descriptor) return DeletionVector();
  // How many rows the file has was checked when its vector was first used.
  return LoadDeletionVector(store, *descriptor, std::numeric_limits<int64_t>::max());
}

/// The rows of all three; nullopt with `reason` where they cannot stand together.
Result<std::optional<DeletionVector>> Join(const ObjectStore& store, const VectorMerge& merge,
                                           std::string& reason) {
  DELTAIC_ASSIGN_OR_RETURN(const DeletionVector before, Load(store, merge.before));
  DELTAIC_ASSIGN_OR_RETURN(DeletionVector all, Load(store, merge.winner.deletion_vector));
  DELTAIC_ASSIGN_OR_RETURN(DeletionVector mine, Load(store, merge.mine));
  const int64_t winners = all.cardinality();
  all.AddAll(before);
  if (all.cardinality() != winners) {
    reason = Concat("it gave back rows of ", merge.path, ", which this transaction changes");
    return std::optional<DeletionVector>();
  }
  mine.RemoveAll(before);
  const int64_t added = mine.cardinality();
  all.AddAll(mine);
  if (all.cardinality() != winners + added) {
    reason = Concat("it removed rows of ", merge.path, " that this transaction removes too");
    return std::optional<DeletionVector>();
  }
  return std::optional(std::move(all));
}

}  // namespace

MergedVectors::~MergedVectors() {
  for (const std::string& path : paths_) {
    const Status status = store_->Delete(path);
    if (!status.ok()) {
      Log(LogLevel::kWarning,
          Concat("the file ", path, " of a failed commit could not be deleted (", status.message(),
                 "); VACUUM will"));
    }
  }
}

Result<std::optional<std::string>> MergedVectors::Merge(const std::vector<VectorMerge>& merges,
                                                        StagedCommit& staged) {
  DeletionVectorWriter writer(*store_);
  std::string reason;
  const auto write_all = [&]() -> Status {
    for (const VectorMerge& merge : merges) {
      DELTAIC_ASSIGN_OR_RETURN(const std::optional<DeletionVector> joined,
                               Join(*store_, merge, reason));
      if (!joined) return Status();
      DELTAIC_ASSIGN_OR_RETURN(const DeletionVectorDescriptor merged, writer.Write(*joined));
      TakeMergedVector(staged, merge, merged);
    }
    return writer.Finish();
  };
  const Status written = write_all();
  paths_.insert(paths_.end(), writer.paths().begin(), writer.paths().end());
  DELTAIC_RETURN_IF_ERROR(written);
  return reason.empty() ? std::nullopt : std::optional(std::move(reason));
}

void MergedVectors::Settle(const Status& committed) {
  if (committed.ok() || committed.code() == StatusCode::kCommitUnknown) paths_.clear();
}

}  // namespace deltaic
