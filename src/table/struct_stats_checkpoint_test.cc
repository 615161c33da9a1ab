// Tables whose checkpoints have statistics as structs.

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/checkpoint/checkpoint_file.h"
#include "data/checkpoint/parquet_leaf.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "protocol/json.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/file_table.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::testing::ElementsAre;

std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string Field(const std::string& name, const std::string& type) {
  static int next_id = 1;
  return Concat("{\"name\":\"", name, "\",\"type\":", type, ",\"nullable\":true,\"metadata\":{",
                "\"delta.columnMapping.id\":", next_id++,
                ",\"delta.columnMapping.physicalName\":\"col-", name, "\"}}");
}

std::string AddLine(const std::string& path, const std::string& partition,
                    const std::string& stats) {
  return Concat(R"({"add":{"path":")", path, R"(","partitionValues":{"col-p":)", partition,
                R"(},"size":10,"modificationTime":1,"dataChange":true)",
                stats.empty() ? "" : ",\"stats\":" + Quoted(stats), "}}\n");
}

/// Statistics of all types, their numbers around `n`, which has one digit.
std::string Stats(int n, const std::string& more = "") {
  const auto bounds = [](int at) {
    return Concat(R"({"col-x":)", at, R"(,"col-byte":)", at, R"(,"col-f":)", at,
                  R"(.1,"col-dbl":-)", at, R"(.5,"col-dec":-)", at,
                  R"(.25,"col-wide":1234567890123456789012345678)", at,
                  R"(.01,"col-t":"2024-02-29T00:00:0)", at,
                  R"(.123Z","col-ntz":"1960-01-01T00:00:0)", at, R"(.999","col-date":"000)", at,
                  R"(-01-01","col-s":"é\")", at, R"(","col-in":{"col-a":)", at, "}}");
  };
  return Concat(R"({"numRecords":9,"minValues":)", bounds(n), ",\"maxValues\":", bounds(n + 1),
                R"(,"nullCount":{"col-x":0,"col-list":2,"col-bin":9,"col-in":{"col-a":1}})", more,
                "}");
}

class StructStatsCheckpoint : public ::testing::TestWithParam<const char*> {
 protected:
  /// A table with files a to e; the parameter says which statistics its checkpoints have.
  void SetUp() override {
    const std::string fields[] = {
        Field("p", "\"date\""),
        Field("x", "\"long\""),
        Field("byte", "\"byte\""),
        Field("f", "\"float\""),
        Field("dbl", "\"double\""),
        Field("dec", "\"decimal(9,2)\""),
        Field("wide", "\"decimal(38,2)\""),
        Field("t", "\"timestamp\""),
        Field("ntz", "\"timestamp_ntz\""),
        Field("date", "\"date\""),
        Field("s", "\"string\""),
        Field("bool", "\"boolean\""),
        Field("bin", "\"binary\""),
        Field("list", R"({"type":"array","elementType":"long","containsNull":true})"),
        Field("in", Concat(R"({"type":"struct","fields":[)", Field("a", "\"integer\""), "]}"))};
    std::string schema;
    for (const std::string& field : fields) schema += (schema.empty() ? "" : ",") + field;
    Put(CommitFileName(Version{0}),
        Concat(
            R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["columnMapping","timestampNtz"],"writerFeatures":["columnMapping","timestampNtz"]}})",
            "\n",
            R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)",
            Quoted(Concat(R"({"type":"struct","fields":[)", schema, "]}")),
            R"(,"partitionColumns":["p"],"configuration":{"delta.columnMapping.mode":"name",)",
            GetParam(), R"(},"createdTime":1}})", "\n", AddLine("a", "\"2024-01-01\"", Stats(1)),
            AddLine("b", "null", Stats(3, ",\"tightBounds\":false")),
            AddLine("c", "\"2024-01-01\"", ""),
            AddLine("d", "\"2024-01-02\"", R"({"numRecords":0})"),
            AddLine("e", "\"2024-01-02\"", "{}")));
  }

  void Put(const std::string& name, const std::string& text) {
    ASSERT_THAT(store_->Put("_delta_log/" + name, text), IsOk());
  }

  SnapshotPtr Load() {
    const auto snapshot = Table::Of(store_)->Load();
    EXPECT_THAT(snapshot, IsOk());
    return *snapshot;
  }

  static std::string Listed(const SnapshotPtr& snapshot) {
    auto reader = MakeFileTable(snapshot, FileTableFormat::kActionsFlat, nullptr);
    EXPECT_THAT(reader, IsOk());
    const auto table = (*reader)->ToTable();
    EXPECT_TRUE(table.ok()) << table.status().ToString();
    EXPECT_TRUE((*table)->ValidateFull().ok());
    return (*(*table)->CombineChunks())->ToString();
  }

  static std::vector<std::string> Kept(const SnapshotPtr& snapshot, const std::string& predicate) {
    FileListOptions options;
    options.columns = FileColumns::PathOnly();
    const auto bound = BindPredicate(*ParsePredicate(predicate), *snapshot->schema());
    EXPECT_THAT(bound, IsOk());
    options.predicate = *bound;
    auto files = snapshot->ListFiles(std::move(options));
    EXPECT_THAT(files, IsOk());
    std::vector<std::string> out;
    while (true) {
      const auto batch = (*files)->Next();
      EXPECT_THAT(batch, IsOk());
      if (*batch == nullptr) break;
      for (int64_t i = 0; i < (*batch)->num_rows(); ++i)
        out.push_back(AddFromBatch(**batch, i).path);
    }
    std::ranges::sort(out);
    return out;
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

constexpr char kStructAlone[] =
    R"("delta.checkpoint.writeStatsAsJson":"false","delta.checkpoint.writeStatsAsStruct":"true")";
constexpr char kBoth[] = R"("delta.checkpoint.writeStatsAsStruct":"true")";
constexpr char kText[] = R"("delta.checkpoint.writeStatsAsJson":"true")";

TEST_P(StructStatsCheckpoint, HasTheStatisticsOfItsCommits) {
  const SnapshotPtr before = Load();
  // Twice, the second time from the first one's statistics.
  for (int64_t version = 0; version < 2; ++version) {
    if (version > 0) {
      Put(CommitFileName(Version{version}), "{\"commitInfo\":{}}\n");
    }
    const SnapshotPtr snapshot = Load();
    ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
    ASSERT_THAT(store_->Delete("_delta_log/" + CommitFileName(Version{version})), IsOk());
    if (version > 0) {
      ASSERT_THAT(store_->Delete("_delta_log/" + ClassicCheckpointFileName(Version{0})), IsOk());
    }
    const SnapshotPtr after = Load();
    ASSERT_EQ(after->segment().checkpoint_version, Version{version});
    EXPECT_EQ(Listed(after), Listed(before));
    for (const char* predicate :
         {"x = 1", "x = 4", "byte > 3", "f > 2.2", "dbl < -3", "dec = -4.25", "dec > -1.0",
          "wide > 12345678901234567890123456784.01", "t > TIMESTAMP '2024-02-29 00:00:03Z'",
          "ntz < TIMESTAMP_NTZ '1960-01-01 00:00:02'", "date > DATE '0003-06-01'", "s = 'é\"1'",
          "s > 'é\"3'", "`in`.a = 4", "bin IS NOT NULL", "list IS NULL",
          "p = DATE '2024-01-01' AND x = 1"}) {
      EXPECT_EQ(Kept(after, predicate), Kept(before, predicate)) << predicate;
    }
    EXPECT_THAT(Kept(after, "x = 3"), ElementsAre("b", "c", "d", "e"));
  }
}

TEST_P(StructStatsCheckpoint, HasTheColumnsThatTheTableWants) {
  ASSERT_THAT(WriteCheckpoint(*Load()), IsOk());
  const auto file = CheckpointFile::Open(*MakeLogStore(store_),
                                         ClassicCheckpointFileName(Version{0}), std::nullopt, true);
  ASSERT_THAT(file, IsOk());
  const auto has = [&](std::vector<std::string> path) {
    const auto leaf = FindLeaf((*file)->schema(), path);
    EXPECT_THAT(leaf, IsOk());
    return leaf->has_value();
  };
  const std::string wanted = GetParam();
  EXPECT_EQ(has({"add", "stats"}), wanted != kStructAlone);
  EXPECT_EQ(has({"add", "stats_parsed", "numRecords"}), wanted != kText);
  EXPECT_EQ(has({"add", "stats_parsed", "tightBounds"}), wanted != kText);
  EXPECT_EQ(has({"add", "stats_parsed", "maxValues", "col-in", "col-a"}), wanted != kText);
  EXPECT_EQ(has({"add", "partitionValues_parsed", "col-p"}), wanted != kText);
}

TEST_P(StructStatsCheckpoint, CountsRowsWithoutReadingBounds) {
  Put(CommitFileName(Version{1}),
      "{\"remove\":{\"path\":\"c\",\"dataChange\":true}}\n{\"remove\":{\"path\":\"e\","
      "\"dataChange\":true}}\n");
  ASSERT_THAT(WriteCheckpoint(*Load()), IsOk());
  const auto totals = Load()->Totals();
  ASSERT_THAT(totals, IsOk());
  EXPECT_EQ(totals->num_files, 3);
  EXPECT_EQ(totals->num_rows, 18);
}

INSTANTIATE_TEST_SUITE_P(Properties, StructStatsCheckpoint,
                         ::testing::Values(kStructAlone, kBoth, kText), [](const auto& info) {
                           const std::string wanted = info.param;
                           return wanted == kStructAlone ? "StructAlone"
                                  : wanted == kBoth      ? "Both"
                                                         : "Text";
                         });

}  // namespace
}  // namespace deltaic
