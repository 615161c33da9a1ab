#include "scan/changes.h"

#include <span>

#include "base/z85.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/read/data_file_testing.h"
#include "expr/parser.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;
using testing::TableOf;
using testing::WriteParquet;

constexpr char kProtocol[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":4}})";
const std::string kIdField =
    R"({\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}})";
const std::string kPartField =
    R"({\"name\":\"p\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}})";

std::string MetadataLine(const std::string& fields = kIdField, const std::string& feed = "true",
                         const std::string& partition_columns = "", const std::string& more = "") {
  return R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[)" +
         fields + R"(]}","partitionColumns":[)" + partition_columns +
         R"(],"configuration":{"delta.enableChangeDataFeed":")" + feed + "\"" + more + "}}}";
}
std::string FileAction(const std::string& action, const std::string& path,
                       const std::string& more = "", const std::string& partition = "") {
  return Concat("{\"", action, R"(":{"path":")", path, R"(","partitionValues":{)", partition,
                R"(},"size":0,"modificationTime":1,"dataChange":)",
                action == "cdc" ? "false" : "true", more, "}}");
}
std::string Inline(const std::vector<int64_t>& rows) {
  DeletionVector vector;
  for (const int64_t row : rows) vector.Add(row);
  const std::string bytes = vector.Serialize();
  std::string padded = bytes;
  while (padded.size() % 4 != 0) padded.push_back('\0');
  const std::string text = Z85Encode(std::as_bytes(std::span(padded)));
  return Concat(R"(,"deletionVector":{"storageType":"i","pathOrInlineDv":")", text,
                R"(","sizeInBytes":)", bytes.size(), R"(,"cardinality":)", rows.size(), "}");
}

/// Tables written by hand in memory: column id, maybe others.
class ChangesTest : public ::testing::Test {
 protected:
  void Commit(int64_t version, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    ASSERT_THAT(store_->Put("_delta_log/" + CommitFileName(Version{version}), text), IsOk());
  }
  void File(const std::string& path, const std::string& ids, const std::string& kinds = "") {
    std::vector<std::pair<std::shared_ptr<arrow::Field>, std::string>> columns = {
        {arrow::field("id", arrow::int64()), ids}};
    if (!kinds.empty()) columns.emplace_back(arrow::field("_change_type", arrow::utf8()), kinds);
    testing::ParquetOptions options;
    options.rows_per_group = 3;
    WriteParquet(*store_, path, *TableOf(columns), options);
  }
  /// Version 0: files a (0 to 5) and b (6, 7). 1: delete of 6 with a change data file. 2: an empty
  /// commit. 3: update of 1 to 10.
  void MakeSmallTable() {
    File("a", "[0, 1, 2, 3, 4, 5]");
    File("b", "[6, 7]");
    Commit(0, {kProtocol, MetadataLine(), FileAction("add", "a"), FileAction("add", "b")});
    File("_change_data/c1", "[6]", R"(["delete"])");
    File("b2", "[7]");
    Commit(1, {FileAction("remove", "b"), FileAction("add", "b2"),
               FileAction("cdc", "_change_data/c1")});
    Commit(2, {});
    File("_change_data/c3", "[1, 10]", R"(["update_preimage", "update_postimage"])");
    File("a2", "[0, 10, 2, 3, 4, 5]");
    Commit(3, {FileAction("remove", "a"), FileAction("add", "a2"),
               FileAction("cdc", "_change_data/c3")});
  }

  static ChangesOptions Range(int64_t from, std::optional<int64_t> to = std::nullopt) {
    ChangesOptions options;
    options.from_version = Version{from};
    if (to) options.to_version = Version{*to};
    return options;
  }

  Result<std::unique_ptr<Scan>> Open(ChangesOptions options) {
    const auto table = Table::Of(store_);
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, table->Load());
    return OpenChanges(*table, newest, std::move(options));
  }

  Result<std::shared_ptr<arrow::Table>> Read(ChangesOptions options) {
    DELTAIC_ASSIGN_OR_RETURN(auto changes, Open(std::move(options)));
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(auto batch, changes->Next());
      if (batch == nullptr) break;
      batches.push_back(std::move(batch));
    }
    metrics_ = changes->metrics();
    DELTAIC_ASSIGN_OR_RETURN(auto table,
                             arrow::Table::FromRecordBatches(changes->schema(), batches));
    return table;
  }

  /// "1 delete 6" for each row: version, kind, id.
  Result<std::vector<std::string>> Rows(ChangesOptions options) {
    DELTAIC_ASSIGN_OR_RETURN(auto table, Read(std::move(options)));
    DELTAIC_ASSIGN_OR_RETURN(table, table->CombineChunks());
    std::vector<std::string> rows;
    const auto text = [&](const char* column, int64_t row) {
      return (*table->GetColumnByName(column)->GetScalar(row))->ToString();
    };
    for (int64_t row = 0; row < table->num_rows(); ++row) {
      rows.push_back(Concat(text("_commit_version", row), ' ', text("_change_type", row), ' ',
                            text("id", row)));
    }
    return rows;
  }

  void ExpectRows(ChangesOptions options, const std::vector<std::string>& expected) {
    const auto rows = Rows(std::move(options));
    ASSERT_THAT(rows, IsOk());
    EXPECT_EQ(*rows, expected);
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  ScanMetrics metrics_;
};

TEST_F(ChangesTest, CommitsComeInOrderFromChangeDataFilesOrElseFromTheFilesThemselves) {
  MakeSmallTable();
  ExpectRows(Range(0), {"0 insert 0", "0 insert 1", "0 insert 2", "0 insert 3", "0 insert 4",
                        "0 insert 5", "0 insert 6", "0 insert 7", "1 delete 6",
                        "3 update_preimage 1", "3 update_postimage 10"});
  ExpectRows(Range(1, 2), {"1 delete 6"});
  ExpectRows(Range(2, 2), {});
}

TEST_F(ChangesTest, SchemaIsTheTablesWithThreeColumnsMore) {
  MakeSmallTable();
  const auto changes = Open(Range(2, 2));
  ASSERT_THAT(changes, IsOk());
  const auto expected = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("_change_type", arrow::utf8()),
       arrow::field("_commit_version", arrow::int64()),
       arrow::field("_commit_timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
  EXPECT_TRUE((*changes)->schema()->Equals(*expected)) << (*changes)->schema()->ToString();
}

TEST_F(ChangesTest, TimestampsAreTheHistorys) {
  MakeSmallTable();
  // From here on commits have times of their own.
  Commit(
      4,
      {R"({"commitInfo":{"inCommitTimestamp":1900000000123}})",
       R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["changeDataFeed","inCommitTimestamp"]}})",
       MetadataLine(kIdField, "true", "",
                    R"(,"delta.enableInCommitTimestamps":"true")"
                    R"(,"delta.inCommitTimestampEnablementVersion":"4")"
                    R"(,"delta.inCommitTimestampEnablementTimestamp":"1900000000123")"),
       FileAction("remove", "b2")});
  const auto history = Table::Of(store_)->History(std::nullopt);
  ASSERT_THAT(history, IsOk());
  const auto table = Read(Range(0));
  ASSERT_THAT(table, IsOk());
  const auto combined = *(*table)->CombineChunks();
  const auto column = [&](const char* name) { return combined->GetColumnByName(name)->chunk(0); };
  const auto& versions = static_cast<const arrow::Int64Array&>(*column("_commit_version"));
  const auto& times = static_cast<const arrow::TimestampArray&>(*column("_commit_timestamp"));
  for (int64_t row = 0; row < versions.length(); ++row) {
    const HistoryEntry& entry = (*history)[static_cast<size_t>(4 - versions.Value(row))];
    EXPECT_EQ(times.Value(row), entry.timestamp.value * 1000) << versions.Value(row);
  }
  EXPECT_EQ(times.Value(versions.length() - 1), 1900000000123000);
}

TEST_F(ChangesTest, WholeFilesAreDeletedBeforeOthersAreInsertedWithoutTheirDeletedRows) {
  MakeSmallTable();
  File("d", "[20, 21, 22]");
  Commit(4, {FileAction("add", "d", Inline({1}))});
  Commit(5, {FileAction("add", "b"), FileAction("remove", "d", Inline({1}))});
  ExpectRows(Range(4), {"4 insert 20", "4 insert 22", "5 delete 20", "5 delete 22", "5 insert 6",
                        "5 insert 7"});
}

TEST_F(ChangesTest, ReplacedDeletionVectorsGiveTheRowsThatDiffer) {
  MakeSmallTable();
  Commit(4, {FileAction("remove", "a2"), FileAction("add", "a2", Inline({1, 5}))});
  Commit(5, {FileAction("remove", "a2", Inline({1, 5})), FileAction("add", "a2", Inline({0, 5}))});
  Commit(6, {FileAction("remove", "a2", Inline({0, 5})),
             FileAction("add", "a2", Inline({0, 3, 4, 5}))});
  Commit(7, {FileAction("remove", "a2", Inline({0, 3, 4, 5})), FileAction("add", "a2")});
  ExpectRows(Range(4), {"4 delete 10", "4 delete 5", "5 delete 0", "5 insert 10", "6 delete 3",
                        "6 delete 4", "7 insert 0", "7 insert 3", "7 insert 4", "7 insert 5"});
  ExpectRows(Range(6, 6), {"6 delete 3", "6 delete 4"});
  EXPECT_EQ(metrics_.rows_read, 3) << "only the row group with the rows is read";
}

TEST_F(ChangesTest, ADeletionVectorBeyondTheFileIsCorruption) {
  MakeSmallTable();
  Commit(4, {FileAction("remove", "a2"), FileAction("add", "a2", Inline({1, 6}))});
  EXPECT_THAT(Rows(Range(4)),
              StatusIs(StatusCode::kCorruption, AllOf(HasSubstr("version 4"), HasSubstr("row 6"))));
}

TEST_F(ChangesTest, ProjectionAndPredicatesTakeTheFeedsColumnsToo) {
  MakeSmallTable();
  struct Case {
    const char* predicate;
    std::vector<std::string> rows;
    int64_t files_read;
  };
  const Case cases[] = {
      {"_change_type = 'delete'", {"1 delete 6"}, 2},
      {"_change_type LIKE 'update%' AND id = 10", {"3 update_postimage 10"}, 2},
      {"_commit_version > 0 AND _commit_version < 3", {"1 delete 6"}, 1},
      {"_commit_version IN (0, 3) AND id = 1", {"0 insert 1", "3 update_preimage 1"}, 3},
      {"_commit_version > 9", {}, 0},
      {"_commit_timestamp < timestamp '1980-01-01 00:00:00'", {}, 0},
      {"id IN (6, 7)", {"0 insert 6", "0 insert 7", "1 delete 6"}, 4},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.predicate);
    ChangesOptions options = Range(0);
    options.scan.predicate = *ParsePredicate(test.predicate);
    ExpectRows(std::move(options), test.rows);
    EXPECT_EQ(metrics_.files_read, test.files_read);
  }
  ChangesOptions options = Range(0);
  options.scan.columns = {"_commit_version"};
  options.scan.limit = 3;
  const auto table = Read(std::move(options));
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->num_columns(), 1);
  EXPECT_EQ((*table)->num_rows(), 3);
}

TEST_F(ChangesTest, DictionaryStringsCoverTheKindOfChange) {
  MakeSmallTable();
  ChangesOptions options = Range(0);
  options.scan.dictionary_strings = true;
  const auto table = Read(std::move(options));
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->num_rows(), 11);
  EXPECT_EQ((*table)->schema()->GetFieldByName("_change_type")->type()->id(),
            arrow::Type::DICTIONARY);
}

TEST_F(ChangesTest, VersionsWithoutTheFeedAreRefusedWithTheVersionToStartFrom) {
  File("a", "[0]");
  Commit(0, {kProtocol, MetadataLine(kIdField, "false"), FileAction("add", "a")});
  Commit(1, {FileAction("remove", "a")});
  EXPECT_THAT(Rows(Range(0)), StatusIs(StatusCode::kInvalidArgument,
                                       AllOf(HasSubstr("off at version 0"),
                                             HasSubstr("delta.enableChangeDataFeed"))));
  Commit(2, {MetadataLine()});
  Commit(3, {FileAction("add", "a")});
  Commit(4, {MetadataLine(kIdField, "false")});
  EXPECT_THAT(Rows(Range(0)),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("off at version 0"), HasSubstr("on from version 2"))));
  EXPECT_THAT(Rows(Range(1)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("version 1")));
  EXPECT_THAT(Rows(Range(2)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("off at version 4")));
  ExpectRows(Range(2, 3), {"3 insert 0"});
}

TEST_F(ChangesTest, RangesOutsideOfTheTableAreErrorsUnlessAllowed) {
  MakeSmallTable();
  const auto newest = Table::Of(store_)->Load();
  ASSERT_THAT(newest, IsOk());
  const int64_t now = (*newest)->timestamp()->value;
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  struct Case {
    const char* name;
    ChangesOptions options;
    const char* message;
  };
  std::vector<Case> cases = {{"start after the newest", Range(4), "newest version"},
                             {"end before start", Range(3, 2), "before they start at version 3"},
                             {"start time after the last", {}, "after the last commit"},
                             {"end time before the first", {}, "before the first commit"}};
  cases[2].options.from_time = TimestampMs{now + kDayMs};
  cases[3].options.to_time = TimestampMs{now - kDayMs};
  for (Case& test : cases) {
    SCOPED_TRACE(test.name);
    const auto rows = Rows(test.options);
    ASSERT_FALSE(rows.ok());
    EXPECT_THAT(rows.status().message(), HasSubstr(test.message));
    test.options.allow_out_of_range = true;
    ExpectRows(test.options, {});
  }
  EXPECT_THAT(Rows(Range(-1)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("-1")));
  ExpectRows(Range(3, 99), {"3 update_preimage 1", "3 update_postimage 10"});
}

TEST_F(ChangesTest, TimesMeanTheCommitsBetweenThem) {
  const auto commit = [&](int64_t version, int64_t time, const std::string& path) {
    std::vector<std::string> lines = {Concat(R"({"commitInfo":{"inCommitTimestamp":)", time, "}}"),
                                      FileAction("add", path)};
    if (version == 0) {
      lines.push_back(
          R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["inCommitTimestamp","changeDataFeed"]}})");
      lines.push_back(
          MetadataLine(kIdField, "true", "", R"(,"delta.enableInCommitTimestamps":"true")"));
    }
    File(path, Concat("[", version, "]"));
    Commit(version, lines);
  };
  commit(0, 1000, "a");
  commit(1, 2000, "b");
  commit(2, 3000, "c");
  const auto between = [](std::optional<int64_t> from, std::optional<int64_t> to) {
    ChangesOptions options;
    if (from) options.from_time = TimestampMs{*from};
    if (to) options.to_time = TimestampMs{*to};
    return options;
  };
  ExpectRows(between(2000, {}), {"1 insert 1", "2 insert 2"});
  ExpectRows(between(2001, {}), {"2 insert 2"});
  ExpectRows(between(10, 2999), {"0 insert 0", "1 insert 1"});
  ExpectRows(between({}, 5000), {"0 insert 0", "1 insert 1", "2 insert 2"});
  ExpectRows(between(2001, 2002), {});
  EXPECT_THAT(Rows(between(2900, 1500)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("end")));
  ChangesOptions both = between(10, {});
  both.from_version = Version{2};
  ExpectRows(both, {"2 insert 2"});
}

TEST_F(ChangesTest, CommitsThatWereCleanedUpAreNamed) {
  // The newest version is known from before the cleanup.
  MakeSmallTable();
  const auto table = Table::Of(store_);
  const auto newest = table->Load();
  ASSERT_THAT(newest, IsOk());
  ASSERT_THAT(store_->Delete("_delta_log/" + CommitFileName(Version{0})), IsOk());
  EXPECT_THAT(OpenChanges(*table, *newest, Range(0)),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("version 0"), HasSubstr("from version 1 on"))));
  ASSERT_THAT(store_->Delete("_delta_log/" + CommitFileName(Version{2})), IsOk());
  EXPECT_THAT(OpenChanges(*table, *newest, Range(1)),
              StatusIs(StatusCode::kNotFound, HasSubstr("version 2")));
  EXPECT_THAT(OpenChanges(*table, *newest, Range(3)), IsOk())
      << "no version before the newest need be loaded";
}

TEST_F(ChangesTest, FilesRemovedByVacuumAreNamedWithTheirVersion) {
  MakeSmallTable();
  ASSERT_THAT(store_->Delete("_change_data/c3"), IsOk());
  EXPECT_THAT(Rows(Range(0)), StatusIs(StatusCode::kNotFound,
                                       AllOf(HasSubstr("version 3"), HasSubstr("_change_data/c3"),
                                             HasSubstr("vacuum"))));
  ExpectRows(Range(1, 2), {"1 delete 6"});
}

TEST_F(ChangesTest, AChangeDataFileWithoutKindsIsCorruption) {
  MakeSmallTable();
  File("_change_data/c3", "[1, 10]");
  EXPECT_THAT(Rows(Range(3)),
              StatusIs(StatusCode::kCorruption,
                       AllOf(HasSubstr("version 3"), HasSubstr("no column _change_type"))));
}

TEST_F(ChangesTest, RowsHaveTheSchemaOfTheLastVersion) {
  const std::string small =
      R"({\"name\":\"id\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}})";
  WriteParquet(*store_, "a", *TableOf({{arrow::field("id", arrow::int32()), "[1]"}}));
  Commit(0, {kProtocol, MetadataLine(small), FileAction("add", "a")});
  Commit(1, {MetadataLine(kIdField + "," + kPartField), FileAction("remove", "a")});
  const auto widened = Read(Range(0));
  ASSERT_THAT(widened, IsOk());
  EXPECT_EQ((*widened)->schema()->GetFieldByName("id")->type()->id(), arrow::Type::INT64);
  EXPECT_EQ((*widened)->GetColumnByName("p")->null_count(), 2);
  const auto before = Read(Range(0, 0));
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ((*before)->schema()->GetFieldByName("id")->type()->id(), arrow::Type::INT32);

  Commit(2, {MetadataLine(kPartField)});
  EXPECT_THAT(Rows(Range(1)), StatusIs(StatusCode::kInvalidArgument,
                                       AllOf(HasSubstr("version 1"), HasSubstr("column id"))));
}

std::string Stats(int64_t min, int64_t max, const std::string& tight = "true") {
  return Concat(R"(,"stats":"{\"numRecords\":2,\"tightBounds\":)", tight,
                R"(,\"minValues\":{\"id\":)", min, R"(},\"maxValues\":{\"id\":)", max,
                R"(},\"nullCount\":{\"id\":0}}")");
}

TEST_F(ChangesTest, StatisticsPruneWhatWasAddedAndRemoved) {
  File("a", "[1, 2]");
  File("b", "[5, 6]");
  File("c", "[1, 9]");
  File("_change_data/c", "[2]", R"(["delete"])");
  Commit(0, {kProtocol, MetadataLine(), FileAction("add", "a", Stats(1, 2)),
             FileAction("add", "b", Stats(5, 6)), FileAction("add", "c")});
  Commit(1, {FileAction("remove", "a", Stats(1, 2)), FileAction("remove", "b")});
  Commit(2, {FileAction("cdc", "_change_data/c", Stats(7, 8))});
  ChangesOptions options = Range(0);
  options.scan.predicate = *ParsePredicate("id >= 5");
  ExpectRows(options, {"0 insert 5", "0 insert 6", "0 insert 9", "1 delete 5", "1 delete 6"});
  EXPECT_EQ(metrics_.files.files_total, 6);
  EXPECT_EQ(metrics_.files.files_pruned_stats, 2);
  EXPECT_EQ(metrics_.files.files_pruned_partition, 0);
  EXPECT_EQ(metrics_.files_read, 4);

  // Of a feed's own columns no statistics are needed; together with others they prune, too.
  options.scan.predicate = *ParsePredicate("_change_type = 'delete' OR id = 1");
  ExpectRows(options, {"0 insert 1", "0 insert 1", "1 delete 1", "1 delete 2", "1 delete 5",
                       "1 delete 6", "2 delete 2"});
  EXPECT_EQ(metrics_.files.files_pruned_stats, 1);
  options.scan.predicate = *ParsePredicate("_change_type = 'delete' AND _commit_version < 2");
  ExpectRows(options, {"1 delete 1", "1 delete 2", "1 delete 5", "1 delete 6"});
  EXPECT_EQ(metrics_.files.files_pruned_partition, 3);
}

TEST_F(ChangesTest, TightStatisticsOfTheRowsLeftDoNotHideTheRowsThatWent) {
  File("a", "[1, 9]");
  Commit(0, {kProtocol, MetadataLine(), FileAction("add", "a", Stats(1, 9))});
  // Row 9 goes, and the new bounds are without it; then it comes back, and the old ones are.
  Commit(1, {FileAction("remove", "a", Stats(1, 9)),
             FileAction("add", "a", Inline({1}) + Stats(1, 1))});
  Commit(2, {FileAction("remove", "a", Inline({1}) + Stats(1, 1)),
             FileAction("add", "a", Stats(1, 9))});
  ChangesOptions options = Range(1);
  options.scan.predicate = *ParsePredicate("id = 9");
  ExpectRows(options, {"1 delete 9", "2 insert 9"});
  options.scan.predicate = *ParsePredicate("id = 20");
  ExpectRows(options, {});
  EXPECT_EQ(metrics_.files.files_pruned_stats, 2);
}

TEST_F(ChangesTest, PartitionColumnsComeFromTheLogAndPruneFiles) {
  File("x", "[1]");
  File("y", "[2]");
  File("c", "[1, 2]", R"(["insert", "delete"])");
  Commit(0,
         {kProtocol, MetadataLine(kIdField + "," + kPartField, "true", "\"p\""),
          FileAction("add", "x", "", R"("p":"left")"), FileAction("add", "y", "", R"("p":null)")});
  Commit(1, {FileAction("cdc", "c", "", R"("p":"left")")});
  ChangesOptions options = Range(0);
  options.scan.predicate = *ParsePredicate("p = 'left'");
  ExpectRows(std::move(options), {"0 insert 1", "1 insert 1", "1 delete 2"});
  EXPECT_EQ(metrics_.files.files_pruned_partition, 1);
  EXPECT_EQ(metrics_.files_read, 2);

  Commit(2, {FileAction("add", "x")});
  EXPECT_THAT(Rows(Range(2)),
              StatusIs(StatusCode::kCorruption,
                       AllOf(HasSubstr("version 2"), HasSubstr("partition column p"))));
  Commit(3, {R"({"remove":{"path":"x","dataChange":true}})"});
  EXPECT_THAT(Rows(Range(3)),
              StatusIs(StatusCode::kCorruption, AllOf(HasSubstr("version 3"), HasSubstr("for x"))));
}

TEST_F(ChangesTest, FilesOfAnOlderPartitioningAreReadByTheirOwnValues) {
  WriteParquet(*store_, "flat",
               *TableOf({{arrow::field("id", arrow::int64()), "[1]"},
                         {arrow::field("p", arrow::utf8()), R"(["in file"])"}}));
  File("parted", "[1]");
  const std::string fields = kIdField + "," + kPartField;
  Commit(0, {kProtocol, MetadataLine(fields), FileAction("add", "flat")});
  Commit(1, {MetadataLine(fields, "true", "\"p\""), FileAction("remove", "flat"),
             FileAction("add", "parted", "", R"("p":"in log")")});
  const auto table = Read(Range(0));
  ASSERT_THAT(table, IsOk());
  const auto p = (*(*table)->CombineChunks())->GetColumnByName("p")->chunk(0);
  EXPECT_TRUE(p->Equals(testing::ArrayOf(arrow::utf8(), R"(["in file", "in file", "in log"])")))
      << p->ToString();
}

TEST_F(ChangesTest, MappedColumnsAreFoundByPhysicalNameAndTheKindByItsOwn) {
  const std::string mapped =
      R"({\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"delta.columnMapping.id\":1,\"delta.columnMapping.physicalName\":\"col-1\"}})";
  WriteParquet(*store_, "c",
               *TableOf({{arrow::field("col-1", arrow::int64()), "[5]"},
                         {arrow::field("_change_type", arrow::utf8()), R"(["insert"])"}}));
  WriteParquet(*store_, "a", *TableOf({{arrow::field("col-1", arrow::int64()), "[5]"}}));
  Commit(0, {R"({"protocol":{"minReaderVersion":2,"minWriterVersion":5}})",
             MetadataLine(mapped, "true", "", R"(,"delta.columnMapping.mode":"name")"),
             FileAction("cdc", "c")});
  Commit(1, {FileAction("add", "a")});
  ExpectRows(Range(0), {"0 insert 5", "1 insert 5"});
}

TEST_F(ChangesTest, TablesWithAColumnOfTheFeedsAreRefused) {
  Commit(
      0,
      {kProtocol,
       MetadataLine(
           R"({\"name\":\"_commit_version\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}})")});
  EXPECT_THAT(Rows(Range(0)),
              StatusIs(StatusCode::kUnsupported, HasSubstr("column _commit_version")));
}

TEST_F(ChangesTest, LongRangesAreReadWindowByWindow) {
  // More commits than one window has: what is wrong in a later one shows when it is reached.
  constexpr int64_t kVersions = 4200;
  File("a", "[0]");
  Commit(0, {kProtocol, MetadataLine(), FileAction("add", "a")});
  for (int64_t version = 1; version < kVersions; ++version) Commit(version, {});
  Commit(kVersions - 1, {FileAction("remove", "a")});
  ExpectRows(Range(0), {"0 insert 0", Concat(kVersions - 1, " delete 0")});
  Commit(kVersions, {MetadataLine(kIdField, "false")});
  const auto changes = Open(Range(0));
  ASSERT_THAT(changes, IsOk());
  const auto first = (*changes)->Next();
  const auto status = first.ok() ? (*changes)->Next().status() : first.status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
}

}  // namespace
}  // namespace deltaic
