#include "protocol/last_checkpoint.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;

TEST(ParseLastCheckpoint, ReadsWhatOthersWrite) {
  EXPECT_THAT(ParseLastCheckpoint(R"({"version":10,"size":13})"),
              IsOkAndHolds(LastCheckpoint{Version{10}, 13, {}, {}, {}, {}}));
  EXPECT_THAT(
      ParseLastCheckpoint(
          "\n"
          R"({"version":10,"size":13,"parts":2,"sizeInBytes":14,"numOfAddFiles":6,)"
          R"("checkpointSchema":{"type":"struct","fields":[]},"tags":{"a":"b"},"checksum":"x",)"
          R"("v2Checkpoint":{"path":"p","sidecarFiles":[]}})"
          "\n"),
      IsOkAndHolds(LastCheckpoint{Version{10}, 13, 2, 14, 6, UuidCheckpointHint{"p", 0, 0}}));
  EXPECT_THAT(ParseLastCheckpoint(R"({"version":0,"parts":null})"),
              IsOkAndHolds(LastCheckpoint{Version{0}, 0, {}, {}, {}, {}}));
}

TEST(ParseLastCheckpoint, RefusesWhatIsNoHint) {
  for (const std::string_view text :
       {"", " ", "null", "[]", "1", "{}", "{", R"({"version":10)", R"({"version":10}x)",
        R"({"version":"10"})", R"({"version":1.0})", R"({"version":null})", R"({"version":-1})",
        R"({"version":9223372036854775808})", R"({"version":1,"size":"x"})", R"({"size":1})",
        "\xEF\xBB\xBF{\"version\":1}", "<html>"}) {
    EXPECT_THAT(ParseLastCheckpoint(text), StatusIs(StatusCode::kCorruption)) << text;
  }
  EXPECT_THAT(ParseLastCheckpoint(R"({"version":1,"x":)" + std::string(10'000, '[')),
              StatusIs(StatusCode::kCorruption));
}

TEST(FormatLastCheckpoint, LeavesOutWhatIsAbsent) {
  EXPECT_EQ(FormatLastCheckpoint({Version{10}, 13, {}, {}, {}, {}}), R"({"version":10,"size":13})");
  EXPECT_EQ(FormatLastCheckpoint({Version{10}, 13, 2, 14, 6, {}}),
            R"({"version":10,"size":13,"parts":2,"sizeInBytes":14,"numOfAddFiles":6})");
  EXPECT_EQ(FormatLastCheckpoint({Version{1}, 2, {}, 3, 4, UuidCheckpointHint{"a.json", 5, 6}}),
            R"({"version":1,"size":2,"sizeInBytes":3,"numOfAddFiles":4,)"
            R"("v2Checkpoint":{"path":"a.json","sizeInBytes":5,"modificationTime":6}})");
}

}  // namespace
}  // namespace deltaic
