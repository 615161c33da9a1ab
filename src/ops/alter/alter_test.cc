#include "ops/alter/alter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expr/parser.h"
#include "ops/clustering.h"
#include "ops/delete.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "protocol/table_features.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::AppendRows;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRows;
using ::testing::Not;
using testing::OneThread;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "b", 20, "y"}, {3, "c", {}, "z"}};
const StringMap kMapped = {{"delta.columnMapping.mode", "name"}};

std::vector<StructField> Columns(const std::string& sql) {
  return (*ParseColumnList(sql))->fields();
}

class AlterTest : public ::testing::Test {
 protected:
  Result<AlterResult> Alter(TableChange change) {
    return AlterTable(table_, {.change = std::move(change), .num_threads = 1});
  }
  SnapshotPtr Load() { return *table_->Load(); }
  std::string Info() {
    const std::string name = CommitFileName(Load()->version());
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front()).json;
  }
  std::string Property(const std::string& key) {
    const StringMap configuration = Load()->metadata().configuration;
    const auto found = configuration.find(key);
    return found == configuration.end() ? "" : found->second;
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(AlterTest, AddsColumnsThatOldRowsLack) {
  AppendRows(table_, kRows);
  const auto result =
      Alter(AddColumns{.columns = Columns("more int"), .position = ColumnPosition{.after = "id"}});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{1});
  EXPECT_EQ(Load()->schema()->fields()[1].name, "more");
  EXPECT_EQ(ReadRows(Load()), kRows);
  EXPECT_THAT(Info(), AllOf(HasSubstr(R"("operation":"ADD COLUMNS")"), HasSubstr("after id")));
  EXPECT_THAT(Alter(AddColumns{.columns = Columns("MORE int")}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("there already")));
  const auto again = Alter(AddColumns{.columns = Columns("more int"), .if_not_exists = true});
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->version.has_value());
}

TEST_F(AlterTest, AColumnOfATypeWithAFeatureRaisesTheProtocol) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(AddColumns{.columns = Columns("at timestamp_ntz")}), IsOk());
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "timestampNtz"));
  AppendRows(table_, kRows);
}

TEST_F(AlterTest, DropAndRenameNeedMapping) {
  AppendRows(table_, kRows);
  EXPECT_THAT(Alter(DropColumns{{"name"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("delta.columnMapping.mode")));
  EXPECT_THAT(Alter(RenameColumn{"name", "label"}), StatusIs(StatusCode::kInvalidArgument));
  ASSERT_THAT(Alter(SetProperties{kMapped}), IsOk());
  ASSERT_THAT(Alter(RenameColumn{"NAME", "label"}), IsOk());
  ASSERT_THAT(Alter(DropColumns{{"qty"}}), IsOk());
  // What comes back by its name is another column.
  ASSERT_THAT(Alter(AddColumns{.columns = Columns("qty int")}), IsOk());
  ASSERT_THAT(Alter(RenameColumn{"label", "name"}), IsOk());
  KeyedRows expected = kRows;
  for (auto& row : expected) row.qty.reset();
  EXPECT_EQ(ReadRows(Load()), expected);
  EXPECT_EQ(Property("delta.columnMapping.maxColumnId"), "5");
}

TEST_F(AlterTest, RenamesAPartitionColumn) {
  AppendRows(table_, kRows, kMapped, {"part"});
  ASSERT_THAT(Alter(RenameColumn{"part", "p"}), IsOk());
  EXPECT_THAT(Load()->metadata().partition_columns, ElementsAre("p"));
  ASSERT_THAT(Alter(RenameColumn{"p", "part"}), IsOk());
  AppendRows(table_, {{9, "q", 1, {}}});
  EXPECT_EQ(ReadRows(Load()).size(), 4u);
  EXPECT_THAT(Alter(DropColumns{{"part"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("partitioned")));
}

TEST_F(AlterTest, WhatRulesStandOnStays) {
  StringMap properties = kMapped;
  properties["delta.dataSkippingStatsColumns"] = "id,qty";
  AppendRows(table_, kRows, properties);
  ASSERT_THAT(Alter(AddConstraint{"Positive", "qty > 0 OR qty IS NULL"}), IsOk());
  for (const TableChange& change :
       std::vector<TableChange>{DropColumns{{"qty"}}, RenameColumn{"qty", "q"}}) {
    EXPECT_THAT(Alter(change), StatusIs(StatusCode::kInvalidArgument, HasSubstr("positive")));
  }
  ASSERT_THAT(Alter(DropConstraint{"POSITIVE"}), IsOk());
  ASSERT_THAT(Alter(RenameColumn{"qty", "a b"}), IsOk());
  EXPECT_EQ(Property("delta.dataSkippingStatsColumns"), "id,`a b`");
  ASSERT_THAT(Alter(DropColumns{{"`a b`"}}), IsOk());
  EXPECT_EQ(Property("delta.dataSkippingStatsColumns"), "id");
}

TEST_F(AlterTest, AConstraintIsCheckedAgainstTheRowsThatAreThere) {
  AppendRows(table_, kRows);
  EXPECT_THAT(
      Alter(AddConstraint{"few", "qty < 20"}),
      StatusIs(StatusCode::kConstraintViolated, AllOf(HasSubstr("few"), HasSubstr("qty ="))));
  // Null is no yes.
  EXPECT_THAT(Alter(AddConstraint{"few", "qty < 200"}), StatusIs(StatusCode::kConstraintViolated));
  EXPECT_THAT(Alter(AddConstraint{"few", "nope < 200"}), StatusIs(StatusCode::kUnsupported));
  EXPECT_THAT(Alter(AddConstraint{"few", "id + 1"}), Not(IsOk()));
  EXPECT_EQ(Load()->version(), Version{0});
  const auto result = Alter(AddConstraint{"Few", "id < 20"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_checked_rows, 3);
  EXPECT_EQ(Property("delta.constraints.few"), "id < 20");
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "checkConstraints"));
  EXPECT_THAT(Alter(AddConstraint{"FEW", "id < 30"}), StatusIs(StatusCode::kInvalidArgument));
  // Several are added together, or none.
  EXPECT_THAT(Alter(AddConstraint{"a", "id < 40", {{"b", "qty < 20"}}}),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("b (qty < 20)")));
  EXPECT_THAT(Alter(AddConstraint{"a", "id < 40", {{"A", "id < 50"}}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("already")));
  const auto both = Alter(AddConstraint{"a", "id < 40", {{"b", "id < 50"}}});
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->snapshot->metadata().configuration.at("delta.constraints.a"), "id < 40");
  EXPECT_EQ(both->snapshot->metadata().configuration.at("delta.constraints.b"), "id < 50");
  const auto refused = WriteTable(table_, nullptr, testing::ReaderOf({{99, "a", 1, {}}}),
                                  {.mode = SaveMode::kAppend, .files = OneThread()});
  EXPECT_THAT(refused, StatusIs(StatusCode::kConstraintViolated));
}

TEST_F(AlterTest, RowsThatComeWhileAConstraintIsCheckedAreAConflict) {
  std::shared_ptr<Table> beneath;
  bool racing = false;
  const FaultPlan plan = [&](StoreCall call, std::string_view path) {
    if (racing && call == StoreCall::kPutIfAbsent && path.ends_with(CommitFileName(Version{1}))) {
      racing = false;
      AppendRows(beneath, {{99, "late", 9, {}}});
    }
    return Fault{};
  };
  const auto store = MakeMemoryStore();
  beneath = Table::Of(store);
  table_ = Table::Of(MakeFaultStore(store, plan));
  AppendRows(table_, kRows);
  racing = true;
  EXPECT_THAT(Alter(AddConstraint{"few", "id < 20"}), StatusIs(StatusCode::kConflict));
  // A change that reads no row goes behind such a commit.
  racing = true;
  EXPECT_THAT(Alter(SetProperties{{{"mine", "1"}}}), IsOk());
}

TEST_F(AlterTest, ChangesOfOneColumn) {
  AppendRows(table_, kRows, {{"delta.enableTypeWidening", "true"}});
  ASSERT_THAT(Alter(ChangeColumn{.column = "QTY",
                                 .type = DataType::Primitive(TypeId::kLong),
                                 .comment = "how many",
                                 .metadata = {{"unit", "kg"}},
                                 .position = ColumnPosition{.first = true}}),
              IsOk());
  const StructField field = Load()->schema()->fields()[0];
  EXPECT_EQ(field.name, "qty");
  EXPECT_EQ(field.type->id(), TypeId::kLong);
  EXPECT_EQ(field.MetadataText("comment"), "how many");
  EXPECT_EQ(field.MetadataText("unit"), "kg");
  EXPECT_TRUE(field.metadata.contains("delta.typeChanges"));
  EXPECT_THAT(Alter(ChangeColumn{.column = "id", .type = DataType::Primitive(TypeId::kInteger)}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Alter(ChangeColumn{.column = "id", .drop_not_null = true}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nullable already")));
  EXPECT_THAT(Alter(ChangeColumn{.column = "id", .metadata = {{"delta.invariants", "x"}}}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Alter(ChangeColumn{.column = "nope", .comment = "x"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nope")));
}

TEST_F(AlterTest, ADefaultIsForRowsToCome) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(ChangeColumn{.column = "qty", .default_sql = "7"}), IsOk());
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "allowColumnDefaults"));
  EXPECT_EQ(ReadRows(Load()), kRows);
  ASSERT_THAT(Alter(ChangeColumn{.column = "qty", .drop_default = true}), IsOk());
  EXPECT_THAT(Alter(ChangeColumn{.column = "qty", .default_sql = "nope + 1"}), Not(IsOk()));
}

TEST_F(AlterTest, PropertiesNameAndDescription) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(SetProperties{{{"mine", "1"}, {"delta.appendOnly", "true"}}}), IsOk());
  EXPECT_EQ(Property("mine"), "1");
  EXPECT_THAT(Alter(SetProperties{{{"delta.nope", "1"}}}), StatusIs(StatusCode::kInvalidArgument));
  ASSERT_THAT(Alter(SetProperties{{{"delta.nope", "1"}}, true}), IsOk());
  EXPECT_EQ(Property("delta.nope"), "1");
  EXPECT_THAT(Alter(SetProperties{{{"delta.logRetentionDuration", "1 day"}}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("deletedFileRetentionDuration")));
  EXPECT_THAT(Alter(UnsetProperties{{"not there"}}), StatusIs(StatusCode::kInvalidArgument));
  ASSERT_THAT(Alter(UnsetProperties{{"mine", "not there"}, true}), IsOk());
  EXPECT_EQ(Property("mine"), "");
  ASSERT_THAT(Alter(DescribeTable{.name = "cities", .description = "of the world"}), IsOk());
  EXPECT_EQ(Load()->metadata().name, "cities");
  EXPECT_EQ(Load()->metadata().description, "of the world");
  EXPECT_THAT(Alter(DescribeTable{.name = std::string(256, 'n')}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(AlterTest, ClustersAndStopsClustering) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(ClusterBy{{"ID", "name"}}), IsOk());
  EXPECT_EQ(*ClusteringColumnsOf(*Load()), (std::vector<PhysicalPath>{{"id"}, {"name"}}));
  EXPECT_THAT(Info(), HasSubstr(R"("newClusteringColumns":"id,name")"));
  ASSERT_THAT(Alter(SetProperties{kMapped}), IsOk());
  EXPECT_THAT(Alter(DropColumns{{"name"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("clustered")));
  ASSERT_THAT(Alter(ClusterBy{}), IsOk());
  EXPECT_EQ(*ClusteringColumnsOf(*Load()), std::vector<PhysicalPath>());
  EXPECT_THAT(Alter(ClusterBy{{"nope"}}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(AlterTest, AddsFeatures) {
  AppendRows(table_, kRows);
  EXPECT_THAT(Alter(AddFeatures{{"deletionVectors"}, false}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("(3,7)")));
  ASSERT_THAT(Alter(AddFeatures{{"deletionVectors"}}), IsOk());
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "deletionVectors"));
  EXPECT_THAT(Alter(AddFeatures{{"noFeature"}}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(AlterTest, DropsAWriterFeatureAtOnce) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Alter(AddConstraint{"few", "id < 20"}), IsOk());
  EXPECT_THAT(Alter(DropFeature{"checkConstraints"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("few")));
  ASSERT_THAT(Alter(DropConstraint{"few"}), IsOk());
  const auto result = Alter(DropFeature{"checkConstraints"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{3});
  EXPECT_FALSE(ProtocolHasFeature(Load()->protocol(), "checkConstraints"));
  EXPECT_THAT(Alter(DropFeature{"checkConstraints"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Alter(DropFeature{"appendOnly"}), StatusIs(StatusCode::kUnsupported));
}

TEST_F(AlterTest, DropsDeletionVectorsBehindProtectedCheckpoints) {
  AppendRows(table_, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 1"), .files = OneThread()}),
              IsOk());
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("true"), .files = OneThread()}),
              IsOk());
  const auto result = Alter(DropFeature{"deletionVectors"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{7});
  const SnapshotPtr after = Load();
  EXPECT_FALSE(ProtocolHasFeature(after->protocol(), "deletionVectors"));
  EXPECT_TRUE(ProtocolHasFeature(after->protocol(), "checkpointProtection"));
  EXPECT_EQ(after->protocol().min_reader_version, 1);
  EXPECT_EQ(Property("delta.requireCheckpointProtectionBeforeVersion"), "7");
  EXPECT_EQ(after->segment().checkpoint_version, Version{7});
  for (const int64_t version : {4, 5, 6}) {
    EXPECT_THAT(table_->log()->Stat(ClassicCheckpointFileName(Version{version})), IsOk());
  }
  AppendRows(table_, kRows);
  EXPECT_EQ(ReadRows(Load()), kRows);
}

}  // namespace
}  // namespace deltaic
