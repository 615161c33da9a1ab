#include "storage/object_path.h"

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(CheckObjectPath, AcceptsWhatTablesHold) {
  for (const std::string_view path :
       {"a", "_delta_log/00000000000000000000.json", "p=a%20b/part-0.parquet", "a..b/..c/d..",
        ".hidden", "a b/ä?#", "..."}) {
    EXPECT_THAT(CheckObjectPath(path), IsOk()) << path;
  }
}

TEST(CheckObjectPath, RefusesWhatLeavesTheRootOrHasASecondSpelling) {
  using std::string_view_literals::operator""sv;
  const struct {
    std::string_view path;
    const char* why;
  } cases[] = {
      {"", "empty"},
      {"/", "absolute"},
      {"/etc/passwd", "absolute"},
      {"//host/x", "absolute"},
      {"..", "\"..\""},
      {"../x", "\"..\""},
      {"a/../../x", "\"..\""},
      {"a/..", "\"..\""},
      {".", "\".\""},
      {"./x", "\".\""},
      {"a/./x", "\".\""},
      {"a//x", "empty segment"},
      {"a/", "empty segment"},
      {"a/\0/x"sv, "NUL"},
      {"\0"sv, "NUL"},
  };
  for (const auto& [path, why] : cases) {
    EXPECT_THAT(CheckObjectPath(path), StatusIs(StatusCode::kInvalidArgument, HasSubstr(why)))
        << path;
  }
}

TEST(CheckFolderPath, TakesOffOneSlash) {
  EXPECT_THAT(CheckFolderPath(""), IsOkAndHolds(""));
  EXPECT_THAT(CheckFolderPath("a/b"), IsOkAndHolds("a/b"));
  EXPECT_THAT(CheckFolderPath("a/b/"), IsOkAndHolds("a/b"));
}

TEST(CheckFolderPath, RefusesWhatIsNoPath) {
  for (const std::string_view path : {"/", "a//", "/a", "..", "../", "a/.."}) {
    EXPECT_THAT(CheckFolderPath(path), StatusIs(StatusCode::kInvalidArgument)) << path;
  }
}

TEST(JoinPath, PutsNoSlashAfterTheRoot) {
  EXPECT_EQ(JoinPath("", "x"), "x");
  EXPECT_EQ(JoinPath("a/b", "x"), "a/b/x");
}

}  // namespace
}  // namespace deltaic::testing
