#include "scan/scan.h"

#include "data/read/data_file_testing.h"
#include "expr/parser.h"
#include "support/status_matchers.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::ExpectTablesEqual;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;
using testing::TableOf;
using testing::WriteParquet;

/// A table by hand: a long `id`, partitioned by an integer `p`.
class ScanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string schema =
        R"({\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},)"
        R"({\"name\":\"p\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]})";
    std::string commit =
        R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
        "\n"
        R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":")" +
        schema + R"(","partitionColumns":["p"],"configuration":{}}})" + "\n";
    // The listing's order is none that a reader could rely on.
    commit += AddFile("p=10/b.parquet", "10", 100);
    commit += AddFile("p=9/z.parquet", "9", 90);
    commit += AddFile("p=10/a.parquet", "10", 50);
    commit += AddFile("p=null/n.parquet", "", 1);
    ASSERT_THAT(store_->Put("_delta_log/00000000000000000000.json", commit), IsOk());
    const auto snapshot = Table::Of(store_)->Load();
    ASSERT_THAT(snapshot, IsOk());
    snapshot_ = *snapshot;
  }

  /// A file of three ids from `first` on, and its line for the log.
  std::string AddFile(const std::string& path, const std::string& partition, int64_t first) {
    WriteParquet(*store_, path,
                 *TableOf({{arrow::field("id", arrow::int64()),
                            Concat("[", first, ", ", first + 1, ", ", first + 2, "]")}}));
    return Concat(
        R"({"add":{"path":")", path, R"(","partitionValues":{"p":)",
        partition.empty() ? "null" : "\"" + partition + "\"",
        R"(},"size":1,"modificationTime":0,"dataChange":true,"stats":"{\"numRecords\":3,\"minValues\":{\"id\":)",
        first, R"(},\"maxValues\":{\"id\":)", first + 2, R"(},\"nullCount\":{\"id\":0}}"}})", "\n");
  }

  Result<std::shared_ptr<arrow::Table>> Read(ScanOptions options, ScanMetrics* metrics = nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const auto scan, Scan::Make(snapshot_, std::move(options)));
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(auto batch, scan->Next());
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
    if (metrics != nullptr) *metrics = scan->metrics();
    return *arrow::Table::FromRecordBatches(scan->schema(), batches);
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  SnapshotPtr snapshot_;
};

TEST_F(ScanTest, OrderedScanGoesByPartitionValueThenPath) {
  ScanOptions options;
  options.ordered = true;
  const auto table = Read(options);
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *TableOf({{arrow::field("id", arrow::int64()),
                                        "[1, 2, 3, 90, 91, 92, 50, 51, 52, 100, 101, 102]"},
                                       {arrow::field("p", arrow::int32()),
                                        "[null, null, null, 9, 9, 9, 10, 10, 10, 10, 10, 10]"}}));
}

TEST_F(ScanTest, ColumnsAndPredicateIgnoreCaseAndFilesArePruned) {
  ScanOptions options;
  options.columns.emplace(1, "ID");
  options.predicate = *ParsePredicate("P = 10 and Id > 60");
  ScanMetrics metrics;
  const auto table = Read(options, &metrics);
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *TableOf({{arrow::field("id", arrow::int64()), "[100, 101, 102]"}}));
  EXPECT_EQ(metrics.files.files_total, 4);
  EXPECT_EQ(metrics.files.files_pruned_partition, 2);
  EXPECT_EQ(metrics.files.files_pruned_stats, 1);
  EXPECT_EQ(metrics.files.files_selected, 1);
  EXPECT_EQ(metrics.files_read, 1);
}

TEST_F(ScanTest, NoColumnsCountRows) {
  ScanOptions options;
  options.columns.emplace();
  options.predicate = *ParsePredicate("p IS NOT NULL");
  const auto scan = Scan::Make(snapshot_, options);
  ASSERT_THAT(scan, IsOk());
  int64_t rows = 0;
  for (;;) {
    const auto batch = (*scan)->Next();
    ASSERT_THAT(batch, IsOk());
    if (*batch == nullptr) break;
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 9);
  EXPECT_EQ((*scan)->metrics().bytes_read, 0);
}

TEST_F(ScanTest, UnknownColumnsAreRefusedWithTheNearestName) {
  ScanOptions columns;
  columns.columns.emplace(1, "idd");
  EXPECT_THAT(Scan::Make(snapshot_, columns),
              StatusIs(StatusCode::kInvalidArgument, AllOf(HasSubstr("idd"), HasSubstr("id"))));
  ScanOptions predicate;
  predicate.predicate = *ParsePredicate("q = 1");
  EXPECT_THAT(Scan::Make(snapshot_, predicate),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("q")));
}

TEST_F(ScanTest, MissingFileIsAnErrorThatNamesIt) {
  const auto rows_of = [](Scan& scan) -> Result<int64_t> {
    for (int64_t rows = 0;;) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
      if (batch == nullptr) return rows;
      rows += batch->num_rows();
    }
  };
  ScanOptions options;
  options.limit = 5;
  const auto scan = Scan::Make(snapshot_, options);
  ASSERT_THAT(scan, IsOk());
  EXPECT_THAT(rows_of(**scan), IsOkAndHolds(int64_t{5}));

  ASSERT_THAT(store_->Delete("p=9/z.parquet"), IsOk());
  const auto broken = Scan::Make(snapshot_, {});
  ASSERT_THAT(broken, IsOk());
  EXPECT_THAT(rows_of(**broken),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr("data file p=9/z.parquet of the table is missing")));
}

}  // namespace
}  // namespace deltaic
