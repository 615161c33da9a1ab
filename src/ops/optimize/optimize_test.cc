#include "ops/optimize/optimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <atomic>
#include <thread>

#include "expr/bind.h"
#include "ops/alter/alter.h"
#include "ops/delete.h"
#include "ops/optimize/cluster_plan.h"
#include "ops/optimize/compaction_plan.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::LiveFiles;
using testing::OneThread;
using testing::ReadChanges;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};

// ---- the plan --------------------------------------------------------------------------------

ConsideredFile FileOf(const std::string& path, int64_t size, int64_t time,
                      std::optional<std::string> day = {}) {
  ConsideredFile file{.add = {.path = path, .size = size, .modification_time = time},
                      .live_rows = 10};
  if (day) file.add.partition_values = {{"day", day}};
  return file;
}

ConsideredFile WithDeleted(ConsideredFile file, int64_t deleted) {
  file.add.deletion_vector = DeletionVectorDescriptor{
      .storage_type = "i", .path_or_inline_dv = "x", .cardinality = deleted};
  return file;
}

std::vector<std::vector<std::string>> PathsOf(const RewritePlan& plan) {
  std::vector<std::vector<std::string>> out;
  for (const FileGroup& group : plan.groups) {
    out.emplace_back();
    for (const Add& add : group.files) out.back().push_back(add.path);
  }
  return out;
}

RewritePlan PlanOf(std::vector<ConsideredFile> files, CompactionLimits limits) {
  CompactionPlanner planner(limits);
  for (ConsideredFile& file : files) planner.Consider(std::move(file));
  return std::move(planner).Finish();
}

TEST(CompactionPlan, PacksNeighborsInTimeUpToTheTarget) {
  const RewritePlan plan = PlanOf({FileOf("c", 40, 3), FileOf("a", 40, 1), FileOf("b", 40, 2),
                                   FileOf("d", 40, 4), FileOf("large", 100, 0)},
                                  {.target_size_bytes = 100, .min_file_size_bytes = 100});
  EXPECT_THAT(PathsOf(plan), ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d")));
  EXPECT_EQ(plan.num_considered, 5);
  EXPECT_EQ(plan.num_skipped, 1);
}

TEST(CompactionPlan, SmallNewFilesGoWithTheNewest) {
  EXPECT_THAT(PathsOf(PlanOf({FileOf("a", 60, 1), FileOf("b", 60, 2), FileOf("c", 60, 3),
                              FileOf("d", 15, 4), FileOf("e", 15, 5)},
                             {.target_size_bytes = 100, .min_file_size_bytes = 100})),
              ElementsAre(ElementsAre("c", "d", "e")));
}

TEST(CompactionPlan, LeavesLoneFilesAndKeepsPartitionsApart) {
  const RewritePlan plan =
      PlanOf({FileOf("a", 10, 1, "x"), FileOf("b", 10, 2, "y"), FileOf("c", 10, 3, "x")},
             {.target_size_bytes = 100, .min_file_size_bytes = 100});
  EXPECT_THAT(PathsOf(plan), ElementsAre(ElementsAre("a", "c")));
  EXPECT_EQ(plan.num_skipped, 1);
}

TEST(CompactionPlan, TakesAFileThatLostManyRowsWhateverItsSize) {
  const CompactionLimits limits{.target_size_bytes = 100, .min_file_size_bytes = 100};
  EXPECT_THAT(PathsOf(PlanOf({WithDeleted(FileOf("a", 500, 1), 5)}, limits)),
              ElementsAre(ElementsAre("a")));
  ConsideredFile few = WithDeleted(FileOf("b", 500, 1), 1);
  few.live_rows = 1000;
  EXPECT_THAT(PathsOf(PlanOf({few}, limits)), IsEmpty());
}

TEST(CompactionPlan, PurgeTakesFilesWithVectorsAlone) {
  const RewritePlan plan =
      PlanOf({WithDeleted(FileOf("a", 500, 1), 1), FileOf("b", 1, 2), FileOf("c", 1, 3)},
             {.target_size_bytes = 100, .min_file_size_bytes = 100, .purge = true});
  EXPECT_THAT(PathsOf(plan), ElementsAre(ElementsAre("a")));
}

// ---- the operation ---------------------------------------------------------------------------

class OptimizeTest : public ::testing::Test {
 protected:
  Result<OptimizeResult> Optimize(OptimizeOptions options = {}) {
    options.files.num_threads = 2;
    return OptimizeTable(table_, nullptr, options);
  }
  void AppendOneByOne(int64_t count, StringMap properties = {},
                      std::vector<std::string> partition = {}) {
    for (int64_t i = 0; i < count; ++i) {
      rows_.push_back({i, i % 2 == 0 ? "a" : "b", static_cast<int32_t>(i), Concat("n", i)});
      AppendRows(table_, {rows_.back()}, properties, partition);
    }
    std::ranges::sort(rows_);
  }
  CommitInfo NewestInfo() {
    const std::string name = CommitFileName((*table_->Load())->version());
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  }

  KeyedRows rows_;
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(OptimizeTest, MakesOneFileOfMany) {
  AppendOneByOne(7);
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{7});
  EXPECT_EQ(result->done.removed.num_files, 7);
  EXPECT_EQ(result->done.added.num_files, 1);
  EXPECT_EQ(result->done.num_rows, 7);
  EXPECT_THAT(LiveFiles(result->snapshot), SizeIs(1));
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
  const CommitInfo info = NewestInfo();
  EXPECT_EQ(info.operation, "OPTIMIZE");
  EXPECT_EQ(info.isolation_level, "SnapshotIsolation");
  EXPECT_THAT(info.json, HasSubstr(R"("predicate":"[]")"));
  EXPECT_THAT(info.json, HasSubstr(R"("zOrderBy":"[]")"));
  EXPECT_THAT(info.json, HasSubstr(R"("auto":"false")"));
  EXPECT_THAT(info.json, HasSubstr(R"("numRemovedFiles":"7")"));
}

TEST_F(OptimizeTest, ASecondRunDoesNothing) {
  AppendOneByOne(3);
  ASSERT_THAT(Optimize(), IsOk());
  const auto again = Optimize();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->version, std::nullopt);
  EXPECT_EQ(again->num_skipped, 1);
  EXPECT_EQ((*table_->Load())->version(), Version{3});
}

/// As many that a row group fills up, which other files of a writer would wait for.
KeyedRows ManyRows(int64_t begin, int64_t count) {
  KeyedRows rows;
  for (int64_t i = begin; i < begin + count; ++i)
    rows.push_back({i, "a", static_cast<int32_t>(i % 1000), Concat("n", i)});
  return rows;
}

TEST_F(OptimizeTest, ThreadsMakeNoMoreFilesThanOneDoes) {
  for (const OptimizeKind kind : {OptimizeKind::kCompact, OptimizeKind::kZOrder}) {
    table_ = Table::Of(MakeMemoryStore());
    for (int64_t i = 0; i < 3; ++i) AppendRows(table_, ManyRows(i * 80'000, 80'000));
    OptimizeOptions options{.kind = kind};
    if (kind == OptimizeKind::kZOrder) options.columns = {"qty", "id"};
    options.files.max_rows_per_group = 70'000;
    const auto first = Optimize(options);
    ASSERT_THAT(first, IsOk());
    EXPECT_EQ(first->done.num_rows, 240'000);
    EXPECT_EQ(first->done.added.num_files, 1);
    const auto again = Optimize(options);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->version, std::nullopt);
    EXPECT_EQ(again->num_skipped, 1);
  }
}

TEST_F(OptimizeTest, LittleMemoryMakesRowGroupsAndNotFiles) {
  for (int64_t i = 0; i < 2; ++i) AppendRows(table_, ManyRows(i * 400'000, 400'000));
  OptimizeOptions options;
  options.files.compression = "none";
  options.files.dictionary = false;
  options.files.max_memory_bytes = 1;
  const auto result = Optimize(options);
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->done.added.num_files, 1);
  const Add add = LiveFiles(result->snapshot).front();
  const auto input = *table_->store()->Open(add.path, std::nullopt);
  EXPECT_GT(parquet::ParquetFileReader::Open(input)->metadata()->num_row_groups(), 1);
  EXPECT_EQ(ReadRows(result->snapshot).size(), 800'000u);
}

TEST_F(OptimizeTest, ZOrderTakesAPartitionAgainOnlyWhereItWouldBecomeAnother) {
  AppendOneByOne(6, kVectors, {"part"});
  OptimizeOptions options{.kind = OptimizeKind::kZOrder, .columns = {"id", "qty"}};
  ASSERT_THAT(Optimize(options), IsOk());
  const auto removed = [&](OptimizeOptions options) {
    const auto result = Optimize(std::move(options));
    EXPECT_THAT(result, IsOk());
    EXPECT_EQ(ReadRows(result->snapshot), rows_);
    return result->done.removed.num_files;
  };
  EXPECT_EQ(removed(options), 0);
  rows_.push_back({7, "a", 7, "n"});
  AppendRows(table_, {rows_.back()});
  std::ranges::sort(rows_);
  EXPECT_EQ(removed(options), 2);
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 1"), .files = OneThread()}),
              IsOk());
  std::erase_if(rows_, [](const KeyedRow& row) { return row.id == 1; });
  EXPECT_EQ(removed(options), 1);
  options.columns = {"qty", "id"};
  EXPECT_EQ(removed(options), 2);
  options.files.target_file_size_bytes = 1 << 20;
  EXPECT_EQ(removed(options), 2);
  EXPECT_EQ(removed(options), 0);
}

TEST_F(OptimizeTest, TakesOnlyThePartitionsAskedFor) {
  AppendOneByOne(6, {}, {"part"});
  const auto result = Optimize({.predicate = Sql("part = 'a'")});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done.removed.num_files, 3);
  EXPECT_EQ(result->done.num_partitions, 1);
  EXPECT_THAT(LiveFiles(result->snapshot), SizeIs(4));
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
  EXPECT_THAT(NewestInfo().json, HasSubstr(R"("predicate":"[\"part = 'a'\"]")"));
}

TEST_F(OptimizeTest, RefusesAPredicateOverOtherColumns) {
  AppendOneByOne(2, {}, {"part"});
  EXPECT_THAT(Optimize({.predicate = Sql("qty = 1")}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("partitioned by part")));
}

TEST_F(OptimizeTest, DropsDeletedRowsAndTheirVectors) {
  AppendOneByOne(2, kVectors);
  AppendRows(table_, {{7, "a", 1, "x"}, {8, "a", 1, "y"}});
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 8"), .files = OneThread()}),
              IsOk());
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done.num_vectors_removed, 1);
  const auto files = LiveFiles(result->snapshot);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_FALSE(files[0].deletion_vector);
  rows_.push_back({7, "a", 1, "x"});
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
}

TEST_F(OptimizeTest, PurgesALoneFile) {
  AppendRows(table_, {{7, "a", 1, "x"}, {8, "a", 1, "y"}, {9, "a", 1, "y"}}, kVectors);
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 8"), .files = OneThread()}),
              IsOk());
  const auto result = Optimize({.kind = OptimizeKind::kPurge});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(NewestInfo().operation, "REORG");
  EXPECT_THAT(ReadRows(result->snapshot),
              ElementsAre(KeyedRow{7, "a", 1, "x"}, KeyedRow{9, "a", 1, "y"}));
  EXPECT_FALSE(LiveFiles(result->snapshot).at(0).deletion_vector);
}

class CopyTest : public OptimizeTest {
 protected:
  /// Three files of ten rows.
  void AppendTens(DataFileOptions files = OneThread()) {
    for (int64_t file = 0; file < 3; ++file) {
      KeyedRows rows;
      for (int64_t i = 10 * file; i < 10 * file + 10; ++i) {
        rows.push_back(
            {i, "a", i == 7 ? std::optional<int32_t>() : static_cast<int32_t>(-i), Concat("n", i)});
      }
      rows_.insert(rows_.end(), rows.begin(), rows.end());
      ASSERT_THAT(WriteTable(table_, nullptr, testing::ReaderOf(rows),
                             {.mode = SaveMode::kAppend, .files = files}),
                  IsOk());
    }
  }
  /// Row groups of the only file there is after a compaction that copies whatever may be copied.
  int NumRowGroups(int64_t max_rows_per_group, std::string compression = {}) {
    OptimizeOptions options;
    options.files.min_copied_file_bytes = 1;
    options.files.max_rows_per_group = max_rows_per_group;
    options.files.compression = std::move(compression);
    const auto result = Optimize(options);
    EXPECT_THAT(result, IsOk());
    EXPECT_THAT(ReadRows(result->snapshot), rows_);
    EXPECT_EQ(result->done.num_rows, static_cast<int64_t>(rows_.size()));
    files_ = LiveFiles(result->snapshot);
    EXPECT_THAT(files_, SizeIs(1));
    return parquet::ParquetFileReader::Open(*table_->store()->Open(files_[0].path, std::nullopt))
        ->metadata()
        ->num_row_groups();
  }
  std::vector<Add> files_;
};

TEST_F(CopyTest, LargeRowGroupsAreCopied) {
  AppendTens();
  EXPECT_EQ(NumRowGroups(80), 3);
  const std::string stats = *files_[0].stats;
  EXPECT_THAT(stats, HasSubstr(R"("numRecords":30)"));
  EXPECT_THAT(stats, HasSubstr(R"("minValues":{"id":0,"part":"a","qty":-29,"name":"n0"})"));
  EXPECT_THAT(stats, HasSubstr(R"("maxValues":{"id":29,"part":"a","qty":0,"name":"n9"})"));
  EXPECT_THAT(stats, HasSubstr(R"("nullCount":{"id":0,"part":0,"qty":1,"name":0})"));
  EXPECT_FALSE(files_[0].data_change);
}

TEST_F(CopyTest, SmallRowGroupsAreMerged) {
  AppendTens();
  // An eighth of it is more than ten rows.
  EXPECT_EQ(NumRowGroups(88), 1);
  const auto metadata =
      parquet::ParquetFileReader::Open(*table_->store()->Open(files_[0].path, std::nullopt))
          ->metadata();
  // Whoever writes the rows anew knows how many bytes each page's texts have.
  EXPECT_EQ(metadata->RowGroup(0)->ColumnChunk(0)->size_statistics(), nullptr);
  EXPECT_THAT(*files_[0].stats, HasSubstr(R"("nullCount":{"id":0,"part":0,"qty":1,"name":0})"));
  EXPECT_THAT(*files_[0].stats,
              HasSubstr(R"("maxValues":{"id":29,"part":"a","qty":0,"name":"n9"})"));
}

TEST_F(CopyTest, AnotherCodecIsWrittenAnew) {
  AppendTens();
  EXPECT_EQ(NumRowGroups(80, "zstd"), 1);
}

TEST_F(CopyTest, TheCodecAskedForIsCopied) {
  AppendTens();
  EXPECT_EQ(NumRowGroups(80, "snappy"), 3);
}

TEST_F(CopyTest, FilesThatLackAColumnAreWrittenAnew) {
  AppendTens();
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("more", arrow::int32())});
  const auto rows = arrow::RecordBatch::MakeEmpty(schema);
  ASSERT_THAT(WriteTable(table_, nullptr, *arrow::RecordBatchReader::Make({*rows}, schema),
                         {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge}),
              IsOk());
  EXPECT_EQ(NumRowGroups(80), 1);
}

TEST_F(CopyTest, FilesWithDeletedRowsAreWrittenAnew) {
  AppendTens();
  ASSERT_THAT(AlterTable(table_, {.change = SetProperties{.properties = kVectors}}), IsOk());
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 8"), .files = OneThread()}),
              IsOk());
  std::erase_if(rows_, [](const KeyedRow& row) { return row.id == 8; });
  EXPECT_EQ(NumRowGroups(80), 1);
}

TEST_F(OptimizeTest, ReadersOfChangesSeeNothing) {
  AppendOneByOne(3, {{"delta.enableChangeDataFeed", "true"}});
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadChanges(*table_, result->snapshot), IsEmpty());
}

TEST_F(OptimizeTest, WorksOnAppendOnlyTables) {
  AppendOneByOne(3, {{"delta.appendOnly", "true"}});
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done.removed.num_files, 3);
}

TEST_F(OptimizeTest, APlanWritesNothing) {
  AppendOneByOne(4, {}, {"part"});
  const auto before = DataObjects(*table_->store());
  const auto result = Optimize({.plan_only = true});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, std::nullopt);
  ASSERT_THAT(result->plan, SizeIs(2));
  EXPECT_EQ(result->plan[0].partition, "part=a");
  EXPECT_EQ(result->plan[0].num_files, 2);
  EXPECT_EQ(result->plan[0].num_rows, 2);
  EXPECT_EQ(DataObjects(*table_->store()), before);
}

TEST_F(OptimizeTest, CommitsBatchByBatch) {
  AppendOneByOne(6, {}, {"part"});
  const auto result = Optimize({.max_concurrent_tasks = 1, .min_commit_interval_ms = 0});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done.num_commits, 2);
  EXPECT_EQ(result->version, Version{7});
  EXPECT_EQ(result->done.num_partitions, 2);
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
}

std::vector<std::pair<int64_t, int64_t>> RowIds(const SnapshotPtr& snapshot) {
  std::vector<std::pair<int64_t, int64_t>> out;
  auto scan = Scan::Make(snapshot, ScanOptions{.columns = std::vector<std::string>{"id"},
                                               .metadata_columns = {MetadataColumn::kRowId},
                                               .num_threads = 1});
  EXPECT_THAT(scan, IsOk());
  while (scan.ok()) {
    const auto batch = (*scan)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    const auto& id = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    const auto& row_id = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
    for (int64_t row = 0; row < id.length(); ++row) {
      out.emplace_back(id.Value(row), row_id.Value(row));
    }
  }
  std::ranges::sort(out);
  return out;
}

TEST_F(OptimizeTest, RowsKeepTheirIds) {
  AppendOneByOne(5, {{"delta.enableRowTracking", "true"}});
  const auto before = RowIds(*table_->Load());
  ASSERT_THAT(before, SizeIs(5));
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(LiveFiles(result->snapshot), SizeIs(1));
  EXPECT_EQ(RowIds(result->snapshot), before);
  EXPECT_THAT(NewestInfo().json, HasSubstr(R"("delta.rowTracking.preserved":"true")"));
  // And again, out of the columns that keep them.
  AppendRows(table_, {{9, "a", 1, "x"}});
  const auto more = RowIds(*table_->Load());
  const auto again = Optimize();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(RowIds(again->snapshot), more);
}

// ---- order -----------------------------------------------------------------------------------

/// How many live files may hold a row with both values in these ranges, by their statistics.
int64_t FilesThatMayMatch(const SnapshotPtr& snapshot, const std::string& predicate) {
  auto bound = BindPredicate(Sql(predicate), *snapshot->schema());
  EXPECT_THAT(bound, IsOk());
  auto files = snapshot->ListFiles(FileListOptions{.predicate = *bound});
  EXPECT_THAT(files, IsOk());
  int64_t count = 0;
  while (files.ok()) {
    const auto batch = (*files)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    count += (*batch)->num_rows();
  }
  return count;
}

KeyedRows GridRows(int64_t side) {
  KeyedRows rows;
  for (int64_t i = 0; i < side * side; ++i) {
    // Every append has values from all over.
    const int64_t cell = (i * 7919) % (side * side);
    rows.push_back({cell / side, "a", static_cast<int32_t>(cell % side), std::string(200, 'x')});
  }
  return rows;
}

TEST_F(OptimizeTest, ZOrderPutsNearRowsTogether) {
  rows_ = GridRows(64);
  for (size_t begin = 0; begin < rows_.size(); begin += 1024) {
    AppendRows(table_, KeyedRows(rows_.begin() + static_cast<int64_t>(begin),
                                 rows_.begin() + static_cast<int64_t>(begin + 1024)));
  }
  std::ranges::sort(rows_);
  OptimizeOptions options{.kind = OptimizeKind::kZOrder, .columns = {"id", "qty"}};
  options.files.target_file_size_bytes = 2000;
  options.files.max_rows_per_group = 128;
  const auto result = Optimize(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->strategy, "zOrder");
  EXPECT_EQ(ReadRows(result->snapshot), rows_);
  const int64_t files = result->done.added.num_files;
  ASSERT_GE(files, 8);
  // Before, every file may match all of these.
  EXPECT_LE(FilesThatMayMatch(result->snapshot, "id < 8 AND qty < 8") * 8, files * 3);
  EXPECT_LE(FilesThatMayMatch(result->snapshot, "id < 8"), files / 2);
  EXPECT_LE(FilesThatMayMatch(result->snapshot, "qty >= 56"), files / 2);
  EXPECT_THAT(NewestInfo().json, HasSubstr(R"("zOrderBy":"[\"id\",\"qty\"]")"));
}

TEST_F(OptimizeTest, ZOrderKeepsRowsOfEveryKindOfTable) {
  for (const testing::TableKind& kind : testing::TableKinds()) {
    SCOPED_TRACE(kind.name);
    table_ = Table::Of(MakeMemoryStore());
    rows_.clear();
    AppendOneByOne(6, kind.properties, kind.partition_by);
    AppendRows(table_, {{{}, "a", {}, {}}, {{}, {}, 3, "n"}});
    rows_.push_back({{}, "a", {}, {}});
    rows_.push_back({{}, {}, 3, "n"});
    std::ranges::sort(rows_);
    const auto result = Optimize({.kind = OptimizeKind::kZOrder, .columns = {"name", "qty", "id"}});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(ReadRows(result->snapshot), rows_);
  }
}

TEST_F(OptimizeTest, ZOrderRefusesColumnsThatMakeNoSense) {
  AppendOneByOne(2, {}, {"part"});
  const auto with = [&](std::vector<std::string> columns) {
    return Optimize({.kind = OptimizeKind::kZOrder, .columns = std::move(columns)});
  };
  EXPECT_THAT(with({}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("1 to 63")));
  EXPECT_THAT(with({"nope"}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("nope")));
  EXPECT_THAT(with({"part"}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("partition")));
  EXPECT_THAT(with({"id", "id"}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
}

class ClusterTest : public OptimizeTest {
 protected:
  void Append(const KeyedRows& rows) {
    WriteOptions options{.mode = SaveMode::kAppend, .files = OneThread()};
    if (!*table_->Exists()) options.cluster_by = std::vector<std::string>{"id", "qty"};
    ASSERT_THAT(WriteTable(table_, nullptr, testing::ReaderOf(rows), options), IsOk());
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    std::ranges::sort(rows_);
  }
};

TEST_F(ClusterTest, ClustersWhatIsNotClusteredYet) {
  Append({{1, "a", 1, "x"}, {3, "a", 3, "x"}});
  Append({{2, "a", 2, "x"}});
  const auto result = Optimize();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->strategy, "clustering");
  EXPECT_EQ(ReadRows(result->snapshot), rows_);
  const std::vector<Add> files = LiveFiles(result->snapshot);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].clustering_provider, "liquid");
  ASSERT_TRUE(files[0].tags);
  EXPECT_EQ(files[0].tags->at("ZCUBE_ZORDER_BY"), R"(["id","qty"])");
  EXPECT_THAT(files[0].tags->at("ZCUBE_ID"), SizeIs(36));
  EXPECT_THAT(NewestInfo().json, HasSubstr(R"("clusterBy":"[\"id\",\"qty\"]")"));
  // One cube has nothing to be merged with; with new rows it has.
  EXPECT_EQ(Optimize()->version, std::nullopt);
  Append({{4, "a", 4, "x"}});
  const auto merged = Optimize();
  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(merged->done.removed.num_files, 2);
  // A cube that is large enough stays as it is.
  Append({{5, "a", 5, "x"}});
  const auto incremental = Optimize({.min_cube_bytes = 1});
  ASSERT_THAT(incremental, IsOk());
  EXPECT_EQ(incremental->done.removed.num_files, 1);
  EXPECT_EQ(ReadRows(incremental->snapshot), rows_);
}

TEST_F(ClusterTest, RefusesZOrderAndConditions) {
  Append({{1, "a", 1, "x"}});
  EXPECT_THAT(Optimize({.kind = OptimizeKind::kZOrder, .columns = {"id"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("clustered")));
}

TEST(ClusterPlan, TakesFilesOfOtherColumnsOnlyWhereAllAreAskedFor) {
  ConsideredFile other = FileOf("other", 10, 1);
  other.add.clustering_provider = "liquid";
  other.add.tags = StringMap{{"ZCUBE_ID", "1"}, {"ZCUBE_ZORDER_BY", R"(["z"])"}};
  ConsideredFile foreign = FileOf("foreign", 10, 1);
  foreign.add.clustering_provider = "somebody";
  const std::vector<ConsideredFile> files = {other, foreign, FileOf("new", 10, 2)};
  ClusterLimits limits{.columns_tag = R"(["a"])"};
  EXPECT_THAT(PathsOf(PlanClustering(files, limits)), ElementsAre(ElementsAre("new")));
  limits.full = true;
  EXPECT_THAT(PathsOf(PlanClustering(files, limits)),
              ElementsAre(::testing::UnorderedElementsAre("other", "foreign", "new")));
}

// ---- others at work --------------------------------------------------------------------------

/// A store that calls `before_commit` once, before the next commit is put.
std::shared_ptr<Table> WithRival(const std::shared_ptr<Table>& table, std::function<void()> rival) {
  auto armed = std::make_shared<std::atomic<bool>>(true);
  return Table::Of(MakeFaultStore(
      table->store(), [armed, rival = std::move(rival)](StoreCall call, std::string_view) {
        if (call == StoreCall::kPutIfAbsent && armed->exchange(false)) rival();
        return Fault();
      }));
}

TEST_F(OptimizeTest, AnAppendMeanwhileStays) {
  AppendOneByOne(4);
  const auto raced = WithRival(table_, [&] { AppendRows(table_, {{99, "z", 1, "new"}}); });
  const auto result = OptimizeTable(raced, nullptr, {.files = OneThread()});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{5});
  rows_.push_back({99, "z", 1, "new"});
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
}

TEST_F(OptimizeTest, CommitsTheRestWhereAGroupLostAFile) {
  AppendOneByOne(6, kVectors, {"part"});
  const auto raced = WithRival(table_, [&] {
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 2"), .files = OneThread()}),
                IsOk());
  });
  const auto result = OptimizeTable(raced, nullptr, {.files = OneThread()});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done.num_groups_given_up, 1);
  EXPECT_EQ(result->done.removed.num_files, 3);
  std::erase_if(rows_, [](const KeyedRow& row) { return row.id == 2; });
  EXPECT_THAT(ReadRows(result->snapshot), rows_);
  // What was written for nothing is gone: two files of part a, and the one of part b, are live.
  EXPECT_THAT(LiveFiles(result->snapshot), SizeIs(3));
}

TEST_F(OptimizeTest, WhereNothingIsLeftNothingIsCommitted) {
  AppendOneByOne(3);
  const auto raced = WithRival(table_, [&] {
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 2"), .files = OneThread()}),
                IsOk());
  });
  const auto result = OptimizeTable(raced, nullptr, {.files = OneThread()});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, std::nullopt);
  EXPECT_EQ(result->done.num_groups_given_up, 1);
  EXPECT_THAT(ReadRows(*table_->Load()), SizeIs(2));
}

TEST_F(OptimizeTest, TwoAtOnceKeepEveryRow) {
  AppendOneByOne(8, {}, {"part"});
  const auto raced = WithRival(
      table_, [&] { ASSERT_THAT(OptimizeTable(table_, nullptr, {.files = OneThread()}), IsOk()); });
  const auto result = OptimizeTable(raced, nullptr, {.files = OneThread()});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, std::nullopt);
  EXPECT_THAT(ReadRows(*table_->Load()), rows_);
}

TEST_F(OptimizeTest, EveryFailingCallLeavesTheTableAsItWas) {
  int failing = 0;
  for (bool reached = true; reached; ++failing) {
    ASSERT_LT(failing, 1000);
    table_ = Table::Of(MakeMemoryStore());
    rows_.clear();
    AppendOneByOne(4, kVectors, {"part"});
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 1"), .files = OneThread()}),
                IsOk());
    std::erase_if(rows_, [](const KeyedRow& row) { return row.id == 1; });
    const auto objects = DataObjects(*table_->store());
    const Version version = (*table_->Load())->version();
    auto calls = std::make_shared<std::atomic<int>>(0);
    const auto faulty = Table::Of(MakeFaultStore(
        table_->store(), [calls, failing](StoreCall call, std::string_view) -> Fault {
          // A delete that fails leaves a file behind, as it must.
          if (call == StoreCall::kDelete || (*calls)++ != failing) return {};
          return {.kind = Fault::Kind::kFailBefore, .status = Status::Io("injected")};
        }));
    const auto result = OptimizeTable(faulty, nullptr, {.files = OneThread()});
    reached = calls->load() > failing;
    const SnapshotPtr now = *table_->Load();
    ASSERT_EQ(ReadRows(now), rows_) << "call " << failing;
    if (result.ok()) {
      ASSERT_EQ(now->version(), version.Next()) << "call " << failing;
      continue;
    }
    ASSERT_EQ(now->version(), version) << "call " << failing << ": " << result.status();
    ASSERT_EQ(DataObjects(*table_->store()), objects) << "call " << failing;
  }
  EXPECT_GT(failing, 10);
}

TEST_F(OptimizeTest, StopsWhereTheCallerSaysSo) {
  AppendOneByOne(4);
  const auto objects = DataObjects(*table_->store());
  const CancellationToken cancel;
  const auto result = Optimize({.progress = [&](int64_t) { cancel.Cancel(); }, .cancel = cancel});
  EXPECT_THAT(result, StatusIs(StatusCode::kCancelled));
  EXPECT_EQ(DataObjects(*table_->store()), objects);
}

}  // namespace
}  // namespace deltaic
