#include "data/values/column_cast.h"

#include <arrow/util/float16.h>

#include <string>
#include <vector>

#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using TypePtr = std::shared_ptr<arrow::DataType>;

const TypePtr kUtc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
const TypePtr kNtz = arrow::timestamp(arrow::TimeUnit::MICRO);

struct Good {
  std::string name;
  TypePtr from;
  std::string values;
  TypePtr to;
  std::string expected;
};

class CastColumnTest : public ::testing::TestWithParam<Good> {};

TEST_P(CastColumnTest, GivesTheTablesType) {
  const Good& param = GetParam();
  ASSERT_TRUE(CanCastColumn(*param.from, *param.to));
  // With a row before and after, to try offsets.
  const auto array = ArrayOf(param.from, param.values);
  for (const int64_t skip : {0, 1}) {
    const auto result = CastColumn(array->Slice(skip), param.to);
    ASSERT_THAT(result, IsOk());
    EXPECT_TRUE((*result)->ValidateFull().ok());
    const auto expected = ArrayOf(param.to, param.expected)->Slice(skip);
    EXPECT_TRUE((*result)->Equals(*expected)) << (*result)->ToString();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, CastColumnTest,
    ::testing::ValuesIn(std::vector<Good>{
        // Type widening, all pairs of the protocol.
        {"ByteToShort", arrow::int8(), "[-128, null, 127]", arrow::int16(), "[-128, null, 127]"},
        {"ByteToInteger", arrow::int8(), "[-128, null]", arrow::int32(), "[-128, null]"},
        {"ByteToLong", arrow::int8(), "[-128, null]", arrow::int64(), "[-128, null]"},
        {"ShortToInteger", arrow::int16(), "[-32768, null]", arrow::int32(), "[-32768, null]"},
        {"ShortToLong", arrow::int16(), "[-32768, null]", arrow::int64(), "[-32768, null]"},
        {"IntegerToLong", arrow::int32(), "[-2147483648, null]", arrow::int64(),
         "[-2147483648, null]"},
        {"FloatToDouble", arrow::float32(), "[0.5, null]", arrow::float64(), "[0.5, null]"},
        {"ByteToDouble", arrow::int8(), "[-128, null]", arrow::float64(), "[-128, null]"},
        {"ShortToDouble", arrow::int16(), "[-32768, null]", arrow::float64(), "[-32768, null]"},
        {"IntegerToDouble", arrow::int32(), "[2147483647, null]", arrow::float64(),
         "[2147483647, null]"},
        {"DateToNtz", arrow::date32(), "[1, null, -1]", kNtz, "[86400000000, null, -86400000000]"},
        {"DecimalWider", arrow::decimal128(5, 2), R"(["1.25", null])", arrow::decimal128(10, 2),
         R"(["1.25", null])"},
        {"DecimalMoreScale", arrow::decimal128(5, 2), R"(["-1.25", null])",
         arrow::decimal128(12, 4), R"(["-1.2500", null])"},
        {"ByteToDecimal", arrow::int8(), "[-7, null]", arrow::decimal128(10, 0), R"(["-7", null])"},
        {"ShortToDecimal", arrow::int16(), "[-7, null]", arrow::decimal128(12, 2),
         R"(["-7.00", null])"},
        {"IntegerToDecimal", arrow::int32(), "[-2147483648, null]", arrow::decimal128(12, 2),
         R"(["-2147483648.00", null])"},
        {"LongToDecimal", arrow::int64(), "[9223372036854775807, null]", arrow::decimal128(20, 0),
         R"(["9223372036854775807", null])"},
        // The same type in another form.
        {"UnannotatedIntegerToByte", arrow::int32(), "[-128, null]", arrow::int8(), "[-128, null]"},
        {"UnsignedByte", arrow::uint8(), "[255, null]", arrow::int16(), "[255, null]"},
        {"UnsignedInteger", arrow::uint32(), "[4294967295, null]", arrow::int64(),
         "[4294967295, null]"},
        {"UnsignedLong", arrow::uint64(), "[18446744073709551615, null]", arrow::decimal128(20, 0),
         R"(["18446744073709551615", null])"},
        {"UnsignedLongThatFits", arrow::uint64(), "[7, null]", arrow::int64(), "[7, null]"},
        {"HalfFloat", arrow::float16(), "[0.5, null]", arrow::float32(), "[0.5, null]"},
        {"TimestampZoneAdded", kNtz, "[-5, null]", kUtc, "[-5, null]"},
        {"TimestampZoneTaken", arrow::timestamp(arrow::TimeUnit::MICRO, "Europe/Berlin"),
         "[-5, null]", kNtz, "[-5, null]"},
        {"TimestampMillis", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), "[-5, null, 7]", kUtc,
         "[-5000, null, 7000]"},
        {"TimestampSeconds", arrow::timestamp(arrow::TimeUnit::SECOND), "[-5, null]", kNtz,
         "[-5000000, null]"},
        {"TimestampNanosRoundDown", arrow::timestamp(arrow::TimeUnit::NANO),
         "[-1, -1000, null, 1999]", kUtc, "[-1, -1, null, 1]"},
        {"UnannotatedDate", arrow::int32(), "[-1, null]", arrow::date32(), "[-1, null]"},
        {"Date64", arrow::date64(), "[86400000, null]", arrow::date32(), "[1, null]"},
        {"Decimal32", arrow::decimal32(5, 2), R"(["1.25", null])", arrow::decimal128(5, 2),
         R"(["1.25", null])"},
        {"Decimal64", arrow::decimal64(10, 2), R"(["1.25", null])", arrow::decimal128(10, 2),
         R"(["1.25", null])"},
        {"Decimal256", arrow::decimal256(40, 2), R"(["1.25", null])", arrow::decimal128(10, 2),
         R"(["1.25", null])"},
        {"DecimalLessScaleExact", arrow::decimal128(10, 4), R"(["1.2500", null])",
         arrow::decimal128(10, 2), R"(["1.25", null])"},
        {"LargeString", arrow::large_utf8(), R"(["a", null, "bc"])", arrow::utf8(),
         R"(["a", null, "bc"])"},
        {"StringView", arrow::utf8_view(), R"(["a", null, "longer than twelve"])", arrow::utf8(),
         R"(["a", null, "longer than twelve"])"},
        {"UnannotatedString", arrow::binary(), R"(["a", null])", arrow::utf8(), R"(["a", null])"},
        {"AnnotatedBinary", arrow::utf8(), R"(["a", null])", arrow::binary(), R"(["a", null])"},
        {"LargeBinary", arrow::large_binary(), R"(["a", null])", arrow::binary(), R"(["a", null])"},
        {"BinaryView", arrow::binary_view(), R"(["a", null])", arrow::binary(), R"(["a", null])"},
        {"FixedSizeBinary", arrow::fixed_size_binary(2), R"(["ab", null])", arrow::binary(),
         R"(["ab", null])"},
        {"Dictionary", arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", null, "a"])",
         arrow::utf8(), R"(["a", null, "a"])"},
        {"DictionaryIndices", arrow::dictionary(arrow::int8(), arrow::large_utf8()),
         R"(["a", null, "a"])", arrow::dictionary(arrow::int32(), arrow::utf8()),
         R"(["a", null, "a"])"},
        {"StringToDictionary", arrow::utf8(), R"(["a", null, "a"])",
         arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["a", null, "a"])"},
        {"Null", arrow::null(), "[null, null]", arrow::int64(), "[null, null]"},
        {"Same", arrow::boolean(), "[true, null, false]", arrow::boolean(), "[true, null, false]"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(CanCastColumn, RefusesWhatTheProtocolDoesNotWiden) {
  const std::vector<std::pair<TypePtr, TypePtr>> pairs = {
      {arrow::utf8(), arrow::int64()},
      {arrow::int64(), arrow::utf8()},
      {arrow::float64(), arrow::float32()},
      {arrow::int64(), arrow::float64()},
      {arrow::int32(), arrow::float32()},
      {arrow::float64(), arrow::int64()},
      {arrow::boolean(), arrow::int32()},
      {arrow::date32(), kUtc},
      {kNtz, arrow::date32()},
      {arrow::int64(), kUtc},
      {arrow::duration(arrow::TimeUnit::MICRO), arrow::int64()},
      {arrow::time64(arrow::TimeUnit::MICRO), kNtz},
      {arrow::float64(), arrow::decimal128(10, 2)},
      {arrow::fixed_size_binary(16), arrow::utf8()},
  };
  for (const auto& [from, to] : pairs)
    EXPECT_FALSE(CanCastColumn(*from, *to)) << from->ToString() << " to " << to->ToString();
}

TEST(CastColumn, ValueThatDoesNotFitIsCorruption) {
  const std::vector<std::tuple<TypePtr, std::string, TypePtr>> cases = {
      {arrow::int32(), "[128]", arrow::int8()},
      {arrow::uint64(), "[18446744073709551615]", arrow::int64()},
      {arrow::timestamp(arrow::TimeUnit::MILLI), "[9223372036854775807]", kUtc},
      {arrow::date32(), "[2147483647]", kNtz},
      {arrow::decimal128(10, 4), R"(["1.2501"])", arrow::decimal128(10, 2)},
      {arrow::decimal128(10, 2), R"(["12345678.00"])", arrow::decimal128(5, 2)},
      {arrow::int64(), "[1000]", arrow::decimal128(3, 1)},
  };
  for (const auto& [from, values, to] : cases) {
    EXPECT_THAT(CastColumn(ArrayOf(from, values), to), StatusIs(StatusCode::kCorruption))
        << from->ToString() << " to " << to->ToString();
  }
}

TEST(CastColumn, BytesThatAreNoTextAreCorruption) {
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder.Append("\xff\xfe").ok());
  EXPECT_THAT(CastColumn(*builder.Finish(), arrow::utf8()),
              StatusIs(StatusCode::kCorruption, HasSubstr("UTF8")));
}

TEST(CastColumn, NullUnderflowingSlotIsNoError) {
  // Under a null any bytes may stand.
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MILLI),
                                  arrow::default_memory_pool());
  ASSERT_TRUE(builder.Append(std::numeric_limits<int64_t>::min()).ok());
  const auto values = *builder.Finish();
  auto data = values->data()->Copy();
  data->buffers[0] = *arrow::AllocateEmptyBitmap(1);
  data->null_count = 1;
  const auto result = CastColumn(arrow::MakeArray(data), kUtc);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ((*result)->null_count(), 1);
}

}  // namespace
}  // namespace deltaic
