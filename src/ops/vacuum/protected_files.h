#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "log/file_key_set.h"
#include "protocol/actions.h"
#include "storage/object_store.h"
#include "table/snapshot.h"

namespace deltaic {

/// Paths of the table's folder that must not be deleted, in 16 bytes each. First filled, then
/// sealed; asked from any thread then.
class ProtectedFiles {
 public:
  explicit ProtectedFiles(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}

  /// The data file and the file of its deletion vector. Files outside of the table's folder are
  /// passed over: nothing is deleted there.
  /// \retval kCorruption  a path that cannot be followed: what it stands for cannot be protected.
  Status Add(std::string_view log_path, const std::optional<DeletionVectorDescriptor>& vector);
  /// \param path  below the root, decoded.
  Status AddPath(std::string_view path) {
    paths_.Add({path, {}});
    return Status();
  }
  /// All files of a version.
  Status AddLive(const Snapshot& snapshot, const CancellationToken& cancel);
  /// Files that were removed at `cutoff` or later, as far as the snapshot knows.
  Status AddTombstones(const Snapshot& snapshot, TimestampMs cutoff);
  void Seal() { paths_.Seal(); }

  /// \param path  below the root, decoded.
  bool Contains(std::string_view path) const { return paths_.Contains({path, {}}); }

 private:
  const std::shared_ptr<ObjectStore> store_;
  FileKeySet paths_;
};

/// The paths, decoded and below the root, that an action of the log names: of the data file and of
/// the file of its deletion vector. Those outside of the table's folder are left out.
Result<std::vector<std::string>> PathsOf(const ObjectStore& store, std::string_view log_path,
                                         const std::optional<DeletionVectorDescriptor>& vector);

}  // namespace deltaic
