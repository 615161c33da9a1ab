#include "protocol/variant.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "protocol/variant_builder.h"
#include "protocol/variant_json.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

/// Metadata with one-byte offsets.
std::string Dictionary(const std::vector<std::string>& names, bool sorted = false) {
  std::string out(1, static_cast<char>(sorted ? 0x11 : 0x01));
  out.push_back(static_cast<char>(names.size()));
  std::string all;
  for (const std::string& name : names) {
    out.push_back(static_cast<char>(all.size()));
    all += name;
  }
  out.push_back(static_cast<char>(all.size()));
  return out + all;
}

Result<std::string> ToJson(std::string_view value, const std::string& metadata = Dictionary({})) {
  std::string out;
  DELTAIC_RETURN_IF_ERROR(AppendVariantJson(out, metadata, value));
  return out;
}

struct Primitive {
  std::string name;
  void (*append)(std::string& out);
  std::string json;
};

class VariantPrimitive : public ::testing::TestWithParam<Primitive> {};

TEST_P(VariantPrimitive, IsReadBackAsJson) {
  std::string value;
  GetParam().append(value);
  EXPECT_THAT(ToJson(value), IsOkAndHolds(GetParam().json));
  EXPECT_THAT(ToJson(value + "what follows"), IsOkAndHolds(GetParam().json));
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_THAT(ToJson(value.substr(0, size)), StatusIs(StatusCode::kCorruption)) << size;
  }
}

template <VariantType type, int64_t value>
void Integer(std::string& out) {
  AppendVariantInteger(out, type, value);
}

constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    All, VariantPrimitive,
    ::testing::Values(
        Primitive{"Null", AppendVariantNull, "null"},
        Primitive{"True", [](std::string& out) { AppendVariantBoolean(out, true); }, "true"},
        Primitive{"False", [](std::string& out) { AppendVariantBoolean(out, false); }, "false"},
        Primitive{"Int8", Integer<VariantType::kInt8, -128>, "-128"},
        Primitive{"Int16", Integer<VariantType::kInt16, -300>, "-300"},
        Primitive{"Int32", Integer<VariantType::kInt32, 70000>, "70000"},
        Primitive{"Int64", Integer<VariantType::kInt64, kMin64>, "-9223372036854775808"},
        Primitive{"Float", [](std::string& out) { AppendVariantFloat(out, 0.1F); }, "0.1"},
        Primitive{"Double", [](std::string& out) { AppendVariantDouble(out, 1.5); }, "1.5"},
        Primitive{"WholeDouble", [](std::string& out) { AppendVariantDouble(out, 100); }, "100.0"},
        Primitive{"MinusZero", [](std::string& out) { AppendVariantDouble(out, -0.0); }, "-0.0"},
        Primitive{"LargeDouble", [](std::string& out) { AppendVariantDouble(out, 1e7); }, "1.0E7"},
        Primitive{"SmallDouble", [](std::string& out) { AppendVariantDouble(out, -1.25e-4); },
                  "-1.25E-4"},
        Primitive{"DoubleBelowOne", [](std::string& out) { AppendVariantDouble(out, 0.00125); },
                  "0.00125"},
        Primitive{"NaN", [](std::string& out) { AppendVariantDouble(out, kInfinity - kInfinity); },
                  "\"NaN\""},
        Primitive{"Infinity", [](std::string& out) { AppendVariantDouble(out, -kInfinity); },
                  "\"-Infinity\""},
        Primitive{"Decimal4", [](std::string& out) { AppendVariantDecimal(out, -1250, 9, 3); },
                  "-1.25"},
        Primitive{"Decimal8", [](std::string& out) { AppendVariantDecimal(out, 500, 18, 2); }, "5"},
        Primitive{"Decimal16",
                  [](std::string& out) { AppendVariantDecimal(out, -(Int128{1} << 100), 38, 38); },
                  "-0.00000001267650600228229401496703205376"},
        Primitive{"DecimalWithoutFraction",
                  [](std::string& out) { AppendVariantDecimal(out, 100, 5, 0); }, "100"},
        Primitive{"DecimalZero", [](std::string& out) { AppendVariantDecimal(out, 0, 5, 2); }, "0"},
        Primitive{"Date", Integer<VariantType::kDate, 19753>, "\"2024-01-31\""},
        Primitive{"Time", Integer<VariantType::kTime, 3600500000>, "\"01:00:00.5\""},
        Primitive{"Timestamp", Integer<VariantType::kTimestamp, 1500000>,
                  "\"1970-01-01 00:00:01.5+00:00\""},
        Primitive{"TimestampBeforeEpoch", Integer<VariantType::kTimestamp, -1>,
                  "\"1969-12-31 23:59:59.999999+00:00\""},
        Primitive{"TimestampNtz", Integer<VariantType::kTimestampNtz, 0>,
                  "\"1970-01-01 00:00:00\""},
        Primitive{"TimestampNanos", Integer<VariantType::kTimestampNanos, -1>,
                  "\"1969-12-31 23:59:59.999999999+00:00\""},
        Primitive{"TimestampNtzNanos", Integer<VariantType::kTimestampNtzNanos, 1000>,
                  "\"1970-01-01 00:00:00.000001\""},
        Primitive{"Binary", [](std::string& out) { AppendVariantBinary(out, "hello"); },
                  "\"aGVsbG8=\""},
        Primitive{"ShortString", [](std::string& out) { AppendVariantString(out, "a\"b"); },
                  "\"a\\\"b\""},
        Primitive{"LongString",
                  [](std::string& out) { AppendVariantString(out, std::string(64, 'x')); },
                  '"' + std::string(64, 'x') + '"'},
        Primitive{"Uuid", [](std::string& out) { AppendVariantUuid(out, "0123456789abcdef"); },
                  "\"30313233-3435-3637-3839-616263646566\""}),
    [](const auto& info) { return info.param.name; });

/// {"b": members[0], "a": members[1], ...}: the dictionary's order is not that of the names.
struct NestedParts {
  std::string content;
  std::vector<VariantPart> parts;
  void Add(uint32_t id, std::string_view value) {
    parts.push_back({id, static_cast<uint32_t>(content.size())});
    content += value;
  }
};

std::string Small(int64_t number) {
  std::string out;
  AppendVariantInteger(out, VariantType::kInt8, number);
  return out;
}

TEST(VariantObject, HoldsFieldsInTheOrderOfTheirNames) {
  NestedParts members;
  members.Add(0, Small(2));
  members.Add(1, Small(1));
  std::swap(members.parts[0], members.parts[1]);
  std::string object;
  AppendVariantObject(object, members.parts, members.content);
  EXPECT_THAT(ToJson(object, Dictionary({"b", "a"})), IsOkAndHolds(R"({"a":1,"b":2})"));
}

TEST(VariantObject, OutOfOrderOrWithoutNameIsCorrupt) {
  NestedParts members;
  members.Add(0, Small(2));
  members.Add(1, Small(1));
  std::string object;
  AppendVariantObject(object, members.parts, members.content);
  EXPECT_THAT(ToJson(object, Dictionary({"b", "a"})),
              StatusIs(StatusCode::kCorruption, HasSubstr("order of their names")));
  EXPECT_THAT(ToJson(object, Dictionary({"a", "a"})), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(ToJson(object, Dictionary({"a"})),
              StatusIs(StatusCode::kCorruption, HasSubstr("field id")));
}

TEST(VariantArray, OfManyLongElementsUsesLargeCountsAndOffsets) {
  NestedParts members;
  std::string text;
  AppendVariantString(text, std::string(1000, 'y'));
  for (int i = 0; i < 300; ++i) members.Add(0, text);
  std::string array;
  AppendVariantArray(array, members.parts, members.content);
  std::string expected = "[";
  for (int i = 0; i < 300; ++i) expected += (i > 0 ? ",\"" : "\"") + std::string(1000, 'y') + '"';
  EXPECT_THAT(ToJson(array), IsOkAndHolds(expected + ']'));
}

TEST(VariantArray, WhoseElementsOverlapIsCorrupt) {
  const std::vector<VariantPart> parts(3);
  std::string array;
  AppendVariantArray(array, parts, Small(1));
  EXPECT_THAT(ToJson(array), StatusIs(StatusCode::kCorruption, HasSubstr("overlap")));
}

TEST(VariantArray, MayNestUpToTheBound) {
  std::string value = Small(1);
  for (int i = 1; i < kMaxVariantDepth; ++i) {
    std::string outer;
    AppendVariantArray(outer, std::vector<VariantPart>(1), value);
    value = outer;
  }
  EXPECT_THAT(ToJson(value), IsOk());
  std::string outer;
  AppendVariantArray(outer, std::vector<VariantPart>(1), value);
  EXPECT_THAT(ToJson(outer), StatusIs(StatusCode::kCorruption, HasSubstr("deeper")));
}

TEST(VariantMetadata, FindsNamesSortedOrNot) {
  for (const bool sorted : {false, true}) {
    const std::string bytes = Dictionary({"a", "bc", "d"}, sorted);
    const auto metadata = VariantMetadata::Parse(bytes);
    ASSERT_THAT(metadata, IsOk());
    EXPECT_EQ(metadata->Find("a"), 0U);
    EXPECT_EQ(metadata->Find("bc"), 1U);
    EXPECT_EQ(metadata->Find("d"), 2U);
    EXPECT_EQ(metadata->Find("b"), std::nullopt);
    EXPECT_THAT(metadata->Name(1), IsOkAndHolds("bc"));
    EXPECT_THAT(metadata->Name(3), StatusIs(StatusCode::kCorruption));
  }
}

TEST(VariantMetadata, OfAnEmptyDictionaryMayLackItsOffset) {
  EXPECT_THAT(ToJson(Small(1), std::string("\x01\x00", 2)), IsOkAndHolds("1"));
}

TEST(VariantMetadata, ThatIsDamagedIsRefused) {
  const auto parse = [](std::string_view bytes) { return VariantMetadata::Parse(bytes).status(); };
  EXPECT_THAT(parse(""), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(parse("\x01"), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(parse(std::string_view("\x02\x00\x00", 3)),
              StatusIs(StatusCode::kUnsupported, HasSubstr("version 2")));
  EXPECT_THAT(parse("\x01\x02\x01\x01"), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(parse("\xC1\xFF\xFF\xFF\xFF"), StatusIs(StatusCode::kCorruption));
  const auto outside = VariantMetadata::Parse(std::string_view("\x01\x01\x00\x09x", 5));
  ASSERT_THAT(outside, IsOk());
  EXPECT_THAT(outside->Name(0), StatusIs(StatusCode::kCorruption));
}

TEST(VariantValue, OfAnUnknownTypeIsRefused) {
  EXPECT_THAT(ToJson(std::string(1, static_cast<char>(21 << 2))),
              StatusIs(StatusCode::kUnsupported, HasSubstr("unknown type 21")));
}

TEST(VariantValue, DecimalOfAScaleOver38IsCorrupt) {
  std::string value;
  AppendVariantDecimal(value, 1, 5, 39);
  EXPECT_THAT(ToJson(value), StatusIs(StatusCode::kCorruption, HasSubstr("scale")));
}

}  // namespace
}  // namespace deltaic
