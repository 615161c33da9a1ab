#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "ingest/commit/row_writer.h"
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

/// Rows that are appended to a table. One thread at a time.
class TableWriter : public RowWriter {
 public:
  TableWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot, TableWriterOptions options);
  ~TableWriter() override;

  const SnapshotPtr& snapshot() const override { return snapshot_; }
  const std::shared_ptr<Table>& table() const { return table_; }
  bool checks_rows() const override { return checks_rows_; }
  int64_t rows_pending() const override { return rows_pending_; }
  int64_t memory_bytes() const override { return sink_ == nullptr ? 0 : sink_->memory_bytes(); }

  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) override;
  Result<WriterCommit> Commit(const std::vector<Txn>& positions) override;
  void Drop() override;
  Status Reload() override;
  /// Goes on from a newer version, which no rows are pending for.
  void Adopt(SnapshotPtr snapshot);

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
