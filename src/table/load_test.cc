#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/log_sink.h"
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

TEST_F(LoadTest, StaleHintFallsBackToTheListing) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Commit(1, {AddLine("f2")});
  for (const char* hint : {R"({"version":1,"size":3})", R"({"version":40,"size":3})", "{", ""}) {
    Put("_last_checkpoint", hint);
    const auto snapshot = table->Load();
    ASSERT_THAT(snapshot, IsOk()) << hint;
    EXPECT_THAT(Paths(*snapshot), ElementsAre("f1", "f2"));
  }
}

TEST_F(LoadTest, DamagedCheckpointFallsBackToCommits) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Commit(1, {AddLine("f2")});
  Put(ClassicCheckpointFileName(Version{1}), "PAR1 not a footer");
  Put("_last_checkpoint", R"({"version":1,"size":3})");
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_FALSE((*snapshot)->segment().checkpoint_version.has_value());
  EXPECT_THAT(Paths(*snapshot), ElementsAre("f1", "f2"));
  Drop(CommitFileName(Version{0}));
  EXPECT_THAT(table->Load(),
              StatusIs(StatusCode::kCorruption,
                       HasSubstr(ClassicCheckpointFileName(Version{1}) + " is damaged")));
}

TEST_F(LoadTest, JsonCheckpointWithSidecar) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1"), AddLine("f2")});
  Commit(1, {AddLine("f3"), RemoveLine("f1", 5000)});
  ASSERT_THAT(WriteCheckpoint(**table->Load()), IsOk());
  const auto classic = store->Read("_delta_log/" + ClassicCheckpointFileName(Version{1}), 1 << 20);
  ASSERT_THAT(classic, IsOk());
  Put("_sidecars/s1.parquet", *classic);
  Drop(ClassicCheckpointFileName(Version{1}));
  Drop(CommitFileName(Version{0}));
  const std::string name =
      VersionPrefix(Version{1}) + ".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";
  const auto put_checkpoint = [&](const std::string& sidecar) {
    Put(name, Concat(R"({"checkpointMetadata":{"version":1}})", "\n", kProtocol, "\n", kMetadata,
                     "\n", R"({"sidecar":{"path":")", sidecar,
                     R"(","sizeInBytes":1,"modificationTime":1}})", "\n"));
  };
  for (const char* sidecar : {"s1.parquet", "memory:/t/_delta_log/_sidecars/s1.parquet"}) {
    put_checkpoint(sidecar);
    const auto snapshot = table->Load();
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_EQ((*snapshot)->segment().checkpoint.front().name, name);
    EXPECT_THAT(Paths(*snapshot), ElementsAre("f2", "f3"));
  }
  for (const char* sidecar :
       {"../s1.parquet", "/etc/passwd", "_sidecars/..", "x/s1.parquet", "s2.parquet", ""}) {
    put_checkpoint(sidecar);
    const auto snapshot = table->Load();
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_THAT((*snapshot)->ListFiles({}), StatusIs(StatusCode::kCorruption, HasSubstr("sidecar")))
        << sidecar;
  }
}

TEST_F(LoadTest, CompactedCommitsStandForTheirCommits) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Commit(3, {AddLine("f4")});
  Put(VersionPrefix(Version{1}) + "." + VersionPrefix(Version{2}) + ".compacted.json",
      AddLine("f3") + "\n" + RemoveLine("f1") + "\n");
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(Paths(*snapshot), ElementsAre("f3", "f4"));
}

TEST_F(LoadTest, RefreshGivesWhatLoadGives) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  const auto base = table->Load();
  ASSERT_THAT(base, IsOk());
  EXPECT_THAT(table->Refresh(*base), IsOkAndHolds(*base));
  Commit(1, {AddLine("f2")});
  Commit(2, {RemoveLine("f1"), R"({"protocol":{"minReaderVersion":1,"minWriterVersion":4}})"});
  const auto next = table->Refresh(*base);
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ((*next)->version().value, 2);
  EXPECT_EQ((*next)->protocol().min_writer_version, 4);
  EXPECT_EQ((*next)->segment().commits.size(), 3u);
  EXPECT_THAT(Paths(*next), ElementsAre("f2"));
  EXPECT_THAT(Paths(*base), ElementsAre("f1"));
  ASSERT_THAT(WriteCheckpoint(**next), IsOk());
  Commit(3, {AddLine("f3")});
  ASSERT_THAT(WriteCheckpoint(**table->Load()), IsOk());
  const auto newest = table->Refresh(*next);
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ((*newest)->segment().checkpoint_version, Version{3});
  EXPECT_THAT(Paths(*newest), ElementsAre("f2", "f3"));
}

TEST_F(LoadTest, PredicatePrunesByPartitionThenByStatistics) {
  Commit(0, {kProtocol, kMetadata, AddLine("a0", "a", 0), AddLine("a50", "a", 50),
             AddLine("b0", "b", 0)});
  ASSERT_THAT(WriteCheckpoint(**table->Load()), IsOk());
  Commit(1, {AddLine("a51", "a", 51), AddLine("b51", "b", 51), AddLine("a1", "a", 1)});
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  ASSERT_TRUE((*snapshot)->segment().checkpoint_version.has_value());
  FileListMetrics metrics;
  EXPECT_THAT(Paths(*snapshot, &metrics, "p = 'a' AND x >= 50"), ElementsAre("a50", "a51"));
  EXPECT_EQ(metrics.files_total, 6);
  EXPECT_EQ(metrics.files_pruned_partition, 2);
  EXPECT_EQ(metrics.files_pruned_stats, 2);
  EXPECT_EQ(metrics.files_selected, 2);
}

TEST_F(LoadTest, TombstonesOutliveTheirCommitUntilTheRetentionEnds) {
  constexpr int64_t kDay = 24 * 3600 * 1000;
  Commit(0, {kProtocol, kMetadata, AddLine("f1"), AddLine("f2"), AddLine("f3")});
  Commit(1, {RemoveLine("f1", 100 * kDay), RemoveLine("f2", 105 * kDay),
             RemoveLine("f3", 105 * kDay)});
  Commit(2, {AddLine("f3")});
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  const auto count = [&](int64_t now) {
    auto stream = (*snapshot)->ListTombstones(TimestampMs{now});
    EXPECT_THAT(stream, IsOk());
    std::vector<std::string> out;
    while (true) {
      auto batch = (*stream)->Next();
      if (!batch.ok() || *batch == nullptr) break;
      for (int64_t i = 0; i < (*batch)->num_rows(); ++i)
        out.push_back(RemoveFromBatch(**batch, i).path);
    }
    return out;
  };
  EXPECT_THAT(count(106 * kDay), ElementsAre("f1", "f2"));
  EXPECT_THAT(count(110 * kDay), ElementsAre("f2"));
  EXPECT_THAT(count(200 * kDay), ElementsAre());
}

TEST_F(LoadTest, NewestTransactionAndDomainWin) {
  Commit(0, {kProtocol, kMetadata, R"({"txn":{"appId":"a","version":9}})",
             R"({"domainMetadata":{"domain":"d","configuration":"old","removed":false}})",
             R"({"domainMetadata":{"domain":"e","configuration":"x","removed":false}})"});
  Commit(1, {R"({"txn":{"appId":"a","version":3}})", R"({"txn":{"appId":"b","version":1}})",
             R"({"domainMetadata":{"domain":"d","configuration":"new","removed":false}})",
             R"({"domainMetadata":{"domain":"e","configuration":"","removed":true}})"});
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT((*snapshot)->Transactions(), IsOkAndHolds(ElementsAre(Txn{"a", 3}, Txn{"b", 1})));
  EXPECT_THAT((*snapshot)->TransactionOf("c"), IsOkAndHolds(std::optional<Txn>()));
  EXPECT_THAT((*snapshot)->Domains(), IsOkAndHolds(ElementsAre(DomainMetadata{"d", "new", false})));
}

TEST_F(LoadTest, TableThatCannotBeReadIsRefusedByFeature) {
  Commit(
      0,
      {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["fromTomorrow"],"writerFeatures":["fromTomorrow"]}})",
       kMetadata});
  EXPECT_THAT(table->Load(), StatusIs(StatusCode::kUnsupported, HasSubstr("fromTomorrow")));
}

TEST_F(LoadTest, LogWithoutMetadataIsCorrupt) {
  Commit(0, {kProtocol, AddLine("f1")});
  EXPECT_THAT(table->Load(), StatusIs(StatusCode::kCorruption, HasSubstr("metaData")));
}

TEST_F(LoadTest, InCommitTimestampsGiveTheTimesWhereEnabled) {
  std::string metadata = kMetadata;
  metadata.replace(metadata.find(R"("configuration":{})"),
                   std::string(R"("configuration":{})").size(),
                   R"("configuration":{"delta.enableInCommitTimestamps":"true"})");
  const auto info = [](int64_t time) {
    return Concat(R"({"commitInfo":{"inCommitTimestamp":)", time, R"(,"operation":"WRITE"}})");
  };
  // The property counts with the feature only.
  const std::string protocol =
      R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["inCommitTimestamp"]}})";
  Commit(0, {info(1000), protocol, metadata});
  Commit(1, {info(2000), AddLine("f1")});
  Commit(2, {info(3000), AddLine("f2")});
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT((*snapshot)->timestamp(), IsOkAndHolds(TimestampMs{3000}));
  EXPECT_THAT(table->VersionAt(TimestampMs{1000}), IsOkAndHolds(Version{0}));
  EXPECT_THAT(table->VersionAt(TimestampMs{2999}), IsOkAndHolds(Version{1}));
  EXPECT_THAT(table->VersionAt(TimestampMs{3000}), IsOkAndHolds(Version{2}));
  EXPECT_THAT(table->VersionAt(TimestampMs{3001}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("00:00:03.000Z")));
  EXPECT_THAT(table->VersionAt(TimestampMs{999}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("00:00:01.000Z")));
  const auto history = table->History(2);
  ASSERT_THAT(history, IsOk());
  ASSERT_EQ(history->size(), 2u);
  EXPECT_EQ((*history)[0].version.value, 2);
  EXPECT_EQ((*history)[0].timestamp.value, 3000);
  EXPECT_EQ((*history)[1].commit_info->operation, "WRITE");
}

TEST_F(LoadTest, FileTimesCountWithoutInCommitTimestamps) {
  Commit(0, {kProtocol, kMetadata});
  Commit(1, {AddLine("f1")});
  Commit(2, {AddLine("f2")});
  const auto history = table->History(std::nullopt);
  ASSERT_THAT(history, IsOk());
  ASSERT_EQ(history->size(), 3u);
  // Commits made within one millisecond get later times one by one.
  EXPECT_GT((*history)[0].timestamp, (*history)[1].timestamp);
  EXPECT_GT((*history)[1].timestamp, (*history)[2].timestamp);
  for (const HistoryEntry& entry : *history) {
    EXPECT_THAT(table->VersionAt(entry.timestamp), IsOkAndHolds(entry.version));
  }
}

constexpr char kMetadataFields[] =
    R"({"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"p\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"x\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["p"],"configuration":{},"createdTime":1})";

std::string ChecksumText(int64_t files, int64_t bytes, const std::string& metadata) {
  return Concat(R"({"tableSizeBytes":)", bytes, R"(,"numFiles":)", files,
                R"(,"numMetadata":1,"numProtocol":1,"metadata":)", metadata,
                R"(,"protocol":{"minReaderVersion":1,"minWriterVersion":2}})");
}

TEST_F(LoadTest, ChecksumOpensWithoutTheCommits) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Commit(1, {AddLine("f2")});
  Put(VersionChecksumFileName(Version{1}), ChecksumText(2, 20, kMetadataFields));
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->metadata().id, "t");
  EXPECT_THAT(Paths(*snapshot), ElementsAre("f1", "f2"));
  EXPECT_EQ((*snapshot)->Totals()->num_files, 2);

  const auto unread = table->Load();
  ASSERT_THAT(unread, IsOk());
  Drop(CommitFileName(Version{0}));
  EXPECT_THAT((*unread)->ListFiles({}),
              StatusIs(StatusCode::kNotFound, HasSubstr("00000000000000000000.json is gone")));
}

TEST_F(LoadTest, RefreshOfATableOpenedByChecksumKnowsAllCommits) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Put(VersionChecksumFileName(Version{0}), ChecksumText(1, 10, kMetadataFields));
  const auto base = table->Load();
  ASSERT_THAT(base, IsOk());
  Commit(1, {AddLine("f2"), RemoveLine("f1")});
  const auto next = table->Refresh(*base);
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ((*next)->version().value, 1);
  EXPECT_THAT(Paths(*next), ElementsAre("f2"));
  EXPECT_THAT(Paths(*base), ElementsAre("f1"));
}

TEST_F(LoadTest, UnusableChecksumIsPassedOver) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  for (const std::string& text :
       {std::string("{"), std::string(R"({"tableSizeBytes":10,"numFiles":1})"),
        ChecksumText(1, 10, R"({"name":"no id"})"), ChecksumText(1, 10, kMetadataFields) + "{}"}) {
    Put(VersionChecksumFileName(Version{0}), text);
    const auto snapshot = table->Load();
    ASSERT_THAT(snapshot, IsOk()) << text;
    EXPECT_THAT(Paths(*snapshot), ElementsAre("f1")) << text;
  }
}

TEST_F(LoadTest, ChecksumAgainstTheCommitsIsAnErrorBeforeAnyFileIsListed) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  std::string other = kMetadataFields;
  other.replace(other.find(R"("id":"t")"), 8, R"("id":"u")");
  Put(VersionChecksumFileName(Version{0}), ChecksumText(1, 10, other));
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_THAT(
      (*snapshot)->ListFiles({}),
      StatusIs(StatusCode::kCorruption, HasSubstr("has another metaData than the commits")));
}

TEST_F(LoadTest, ChecksumThatMiscountsWarnsAndTheLogCounts) {
  Commit(0, {kProtocol, kMetadata, AddLine("f1")});
  Put(VersionChecksumFileName(Version{0}), ChecksumText(7, 70, kMetadataFields));
  std::string warning;
  SetLogSink([&](LogLevel, std::string_view message) { warning = message; });
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  const auto totals = (*snapshot)->Totals();
  SetLogSink(nullptr);
  ASSERT_THAT(totals, IsOk());
  EXPECT_EQ(totals->num_files, 1);
  EXPECT_THAT(warning, HasSubstr("counts 7 files of 70 bytes, the log 1 files of 10 bytes"));
}

}  // namespace
}  // namespace deltaic
