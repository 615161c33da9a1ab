#include "scan/scan_task.h"

#include <algorithm>

#include "data/read/data_file_testing.h"
#include "expr/parser.h"
#include "scan/explain.h"
#include "support/status_matchers.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using testing::TableOf;
using testing::WriteParquet;

constexpr int kFiles = 6;
constexpr int kRowsOfFile = 100;

/// A table by hand: a long `id`, partitioned by an integer `p`, in files of ten row groups.
class ScanTaskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string commit = Concat(
        R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})", "\n",
        R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":")",
        R"({\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},)",
        R"({\"name\":\"p\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]})",
        R"(","partitionColumns":["p"],"configuration":{}}})", "\n");
    for (int file = 0; file < kFiles; ++file) commit += AddFile(file);
    ASSERT_THAT(store_->Put("_delta_log/00000000000000000000.json", commit), IsOk());
    const auto snapshot = Table::Of(store_)->Load();
    ASSERT_THAT(snapshot, IsOk());
    snapshot_ = *snapshot;
  }

  std::string AddFile(int file) {
    std::string ids;
    for (int i = 0; i < kRowsOfFile; ++i)
      ids += Concat(ids.empty() ? "[" : ",", file * kRowsOfFile + i);
    const std::string path = Concat("p=", file % 2, "/", file, ".parquet");
    WriteParquet(*store_, path, *TableOf({{arrow::field("id", arrow::int64()), ids + "]"}}),
                 {.rows_per_group = kRowsOfFile / 10});
    const auto meta = store_->Stat(path);
    EXPECT_THAT(meta, IsOk());
    return Concat(R"({"add":{"path":")", path, R"(","partitionValues":{"p":")", file % 2,
                  R"("},"size":)", meta->size_bytes, R"(,"modificationTime":0,"dataChange":true}})",
                  "\n");
  }

  std::vector<ScanTask> Plan(ScanTaskOptions options) {
    const auto tasks = PlanScanTasks(snapshot_, options);
    EXPECT_THAT(tasks, IsOk());
    return tasks.ok() ? *tasks : std::vector<ScanTask>();
  }

  /// The ids of a task that has gone through bytes.
  std::vector<int64_t> Run(const ScanTask& task) {
    const auto parsed = ParseScanTask(SerializeScanTask(task));
    EXPECT_THAT(parsed, IsOk());
    EXPECT_EQ(*parsed, task);
    auto scan = OpenScanTask(*parsed, store_, ScanOptions());
    EXPECT_THAT(scan, IsOk());
    std::vector<int64_t> ids;
    while (scan.ok()) {
      const auto batch = (*scan)->Next();
      EXPECT_THAT(batch, IsOk());
      if (!batch.ok() || *batch == nullptr) break;
      const auto& column = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
      for (int64_t i = 0; i < column.length(); ++i) ids.push_back(column.Value(i));
    }
    return ids;
  }

  std::vector<int64_t> RunAll(const std::vector<ScanTask>& tasks) {
    std::vector<int64_t> ids;
    for (const ScanTask& task : tasks) {
      const auto some = Run(task);
      ids.insert(ids.end(), some.begin(), some.end());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  SnapshotPtr snapshot_;
};

std::vector<int64_t> Range(int64_t begin, int64_t end) {
  std::vector<int64_t> ids;
  for (int64_t id = begin; id < end; ++id) ids.push_back(id);
  return ids;
}

TEST_F(ScanTaskTest, TasksTogetherHaveEveryRowOnce) {
  for (const int64_t count : {1, 2, 4, 6, 50}) {
    const auto tasks = Plan({.max_tasks = count});
    EXPECT_EQ(static_cast<int64_t>(tasks.size()), std::min<int64_t>(count, kFiles));
    EXPECT_EQ(RunAll(tasks), Range(0, kFiles * kRowsOfFile));
  }
}

TEST_F(ScanTaskTest, FilesAreCutBetweenRowGroups) {
  const auto tasks = Plan({.target_bytes = 300});
  EXPECT_GT(tasks.size(), 2 * size_t{kFiles});
  size_t with_rows = 0;
  for (const ScanTask& task : tasks) with_rows += Run(task).empty() ? 0 : 1;
  EXPECT_GT(with_rows, size_t{kFiles});
  EXPECT_EQ(RunAll(tasks), Range(0, kFiles * kRowsOfFile));
}

TEST_F(ScanTaskTest, PredicateLeavesOutFilesWhenPlannedAndRowsWhenRun) {
  const auto predicate = ParsePredicate("p = 1 AND id >= 150 AND id < 320");
  ASSERT_THAT(predicate, IsOk());
  const auto tasks = Plan({.columns = {{"ID"}}, .predicate = *predicate, .max_tasks = 10});
  EXPECT_EQ(tasks.size(), 3U);
  EXPECT_THAT(tasks[0].columns, ElementsAre("id"));
  auto expected = Range(150, 200);
  const auto more = Range(300, 320);
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(RunAll(tasks), expected);
}

TEST_F(ScanTaskTest, MetadataColumnsComeAfterTheOthers) {
  const auto tasks =
      Plan({.columns = {{"id"}},
            .metadata_columns = {MetadataColumn::kRowIndex, MetadataColumn::kFilePath},
            .target_bytes = 300});
  ASSERT_GT(tasks.size(), 2 * size_t{kFiles});
  int64_t num_rows = 0;
  for (const ScanTask& planned : tasks) {
    const auto task = ParseScanTask(SerializeScanTask(planned));
    ASSERT_THAT(task, IsOk());
    EXPECT_EQ(*task, planned);
    const auto scan = OpenScanTask(*task, store_, ScanOptions());
    ASSERT_THAT(scan, IsOk());
    EXPECT_THAT((*scan)->schema()->field_names(),
                ElementsAre("id", "_metadata.row_index", "_metadata.file_path"));
    while (true) {
      const auto batch = (*scan)->Next();
      ASSERT_THAT(batch, IsOk());
      if (*batch == nullptr) break;
      const auto& ids = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
      const auto& rows = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
      const auto& paths = static_cast<const arrow::StringArray&>(*(*batch)->column(2));
      for (int64_t i = 0; i < ids.length(); ++i) {
        EXPECT_EQ(rows.Value(i), ids.Value(i) % kRowsOfFile);
        EXPECT_THAT(paths.GetString(i), HasSubstr(Concat(ids.Value(i) / kRowsOfFile, ".parquet")));
      }
      num_rows += ids.length();
    }
  }
  EXPECT_EQ(num_rows, kFiles * kRowsOfFile);
}

TEST_F(ScanTaskTest, RowIdsNeedRowTracking) {
  ScanTaskOptions options;
  options.metadata_columns = {MetadataColumn::kRowId};
  EXPECT_THAT(PlanScanTasks(snapshot_, options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("delta.enableRowTracking")));
  auto task = Plan({.max_tasks = 1}).at(0);
  task.metadata_columns = {MetadataColumn::kRowId};
  EXPECT_THAT(OpenScanTask(task, store_, ScanOptions()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("delta.enableRowTracking")));
}

TEST_F(ScanTaskTest, AllTasksHaveTheTimeAtWhichTheyWerePlanned) {
  constexpr int64_t kNow = 1'700'000'000'000'000;
  const auto predicate = ParsePredicate("id >= UNIX_MICROS(CURRENT_TIMESTAMP())");
  ASSERT_THAT(predicate, IsOk());
  // By the clock no row matches, and that is known when the tasks are planned.
  EXPECT_TRUE(
      RunAll(Plan({.predicate = *predicate, .session = {.now_micros = kNow}, .max_tasks = 2}))
          .empty());
  const auto any = ParsePredicate("id < UNIX_MICROS(CURRENT_TIMESTAMP())");
  ASSERT_THAT(any, IsOk());
  auto tasks = Plan({.predicate = *any, .session = {.now_micros = kNow}, .max_tasks = 3});
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].now_micros, kNow);
  for (ScanTask& task : tasks) {
    EXPECT_EQ(task.now_micros, tasks[0].now_micros);
    EXPECT_EQ(ParseScanTask(SerializeScanTask(task))->now_micros, task.now_micros);
  }
  for (ScanTask& task : tasks) task.now_micros = 120;
  EXPECT_EQ(RunAll(tasks), Range(0, 120));
}

TEST_F(ScanTaskTest, UnknownReaderFeatureIsRefusedByTheRunner) {
  auto task = Plan({.max_tasks = 1}).at(0);
  task.protocol = {3, 7, {{"cakes"}}, {{"cakes"}}};
  EXPECT_THAT(OpenScanTask(task, store_, ScanOptions()),
              StatusIs(StatusCode::kUnsupported, HasSubstr("cakes")));
}

TEST_F(ScanTaskTest, TaskOfACatalogsTableNeedsNoCatalog) {
  auto task = Plan({.max_tasks = 1}).at(0);
  task.protocol = {3, 7, {{"catalogManaged"}}, {{"catalogManaged", "inCommitTimestamp"}}};
  EXPECT_EQ(Run(task).size(), size_t{kFiles * kRowsOfFile});
}

TEST_F(ScanTaskTest, BytesThatAreNoTaskAreRefused) {
  const std::string bytes = SerializeScanTask(Plan({.target_bytes = 300}).at(0));
  EXPECT_THAT(ParseScanTask(""), StatusIs(StatusCode::kCorruption, HasSubstr("empty")));
  EXPECT_THAT(ParseScanTask("\x01" + bytes.substr(1)),
              StatusIs(StatusCode::kUnsupported, HasSubstr("another version")));
  EXPECT_THAT(ParseScanTask(bytes.substr(0, 20)),
              StatusIs(StatusCode::kCorruption, HasSubstr("cut short")));
  EXPECT_THAT(ParseScanTask(bytes.substr(0, bytes.find('\n') + 1)),
              StatusIs(StatusCode::kCorruption, HasSubstr("no protocol")));
  EXPECT_THAT(ParseScanTask(bytes + R"({"add":{"path":"x","partitionValues":{},"size":1,)"
                                    R"("modificationTime":1,"dataChange":true}})"),
              StatusIs(StatusCode::kCorruption, HasSubstr("do not fit its files")));
  std::string odd = bytes;
  const std::string none = R"("metadataColumns":[])";
  ASSERT_NE(odd.find(none), std::string::npos);
  odd.replace(odd.find(none), none.size(), R"("metadataColumns":["_metadata.shoe_size"])");
  EXPECT_THAT(ParseScanTask(odd), StatusIs(StatusCode::kCorruption, HasSubstr("shoe_size")));
  EXPECT_THAT(ParseScanTask(bytes + R"({"txn":{"appId":"x","version":1}})"),
              StatusIs(StatusCode::kCorruption, HasSubstr("no part of one")));
}

TEST_F(ScanTaskTest, ExplainChoosesRowGroupsAndReadsNothing) {
  ScanOptions options;
  const auto predicate = ParsePredicate("p = 1 AND id < 120");
  ASSERT_THAT(predicate, IsOk());
  options.predicate = *predicate;
  options.columns = {{"p"}};
  for (const bool ordered : {false, true}) {
    options.ordered = ordered;
    const auto plan = ExplainScan(snapshot_, options);
    ASSERT_THAT(plan, IsOk());
    EXPECT_THAT(plan->columns, ElementsAre("p"));
    EXPECT_THAT(plan->columns_read, ElementsAre("id"));
    EXPECT_EQ(plan->metrics.files.files_total, kFiles);
    EXPECT_EQ(plan->metrics.files.files_pruned_partition, kFiles / 2);
    EXPECT_EQ(plan->metrics.row_groups_total, kFiles / 2 * 10);
    EXPECT_EQ(plan->metrics.row_groups_skipped, kFiles / 2 * 10 - 2);
    EXPECT_EQ(plan->metrics.rows_selected, 20);
    EXPECT_GT(plan->metrics.bytes_selected, 0);
    EXPECT_EQ(plan->metrics.rows_read, 0);
    EXPECT_EQ(plan->metrics.bytes_read, 0);
  }
}

}  // namespace
}  // namespace deltaic
