#include "table/catalog_log.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHead[] =
    R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["catalogManaged"],"writerFeatures":["catalogManaged","inCommitTimestamp"]}}
{"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{},"createdTime":1}}
)";

std::string Add(const std::string& path) {
  return Concat(R"({"add":{"path":")", path,
                R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})",
                "\n");
}

std::string Staged(int64_t version, char letter) {
  return Concat(VersionPrefix(Version{version}), ".00000000-0000-4000-8000-00000000000", letter,
                ".json");
}

/// Versions 0 and 1 are published, 2 to 4 are not all so, and 3 twice: once by a writer who lost.
class CatalogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Put(CommitFileName(Version{0}), kHead);
    Put(CommitFileName(Version{1}), Add("one"));
    Put(CommitFileName(Version{2}), Add("two of somebody else"));
    Put("_staged_commits/" + Staged(2, 'a'), Add("two"));
    Put("_staged_commits/" + Staged(3, 'a'), Add("three"));
    Put("_staged_commits/" + Staged(3, 'b'), Add("rejected"));
    Put(CommitFileName(Version{5}), Add("too new"));
  }

  void Put(const std::string& name, const std::string& text) {
    ASSERT_THAT(store_->Put("_delta_log/" + name, text), IsOk());
  }

  Result<SnapshotPtr> Load(const std::vector<std::string>& commits, std::optional<int64_t> max,
                           std::optional<Version> at = std::nullopt) {
    CatalogCommits catalog;
    for (const std::string& text : commits) {
      DELTAIC_ASSIGN_OR_RETURN(RatifiedCommit commit, ParseRatifiedCommit(text));
      catalog.commits.push_back(std::move(commit));
    }
    if (max) catalog.max_version = Version{*max};
    DELTAIC_ASSIGN_OR_RETURN(const auto table, Table::Of(store_)->WithCatalog(std::move(catalog)));
    return table->Load(at);
  }

  static std::vector<std::string> Paths(const Snapshot& snapshot) {
    auto files = snapshot.ListFiles({.columns = FileColumns::PathOnly()});
    EXPECT_THAT(files, IsOk());
    std::vector<std::string> out;
    while (true) {
      auto batch = (*files)->Next();
      EXPECT_THAT(batch, IsOk());
      if (!batch.ok() || *batch == nullptr) break;
      for (int64_t i = 0; i < (*batch)->num_rows(); ++i)
        out.push_back(AddFromBatch(**batch, i).path);
    }
    std::ranges::sort(out);
    return out;
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(CatalogTest, WithoutTheCatalogTheTableIsRefused) {
  EXPECT_THAT(Table::Of(store_)->Load(Version{1}),
              StatusIs(StatusCode::kUnsupported, HasSubstr("max_catalog_version")));
}

TEST_F(CatalogTest, RatifiedCommitsStandForPublishedOnesAndEndTheLog) {
  const auto snapshot =
      Load({Staged(3, 'a'), "_staged_commits/" + Staged(2, 'a'), "4=" + Add("four")}, 4);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->version(), Version{4});
  EXPECT_THAT(Paths(**snapshot), ElementsAre("four", "one", "three", "two"));
}

TEST_F(CatalogTest, OlderVersionsAreRead) {
  const auto snapshot = Load({"_delta_log/_staged_commits/" + Staged(2, 'a')}, 2, Version{1});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(Paths(**snapshot), ElementsAre("one"));
}

TEST_F(CatalogTest, PublishedCommitsUpToTheNewestVersionSuffice) {
  const auto snapshot = Load({}, 1);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->version(), Version{1});
  EXPECT_THAT(Load({}, 1, Version{2}), StatusIs(StatusCode::kNotFound));
}

TEST_F(CatalogTest, CommitsThatLeaveTheNewestVersionOpenAreRefused) {
  EXPECT_THAT(Load({Staged(3, 'a')}, 4),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("newest version is 4")));
  EXPECT_THAT(Load({Staged(3, 'a')}, 2),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("newest version is 2")));
  EXPECT_THAT(Load({Staged(3, 'a'), Staged(3, 'b')}, 3),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(Load({}, std::nullopt), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(CatalogTest, AMissingStagedCommitIsNamed) {
  EXPECT_THAT(Load({Staged(3, 'c')}, 3),
              StatusIs(StatusCode::kCorruption, HasSubstr(Staged(3, 'c'))));
}

TEST_F(CatalogTest, NothingIsWritten) {
  const auto snapshot = Load({}, 1);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(WriteCheckpoint(**snapshot),
              StatusIs(StatusCode::kUnsupported, HasSubstr("catalog")));
}

TEST(ParseRatifiedCommit, RefusesWhatIsNoStagedCommit) {
  for (const std::string text :
       {"", "x", "../00000000000000000001.json", "_staged_commits/../00000000000000000001.json",
        "00000000000000000001.json", "1.00000000-0000-4000-8000-000000000000.json",
        "00000000000000000001.00000000-0000-4000-8000-000000000000",
        "00000000000000000001.not-a-uuid.json", "-1=x", "99999999999999999999=x",
        "/00000000000000000001.00000000-0000-4000-8000-000000000000.json"}) {
    EXPECT_THAT(ParseRatifiedCommit(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace deltaic
