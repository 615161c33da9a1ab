#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/actions/commit_reader.h"
#include "data/actions/file_actions.h"
#include "data/actions/file_pruner.h"
#include "data/checkpoint/checkpoint_file.h"
#include "data/checkpoint/checkpoint_files.h"
#include "table/batch_stream.h"
#include "table/snapshot_impl.h"

namespace deltaic {

/// What a listing reads from the files of the log. Immutable: safe from any thread.
class FileListing {
 public:
  virtual ~FileListing() = default;

  /// The rows of a part of a checkpoint that `filter` keeps; empty keeps all.
  virtual Result<std::unique_ptr<CheckpointFiles>> ReadPart(
      std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
      CheckpointKeyFilter filter) const = 0;

  /// The keys of the same part, batch for batch those that ReadPart reads through, files that it
  /// leaves out among them.
  virtual Result<std::unique_ptr<CheckpointFiles>> ReadKeys(
      std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part) const = 0;

  /// All rows of commits, or of a JSON checkpoint.
  virtual const std::shared_ptr<arrow::RecordBatch>& RowsOf(const CommitChunk& chunk) const = 0;

  /// Which rows of the replayed commits are live, by chunk.
  virtual const std::vector<std::vector<uint8_t>>& Live(const TailReplay& replay) const = 0;

  /// The rows of `chunk` with their flag set.
  virtual std::unique_ptr<BatchSource> ReadChunk(const CommitChunk& chunk,
                                                 std::vector<uint8_t> live) const = 0;
};

/// \param pruner  nullptr keeps all files.
std::shared_ptr<const FileListing> ListAdds(const FileColumns& columns,
                                            std::shared_ptr<const FilePruner> pruner);

/// Tombstones with a deletion time after `newer_than_ms`.
std::shared_ptr<const FileListing> ListRemoves(int64_t newer_than_ms);

}  // namespace deltaic
