#include "storage/login/token_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using std::chrono::seconds;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(TokenCache, FetchesOnceForMany) {
  std::atomic<int> fetched = 0;
  TokenCache cache([&](const IoContext&) -> Result<AccessToken> {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return AccessToken{std::to_string(++fetched), seconds(3600)};
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_THAT(cache.Get({}), IsOkAndHolds("1")); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetched, 1);
}

TEST(TokenCache, RefusedTokenIsFetchedAgainAndALateRefusalOfTheOldOneIsNot) {
  int fetched = 0;
  TokenCache cache([&](const IoContext&) -> Result<AccessToken> {
    return AccessToken{std::to_string(++fetched), seconds(0)};
  });
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("1"));
  EXPECT_TRUE(cache.Refused("1"));
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("2"));
  EXPECT_TRUE(cache.Refused("1"));
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("2"));
}

TEST(TokenCache, RefreshesHalfWayThroughAShortLifeAndKeepsTheOldOneIfThatFails) {
  int fetched = 0;
  bool fails = false;
  TokenCache cache([&](const IoContext&) -> Result<AccessToken> {
    if (fails) return Status::Unavailable("down");
    return AccessToken{std::to_string(++fetched), seconds(2)};
  });
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("1"));
  fails = true;
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("1")) << "still good, so used";
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  EXPECT_THAT(cache.Get({}), StatusIs(StatusCode::kUnavailable)) << "expired";
  fails = false;
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("2"));
}

TEST(TokenCache, FailureReachesTheCallerAndTheNextCallTriesAgain) {
  int calls = 0;
  TokenCache cache([&](const IoContext&) -> Result<AccessToken> {
    if (++calls == 1) return Status::PermissionDenied("no");
    return AccessToken{"t", seconds(60)};
  });
  EXPECT_THAT(cache.Get({}), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(cache.Get({}), IsOkAndHolds("t"));
}

}  // namespace
}  // namespace deltaic
