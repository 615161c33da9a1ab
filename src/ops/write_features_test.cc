// Writes to tables with features that change what data files hold, or which of them go.

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/schema.h>

#include <map>
#include <set>

#include "data/values/value_text.h"
#include "data/values/variant_column.h"
#include "data/write/data_write_test_support.h"
#include "ops/alter/alter.h"
#include "ops/clustering.h"
#include "ops/create.h"
#include "ops/delete.h"
#include "ops/row_sink.h"
#include "ops/write.h"
#include "protocol/table_features.h"
#include "protocol/variant_parse.h"
#include "scan/scan.h"
#include "storage/memory_store.h"
#include "support/arrays.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::LiveFiles;
using ::testing::Not;
using ::testing::Optional;
using testing::ReadIds;
using testing::Rows;
using testing::RowsOfDay;
using ::testing::SizeIs;
using testing::StatusIs;

struct NamedColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::shared_ptr<arrow::RecordBatchReader> RowsOf(const std::vector<NamedColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NamedColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ArrayOf(column.type, column.json));
  }
  const auto schema = arrow::schema(fields);
  return *arrow::RecordBatchReader::Make(
      {arrow::RecordBatch::Make(schema, arrays[0]->length(), arrays)}, schema);
}

class WriteFeaturesTest : public ::testing::Test {
 protected:
  Result<WriteResult> Append(const std::shared_ptr<arrow::RecordBatchReader>& rows,
                             WriteOptions options = {}) {
    options.mode = SaveMode::kAppend;
    return WriteTable(table_, nullptr, rows, options);
  }
  SnapshotPtr Load() { return *table_->Load(); }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(WriteFeaturesTest, MaterializedPartitionColumnsAreInTheFilesWithoutStatistics) {
  ASSERT_THAT(Append(Rows({1, 2}),
                     {.partition_by = {{"day"}},
                      .properties = {{"delta.enableMaterializePartitionColumnsFeature", "true"}}}),
              IsOk());
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(add.partition_values,
              ElementsAre(::testing::Pair("day", Optional(std::string("mon")))));
  EXPECT_THAT(testing::ReadParquet(*table_->store(), add)->schema()->field_names(),
              ElementsAre("id", "day"));
  EXPECT_THAT(*add.stats, Not(HasSubstr("day")));
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2));
}

TEST_F(WriteFeaturesTest, IcebergTablesHaveIdsForElementsAndTagsOnFiles) {
  const auto list = arrow::list(arrow::field("element", arrow::int64()));
  ASSERT_THAT(
      Append(RowsOf({{"id", arrow::int64(), "[1]"},
                     {"day", arrow::utf8(), R"(["mon"])"},
                     {"tags", list, "[[1, 2]]"}}),
             {.partition_by = {{"day"}}, .properties = {{"delta.enableIcebergCompatV2", "true"}}}),
      IsOk());
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(add.tags, Optional(StringMap{{"ICEBERG_COMPAT_VERSION", "2"}}));
  const auto reader = testing::OpenParquet(*table_->store(), add);
  const auto* root = reader->metadata()->schema()->group_node();
  ASSERT_EQ(root->field_count(), 3);  // the partition column too
  const auto& tags = static_cast<const parquet::schema::GroupNode&>(*root->field(2));
  EXPECT_EQ(tags.field_id(), 3);
  const auto& entries = static_cast<const parquet::schema::GroupNode&>(*tags.field(0));
  EXPECT_EQ(entries.field(0)->field_id(), 4);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1));
}

TEST_F(WriteFeaturesTest, IcebergV3KeepsRowIdsUnderItsOwnColumnIds) {
  const StringMap properties = {{"delta.enableIcebergCompatV3", "true"},
                                {"delta.dataSkippingNumIndexedCols", "0"}};
  ASSERT_THAT(Append(Rows({1, 2, 3}), {.partition_by = {{"day"}}, .properties = properties}),
              IsOk());
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = testing::Sql("id = 2")}), IsOk());
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(add.tags, Optional(StringMap{{"ICEBERG_COMPAT_VERSION", "3"}}));
  EXPECT_THAT(*add.stats, HasSubstr(R"("numRecords":2)"));
  const auto reader = testing::OpenParquet(*table_->store(), add);
  const auto* root = reader->metadata()->schema()->group_node();
  ASSERT_EQ(root->field_count(), 4);  // id, day, and what tracks rows
  EXPECT_EQ(root->field(2)->field_id(), 2147483540);
  EXPECT_EQ(root->field(3)->field_id(), 2147483539);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 3));
}

TEST_F(WriteFeaturesTest, VariantsAreWritten) {
  const SchemaPtr schema = DataType::Struct(
      {{.name = "id", .type = DataType::Primitive(TypeId::kLong)},
       {.name = "v", .type = DataType::Primitive(TypeId::kVariant)},
       {.name = "vs", .type = DataType::Array(DataType::Primitive(TypeId::kVariant), true)}});
  ASSERT_THAT(CreateTable(table_, {.schema = schema}), IsOk());
  // The metadata of no keys, and the values null, true and 5.
  const std::string metadata(1, '\x01');
  arrow::BinaryBuilder metadata_builder;
  arrow::BinaryBuilder value_builder;
  for (const std::string& value :
       {std::string("\x00", 1), std::string("\x04"), std::string("\x0c\x05")}) {
    ASSERT_TRUE(metadata_builder.Append(metadata + std::string(2, '\0')).ok());
    ASSERT_TRUE(value_builder.Append(value).ok());
  }
  const std::vector<uint8_t> bits = {0b101};
  const auto type = VariantArrowType();
  const auto variants = std::make_shared<arrow::StructArray>(
      type, 3, arrow::ArrayVector{*metadata_builder.Finish(), *value_builder.Finish()},
      arrow::Buffer::FromVector(bits), 1);
  const auto rows_schema =
      arrow::schema({arrow::field("id", arrow::int64()), VariantAwareField("v", type, true, true)});
  const auto batch =
      arrow::RecordBatch::Make(rows_schema, 3, {ArrayOf(arrow::int64(), "[1, 2, 3]"), variants});
  ASSERT_THAT(Append(*arrow::RecordBatchReader::Make({batch}, rows_schema)), IsOk());
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(*add.stats, HasSubstr(R"("nullCount":{"id":0,"v":1,"vs":3})"));
  const auto written = testing::ReadParquet(*table_->store(), add)->GetColumnByName("v");
  EXPECT_TRUE(written->chunk(0)->Equals(variants)) << written->ToString();
}

std::shared_ptr<arrow::RecordBatchReader> VariantRows(const std::vector<std::string>& json) {
  arrow::Int64Builder ids;
  arrow::BinaryBuilder metadata, value;
  for (size_t i = 0; i < json.size(); ++i) {
    const auto variant = *ParseVariantJson(json[i]);
    EXPECT_TRUE(ids.Append(static_cast<int64_t>(i)).ok());
    EXPECT_TRUE(metadata.Append(variant.metadata).ok() && value.Append(variant.value).ok());
  }
  const auto variants = std::make_shared<arrow::StructArray>(
      VariantArrowType(), ids.length(), arrow::ArrayVector{*metadata.Finish(), *value.Finish()});
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64()), VariantAwareField("v", VariantArrowType(), true, true)});
  const auto rows = arrow::RecordBatch::Make(schema, variants->length(), {*ids.Finish(), variants});
  return *arrow::RecordBatchReader::Make({rows}, schema);
}

/// The variants of a table as JSON, by id.
std::vector<std::string> ReadVariants(const SnapshotPtr& snapshot) {
  std::map<int64_t, std::string> rows;
  auto scan = Scan::Make(snapshot, ScanOptions{.num_threads = 1});
  EXPECT_THAT(scan, IsOk());
  while (scan.ok()) {
    const auto batch = (*scan)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    const auto& ids = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    for (int64_t row = 0; row < ids.length(); ++row) {
      EXPECT_THAT(AppendJsonValue(rows[ids.Value(row)], *(*batch)->schema()->field(1),
                                  *(*batch)->column(1), row),
                  IsOk());
    }
  }
  std::vector<std::string> out;
  for (auto& [id, text] : rows) out.push_back(std::move(text));
  return out;
}

std::set<std::string> LeavesOf(const ObjectStore& store, const Add& add) {
  std::set<std::string> names;
  const auto reader = testing::OpenParquet(store, add);
  for (int i = 0; i < reader->metadata()->num_columns(); ++i) {
    names.insert(reader->metadata()->schema()->Column(i)->path()->ToDotString());
  }
  return names;
}

TEST_F(WriteFeaturesTest, VariantsAreShreddedWhereTheTableSaysSo) {
  const std::vector<std::string> json = {R"({"a":1,"b":"x"})", R"({"a":2,"c":[1,"x",true]})", "7"};
  ASSERT_THAT(Append(VariantRows(json), {.properties = {{"delta.enableVariantShredding", "true"}}}),
              IsOk());
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "variantShredding"));
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(
      LeavesOf(*table_->store(), add),
      ElementsAre("id", "v.metadata", "v.typed_value.a.typed_value", "v.typed_value.a.value",
                  "v.typed_value.b.typed_value", "v.typed_value.b.value", "v.value"));
  EXPECT_THAT(*add.stats, HasSubstr(R"("nullCount":{"id":0,"v":0})"));
  EXPECT_EQ(ReadVariants(Load()), json);
  // Another file, another form.
  ASSERT_THAT(Append(VariantRows({"\"s\"", "\"t\""})), IsOk());
  EXPECT_EQ(LiveFiles(Load()).size(), 2u);
  for (const Add& file : LiveFiles(Load())) {
    EXPECT_GT(LeavesOf(*table_->store(), file).size(), 3u);
  }
}

/// Rows that are copied as bytes stay as they were stored, which the table may not allow any more.
TEST_F(WriteFeaturesTest, CopiesOfShreddedVariantsFollowTheProperty) {
  const std::vector<std::string> json = {R"({"a":1})", R"({"a":2})", R"({"a":[3]})"};
  const auto remove = [&](const std::string& condition) {
    ASSERT_THAT(
        DeleteRows(table_, nullptr,
                   {.predicate = testing::Sql(condition), .files = {.min_copied_file_bytes = 1}}),
        IsOk());
  };
  ASSERT_THAT(Append(VariantRows(json), {.properties = {{"delta.enableVariantShredding", "true"}}}),
              IsOk());
  remove("id = 0");
  EXPECT_EQ(ReadVariants(Load()), (std::vector<std::string>{json[1], json[2]}));
  EXPECT_EQ(LeavesOf(*table_->store(), LiveFiles(Load()).front()).size(), 5u);
  ASSERT_THAT(
      AlterTable(
          table_,
          {.change = SetProperties{.properties = {{"delta.enableVariantShredding", "false"}}}}),
      IsOk());
  remove("id = 1");
  EXPECT_EQ(ReadVariants(Load()), (std::vector<std::string>{json[2]}));
  EXPECT_THAT(LeavesOf(*table_->store(), LiveFiles(Load()).front()),
              ElementsAre("id", "v.metadata", "v.value"));
}

TEST_F(WriteFeaturesTest, VariantsInStructsAreShredded) {
  const auto flat =
      *VariantRows({R"({"a":[1,2],"b":"x"})", "null", R"({"a":[],"c":{}})", "{}"})->Next();
  const std::vector<uint8_t> there = {0b1011};
  const auto structs = *arrow::StructArray::Make({flat->column(1)}, {flat->schema()->field(1)},
                                                 arrow::Buffer::FromVector(there), 1);
  const auto schema = arrow::schema({flat->schema()->field(0), arrow::field("s", structs->type())});
  const auto rows = arrow::RecordBatch::Make(schema, 4, {flat->column(0), structs});
  ASSERT_THAT(Append(*arrow::RecordBatchReader::Make({rows}, schema),
                     {.properties = {{"delta.enableVariantShredding", "true"}}}),
              IsOk());
  EXPECT_EQ(ReadVariants(Load()),
            (std::vector<std::string>{R"({"v":{"a":[1,2],"b":"x"}})", R"({"v":null})", "null",
                                      R"({"v":{}})"}));
  const Add add = LiveFiles(Load()).front();
  EXPECT_THAT(LeavesOf(*table_->store(), add),
              ::testing::IsSupersetOf({"s.v.typed_value.a.typed_value.list.element.typed_value",
                                       "s.v.typed_value.b.typed_value"}));
  EXPECT_THAT(*add.stats, HasSubstr(R"("nullCount":{"id":0,"s":{"v":1}})"));
}

TEST_F(WriteFeaturesTest, APreviewOfAFeatureServesForIt) {
  ASSERT_THAT(Append(VariantRows({R"({"a":1})"}),
                     {.properties = {{"delta.enableVariantShredding", "true"},
                                     {"delta.feature.variantShredding-preview", "supported"}}}),
              IsOk());
  EXPECT_TRUE(ProtocolHasFeature(Load()->protocol(), "variantShredding-preview"));
  EXPECT_FALSE(ProtocolHasFeature(Load()->protocol(), "variantShredding"));
  EXPECT_EQ(LeavesOf(*table_->store(), LiveFiles(Load()).front()).size(), 5u);
}

TEST_F(WriteFeaturesTest, VariantsStayBytesWithoutTheProperty) {
  const std::vector<std::string> json = {R"({"a":1})"};
  ASSERT_THAT(
      Append(VariantRows(json), {.properties = {{"delta.enableVariantShredding", "false"},
                                                {"delta.feature.variantShredding", "supported"}}}),
      IsOk());
  EXPECT_THAT(LeavesOf(*table_->store(), LiveFiles(Load()).front()),
              ElementsAre("id", "v.metadata", "v.value"));
  // Nor without the feature, whatever the property says.
  const StringMap asked = {{"delta.enableVariantShredding", "true"}};
  EXPECT_FALSE(ShredsVariants(Protocol{}, asked));
  EXPECT_TRUE(ShredsVariants(Load()->protocol(), asked));
}

TEST_F(WriteFeaturesTest, ClusteredTablesKeepTheirColumnsAndDescribeThem) {
  ASSERT_THAT(Append(Rows({1}), {.properties = {{"delta.dataSkippingNumIndexedCols", "1"}},
                                 .cluster_by = {{"DAY"}}}),
              IsOk());
  ASSERT_THAT(Append(Rows({2})), IsOk());
  EXPECT_THAT(ClusteringColumnsOf(*Load()),
              testing::IsOkAndHolds(Optional(ElementsAre(ElementsAre("day")))));
  for (const Add& add : LiveFiles(Load())) EXPECT_THAT(*add.stats, HasSubstr(R"("day":"mon")"));
  EXPECT_THAT(WriteTable(table_, nullptr, RowsOf({{"id", arrow::int64(), "[1]"}}),
                         {.mode = SaveMode::kOverwrite, .schema_mode = SchemaMode::kOverwrite}),
              StatusIs(StatusCode::kUnsupported, HasSubstr("clustered by day")));
  ASSERT_THAT(CreateTable(table_, {.schema = Load()->schema(), .mode = SaveMode::kOverwrite}),
              IsOk());
  EXPECT_THAT(ClusteringColumnsOf(*Load()), testing::IsOkAndHolds(std::nullopt));
}

TEST_F(WriteFeaturesTest, ClusteringColumnsAreChecked) {
  const auto create = [&](std::vector<std::string> columns,
                          std::vector<std::string> partitions = {}) {
    return CreateTable(
        table_,
        {.schema = DataType::Struct({{.name = "a", .type = DataType::Primitive(TypeId::kLong)},
                                     {.name = "b", .type = DataType::Primitive(TypeId::kBinary)}}),
         .partition_by = std::move(partitions),
         .cluster_by = std::move(columns)});
  };
  const auto invalid = [](const char* message) {
    return StatusIs(StatusCode::kInvalidArgument, HasSubstr(message));
  };
  EXPECT_THAT(create({"x"}), invalid("'x' is not in the schema"));
  EXPECT_THAT(create({"b"}), invalid("has no bounds"));
  EXPECT_THAT(create({"a", "A"}), invalid("given twice"));
  EXPECT_THAT(create({"a", "a", "a", "a", "a"}), invalid("at most 4"));
  EXPECT_THAT(create({"a"}, {"a"}), invalid("both partitioned and clustered"));
}

TEST_F(WriteFeaturesTest, DynamicOverwriteReplacesThePartitionsOfTheNewRows) {
  ASSERT_THAT(Append(RowsOfDay({1}, "mon"), {.partition_by = {{"day"}}}), IsOk());
  ASSERT_THAT(Append(RowsOfDay({2}, "tue")), IsOk());
  ASSERT_THAT(Append(RowsOfDay({3}, "")), IsOk());
  const auto overwrite = [&](const auto& rows) {
    return WriteTable(table_, nullptr, rows,
                      {.mode = SaveMode::kOverwrite, .dynamic_partitions = true});
  };
  ASSERT_THAT(overwrite(RowsOfDay({7, 8}, "tue")), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 3, 7, 8));
  // The rows without a day are a partition too.
  ASSERT_THAT(overwrite(RowsOfDay({9}, "")), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 7, 8, 9));
  ASSERT_THAT(overwrite(Rows({})), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 7, 8, 9));
}

TEST_F(WriteFeaturesTest, DynamicOverwriteConflictsWithinItsPartitionsOnly) {
  ASSERT_THAT(Append(RowsOfDay({1}, "mon"), {.partition_by = {{"day"}}}), IsOk());
  const SnapshotPtr base = Load();
  ASSERT_THAT(Append(RowsOfDay({2}, "tue")), IsOk());
  const auto overwrite = [&](const auto& rows) {
    return WriteTable(table_, base, rows,
                      {.mode = SaveMode::kOverwrite, .dynamic_partitions = true});
  };
  EXPECT_THAT(overwrite(RowsOfDay({8}, "tue")), StatusIs(StatusCode::kConflict));
  EXPECT_THAT(overwrite(RowsOfDay({9}, "mon")), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(2, 9));
}

TEST_F(WriteFeaturesTest, DynamicOverwriteOfATableWithoutPartitionsReplacesAll) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  ASSERT_THAT(WriteTable(table_, nullptr, Rows({2}),
                         {.mode = SaveMode::kOverwrite, .dynamic_partitions = true}),
              IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(2));
}

TEST_F(WriteFeaturesTest, ProtectedVersionsAreGivenNoCheckpoints) {
  ASSERT_THAT(
      Append(Rows({1}), {.properties = {{"delta.feature.checkpointProtection", "supported"},
                                        {"delta.requireCheckpointProtectionBeforeVersion", "1"}}}),
      IsOk());
  ASSERT_THAT(Append(Rows({2})), IsOk());
  EXPECT_THAT(WriteCheckpoint(**table_->Load(Version{0})),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("protects those below version 1")));
  EXPECT_THAT(WriteCheckpoint(*Load()), IsOk());
}

TEST_F(WriteFeaturesTest, SchemaMergeWidensWhereTheTableLetsIt) {
  const auto list = [](const auto& type) { return arrow::list(arrow::field("element", type)); };
  ASSERT_THAT(Append(RowsOf({{"n", arrow::int16(), "[1]"},
                             {"l", list(arrow::float32()), "[[1.5]]"},
                             {"x", arrow::int32(), "[1]"}}),
                     {.properties = {{"delta.enableTypeWidening", "true"}}}),
              IsOk());
  ASSERT_THAT(Append(RowsOf({{"n", arrow::int64(), "[70000]"},
                             {"l", list(arrow::float64()), "[[0.1]]"},
                             {"x", arrow::float64(), "[2]"}}),
                     {.schema_mode = SchemaMode::kMerge}),
              IsOk());
  const SchemaPtr schema = Load()->schema();
  // An integer becomes no double by itself.
  EXPECT_EQ(schema->ToString(), "struct<n:long,l:array<double>,x:integer>");
  EXPECT_EQ(schema->fields()[0].metadata.at("delta.typeChanges"),
            R"([{"toType":"long","fromType":"short"}])");
  EXPECT_EQ(schema->fields()[1].metadata.at("delta.typeChanges"),
            R"([{"toType":"double","fromType":"float","fieldPath":"element"}])");
}

TEST_F(WriteFeaturesTest, SchemaMergeGrowsStructsInListsAndMaps) {
  const auto one = arrow::struct_({arrow::field("a", arrow::int64())});
  const auto two =
      arrow::struct_({arrow::field("b", arrow::int64()), arrow::field("a", arrow::int64())});
  ASSERT_THAT(Append(RowsOf({{"l", arrow::list(arrow::field("element", one)), R"([[{"a": 1}]])"},
                             {"m", arrow::map(arrow::utf8(), one), R"([[["k", {"a": 1}]]])"}})),
              IsOk());
  ASSERT_THAT(
      Append(RowsOf({{"l", arrow::list(arrow::field("element", two)), R"([[{"b": 2, "a": 3}]])"},
                     {"m", arrow::map(arrow::utf8(), two), R"([[["k", {"b": 4, "a": 5}]]])"}}),
             {.schema_mode = SchemaMode::kMerge}),
      IsOk());
  EXPECT_EQ(Load()->schema()->ToString(),
            "struct<l:array<struct<a:long,b:long>>,m:map<string,struct<a:long,b:long>>>");
}

}  // namespace
}  // namespace deltaic
