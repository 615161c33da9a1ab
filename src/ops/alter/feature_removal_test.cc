#include "ops/alter/feature_removal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "expr/parser.h"
#include "ops/alter/stored_types.h"
#include "ops/clustering.h"
#include "ops/delete.h"
#include "ops/write.h"
#include "protocol/log_file_name.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::KeyedRows;
using testing::LiveFiles;
using ::testing::Not;
using testing::OneThread;
using testing::ReaderOf;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "b", 20, "y"}, {3, "c", {}, "z"}};
const StringMap kAtOnce = {
    {"delta.dropFeatureTruncateHistory.retentionDuration", "interval 0 hours"}};

StringMap With(StringMap properties, const StringMap& more) {
  properties.insert(more.begin(), more.end());
  return properties;
}

class FeatureRemovalTest : public ::testing::Test {
 protected:
  Result<AlterResult> Alter(TableChange change) {
    return AlterTable(table_, {.change = std::move(change), .num_threads = 1});
  }
  SnapshotPtr Load() { return *table_->Load(); }
  bool Has(std::string_view feature) { return ProtocolHasFeature(Load()->protocol(), feature); }
  Status Delete(const std::string& predicate) {
    return DeleteRows(table_, nullptr, {.predicate = Sql(predicate), .files = OneThread()})
        .status();
  }
  /// Rows that come after are stored, and read with the others.
  void ExpectItWorks(KeyedRows rows) {
    EXPECT_EQ(ReadRows(Load()), rows);
    AppendRows(table_, {{9, "z", 9, "new"}});
    rows.push_back({9, "z", 9, "new"});
    EXPECT_EQ(ReadRows(Load()), rows);
  }
  /// No version before `first` is left.
  void ExpectHistoryFrom(int64_t first) {
    EXPECT_THAT(table_->Load(Version{first}), IsOk());
    EXPECT_THAT(table_->Load(Version{first - 1}), Not(IsOk()));
    EXPECT_FALSE(Has("checkpointProtection"));
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

// ---- what the table does with it ends first -----------------------------------------------------

TEST_F(FeatureRemovalTest, DeletionVectorsArePurged) {
  AppendRows(table_, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(Delete("id = 1"), IsOk());
  const auto result = Alter(DropFeature{"deletionVectors"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_rewritten_files, 1);
  EXPECT_FALSE(Has("deletionVectors"));
  EXPECT_TRUE(Has("checkpointProtection"));
  ExpectItWorks({kRows[1], kRows[2]});
}

TEST_F(FeatureRemovalTest, FilesWithoutColumnMappingNameColumnsAsTheTableDoes) {
  AppendRows(table_, kRows, {{"delta.columnMapping.mode", "name"}}, {"part"});
  ASSERT_THAT(Alter(RenameColumn{"part", "kind"}), IsOk());
  ASSERT_THAT(Alter(RenameColumn{"kind", "part"}), IsOk());
  for (const Add& add : LiveFiles(Load())) EXPECT_NE(add.partition_values[0].first, "part");
  const auto result = Alter(DropFeature{"columnMapping"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_rewritten_files, 3);
  EXPECT_FALSE(Has("columnMapping"));
  EXPECT_EQ(Load()->protocol().min_reader_version, 1);
  EXPECT_THAT(Load()->metadata().schema_string, Not(HasSubstr("columnMapping")));
  const SnapshotPtr snapshot = Load();
  for (const auto& [key, value] : snapshot->metadata().configuration) {
    EXPECT_THAT(key, Not(HasSubstr("columnMapping")));
  }
  for (const Add& add : LiveFiles(Load())) {
    EXPECT_EQ(add.partition_values[0].first, "part");
    EXPECT_THAT(*add.stats, HasSubstr("\"qty\""));
  }
  ExpectItWorks(kRows);
  EXPECT_EQ(ReadRows(*table_->Load(Version{0})), kRows);
}

TEST_F(FeatureRemovalTest, ReadersOfChangesSeeNoneWhereFilesAreWrittenAgain) {
  AppendRows(table_, kRows,
             {{"delta.columnMapping.mode", "name"}, {"delta.enableChangeDataFeed", "true"}});
  const auto before = Load()->version();
  ASSERT_THAT(Alter(DropFeature{"columnMapping"}), IsOk());
  for (int64_t version = before.value + 1; version <= Load()->version().value; ++version) {
    EXPECT_THAT(testing::ReadChanges(*table_, *table_->Load(Version{version})), IsEmpty());
  }
}

TEST_F(FeatureRemovalTest, RowsKeepTheirIdsWhereFilesAreWrittenAgain) {
  AppendRows(table_, kRows,
             {{"delta.columnMapping.mode", "name"}, {"delta.enableRowTracking", "true"}});
  const auto ids = [&] {
    std::vector<int64_t> out;
    ScanOptions options{.num_threads = 1};
    options.metadata_columns = {MetadataColumn::kRowId};
    const auto scan = Scan::Make(Load(), std::move(options));
    while (const auto batch = *(*scan)->Next()) {
      const auto& values =
          static_cast<const arrow::Int64Array&>(*batch->column(batch->num_columns() - 1));
      for (int64_t row = 0; row < batch->num_rows(); ++row) out.push_back(values.Value(row));
    }
    return out;
  };
  const std::vector<int64_t> before = ids();
  ASSERT_THAT(Alter(DropFeature{"columnMapping"}), IsOk());
  EXPECT_EQ(ids(), before);
}

TEST_F(FeatureRemovalTest, ClusteringColumnsAreNamedAnew) {
  AppendRows(table_, kRows, {{"delta.columnMapping.mode", "name"}});
  ASSERT_THAT(Alter(ClusterBy{{"id"}}), IsOk());
  ASSERT_THAT(Alter(RenameColumn{"id", "key"}), IsOk());
  EXPECT_NE((**ClusteringColumnsOf(*Load()))[0], (PhysicalPath{"key"}));
  ASSERT_THAT(Alter(DropFeature{"columnMapping"}), IsOk());
  EXPECT_EQ(**ClusteringColumnsOf(*Load()), std::vector<PhysicalPath>{{"key"}});
}

TEST_F(FeatureRemovalTest, NamesThatNeedColumnMappingAreRefusedBeforeAnythingIsDone) {
  AppendRows(table_, kRows, {{"delta.columnMapping.mode", "name"}});
  ASSERT_THAT(Alter(RenameColumn{"qty", "how many"}), IsOk());
  const Version before = Load()->version();
  const auto objects = DataObjects(*table_->store());
  EXPECT_THAT(Alter(DropFeature{"columnMapping"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("how many")));
  EXPECT_EQ(Load()->version(), before);
  EXPECT_EQ(DataObjects(*table_->store()), objects);
}

/// One row with the columns of KeyedRows, and `n` and a list of it.
template <typename Builder>
std::shared_ptr<arrow::RecordBatchReader> NumberedRow(int64_t id, int n) {
  arrow::Int64Builder ids;
  arrow::StringBuilder part;
  const auto number = std::make_shared<Builder>();
  arrow::ListBuilder list(arrow::default_memory_pool(), number);
  Builder numbers;
  EXPECT_TRUE(ids.Append(id).ok() && part.Append("a").ok() && numbers.Append(n).ok());
  EXPECT_TRUE(list.Append().ok() && number->Append(n).ok());
  const arrow::ArrayVector columns = {*ids.Finish(), *part.Finish(), *numbers.Finish(),
                                      *list.Finish()};
  arrow::FieldVector fields;
  const char* const names[] = {"id", "part", "n", "l"};
  for (size_t i = 0; i < columns.size(); ++i) {
    fields.push_back(arrow::field(names[i], columns[i]->type()));
  }
  const auto schema = arrow::schema(std::move(fields));
  return *arrow::RecordBatchReader::Make({arrow::RecordBatch::Make(schema, 1, columns)}, schema);
}

TEST_F(FeatureRemovalTest, FilesOfWidenedColumnsAreWrittenAgainAndNoOthers) {
  for (const char* mode : {"none", "name", "id"}) {
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows,
               {{"delta.enableTypeWidening", "true"}, {"delta.columnMapping.mode", mode}});
    const auto append = [&](const std::shared_ptr<arrow::RecordBatchReader>& rows) {
      ASSERT_THAT(
          WriteTable(
              table_, nullptr, rows,
              {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge, .files = OneThread()}),
          IsOk());
    };
    append(NumberedRow<arrow::Int32Builder>(1, 10));
    append(NumberedRow<arrow::Int64Builder>(2, 20));
    ASSERT_THAT(Load()->metadata().schema_string, HasSubstr("typeChanges"));
    const auto files = LiveFiles(Load());
    const auto result = Alter(DropFeature{"typeWidening"});
    ASSERT_THAT(result, IsOk());
    // Of columns that are found by ids a file without them cannot be told from one with others.
    const int num_rewritten = std::string_view(mode) == "id" ? 2 : 1;
    EXPECT_EQ(result->num_rewritten_files, num_rewritten) << mode;
    EXPECT_FALSE(Has("typeWidening"));
    EXPECT_THAT(Load()->metadata().schema_string, Not(HasSubstr("typeChanges")));
    int num_kept = 0;
    for (const Add& now : LiveFiles(Load())) {
      num_kept += std::ranges::count(files, now.path, &Add::path);
    }
    EXPECT_EQ(num_kept, 3 - num_rewritten) << mode;
    EXPECT_THAT(ReadRows(Load()), ::testing::SizeIs(kRows.size() + 2));
  }
}

TEST_F(FeatureRemovalTest, WidenedDatesOfPartitionsAreWrittenAgain) {
  const ChangedColumns columns{
      .schema = DataType::Struct({{.name = "p",
                                   .type = DataType::Primitive(TypeId::kTimestampNtz),
                                   .metadata = {{"delta.typeChanges", "[]"}}}}),
      .partition_columns = {"p"}};
  EXPECT_TRUE(columns.are_in_the_log());
  ChangedColumns data = columns;
  data.partition_columns.clear();
  EXPECT_FALSE(data.are_in_the_log());
}

TEST_F(FeatureRemovalTest, AWriteMeanwhileIsAConflictAndLeavesNoFiles) {
  AppendRows(table_, kRows, {{"delta.columnMapping.mode", "name"}});
  auto armed = std::make_shared<std::atomic<bool>>(true);
  const auto raced =
      Table::Of(MakeFaultStore(table_->store(), [this, armed](StoreCall call, std::string_view) {
        if (call == StoreCall::kPutIfAbsent && armed->exchange(false)) {
          AppendRows(table_, {{4, "d", 4, {}}});
        }
        return Fault();
      }));
  EXPECT_THAT(AlterTable(raced, {.change = DropFeature{"columnMapping"}, .num_threads = 1}),
              StatusIs(StatusCode::kConflict));
  EXPECT_TRUE(Has("columnMapping"));
  EXPECT_EQ(DataObjects(*table_->store()).size(), 2U);
  KeyedRows rows = kRows;
  rows.push_back({4, "d", 4, {}});
  EXPECT_EQ(ReadRows(Load()), rows);
}

TEST_F(FeatureRemovalTest, EveryFailingCallLeavesTheRows) {
  int failing = 0;
  for (bool reached = true; reached; ++failing) {
    ASSERT_LT(failing, 1000);
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, With(kAtOnce, {{"delta.columnMapping.mode", "name"}}), {"part"});
    auto calls = std::make_shared<std::atomic<int>>(0);
    const auto faulty = Table::Of(MakeFaultStore(
        table_->store(), [calls, failing](StoreCall call, std::string_view) -> Fault {
          if (call == StoreCall::kDelete || (*calls)++ != failing) return {};
          return {.kind = Fault::Kind::kFailBefore, .status = Status::Io("injected")};
        }));
    const auto result =
        AlterTable(faulty, {.change = DropFeature{"columnMapping", true}, .num_threads = 1});
    reached = calls->load() > failing;
    ASSERT_EQ(ReadRows(Load()), kRows) << "call " << failing;
    ASSERT_EQ(DataObjects(*table_->store()).size() % 3, 0U) << "call " << failing;
    // What was done stands, and the next call goes on from there.
    if (Has("columnMapping")) {
      ASSERT_THAT(Alter(DropFeature{"columnMapping", true}), IsOk()) << "call " << failing;
    }
    ASSERT_EQ(ReadRows(Load()), kRows) << "call " << failing;
  }
  EXPECT_GT(failing, 10);
}

// ---- TRUNCATE HISTORY
// -----------------------------------------------------------------------------

TEST_F(FeatureRemovalTest, HistoryIsKeptUntilItIsOldEnough) {
  AppendRows(table_, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(Delete("id = 1"), IsOk());
  EXPECT_THAT(Alter(DropFeature{"deletionVectors", true}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("run it again")));
  EXPECT_TRUE(Has("deletionVectors"));
  const Version stopped = Load()->version();
  EXPECT_THAT(Alter(DropFeature{"deletionVectors", true}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("run it again")));
  EXPECT_EQ(Load()->version(), stopped);
  EXPECT_EQ(ReadRows(*table_->Load(Version{0})), kRows);
  EXPECT_EQ(ReadRows(Load()), (KeyedRows{kRows[1], kRows[2]}));
}

TEST_F(FeatureRemovalTest, DeletionVectorsGoWithTheirHistory) {
  AppendRows(table_, kRows, With(kAtOnce, {{"delta.enableDeletionVectors", "true"}}));
  ASSERT_THAT(Delete("id = 1"), IsOk());
  const auto result = Alter(DropFeature{"deletionVectors", true});
  ASSERT_THAT(result, IsOk());
  // Properties, the purge, and what comes behind the removes of the purge; then the end.
  EXPECT_EQ(result->version, Version{5});
  EXPECT_FALSE(Has("deletionVectors"));
  ExpectHistoryFrom(4);
  EXPECT_EQ(Load()->segment().checkpoint_version, Version{5});
  ExpectItWorks({kRows[1], kRows[2]});
}

TEST_F(FeatureRemovalTest, ColumnMappingGoesWithItsHistory) {
  AppendRows(table_, kRows, With(kAtOnce, {{"delta.columnMapping.mode", "name"}}));
  const auto result = Alter(DropFeature{"columnMapping", true});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{2});
  ExpectHistoryFrom(1);
  ExpectItWorks(kRows);
}

TEST_F(FeatureRemovalTest, TheCheckpointIsThatOfTheFirstVersionWithoutIt) {
  AppendRows(table_, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(Alter(SetProperties{With(kAtOnce, {{"delta.enableDeletionVectors", "false"}})}),
              IsOk());
  AppendRows(table_, {{4, "d", 4, {}}});
  AppendRows(table_, {{5, "e", 5, {}}});
  ASSERT_THAT(Alter(DropFeature{"deletionVectors", true}), IsOk());
  // The property that says "false" is unset first, which is no trace.
  ExpectHistoryFrom(1);
  EXPECT_THAT(table_->log()->Stat(ClassicCheckpointFileName(Version{1})), IsOk());
}

TEST_F(FeatureRemovalTest, CheckpointsOfTheV2FormGo) {
  AppendRows(table_, kRows, With(kAtOnce, {{"delta.checkpointPolicy", "v2"}}));
  AppendRows(table_, {{4, "d", 4, {}}});
  ASSERT_THAT(WriteCheckpoint(*Load(), {.actions_per_sidecar = 1}), IsOk());
  ASSERT_THAT(Alter(DropFeature{"v2Checkpoint", true}), IsOk());
  EXPECT_FALSE(Has("v2Checkpoint"));
  ExpectHistoryFrom(2);
  KeyedRows rows = kRows;
  rows.push_back({4, "d", 4, {}});
  ExpectItWorks(rows);
}

TEST_F(FeatureRemovalTest, WideTypesGoWithTheirHistory) {
  AppendRows(table_, kRows, With(kAtOnce, {{"delta.enableTypeWidening", "true"}}));
  ASSERT_THAT(Alter(AddColumns{.columns = (*ParseColumnList("n int"))->fields()}), IsOk());
  ASSERT_THAT(Alter(ChangeColumn{.column = "n", .type = DataType::Primitive(TypeId::kLong)}),
              IsOk());
  ASSERT_THAT(Alter(DropFeature{"typeWidening", true}), IsOk());
  ExpectHistoryFrom(3);
  ExpectItWorks(kRows);
}

TEST_F(FeatureRemovalTest, AFeatureWithoutTracesTakesNoHistoryAlong) {
  AppendRows(table_, kRows, kAtOnce);
  ASSERT_THAT(Alter(AddFeatures{{"vacuumProtocolCheck"}}), IsOk());
  ASSERT_THAT(Alter(DropFeature{"vacuumProtocolCheck", true}), IsOk());
  EXPECT_FALSE(Has("vacuumProtocolCheck"));
  EXPECT_THAT(table_->Load(Version{0}), IsOk());
}

TEST_F(FeatureRemovalTest, ProtectionGoesWithWhatItProtects) {
  AppendRows(table_, kRows, With(kAtOnce, {{"delta.enableDeletionVectors", "true"}}));
  ASSERT_THAT(Alter(DropFeature{"deletionVectors"}), IsOk());
  EXPECT_THAT(Alter(DropFeature{"checkpointProtection"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("truncate_history=true")));
  const int64_t dropped = Load()->version().value;
  ASSERT_THAT(Alter(DropFeature{"checkpointProtection", true}), IsOk());
  EXPECT_FALSE(
      Load()->metadata().configuration.contains("delta.requireCheckpointProtectionBeforeVersion"));
  ExpectHistoryFrom(dropped);
  ExpectItWorks(kRows);
}

TEST_F(FeatureRemovalTest, FeaturesOfWritersHaveNoHistory) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(AddFeatures{{"checkConstraints"}}), IsOk());
  EXPECT_THAT(Alter(DropFeature{"checkConstraints", true}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("writers only")));
}

}  // namespace
}  // namespace deltaic
