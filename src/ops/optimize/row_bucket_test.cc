#include "ops/optimize/row_bucket.h"

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <arrow/util/decimal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>

#include "data/values/compute_kernels.h"
#include "ops/optimize/row_order.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

template <typename T>
class PackedNumbersTest : public ::testing::Test {};

using Integers = ::testing::Types<int8_t, int16_t, int32_t, int64_t>;
TYPED_TEST_SUITE(PackedNumbersTest, Integers);

TYPED_TEST(PackedNumbersTest, ComeBack) {
  using T = TypeParam;
  constexpr T kLeast = std::numeric_limits<T>::min(), kMost = std::numeric_limits<T>::max();
  const std::vector<std::vector<T>> cases = {{},
                                             {7},
                                             {kMost, kMost},
                                             {-1, 0, 1},
                                             {kLeast, kMost, 0},
                                             {static_cast<T>(kMost - 100), kMost}};
  arrow::BufferBuilder piece;
  for (const auto& numbers : cases) {
    ASSERT_THAT(PackNumbers(std::span<const T>(numbers), piece), IsOk());
  }
  PieceReader in(piece.data());
  for (const auto& numbers : cases) {
    std::vector<T> read(numbers.size());
    UnpackNumbers(in, static_cast<int64_t>(read.size()), read.data());
    EXPECT_EQ(read, numbers);
  }
}

TEST(PackedNumbers, TakeWhatTheirRangeNeeds) {
  const std::vector<int64_t> numbers = {1'000'000'000'000, 1'000'000'000'200};
  arrow::BufferBuilder piece;
  ASSERT_THAT(PackNumbers(std::span<const int64_t>(numbers), piece), IsOk());
  EXPECT_EQ(piece.length(), 8 + 1 + 2);
}

TEST(OrderRows, IsThatOfPlacesAndStable) {
  std::minstd_rand random(5);
  std::vector<uint32_t> order;
  for (const int64_t spread : {int64_t{1}, int64_t{3}, int64_t{100'000}, int64_t{1} << 40}) {
    std::vector<int64_t> places(3000);
    for (int64_t& place : places) place = (int64_t{1} << 60) + spread * (random() % 1000);
    std::vector<uint32_t> expected(places.size());
    std::iota(expected.begin(), expected.end(), 0);
    std::ranges::stable_sort(expected, {}, [&](uint32_t row) { return places[row]; });
    OrderRows(places, order);
    EXPECT_EQ(order, expected);
  }
  OrderRows({}, order);
  EXPECT_TRUE(order.empty());
}

std::shared_ptr<arrow::Array> ListsFrom(const std::vector<std::optional<int>>& values) {
  arrow::ListBuilder builder(arrow::default_memory_pool(), std::make_shared<arrow::Int32Builder>());
  auto& elements = static_cast<arrow::Int32Builder&>(*builder.value_builder());
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append() : builder.AppendNull()).ok());
    for (int i = 0; i < value.value_or(0) % 4; ++i) {
      EXPECT_TRUE(elements.Append(*value + i).ok());
    }
  }
  return builder.Finish().ValueOrDie();
}

/// Values of any type that say which number they are made of.
std::shared_ptr<arrow::Array> ArrayFrom(const std::shared_ptr<arrow::DataType>& type,
                                        const std::vector<std::optional<int>>& values) {
  if (type->id() == arrow::Type::LIST) return ListsFrom(values);
  arrow::StringBuilder texts;
  arrow::Int64Builder numbers;
  for (const auto& value : values) {
    std::string text = std::to_string(value.value_or(0));
    if (arrow::is_base_binary_like(type->id())) {
      text.insert(0, static_cast<size_t>(value.value_or(0) * 2), 'a');
    }
    EXPECT_TRUE((value ? texts.Append(text) : texts.AppendNull()).ok());
    EXPECT_TRUE((value ? numbers.Append(*value * 86'400'000) : numbers.AppendNull()).ok());
  }
  if (arrow::is_temporal(type->id())) {
    const auto times = numbers.Finish().ValueOrDie();
    const auto millis = times->View(arrow::timestamp(arrow::TimeUnit::MILLI)).ValueOrDie();
    return arrow::compute::Cast(*millis, type).ValueOrDie();
  }
  return arrow::compute::Cast(*texts.Finish().ValueOrDie(), type).ValueOrDie();
}

class RowLaneTest : public ::testing::TestWithParam<std::shared_ptr<arrow::DataType>> {};

TEST_P(RowLaneTest, GivesWhatWasAppendedAndLoadedWithAndWithoutNulls) {
  ASSERT_THAT(EnsureComputeKernels(), IsOk());
  std::vector<std::optional<int>> all, none_null, some_null;
  for (int i = 0; i < 400; ++i) {
    none_null.emplace_back(i % 2);
    some_null.push_back(i % 3 == 0 ? std::nullopt : std::optional(i % 2));
    if (GetParam()->id() != arrow::Type::BOOL) {
      none_null.back() = i % 100;
      if (some_null.back()) some_null.back() = i % 100;
    }
  }
  std::vector<int32_t> rows(400);
  std::iota(rows.begin(), rows.end(), 0);
  for (const auto& [first, second] :
       {std::pair(none_null, some_null), std::pair(some_null, none_null),
        std::pair(none_null, none_null)}) {
    auto kept = RowLane::Make(GetParam());
    auto loaded = RowLane::Make(GetParam());
    arrow::BufferBuilder piece;
    ASSERT_THAT(kept->Append(*ArrayFrom(GetParam(), first), rows), IsOk());
    ASSERT_THAT(kept->Save(piece), IsOk());
    PieceReader in(piece.data());
    ASSERT_THAT(loaded->Load(in, 400), IsOk());
    // A part of an array, whose rows count from its beginning.
    const auto half = ArrayFrom(GetParam(), second)->Slice(200);
    ASSERT_THAT(loaded->Append(*half, std::span(rows).first(200)), IsOk());
    ASSERT_THAT(loaded->Seal(), IsOk());

    all = first;
    all.insert(all.end(), second.begin() + 200, second.end());
    std::vector<uint32_t> order(all.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
    std::vector<std::optional<int>> expected;
    for (const uint32_t row : order) expected.push_back(all[row]);
    const auto taken = loaded->Take(order);
    ASSERT_THAT(taken, IsOk());
    ASSERT_TRUE((*taken)->ValidateFull().ok()) << (*taken)->ValidateFull().ToString();
    EXPECT_TRUE((*taken)->Equals(ArrayFrom(GetParam(), expected))) << (*taken)->ToString();

    loaded->Clear(/*keep_memory=*/true);
    EXPECT_EQ(loaded->size_bytes(), 0);
    ASSERT_THAT(loaded->Append(*half, std::span(rows).first(200)), IsOk());
    ASSERT_THAT(loaded->Seal(), IsOk());
    const std::vector<uint32_t> last = {199};
    EXPECT_TRUE((*loaded->Take(last))->Equals(half->Slice(199)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, RowLaneTest,
    ::testing::Values(arrow::boolean(), arrow::int8(), arrow::int16(), arrow::int32(),
                      arrow::int64(), arrow::float32(), arrow::float64(), arrow::date32(),
                      arrow::timestamp(arrow::TimeUnit::MICRO), arrow::decimal128(10, 2),
                      arrow::decimal128(30, 2), arrow::utf8(), arrow::binary(), arrow::large_utf8(),
                      arrow::list(arrow::int32())),
    [](const auto& info) { return std::string(info.param->name()) + std::to_string(info.index); });

TEST(RowLane, NamesADecimalOfTooManyDigits) {
  const auto type = arrow::decimal128(10, 2);
  arrow::Decimal128Builder builder(type);
  ASSERT_TRUE(builder.Append(arrow::Decimal128(int64_t{1}, uint64_t{0})).ok());
  const auto array = builder.Finish().ValueOrDie();
  const std::vector<int32_t> rows = {0};
  EXPECT_THAT(RowLane::Make(type)->Append(*array, rows),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("decimal128(10, 2)")));
}

std::shared_ptr<arrow::Array> Encoded(const std::vector<std::optional<std::string>>& values) {
  arrow::StringDictionary32Builder builder;
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::vector<std::optional<std::string>> TextsOf(const arrow::Array& array) {
  std::vector<std::optional<std::string>> texts;
  for (int64_t i = 0; i < array.length(); ++i) {
    const auto scalar = array.GetScalar(i).ValueOrDie();
    texts.push_back(scalar->is_valid ? std::optional(scalar->ToString()) : std::nullopt);
  }
  return texts;
}

/// Two dictionaries of other orders, one lane of which went to disk. Both share their codes.
std::shared_ptr<arrow::Array> TakenFromTwoLanes(const std::shared_ptr<TextCodes>& codes,
                                                const std::string& last) {
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto kept = RowLane::Make(type, codes), loaded = RowLane::Make(type, codes);
  const std::vector<int32_t> rows = {0, 1, 2, 3}, some_rows = {2, 1};
  arrow::BufferBuilder piece;
  EXPECT_THAT(kept->Append(*Encoded({"a", "", std::nullopt, last}), rows), IsOk());
  EXPECT_THAT(kept->Save(piece), IsOk());
  PieceReader in(piece.data());
  EXPECT_THAT(loaded->Load(in, 4), IsOk());
  EXPECT_THAT(loaded->Append(*Encoded({"z", last, "b", "a"})->Slice(1), some_rows), IsOk());
  EXPECT_THAT(codes->MakeTexts(), IsOk());
  EXPECT_THAT(loaded->Seal(), IsOk());
  const std::vector<uint32_t> order = {5, 4, 3, 2, 1, 0};
  const auto taken = loaded->Take(order).value();
  EXPECT_TRUE(taken->ValidateFull().ok()) << taken->ValidateFull().ToString();
  return taken;
}

TEST(CodeLane, GivesOneDictionaryForAllBatches) {
  const auto codes = std::make_shared<TextCodes>();
  const auto taken = TakenFromTwoLanes(codes, "y");
  ASSERT_EQ(taken->type_id(), arrow::Type::DICTIONARY);
  EXPECT_EQ(static_cast<const arrow::DictionaryArray&>(*taken).dictionary()->length(), 5);
  const auto plain = arrow::compute::Cast(*taken, arrow::utf8()).ValueOrDie();
  EXPECT_THAT(TextsOf(*plain), ::testing::ElementsAre("b", "a", "y", std::nullopt, "", "a"));
}

TEST(CodeLane, GivesTextsWhereOneIsTooLongForADictionary) {
  const std::string longest(TextCodes::kMostTextBytes + 1, 'x');
  const auto codes = std::make_shared<TextCodes>();
  const auto taken = TakenFromTwoLanes(codes, longest);
  ASSERT_EQ(taken->type_id(), arrow::Type::STRING);
  EXPECT_THAT(TextsOf(*taken), ::testing::ElementsAre("b", "a", longest, std::nullopt, "", "a"));
}

TEST(CodeLane, HoldsNoMoreTextsThanADictionaryMayHave) {
  std::vector<std::optional<std::string>> texts;
  for (size_t i = 0; i < 2 * TextCodes::kMostTexts; ++i) texts.emplace_back(std::to_string(i));
  TextCodes codes;
  const auto encoded = Encoded(texts);
  const auto some =
      codes.CodesOf(static_cast<const arrow::DictionaryArray&>(*encoded).dictionary());
  EXPECT_TRUE(codes.has_loose());
  EXPECT_EQ(some.front(), 0);
  EXPECT_EQ(some.back(), TextCodes::kLoose);
  ASSERT_THAT(codes.MakeTexts(), IsOk());
  EXPECT_LE(static_cast<size_t>(codes.texts()->length()), TextCodes::kMostTexts);
}

}  // namespace
}  // namespace deltaic
