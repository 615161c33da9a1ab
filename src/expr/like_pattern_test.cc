#include "expr/like_pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

struct LikeCase {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(LikePattern, MatchesWholeTexts) {
  for (const LikeCase& c : {
           LikeCase{"", "", true},
           {"", "a", false},
           {"a", "a", true},
           {"a", "ab", false},
           {"%", "", true},
           {"%", "any\nthing", true},
           {"a%", "a", true},
           {"a%", "ba", false},
           {"%a", "ba", true},
           {"%a", "ab", false},
           {"%a%", "bab", true},
           {"_", "", false},
           {"_", "a", true},
           {"_", "\xC3\xB1", true},
           {"_", "ab", false},
           {"a_c",
            "a\xE2\x82\xAC"
            "c",
            true},
           {"a%b%c", "a-b-b-c", true},
           {"a%b%c", "a-b-b-d", false},
           {"%%", "", true},
           {"\\%", "%", true},
           {"\\%", "a", false},
           {"a\\_b", "a_b", true},
           {"a\\_b", "axb", false},
           {"a\\\\%", "a\\b", true},
           {"%\\%%", "10% off", true},
           {"%_", "", false},
           {"%_", "xy", true},
           {"_%_", "x", false},
           {"%ab", "aab", true},
           {"%aab", "aaab", true},
       }) {
    const auto pattern = LikePattern::Parse(c.pattern);
    ASSERT_TRUE(pattern.ok());
    EXPECT_EQ(pattern->Matches(c.text), c.matches) << c.pattern << " on " << c.text;
  }
}

TEST(LikePattern, KnowsItsPrefix) {
  const auto pattern = LikePattern::Parse("a\\%b%");
  ASSERT_TRUE(pattern.ok());
  EXPECT_EQ(pattern->prefix(), "a%b");
  EXPECT_TRUE(pattern->is_prefix_only());
  EXPECT_FALSE(LikePattern::Parse("a%b")->is_prefix_only());
  EXPECT_TRUE(LikePattern::Parse("a\\_")->is_exact());
}

TEST(LikePattern, EscapesOfOrdinaryCharactersAreRefused) {
  EXPECT_THAT(LikePattern::Parse("a\\b"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("backslash before something else")));
  EXPECT_THAT(LikePattern::Parse("a\\"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("ends in a single backslash")));
}

TEST(LikePattern, ManyWildcardsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "%a";
  const auto parsed = LikePattern::Parse(pattern + "b");
  ASSERT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed->Matches(std::string(20'000, 'a')));
}

}  // namespace
}  // namespace deltaic
