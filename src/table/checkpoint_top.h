#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "log/log_segment.h"
#include "protocol/actions.h"
#include "protocol/log_file_name.h"
#include "storage/log_store.h"
#include "table/table.h"

namespace deltaic {

/// Actions in a JSON checkpoint: of more, as a table with very many transactions has them, Parquet
/// is the smaller file, and the faster one to read.
inline constexpr int64_t kMostJsonActions = 10'000;

/// What the top file of a checkpoint of the V2 form holds: all but file actions, which its sidecars
/// have. Source: PROTOCOL.md, "V2 Spec".
struct CheckpointTop {
  CheckpointMetadata metadata;
  std::vector<Sidecar> sidecars;
  Protocol protocol;
  Metadata table;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;

  int64_t num_actions() const;
};

/// A file of the log that was written.
struct TopFile {
  std::string name;
  int64_t size_bytes = 0;
};

/// Writes it, whole or not at all.
/// \param kind  how it is named: kUuidCheckpointJson, kUuidCheckpointParquet, or kClassicCheckpoint
/// (Parquet, which older readers find too).
/// \param may_be_there  called before the file may have become visible; what fails before that has
/// left nothing. May be empty.
Result<TopFile> WriteTop(LogStore& log, const CheckpointTop& top, LogFileKind kind,
                         const std::function<void()>& may_be_there = {});

/// Puts a checkpoint with the classic name beside one that is named by a UUID, with the same
/// sidecars: readers that do not know the form find it, and in it the protocol that tells them so.
/// Nothing is done where `checkpoint` (LogSegment::checkpoint, not empty) has the classic name, or
/// file actions of its own. Source: PROTOCOL.md, "Handling Backward compatibility while moving to
/// UUID-named v2 Checkpoints".
Status WriteClassicTwin(const Table& table, std::span<const LogFile> checkpoint);

}  // namespace deltaic
