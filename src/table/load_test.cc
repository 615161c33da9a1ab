#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::IsOkAndHolds;
using ::deltaic::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kProtocol[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
constexpr char kMetadata[] =
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"p\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"x\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["p"],"configuration":{},"createdTime":1}})";

std::string AddLine(const std::string& path, const std::string& partition = "a", int64_t x = 0) {
  return Concat(
      R"({"add":{"path":")", path, R"(","partitionValues":{"p":")", partition,
      R"("},"size":10,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":3,\"minValues\":{\"x\":)",
      x, R"(},\"maxValues\":{\"x\":)", x + 9, R"(},\"nullCount\":{\"x\":0}}"}})");
}
std::string RemoveLine(const std::string& path, int64_t time = 1000) {
  return Concat(R"({"remove":{"path":")", path, R"(","deletionTimestamp":)", time,
                R"(,"dataChange":true}})");
}

/// A log written by hand in memory.
class LoadTest : public ::testing::Test {
 protected:
  void Commit(int64_t version, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    Put(CommitFileName(Version{version}), text);
  }
  void Put(const std::string& name, const std::string& text) {
    ASSERT_THAT(store->Put("_delta_log/" + name, text), IsOk());
  }
  void Drop(const std::string& name) { ASSERT_THAT(store->Delete("_delta_log/" + name), IsOk()); }

  std::vector<std::string> Paths(const SnapshotPtr& snapshot, FileListMetrics* metrics = nullptr,
                                 const std::string& predicate = "") {
    FileListOptions options;
    options.columns = FileColumns::PathOnly();
    if (!predicate.empty()) {
      auto parsed = ParsePredicate(predicate);
      EXPECT_THAT(parsed, IsOk());
      auto bound = BindPredicate(*parsed, *snapshot->schema());
      EXPECT_THAT(bound, IsOk());
      options.predicate = *bound;
    }
    auto stream = snapshot->ListFiles(std::move(options));
    EXPECT_THAT(stream, IsOk());
    std::vector<std::string> out;
    while (true) {
      auto batch = (*stream)->Next();
      EXPECT_THAT(batch, IsOk());
      if (!batch.ok() || *batch == nullptr) break;
      for (int64_t i = 0; i < (*batch)->num_rows(); ++i)
        out.push_back(AddFromBatch(**batch, i).path);
    }
    if (metrics != nullptr) *metrics = (*stream)->metrics();
    std::ranges::sort(out);
    return out;
  }

  std::shared_ptr<ObjectStore> store = MakeMemoryStore();
  std::shared_ptr<Table> table = Table::Of(store);
};

TEST_F(LoadTest, NoLogIsNotFound) {
  EXPECT_THAT(table->Load(),
              StatusIs(StatusCode::kNotFound, HasSubstr("no Delta table at memory:")));
  EXPECT_THAT(table->Exists(), IsOkAndHolds(false));
}

TEST_F(LoadTest, CommitsGiveLiveFilesAtEachVersion) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1"), AddLine("f2")});
  Commit(1, {RemoveLine("f1"), AddLine("f3")});
  Commit(2, {AddLine("f1")});
  EXPECT_THAT(table->Exists(), IsOkAndHolds(true));
  const auto newest = table->Load();
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ((*newest)->version().value, 2);
  EXPECT_THAT(Paths(*newest), ElementsAre("f1", "f2", "f3"));
  const auto older = table->Load(Version{1});
  ASSERT_THAT(older, IsOk());
  EXPECT_THAT(Paths(*older), ElementsAre("f2", "f3"));
  EXPECT_THAT(
      table->Load(Version{7}),
      StatusIs(StatusCode::kNotFound, "version 7 does not exist: the table has versions 0 to 2"));
}

TEST_F(LoadTest, CheckpointStandsForItsCommits) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1"), AddLine("f2")});
  Commit(1, {RemoveLine("f1"), AddLine("f3"), R"({"txn":{"appId":"app","version":7}})"});
  const auto written = table->Load();
  ASSERT_THAT(written, IsOk());
  ASSERT_THAT(WriteCheckpoint(**written), IsOk());
  Drop(CommitFileName(Version{0}));
  Commit(2, {RemoveLine("f2"), AddLine("f4", "b", 100)});
  const auto newest = table->Load();
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ((*newest)->segment().checkpoint_version, Version{1});
  EXPECT_EQ((*newest)->metadata(), (*written)->metadata());
  EXPECT_EQ((*newest)->protocol(), (*written)->protocol());
  EXPECT_THAT(Paths(*newest), ElementsAre("f3", "f4"));
  const auto txn = (*newest)->TransactionOf("app");
  ASSERT_THAT(txn, IsOk());
  EXPECT_EQ((*txn)->version, 7);
  const auto totals = (*newest)->Totals();
  ASSERT_THAT(totals, IsOk());
  EXPECT_EQ(totals->num_files, 2);
  EXPECT_EQ(totals->total_bytes, 20);
  EXPECT_EQ(totals->num_rows, 6);
}

}  // namespace
}  // namespace deltaic
