#include "ops/update.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::LiveFiles;
using testing::OneThread;
using ::testing::Pair;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}};
const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};

using Values = std::vector<std::pair<std::string, std::string>>;

class UpdateTest : public ::testing::Test {
 protected:
  Result<RowChangeResult> Update(const Values& values, const std::string& predicate) {
    UpdateOptions options{.predicate = predicate.empty() ? nullptr : Sql(predicate),
                          .files = OneThread()};
    for (const auto& [column, value] : values)
      options.assignments.push_back({Sql(column)->path(), Sql(value)});
    return UpdateRows(table_, nullptr, options);
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(UpdateTest, AssignsColumnsOfMatchingRows) {
  for (const bool vectors : {false, true}) {
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, vectors ? kVectors : StringMap());
    // Values see the row as it was.
    const auto result = Update({{"QTY", "qty + id"}, {"name", "concat(name, part)"}}, "id >= 2");
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_taken_rows, 2);
    EXPECT_EQ(result->changed.num_copied_rows, vectors ? 0 : 1);
    EXPECT_EQ(result->changed.num_vectors_added, vectors ? 1 : 0);
    EXPECT_THAT(ReadRows(result->snapshot),
                ElementsAre(kRows[0], KeyedRow{2, "a", 22, "ya"}, KeyedRow{3, "b", 33, "zb"}));
  }
}

TEST_F(UpdateTest, AllRowsWithoutAPredicateAndNulls) {
  AppendRows(table_, kRows, kVectors);
  const auto result = Update({{"name", "NULL"}, {"qty", "7"}}, "");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_removed_files, 1);
  EXPECT_THAT(
      ReadRows(result->snapshot),
      ElementsAre(KeyedRow{1, "a", 7, {}}, KeyedRow{2, "a", 7, {}}, KeyedRow{3, "b", 7, {}}));
}

TEST_F(UpdateTest, RowsMoveBetweenPartitions) {
  AppendRows(table_, kRows, kVectors, {"part"});
  const auto result = Update({{"part", "'c d/%'"}}, "id <> 1");
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadRows(result->snapshot),
              ElementsAre(kRows[0], KeyedRow{2, "c d/%", 20, "y"}, KeyedRow{3, "c d/%", 30, "z"}));
}

TEST_F(UpdateTest, TheChangeFeedGetsBothImages) {
  for (const bool vectors : {false, true}) {
    table_ = Table::Of(MakeMemoryStore());
    StringMap properties = {{"delta.enableChangeDataFeed", "true"}};
    if (vectors) properties.insert(kVectors.begin(), kVectors.end());
    AppendRows(table_, kRows, properties);
    const auto result = Update({{"qty", "0"}}, "id = 2");
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_change_files, 1);
    EXPECT_THAT(testing::ReadChanges(*table_, result->snapshot),
                ElementsAre(Pair("update_postimage", KeyedRow{2, "a", 0, "y"}),
                            Pair("update_preimage", kRows[1])));
  }
}

TEST_F(UpdateTest, MembersOfStructsAreAssignedAlone) {
  const auto inner =
      arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())});
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("s", inner)});
  arrow::Int32Builder a;
  arrow::StringBuilder b;
  ASSERT_TRUE(a.AppendValues({1, 2}).ok() && b.AppendValues({"x", "y"}).ok());
  arrow::Int64Builder id;
  ASSERT_TRUE(id.AppendValues({1, 2}).ok());
  // The second struct is null.
  const auto structs =
      std::make_shared<arrow::StructArray>(inner, 2, arrow::ArrayVector{*a.Finish(), *b.Finish()},
                                           arrow::Buffer::FromVector<uint8_t>({1}));
  const auto batch = arrow::RecordBatch::Make(schema, 2, {*id.Finish(), structs});
  ASSERT_THAT(WriteTable(table_, nullptr, *arrow::RecordBatchReader::Make({batch}, schema),
                         {.files = OneThread()}),
              IsOk());
  ASSERT_THAT(Update({{"s.a", "id + 10"}}, ""), IsOk());
  auto scan = Scan::Make(*table_->Load(), {.num_threads = 1});
  const auto rows = *(*scan)->Next();
  const auto after = std::static_pointer_cast<arrow::StructArray>(rows->GetColumnByName("s"));
  EXPECT_EQ(after->null_count(), 0);
  EXPECT_EQ(after->field(0)->ToString(), "[\n  11,\n  12\n]");
  EXPECT_EQ(after->field(1)->ToString(), "[\n  \"x\",\n  null\n]");
}

TEST_F(UpdateTest, BadInputChangesNothing) {
  AppendRows(table_, kRows);
  const auto is_bad = [](const char* text) {
    return StatusIs(StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(Update({}, ""), is_bad("no column"));
  EXPECT_THAT(Update({{"nope", "1"}}, ""), is_bad("nope"));
  EXPECT_THAT(Update({{"qty", "nope"}}, ""), is_bad("nope"));
  EXPECT_THAT(Update({{"qty", "1"}, {"QTY", "2"}}, ""), is_bad("twice"));
  EXPECT_THAT(Update({{"qty.x", "1"}}, ""), is_bad("members of structs"));
  EXPECT_THAT(Update({{"qty", "id + 3000000000"}}, ""), is_bad("3000000001"));
  EXPECT_THAT(Update({{"qty", "name"}}, ""),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column qty of type integer")));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

}  // namespace
}  // namespace deltaic
