#include "expr/spark_text.h"

#include <gtest/gtest.h>

#include <string>

namespace deltaic {
namespace {

struct TextCase {
  std::string name;
  std::string spark;
  std::string ours;
};

class FromSparkTextTest : public ::testing::TestWithParam<TextCase> {};

TEST_P(FromSparkTextTest, KeepsTheMeaning) {
  EXPECT_EQ(FromSparkText(GetParam().spark), GetParam().ours);
}

INSTANTIATE_TEST_SUITE_P(
    All, FromSparkTextTest,
    ::testing::Values(TextCase{"NoText", "a > 0 AND b <> 1", "a > 0 AND b <> 1"},
                      TextCase{"DoubleQuotes", R"(a = "x")", "a = 'x'"},
                      TextCase{"QuoteInDoubleQuotes", R"(a = "it's")", "a = 'it''s'"},
                      TextCase{"EscapedQuote", R"(a = 'it\'s')", "a = 'it''s'"},
                      TextCase{"Backslash", R"(a RLIKE '\\d+')", R"(a RLIKE '\d+')"},
                      TextCase{"LetterEscapes", R"(a = '\t\n\q')", "a = '\t\nq'"},
                      TextCase{"Unicode", R"(a = '\u00e9')", "a = '\xC3\xA9'"},
                      TextCase{"Octal", R"(a = '\101')", "a = 'A'"},
                      TextCase{"LikeEscapes", R"(a LIKE 'x\%')", R"(a LIKE 'x\%')"},
                      TextCase{"Backticks", R"(`a"b'c` = 1)", R"(`a"b'c` = 1)"},
                      TextCase{"DoubledQuote", "a = 'it''s'", "a = 'it''s'"},
                      TextCase{"Unended", "a = 'x", "a = 'x"},
                      TextCase{"UnendedBacktick", "`a", "`a"},
                      TextCase{"EndsInBackslash", "a = 'x\\", "a = 'x\\"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
