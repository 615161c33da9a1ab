#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "sync/copy_rows.h"
#include "sync/diff.h"

namespace deltaic {

enum class SyncTarget { kPostgres, kRedis };

/// What may become of the target's rows.
enum class SyncMode {
  kMirror,  ///< it has the source's rows and no others
  kUpsert,  ///< none is deleted
  kAppend,  ///< nor updated: only rows with new keys come
  kUpdate,  ///< none is deleted or inserted
};

/// What to do where versions since the cursor's are gone.
enum class GapRule { kSnapshot, kError };

/// What to do with columns that the target lacks.
enum class NewColumnRule { kIgnore, kAdd, kError };

/// How far a target is, as it says itself.
struct SyncCursor {
  std::string table_id;
  std::optional<Version> version;  ///< unset: it was never synced
  std::string spec;                ///< SyncPlan::spec of that run
};

struct SyncOptions {
  SyncTarget target = SyncTarget::kPostgres;
  std::string into;  ///< PostgreSQL: a table, with or without schema; Redis: what keys begin with
  std::string name;  ///< of the cursor; empty: `into`
  std::vector<std::string> key;  ///< the source's columns
  SyncMode mode = SyncMode::kMirror;
  std::vector<std::string> columns;  ///< "source" or "source=target"; empty: those both have
  SyncCursor cursor;
  std::map<std::string, std::string> target_types;  ///< PostgreSQL: of the target's columns
  bool has_unique_key = false;                      ///< PostgreSQL: an index over the key
  GapRule on_gap = GapRule::kSnapshot;
  NewColumnRule new_columns = NewColumnRule::kIgnore;
  bool resync = false;  ///< the cursor counts for nothing
  bool full = false;    ///< all rows are sent, but it has to be of this table
  /// PostgreSQL, kMirror: a column of the target that marks rows instead of their being deleted.
  std::string soft_delete;
  /// A file to which rows go that the target cannot hold; empty: they fail the run.
  std::string rejects;
  int64_t max_rejects = 10'000;  ///< rows; more fail the run
  NulRule nul = NulRule::kError;
  RedisValue redis_value = RedisValue::kHash;
  CopyFormat redis_format = CopyFormat::kRedis;
  DiffSource source = DiffSource::kAuto;
  /// Of these: predicate, session, num_threads, max_memory_bytes, batch_rows, cancel.
  ScanOptions scan;

  const std::string& cursor_name() const { return name.empty() ? into : name; }
};

/// The columns as pairs of source and target. \retval kInvalidArgument  an empty name.
Result<std::vector<std::pair<std::string, std::string>>> ParseSyncColumns(
    const std::vector<std::string>& columns);

/// What the target calls the columns of the key.
Result<std::vector<std::string>> TargetKey(const SyncOptions& options);

/// \retval kInvalidArgument  no target's name, no key, a mode or a soft delete that the target does
/// not have.
Status CheckSyncOptions(const SyncOptions& options);

std::string_view SyncModeName(SyncMode mode);

}  // namespace deltaic
