#include "scan/batch_queue.h"

#include <arrow/api.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::StatusIs;
using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

/// One row with `number`: 8 bytes.
BatchPtr Batch(int64_t number) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.Append(number).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), 1,
                                  {*builder.Finish()});
}

/// The number of the next batch; -1 at the end, -2 at an error.
int64_t PopNumber(BatchQueue& queue) {
  const auto batch = queue.Pop(CancellationToken::None());
  if (!batch.ok()) return -2;
  if (*batch == nullptr) return -1;
  return static_cast<const arrow::Int64Array&>(*(*batch)->column(0)).Value(0);
}

TEST(BatchQueue, KeysLeaveInTheirOrder) {
  BatchQueue queue(1 << 20);
  for (int64_t file = 0; file < 3; ++file) queue.Open({file, 0});
  queue.Open({1, 1});
  EXPECT_TRUE(queue.Push({2, 0}, Batch(20)));
  EXPECT_TRUE(queue.Push({1, 1}, Batch(11)));
  EXPECT_TRUE(queue.Push({0, 0}, Batch(1)));
  EXPECT_TRUE(queue.Push({0, 0}, Batch(2)));
  for (const StreamKey key : {StreamKey{2, 0}, {1, 1}, {1, 0}, {0, 0}}) queue.Close(key);
  queue.Finish();
  for (const int64_t expected : {1, 2, 11, 20, -1, -1}) EXPECT_EQ(PopNumber(queue), expected);
}

TEST(BatchQueue, ErrorComesBeforeWaitingBatchesAndTheFirstOneStays) {
  BatchQueue queue(1 << 20);
  queue.Open({});
  EXPECT_TRUE(queue.Push({}, Batch(1)));
  queue.Fail(Status::Corruption("first"));
  queue.Fail(Status::Corruption("second"));
  EXPECT_FALSE(queue.Push({}, Batch(2)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(queue.Pop(CancellationToken::None()), StatusIs(StatusCode::kCorruption, "first"));
  }
}

TEST(BatchQueue, WorkersNeverGetAheadOfTheMemory) {
  BatchQueue queue(8 * 3);
  queue.Open({});
  constexpr int64_t kBatches = 200;
  std::atomic<int64_t> pushed = 0;
  std::thread worker([&] {
    for (int64_t i = 0; i < kBatches; ++i) {
      EXPECT_TRUE(queue.Push({}, Batch(i)));
      ++pushed;
    }
    queue.Close({});
    queue.Finish();
  });
  for (int64_t i = 0; i < kBatches; ++i) {
    // i have left, at most 3 wait.
    EXPECT_LE(pushed.load(), i + 3);
    EXPECT_EQ(PopNumber(queue), i);
  }
  EXPECT_EQ(PopNumber(queue), -1);
  worker.join();
}

TEST(BatchQueue, LargerThanTheMemoryPassesOneByOneInOrder) {
  BatchQueue queue(1);
  constexpr int64_t kFiles = 50;
  for (int64_t file = 0; file < kFiles; ++file) queue.Open({file, 0});
  std::vector<std::thread> workers;
  for (int64_t w = 0; w < 4; ++w) {
    workers.emplace_back([&queue, w] {
      for (int64_t file = w; file < kFiles; file += 4) {
        for (int64_t i = 0; i < 3; ++i) EXPECT_TRUE(queue.Push({file, 0}, Batch(file * 3 + i)));
        queue.Close({file, 0});
      }
    });
  }
  for (int64_t i = 0; i < kFiles * 3; ++i) ASSERT_EQ(PopNumber(queue), i);
  for (std::thread& worker : workers) worker.join();
  queue.Finish();
  EXPECT_EQ(PopNumber(queue), -1);
}

TEST(BatchQueue, StopLetsGoAllWhoWait) {
  for (int round = 0; round < 50; ++round) {
    BatchQueue queue(1);
    queue.Open({0, 0});
    queue.Open({1, 0});
    ASSERT_TRUE(queue.Push({0, 0}, Batch(1)));
    std::thread same_key([&] { EXPECT_FALSE(queue.Push({0, 0}, Batch(2))); });
    std::thread later_key([&] { EXPECT_FALSE(queue.Push({1, 0}, Batch(3))); });
    queue.Stop();
    same_key.join();
    later_key.join();
    EXPECT_EQ(PopNumber(queue), -1);
  }
}

TEST(BatchQueue, CancelledConsumerThatWaitsReturns) {
  BatchQueue queue(1);
  queue.Open({});
  const CancellationToken cancel;
  std::thread canceller([&] { cancel.Cancel(); });
  EXPECT_THAT(queue.Pop(cancel), StatusIs(StatusCode::kCancelled));
  canceller.join();
}

}  // namespace
}  // namespace deltaic
