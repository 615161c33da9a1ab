#include "storage/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(ParallelFor, CallsEachNumberOnce) {
  for (const int64_t count : {0, 1, 2, 1000}) {
    for (const int num_threads : {1, 2, 16, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(count));
      ASSERT_THAT(ParallelFor(count, num_threads,
                              [&](int64_t i) {
                                ++calls[static_cast<size_t>(i)];
                                return Status();
                              }),
                  IsOk());
      for (const auto& number : calls) EXPECT_EQ(number, 1);
    }
  }
}

TEST(ParallelFor, ReturnsTheErrorOfTheLowestThatFailedAndBeginsNoMore) {
  std::atomic<int> calls = 0;
  const Status status = ParallelFor(1'000'000, 4, [&](int64_t i) {
    ++calls;
    return i >= 10 ? Status::Io("number ", i) : Status();
  });
  EXPECT_THAT(status, StatusIs(StatusCode::kIo, "number 10"));
  EXPECT_LT(calls, 1000);
}

TEST(ParallelFor, ThrowsWhatACallThrew) {
  EXPECT_THROW(static_cast<void>(ParallelFor(100, 4,
                                             [](int64_t i) -> Status {
                                               if (i == 50) throw std::runtime_error("50");
                                               return Status();
                                             })),
               std::runtime_error);
}

TEST(ParallelFor, LoopsInsideOfLoopsNeedNoMoreThreadsThanThereAre) {
  std::atomic<int> calls = 0;
  ASSERT_THAT(ParallelFor(200, 200,
                          [&](int64_t) {
                            return ParallelFor(200, 200, [&](int64_t) {
                              ++calls;
                              return Status();
                            });
                          }),
              IsOk());
  EXPECT_EQ(calls, 40'000);
}

TEST(DefaultThreads, AreAsManyAsAFarStoreTakesRequests) {
  EXPECT_GE(DefaultThreads(kFarStore), kFarStore.max_requests);
  EXPECT_GE(DefaultThreads(kNearStore), 1);
}

}  // namespace
}  // namespace deltaic
