#include "ops/commit_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "expr/parser.h"
#include "ops/create.h"
#include "ops/delete.h"
#include "ops/write.h"
#include "protocol/actions_json.h"
#include "protocol/schema_json.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReadIds;
using testing::Rows;
using testing::RowsOfDay;
using ::testing::SizeIs;
using testing::StatusIs;

class CommitFilesTest : public ::testing::Test {
 protected:
  void MakeTable(StringMap properties = {}, bool partitioned = true) {
    WriteOptions options{.mode = SaveMode::kAppend, .properties = std::move(properties)};
    if (partitioned) options.partition_by = {{"day"}};
    ASSERT_THAT(WriteTable(table_, nullptr, RowsOfDay({1}, "mon"), options), IsOk());
  }
  std::string Written(const std::vector<int64_t>& ids, const std::string& day = "mon") {
    const auto rows = RowsOfDay(ids, day);
    const auto written = WriteFiles(table_, nullptr, *rows, {});
    EXPECT_THAT(written, IsOk());
    return written.ok() ? written->list : "";
  }
  Result<CommitFilesResult> Commit(const std::string& list, CommitFilesOptions options = {}) {
    DELTAIC_ASSIGN_OR_RETURN(options.files, ParseFileList(list));
    return CommitFiles(table_, nullptr, options);
  }
  /// The list with one add after `change`.
  template <typename Change>
  std::string Changed(const std::string& list, Change change) {
    Add add = ParseFileList(list)->adds.at(0);
    change(add);
    return FormatAction(add);
  }
  SnapshotPtr Load() { return *table_->Load(); }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(CommitFilesTest, NothingIsSeenBeforeTheCommitAndAllAfterIt) {
  MakeTable();
  const std::string lists = Written({2, 3}) + Written({4}, "tue");
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(3));
  const auto result = Commit(lists);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{1});
  EXPECT_EQ(result->num_added_files, 2);
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2, 3, 4));
}

TEST_F(CommitFilesTest, RowsKeepTheTablesRulesWhenTheyAreWritten) {
  MakeTable({{"delta.constraints.small", "id < 10"}});
  const auto rows = Rows({11});
  EXPECT_THAT(WriteFiles(table_, nullptr, *rows, {}), StatusIs(StatusCode::kConstraintViolated));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(CommitFilesTest, ATransactionIsCommittedOnce) {
  MakeTable();
  const CommitFilesOptions options{.transactions = {{.app_id = "load", .version = 7}}};
  const std::string list = Written({2});
  ASSERT_THAT(Commit(list, options), IsOk());
  const auto again = Commit(list, options);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->was_there);
  EXPECT_FALSE(again->version.has_value());
  EXPECT_EQ(Load()->version(), Version{1});
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 2));
}

TEST_F(CommitFilesTest, OfTwoEqualCallsThatRaceOneCommits) {
  MakeTable();
  const SnapshotPtr base = Load();
  CommitFilesOptions options{.transactions = {{.app_id = "load", .version = 7}}};
  options.files = *ParseFileList(Written({2}));
  ASSERT_THAT(CommitFiles(table_, base, options), IsOk());
  const auto late = CommitFiles(table_, base, options);
  ASSERT_THAT(late, IsOk());
  EXPECT_TRUE(late->was_there);
}

TEST_F(CommitFilesTest, OverwriteTakesTheOthersOrThoseOfPartitionsOut) {
  MakeTable();
  ASSERT_THAT(Commit(Written({2}, "tue")), IsOk());
  CommitFilesOptions tuesday{.overwrite = true, .replace_where = *ParsePredicate("day = 'tue'")};
  EXPECT_THAT(Commit(Written({3}, "wed"), tuesday),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("does not overwrite")));
  ASSERT_THAT(Commit(Written({4}, "tue"), tuesday), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 4));
  ASSERT_THAT(Commit(Written({5}, "wed"), {.overwrite = true}), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(5));
  tuesday.replace_where = *ParsePredicate("id = 1");
  EXPECT_THAT(Commit(Written({6}, "tue"), tuesday),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("by partition only")));
}

TEST_F(CommitFilesTest, RemovesNameLiveFiles) {
  MakeTable();
  const Add old = testing::LiveFiles(Load()).at(0);
  const std::string remove = FormatAction(Remove{.path = old.path, .data_change = false});
  const std::string compacted = Changed(Written({1}), [](Add& add) { add.data_change = false; });
  ASSERT_THAT(Commit(compacted + "\n" + remove), IsOk());
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1));
  EXPECT_THAT(Commit(remove), StatusIs(StatusCode::kInvalidArgument, HasSubstr("no file of")));
  EXPECT_THAT(Commit(remove, {.overwrite = true}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(CommitFilesTest, FilesThatAreNotWhatIsSaidAreRefused) {
  MakeTable();
  const std::string list = Written({2});
  const Version before = Load()->version();
  const auto refused = [&](auto change, const std::string& why) {
    EXPECT_THAT(Commit(Changed(list, change)),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(why)));
  };
  refused([](Add& add) { add.size += 1; }, "bytes, not");
  refused([](Add& add) { add.path = "day=mon/gone.parquet"; }, "no such file");
  refused([](Add& add) { add.path = "../other.parquet"; }, "add of ../other.parquet");
  refused([](Add& add) { add.path = "s3://other/x.parquet"; }, "add of s3://other/x.parquet");
  refused([](Add& add) { add.path = "_delta_log/00000000000000000000.json"; }, "no data");
  refused([](Add& add) { add.partition_values.clear(); }, "no value for");
  refused([](Add& add) { add.partition_values.emplace_back("x", "1"); }, "not partitioned by x");
  refused([](Add& add) { add.stats = "[1"; }, "statistics");
  refused([](Add& add) { add.base_row_id = 0; }, "given by the table");
  refused([](Add& add) { add.deletion_vector.emplace(); }, "given by the table");
  const std::string twice = Changed(list, [](Add& add) { add.path = "./" + add.path; });
  EXPECT_THAT(Commit(list + twice), StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_EQ(Load()->version(), before);
  EXPECT_THAT(Commit(list), IsOk());
}

TEST_F(CommitFilesTest, LinesThatAreNoFilesAreRefusedByNumber) {
  for (const char* line : {"{\"txn\":{\"appId\":\"a\",\"version\":1}}", "{\"other\":{}}", "x",
                           "{\"writtenFor\":{}}", "{\"add\":{\"path\":1}}"}) {
    EXPECT_THAT(ParseFileList(std::string("\n") + line),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("line 2")))
        << line;
  }
  EXPECT_THAT(ParseFileList(" \r\n\n"), IsOk());
}

TEST_F(CommitFilesTest, ChangedColumnsOrAnotherTableRefuseTheFiles) {
  MakeTable();
  const std::string list = Written({2});
  const auto wider = RowsOfDay({3}, "mon");
  const auto renamed =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::utf8()),
                     arrow::field("more", arrow::int64())});
  const auto batch =
      *(*wider->Next())->AddColumn(2, "more", *arrow::MakeArrayOfNull(arrow::int64(), 1));
  ASSERT_THAT(WriteTable(table_, nullptr, *arrow::RecordBatchReader::Make({batch}, renamed),
                         {.mode = SaveMode::kAppend, .schema_mode = SchemaMode::kMerge}),
              IsOk());
  EXPECT_THAT(Commit(list), StatusIs(StatusCode::kConflict, HasSubstr("write them again")));
  table_ = Table::Of(MakeMemoryStore());
  MakeTable();
  EXPECT_THAT(Commit(list), StatusIs(StatusCode::kInvalidArgument, HasSubstr("another table")));
}

TEST_F(CommitFilesTest, AFileIsNotAddedBesideItselfWithDeletionVector) {
  MakeTable({{"delta.enableDeletionVectors", "true"}});
  const std::string list = Written({2, 3});
  ASSERT_THAT(Commit(list), IsOk());
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = *ParsePredicate("id = 2")}), IsOk());
  EXPECT_THAT(Commit(list), StatusIs(StatusCode::kInvalidArgument, HasSubstr("is part of")));
  EXPECT_THAT(ReadIds(Load()), ElementsAre(1, 3));
}

TEST_F(CommitFilesTest, RowIdsAreGivenByTheCommit) {
  MakeTable({{"delta.enableRowTracking", "true"}});
  const std::string list = Written({2, 3});
  ASSERT_THAT(Commit(list), IsOk());
  for (const Add& add : testing::LiveFiles(Load())) EXPECT_TRUE(add.base_row_id.has_value());
}

TEST_F(CommitFilesTest, DiscardDeletesOnlyWhatNoVersionNames) {
  MakeTable();
  const std::string kept = Written({2}), lost = Written({3});
  ASSERT_THAT(Commit(kept), IsOk());
  const CancellationToken cancel = CancellationToken::None();
  EXPECT_THAT(DiscardFiles(*table_, *ParseFileList(kept + lost), cancel),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("belongs to the table")));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(3));
  ASSERT_THAT(Commit(Written({4}), {.overwrite = true}), IsOk());
  EXPECT_THAT(DiscardFiles(*table_, *ParseFileList(kept), cancel),
              StatusIs(StatusCode::kInvalidArgument));
  const auto deleted = DiscardFiles(*table_, *ParseFileList(lost), cancel);
  ASSERT_THAT(deleted, IsOk());
  EXPECT_EQ(*deleted, 1);
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(3));
  const std::string log = FormatAction(Add{.path = "_delta_log/00000000000000000000.json"});
  EXPECT_THAT(DiscardFiles(*table_, *ParseFileList(log), cancel),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(CommitFilesTest, ATableCanBeginWithFilesThatAreThere) {
  MakeTable();
  const FileList files = *ParseFileList(Written({2}));
  CreateOptions options{.schema = Load()->schema(),
                        .partition_by = {"day"},
                        .mode = SaveMode::kOverwrite,
                        .adds = files.adds};
  const auto created = CreateTable(table_, options);
  ASSERT_THAT(created, IsOk());
  EXPECT_THAT(ReadIds(*created), ElementsAre(2));
  options.adds[0].size += 1;
  EXPECT_THAT(CreateTable(table_, options), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace deltaic
