#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/actions.h"

namespace deltaic {

enum class ChangeKind {
  kInsert,    ///< each row was inserted
  kDelete,    ///< each row was deleted
  kRecorded,  ///< a change data file: column `_change_type` says what became of each row
};

/// A file of which rows changed in one commit.
struct ChangedFile {
  ChangeKind kind = ChangeKind::kInsert;
  std::string path;  ///< as in the log
  int64_t size_bytes = 0;
  std::optional<PartitionValues> partition_values;          ///< nullopt where a remove has none
  std::optional<DeletionVectorDescriptor> deletion_vector;  ///< its rows did not change
  std::optional<DeletionVectorDescriptor> only_rows_in;     ///< no rows but these changed
  /// Statistics that hold for all rows that changed, as text; empty: none.
  std::string stats;
};

/// What one commit says to a reader of the change data feed.
struct CommitChanges {
  Version version;
  std::optional<int64_t> in_commit_timestamp;
  std::optional<Metadata> metadata;
  std::optional<Protocol> protocol;
  std::vector<ChangedFile> files;  ///< deletes, then inserts; else change data files
};

/// Reads a commit and decides which files its changes are read from: change data files alone where
/// it has any, else its adds and removes with `dataChange`. Where it replaces the deletion vector
/// of a file, only the rows in which both vectors differ changed.
/// \param name  for messages.
/// \param with_stats  gives ChangedFile::stats where the log has them.
/// \retval kCorruption  see ParseCommit.
/// Source: PROTOCOL.md, "Add CDC File".
Result<CommitChanges> ParseCommitChanges(Version version, std::string_view json_lines,
                                         std::string_view name, bool with_stats = false);

}  // namespace deltaic
