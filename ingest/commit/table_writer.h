#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
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

/// Rows that are appended to a table.
class TableWriter : public RowWriter {
 public:
  TableWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot, TableWriterOptions options);
  ~TableWriter() override;

  const SnapshotPtr& snapshot() const override { return snapshot_; }
  const std::shared_ptr<Table>& table() const { return table_; }
  bool checks_rows() const override { return checks_rows_; }
  int64_t rows_pending() const override;
  int64_t memory_bytes() const override;

  Status Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) override;
  Status Depart(std::vector<Txn> positions) override;
  bool changes_table() const override;
  Status Fly() override;
  Result<WriterCommit> Land() override;
  void Drop() override;
  Status Reload() override;
  /// Goes on from a newer version. No rows may be pending, and none under way.
  void Adopt(SnapshotPtr snapshot);

 private:
  /// Rows that one commit will hold.
  struct Load {
    explicit Load(std::shared_ptr<ObjectStore> store) : uncommitted(std::move(store)) {}
    std::optional<WritePlan> plan;
    SnapshotPtr plan_base;                // that the plan was made on
    std::shared_ptr<arrow::Schema> seen;  // of the last rows, which the plan is for
    std::unique_ptr<RowSink> sink;
    std::vector<WrittenFile> files;
    UncommittedFiles uncommitted;
    SchemaPtr advanced_schema;
    int64_t rows = 0;
    Status FinishSink();
  };
  /// A load on its way.
  struct Departure {
    std::unique_ptr<Load> load;
    std::vector<Txn> positions;
    SnapshotPtr base;
    int64_t memory_bytes = 0;  // when it departed
    std::optional<Result<CommitResult>> outcome;
  };

  Status WriteSlice(const std::shared_ptr<arrow::RecordBatch>& rows, int64_t first,
                    const BadRow& bad_row);
  /// The rows without columns that the table computes, where they have no value; nullptr where some
  /// rows have one and others do not.
  Result<std::shared_ptr<arrow::RecordBatch>> WithoutComputed(
      std::shared_ptr<arrow::RecordBatch> rows) const;
  Status OpenSink(const arrow::Schema& rows);
  Result<CommitResult> Commit(Departure& departure) const;
  CommitSpec SpecOf(const Load& load) const;
  void LearnRules();

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  const TableWriterOptions options_;
  bool checks_rows_ = false;
  bool has_identity_ = false;
  std::vector<std::string> computed_;  // columns that get a value where none is given
  std::unique_ptr<Load> load_;         // of the rows taken
  std::unique_ptr<Departure> departure_;
};

}  // namespace deltaic::ingest
