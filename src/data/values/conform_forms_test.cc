#include <arrow/api.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/values/disguised_arrays.h"
#include "data/values/gather.h"
#include "data/values/type_mapping.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::ArrayDisguise;
using ::deltaic::testing::ArrayOf;
using ::deltaic::testing::ArrayPtr;
using ::deltaic::testing::Batch;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

using TypePtr = std::shared_ptr<arrow::DataType>;

TypePtr ListOf(const TypePtr& element) { return arrow::list(arrow::field("element", element)); }

Result<ArrayPtr> Conform(const ArrayPtr& array, const TypePtr& target, bool nullable = true) {
  const auto batch = Batch({{arrow::field("a", array->type()), array}});
  DELTAIC_ASSIGN_OR_RETURN(
      auto conformed, ConformBatch(batch, arrow::schema({arrow::field("a", target, nullable)})));
  return conformed->column(0);
}

void ExpectConforms(const ArrayPtr& array, const ArrayPtr& expected) {
  const auto conformed = Conform(array, expected->type());
  ASSERT_THAT(conformed, IsOk()) << array->type()->ToString();
  ASSERT_TRUE((*conformed)->ValidateFull().ok()) << (*conformed)->ValidateFull().ToString();
  EXPECT_TRUE((*conformed)->Equals(*expected)) << array->type()->ToString() << "\n"
                                               << (*conformed)->ToString() << "\ninstead of\n"
                                               << expected->ToString();
}

/// Every form of an array, nested and sliced, is written as what its rows are.
class ConformForms : public ::testing::TestWithParam<int> {};

TEST_P(ConformForms, GiveTheSameRows) {
  const TypePtr longs = arrow::int64();
  const TypePtr texts = arrow::utf8();
  const auto pair = arrow::struct_({arrow::field("x", ListOf(longs)), arrow::field("y", texts)});
  ArrayDisguise disguise(static_cast<uint32_t>(GetParam()));
  for (const TypePtr& type : {longs, texts, ListOf(longs), ListOf(texts), ListOf(ListOf(longs)),
                              TypePtr(pair), ListOf(pair), ListOf(ListOf(texts))}) {
    for (const int64_t length : {0, 1, 2, 7, 20}) {
      const ArrayPtr plain = disguise.Random(type, length);
      ExpectConforms(disguise.Disguised(plain), plain);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConformForms, ::testing::Range(0, 60));

TEST(ConformBatch, ReadsViewsOutOfOrderAndOverlapping) {
  const ArrayPtr values = ArrayOf(arrow::int64(), "[1, 2, 3]");
  const auto views = [&](const char* offsets, const char* sizes) {
    return *arrow::ListViewArray::FromArrays(*ArrayOf(arrow::int32(), offsets),
                                             *ArrayOf(arrow::int32(), sizes), *values);
  };
  const TypePtr type = ListOf(arrow::int64());
  ExpectConforms(views("[2, 0]", "[1, 2]"), ArrayOf(type, "[[3], [1, 2]]"));
  ExpectConforms(views("[0, 1, 0]", "[3, 2, 1]"), ArrayOf(type, "[[1, 2, 3], [2, 3], [1]]"));
  ExpectConforms(views("[0, 1, 0]", "[3, 2, 1]")->Slice(1, 1), ArrayOf(type, "[[2, 3]]"));
}

TEST(ConformBatch, RefusesListsThatNameValuesOutsideOfTheirArray) {
  const ArrayPtr values = ArrayOf(arrow::int64(), "[1, 2, 3]");
  for (const auto& [offset, size] : {std::pair{2, 2}, {-1, 1}, {4, 0}, {0, -1}, {2147483647, 1}}) {
    const auto views = std::make_shared<arrow::ListViewArray>(
        arrow::list_view(arrow::int64()), 1,
        arrow::Buffer::FromVector(std::vector<int32_t>{offset}),
        arrow::Buffer::FromVector(std::vector<int32_t>{size}), values);
    EXPECT_THAT(Conform(views, ListOf(arrow::int64())),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("row 0")))
        << offset << ' ' << size;
  }
}

TEST(ConformBatch, JudgesOnlyWhatRowsHold) {
  // A value too large for the column below a null, in a gap, and in an entry that no row names.
  const auto views = *arrow::ListViewArray::FromArrays(
      *ArrayOf(arrow::int32(), "[3, 1]"), *ArrayOf(arrow::int32(), "[1, 1]"),
      *ArrayOf(arrow::int64(), "[300, 2, 300, 4]"));
  ExpectConforms(views, ArrayOf(ListOf(arrow::int8()), "[[4], [2]]"));
  const auto dictionary = *arrow::DictionaryArray::FromArrays(ArrayOf(arrow::int8(), "[1, null]"),
                                                              ArrayOf(arrow::int64(), "[300, 5]"));
  ExpectConforms(dictionary, ArrayOf(arrow::int8(), "[5, null]"));
}

TEST(ConformBatch, RefusesTypesWithoutAForm) {
  const auto dense = *arrow::DenseUnionArray::Make(*ArrayOf(arrow::int8(), "[0, 0]"),
                                                   *ArrayOf(arrow::int32(), "[0, 1]"),
                                                   {ArrayOf(arrow::int64(), "[1, 2]")});
  EXPECT_THAT(Conform(dense, arrow::int64()),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("a")));
  EXPECT_THAT(FromArrowType(*dense->type()),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("union")));
  for (const TypePtr& type : {arrow::time32(arrow::TimeUnit::SECOND), arrow::month_interval(),
                              arrow::duration(arrow::TimeUnit::MICRO)}) {
    EXPECT_THAT(FromArrowType(*arrow::list_view(type)),
                StatusIs(StatusCode::kSchemaMismatch, HasSubstr(type->ToString())));
  }
}

TEST(ConformBatch, RefusesTextThatIsNotUtf8) {
  const auto bytes = [](const std::vector<std::string>& rows) {
    arrow::StringBuilder builder;
    for (const std::string& row : rows) EXPECT_TRUE(builder.Append(row).ok());
    return ArrayPtr(*builder.Finish());
  };
  for (const char* bad : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}) {
    const ArrayPtr texts = bytes({"ä", bad, "z"});
    const auto refused = StatusIs(StatusCode::kSchemaMismatch, HasSubstr("row 1"));
    EXPECT_THAT(Conform(texts, arrow::utf8()), refused);
    EXPECT_THAT(Conform(texts, arrow::utf8(), false), refused);
    EXPECT_THAT(
        Conform(*arrow::DictionaryArray::FromArrays(ArrayOf(arrow::int8(), "[0, 1]"), texts),
                arrow::utf8()),
        refused);
    EXPECT_THAT(Conform(*arrow::ListArray::FromArrays(*ArrayOf(arrow::int32(), "[0, 3]"), *texts),
                        ListOf(arrow::utf8())),
                refused);
    EXPECT_THAT(Conform(texts->Slice(2), arrow::utf8()), IsOk());
    // Two halves of one character are no text, though their bytes joined are.
    EXPECT_THAT(Conform(bytes({"\xc3", "\xa4"}), arrow::utf8()),
                StatusIs(StatusCode::kSchemaMismatch, HasSubstr("row 0")));
  }
}

}  // namespace
}  // namespace deltaic
