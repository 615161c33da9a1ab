#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "ops/row_sink.h"
#include "ops/uncommitted_files.h"
#include "ops/write_plan.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic::ingest {

struct TableWriterOptions {
  DataFileOptions files;
  bool add_columns = false;  ///< columns of rows that the table lacks are added to it
  std::string query_id;      ///< of the commit's parameters
};

/// Told of a row that breaks a rule of the table: its position in the batch, and why.
using BadRow = std::function<Status(int64_t row, const Status& why)>;

struct WriterCommit {
  Version version;
  int64_t num_rows = 0, num_files = 0, num_bytes = 0;
  int num_retries = 0;
};

/// Rows that go into a table by commits which carry the positions they came from. Each commit is
/// based on what this writer knows of the table: a commit of another with one of the same
/// application ids in between is a conflict (log/table_state_rebase.cc), and so no row is written
/// twice. One thread at a time.
class TableWriter {
 public:
  TableWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot, TableWriterOptions options);
  ~TableWriter();

  const SnapshotPtr& snapshot() const { return snapshot_; }
  const std::shared_ptr<Table>& table() const { return table_; }
  /// Whether rows can be refused for more than their types: there are rules.
  bool checks_rows() const { return checks_rows_; }
  int64_t rows_pending() const { return rows_pending_; }
  /// What the rows taken hold in memory, by estimate.
  int64_t memory_bytes() const { return sink_ == nullptr ? 0 : sink_->memory_bytes(); }

  /// Takes rows. Those that break a rule are left out and told, each by itself.
  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row);

  /// Commits the rows taken, which may be none, with `positions`. After any error the rows are
  /// gone: reload and begin again.
  /// \retval kConflict  another writer has moved one of the positions, or changed the table.
  Result<WriterCommit> Commit(const std::vector<Txn>& positions);

  /// Forgets the rows taken, and deletes their files.
  void Drop();
  /// Reads the newest version. No rows may be pending.
  Status Reload();

 private:
  Status WriteSlice(const std::shared_ptr<arrow::RecordBatch>& rows, int64_t first,
                    const BadRow& bad_row);
  /// The rows without columns that the table computes, where they have no value; nullptr where some
  /// rows have one and others do not.
  Result<std::shared_ptr<arrow::RecordBatch>> WithoutComputed(
      std::shared_ptr<arrow::RecordBatch> rows) const;
  Status OpenSink(const arrow::Schema& rows);
  Status FinishSink();
  void LearnRules();

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  const TableWriterOptions options_;
  bool checks_rows_ = false;
  std::vector<std::string> computed_;  // columns that get a value where none is given

  std::optional<WritePlan> plan_;        // of the rows pending
  std::shared_ptr<arrow::Schema> seen_;  // of the last rows, which the plan is for
  std::unique_ptr<RowSink> sink_;
  std::vector<WrittenFile> files_;
  std::unique_ptr<UncommittedFiles> uncommitted_;
  SchemaPtr advanced_schema_;
  int64_t rows_pending_ = 0;
};

}  // namespace deltaic::ingest
