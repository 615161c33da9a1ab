#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/actions.h"

namespace deltaic {

/// One commit (or compacted range of commits) inside a CommitChunk.
struct CommitEntry {
  Version first;
  Version last;                                ///< equals `first` but for compacted commits
  int64_t adds_begin = 0, adds_end = 0;        ///< its rows in CommitChunk::adds
  int64_t removes_begin = 0, removes_end = 0;  ///< its rows in CommitChunk::removes
  std::optional<int64_t> in_commit_timestamp;
  uint64_t mark = 0;  ///< MarkOfCommit() of the file
};

/// What a run of consecutive commits says, file actions as columns: a log of many small commits
/// makes few objects. Immutable once made: safe from any thread.
struct CommitChunk {
  std::vector<CommitEntry> commits;             ///< ascending
  std::shared_ptr<arrow::RecordBatch> adds;     ///< AddBatchSchema, all columns; never null
  std::shared_ptr<arrow::RecordBatch> removes;  ///< RemoveBatchSchema; never null
  std::optional<Protocol> protocol;             ///< the newest
  std::optional<Metadata> metadata;             ///< the newest
  std::vector<Txn> txns;                        ///< oldest first
  std::vector<DomainMetadata> domains;          ///< oldest first, removed ones too
  std::vector<Sidecar> sidecars;                ///< only in JSON checkpoints
};

/// Makes one CommitChunk. One thread at a time; used up by Finish().
class CommitChunkBuilder {
 public:
  CommitChunkBuilder();
  ~CommitChunkBuilder();
  /// Adds one file's actions; files come oldest first. `name` is for messages. \retval kCorruption
  /// see ParseCommit; or a compacted file that is not reconciled: it says two things of one file,
  /// application, domain or of the table.
  Status Append(Version first, Version last, std::string_view json_lines, std::string_view name);
  Result<std::shared_ptr<const CommitChunk>> Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How much of a commit file decides its mark.
inline constexpr size_t kMarkedCommitBytes = 4096;

/// A number by which a commit file is known again: of its first kMarkedCommitBytes bytes, which
/// have its time, the id of its transaction, or names of new files.
uint64_t MarkOfCommit(std::string_view json_lines);

/// The commitInfo action of a commit, the first if there are more; nullopt if there is none.
Result<std::optional<CommitInfo>> ParseCommitInfo(std::string_view json_lines,
                                                  std::string_view name);

}  // namespace deltaic
