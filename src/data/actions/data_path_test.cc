#include "data/actions/data_path.h"

#include <random>
#include <string>
#include <vector>

#include "storage/local_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
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
        {"Here", "file:///t", "./d/x.parquet", "d/x.parquet"},
        {"HereWithin", "file:///t", "d/./x.parquet", "d/x.parquet"},
        {"HereAgainAndAgain", "file:///t", "././/./x.parquet", "x.parquet"},
        {"DoubleSlash", "file:///t", "d//x.parquet", "d/x.parquet"},
        {"BackWithin", "file:///t", "d/e/../x.parquet", "d/x.parquet"},
        {"BackToTheRoot", "file:///t", "d/../x.parquet", "x.parquet"},
        {"EncodedDots", "file:///t", "%2E/d/%2e%2E/x.parquet", "x.parquet"},
        {"DotsInNames", "file:///t", ".d/..e/f../...", ".d/..e/f../..."},
        {"AbsoluteOdd", "file:///tmp/t", "/tmp//./t/d//./x.parquet", "d/x.parquet"},
        {"AbsoluteBackWithin", "file:///tmp/t", "/tmp/t/d/../x.parquet", "x.parquet"},
        {"FileUriOdd", "file:///tmp/t", "file:///tmp/./t//x.parquet", "x.parquet"},
        {"RootBehindALink", "file:///tmp/a/../t", "/tmp//a/../t/x.parquet", "x.parquet"},
        {"OtherSchemeOdd", "s3://bucket/t", "s3://bucket/t/./d//x.parquet", "d/x.parquet"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(ResolveDataPath, FileOutsideTheTableIsUnsupported) {
  for (const char* path :
       {"/other/p.parquet", "/tmp/t2/p.parquet", "s3://bucket/p.parquet", "../t2/p.parquet",
        "file://host/tmp/t/p.parquet", "..", "a/../../b", "./../b", ".//../b",
        "a/b/../../../tmp/t/p.parquet", "/tmp/t/../u/p", "/tmp/t/a/../../t/p", "%2E%2E%2Fp/../q",
        "/tmp/u/../t/p", "/tmp//t2/p", "s3://bucket/t/../p.parquet", "/..", "/"}) {
    EXPECT_THAT(ResolveDataPath("file:///tmp/t", path),
                StatusIs(StatusCode::kUnsupported, HasSubstr(path)));
  }
}

TEST(ResolveDataPath, PathThatIsNoneIsCorrupt) {
  const std::string nul("a\0b", 3);
  for (const std::string& path : {std::string(), std::string("."), std::string("./"),
                                  std::string("a/.."), std::string("a/"), nul, "./" + nul}) {
    EXPECT_THAT(ResolveDataPath("file:///tmp/t", path), StatusIs(StatusCode::kCorruption)) << path;
  }
}

/// Of random spellings: those that stay inside name the place that a walk over folders finds.
TEST(ResolveDataPath, AgreesWithAWalkOverFolders) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a", "b", ".", "..", ""};
  for (int round = 0; round < 5000; ++round) {
    std::string path = "x";
    std::vector<std::string> at = {"x"};
    bool left = false;
    for (int i = static_cast<int>(random() % 8); i >= 0; --i) {
      const std::string& piece = pieces[random() % pieces.size()];
      path += "/" + piece;
      if (piece == "..") {
        left = left || at.empty();
        if (!at.empty()) at.pop_back();
      } else if (!piece.empty() && piece != ".") {
        at.push_back(piece);
      }
    }
    path += "/p";
    std::string expected;
    for (const std::string& folder : at) expected += folder + "/";
    if (left) {
      EXPECT_THAT(ResolveDataPath("file:///t", path), StatusIs(StatusCode::kUnsupported)) << path;
      EXPECT_EQ(DataFileUri("file:///t", path), "/t/" + path);
    } else {
      EXPECT_THAT(ResolveDataPath("file:///t", path), IsOkAndHolds(expected + "p")) << path;
      EXPECT_EQ(DataFileUri("file:///t", path), "/t/" + expected + "p");
    }
  }
}

class LocateDataFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(origin->Put("a b/p.parquet", "bytes"), IsOk());
    outreaching->AllowOutside(
        [](std::string_view uri) { return MakeLocalStore(std::string(uri)); });
  }

  const std::string folder = ::testing::TempDir() + "locate_data_file";
  std::shared_ptr<ObjectStore> origin = *MakeLocalStore(folder + "/origin");
  std::shared_ptr<ObjectStore> plain = *MakeLocalStore(folder + "/clone");
  std::shared_ptr<ObjectStore> outreaching = *MakeLocalStore(folder + "/clone");
};

TEST_F(LocateDataFileTest, FileOutsideIsReadWhereThatIsAllowed) {
  for (const char* scheme : {"", "file:", "file://"}) {
    const std::string path = Concat(scheme, folder, "/origin/a%20b/p.parquet");
    const auto place = LocateDataFile(*outreaching, path);
    ASSERT_THAT(place, IsOk()) << path;
    EXPECT_THAT(place->In(*outreaching).Read(place->path, 100), IsOkAndHolds(std::string("bytes")));
    EXPECT_THAT(LocateDataFile(*plain, path),
                StatusIs(StatusCode::kUnsupported, HasSubstr("read_outside_files=true")));
  }
}

TEST_F(LocateDataFileTest, FileInsideIsOfTheTablesOwnStore) {
  for (const std::string& path : {std::string("x/p.parquet"), folder + "/clone/x/p.parquet"}) {
    const auto place = LocateDataFile(*outreaching, path);
    ASSERT_THAT(place, IsOk()) << path;
    EXPECT_EQ(place->outside, nullptr);
    EXPECT_EQ(place->path, "x/p.parquet");
  }
}

TEST_F(LocateDataFileTest, RelativePathNeverLeaves) {
  EXPECT_THAT(LocateDataFile(*outreaching, "../origin/a b/p.parquet"),
              StatusIs(StatusCode::kUnsupported, HasSubstr("outside")));
  EXPECT_FALSE(LocateDataFile(*outreaching, "/").ok());
  EXPECT_FALSE(LocateDataFile(*outreaching, "/tmp/..").ok());
}

}  // namespace
}  // namespace deltaic
