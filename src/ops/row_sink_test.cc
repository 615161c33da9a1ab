#include "ops/row_sink.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/write/data_write_test_support.h"
#include "ops/uncommitted_files.h"
#include "storage/memory_store.h"
#include "support/arrays.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ReadParquet;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::StatusIs;

struct NamedColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::shared_ptr<arrow::RecordBatch> BatchOf(const std::vector<NamedColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NamedColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ArrayOf(column.type, column.json));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), arrays[0]->length(), arrays);
}

RowSinkTarget IdAndDay(std::vector<std::string> partition_columns = {}) {
  return RowSinkTarget{
      .files = testing::Target({{.name = "id", .type = DataType::Primitive(TypeId::kLong)},
                                {.name = "day", .type = DataType::Primitive(TypeId::kString)}},
                               std::move(partition_columns))};
}

class RowSinkTest : public ::testing::Test {
 protected:
  Result<SinkResult> WriteOne(RowSinkTarget target,
                              const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin origin) {
    DELTAIC_ASSIGN_OR_RETURN(auto sink, RowSink::Make(store_, std::move(target), {}));
    DELTAIC_RETURN_IF_ERROR(sink->Write(batch, origin));
    return sink->Finish();
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(RowSinkTest, MakesRowsFitAndCollectsFiles) {
  const auto result = WriteOne(IdAndDay({"day"}),
                               BatchOf({{"DAY", arrow::utf8(), R"(["mon", "tue", "mon"])"},
                                        {"id", arrow::int8(), "[1, 2, 3]"}}),
                               RowOrigin::kSupplied);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_rows, 3);
  ASSERT_THAT(result->files, SizeIs(2));
  EXPECT_THAT(result->files[0].path, StartsWith("day=mon/part-"));
  EXPECT_THAT(result->files[0].ToAdd().stats, ::testing::Optional(HasSubstr(R"("numRecords":2)")));
  EXPECT_TRUE(result->files[0].ToAdd().data_change);
  EXPECT_FALSE(result->files[0].ToRearrangedAdd().data_change);
}

TEST_F(RowSinkTest, ChangeDataGoesBelowItsFolderWithoutStatistics) {
  const RowSinkTarget target = ChangeDataTarget(IdAndDay({"day"}));
  const auto result =
      WriteOne(target,
               BatchOf({{"id", arrow::int64(), "[1, 2]"},
                        {"day", arrow::utf8(), R"(["a b", "a b"])"},
                        {"_change_type", arrow::utf8(), R"(["delete", "insert"])"}}),
               RowOrigin::kStored);
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->files, SizeIs(1));
  const Cdc cdc = result->files[0].ToCdc();
  EXPECT_THAT(cdc.path, StartsWith("_change_data/day=a%20b/cdc-"));
  EXPECT_THAT(cdc.partition_values,
              ElementsAre(std::pair("day", std::optional<std::string>("a b"))));
  EXPECT_FALSE(cdc.data_change);
  EXPECT_EQ(result->files[0].stats, std::nullopt);
  const auto rows = ReadParquet(*store_, result->files[0].ToAdd());
  EXPECT_THAT(rows->schema()->field_names(), ElementsAre("id", "_change_type"));
}

TEST_F(RowSinkTest, ExtraColumnsHaveNoStatistics) {
  RowSinkTarget target = IdAndDay();
  target.files.extra_columns = {{.name = "_row-id", .type = DataType::Primitive(TypeId::kLong)}};
  const auto result = WriteOne(target,
                               BatchOf({{"id", arrow::int64(), "[1]"},
                                        {"day", arrow::utf8(), R"(["mon"])"},
                                        {"_row-id", arrow::int64(), "[77]"}}),
                               RowOrigin::kStored);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->files[0].stats,
            R"({"numRecords":1,"minValues":{"id":1,"day":"mon"},"maxValues":{"id":1,"day":"mon"},)"
            R"("nullCount":{"id":0,"day":0}})");
  EXPECT_EQ(ReadParquet(*store_, result->files[0].ToAdd())->GetColumnByName("_row-id")->length(),
            1);
}

TEST_F(RowSinkTest, AnUnfinishedSinkLeavesNoFile) {
  {
    auto sink = *RowSink::Make(store_, IdAndDay(), {});
    ASSERT_THAT(sink->Write(BatchOf({{"id", arrow::int64(), "[1]"}}), RowOrigin::kSupplied),
                IsOk());
  }
  EXPECT_THAT(DataObjects(*store_), IsEmpty());
}

TEST_F(RowSinkTest, UncommittedFilesGoUnlessTheCommitMayStand) {
  const auto write = [&] {
    return WriteOne(IdAndDay({"day"}),
                    BatchOf({{"id", arrow::int64(), "[1]"}, {"day", arrow::utf8(), R"(["a%b"])"}}),
                    RowOrigin::kSupplied);
  };
  const auto settle = [&](const Status& status) {
    UncommittedFiles files(store_);
    files.Add(write()->files);
    files.Settle(status);
  };
  settle(Status::Conflict("lost"));
  EXPECT_THAT(DataObjects(*store_), IsEmpty());
  settle(Status());
  EXPECT_THAT(DataObjects(*store_), SizeIs(1));
  settle(Status::CommitUnknown("who knows"));
  EXPECT_THAT(DataObjects(*store_), SizeIs(2));
  {
    UncommittedFiles files(store_);
    files.Add(write()->files);
    const UncommittedFiles moved(std::move(files));
  }
  EXPECT_THAT(DataObjects(*store_), SizeIs(2));
}

}  // namespace
}  // namespace deltaic
