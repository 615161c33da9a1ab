#include "progress_line.h"

#include <gtest/gtest.h>

#include "terminal.h"

namespace deltaic::cli {
namespace {

TEST(ProgressLine, KnownTotalHasBarPercentCountRateAndTimeLeft) {
  const ProgressState state{"rows", "written", 250'000, 1'000'000, 5};
  EXPECT_EQ(
      ProgressLine(state, 200),
      "██████░░░░░░░░░░░░░░░░░░  25 %  250,000 of 1,000,000 rows written  50,000/s  0:15 left");
}

TEST(ProgressLine, UnknownTotalHasCountRateAndTime) {
  const ProgressState state{"rows", "read", 1'200, 0, 61.5};
  EXPECT_EQ(ProgressLine(state, 200), "1,200 rows read  19/s  1:01");
}

TEST(ProgressLine, NothingDoneYetPromisesNoTime) {
  const ProgressState state{"files", "checkpointed", 0, 10, 2};
  EXPECT_EQ(ProgressLine(state, 200),
            "░░░░░░░░░░░░░░░░░░░░░░░░  0 %  0 of 10 files checkpointed  0/s");
}

TEST(ProgressLine, MoreThanForeseenIsAll) {
  const ProgressState state{"rows", "read", 30, 20, 1};
  EXPECT_EQ(ProgressLine(state, 200).find("████████████████████████  100 %  30 of 20"), 0u);
}

TEST(ProgressLine, NeverWiderThanTheTerminal) {
  const ProgressState state{"rows", "written", 1'234'567'890, 9'876'543'210, 4000};
  for (int width = 0; width < 120; ++width) {
    EXPECT_LE(DisplayWidth(ProgressLine(state, width)), width);
  }
  EXPECT_NE(ProgressLine(state, 120).find("7:46:"), std::string::npos) << ProgressLine(state, 120);
}

}  // namespace
}  // namespace deltaic::cli
