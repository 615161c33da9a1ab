#include "protocol/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace deltaic {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonString, EscapesWhatJsonDemands) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("a/b'c"), R"("a/b'c")");
  EXPECT_EQ(Quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001F\x7f\"");
}

TEST(AppendJsonString, KeepsValidUtf8) {
  for (const std::string_view text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(Quoted(text), "\"" + std::string(text) + "\"");
  }
}

TEST(AppendJsonString, ReplacesEachInvalidByte) {
  const struct {
    std::string_view text;
    int replaced;
  } cases[] = {
      {"\x80", 1},              // continuation alone
      {"\xFF", 1},              // never legal
      {"\xC0\xAF", 2},          // overlong
      {"\xE0\x9F\xBF", 3},      // overlong
      {"\xF0\x8F\xBF\xBF", 4},  // overlong
      {"\xED\xA0\x80", 3},      // surrogate
      {"\xF4\x90\x80\x80", 4},  // over U+10FFFF
      {"\xE2\x82", 2},          // cut
      {"\xF0\x9F\x98", 3},      // cut
      {"\xC3", 1},              // cut
  };
  for (const auto& c : cases) {
    std::string expected = "\"a";
    for (int i = 0; i < c.replaced; ++i) expected += "\xEF\xBF\xBD";
    EXPECT_EQ(Quoted("a" + std::string(c.text) + "b"), expected + "b\"");
  }
}

TEST(JsonWriter, SeparatesValues) {
  JsonWriter out;
  out.BeginObject().Key("a").Int(-1).Key("b").BeginArray().EndArray().Key("c\"").BeginArray();
  out.Bool(true).Null().String("x").BeginObject().EndObject().BeginArray().Bool(false).EndArray();
  out.Raw("{\"r\":1}").EndArray().Key("d").BeginObject().Key("e").Null().EndObject().EndObject();
  EXPECT_EQ(out.str(),
            R"({"a":-1,"b":[],"c\"":[true,null,"x",{},[false],{"r":1}],"d":{"e":null}})");
  EXPECT_EQ(out.Take().front(), '{');
}

std::string DoubleText(double value) {
  JsonWriter out;
  out.Double(value);
  return out.Take();
}

TEST(JsonWriter, WritesShortestDoubles) {
  EXPECT_EQ(DoubleText(0.0), "0.0");
  EXPECT_EQ(DoubleText(-0.0), "-0.0");
  EXPECT_EQ(DoubleText(1), "1.0");
  EXPECT_EQ(DoubleText(0.1), "0.1");
  EXPECT_EQ(DoubleText(-123.456), "-123.456");
  EXPECT_EQ(DoubleText(1e300), "1e+300");
  EXPECT_EQ(DoubleText(std::nan("")), "\"NaN\"");
  EXPECT_EQ(DoubleText(INFINITY), "\"Infinity\"");
  EXPECT_EQ(DoubleText(-INFINITY), "\"-Infinity\"");
}

TEST(JsonWriter, DoublesReadBackTheSame) {
  using Limits = std::numeric_limits<double>;
  for (const double value :
       {0.1 + 0.2, 1.0 / 3, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(),
        9007199254740993.0, 1e22, 1e23, 123456789012345680.0}) {
    EXPECT_EQ(std::strtod(DoubleText(value).c_str(), nullptr), value) << DoubleText(value);
  }
}

TEST(JsonWriter, WritesExtremeIntegers) {
  JsonWriter out;
  out.BeginArray()
      .Int(std::numeric_limits<int64_t>::min())
      .Int(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(out.EndArray().str(), "[-9223372036854775808,9223372036854775807]");
}

}  // namespace
}  // namespace deltaic
