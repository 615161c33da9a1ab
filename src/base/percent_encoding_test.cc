#include "base/percent_encoding.h"

#include <gtest/gtest.h>

namespace deltaic {
namespace {

TEST(PercentDecode, DecodesOnce) {
  const std::string_view cases[][2] = {
      {"", ""},
      {"a/b.parquet", "a/b.parquet"},
      {"a%20b", "a b"},
      {"%41%42", "AB"},
      {"%2525", "%25"},
      {"col=a%252Fb/x", "col=a%2Fb/x"},
      {"%c3%A4", "\xC3\xA4"},
      {"\xC3\xA4 raw", "\xC3\xA4 raw"},
      {"a+b", "a+b"},
      {"%", "%"},
      {"%4", "%4"},
      {"a%4", "a%4"},
      {"%4g", "%4g"},
      {"%g4", "%g4"},
      {"%%41", "%A"},
      {"%-1", "%-1"},
      {"100%", "100%"},
  };
  for (const auto& c : cases) EXPECT_EQ(PercentDecode(c[0]), c[1]) << c[0];
  EXPECT_EQ(PercentDecode("a%00b"), std::string("a\0b", 3));
}

TEST(PercentEncodePath, KeepsWhatJavaUrisKeep) {
  const std::string_view kept = "abcxyzABCXYZ0189/-_.!~*'(),:@&=+$;";
  EXPECT_EQ(PercentEncodePath(kept), kept);
}

TEST(PercentEncodePath, EncodesEverythingElse) {
  const std::string_view cases[][2] = {
      {"a b", "a%20b"},
      {"col=a%2Fb", "col=a%252Fb"},
      {"\"#%<>?[\\]^`{|}", "%22%23%25%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D"},
      {"\xC3\xA4", "%C3%A4"},
      {"\n\x7F", "%0A%7F"},
  };
  for (const auto& c : cases) EXPECT_EQ(PercentEncodePath(c[0]), c[1]) << c[0];
  EXPECT_EQ(PercentEncodePath(std::string_view("\0", 1)), "%00");
}

TEST(PercentEncodePath, IsUndoneByDecoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  all += "%41 100% %%";
  EXPECT_EQ(PercentDecode(PercentEncodePath(all)), all);
}

}  // namespace
}  // namespace deltaic
