#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "ops/write.h"
#include "storage/local_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

extern char** environ;

namespace deltaic {
namespace {

constexpr int64_t kIdsPerWorker = 1000;

/// One append_worker; what it says goes to a file.
class Worker {
 public:
  Worker(const std::string& table, const std::string& log, int64_t first, int64_t count)
      : log_(log) {
    const std::string first_text = std::to_string(first);
    const std::string count_text = std::to_string(count);
    const char* argv[] = {DELTAIC_APPEND_WORKER, table.c_str(), first_text.c_str(),
                          count_text.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_EQ(posix_spawn(&pid_, DELTAIC_APPEND_WORKER, &actions, nullptr, const_cast<char**>(argv),
                          environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
  }

  void Kill() const { ::kill(pid_, SIGKILL); }
  int Wait() const {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    return status;
  }
  /// The ids it said it had committed.
  std::vector<int64_t> Acknowledged() const {
    std::vector<int64_t> ids;
    std::ifstream in(log_);
    for (int64_t id; in >> id;) ids.push_back(id);
    return ids;
  }

 private:
  std::string log_;
  pid_t pid_ = -1;
};

class KilledWritersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    store_ = *MakeLocalStore(TablePath());
    ASSERT_THAT(
        WriteTable(Table::Of(store_), nullptr, testing::Rows({}), {.mode = SaveMode::kAppend}),
        testing::IsOk());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string TablePath() const { return folder_ + "/table"; }
  Worker Start(int index, int64_t count) {
    return Worker(TablePath(), Concat(folder_, "/log-", index), index * kIdsPerWorker, count);
  }

  std::string folder_ = ::testing::TempDir() + "/deltaic-killed-XXXXXX";
  std::shared_ptr<ObjectStore> store_;
};

TEST_F(KilledWritersTest, ProcessesLoseAndDoubleNoRow) {
  std::vector<Worker> workers;
  for (int i = 0; i < 4; ++i) workers.push_back(Start(i, 25));
  std::set<int64_t> expected;
  for (const Worker& worker : workers) {
    EXPECT_EQ(worker.Wait(), 0);
    for (const int64_t id : worker.Acknowledged()) expected.insert(id);
  }
  EXPECT_EQ(expected.size(), 100u);
  EXPECT_EQ(testing::ReadIds(*Table::Of(store_)->Load()),
            std::vector<int64_t>(expected.begin(), expected.end()));
}

TEST_F(KilledWritersTest, WhatWasAcknowledgedStaysAndNothingIsDoubled) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> life_ms(50, 400);
  std::set<int64_t> acknowledged;
  int index = 0;
  for (int round = 0; round < 6; ++round) {
    std::vector<Worker> workers;
    for (int i = 0; i < 3; ++i) workers.push_back(Start(index++, kIdsPerWorker));
    for (const Worker& worker : workers) {
      std::this_thread::sleep_for(std::chrono::milliseconds(life_ms(random)));
      worker.Kill();
    }
    for (const Worker& worker : workers) {
      worker.Wait();
      for (const int64_t id : worker.Acknowledged()) acknowledged.insert(id);
    }
  }
  EXPECT_FALSE(acknowledged.empty());

  const auto table = Table::Of(store_);
  const std::vector<int64_t> ids = testing::ReadIds(*table->Load());
  EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), ids.size()) << "doubled rows";
  EXPECT_TRUE(std::includes(ids.begin(), ids.end(), acknowledged.begin(), acknowledged.end()))
      << "lost rows";
  // A worker dies after at most one commit that it has not told of.
  EXPECT_LE(ids.size(), acknowledged.size() + static_cast<size_t>(index));
  EXPECT_THAT(WriteTable(table, nullptr, testing::Rows({-1}), {.mode = SaveMode::kAppend}),
              testing::IsOk());
}

}  // namespace
}  // namespace deltaic
