#include "ops/table_definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/create.h"
#include "ops/iceberg_compat.h"
#include "protocol/nested_ids.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::IsSupersetOf;
using ::testing::Optional;
using testing::StatusIs;

StructField Field(std::string name, DataTypePtr type) {
  return {.name = std::move(name), .type = std::move(type)};
}

const DataTypePtr kLong = DataType::Primitive(TypeId::kLong);

SchemaPtr Plain() { return DataType::Struct({Field("id", kLong), Field("n", kLong)}); }

SchemaPtr Nested() {
  const DataTypePtr inner = DataType::Struct({Field("x", kLong)});
  return DataType::Struct({Field("id", kLong), Field("tags", DataType::Array(kLong, true)),
                           Field("m", DataType::Map(kLong, DataType::Array(inner, true), true))});
}

TableDefinition Define(const StringMap& properties, const SchemaPtr& schema = Plain()) {
  auto table = DefineTable(Metadata{.id = "t"}, schema, properties);
  EXPECT_THAT(table, IsOk());
  return table.ok() ? *table : TableDefinition();
}

SchemaPtr SchemaOf(const TableDefinition& table) {
  return *ParseSchema(table.metadata.schema_string);
}

TEST(ChangeProperties, SetsAndUnsetsAndRaisesTheProtocol) {
  const TableDefinition before = Define({{"mine", "1"}, {"delta.appendOnly", "true"}});
  const auto after =
      ChangeProperties(before, {{"delta.enableChangeDataFeed", "true"}}, {"mine", "not there"});
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->metadata.configuration,
            (StringMap{{"delta.appendOnly", "true"}, {"delta.enableChangeDataFeed", "true"}}));
  EXPECT_EQ(after->protocol.min_writer_version, 4);
}

TEST(ChangeProperties, MovingToFeatureListsNamesAllThatTheOldVersionImplied) {
  const TableDefinition before = Define({{"delta.enableChangeDataFeed", "true"}});
  const auto after = ChangeProperties(before, {{"delta.enableDeletionVectors", "true"}}, {});
  ASSERT_THAT(after, IsOk());
  EXPECT_THAT(after->protocol.writer_features,
              Optional(IsSupersetOf({"appendOnly", "invariants", "checkConstraints",
                                     "changeDataFeed", "generatedColumns", "deletionVectors"})));
}

TEST(ChangeProperties, TheProtocolNeverLosesAFeature) {
  const TableDefinition before = Define({{"delta.enableDeletionVectors", "true"}});
  const auto after = ChangeProperties(before, {}, {"delta.enableDeletionVectors"});
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->protocol, before.protocol);
  const auto raised = ChangeProperties(Define({{"delta.enableChangeDataFeed", "true"}}),
                                       {{"delta.minReaderVersion", "3"}}, {});
  ASSERT_THAT(raised, IsOk());
  EXPECT_TRUE(ProtocolHasFeature(raised->protocol, "changeDataFeed"));
}

TEST(ChangeProperties, ColumnMappingCanBeTurnedOnLater) {
  const auto after =
      ChangeProperties(Define({}, Nested()), {{"delta.columnMapping.mode", "name"}}, {});
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->protocol.min_reader_version, 2);
  EXPECT_EQ(after->metadata.configuration.at("delta.columnMapping.maxColumnId"), "4");
  const SchemaPtr schema = SchemaOf(*after);
  EXPECT_EQ(schema->fields()[1].physical_name(), "tags");
  EXPECT_EQ(schema->fields()[1].column_mapping_id(), 2);
  EXPECT_EQ(schema->fields()[2].type->value()->element()->fields()[0].physical_name(), "x");
}

struct RefusedChange {
  std::string name;
  StringMap before;
  StringMap set;
  std::vector<std::string> unset;
  StatusCode code;
  std::string message;
};

class RefusedChangeTest : public ::testing::TestWithParam<RefusedChange> {};

TEST_P(RefusedChangeTest, SaysWhy) {
  EXPECT_THAT(ChangeProperties(Define(GetParam().before), GetParam().set, GetParam().unset),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
}

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
const StringMap kMapped = {{"delta.columnMapping.mode", "name"}};

INSTANTIATE_TEST_SUITE_P(
    All, RefusedChangeTest,
    ::testing::Values(RefusedChange{"MappingById",
                                    {},
                                    {{"delta.columnMapping.mode", "id"}},
                                    {},
                                    kInvalid,
                                    "from none to name only"},
                      RefusedChange{"MappingTakenBack",
                                    kMapped,
                                    {},
                                    {"delta.columnMapping.mode"},
                                    kInvalid,
                                    "from none to name only"},
                      RefusedChange{"MappingToAnother",
                                    kMapped,
                                    {{"delta.columnMapping.mode", "id"}},
                                    {},
                                    kInvalid,
                                    "from none to name only"},
                      RefusedChange{"OwnKey",
                                    kMapped,
                                    {{"delta.columnMapping.maxColumnId", "9"}},
                                    {},
                                    kInvalid,
                                    "kept by the table itself"},
                      RefusedChange{"OwnKeyUnset",
                                    kMapped,
                                    {},
                                    {"delta.columnMapping.maxColumnId"},
                                    kInvalid,
                                    "cannot be unset"},
                      RefusedChange{"Constraint",
                                    {},
                                    {{"delta.constraints.c", "id > 0"}},
                                    {},
                                    kInvalid,
                                    "add it as a constraint"},
                      RefusedChange{
                          "UnknownKey", {}, {{"delta.nope", "1"}}, {}, kInvalid, "delta.nope"},
                      RefusedChange{"IcebergLater",
                                    kMapped,
                                    {{"delta.enableIcebergCompatV1", "true"}},
                                    {},
                                    kUnsupported,
                                    "when a table is created only"},
                      RefusedChange{"RowTrackingLater",
                                    {},
                                    {{"delta.enableRowTracking", "true"}},
                                    {},
                                    kUnsupported,
                                    "when a table is created only"},
                      RefusedChange{"VectorsBesideIceberg",
                                    {{"delta.enableIcebergCompatV2", "true"}},
                                    {{"delta.enableDeletionVectors", "true"}},
                                    {},
                                    kInvalid,
                                    "cannot both be true"},
                      RefusedChange{"IcebergV3TakenBack",
                                    {{"delta.enableIcebergCompatV3", "true"}},
                                    {{"delta.enableIcebergCompatV3", "false"}},
                                    {},
                                    kInvalid,
                                    "cannot be taken back"},
                      RefusedChange{"RowTrackingOffBelowIceberg",
                                    {{"delta.enableIcebergCompatV3", "true"}},
                                    {{"delta.enableRowTracking", "false"}},
                                    {},
                                    kInvalid,
                                    "needs delta.enableRowTracking=true"},
                      RefusedChange{"VectorsOfIcebergV1",
                                    {{"delta.enableIcebergCompatV1", "true"}},
                                    {{"delta.feature.deletionVectors", "supported"}},
                                    {},
                                    kInvalid,
                                    "do not go together"},
                      RefusedChange{"Catalog",
                                    {},
                                    {{"delta.feature.catalogManaged", "supported"}},
                                    {},
                                    kUnsupported,
                                    "catalogManaged"}),
    [](const auto& info) { return info.param.name; });

TEST(DefineTable, IcebergCompatibilityBringsWhatItNeeds) {
  const TableDefinition table = Define({{"delta.enableIcebergCompatV2", "true"}}, Nested());
  EXPECT_EQ(table.metadata.configuration.at("delta.columnMapping.mode"), "name");
  EXPECT_TRUE(ProtocolHasFeature(table.protocol, "icebergCompatV2"));
  EXPECT_TRUE(ProtocolHasFeature(table.protocol, "columnMapping"));
  const SchemaPtr schema = SchemaOf(table);
  const StructField& tags = schema->fields()[1];
  EXPECT_THAT(NestedIdsOf(tags),
              ElementsAre(std::pair(tags.physical_name() + ".element", int64_t{5})));
  const StructField& map = schema->fields()[2];
  EXPECT_THAT(NestedIdsOf(map),
              ElementsAre(std::pair(map.physical_name() + ".key", int64_t{6}),
                          std::pair(map.physical_name() + ".value", int64_t{7}),
                          std::pair(map.physical_name() + ".value.element", int64_t{8})));
  EXPECT_EQ(table.metadata.configuration.at("delta.columnMapping.maxColumnId"), "8");
}

TEST(DefineTable, IcebergCompatibilityRefusesWhatItDoesNotKnow) {
  const auto define = [](StringMap properties, const SchemaPtr& schema) {
    return DefineTable(Metadata(), schema, properties);
  };
  EXPECT_THAT(define({{"delta.enableIcebergCompatV1", "true"}}, Nested()),
              StatusIs(kInvalid, HasSubstr("column 'tags' of type array<long>")));
  EXPECT_THAT(
      define({{"delta.enableIcebergCompatV1", "true"}, {"delta.enableIcebergCompatV2", "true"}},
             Plain()),
      StatusIs(kInvalid, HasSubstr("choose one")));
  EXPECT_THAT(
      define({{"delta.enableIcebergCompatV1", "true"}, {"delta.columnMapping.mode", "none"}},
             Plain()),
      StatusIs(kInvalid, HasSubstr("needs delta.columnMapping.mode")));
}

TEST(DefineTable, IcebergCompatibilityV3BringsRowIds) {
  const TableDefinition table =
      Define({{"delta.enableIcebergCompatV3", "true"}, {"delta.enableDeletionVectors", "true"}},
             DataType::Struct({Field("id", kLong), Field("tags", DataType::Array(kLong, true)),
                               Field("v", DataType::Primitive(TypeId::kVariant))}));
  EXPECT_EQ(table.metadata.configuration.at("delta.columnMapping.mode"), "name");
  EXPECT_EQ(table.metadata.configuration.at("delta.enableRowTracking"), "true");
  EXPECT_THAT(table.protocol.writer_features,
              Optional(IsSupersetOf({"icebergCompatV3", "columnMapping", "rowTracking",
                                     "domainMetadata", "deletionVectors", "variantType"})));
  EXPECT_EQ(NestedIdsOf(SchemaOf(table)->fields()[1]).size(), 1u);
}

TEST(DefineTable, IcebergCompatibilityV3RefusesWhatItDoesNotKnow) {
  const StringMap v3 = {{"delta.enableIcebergCompatV3", "true"}};
  const auto refused = [&](const SchemaPtr& schema, const char* why, StringMap more = {}) {
    more.insert(v3.begin(), v3.end());
    EXPECT_THAT(DefineTable(Metadata(), schema, more), StatusIs(kInvalid, HasSubstr(why)));
  };
  refused(DataType::Struct({Field("id", kLong), Field("n", DataType::Primitive(TypeId::kVoid))}),
          "column 'n' of type void");
  refused(Plain(), "choose one", {{"delta.enableIcebergCompatV2", "true"}});
  refused(Plain(), "needs delta.enableRowTracking=true", {{"delta.enableRowTracking", "false"}});
  StructField with_default = Field("n", DataType::Primitive(TypeId::kDate));
  with_default.metadata["CURRENT_DEFAULT"] = "\"current_date()\"";
  refused(DataType::Struct({Field("id", kLong), with_default}), "is no literal");
  with_default.metadata["CURRENT_DEFAULT"] = "\"DATE'2024-02-29'\"";
  EXPECT_THAT(DefineTable(Metadata(), DataType::Struct({Field("id", kLong), with_default}), v3),
              IsOk());
  StructField widened = Field("n", DataType::Primitive(TypeId::kDouble));
  widened.metadata["delta.typeChanges"] = R"([{"toType":"double","fromType":"integer"}])";
  refused(DataType::Struct({Field("id", kLong), widened}), "cannot change from integer to double");
}

TEST(CheckIcebergReplaced, KeepsV3AndPartitions) {
  const Metadata v3{.partition_columns = {"a"},
                    .configuration = {{"delta.enableIcebergCompatV3", "true"}}};
  EXPECT_THAT(CheckIcebergReplaced(v3, v3), IsOk());
  EXPECT_THAT(CheckIcebergReplaced(v3, Metadata{.partition_columns = {"a"}}),
              StatusIs(kInvalid, HasSubstr("cannot be taken back")));
  Metadata other = v3;
  other.partition_columns = {"b"};
  EXPECT_THAT(CheckIcebergReplaced(v3, other), StatusIs(kInvalid, HasSubstr("other partition")));
  other.partition_columns.clear();
  EXPECT_THAT(CheckIcebergReplaced(other, v3), IsOk());
}

TEST(DefineTable, FeaturesBringThoseTheyNeed) {
  const TableDefinition table = Define({{"delta.feature.clustering", "supported"}});
  EXPECT_THAT(table.protocol.writer_features,
              Optional(IsSupersetOf({"clustering", "domainMetadata"})));
}

TEST(ConfigurationKeptOnReplace, ColumnIdsGoOn) {
  TableDefinition before = Define(kMapped);
  before.metadata.configuration["mine"] = "1";
  const auto after = DefineTable(
      Metadata{.configuration = ConfigurationKeptOnReplace(before.metadata.configuration)}, Plain(),
      kMapped);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(SchemaOf(*after)->fields()[0].column_mapping_id(), 3);
  EXPECT_FALSE(after->metadata.configuration.contains("mine"));
}

TEST(ChangeSchema, KeepsPartitionsOfIcebergTables) {
  const TableDefinition table = Define({{"delta.enableIcebergCompatV1", "true"}});
  EXPECT_THAT(ChangeSchema(table, SchemaOf(table), {"n"}),
              StatusIs(kInvalid, HasSubstr("partition columns")));
}

}  // namespace
}  // namespace deltaic
