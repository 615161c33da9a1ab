#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/commit/row_writer.h"
#include "ingest/commit/table_writer.h"
#include "ingest/upsert/change_options.h"
#include "ingest/upsert/newest_rows.h"
#include "ingest/upsert/row_trial.h"

namespace deltaic::ingest {

/// Rows that put and delete others by key, held in memory and merged into the table at a commit.
/// Of several rows of a key the last one counts (by the sequence column, where there is one), so
/// that a commit is one MERGE. A row that breaks a rule of the table is left out; one whose large
/// value did not come, and which breaks a rule with that of the table, fails the commit.
class UpsertWriter : public RowWriter {
 public:
  UpsertWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot, TableWriterOptions options,
               ChangeOptions changes);

  /// \retval kInvalidArgument  key or sequence columns that the table does not have, or cannot
  /// compare; the table is append-only.
  Status Check() const;

  const SnapshotPtr& snapshot() const override { return plain_.snapshot(); }
  bool checks_rows() const override { return plain_.checks_rows(); }
  int64_t rows_pending() const override { return load_.rows + (flying_ ? flying_->rows : 0); }
  int64_t memory_bytes() const override { return load_.bytes + (flying_ ? flying_->bytes : 0); }
  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) override;
  Status Depart(std::vector<Txn> positions) override;
  bool changes_table() const override;
  void ExpectNewVersion() override { expects_new_version_ = true; }
  Status Fly() override;
  Result<WriterCommit> Land() override;
  void Drop() override { load_ = Load(); }
  Status Reload() override;

 private:
  struct Load {
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    int64_t rows = 0, bytes = 0;
  };
  struct Flight : Load {
    std::vector<Txn> positions;
    bool looks_first = false;  ///< for a version newer than the one known
    std::optional<Result<SnapshotPtr>> outcome;
    WriterCommit done;  ///< of an outcome that is ok
  };
  Result<NewestRows> Newest(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const;
  Result<SnapshotPtr> Merge(Flight& flight, const SnapshotPtr& base) const;
  Result<SnapshotPtr> MergeIntoNewest(Flight& flight) const;
  Result<SnapshotPtr> NewestFor(const Flight& flight, const SnapshotPtr& base) const;

  const std::shared_ptr<Table> table_;
  const TableWriterOptions options_;
  const ChangeOptions changes_;
  TableWriter plain_;              ///< commits without rows; knows the version
  Load load_;                      ///< the rows taken
  std::optional<RowTrial> trial_;  ///< by the rules of snapshot(), made when it is asked for
  bool expects_new_version_ = false;
  /// Rows that are being merged. A commit without rows is plain_'s.
  std::unique_ptr<Flight> flying_;
};

}  // namespace deltaic::ingest
