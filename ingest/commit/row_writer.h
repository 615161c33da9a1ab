#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic::ingest {

/// Told of a row that breaks a rule of the table: its position in the batch, and why.
using BadRow = std::function<Status(int64_t row, const Status& why)>;

/// Whether an error of writing rows may be the fault of one of them.
inline bool IsOfRow(const Status& status) {
  return status.code() == StatusCode::kConstraintViolated ||
         status.code() == StatusCode::kSchemaMismatch ||
         status.code() == StatusCode::kInvalidArgument;
}

struct WriterCommit {
  Version version;
  int64_t num_rows = 0, num_files = 0, num_bytes = 0;
  int num_retries = 0;
};

/// Rows on their way into a table, by commits which carry the positions they came from. Each commit
/// is based on what this writer knows of the table: a commit of another with one of the same
/// application ids in between is a conflict (log/table_state_rebase.cc), and so no row is written
/// twice.
///
/// A commit has three steps, so that rows can be taken while it is under way: Depart() sets apart
/// what was taken, Fly() commits that, Land() goes on from the new version. One is under way at
/// most, so that commits keep their order. One thread at a time, but for Fly().
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  virtual const SnapshotPtr& snapshot() const = 0;
  /// Whether rows can be refused for more than their types, each by itself.
  virtual bool checks_rows() const = 0;
  /// Rows that are not committed.
  virtual int64_t rows_pending() const = 0;
  /// What rows that are not committed hold in memory, by estimate.
  virtual int64_t memory_bytes() const = 0;

  /// Takes rows. Those that break a rule are left out and told, each by itself.
  virtual Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) = 0;

  /// Sets the rows taken, which may be none, apart to be committed with `positions`. After an error
  /// they are gone.
  /// \retval kConflict  the rows were made for a table that another writer has changed since.
  virtual Status Depart(std::vector<Txn> positions) = 0;
  /// Of what has departed: whether it changes what later rows are made for (columns, identity
  /// values), so that Land() must come before Write().
  virtual bool changes_table() const = 0;
  /// What departs next is for a table that this process has changed by other means than this
  /// writer: a compaction. Spares a commit that would be made for the version before.
  virtual void ExpectNewVersion() {}
  /// Commits what has departed. From any thread, beside all calls but Land() and Reload().
  /// \retval kConflict  another writer has moved one of the positions, or changed the table.
  virtual Status Fly() = 0;
  /// After Fly(), or in its place: then its rows are dropped. \return what Fly() returned. After an
  /// error its rows are gone: drop those that were taken since, reload, and begin again.
  virtual Result<WriterCommit> Land() = 0;
  /// All three.
  Result<WriterCommit> Commit(std::vector<Txn> positions) {
    DELTAIC_RETURN_IF_ERROR(Depart(std::move(positions)));
    static_cast<void>(Fly());
    return Land();
  }

  /// Forgets the rows taken, and deletes their files; what has departed flies on.
  virtual void Drop() = 0;
  /// Reads the newest version. No rows may be pending, and none under way.
  virtual Status Reload() = 0;
};

}  // namespace deltaic::ingest
