#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/transaction.h"

namespace deltaic {
namespace {

constexpr int kWriters = 16;
constexpr int kCommits = 20;
constexpr const char* kSchema = R"({"type":"struct","fields":[]})";

/// Files stand for their rows: "w-i" is one, "w-i+v-j" is two that were moved together.
std::vector<std::string> RowsIn(const std::string& path) {
  std::vector<std::string> rows;
  std::istringstream in(path);
  for (std::string row; std::getline(in, row, '+');) rows.push_back(row);
  return rows;
}

Add FileOf(std::string path, bool data_change) {
  return {.path = std::move(path), .size = 1, .data_change = data_change};
}
Remove Without(const std::string& path, bool data_change) {
  return {.path = path, .deletion_timestamp = 1, .data_change = data_change};
}

/// What all writers say that they have done.
struct Done {
  std::mutex mutex;
  std::multiset<std::string> appended, deleted;
  std::vector<std::string> failures;
};

/// Appends, deletes and compacts in random order; what conflicts is begun anew.
class Writer {
 public:
  Writer(std::shared_ptr<ObjectStore> store, int number, Done& done)
      : table_(Table::Of(std::move(store))), number_(number), random_(number), done_(done) {}

  void Run() {
    snapshot_ = *table_->Load();
    for (int i = 0; i < kCommits; ++i) {
      Status status;
      do {
        status = CommitOnce(Concat(number_, "-", i));
        if (status.code() == StatusCode::kConflict) snapshot_ = *table_->Load();
      } while (status.code() == StatusCode::kConflict);
      if (!status.ok()) Failed(status);
    }
  }

 private:
  Status CommitOnce(const std::string& row) {
    std::vector<Add> live = testing::LiveFiles(snapshot_);
    std::shuffle(live.begin(), live.end(), random_);
    const int what = static_cast<int>(random_() % 4);
    if (what == 0 && !live.empty()) return Delete(live.front().path);
    if (what == 1 && live.size() > 1) return Compact(live[0].path, live[1].path);
    return Append(row);
  }

  Status Append(const std::string& row) {
    return Commit("WRITE", {}, {FileOf(row, true)}, [&] { done_.appended.insert(row); });
  }
  Status Delete(const std::string& path) {
    return Commit("DELETE", {Without(path, true)}, {}, [&] {
      for (std::string& row : RowsIn(path)) done_.deleted.insert(std::move(row));
    });
  }
  Status Compact(const std::string& one, const std::string& other) {
    return Commit("OPTIMIZE", {Without(one, false), Without(other, false)},
                  {FileOf(Concat(one, "+", other), false)}, [] {});
  }

  template <typename Note>
  Status Commit(const std::string& operation, const std::vector<Remove>& removes,
                const std::vector<Add>& adds, Note note) {
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    transaction.reads().blind_append = removes.empty();
    for (const Remove& remove : removes) {
      transaction.reads().read_files.insert(remove.path);
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(remove));
    }
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(adds));
    DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed,
                             std::move(transaction).Commit({.operation = operation}));
    snapshot_ = committed.snapshot;
    const std::lock_guard lock(done_.mutex);
    note();
    return Status();
  }

  void Failed(const Status& status) {
    const std::lock_guard lock(done_.mutex);
    done_.failures.push_back(status.message());
  }

  const std::shared_ptr<Table> table_;
  const int number_;
  std::minstd_rand random_;
  Done& done_;
  SnapshotPtr snapshot_;
};

void WriteFromManyThreads(const std::shared_ptr<ObjectStore>& store) {
  const auto table = Table::Of(store);
  auto creation = Transaction::Start(table, nullptr);
  ASSERT_THAT(creation, testing::IsOk());
  ASSERT_THAT(creation->Stage(Protocol{}), testing::IsOk());
  ASSERT_THAT(creation->Stage(Metadata{.id = "t", .schema_string = kSchema}), testing::IsOk());
  ASSERT_THAT(std::move(*creation).Commit({}), testing::IsOk());

  Done done;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] { Writer(store, i, done).Run(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(done.failures, ::testing::IsEmpty());

  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, testing::IsOk());
  EXPECT_EQ((*snapshot)->version(), Version{kWriters * kCommits});
  std::multiset<std::string> live;
  for (const Add& add : testing::LiveFiles(*snapshot)) {
    for (std::string& row : RowsIn(add.path)) live.insert(std::move(row));
  }
  std::multiset<std::string> expected = done.appended;
  for (const std::string& row : done.deleted) {
    ASSERT_EQ(expected.count(row), 1u) << row << " was deleted twice";
    expected.erase(row);
  }
  EXPECT_EQ(live, expected);
}

TEST(MixedWriters, KeepEachRowOnceInMemory) { WriteFromManyThreads(MakeMemoryStore()); }

TEST(MixedWriters, KeepEachRowOnceOnDisk) {
  std::string folder = ::testing::TempDir() + "/deltaic-mixed-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  WriteFromManyThreads(*MakeLocalStore(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace deltaic
