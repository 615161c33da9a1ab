#include "data/rows/csv_quotes.h"

#include <gtest/gtest.h>

#include <string_view>

namespace deltaic {
namespace {

struct Case {
  std::string_view text;
  bool open;
};

TEST(CsvQuotes, SameWhereverTheTextIsCut) {
  constexpr Case kCases[] = {
      {"", false},
      {"a\n1\n", false},
      {"a\n\"1\n", true},
      {"a\n\"1\"\n", false},
      {"\"", true},
      {"\"\"", false},
      {"\"\"\"", true},
      {"\"\"\"\"", false},
      {"\"a\"\"b\"", false},
      {"\"a\"\"b", true},
      {"a,\"b,c\nd", true},
      {"a,5\" pipe\n", false},
      {"a,5\" pipe,\"x\"\n", false},
      {"\"a\" \"\n", false},
      {"\"a\",\"b", true},
      {"a\r\"b", true},
  };
  for (const auto& [text, open] : kCases) {
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      for (size_t second = cut; second <= text.size(); ++second) {
        CsvQuotes quotes;
        quotes.Read(text.substr(0, cut));
        quotes.Read(text.substr(cut, second - cut));
        quotes.Read(text.substr(second));
        EXPECT_EQ(quotes.open(), open) << text << " cut at " << cut << " and " << second;
      }
    }
  }
}

}  // namespace
}  // namespace deltaic
