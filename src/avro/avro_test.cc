#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "avro/avro_reader.h"
#include "avro/avro_schema.h"
#include "base/status.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;

// Fingerprints of the specification's own test data.
TEST(AvroSchema, Fingerprints) {
  EXPECT_EQ(CanonicalAvroSchema(**ParseAvroSchema(R"({"type": "int"})")), R"("int")");
  EXPECT_EQ(AvroFingerprint(R"("null")"), 7195948357588979594ULL);
  EXPECT_EQ(AvroFingerprint(R"("boolean")"), static_cast<uint64_t>(-6970731678124411036LL));
  EXPECT_EQ(AvroFingerprint(R"("long")"), static_cast<uint64_t>(-3434872931120570953LL));
}

TEST(AvroSchema, TypesThatContainThemselvesAreRefusedByName) {
  const auto direct = ParseAvroSchema(
      R"({"type":"record","name":"a.Node","fields":[{"name":"next","type":["null","Node"]}]})");
  EXPECT_THAT(direct.status().message(), HasSubstr("a.Node contains itself"));
}

TEST(AvroSchema, TypesOfTypesOfTypesAreNotATreeWithoutEnd) {
  std::string text = R"({"type":"fixed","name":"F0","size":1})";
  for (int i = 1; i < 40; ++i) {
    text = Concat(R"({"type":"record","name":"F)", i, R"(","fields":[{"name":"a","type":)", text,
                  R"(},{"name":"b","type":"F)", i - 1, R"("}]})");
  }
  EXPECT_THAT(ParseAvroSchema(text).status().message(), HasSubstr("more than 20000 types"));
}

TEST(AvroDecimal, BytesOfAnyLength) {
  using std::string_view_literals::operator""sv;
  Int128 out = 0;
  EXPECT_TRUE(AvroDecimal(""sv, out) && out == 0);
  EXPECT_TRUE(AvroDecimal("\xff"sv, out) && out == -1);
  EXPECT_TRUE(AvroDecimal("\x00\xff"sv, out) && out == 255);
  std::string negative(31, '\xff');
  negative.back() = '\x80';
  EXPECT_TRUE(AvroDecimal(negative, out) && out == -128);
  std::string too_large(17, '\0');
  too_large.front() = '\x01';
  EXPECT_FALSE(AvroDecimal(too_large, out));
  std::string unsigned_bits(20, '\xff');
  unsigned_bits.replace(0, 4, 4, '\0');
  EXPECT_FALSE(AvroDecimal(unsigned_bits, out));
}

}  // namespace
}  // namespace deltaic
