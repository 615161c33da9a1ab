#include "data/data_path.h"

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

struct GoodPath {
  std::string name;
  std::string root;
  std::string log_path;
  std::string expected;
};

class ResolveDataPathTest : public ::testing::TestWithParam<GoodPath> {};

TEST_P(ResolveDataPathTest, NamesTheFileInsideTheTable) {
  EXPECT_THAT(ResolveDataPath(GetParam().root, GetParam().log_path),
              IsOkAndHolds(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Paths, ResolveDataPathTest,
    ::testing::ValuesIn(std::vector<GoodPath>{
        {"Relative", "file:///t", "a=1/part-0.parquet", "a=1/part-0.parquet"},
        {"DecodedOnce", "file:///t", "a=x%252Fy/p%20q.parquet", "a=x%2Fy/p q.parquet"},
        {"PlusStays", "file:///t", "a+b.parquet", "a+b.parquet"},
        {"ColonInName", "file:///t", "2024-01-01T00:00.parquet", "2024-01-01T00:00.parquet"},
        {"AbsoluteInside", "file:///tmp/t", "/tmp/t/p.parquet", "p.parquet"},
        {"FileUriOneSlash", "file:///tmp/t", "file:/tmp/t/p.parquet", "p.parquet"},
        {"FileUriThreeSlashes", "file:///tmp/t", "file:///tmp/t/a/p.parquet", "a/p.parquet"},
        {"FileUriLocalHost", "file:///tmp/t", "file://localhost/tmp/t/p.parquet", "p.parquet"},
        {"EncodedRoot", "file:///tmp/my%20t", "/tmp/my%20t/p.parquet", "p.parquet"},
        {"OtherScheme", "s3://bucket/t", "s3://bucket/t/p.parquet", "p.parquet"},
        {"MemoryRoot", "memory:///", "memory:///p.parquet", "p.parquet"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(ResolveDataPath, FileOutsideTheTableIsUnsupported) {
  for (const char* path : {"/other/p.parquet", "/tmp/t2/p.parquet", "s3://bucket/p.parquet",
                           "../t2/p.parquet", "file://host/tmp/t/p.parquet"}) {
    EXPECT_THAT(ResolveDataPath("file:///tmp/t", path),
                StatusIs(StatusCode::kUnsupported, HasSubstr(path)));
  }
}

TEST(ResolveDataPath, PathThatIsNoneIsCorrupt) {
  for (const char* path : {"", "a/../../b", "a//b", "./a", "/tmp/t/../u/p", "%2E%2E%2Fp/../q"}) {
    EXPECT_FALSE(ResolveDataPath("file:///tmp/t", path).ok()) << path;
  }
  EXPECT_THAT(ResolveDataPath("file:///tmp/t", "a/../b"),
              StatusIs(StatusCode::kCorruption, HasSubstr("a/../b")));
}

}  // namespace
}  // namespace deltaic
