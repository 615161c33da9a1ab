#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "log/staged_removes.h"
#include "log/transaction_reads.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// The version that a commit comes right after, as far as it matters to it.
struct CommitBase {
  std::optional<Version> version;  ///< none where the table is created, nor has it the next two
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  /// The highest row id given away; -1 where none was. Known where the table tracks rows.
  int64_t row_id_high_water_mark = -1;
  /// What an in-commit timestamp must exceed; known where the commit will have one.
  std::optional<int64_t> time_ms;

  Version Next() const { return version ? version->Next() : Version{0}; }
};

/// A commit before it has a version: what was read, what is written, and what it comes after. A
/// value: a lost race makes another one of it (Rebase), and each try formats its text anew.
struct StagedCommit {
  std::string operation;  ///< its commitInfo's
  CommitBase base;
  TransactionReads reads;
  /// To which the read predicates are bound, with the partition columns of that time. nullptr:
  /// predicates match all files.
  SchemaPtr read_schema;
  std::vector<std::string> read_partition_columns;

  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Txn> txns;
  std::vector<DomainMetadata> domains;
  StagedRemoves removes;  ///< sealed
  std::vector<Add> adds;
  std::vector<Cdc> cdcs;
  /// Whether rows that were moved kept their ids, where the table tracks rows.
  bool preserves_row_ids = true;

  /// Those of the table once this is committed. One of each is there.
  const Protocol& effective_protocol() const { return protocol ? *protocol : *base.protocol; }
  const Metadata& effective_metadata() const { return metadata ? *metadata : *base.metadata; }
};

/// True if it does nothing but add files, and read nothing to do so.
bool IsBlindAppend(const StagedCommit& staged);

/// How strictly a commit is judged.
enum class CommitIsolation { kSnapshot, kWriteSerializable, kSerializable };

/// One that moves rows from file to file and changes none is a snapshot's equal. Under
/// WriteSerializable it must also be of an operation that is known to change none.
/// Source: write.md, section 1.
CommitIsolation IsolationOf(const StagedCommit& staged);

/// Spark's name for it.
std::string_view IsolationName(CommitIsolation isolation);

/// True where tables like this have a timestamp in each commit.
bool HasInCommitTimestamps(const Protocol& protocol, const Metadata& metadata);

/// True where rows of tables like this keep their ids.
bool TracksRows(const Protocol& protocol, const Metadata& metadata);

/// The actions of the commit for the version after its base, as lines, but for commitInfo. Row ids,
/// row commit versions and what enables in-commit timestamps are filled in.
/// \param time_ms  the commit's in-commit timestamp, where it has one.
/// \retval kInvalidArgument  a file without numRecords in a table that tracks rows.
Result<std::string> FormatStagedCommit(const StagedCommit& staged, std::optional<int64_t> time_ms);

}  // namespace deltaic
