#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/status.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic::ingest {

/// Told of a row that breaks a rule of the table: its position in the batch, and why.
using BadRow = std::function<Status(int64_t row, const Status& why)>;

struct WriterCommit {
  Version version;
  int64_t num_rows = 0, num_files = 0, num_bytes = 0;
  int num_retries = 0;
};

/// Rows on their way into a table, by commits which carry the positions they came from. Each commit
/// is based on what this writer knows of the table: a commit of another with one of the same
/// application ids in between is a conflict (log/table_state_rebase.cc), and so no row is written
/// twice. One thread at a time.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  virtual const SnapshotPtr& snapshot() const = 0;
  /// Whether rows can be refused for more than their types, each by itself.
  virtual bool checks_rows() const = 0;
  virtual int64_t rows_pending() const = 0;
  /// What the rows taken hold in memory, by estimate.
  virtual int64_t memory_bytes() const = 0;

  /// Takes rows. Those that break a rule are left out and told, each by itself.
  virtual Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) = 0;

  /// Commits the rows taken, which may be none, with `positions`. After any error the rows are
  /// gone: reload and begin again.
  /// \retval kConflict  another writer has moved one of the positions, or changed the table.
  virtual Result<WriterCommit> Commit(const std::vector<Txn>& positions) = 0;

  /// Forgets the rows taken, and deletes their files.
  virtual void Drop() = 0;
  /// Reads the newest version. No rows may be pending.
  virtual Status Reload() = 0;
};

}  // namespace deltaic::ingest
