#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <mutex>
#include <numeric>
#include <thread>

#include "ops/write.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

constexpr int kWriters = 8;
constexpr int kAppends = 25;

WriteOptions Append() {
  WriteOptions options{.mode = SaveMode::kAppend};
  options.files.num_threads = 1;
  return options;
}

/// Each writer appends ids of its own, over the snapshot of its last commit.
void AppendFromManyThreads(const std::shared_ptr<ObjectStore>& store) {
  ASSERT_THAT(WriteTable(Table::Of(store), nullptr, testing::Rows({}), Append()), testing::IsOk());
  std::mutex mutex;
  std::vector<Status> failures;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto table = Table::Of(store);
      SnapshotPtr snapshot;
      for (int i = 0; i < kAppends; ++i) {
        const auto result =
            WriteTable(table, snapshot, testing::Rows({writer * kAppends + i}), Append());
        if (result.ok()) snapshot = result->snapshot;
        const std::lock_guard lock(mutex);
        if (!result.ok()) failures.push_back(result.status());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(failures, ::testing::IsEmpty());

  const SnapshotPtr snapshot = *Table::Of(store)->Load();
  EXPECT_EQ(snapshot->version(), Version{kWriters * kAppends});
  std::vector<int64_t> expected(kWriters * kAppends);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(testing::ReadIds(snapshot), expected);
  EXPECT_EQ(testing::DataObjects(*store).size(), expected.size());
}

TEST(ConcurrentWriters, LoseAndDoubleNoRowInMemory) { AppendFromManyThreads(MakeMemoryStore()); }

TEST(ConcurrentWriters, LoseAndDoubleNoRowOnDisk) {
  std::string folder = ::testing::TempDir() + "/deltaic-writers-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  AppendFromManyThreads(*MakeLocalStore(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace deltaic
