#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "data/actions/commit_reader.h"
#include "data/checkpoint/checkpoint_file.h"
#include "data/checkpoint/checkpoint_reader.h"
#include "log/log_segment.h"
#include "storage/log_store.h"

namespace deltaic {

/// The files of one checkpoint, footers read. Immutable: safe from any thread.
class OpenCheckpoint {
 public:
  /// \param files  LogSegment::checkpoint, not empty.
  /// \retval kCorruption  damaged, naming the file.
  static Result<std::shared_ptr<const OpenCheckpoint>> Open(std::shared_ptr<LogStore> log,
                                                            std::span<const LogFile> files,
                                                            bool local);

  /// The actions that are not files.
  Result<CheckpointState> ReadState(const StateColumns& wanted) const;

  /// The Parquet files that hold file actions: the checkpoint's own and its sidecars.
  Result<std::vector<std::shared_ptr<const CheckpointFile>>> FileActionFiles() const;

  /// File actions of a JSON checkpoint; nullptr for the others.
  const std::shared_ptr<const CommitChunk>& json() const { return json_; }

 private:
  std::shared_ptr<LogStore> log_;
  bool local_ = false;
  std::vector<std::shared_ptr<const CheckpointFile>> files_;
  std::shared_ptr<const CommitChunk> json_;
};

}  // namespace deltaic
