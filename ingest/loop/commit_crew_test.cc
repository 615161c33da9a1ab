#include "ingest/loop/commit_crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace deltaic::ingest {
namespace {

TEST(CommitCrew, StartDoesNotWaitForWhatIsUnderWay) {
  std::atomic<int> over{0};
  CommitCrew crew(2, [&] { ++over; });
  std::mutex store;
  store.lock();
  const auto slow = crew.Start([&] { const std::lock_guard lock(store); });
  crew.Start([] {})->Wait();
  EXPECT_FALSE(slow->is_over());
  store.unlock();
  slow->Wait();
  EXPECT_TRUE(slow->is_over());
}

TEST(CommitCrew, MoreFlightsThanThreadsAllEnd) {
  std::atomic<int> done{0}, over{0};
  {
    CommitCrew crew(3, [&] { ++over; });
    std::vector<std::shared_ptr<const CommitCrew::Flight>> flights;
    for (int i = 0; i < 100; ++i) flights.push_back(crew.Start([&] { ++done; }));
    for (const auto& flight : flights) flight->Wait();
    EXPECT_EQ(done, 100);
  }
  EXPECT_EQ(over, 100);
}

TEST(CommitCrew, EndingWaitsForWhatHasNotBegun) {
  std::atomic<int> done{0};
  {
    CommitCrew crew(1, [] {});
    for (int i = 0; i < 10; ++i) crew.Start([&] { ++done; });
  }
  EXPECT_EQ(done, 10);
}

}  // namespace
}  // namespace deltaic::ingest
