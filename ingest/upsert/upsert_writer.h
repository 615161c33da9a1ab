#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingest/commit/row_writer.h"
#include "ingest/commit/table_writer.h"
#include "ingest/upsert/change_options.h"

namespace deltaic::ingest {

/// Rows that put and delete others by key, held in memory and merged into the table at a commit.
/// Of several rows of a key the last one counts (by the sequence column, where there is one), so
/// that a commit is one MERGE. A row that breaks a rule of the table fails the commit.
/// One thread at a time.
class UpsertWriter : public RowWriter {
 public:
  UpsertWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot, TableWriterOptions options,
               ChangeOptions changes);

  /// \retval kInvalidArgument  key or sequence columns that the table does not have, or cannot
  /// compare; the table is append-only.
  Status Check() const;

  const SnapshotPtr& snapshot() const override { return plain_.snapshot(); }
  bool checks_rows() const override { return false; }
  int64_t rows_pending() const override { return rows_pending_; }
  int64_t memory_bytes() const override { return bytes_pending_; }
  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) override;
  Result<WriterCommit> Commit(const std::vector<Txn>& positions) override;
  void Drop() override;
  Status Reload() override;

 private:
  /// One row for each key. \param unavailable  columns that hold kUnavailable somewhere.
  Result<std::shared_ptr<arrow::RecordBatch>> Newest(std::vector<std::string>& unavailable) const;
  Result<WriterCommit> Merge(const std::vector<Txn>& positions);

  const std::shared_ptr<Table> table_;
  const TableWriterOptions options_;
  const ChangeOptions changes_;
  TableWriter plain_;  ///< commits without rows
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  int64_t rows_pending_ = 0, bytes_pending_ = 0;
};

}  // namespace deltaic::ingest
