// What every LogStore promises in storage/log_store.h.

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <atomic>
#include <thread>

#include "contract/store_factories.h"
#include "storage/log_store.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::ElementsAre;

class LogStoreContract : public ::testing::TestWithParam<StoreFactory> {
 protected:
  std::vector<std::string> ListFrom(std::string_view start_name) {
    const auto files = log_->ListFrom(start_name);
    EXPECT_THAT(files, IsOk());
    std::vector<std::string> names;
    if (files.ok()) {
      for (const ObjectMeta& file : *files) names.push_back(file.path);
    }
    return names;
  }

  const TempFolder folder_;
  const std::shared_ptr<ObjectStore> store_ = GetParam().make(folder_);
  const std::shared_ptr<LogStore> log_ = MakeLogStore(store_);
};

TEST_P(LogStoreContract, AbsentLogIsAnEmptyList) { EXPECT_THAT(ListFrom(""), ElementsAre()); }

TEST_P(LogStoreContract, NamesAreInsideTheLogFolder) {
  EXPECT_THAT(log_->PutIfAbsent("1.json", "one"), IsOkAndHolds(PutOutcome::kCreated));
  EXPECT_THAT(log_->PutIfAbsent("1.json", "two"), IsOkAndHolds(PutOutcome::kAlreadyExists));
  EXPECT_THAT(store_->Read("_delta_log/1.json", 100), IsOkAndHolds("one"));
  EXPECT_THAT(log_->Read("1.json"), IsOkAndHolds("one"));
}

TEST_P(LogStoreContract, ListFromStartsAtTheNameAndLeavesOutSidecars) {
  for (const std::string_view name : {"_last_checkpoint", "00.json", "01.json", "02.json",
                                      "01.checkpoint.parquet", "_sidecars/s.parquet"}) {
    ASSERT_THAT(log_->Put(name, name), IsOk());
  }
  ASSERT_THAT(store_->Put("02.parquet", "data"), IsOk());
  EXPECT_THAT(ListFrom("01."),
              ElementsAre("01.checkpoint.parquet", "01.json", "02.json", "_last_checkpoint"));
}

TEST_P(LogStoreContract, SidecarCanBeReadAndDeleted) {
  ASSERT_THAT(log_->Put("_sidecars/s.parquet", "bytes"), IsOk());
  const auto file = log_->Open("_sidecars/s.parquet", 5);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ((*file)->ReadAt(0, 5).ValueOrDie()->ToString(), "bytes");
  ASSERT_THAT(log_->Delete("_sidecars/s.parquet"), IsOk());
  EXPECT_THAT(log_->Read("_sidecars/s.parquet"), StatusIs(StatusCode::kNotFound));
}

TEST_P(LogStoreContract, CreatedFileAppearsAtClose) {
  auto writer = log_->Create("01.checkpoint.parquet");
  ASSERT_THAT(writer, IsOk());
  ASSERT_TRUE((*writer)->stream()->Write("PAR1", 4).ok());
  EXPECT_THAT(ListFrom(""), ElementsAre());
  EXPECT_THAT((*writer)->Close(), IsOkAndHolds(4));
  EXPECT_THAT(ListFrom(""), ElementsAre("01.checkpoint.parquet"));
}

TEST_P(LogStoreContract, NamesThatLeaveTheLogFolderAreRefused) {
  for (const std::string_view name : {"../x", "/x", "", "_sidecars/../../x"}) {
    EXPECT_THAT(log_->Read(name), StatusIs(StatusCode::kInvalidArgument)) << name;
    EXPECT_THAT(log_->PutIfAbsent(name, ""), StatusIs(StatusCode::kInvalidArgument)) << name;
    EXPECT_THAT(log_->Delete(name), StatusIs(StatusCode::kInvalidArgument)) << name;
  }
}

TEST_P(LogStoreContract, ThreadsThatRaceForNamesHaveOneWinnerEach) {
  constexpr int kThreads = 8;
  constexpr int kNames = 50;
  std::vector<std::atomic<int>> winners(kNames);
  std::vector<std::atomic<int>> winner_of(kNames);
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t i = 0; i < kNames; ++i) {
        const auto outcome = log_->PutIfAbsent(std::to_string(i), std::to_string(thread));
        if (!outcome.ok()) {
          ++failures;
        } else if (*outcome == PutOutcome::kCreated) {
          ++winners[i];
          winner_of[i] = thread;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  for (size_t i = 0; i < kNames; ++i) {
    EXPECT_EQ(winners[i], 1) << i;
    EXPECT_THAT(log_->Read(std::to_string(i)), IsOkAndHolds(std::to_string(winner_of[i]))) << i;
  }
  EXPECT_EQ(ListFrom("").size(), static_cast<size_t>(kNames));
}

/// Readers see the older or the newer object, never something between.
TEST_P(LogStoreContract, ReadersOfAReplacedFileSeeItWhole) {
  const std::string older(50'000, 'a');
  const std::string newer(70'000, 'b');
  ASSERT_THAT(log_->Put("_last_checkpoint", older), IsOk());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_THAT(log_->Put("_last_checkpoint", i % 2 == 0 ? newer : older), IsOk());
    }
    done = true;
  });
  while (!done) {
    const auto bytes = log_->Read("_last_checkpoint");
    EXPECT_TRUE(bytes.ok() && (*bytes == older || *bytes == newer)) << bytes.status();
  }
  writer.join();
}

INSTANTIATE_TEST_SUITE_P(Stores, LogStoreContract, ::testing::ValuesIn(AllStores()), NameOfStore);

}  // namespace
}  // namespace deltaic::testing
