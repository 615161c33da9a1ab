#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "base/fork.h"
#include "base/status.h"
#include "capi/options.h"
#include "deltaic/deltaic.h"
#include "table/table.h"

namespace deltaic::capi {

/// The version a handle has loaded; nullptr: none yet. Safe from any thread: a binding that gives
/// up its lock during a call lets other threads look at the same handle meanwhile.
class LoadedVersion {
 public:
  explicit LoadedVersion(SnapshotPtr snapshot) : snapshot_(std::move(snapshot)) {}
  SnapshotPtr Get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void Set(SnapshotPtr snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
  }

 private:
  mutable ForkSafeMutex mutex_;
  SnapshotPtr snapshot_;
};

}  // namespace deltaic::capi

/// Handle of a table and the version loaded last.
struct deltaic_table {
  std::shared_ptr<deltaic::Table> table;
  deltaic::capi::LoadedVersion loaded;
};

namespace deltaic::capi {

/// The loaded snapshot. \retval kInvalidArgument  `table` is NULL or has none.
Result<SnapshotPtr> LoadedSnapshot(const deltaic_table* table);

/// The table at `uri`, of which nothing is loaded. \param storage  NULL for none.
Result<std::shared_ptr<Table>> TableAt(const char* uri, const deltaic_options* storage);

}  // namespace deltaic::capi
