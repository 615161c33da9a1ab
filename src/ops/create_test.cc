#include "ops/create.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ops/write.h"
#include "protocol/schema_json.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

StructField FieldOf(std::string name, TypeId id) {
  return {.name = std::move(name), .type = DataType::Primitive(id)};
}
SchemaPtr SchemaOf(std::vector<StructField> fields) { return DataType::Struct(std::move(fields)); }
SchemaPtr IdAndDay() {
  return SchemaOf({FieldOf("id", TypeId::kLong), FieldOf("day", TypeId::kString)});
}

std::shared_ptr<Table> NewPlace() { return Table::Of(MakeMemoryStore()); }

TEST(CreateTable, MakesVersionZeroWithTheDefaultProtocol) {
  const auto table = NewPlace();
  const auto snapshot = CreateTable(table, {.schema = IdAndDay(),
                                            .partition_by = {"DAY"},
                                            .properties = {{"owner", "me"}},
                                            .name = "orders",
                                            .description = "all of them"});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->version(), Version{0});
  EXPECT_EQ((*snapshot)->protocol(), Protocol{});
  const Metadata& metadata = (*snapshot)->metadata();
  EXPECT_EQ(metadata.id.size(), 36u);
  EXPECT_EQ(metadata.name, "orders");
  EXPECT_EQ(metadata.description, "all of them");
  EXPECT_THAT(metadata.partition_columns, ElementsAre("day"));
  EXPECT_THAT(metadata.configuration, ElementsAre(std::pair("owner", "me")));
  EXPECT_EQ((*table->Load())->metadata(), metadata);
  EXPECT_THAT(testing::LiveFiles(*snapshot), IsEmpty());
}

TEST(CreateTable, ExistingTableIsHandledByMode) {
  const auto table = NewPlace();
  ASSERT_THAT(CreateTable(table, {.schema = IdAndDay(), .name = "first"}), IsOk());
  for (const SaveMode mode : {SaveMode::kError, SaveMode::kAppend}) {
    EXPECT_THAT(CreateTable(table, {.schema = IdAndDay(), .mode = mode}),
                StatusIs(StatusCode::kAlreadyExists));
  }
  const auto kept =
      CreateTable(table, {.schema = IdAndDay(), .name = "x", .mode = SaveMode::kIgnore});
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ((*kept)->metadata().name, "first");
}

TEST(CreateTable, OverwriteReplacesRowsAndSchemaInANewVersion) {
  const auto table = NewPlace();
  const auto written = WriteTable(
      table, nullptr, testing::Rows({1, 2}),
      {.mode = SaveMode::kAppend, .properties = {{"delta.enableDeletionVectors", "true"}}});
  ASSERT_THAT(written, IsOk());
  const auto replaced = CreateTable(
      table, {.schema = SchemaOf({FieldOf("x", TypeId::kDate)}), .mode = SaveMode::kOverwrite});
  ASSERT_THAT(replaced, IsOk());
  EXPECT_EQ((*replaced)->version(), Version{1});
  EXPECT_EQ((*replaced)->schema()->ToString(), "struct<x:date>");
  EXPECT_THAT(testing::LiveFiles(*replaced), IsEmpty());
  EXPECT_EQ((*replaced)->metadata().id, written->snapshot->metadata().id);
  // Features stay, so that older versions stay readable.
  EXPECT_EQ((*replaced)->protocol(), written->snapshot->protocol());
  EXPECT_EQ((*table->Load(Version{0}))->version(), Version{0});
}

TEST(CreateTable, OfManyCreatorsOneWins) {
  const auto table = NewPlace();
  std::atomic<int> created = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto result = CreateTable(table, {.schema = IdAndDay()});
      if (result.ok()) ++created;
      if (result.status().code() == StatusCode::kAlreadyExists) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(refused, 7);
}

struct ProtocolCase {
  std::string name;
  StringMap properties;
  SchemaPtr schema;
  Protocol protocol;
};

class PlanNewTableTest : public ::testing::TestWithParam<ProtocolCase> {};

TEST_P(PlanNewTableTest, ChoosesTheLowestProtocol) {
  const auto plan =
      PlanNewTable({.schema = GetParam().schema, .properties = GetParam().properties});
  ASSERT_THAT(plan, IsOk());
  const Protocol& protocol = plan->definition.protocol;
  EXPECT_EQ(protocol.min_reader_version, GetParam().protocol.min_reader_version);
  EXPECT_EQ(protocol.min_writer_version, GetParam().protocol.min_writer_version);
  const auto sorted = [](std::optional<std::vector<std::string>> names) {
    if (names) std::sort(names->begin(), names->end());
    return names;
  };
  EXPECT_EQ(sorted(protocol.reader_features), sorted(GetParam().protocol.reader_features));
  EXPECT_EQ(sorted(protocol.writer_features), sorted(GetParam().protocol.writer_features));
  for (const auto& [key, value] : plan->definition.metadata.configuration) {
    EXPECT_FALSE(key.starts_with("delta.feature.") || key.starts_with("delta.min")) << key;
  }
}

std::vector<ProtocolCase> ProtocolCases() {
  const SchemaPtr plain = IdAndDay();
  const SchemaPtr ntz = SchemaOf(
      {{.name = "a", .type = DataType::Array(DataType::Primitive(TypeId::kTimestampNtz), true)}});
  using Features = std::vector<std::string>;
  const Features base = {"appendOnly", "invariants"};
  const auto with = [&](Features more) {
    more.insert(more.end(), base.begin(), base.end());
    return more;
  };
  return {
      {"Plain", {}, plain, {1, 2, {}, {}}},
      {"AppendOnly", {{"delta.appendOnly", "true"}}, plain, {1, 2, {}, {}}},
      {"ChangeDataFeed", {{"delta.enableChangeDataFeed", "true"}}, plain, {1, 4, {}, {}}},
      {"ColumnMapping", {{"delta.columnMapping.mode", "name"}}, plain, {2, 5, {}, {}}},
      {"DeletionVectors",
       {{"delta.enableDeletionVectors", "true"}},
       plain,
       {3, 7, Features{"deletionVectors"}, with({"deletionVectors"})}},
      {"NestedTimestampNtz", {}, ntz, {3, 7, Features{"timestampNtz"}, with({"timestampNtz"})}},
      {"InCommitTimestamps",
       {{"delta.enableInCommitTimestamps", "true"}},
       plain,
       {1, 7, {}, with({"inCommitTimestamp"})}},
      {"FeatureByName",
       {{"delta.feature.domainMetadata", "supported"}},
       plain,
       {1, 7, {}, with({"domainMetadata"})}},
      {"CheckpointPolicy",
       {{"delta.checkpointPolicy", "v2"}},
       plain,
       {3, 7, Features{"v2Checkpoint"}, with({"v2Checkpoint"})}},
      {"WriterVersion", {{"delta.minWriterVersion", "4"}}, plain, {1, 4, {}, {}}},
      {"ReaderVersionTwoNeedsWriterFive", {{"delta.minReaderVersion", "2"}}, plain, {2, 5, {}, {}}},
      {"WriterVersionSeven", {{"delta.minWriterVersion", "7"}}, plain, {1, 7, {}, base}},
      {"ReaderVersionThree", {{"delta.minReaderVersion", "3"}}, plain, {3, 7, Features{}, base}},
  };
}

INSTANTIATE_TEST_SUITE_P(All, PlanNewTableTest, ::testing::ValuesIn(ProtocolCases()),
                         [](const auto& info) { return info.param.name; });

TEST(PlanNewTable, ColumnMappingGivesEachFieldAnIdAndAPhysicalName) {
  const SchemaPtr schema = SchemaOf(
      {FieldOf("a b", TypeId::kLong),
       {.name = "s", .type = DataType::Array(SchemaOf({FieldOf("x", TypeId::kLong)}), true)}});
  const auto plan =
      PlanNewTable({.schema = schema, .properties = {{"delta.columnMapping.mode", "name"}}});
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->definition.metadata.configuration.at("delta.columnMapping.maxColumnId"), "3");
  const SchemaPtr mapped = *ParseSchema(plan->definition.metadata.schema_string);
  const StructField& inner = mapped->fields()[1].type->element()->fields()[0];
  EXPECT_THAT((std::vector{mapped->fields()[0].column_mapping_id(),
                           mapped->fields()[1].column_mapping_id(), inner.column_mapping_id()}),
              UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(inner.physical_name(), StartsWith("col-"));
  EXPECT_NE(inner.physical_name(), mapped->fields()[0].physical_name());
}

struct RefusedCase {
  std::string name;
  CreateOptions options;
  StatusCode code;
  std::string message;
};

class RefusedTableTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTableTest, LeavesNothingBehind) {
  const auto table = NewPlace();
  EXPECT_THAT(CreateTable(table, GetParam().options),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
  EXPECT_FALSE(*table->Exists());
}

std::vector<RefusedCase> RefusedCases() {
  const StatusCode invalid = StatusCode::kInvalidArgument;
  const StructField nested{.name = "s", .type = SchemaOf({FieldOf("x", TypeId::kLong)})};
  return {
      {"NoSchema", {}, invalid, "schema"},
      {"NoColumns", {.schema = SchemaOf({})}, invalid, "at least one column"},
      {"NamesThatDifferInCase",
       {.schema = SchemaOf({FieldOf("a", TypeId::kLong), FieldOf("A", TypeId::kLong)})},
       invalid,
       "two columns are named 'A'"},
      {"NameThatNeedsMapping",
       {.schema = SchemaOf({FieldOf("a b", TypeId::kLong)})},
       invalid,
       "columnMapping"},
      {"EmptyName", {.schema = SchemaOf({FieldOf("", TypeId::kLong)})}, invalid, "no name"},
      {"UnknownPartitionColumn", {.schema = IdAndDay(), .partition_by = {"x"}}, invalid, "'x'"},
      {"NestedPartitionColumn",
       {.schema = SchemaOf({FieldOf("id", TypeId::kLong), nested}), .partition_by = {"s"}},
       invalid,
       "cannot partition"},
      {"RepeatedPartitionColumn",
       {.schema = IdAndDay(), .partition_by = {"day", "day"}},
       invalid,
       "twice"},
      {"OnlyPartitionColumns",
       {.schema = IdAndDay(), .partition_by = {"id", "day"}},
       invalid,
       "all of its columns"},
      {"BadProperty",
       {.schema = IdAndDay(), .properties = {{"delta.appendOnly", "maybe"}}},
       invalid,
       "delta.appendOnly"},
      {"UnknownProperty",
       {.schema = IdAndDay(), .properties = {{"delta.nothing", "1"}}},
       invalid,
       "delta.nothing"},
      {"ChangeFeedColumn",
       {.schema = SchemaOf({FieldOf("_change_type", TypeId::kString), FieldOf("x", TypeId::kLong)}),
        .properties = {{"delta.enableChangeDataFeed", "true"}}},
       invalid,
       "_change_type"},
      {"FeatureNobodyKnows",
       {.schema = IdAndDay(), .properties = {{"delta.feature.warpDrive", "supported"}}},
       StatusCode::kUnsupported,
       "warpDrive"},
      {"FeatureThisBuildCannotWrite",
       {.schema = IdAndDay(), .properties = {{"delta.feature.icebergWriterCompatV1", "supported"}}},
       StatusCode::kUnsupported,
       "icebergWriterCompatV1"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, RefusedTableTest, ::testing::ValuesIn(RefusedCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
