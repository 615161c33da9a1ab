#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "expr/session.h"
#include "ops/row_changes.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

// What DELETE, UPDATE and MERGE share around their rows.

/// How such an operation went.
struct RowChangeResult {
  std::optional<Version> version;  ///< none where no row matched: nothing is committed then
  SnapshotPtr snapshot;            ///< after it
  RowChangeCounts changed;
  /// False where whole files went and statistics do not count their rows.
  bool rows_are_counted = true;
  int64_t execution_time_ms = 0, scan_time_ms = 0;
  int num_retries = 0;
};

/// A transaction that takes rows away.
/// \retval kInvalidArgument  the table is append-only.
/// \retval kUnsupported  it has a feature that this build does not write, or cannot keep true while
/// it changes rows.
Result<Transaction> StartRowChange(const std::shared_ptr<Table>& table,
                                   const SnapshotPtr& snapshot);

/// Commits what is staged, and `transactions`, and notes in `result` how it went.
Status CommitRowChange(Transaction transaction, const std::vector<Txn>& transactions,
                       const CommitSpec& spec, int64_t begin_ms, RowChangeResult& result);

/// `session`, with the clock's time where it has none.
Session WithTime(Session session, int64_t now_ms);

/// Rows of a file that are not deleted; unset where its statistics do not count them.
std::optional<int64_t> CountLiveRows(const Add& add, const Schema& schema);

/// Metrics for a commit; those unset are left out, as Spark does.
using Metrics = std::vector<std::pair<std::string_view, std::optional<int64_t>>>;
std::vector<std::pair<std::string, std::string>> MetricTexts(const Metrics& metrics);

/// What DELETE and UPDATE say of files in their metrics, by Spark's names.
/// \param rows  the name for the rows: "numDeletedRows".
Metrics RowChangeMetrics(const RowChangeResult& result, std::string_view rows);

}  // namespace deltaic
