#include "ops/write.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expr/parser.h"
#include "ops/table_schema.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::LiveFiles;
using testing::ReadIds;
using testing::Rows;
using testing::RowsOfDay;
using ::testing::SizeIs;
using testing::StatusIs;

using Reader = std::shared_ptr<arrow::RecordBatchReader>;

/// One row a column; columns are (name, value).
Reader OneRow(std::vector<std::pair<std::string, std::shared_ptr<arrow::Scalar>>> row) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& [name, value] : row) {
    fields.push_back(arrow::field(name, value->type));
    columns.push_back(*arrow::MakeArrayFromScalar(*value, 1));
  }
  const auto schema = arrow::schema(fields);
  return *arrow::RecordBatchReader::Make({arrow::RecordBatch::Make(schema, 1, columns)}, schema);
}
std::shared_ptr<arrow::Scalar> Long(int64_t value) { return arrow::MakeScalar(value); }
std::shared_ptr<arrow::Scalar> Text(std::string value) {
  return arrow::MakeScalar(std::move(value));
}

class WriteTableTest : public ::testing::Test {
 protected:
  Result<WriteResult> Write(const Reader& rows, const WriteOptions& options) {
    return WriteTable(table_, nullptr, rows, options);
  }
  Result<WriteResult> Append(const Reader& rows) {
    return Write(rows, {.mode = SaveMode::kAppend});
  }
  Result<WriteResult> Partitioned(const Reader& rows, StringMap properties = {}) {
    return Write(rows, {.mode = SaveMode::kAppend,
                        .partition_by = {{"day"}},
                        .properties = std::move(properties)});
  }
  SnapshotPtr Load() { return *table_->Load(); }
  CommitInfo InfoOf(int64_t version) {
    const std::string name = CommitFileName(Version{version});
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(WriteTableTest, FirstWriteCreatesTheTable) {
  const auto result = Write(Rows({1, 2, 3}), {.name = "orders"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{0});
  EXPECT_EQ(result->num_added_rows, 3);
  EXPECT_EQ(result->num_added_files, 1);
  EXPECT_GT(result->num_added_bytes, 0);
  EXPECT_EQ(result->snapshot->metadata().name, "orders");
  EXPECT_EQ(result->snapshot->schema()->ToString(), "struct<id:long,day:string>");
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2, 3));
}

TEST_F(WriteTableTest, AppendAddsRowsAsABlindAppend) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  const auto result = Append(Rows({2}));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{1});
  EXPECT_THAT(ReadIds(result->snapshot), ElementsAre(1, 2));
  const CommitInfo info = InfoOf(1);
  EXPECT_EQ(info.operation, "WRITE");
  EXPECT_EQ(info.is_blind_append, true);
  EXPECT_THAT(info.json,
              AllOf(HasSubstr(R"("operationParameters":{"mode":"Append","partitionBy":"[]"})"),
                    HasSubstr(R"("numOutputRows":"1")")));
}

TEST_F(WriteTableTest, ModesErrorAndIgnoreLeaveATableAlone) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  EXPECT_THAT(Write(Rows({2}), {.mode = SaveMode::kError}), StatusIs(StatusCode::kAlreadyExists));
  const auto ignored = Write(Rows({2}), {.mode = SaveMode::kIgnore});
  ASSERT_THAT(ignored, IsOk());
  EXPECT_TRUE(ignored->skipped);
  EXPECT_FALSE(ignored->version.has_value());
  EXPECT_THAT(ReadIds(ignored->snapshot), ElementsAre(1));
  EXPECT_EQ(Load()->version(), Version{0});
}

TEST_F(WriteTableTest, OverwriteReplacesAllRows) {
  ASSERT_THAT(Append(Rows({1, 2})), IsOk());
  ASSERT_THAT(Append(Rows({3})), IsOk());
  const auto result = Write(Rows({4}), {.mode = SaveMode::kOverwrite});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_removed_files, 2);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(4));
  EXPECT_THAT(ReadIds(*table_->Load(Version{1})), ElementsAre(1, 2, 3));
  EXPECT_EQ(InfoOf(2).is_blind_append, false);
}

TEST_F(WriteTableTest, OverwriteConflictsWithRowsItDidNotSee) {
  const SnapshotPtr base = Append(Rows({1}))->snapshot;
  ASSERT_THAT(Append(Rows({2})), IsOk());
  EXPECT_THAT(WriteTable(table_, base, Rows({3}), {.mode = SaveMode::kOverwrite}),
              StatusIs(StatusCode::kConflict, HasSubstr("should have read")));
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(2));
}

TEST_F(WriteTableTest, AppendOnAnOldSnapshotGoesAfterTheWinners) {
  const SnapshotPtr base = Append(Rows({1}))->snapshot;
  ASSERT_THAT(Append(Rows({2})), IsOk());
  const auto result = WriteTable(table_, base, Rows({3}), {.mode = SaveMode::kAppend});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{2});
  EXPECT_EQ(result->num_retries, 1);
  EXPECT_THAT(ReadIds(result->snapshot), ElementsAre(1, 2, 3));
}

TEST_F(WriteTableTest, AppendOnlyTableRefusesOverwrite) {
  ASSERT_THAT(Write(Rows({1}), {.properties = {{"delta.appendOnly", "true"}}}), IsOk());
  EXPECT_THAT(Write(Rows({2}), {.mode = SaveMode::kOverwrite}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("append-only")));
  EXPECT_THAT(Append(Rows({2})), IsOk());
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(2));
}

TEST_F(WriteTableTest, ReplaceWhereReplacesWholePartitions) {
  ASSERT_THAT(Partitioned(RowsOfDay({1, 2}, "mon")), IsOk());
  ASSERT_THAT(Partitioned(RowsOfDay({3}, "tue")), IsOk());
  const ExprPtr monday = *ParsePredicate("day = 'mon'");
  const auto result =
      Write(RowsOfDay({9}, "mon"), {.mode = SaveMode::kOverwrite, .replace_where = monday});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_removed_files, 1);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(3, 9));
}

TEST_F(WriteTableTest, ReplaceWhereRefusesRowsOutsideIt) {
  ASSERT_THAT(Partitioned(RowsOfDay({1}, "mon")), IsOk());
  const ExprPtr monday = *ParsePredicate("day = 'mon'");
  EXPECT_THAT(Write(RowsOfDay({9}, "tue"), {.mode = SaveMode::kOverwrite, .replace_where = monday}),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("replace_where")));
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(WriteTableTest, ReplaceWhereOverDataColumnsReplacesRows) {
  ASSERT_THAT(Partitioned(Rows({1, 2})), IsOk());
  EXPECT_THAT(Write(Rows({9}), {.mode = SaveMode::kOverwrite,
                                .replace_where = *ParsePredicate("id IN (1, 9)")}),
              IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(2, 9));
}

TEST_F(WriteTableTest, PartitionByMustBeTheTables) {
  ASSERT_THAT(Partitioned(Rows({1})), IsOk());
  EXPECT_THAT(Partitioned(Rows({2})), IsOk());
  EXPECT_THAT(
      Write(Rows({3}), {.mode = SaveMode::kAppend, .partition_by = {{"id"}}}),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("partitioned by [day], not by [id]")));
  EXPECT_THAT(Append(Rows({3})), IsOk());
}

TEST_F(WriteTableTest, StrictSchemaRefusesNewColumns) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  EXPECT_THAT(Append(OneRow({{"id", Long(2)}, {"extra", Long(1)}})),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("extra")));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(WriteTableTest, MergeAddsNullableColumnsAndFillsMissingOnes) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  const auto result = Write(OneRow({{"extra", Long(7)}, {"ID", Long(2)}}),
                            {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->snapshot->schema()->ToString(), "struct<id:long,day:string,extra:long>");
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2));
}

TEST_F(WriteTableTest, MergeWithoutNewsChangesNoMetadata) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  ASSERT_THAT(Write(Rows({2}), {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge}),
              IsOk());
  EXPECT_THAT(*table_->log()->Read(CommitFileName(Version{1})),
              ::testing::Not(HasSubstr("metaData")));
}

TEST_F(WriteTableTest, MergeDoesNotWiden) {
  ASSERT_THAT(Append(OneRow({{"n", arrow::MakeScalar(int32_t{1})}})), IsOk());
  const WriteOptions merge{.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge};
  EXPECT_THAT(Write(OneRow({{"n", Long(2)}}), merge), IsOk());
  EXPECT_THAT(Write(OneRow({{"n", Long(int64_t{1} << 40)}}), merge),
              StatusIs(StatusCode::kSchemaMismatch));
  EXPECT_EQ(Load()->schema()->ToString(), "struct<n:integer>");
}

TEST_F(WriteTableTest, MergeWidensWhereTheTableSaysSo) {
  const WriteOptions merge{.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge};
  ASSERT_THAT(
      Write(OneRow({{"id", arrow::MakeScalar(int32_t{1})}}),
            {.mode = SaveMode::kAppend, .properties = {{"delta.enableTypeWidening", "true"}}}),
      IsOk());
  // Without a merge the column stays as it is.
  EXPECT_THAT(Append(OneRow({{"id", Long(int64_t{1} << 40)}})),
              StatusIs(StatusCode::kSchemaMismatch));
  ASSERT_THAT(Write(OneRow({{"id", Long(int64_t{1} << 40)}}), merge), IsOk());
  EXPECT_EQ(Load()->schema()->ToString(), "struct<id:long>");
  EXPECT_EQ(Load()->schema()->FindField("id")->MetadataText("delta.typeChanges"),
            R"([{"toType":"long","fromType":"integer"}])");
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, int64_t{1} << 40));
  // Narrower data changes nothing, and another family is none of its own.
  ASSERT_THAT(Write(OneRow({{"id", arrow::MakeScalar(int32_t{2})}}), merge), IsOk());
  ASSERT_THAT(Write(OneRow({{"id", arrow::MakeScalar(3.0)}}), merge), IsOk());
  EXPECT_EQ(Load()->schema()->ToString(), "struct<id:long>");
}

TEST(WideningOf, NotWhereAConstraintStandsOnThem) {
  const SchemaPtr schema =
      DataType::Struct({{"id", DataType::Primitive(TypeId::kInteger), true, {}}});
  const Protocol protocol{.min_reader_version = 3,
                          .min_writer_version = 7,
                          .reader_features = {{"typeWidening"}},
                          .writer_features = {{"typeWidening", "checkConstraints"}}};
  const StringMap configuration = {{"delta.enableTypeWidening", "true"}};
  EXPECT_EQ(WideningOf(protocol, configuration, *schema), MergeWidening::kWidening);
  for (const auto& [key, value] :
       {std::pair{"delta.constraints.c", "id > 0"}, {"delta.enableTypeWidening", "false"}}) {
    StringMap other = configuration;
    other[key] = value;
    EXPECT_EQ(WideningOf(protocol, other, *schema), MergeWidening::kNone) << key;
  }
  // Iceberg knows fewer changes, so those go on.
  StringMap iceberg = configuration;
  iceberg["delta.enableIcebergCompatV2"] = "true";
  EXPECT_EQ(WideningOf(protocol, iceberg, *schema), MergeWidening::kIcebergWidening);
  EXPECT_EQ(WideningOf(Protocol(), configuration, *schema), MergeWidening::kNone);
}

TEST_F(WriteTableTest, MergeBringsTheFeatureOfANewType) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  const auto local_time =
      std::make_shared<arrow::TimestampScalar>(1000, arrow::timestamp(arrow::TimeUnit::MICRO));
  const auto result = Write(OneRow({{"at", local_time}}),
                            {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->snapshot->protocol().reader_features,
              ::testing::Optional(ElementsAre("timestampNtz")));
}

TEST_F(WriteTableTest, OverwriteOfTheSchemaMayChangeItAll) {
  ASSERT_THAT(Partitioned(Rows({1})), IsOk());
  const auto result =
      Write(OneRow({{"name", Text("x")}, {"age", Long(3)}}), {.mode = SaveMode::kOverwrite,
                                                              .schema_mode = SchemaMode::kOverwrite,
                                                              .partition_by = {{"age"}}});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->snapshot->schema()->ToString(), "struct<name:string,age:long>");
  EXPECT_THAT(result->snapshot->metadata().partition_columns, ElementsAre("age"));
  EXPECT_THAT(LiveFiles(Load()), SizeIs(1));
}

TEST_F(WriteTableTest, MappedColumnsKeepTheirPhysicalNamesAsTheSchemaGrows) {
  ASSERT_THAT(Partitioned(Rows({1}), {{"delta.columnMapping.mode", "name"}}), IsOk());
  const StructField before = Load()->schema()->fields()[0];
  ASSERT_THAT(Write(OneRow({{"id", Long(2)}, {"a b", Long(2)}}),
                    {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge}),
              IsOk());
  const SnapshotPtr snapshot = Load();
  EXPECT_EQ(snapshot->schema()->fields()[0].physical_name(), before.physical_name());
  EXPECT_EQ(snapshot->schema()->fields()[2].column_mapping_id(), 3);
  EXPECT_EQ(snapshot->metadata().configuration.at("delta.columnMapping.maxColumnId"), "3");
  EXPECT_THAT(ReadIds(snapshot), ElementsAre(1, 2));
  ASSERT_THAT(Write(OneRow({{"id", Long(5)}, {"day", Text("mon")}, {"new", Long(1)}}),
                    {.mode = SaveMode::kOverwrite, .schema_mode = SchemaMode::kOverwrite}),
              IsOk());
  EXPECT_EQ(Load()->schema()->fields()[0].physical_name(), before.physical_name());
  EXPECT_EQ(Load()->schema()->fields()[2].column_mapping_id(), 4);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(5));
}

TEST_F(WriteTableTest, TransactionsAreCommittedWithTheRows) {
  ASSERT_THAT(Write(Rows({1}), {.mode = SaveMode::kAppend, .transactions = {Txn{"kafka", 41, {}}}}),
              IsOk());
  EXPECT_EQ(Load()->TransactionOf("kafka")->value().version, 41);
}

TEST_F(WriteTableTest, FailingInputLeavesNothingBehind) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  arrow::Iterator<std::shared_ptr<arrow::RecordBatch>> batches = arrow::MakeFunctionIterator(
      [first = true]() mutable -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
        if (!std::exchange(first, false)) return arrow::Status::IOError("the source broke");
        return Rows({2})->Next();
      });
  const Reader broken =
      *arrow::RecordBatchReader::MakeFromIterator(std::move(batches), testing::RowSchema());
  EXPECT_THAT(Append(broken), StatusIs(StatusCode::kIo, HasSubstr("the source broke")));
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(WriteTableTest, CancelledWriteLeavesNothingBehind) {
  WriteOptions options{.mode = SaveMode::kAppend, .cancel = CancellationToken()};
  options.cancel.Cancel();
  EXPECT_THAT(Write(Rows({1}), options), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(table_->Exists(), testing::IsOkAndHolds(false));
  EXPECT_THAT(DataObjects(*table_->store()), IsEmpty());
}

struct OptionsCase {
  std::string name;
  WriteOptions options;
  std::string message;
};

class RefusedOptionsTest : public WriteTableTest,
                           public ::testing::WithParamInterface<OptionsCase> {};

TEST_P(RefusedOptionsTest, BeforeAnythingIsWritten) {
  ASSERT_THAT(Append(Rows({1})), IsOk());
  EXPECT_THAT(Write(Rows({2}), GetParam().options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedOptionsTest,
    ::testing::Values(
        OptionsCase{"SchemaOverwriteNeedsModeOverwrite",
                    {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kOverwrite},
                    "only in mode overwrite"},
        OptionsCase{"ReplaceWhereNeedsModeOverwrite",
                    {.mode = SaveMode::kAppend, .replace_where = *ParsePredicate("day = 'x'")},
                    "replace_where"},
        OptionsCase{"ReplaceWhereKeepsThePartitions",
                    {.mode = SaveMode::kOverwrite,
                     .schema_mode = SchemaMode::kOverwrite,
                     .partition_by = {{"day"}},
                     .replace_where = *ParsePredicate("day = 'x'")},
                    "is partitioned by"},
        OptionsCase{"PartitionColumnThatIsNotThere",
                    {.mode = SaveMode::kAppend, .partition_by = {{"x"}}},
                    "'x'"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
