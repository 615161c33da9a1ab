#include "log/commit_changes.h"

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

CommitChanges Parse(const std::string& lines) {
  auto changes = ParseCommitChanges(Version{7}, lines, "7.json");
  EXPECT_THAT(changes, IsOk());
  return changes.ok() ? *changes : CommitChanges();
}

std::string Dv(const std::string& id) {
  return R"(,"deletionVector":{"storageType":"u","pathOrInlineDv":")" + id +
         R"(","offset":1,"sizeInBytes":10,"cardinality":2})";
}
std::string AddLine(const std::string& path, const std::string& more = "",
                    const std::string& data_change = "true") {
  return R"({"add":{"path":")" + path +
         R"(","partitionValues":{"p":"1"},"size":5,"modificationTime":1,"dataChange":)" +
         data_change + more + "}}\n";
}
std::string RemoveLine(const std::string& path, const std::string& more = "",
                       const std::string& data_change = "true") {
  return R"({"remove":{"path":")" + path + R"(","dataChange":)" + data_change + more + "}}\n";
}
std::string CdcLine(const std::string& path) {
  return R"({"cdc":{"path":")" + path +
         R"(","partitionValues":{},"size":3,"dataChange":false}})"
         "\n";
}

/// "insert a", "delete b -dv1 +dv2": what of which file.
std::vector<std::string> Summary(const CommitChanges& changes) {
  std::vector<std::string> out;
  for (const ChangedFile& file : changes.files) {
    std::string text = file.kind == ChangeKind::kInsert   ? "insert "
                       : file.kind == ChangeKind::kDelete ? "delete "
                                                          : "recorded ";
    text += file.path;
    if (file.deletion_vector) text += " -" + file.deletion_vector->path_or_inline_dv;
    if (file.only_rows_in) text += " +" + file.only_rows_in->path_or_inline_dv;
    out.push_back(std::move(text));
  }
  return out;
}

TEST(ParseCommitChanges, AddsAreInsertsAndRemovesAreDeletesThatComeFirst) {
  const CommitChanges changes =
      Parse(AddLine("a") + RemoveLine("b", Dv("v")) + AddLine("c", Dv("w")));
  EXPECT_THAT(Summary(changes), ElementsAre("delete b -v", "insert a", "insert c -w"));
  EXPECT_EQ(changes.version, Version{7});
  EXPECT_EQ(changes.files[0].partition_values, std::nullopt);
  EXPECT_EQ(changes.files[1].partition_values, (PartitionValues{{"p", "1"}}));
  EXPECT_EQ(changes.files[1].size_bytes, 5);
}

TEST(ParseCommitChanges, ChangeDataFilesStandForTheWholeCommit) {
  EXPECT_THAT(Summary(Parse(AddLine("a") + CdcLine("x") + RemoveLine("b") + CdcLine("y"))),
              ElementsAre("recorded x", "recorded y"));
}

TEST(ParseCommitChanges, RearrangedRowsAreNoChange) {
  EXPECT_THAT(Summary(Parse(AddLine("a", "", "false") + RemoveLine("b", "", "false"))), IsEmpty());
}

TEST(ParseCommitChanges, ReplacedDeletionVectorsChangeTheRowsThatDiffer) {
  EXPECT_THAT(Summary(Parse(RemoveLine("a") + AddLine("a", Dv("new")))),
              ElementsAre("delete a +new"));
  EXPECT_THAT(Summary(Parse(RemoveLine("a", Dv("old")) + AddLine("a"))),
              ElementsAre("insert a +old"));
  const CommitChanges both = Parse(AddLine("a", Dv("new")) + RemoveLine("a", Dv("old")));
  EXPECT_THAT(Summary(both), ElementsAre("delete a -old +new", "insert a -new +old"));
  EXPECT_EQ(both.files[0].partition_values, (PartitionValues{{"p", "1"}}))
      << "the remove lacks them, the add of the same file has them";
  EXPECT_THAT(Summary(Parse(AddLine("a", Dv("same")) + RemoveLine("a", Dv("same")))), IsEmpty());
}

TEST(ParseCommitChanges, MergeThatChangedNoRowGivesNone) {
  const auto merge = [](const std::string& updated) {
    return R"({"commitInfo":{"operation":"MERGE","operationMetrics":{"numTargetRowsInserted":"0",)"
           R"("numTargetRowsUpdated":)" +
           updated +
           R"(,"numTargetRowsDeleted":"0"}}})"
           "\n" +
           RemoveLine("a") + AddLine("b");
  };
  EXPECT_THAT(Summary(Parse(merge("\"0\""))), IsEmpty());
  EXPECT_THAT(Summary(Parse(merge("0"))), IsEmpty());
  EXPECT_THAT(Summary(Parse(merge("\"1\""))), ElementsAre("delete a", "insert b"));
  EXPECT_THAT(Summary(Parse(R"({"commitInfo":{"operation":"MERGE","operationMetrics":{}}})"
                            "\n" +
                            AddLine("b"))),
              ElementsAre("insert b"))
      << "metrics that are missing prove nothing";
}

TEST(ParseCommitChanges, TakesTimeMetadataAndProtocol) {
  const CommitChanges changes = Parse(
      R"({"commitInfo":{"inCommitTimestamp":123}})"
      "\n"
      R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{}",)"
      R"("partitionColumns":["p"],"configuration":{}}})"
      "\n"
      R"({"protocol":{"minReaderVersion":1,"minWriterVersion":4}})"
      "\n");
  EXPECT_EQ(changes.in_commit_timestamp, 123);
  ASSERT_TRUE(changes.metadata && changes.protocol);
  EXPECT_THAT(changes.metadata->partition_columns, ElementsAre("p"));
  EXPECT_EQ(changes.protocol->min_writer_version, 4);
}

TEST(ParseCommitChanges, BrokenCommitsAreNamed) {
  EXPECT_THAT(ParseCommitChanges(Version{7}, "{\"add\":{", "7.json"),
              StatusIs(StatusCode::kCorruption, HasSubstr("7.json line 1")));
}

TEST(ParseCommitChanges, StatisticsAreThoseThatHoldForTheRowsThatChanged) {
  const auto stats = [](const char* name) { return Concat(R"(,"stats":")", name, "\""); };
  const std::string lines = AddLine("a", stats("added")) + RemoveLine("b", stats("removed")) +
                            RemoveLine("c") + RemoveLine("d", Dv("old") + stats("before")) +
                            AddLine("d", Dv("new") + stats("after"));
  const auto changes = ParseCommitChanges(Version{7}, lines, "7.json", true);
  ASSERT_THAT(changes, IsOk());
  EXPECT_THAT(Summary(*changes), ElementsAre("delete b", "delete c", "delete d -old +new",
                                             "insert a", "insert d -new +old"));
  std::vector<std::string> found;
  for (const ChangedFile& file : changes->files) found.push_back(file.stats);
  // Of d, what was deleted is among the rows before, what came back among those after.
  EXPECT_THAT(found, ElementsAre("removed", "", "before", "added", "after"));
  for (const ChangedFile& file : Parse(lines).files) EXPECT_EQ(file.stats, "");
}

}  // namespace
}  // namespace deltaic
