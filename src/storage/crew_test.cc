#include "storage/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace deltaic {
namespace {

// Shared threads could not: none of these ends before all have begun.
TEST(Crew, MembersMayWaitForOneAnother) {
  std::latch all(5);
  std::atomic<int> done{0};
  Crew crew;
  EXPECT_EQ(crew.AddUntil(5,
                          [&] {
                            all.arrive_and_wait();
                            ++done;
                          }),
            5U);
  crew.Join();
  EXPECT_EQ(done, 5);
  EXPECT_EQ(crew.size(), 0U);
}

TEST(Crew, TheEndOfItWaitsForAll) {
  std::atomic<int> done{0};
  {
    Crew crew;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(crew.Add([&] { ++done; }));
    EXPECT_EQ(crew.size(), 3U);
  }
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace deltaic
