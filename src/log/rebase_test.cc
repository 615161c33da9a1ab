#include "log/rebase.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/schema.h"
#include "protocol/schema_json.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;

const SchemaPtr kSchema = DataType::Struct({
    {.name = "day", .type = DataType::Primitive(TypeId::kString)},
    {.name = "id", .type = DataType::Primitive(TypeId::kLong)},
});

Add AddOf(std::string path, std::string day, bool data_change = true) {
  return Add{.path = std::move(path),
             .partition_values = {{"day", std::move(day)}},
             .data_change = data_change};
}
Remove RemoveOf(std::string path, bool data_change = true) {
  return Remove{.path = std::move(path), .data_change = data_change};
}
CommitInfo Info(std::string operation, bool blind_append) {
  return CommitInfo{.operation = std::move(operation), .is_blind_append = blind_append};
}

ExprPtr DayIs(std::string day) {
  const DataTypePtr text = DataType::Primitive(TypeId::kString);
  return Expr::Call(Function::kEqual,
                    {Expr::Column({"day"}, text), Expr::Literal(Value(std::move(day)), text)},
                    DataType::Primitive(TypeId::kBoolean));
}

Protocol TableProtocol() {
  return {.min_reader_version = 3,
          .min_writer_version = 7,
          .reader_features = {{"deletionVectors"}},
          .writer_features = {{"deletionVectors", "domainMetadata", "appendOnly"}}};
}
Metadata TableMetadata(StringMap configuration = {}) {
  return {.id = "t",
          .schema_string = FormatSchema(*kSchema),
          .partition_columns = {"day"},
          .configuration = std::move(configuration)};
}

StagedCommit Staged(TransactionReads reads) {
  StagedCommit staged{.operation = "WRITE"};
  staged.base = {.version = Version{6}, .protocol = TableProtocol(), .metadata = TableMetadata()};
  staged.reads = std::move(reads);
  staged.read_schema = kSchema;
  staged.read_partition_columns = {"day"};
  staged.adds = {AddOf("mine", "mon")};
  return staged;
}

StagedCommit BlindAppend() { return Staged({.blind_append = true}); }
StagedCommit ReadsDay(std::string day) {
  return Staged({.read_predicates = {DayIs(std::move(day))}, .read_files = {"a", "b"}});
}
StagedCommit Weaker(StagedCommit staged) {
  staged.reads.isolation = IsolationLevel::kWriteSerializable;
  return staged;
}
StagedCommit Removing(StagedCommit staged, std::string path) {
  staged.removes.Add(RemoveOf(std::move(path)));
  return staged;
}
StagedCommit Compacting(std::string path) {
  StagedCommit staged = Staged({.read_files = {path}});
  staged.operation = "OPTIMIZE";
  staged.adds = {AddOf("compact", "mon", false)};
  staged.removes.Add(RemoveOf(path, false));
  return staged;
}
StagedCommit ChangingMetadata(StagedCommit staged) {
  staged.metadata = TableMetadata({{"x", "y"}});
  return staged;
}
StagedCommit WholeTable() { return Staged({.read_whole_table = true}); }

DeletionVectorDescriptor InlineDv() {
  return {.storage_type = "i", .path_or_inline_dv = "x", .size_in_bytes = 1, .cardinality = 1};
}
Add AddWithDv(std::string path) {
  Add add = AddOf(std::move(path), "mon", /*data_change=*/false);
  add.deletion_vector = InlineDv();
  return add;
}

std::optional<Conflict> ConflictOf(StagedCommit mine, const WinningCommit& winner) {
  mine.removes.Seal();
  auto outcome = Rebase(std::move(mine), winner);
  if (auto* conflict = std::get_if<Conflict>(&outcome)) return *conflict;
  EXPECT_THAT(std::get<Rebased>(outcome).staged.base.version, winner.version);
  return std::nullopt;
}

struct Case {
  std::string name;
  StagedCommit mine;
  std::vector<Action> winner;
  std::string reason;  ///< part of it; empty: no conflict
};

class RebaseTest : public ::testing::TestWithParam<Case> {};

TEST_P(RebaseTest, DecidesByWhatWasRead) {
  const Case& test = GetParam();
  const auto conflict = ConflictOf(test.mine, {Version{7}, test.winner, {}});
  if (test.reason.empty()) {
    EXPECT_FALSE(conflict.has_value()) << conflict->reason;
  } else {
    ASSERT_TRUE(conflict.has_value());
    EXPECT_EQ(conflict->version, Version{7});
    EXPECT_THAT(conflict->reason, HasSubstr(test.reason));
  }
}

std::vector<Case> Cases() {
  const CommitInfo append = Info("WRITE", true);
  const CommitInfo merge = Info("MERGE", false);
  const CommitInfo optimize = Info("OPTIMIZE", false);
  const std::vector<Action> appended = {append, AddOf("new", "mon")};
  const std::vector<Action> merged = {merge, AddOf("new", "mon"), RemoveOf("a")};
  const std::vector<Action> compacted = {optimize, AddOf("new", "mon", false),
                                         RemoveOf("a", false)};
  const std::vector<Action> deleted_by_dv = {merge, AddWithDv("a"), RemoveOf("a", false)};
  StagedCommit app = BlindAppend();
  app.txns = {Txn{"kafka-0", 13, {}}};
  StagedCommit domain = BlindAppend();
  domain.domains = {DomainMetadata{"delta.clustering", "{1}", false}};
  StagedCommit row_tracking = BlindAppend();
  row_tracking.domains = {DomainMetadata{"delta.rowTracking", "{}", false}};

  return {
      {"BlindAppendPassesAppend", BlindAppend(), appended, ""},
      {"BlindAppendPassesMerge", BlindAppend(), merged, ""},
      {"BlindAppendPassesCompaction", BlindAppend(), compacted, ""},
      {"BlindAppendStoppedByMetadata", BlindAppend(), {TableMetadata({{"x", "y"}})}, "metadata"},
      {"BlindAppendStoppedByProtocol", BlindAppend(), {Protocol{}}, "protocol"},
      {"BlindAppendStoppedBySameApplication",
       app,
       {Txn{"kafka-0", 12, {}}},
       "version 12 of application 'kafka-0'"},
      {"BlindAppendPassesOtherApplication", app, {Txn{"kafka-1", 12, {}}}, ""},
      {"SameDomainConflicts",
       domain,
       {DomainMetadata{"delta.clustering", "{}", false}},
       "'delta.clustering'"},
      {"OtherDomainPasses", domain, {DomainMetadata{"mine", "{}", false}}, ""},
      {"RowIdHighWaterMarkPasses",
       row_tracking,
       {DomainMetadata{"delta.rowTracking", "{}", false}},
       ""},

      {"AppendToReadPartitionConflicts", ReadsDay("mon"), appended, "added new"},
      {"AppendToOtherPartitionPasses", ReadsDay("tue"), appended, ""},
      {"AppendToReadPartitionPassesWhenWeaker", Weaker(ReadsDay("mon")), appended, ""},
      {"AppendConflictsWithNewMetadataWhenWeaker", ChangingMetadata(Weaker(WholeTable())), appended,
       "added new"},
      {"MergeIntoReadPartitionConflictsWhenWeaker",
       Weaker(ReadsDay("mon")),
       {merge, AddOf("new", "mon"), RemoveOf("z")},
       "added new"},
      {"PretendedBlindAppendIsNotBelieved",
       Weaker(ReadsDay("mon")),
       {append, AddOf("new", "mon"), RemoveOf("z")},
       "added new"},
      {"AppendWithoutCommitInfoConflictsWhenWeaker",
       Weaker(ReadsDay("mon")),
       {AddOf("new", "mon")},
       "added new"},
      {"AppendConflictsWithWholeTableRead", WholeTable(), appended, "added new"},
      {"AppendWithUnreadablePartitionConflicts",
       ReadsDay("tue"),
       {append, Add{.path = "new"}},
       "added new"},
      {"PredicateThatIsNullMatchesAll", Staged({.read_predicates = {nullptr}}), appended,
       "added new"},

      {"RemoveOfReadFileConflicts", ReadsDay("tue"), merged,
       "removed a, which this transaction read"},
      {"RemoveOfUnreadFilePasses", ReadsDay("tue"), {merge, RemoveOf("z")}, ""},
      {"RemoveConflictsWithWholeTableRead", WholeTable(), {merge, RemoveOf("z")}, "removed z"},
      {"DoubleRemoveConflicts", Removing(Staged({}), "a"), merged, "removes too"},

      {"CompactionOfReadFilesPasses", ReadsDay("mon"), compacted, ""},
      {"CompactionPassesWholeTableRead", WholeTable(), compacted, ""},
      {"CompactionOfRemovedFilesConflicts", Removing(ReadsDay("mon"), "a"), compacted,
       "removes too"},
      {"DeletionVectorIsNoCompaction", ReadsDay("mon"), deleted_by_dv, "removed a"},
      {"MineCompactingPassesAppend", Compacting("a"), appended, ""},
      {"MineCompactingStoppedByMergeOfItsFiles", Compacting("a"), merged, "removes too"},
      {"MineCompactingPassesMergeElsewhere", Compacting("b"), merged, ""},
      {"MineCompactingStoppedByDeletionVector", Compacting("a"), deleted_by_dv, "removes too"},
      {"EmptyWinnerPasses", WholeTable(), {}, ""},
  };
}

INSTANTIATE_TEST_SUITE_P(All, RebaseTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Rebase, NamesTheWinnersOperation) {
  const auto conflict =
      ConflictOf(BlindAppend(), {Version{7}, {Info("SET TBLPROPERTIES", false), Metadata{}}, {}});
  ASSERT_TRUE(conflict.has_value());
  EXPECT_EQ(conflict->operation, "SET TBLPROPERTIES");
}

TEST(Rebase, MatchesPhysicalPartitionNames) {
  StructField day{.name = "day", .type = DataType::Primitive(TypeId::kString)};
  day.metadata["delta.columnMapping.physicalName"] = "\"col-1\"";
  const auto mapped = [&](StagedCommit staged) {
    staged.read_schema = DataType::Struct({day});
    return staged;
  };
  Add add{.path = "new", .partition_values = {{"col-1", "mon"}}};
  EXPECT_TRUE(ConflictOf(mapped(ReadsDay("mon")), {Version{7}, {add}, {}}));
  EXPECT_FALSE(ConflictOf(mapped(ReadsDay("tue")), {Version{7}, {add}, {}}));
}

TEST(Rebase, WithoutSchemaEveryPredicateMatches) {
  StagedCommit staged = ReadsDay("tue");
  staged.read_schema = nullptr;
  EXPECT_TRUE(ConflictOf(staged, {Version{7}, {AddOf("new", "mon")}, {}}));
}

}  // namespace
}  // namespace deltaic
