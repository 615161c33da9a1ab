#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "log/rebase.h"
#include "storage/object_store.h"

namespace deltaic {

/// The deletion vectors that a commit writes to come behind others that took rows away from the
/// same files. Destroying it deletes them, unless the commit has been made, or may have been. One
/// thread at a time.
class MergedVectors {
 public:
  explicit MergedVectors(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}
  ~MergedVectors();
  MergedVectors(const MergedVectors&) = delete;
  MergedVectors& operator=(const MergedVectors&) = delete;

  /// Loads the vectors of `merges`, and gives each file one with the rows of all of them.
  /// \return why both commits cannot stand, to be put after a winner's name: both take the same
  /// row, or the winner gave rows back.
  Result<std::optional<std::string>> Merge(const std::vector<VectorMerge>& merges,
                                           StagedCommit& staged);

  /// Learns how the commit went: after success, and after kCommitUnknown, the files are kept.
  void Settle(const Status& committed);

 private:
  const std::shared_ptr<ObjectStore> store_;
  std::vector<std::string> paths_;
};

}  // namespace deltaic
