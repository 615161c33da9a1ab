#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ops/write.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ReadIds;
using testing::Rows;
using ::testing::SizeIs;
using testing::StatusIs;

using Reader = std::shared_ptr<arrow::RecordBatchReader>;

/// Rows before the first of which something happens.
class LateReader : public arrow::RecordBatchReader {
 public:
  LateReader(Reader rows, std::function<void()> happens)
      : rows_(std::move(rows)), happens_(std::move(happens)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (happens_) std::exchange(happens_, nullptr)();
    return rows_->ReadNext(batch);
  }

 private:
  const Reader rows_;
  std::function<void()> happens_;
};

Reader OneRow(const std::string& column, const std::shared_ptr<arrow::Scalar>& value) {
  const auto schema = arrow::schema({arrow::field(column, value->type)});
  const auto batch = arrow::RecordBatch::Make(schema, 1, {*arrow::MakeArrayFromScalar(*value, 1)});
  return *arrow::RecordBatchReader::Make({batch}, schema);
}
Reader OneId(int64_t id) { return OneRow("id", arrow::MakeScalar(id)); }

class CreationRaceTest : public ::testing::Test {
 protected:
  /// Writes `mine` where there is no table, and `theirs` before mine are through.
  Result<WriteResult> Lose(const Reader& mine, const WriteOptions& options, const Reader& theirs,
                           const WriteOptions& their_options = {.mode = SaveMode::kAppend}) {
    const auto late = std::make_shared<LateReader>(mine, [&] {
      ASSERT_THAT(WriteTable(Table::Of(store_), nullptr, theirs, their_options), IsOk());
    });
    return WriteTable(Table::Of(store_), nullptr, late, options);
  }

  SnapshotPtr Loaded() { return *Table::Of(store_)->Load(); }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  const WriteOptions append_{.mode = SaveMode::kAppend};
};

TEST_F(CreationRaceTest, AppendGoesOnAfterTheWinner) {
  const auto result = Lose(Rows({1, 2}), append_, Rows({3}));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{1});
  EXPECT_THAT(ReadIds(Loaded()), ElementsAre(1, 2, 3));
  EXPECT_THAT(DataObjects(*store_), SizeIs(2));
}

TEST_F(CreationRaceTest, AppendGoesOnWhereTheWinnerHasMoreColumns) {
  const auto result = Lose(OneId(1), append_, Rows({7}));
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadIds(Loaded()), ElementsAre(1, 7));
}

TEST_F(CreationRaceTest, SchemaMergeBringsItsColumns) {
  const auto result =
      Lose(Rows({7}), {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge}, OneId(1));
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadIds(Loaded()), ElementsAre(1, 7));
  EXPECT_NE(Loaded()->schema()->FindField("day"), nullptr);
}

struct RefusedCase {
  std::string name;
  SaveMode mode = SaveMode::kAppend;
  Reader theirs;
  WriteOptions their_options{.mode = SaveMode::kAppend};
  StatusCode code = StatusCode::kConflict;
};

class CreationRaceLostTest : public CreationRaceTest,
                             public ::testing::WithParamInterface<RefusedCase> {};

TEST_P(CreationRaceLostTest, LeavesTheWinnersTableAlone) {
  const RefusedCase& test = GetParam();
  EXPECT_THAT(Lose(Rows({1}), {.mode = test.mode}, test.theirs, test.their_options),
              StatusIs(test.code));
  EXPECT_EQ(Loaded()->version(), Version{0});
  EXPECT_THAT(DataObjects(*store_), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(
    All, CreationRaceLostTest,
    ::testing::Values(RefusedCase{"OtherType", SaveMode::kAppend,
                                  OneRow("id", arrow::MakeScalar(std::string("x")))},
                      RefusedCase{"OtherColumn", SaveMode::kAppend,
                                  OneRow("key", arrow::MakeScalar(int64_t{1}))},
                      RefusedCase{"OtherFolders",
                                  SaveMode::kAppend,
                                  Rows({3}),
                                  {.mode = SaveMode::kAppend, .partition_by = {{"day"}}}},
                      RefusedCase{"ColumnMapping",
                                  SaveMode::kAppend,
                                  Rows({3}),
                                  {.mode = SaveMode::kAppend,
                                   .properties = {{"delta.columnMapping.mode", "name"}}}},
                      RefusedCase{"Overwrite", SaveMode::kOverwrite, Rows({3})},
                      RefusedCase{.name = "Error",
                                  .mode = SaveMode::kError,
                                  .theirs = Rows({3}),
                                  .code = StatusCode::kAlreadyExists}),
    [](const auto& info) { return info.param.name; });

TEST_F(CreationRaceTest, IgnoringWriteIsSkipped) {
  const auto result = Lose(Rows({1}), {.mode = SaveMode::kIgnore}, Rows({3}));
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->skipped);
  EXPECT_THAT(ReadIds(Loaded()), ElementsAre(3));
  EXPECT_THAT(DataObjects(*store_), SizeIs(1));
}

}  // namespace
}  // namespace deltaic
