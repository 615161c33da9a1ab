#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/checkpoint/checkpoint_files.h"
#include "log/file_key_set.h"
#include "table/snapshot_impl.h"

namespace deltaic {

/// Files that a listing passes over: those that newer commits speak of, and those already given.
/// Immutable once shared: safe from any thread.
struct SeenFiles {
  std::vector<std::shared_ptr<const TailReplay>> commits;
  std::vector<std::shared_ptr<const FileKeySet>> given;

  /// Clears the flags, all set, of the files seen.
  void Clear(std::span<const FileKey> keys, std::span<uint8_t> live) const;
};

/// What keeps the files that were not seen; empty where none were.
CheckpointKeyFilter FilterOf(std::shared_ptr<const SeenFiles> seen);

/// A flag for each row of `batch`, adds or removes: `filter` keeps it.
std::vector<uint8_t> FilterRows(const arrow::RecordBatch& batch, const CheckpointKeyFilter& filter);

/// Adds the keys of `batch`, adds or removes.
void AddKeys(const arrow::RecordBatch& batch, FileKeySet& keys);

}  // namespace deltaic
