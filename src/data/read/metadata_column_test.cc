#include "data/read/metadata_column.h"

#include <limits>

#include "data/actions/data_path.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/read/data_file_testing.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ExpectTablesEqual;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::TableOf;
using testing::Type;
using testing::WriteParquet;

const DataTypePtr kLong = Type(TypeId::kLong);

std::shared_ptr<arrow::Field> LongField(const std::string& name) {
  return arrow::field(name, arrow::int64(), false);
}

/// Six rows in row groups of two: a column `a` that counts from 0, ids and versions that rows 1 and
/// 4 brought along.
class MetadataColumnTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteParquet(
        *store_, "dir/p q.parquet",
        *TableOf({{arrow::field("a", arrow::int64()), "[0, 1, 2, 3, 4, 5]"},
                  {arrow::field("_id", arrow::int64()), "[null, 900, null, null, 7, null]"},
                  {arrow::field("_version", arrow::int64()), "[null, 3, null, null, 4, null]"}}),
        {.rows_per_group = 2});
    file_.base_row_id = 100;
    file_.default_row_commit_version = 5;
    spec_ = SpecOf(DataType::Struct({{"a", kLong}}));
    spec_.row_id_column = "_id";
    spec_.row_commit_version_column = "_version";
  }

  void Expect(const std::vector<std::pair<std::shared_ptr<arrow::Field>, std::string>>& expected) {
    const auto table = ReadFile(store_, spec_, file_);
    ASSERT_THAT(table, IsOk());
    ExpectTablesEqual(**table, *TableOf(expected));
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  DataFile file_{"dir/p%20q.parquet"};
  DataReadSpec spec_;
};

TEST_F(MetadataColumnTest, ComeAfterTheOthersInTheOrderAskedFor) {
  spec_.metadata_columns = {MetadataColumn::kRowCommitVersion, MetadataColumn::kRowId,
                            MetadataColumn::kRowIndex};
  Expect({{arrow::field("a", arrow::int64()), "[0, 1, 2, 3, 4, 5]"},
          {LongField("_metadata.row_commit_version"), "[5, 3, 5, 5, 4, 5]"},
          {LongField("_metadata.row_id"), "[100, 900, 102, 103, 7, 105]"},
          {LongField("_metadata.row_index"), "[0, 1, 2, 3, 4, 5]"}});
}

TEST_F(MetadataColumnTest, CountDeletedAndFilteredRows) {
  DeletionVector deleted;
  deleted.Add(0);
  deleted.Add(3);
  const std::string bytes = deleted.Serialize();
  std::string content;
  const int32_t offset = AppendToDeletionVectorFile(content, bytes);
  const std::string path = "deletion_vector_00000000-0000-0000-0000-000000000000.bin";
  ASSERT_THAT(store_->Put(path, content), IsOk());
  file_.deletion_vector = DeletionVectorDescriptor{"u", "00000000000000000000", offset,
                                                   static_cast<int32_t>(bytes.size()), 2};
  spec_.metadata_columns = {MetadataColumn::kRowId, MetadataColumn::kRowIndex};
  Expect({{arrow::field("a", arrow::int64()), "[1, 2, 4, 5]"},
          {LongField("_metadata.row_id"), "[900, 102, 7, 105]"},
          {LongField("_metadata.row_index"), "[1, 2, 4, 5]"}});

  spec_.columns.clear();
  spec_.predicate = Expr::Call(
      Function::kGreater, {Expr::Column({"a"}, kLong), Expr::Literal(Value(int64_t{3}), kLong)},
      Type(TypeId::kBoolean));
  Expect(
      {{LongField("_metadata.row_id"), "[7, 105]"}, {LongField("_metadata.row_index"), "[4, 5]"}});
}

TEST_F(MetadataColumnTest, NeedNoOtherColumnAndNoColumnOfTheFile) {
  spec_.columns.clear();
  spec_.row_id_column = spec_.row_commit_version_column = "_not_in_this_file";
  spec_.metadata_columns = {MetadataColumn::kRowId, MetadataColumn::kFilePath,
                            MetadataColumn::kRowCommitVersion};
  const std::string uri = '"' + DataFileUri(store_->root_uri(), file_.path) + '"';
  Expect({{LongField("_metadata.row_id"), "[100, 101, 102, 103, 104, 105]"},
          {arrow::field("_metadata.file_path", arrow::utf8(), false),
           "[" + uri + "," + uri + "," + uri + "," + uri + "," + uri + "," + uri + "]"},
          {LongField("_metadata.row_commit_version"), "[5, 5, 5, 5, 5, 5]"}});
  EXPECT_THAT(uri, HasSubstr("/dir/p q.parquet\""));
}

TEST_F(MetadataColumnTest, WithoutTheirBasesInTheLogAreCorruption) {
  spec_.metadata_columns = {MetadataColumn::kRowId};
  file_.base_row_id.reset();
  EXPECT_THAT(ReadFile(store_, spec_, file_),
              StatusIs(StatusCode::kCorruption, HasSubstr("no baseRowId")));
  file_.base_row_id = std::numeric_limits<int64_t>::max() - 2;
  EXPECT_THAT(ReadFile(store_, spec_, file_),
              StatusIs(StatusCode::kCorruption, HasSubstr("no room")));
  spec_.metadata_columns = {MetadataColumn::kRowCommitVersion};
  file_.default_row_commit_version.reset();
  EXPECT_THAT(ReadFile(store_, spec_, file_),
              StatusIs(StatusCode::kCorruption, HasSubstr("no defaultRowCommitVersion")));
}

TEST_F(MetadataColumnTest, OfANameThatTheTableHasAreRefused) {
  spec_.table_schema = DataType::Struct({{"_metadata.row_id", kLong}});
  spec_.columns = {"_metadata.row_id"};
  spec_.metadata_columns = {MetadataColumn::kRowId};
  EXPECT_THAT(ReadFile(store_, spec_, file_),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("_metadata.row_id")));
}

TEST(ParseMetadataColumn, TakesNamesWithAndWithoutPrefix) {
  EXPECT_THAT(ParseMetadataColumn("row_id"), IsOkAndHolds(MetadataColumn::kRowId));
  EXPECT_THAT(ParseMetadataColumn("_metadata.row_id"), IsOkAndHolds(MetadataColumn::kRowId));
  EXPECT_THAT(ParseMetadataColumn("rowid"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("row_commit_version")));
}

}  // namespace
}  // namespace deltaic
