#include "ops/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/create.h"
#include "ops/delete.h"
#include "ops/restored_definition.h"
#include "ops/update.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "protocol/schema_json.h"
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
using testing::LiveFiles;
using testing::OneThread;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;
using testing::TableKind;
using testing::TableKinds;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "a b/%", 20, "y"}, {3, "ü", 30, "z"}};

Result<RestoreResult> Restore(const std::shared_ptr<Table>& table, int64_t version) {
  return RestoreTable(table, {.version = Version{version}});
}

Status Delete(const std::shared_ptr<Table>& table, const std::string& predicate) {
  return DeleteRows(table, nullptr, {.predicate = Sql(predicate), .files = OneThread()}).status();
}

CommitInfo InfoOf(const Table& table, Version version) {
  const std::string name = CommitFileName(version);
  return std::get<CommitInfo>(ParseActions(*table.log()->Read(name), name)->front());
}

class RestoreKinds : public ::testing::TestWithParam<TableKind> {};

TEST_P(RestoreKinds, EveryVersionComesBackRowForRow) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows, GetParam().properties, GetParam().partition_by);
  ASSERT_THAT(Delete(table, "id = 2"), IsOk());
  AppendRows(table, {{4, "a", 40, {}}});
  ASSERT_THAT(UpdateRows(table, nullptr,
                         {.assignments = {{{"qty"}, Sql("qty + 1")}},
                          .predicate = Sql("id IN (1, 4)"),
                          .files = OneThread()}),
              IsOk());
  ASSERT_THAT(Delete(table, "true"), IsOk());
  std::vector<KeyedRows> states;
  for (int64_t version = 0; version <= 4; ++version) {
    states.push_back(ReadRows(*table->Load(Version{version})));
  }
  for (const int64_t version : {3, 0, 4, 1, 2, 0}) {
    const auto result = Restore(table, version);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(ReadRows(result->snapshot), states[version]) << version;
    EXPECT_EQ(ReadRows(*table->Load()), states[version]) << version;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RestoreKinds, ::testing::ValuesIn(TableKinds()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Restore, SaysWhatItDid) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows);
  AppendRows(table, {{4, "b", 1, {}}});
  ASSERT_THAT(Delete(table, "id = 1"), IsOk());
  const auto result = Restore(table, 0);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{3});
  EXPECT_EQ(result->num_removed_files, 2);
  EXPECT_EQ(result->num_restored_files, 1);
  EXPECT_EQ(result->num_files, 1);
  const CommitInfo info = InfoOf(*table, Version{3});
  EXPECT_EQ(info.operation, "RESTORE");
  EXPECT_EQ(info.is_blind_append, false);
  EXPECT_THAT(info.json,
              AllOf(HasSubstr(R"("operationParameters":{"version":0,"timestamp":null})"),
                    HasSubstr(R"("numRestoredFiles":"1")"), HasSubstr(R"("numRemovedFiles":"2")")));
}

TEST(Restore, AVectorThatGrewSinceComesBackAsItWas) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(Delete(table, "id = 1"), IsOk());
  ASSERT_THAT(Delete(table, "id = 2"), IsOk());
  const auto result = Restore(table, 1);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_removed_files, 1);
  EXPECT_EQ(result->num_restored_files, 1);
  const std::vector<Add> files = LiveFiles(*table->Load());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].deletion_vector->cardinality, 1);
  EXPECT_EQ(ReadRows(*table->Load()), (KeyedRows{kRows[1], kRows[2]}));
}

TEST(Restore, OnlyAnEarlierVersion) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows);
  AppendRows(table, kRows);
  EXPECT_THAT(Restore(table, 1), StatusIs(StatusCode::kInvalidArgument, HasSubstr("version 1")));
  EXPECT_THAT(Restore(table, 7), StatusIs(StatusCode::kInvalidArgument, HasSubstr("version 7")));
  EXPECT_THAT(RestoreTable(table, {}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("either")));
  EXPECT_THAT(RestoreTable(table, {.time = TimestampMs{0}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("before the first")));
  EXPECT_EQ((*table->Load())->version(), Version{1});
}

TEST(Restore, ByTime) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows, {{"delta.enableInCommitTimestamps", "true"}});
  AppendRows(table, {{4, "b", 1, {}}});
  const TimestampMs first = *(*table->Load(Version{0}))->timestamp();
  const auto result = RestoreTable(table, {.time = first});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->restored_version, Version{0});
  EXPECT_EQ(ReadRows(result->snapshot), kRows);
  EXPECT_THAT(InfoOf(*table, Version{2}).json, HasSubstr(R"("version":null,"timestamp":")"));
}

TEST(Restore, MissingFilesAreNamedOrPassedOver) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows);
  const std::string path = LiveFiles(*table->Load()).at(0).path;
  ASSERT_THAT(Delete(table, "true"), IsOk());
  ASSERT_THAT(table->store()->Delete(path), IsOk());
  EXPECT_THAT(Restore(table, 0), StatusIs(StatusCode::kNotFound, HasSubstr(path)));
  EXPECT_EQ((*table->Load())->version(), Version{1});
  const auto result = RestoreTable(table, {.version = Version{0}, .ignore_missing_files = true});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_missing_files, 1);
}

TEST(Restore, AMissingDeletionVectorIsAMissingFile) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows, {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(Delete(table, "id = 1"), IsOk());
  ASSERT_THAT(Delete(table, "true"), IsOk());
  for (const std::string& path : testing::DataObjects(*table->store())) {
    if (!path.ends_with(".bin")) continue;
    ASSERT_THAT(table->store()->Delete(path), IsOk());
  }
  EXPECT_THAT(Restore(table, 1), StatusIs(StatusCode::kNotFound, HasSubstr("deletion_vector")));
  EXPECT_THAT(Restore(table, 0), IsOk());
}

TEST(Restore, GivesUpWhereAnotherCommitComesFirst) {
  std::shared_ptr<Table> table, beneath;
  bool racing = false;
  const FaultPlan plan = [&](StoreCall call, std::string_view path) {
    if (racing && call == StoreCall::kPutIfAbsent && path.ends_with(CommitFileName(Version{2}))) {
      racing = false;
      AppendRows(beneath, {{9, "late", 9, {}}});
    }
    return Fault{};
  };
  const auto store = MakeMemoryStore();
  beneath = Table::Of(store);
  table = Table::Of(MakeFaultStore(store, plan));
  AppendRows(table, kRows);
  AppendRows(table, kRows);
  racing = true;
  EXPECT_THAT(Restore(table, 0), StatusIs(StatusCode::kConflict));
  EXPECT_EQ(ReadRows(*table->Load()).size(), 7u);
}

TEST(Restore, AnAppendOnlyTableKeepsItsRows) {
  const auto table = Table::Of(MakeMemoryStore());
  AppendRows(table, kRows, {{"delta.appendOnly", "true"}});
  AppendRows(table, kRows);
  EXPECT_THAT(Restore(table, 0), StatusIs(StatusCode::kInvalidArgument, HasSubstr("append-only")));
}

TableDefinition Define(const StringMap& properties) {
  const SchemaPtr schema = DataType::Struct(
      {{.name = "id",
        .type = DataType::Primitive(TypeId::kLong),
        .metadata = {{"delta.identity.start", "1"},
                     {"delta.identity.step", "1"},
                     {"delta.identity.highWaterMark", properties.contains("mark") ? "9" : "3"},
                     {"delta.identity.allowExplicitInsert", "true"}}}});
  return *DefineTable(Metadata{.id = "t"}, schema, properties);
}

TEST(RestoredDefinition, WhatWasGivenOutIsNotGivenOutAgain) {
  TableDefinition then = Define({{"delta.columnMapping.mode", "name"}});
  TableDefinition now = Define({{"delta.columnMapping.mode", "name"},
                                {"mark", "1"},
                                {"delta.enableInCommitTimestamps", "true"},
                                {"delta.enableDeletionVectors", "true"}});
  now.metadata.configuration["delta.columnMapping.maxColumnId"] = "7";
  now.metadata.configuration["delta.inCommitTimestampEnablementVersion"] = "5";
  const auto restored = RestoredDefinition(now, then, false);
  ASSERT_THAT(restored, IsOk());
  const StringMap& properties = restored->metadata.configuration;
  EXPECT_EQ(properties.at("delta.columnMapping.maxColumnId"), "7");
  EXPECT_EQ(properties.at("delta.enableInCommitTimestamps"), "true");
  EXPECT_EQ(properties.at("delta.inCommitTimestampEnablementVersion"), "5");
  EXPECT_FALSE(properties.contains("delta.enableDeletionVectors"));
  EXPECT_FALSE(properties.contains("mark"));
  const SchemaPtr schema = *ParseSchema(restored->metadata.schema_string);
  EXPECT_EQ(schema->fields()[0].MetadataText("delta.identity.highWaterMark"), "9");
  EXPECT_TRUE(ProtocolHasFeature(restored->protocol, "deletionVectors"));
}

TEST(RestoredDefinition, AProtocolIsLoweredOnRequestButNotBelowWhatIsNeeded) {
  const TableDefinition then = Define({});
  const TableDefinition now =
      Define({{"delta.enableDeletionVectors", "true"}, {"delta.enableInCommitTimestamps", "true"}});
  const auto lowered = RestoredDefinition(now, then, true);
  ASSERT_THAT(lowered, IsOk());
  EXPECT_FALSE(ProtocolHasFeature(lowered->protocol, "deletionVectors"));
  EXPECT_TRUE(ProtocolHasFeature(lowered->protocol, "inCommitTimestamp"));
  EXPECT_TRUE(ProtocolHasFeature(lowered->protocol, "identityColumns"));
}

}  // namespace
}  // namespace deltaic
