#include <malloc.h>
#include <parquet/metadata.h>

#include <string>
#include <vector>

#include "data/read/data_file_testing.h"
#include "data/read/parquet_data_file.h"
#include "support/status_matchers.h"

/// Of the address sanitizer, whose allocator malloc.h knows nothing of.
extern "C" __attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes();

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::ExpectTablesEqual;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::TableOf;
using testing::Type;
using testing::WriteParquet;

constexpr int kColumns = 200;
constexpr int kFiles = 16;

/// What is allocated now, in all arenas: no matter what the allocator holds besides.
int64_t AllocatedBytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return static_cast<int64_t>(__sanitizer_get_current_allocated_bytes());
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

class FooterMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<StructField> fields;
    arrow::FieldVector arrow_fields;
    arrow::ArrayVector columns;
    for (int i = 0; i < kColumns; ++i) {
      const std::string name = "Column " + std::to_string(i);
      fields.push_back({name, Type(TypeId::kLong)});
      arrow_fields.push_back(arrow::field(name, arrow::int64()));
      columns.push_back(ArrayOf(arrow::int64(), "[" + std::to_string(i) + ", 1, 2]"));
    }
    table_ = arrow::Table::Make(arrow::schema(arrow_fields), columns);
    schema_ = DataType::Struct(fields);
    for (int i = 0; i < kFiles; ++i) WriteParquet(*store_, Name(i), *table_);
  }

  static std::string Name(int file) { return std::to_string(file) + ".parquet"; }

  DataReadSpec SpecFor(std::vector<std::string> columns) const {
    DataReadSpec spec;
    spec.table_schema = schema_;
    spec.columns = std::move(columns);
    return spec;
  }

  /// The files opened, as a scan far away holds them all at once.
  std::vector<std::shared_ptr<const ParquetDataFile>> OpenAll(
      const std::shared_ptr<const ReadPlan>& plan) {
    std::vector<std::shared_ptr<const ParquetDataFile>> files;
    for (int i = 0; i < kFiles; ++i) {
      auto file = ParquetDataFile::Open(store_, plan, {Name(i)});
      EXPECT_THAT(file, IsOk());
      if (file.ok()) files.push_back(*file);
    }
    return files;
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  std::shared_ptr<arrow::Table> table_;
  SchemaPtr schema_;
};

TEST_F(FooterMemoryTest, HoldsWhatIsReadOfWideFiles) {
  const auto plan =
      ReadPlan::Make(std::make_shared<const DataReadSpec>(SpecFor({"Column 100", "Column 3"})));
  ASSERT_THAT(plan, IsOk());
  OpenAll(*plan);  // what is made once
  const int64_t before = AllocatedBytes();
  const auto files = OpenAll(*plan);
  const int64_t held = AllocatedBytes() - before;
  ASSERT_EQ(files.size(), size_t{kFiles});
  EXPECT_EQ(files[0]->input().metadata->num_columns(), 2);
  // 200 columns take 300 KB and more, which a scan far away would hold for each of its files.
  EXPECT_LT(held, int64_t{kFiles} * 32 << 10);
}

TEST_F(FooterMemoryTest, FindsColumnsThatDifferInCaseAndMissesNewOnes) {
  const DataTypePtr number = Type(TypeId::kLong);
  const auto table = ReadFile(
      store_, SpecOf(DataType::Struct({{"COLUMN 100", number}, {"new", number}})), {Name(0)});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table,
                    *TableOf({{arrow::field("COLUMN 100", arrow::int64()), "[100, 1, 2]"},
                              {arrow::field("new", arrow::int64()), "[null, null, null]"}}));
}

TEST_F(FooterMemoryTest, RefusesFilesWithoutTheIdsThatTheTableMapsBy) {
  const StructField mapped{
      "name",
      Type(TypeId::kLong),
      true,
      {{"delta.columnMapping.id", "7"}, {"delta.columnMapping.physicalName", "\"col-7\""}}};
  DataReadSpec spec = SpecOf(DataType::Struct({mapped}));
  spec.column_mapping = ColumnMappingMode::kId;
  EXPECT_THAT(ReadFile(store_, spec, {Name(0)}),
              StatusIs(StatusCode::kCorruption, HasSubstr("no field ids")));
  // A file that has ids, though of other columns: the column is younger than it.
  arrow::FieldVector fields;
  for (int i = 0; i < kColumns; ++i) {
    fields.push_back(table_->field(i));
    if (i == 150)
      fields[150] =
          fields[150]->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {"150"}));
  }
  WriteParquet(*store_, "ids.parquet",
               *arrow::Table::Make(arrow::schema(fields), table_->columns()));
  const auto table = ReadFile(store_, spec, {"ids.parquet"});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table,
                    *TableOf({{arrow::field("name", arrow::int64()), "[null, null, null]"}}));
}

TEST_F(FooterMemoryTest, ReadsAllColumns) {
  std::vector<std::string> names;
  for (const auto& field : table_->schema()->fields()) names.push_back(field->name());
  const auto table = ReadFile(store_, SpecFor(names), {Name(0)});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *table_);
}

}  // namespace
}  // namespace deltaic
