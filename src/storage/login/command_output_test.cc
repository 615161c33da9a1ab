#include "storage/login/command_output.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using std::chrono::seconds;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(CommandOutput, GivesStandardOutputOnly) {
  EXPECT_THAT(CommandOutput({"sh", "-c", "echo out; echo err >&2; cat"}, seconds(10), {}),
              IsOkAndHolds("out\n"));
  EXPECT_THAT(CommandOutput({"printf", "%s", "$HOME; `id`"}, seconds(10), {}),
              IsOkAndHolds("$HOME; `id`"))
      << "no shell";
}

TEST(CommandOutput, FailuresHaveTheirCodes) {
  EXPECT_THAT(CommandOutput({"deltaic-no-such-program"}, seconds(10), {}),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(CommandOutput({"sh", "-c", "exit 3"}, seconds(10), {}),
              StatusIs(StatusCode::kPermissionDenied, ::testing::HasSubstr("3")));
  EXPECT_THAT(CommandOutput({"sleep", "30"}, seconds(0), {}), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(CommandOutput({"yes"}, seconds(30), {}), StatusIs(StatusCode::kIo));
  IoContext context;
  context.cancel = CancellationToken();
  context.cancel.Cancel();
  EXPECT_THAT(CommandOutput({"sleep", "30"}, seconds(30), context),
              StatusIs(StatusCode::kCancelled));
}

}  // namespace
}  // namespace deltaic
