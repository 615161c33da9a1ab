#include "data/checkpoint/checkpoint_writer.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <algorithm>

#include "data/actions/file_actions.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

constexpr const char* kPath = "_delta_log/00000000000000000007.checkpoint.parquet";

Protocol SomeProtocol() {
  return Protocol{.min_reader_version = 3,
                  .min_writer_version = 7,
                  .reader_features = {{"deletionVectors"}},
                  .writer_features = {{"deletionVectors", "appendOnly"}}};
}

Metadata SomeMetadata() {
  return Metadata{.id = "table-id",
                  .name = "orders",
                  .schema_string = R"({"type":"struct","fields":[]})",
                  .partition_columns = {"day"},
                  .created_time_ms = 12,
                  .configuration = {{"delta.appendOnly", "true"}}};
}

Add SomeAdd(int i) {
  return Add{
      .path = Concat("day=a/part-", i, ".parquet"),
      .partition_values = {{"day", i % 2 == 0 ? std::optional<std::string>("a") : std::nullopt}},
      .size = 100 + i,
      .modification_time = 1000 + i,
      .data_change = true,
      .stats = Concat("{\"numRecords\":", i, "}")};
}

std::shared_ptr<arrow::RecordBatch> AddBatch(int begin, int end) {
  std::vector<Add> adds;
  for (int i = begin; i < end; ++i) adds.push_back(SomeAdd(i));
  return *AddsToBatch(adds, FileColumns());
}

std::shared_ptr<arrow::RecordBatch> RemoveBatch(std::string path) {
  const auto schema = RemoveBatchSchema();
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& field : schema->fields()) {
    columns.push_back(*arrow::MakeArrayOfNull(field->type(), 1));
  }
  columns[0] = *arrow::MakeArrayFromScalar(arrow::StringScalar(std::move(path)), 1);
  return arrow::RecordBatch::Make(schema, 1, columns);
}

class CheckpointWriterTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<CheckpointWriter>> Begin(CheckpointWriterOptions options = {}) {
    return CheckpointWriter::Make(*store_->Create(kPath), options);
  }

  std::shared_ptr<arrow::Table> ReadBack() {
    auto file = *store_->Open(kPath, std::nullopt);
    auto reader = *parquet::arrow::OpenFile(file, arrow::default_memory_pool());
    return *reader->ReadTable();
  }

  int NumRowGroups() {
    auto file = *store_->Open(kPath, std::nullopt);
    return parquet::ParquetFileReader::Open(file)->metadata()->num_row_groups();
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

/// The text of row `row` of a struct column, "null" where the row has none.
std::string Row(const arrow::Table& table, const std::string& column, int64_t row) {
  const auto scalar = *table.GetColumnByName(column)->GetScalar(row);
  return scalar->is_valid ? scalar->ToString() : "null";
}

int64_t CountRows(const arrow::Table& table, const std::string& column) {
  const auto values = table.GetColumnByName(column);
  return values->length() - values->null_count();
}

TEST_F(CheckpointWriterTest, WritesOneRowAnAction) {
  auto writer = *Begin();
  ASSERT_THAT(
      writer->WriteState(SomeProtocol(), SomeMetadata(), {Txn{"app", 4, 99}, Txn{"b", 1, {}}},
                         {DomainMetadata{"mine", "{}", false}}),
      IsOk());
  ASSERT_THAT(writer->WriteAdds(AddBatch(0, 3)), IsOk());
  ASSERT_THAT(writer->WriteRemoves(RemoveBatch("gone.parquet")), IsOk());
  const auto result = writer->Finish();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_actions, 9);
  EXPECT_EQ(result->num_adds, 3);
  EXPECT_EQ(result->size_bytes, store_->Stat(kPath)->size_bytes);

  const auto table = ReadBack();
  ASSERT_EQ(table->num_rows(), 9);
  EXPECT_THAT(table->ColumnNames(),
              ElementsAre("txn", "add", "remove", "metaData", "protocol", "domainMetadata"));
  EXPECT_EQ(CountRows(*table, "protocol"), 1);
  EXPECT_EQ(CountRows(*table, "metaData"), 1);
  EXPECT_EQ(CountRows(*table, "txn"), 2);
  EXPECT_EQ(CountRows(*table, "domainMetadata"), 1);
  EXPECT_EQ(CountRows(*table, "add"), 3);
  EXPECT_EQ(CountRows(*table, "remove"), 1);
  EXPECT_THAT(Row(*table, "protocol", 0), HasSubstr("readerFeatures"));
  EXPECT_THAT(Row(*table, "protocol", 0), HasSubstr("deletionVectors"));
  EXPECT_THAT(Row(*table, "metaData", 1), HasSubstr("table-id"));
  EXPECT_THAT(Row(*table, "metaData", 1), HasSubstr("delta.appendOnly"));
  EXPECT_THAT(Row(*table, "txn", 2), HasSubstr("app"));
  EXPECT_THAT(Row(*table, "add", 5), HasSubstr("day=a/part-0.parquet"));
  EXPECT_THAT(Row(*table, "add", 7), HasSubstr("{\"numRecords\":2}"));
  EXPECT_THAT(Row(*table, "remove", 8), HasSubstr("gone.parquet"));
}

TEST_F(CheckpointWriterTest, AddsNeverSayThatTheyChangeData) {
  auto writer = *Begin();
  ASSERT_THAT(writer->WriteAdds(AddBatch(0, 2)), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());
  const auto table = ReadBack();
  const auto adds = std::static_pointer_cast<arrow::StructArray>(
      (*table->CombineChunks())->GetColumnByName("add")->chunk(0));
  const auto changes =
      std::static_pointer_cast<arrow::BooleanArray>(adds->GetFieldByName("dataChange"));
  EXPECT_EQ(changes->true_count(), 0);
  EXPECT_EQ(changes->length(), 2);
}

TEST_F(CheckpointWriterTest, LeavesFeatureListsNullWhereTheVersionHasNone) {
  auto writer = *Begin();
  ASSERT_THAT(writer->WriteState(Protocol{}, SomeMetadata(), {}, {}), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());
  EXPECT_THAT(Row(*ReadBack(), "protocol", 0),
              HasSubstr("readerFeatures:list<element: string> = null"));
}

TEST_F(CheckpointWriterTest, LeavesStatsOutWhereNotWanted) {
  auto writer = *Begin({.stats_as_json = false});
  ASSERT_THAT(writer->WriteAdds(AddBatch(0, 1)), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());
  const auto type = ReadBack()->schema()->GetFieldByName("add")->type();
  EXPECT_EQ(std::static_pointer_cast<arrow::StructType>(type)->GetFieldByName("stats"), nullptr);
}

TEST_F(CheckpointWriterTest, BoundsRowGroups) {
  auto writer = *Begin({.max_rows_per_group = 1000});
  ASSERT_THAT(writer->WriteAdds(AddBatch(0, 2500)), IsOk());
  ASSERT_THAT(writer->WriteAdds(AddBatch(2500, 2600)), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());
  EXPECT_EQ(NumRowGroups(), 3);
  const auto table = ReadBack();
  EXPECT_EQ(CountRows(*table, "add"), 2600);
  EXPECT_THAT(Row(*table, "add", 2599), HasSubstr("part-2599.parquet"));
}

TEST_F(CheckpointWriterTest, NothingIsVisibleBeforeFinish) {
  {
    auto writer = *Begin();
    ASSERT_THAT(writer->WriteAdds(AddBatch(0, 10)), IsOk());
    EXPECT_THAT(store_->Stat(kPath), StatusIs(StatusCode::kNotFound));
  }
  EXPECT_THAT(store_->Stat(kPath), StatusIs(StatusCode::kNotFound));
}

TEST_F(CheckpointWriterTest, WritesMoreColumnsOfAdds) {
  const auto inner =
      arrow::struct_({arrow::field("f", arrow::float32()), arrow::field("d", arrow::float64()),
                      arrow::field("m", arrow::decimal128(38, 2))});
  const auto field =
      arrow::field("stats_parsed",
                   arrow::struct_({arrow::field("n", arrow::int64()), arrow::field("v", inner)}));
  const auto values = *arrow::json::ArrayFromJSONString(field->type(), R"([
      {"n":1,"v":{"f":1.5,"d":null,"m":"-1.25"}},null,{"n":null,"v":null}])");
  auto writer = *Begin({.stats_as_json = false, .more_of_add = {field}});
  ASSERT_THAT(writer->WriteState(Protocol{}, SomeMetadata(), {}, {}), IsOk());
  const auto adds = AddBatch(0, 3);
  ASSERT_THAT(writer->WriteAdds(*adds->AddColumn(adds->num_columns(), field, values)), IsOk());
  ASSERT_THAT(writer->Finish(), IsOk());
  const auto add = std::static_pointer_cast<arrow::StructArray>(
      (*ReadBack()->CombineChunks())->GetColumnByName("add")->chunk(0));
  const auto read = add->GetFieldByName("stats_parsed")->Slice(add->length() - 3);
  EXPECT_TRUE(read->Equals(values)) << read->ToString();
}

}  // namespace
}  // namespace deltaic
