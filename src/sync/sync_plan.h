#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sync/sync_options.h"
#include "table/table.h"

namespace deltaic {

enum class SyncAction {
  kNothing,
  kSnapshot,     ///< all rows are sent
  kIncremental,  ///< net changes are
};

struct SyncColumn {
  std::string source, target;
  std::string type;  ///< PostgreSQL's, of the target; empty for Redis
  /// Only PostgreSQL knows whether its type holds a value: with rejects it comes as text first.
  bool as_text = false;
};

/// What a cursor's spec ends with while rows are missing in the target for keys that are there
/// twice: of one such row that goes, the change does not tell what the other one is.
inline constexpr std::string_view kRepeatedKeysMark = " repeated keys";

/// SQL to run, and what the rows are that it touches: "deleted", "upserted" or nothing; "told": its
/// one row says how many of both; "rejected": rows of one text, for the file of rejects.
struct SyncStep {
  std::string sql, counts;
};

/// How a target gets to be at a version. Immutable once made: safe from any thread.
///
/// All of it belongs in one transaction: prepare, then the rows by COPY, then checks (each gives no
/// row, or one with what is wrong), apply, and finish, which moves the cursor.
struct SyncPlan {
  SyncAction action = SyncAction::kNothing;
  std::optional<Version> from;  ///< of the cursor
  Version to;
  std::string table_id;
  std::string spec;                  ///< columns, condition, mode: what the target's rows are of
  std::vector<std::string> reasons;  ///< why not less is done, for people
  std::optional<DiffSource> source;  ///< of kIncremental
  int64_t size_bytes = 0;            ///< of kIncremental: of the files to read
  std::vector<SyncColumn> columns;
  CopyFormat format = CopyFormat::kPostgresText;

  // PostgreSQL
  std::optional<SyncColumn> soft_delete;  ///< its type bare, MarksDeletes(); no source
  std::vector<std::string> prepare;
  std::string copy;
  std::vector<std::string> checks;
  std::vector<SyncStep> apply;

  /// SQL, or for Redis commands as JSON arrays.
  std::vector<std::string> finish;
  /// Redis: the pattern of keys that go before the rows come; empty: none.
  std::string clear;

  SnapshotPtr snapshot;  ///< of `to`
  std::optional<DiffPlan> diff;
};

/// Decides what is to be done. Reads the log, and looks whether files are there; reads no row.
/// \param newest  of `table`: what the target is to be brought to.
/// \retval kInvalidArgument  see CheckSyncOptions; unknown columns; a cursor of another table, or
/// beyond `newest`; a target without such a table, or without a unique index over the key.
/// \retval kNotFound  versions are gone, and on_gap is kError.
Result<SyncPlan> PlanSync(const Table& table, const SnapshotPtr& newest,
                          const SyncOptions& options);

/// The rows to send: the columns in their order, and for kIncremental `_change_type`.
/// \retval kInvalidArgument  there is nothing to send.
Result<std::unique_ptr<Scan>> OpenSyncRows(const Table& table, const SyncPlan& plan,
                                           const SyncOptions& options);

/// How those rows are to be encoded.
CopyOptions SyncCopyOptions(const SyncPlan& plan, const SyncOptions& options);

}  // namespace deltaic
