#include "log/conflict_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/schema.h"

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

TransactionReads BlindAppend() { return {.blind_append = true}; }
TransactionReads ReadsDay(std::string day) {
  return {.read_predicates = {DayIs(std::move(day))}, .read_files = {"a", "b"}};
}
TransactionReads Weaker(TransactionReads reads) {
  reads.isolation = IsolationLevel::kWriteSerializable;
  return reads;
}
TransactionReads Removing(TransactionReads reads, std::string path) {
  reads.removed_files = {std::move(path)};
  return reads;
}
TransactionReads Compacting(std::string path) {
  return {.read_files = {path}, .removed_files = {path}, .data_change = false};
}
TransactionReads ChangingMetadata(TransactionReads reads) {
  reads.changes_metadata = true;
  return reads;
}
TransactionReads WholeTable() { return {.read_whole_table = true}; }

DeletionVectorDescriptor InlineDv() {
  return {.storage_type = "i", .path_or_inline_dv = "x", .size_in_bytes = 1, .cardinality = 1};
}
Add AddWithDv(std::string path) {
  Add add = AddOf(std::move(path), "mon", /*data_change=*/false);
  add.deletion_vector = InlineDv();
  return add;
}

struct Case {
  std::string name;
  TransactionReads mine;
  std::vector<Action> winner;
  std::string reason;  ///< part of it; empty: no conflict
};

class CheckConflictTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckConflictTest, DecidesByWhatWasRead) {
  const Case& test = GetParam();
  const auto conflict =
      CheckConflict(test.mine, WinningCommit{Version{7}, test.winner}, kSchema.get(), {"day"});
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
  TransactionReads app = BlindAppend();
  app.app_ids = {"kafka-0"};
  TransactionReads domain = BlindAppend();
  domain.domains = {"delta.clustering"};
  TransactionReads row_tracking = BlindAppend();
  row_tracking.domains = {"delta.rowTracking"};

  return {
      {"BlindAppendPassesAppend", BlindAppend(), appended, ""},
      {"BlindAppendPassesMerge", BlindAppend(), merged, ""},
      {"BlindAppendPassesCompaction", BlindAppend(), compacted, ""},
      {"BlindAppendStoppedByMetadata", BlindAppend(), {Metadata{}}, "metadata"},
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
      {"PredicateThatIsNullMatchesAll", {.read_predicates = {nullptr}}, appended, "added new"},

      {"RemoveOfReadFileConflicts", ReadsDay("tue"), merged,
       "removed a, which this transaction read"},
      {"RemoveOfUnreadFilePasses", ReadsDay("tue"), {merge, RemoveOf("z")}, ""},
      {"RemoveConflictsWithWholeTableRead", WholeTable(), {merge, RemoveOf("z")}, "removed z"},
      {"DoubleRemoveConflicts", Removing({}, "a"), merged, "removes too"},

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

INSTANTIATE_TEST_SUITE_P(All, CheckConflictTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(CheckConflict, NamesTheWinnersOperation) {
  const auto conflict =
      CheckConflict(BlindAppend(), {Version{3}, {Info("SET TBLPROPERTIES", false), Metadata{}}},
                    kSchema.get(), {});
  ASSERT_TRUE(conflict.has_value());
  EXPECT_EQ(conflict->operation, "SET TBLPROPERTIES");
}

TEST(CheckConflict, MatchesPhysicalPartitionNames) {
  StructField day{.name = "day", .type = DataType::Primitive(TypeId::kString)};
  day.metadata["delta.columnMapping.physicalName"] = "\"col-1\"";
  const SchemaPtr mapped = DataType::Struct({day});
  Add add{.path = "new", .partition_values = {{"col-1", "mon"}}};
  EXPECT_TRUE(CheckConflict(ReadsDay("mon"), {Version{1}, {add}}, mapped.get(), {"day"}));
  EXPECT_FALSE(CheckConflict(ReadsDay("tue"), {Version{1}, {add}}, mapped.get(), {"day"}));
}

TEST(CheckConflict, WithoutSchemaEveryPredicateMatches) {
  EXPECT_TRUE(
      CheckConflict(ReadsDay("tue"), {Version{1}, {AddOf("new", "mon")}}, nullptr, {"day"}));
}

}  // namespace
}  // namespace deltaic
