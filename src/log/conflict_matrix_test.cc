#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "log/rebase.h"
#include "protocol/schema.h"
#include "protocol/schema_json.h"

namespace deltaic {
namespace {

/// Operation against operation at each isolation level, as the reference decides
/// (ConflictChecker, OptimisticTransaction), over a table without partitions.
///
/// Each row is a loser, each column a winner, each cell what becomes of the loser: at Serializable,
/// then at WriteSerializable.
enum class Outcome { kPasses, kConflicts };
constexpr Outcome kOk = Outcome::kPasses;
constexpr Outcome kNo = Outcome::kConflicts;

const SchemaPtr kSchema =
    DataType::Struct({{.name = "id", .type = DataType::Primitive(TypeId::kLong)}});

Metadata TableMetadata(StringMap configuration = {}) {
  return {.id = "t",
          .schema_string = FormatSchema(*kSchema),
          .configuration = std::move(configuration)};
}

Add File(std::string path, int64_t min, int64_t max, bool data_change = true) {
  return {.path = std::move(path),
          .data_change = data_change,
          .stats = Concat(R"({"numRecords":2,"minValues":{"id":)", min, R"(},"maxValues":{"id":)",
                          max, R"(},"nullCount":{"id":0}})")};
}
Remove Gone(std::string path, bool data_change = true) {
  return {.path = std::move(path), .deletion_timestamp = 1, .data_change = data_change};
}
CommitInfo Info(std::string operation, bool blind_append = false) {
  return {.operation = std::move(operation), .is_blind_append = blind_append};
}
DeletionVectorDescriptor Vector(std::string name, int64_t cardinality) {
  return {.storage_type = "u", .path_or_inline_dv = std::move(name), .cardinality = cardinality};
}
Add WithVector(Add add, std::string name) {
  add.deletion_vector = Vector(std::move(name), 1);
  return add;
}

/// id >= 10
ExprPtr FromTen() {
  const DataTypePtr number = DataType::Primitive(TypeId::kLong);
  return Expr::Call(Function::kGreaterEqual,
                    {Expr::Column({"id"}, number), Expr::Literal(Value(int64_t{10}), number)},
                    DataType::Primitive(TypeId::kBoolean));
}

StagedCommit Base(std::string operation) {
  StagedCommit staged{.operation = std::move(operation)};
  staged.base = {.version = Version{6},
                 .protocol = Protocol{.min_reader_version = 3,
                                      .min_writer_version = 7,
                                      .reader_features = {{"deletionVectors"}},
                                      .writer_features = {{"deletionVectors"}}},
                 .metadata = TableMetadata()};
  staged.read_schema = kSchema;
  return staged;
}

/// Each operation on the file "a" of ids 10 to 20.
std::map<std::string, StagedCommit> Losers() {
  std::map<std::string, StagedCommit> out;
  StagedCommit insert = Base("WRITE");
  insert.reads.blind_append = true;
  insert.adds = {File("mine", 1, 2)};
  out.emplace("INSERT", insert);

  StagedCommit insert_select = Base("WRITE");
  insert_select.reads.read_predicates = {FromTen()};
  insert_select.reads.read_files = {"a"};
  insert_select.adds = {File("mine", 1, 2)};
  out.emplace("INSERT SELECT", insert_select);

  StagedCommit rewrite = Base("UPDATE");
  rewrite.reads.read_predicates = {FromTen()};
  rewrite.reads.read_files = {"a"};
  rewrite.removes.Add(Gone("a"));
  rewrite.adds = {File("mine", 10, 20)};
  out.emplace("UPDATE", rewrite);

  StagedCommit by_vector = Base("DELETE");
  by_vector.reads.read_predicates = {FromTen()};
  by_vector.reads.read_files = {"a"};
  by_vector.removes.Add(Gone("a"));
  by_vector.adds = {WithVector(File("a", 10, 20), "mine")};
  out.emplace("DELETE by vector", by_vector);

  StagedCommit merge = Base("MERGE");
  merge.reads.read_predicates = {FromTen()};
  merge.reads.read_files = {"a"};
  merge.reads.only_removed_rows_used = false;
  merge.adds = {File("mine", 1, 2)};
  out.emplace("MERGE that keeps a match", merge);

  StagedCommit overwrite = Base("WRITE");
  overwrite.reads.read_whole_table = true;
  overwrite.removes.Add(Gone("a"));
  overwrite.adds = {File("mine", 10, 20)};
  out.emplace("OVERWRITE", overwrite);

  StagedCommit optimize = Base("OPTIMIZE");
  optimize.reads.read_files = {"a"};
  optimize.removes.Add(Gone("a", false));
  optimize.adds = {File("mine", 10, 20, false)};
  out.emplace("OPTIMIZE", optimize);

  StagedCommit alter = Base("SET TBLPROPERTIES");
  alter.metadata = TableMetadata({{"mine", "1"}});
  out.emplace("ALTER", alter);
  for (auto& [name, staged] : out) staged.removes.Seal();
  return out;
}

std::map<std::string, std::vector<Action>> Winners() {
  return {
      {"INSERT", {Info("WRITE", true), File("new", 12, 15)}},
      {"INSERT elsewhere", {Info("WRITE", true), File("new", 1, 5)}},
      {"UPDATE", {Info("UPDATE"), Gone("a"), File("new", 10, 20)}},
      {"UPDATE elsewhere", {Info("UPDATE"), Gone("z"), File("new", 1, 5)}},
      {"UPDATE into reach", {Info("UPDATE"), Gone("z"), File("new", 12, 15)}},
      {"DELETE by vector", {Info("DELETE"), Gone("a"), WithVector(File("a", 10, 20), "theirs")}},
      {"OPTIMIZE", {Info("OPTIMIZE"), Gone("a", false), File("new", 10, 20, false)}},
      {"OPTIMIZE elsewhere", {Info("OPTIMIZE"), Gone("z", false), File("new", 10, 20, false)}},
      {"ALTER", {Info("SET TBLPROPERTIES"), TableMetadata({{"theirs", "1"}})}},
      {"ENABLE VECTORS",
       {Info("SET TBLPROPERTIES"), TableMetadata({{"delta.enableDeletionVectors", "true"}})}},
  };
}

struct Row {
  std::string loser, winner;
  Outcome serializable, write_serializable;
};

const std::vector<Row> kMatrix = {
    {"INSERT", "INSERT", kOk, kOk},
    {"INSERT", "INSERT elsewhere", kOk, kOk},
    {"INSERT", "UPDATE", kOk, kOk},
    {"INSERT", "UPDATE elsewhere", kOk, kOk},
    {"INSERT", "UPDATE into reach", kOk, kOk},
    {"INSERT", "DELETE by vector", kOk, kOk},
    {"INSERT", "OPTIMIZE", kOk, kOk},
    {"INSERT", "OPTIMIZE elsewhere", kOk, kOk},
    {"INSERT", "ALTER", kNo, kNo},
    {"INSERT", "ENABLE VECTORS", kOk, kOk},

    {"INSERT SELECT", "INSERT", kNo, kOk},
    {"INSERT SELECT", "INSERT elsewhere", kOk, kOk},
    {"INSERT SELECT", "UPDATE", kNo, kNo},
    {"INSERT SELECT", "UPDATE elsewhere", kOk, kOk},
    {"INSERT SELECT", "UPDATE into reach", kNo, kNo},
    {"INSERT SELECT", "DELETE by vector", kNo, kNo},
    {"INSERT SELECT", "OPTIMIZE", kOk, kOk},
    {"INSERT SELECT", "OPTIMIZE elsewhere", kOk, kOk},
    {"INSERT SELECT", "ALTER", kNo, kNo},
    {"INSERT SELECT", "ENABLE VECTORS", kOk, kOk},

    {"UPDATE", "INSERT", kNo, kOk},
    {"UPDATE", "INSERT elsewhere", kOk, kOk},
    {"UPDATE", "UPDATE", kNo, kNo},
    {"UPDATE", "UPDATE elsewhere", kOk, kOk},
    {"UPDATE", "UPDATE into reach", kNo, kNo},
    {"UPDATE", "DELETE by vector", kNo, kNo},
    {"UPDATE", "OPTIMIZE", kNo, kNo},
    {"UPDATE", "OPTIMIZE elsewhere", kOk, kOk},
    {"UPDATE", "ALTER", kNo, kNo},
    {"UPDATE", "ENABLE VECTORS", kOk, kOk},

    {"DELETE by vector", "INSERT", kNo, kOk},
    {"DELETE by vector", "INSERT elsewhere", kOk, kOk},
    {"DELETE by vector", "UPDATE", kNo, kNo},
    {"DELETE by vector", "UPDATE elsewhere", kOk, kOk},
    {"DELETE by vector", "UPDATE into reach", kNo, kNo},
    {"DELETE by vector", "DELETE by vector", kOk, kOk},  // if no row is in both
    {"DELETE by vector", "OPTIMIZE", kNo, kNo},
    {"DELETE by vector", "OPTIMIZE elsewhere", kOk, kOk},
    {"DELETE by vector", "ALTER", kNo, kNo},
    {"DELETE by vector", "ENABLE VECTORS", kOk, kOk},

    {"MERGE that keeps a match", "INSERT", kNo, kOk},
    {"MERGE that keeps a match", "INSERT elsewhere", kOk, kOk},
    {"MERGE that keeps a match", "UPDATE", kNo, kNo},
    {"MERGE that keeps a match", "UPDATE elsewhere", kOk, kOk},
    {"MERGE that keeps a match", "DELETE by vector", kNo, kNo},
    {"MERGE that keeps a match", "OPTIMIZE", kNo, kNo},
    {"MERGE that keeps a match", "OPTIMIZE elsewhere", kOk, kOk},
    {"MERGE that keeps a match", "ALTER", kNo, kNo},

    {"OVERWRITE", "INSERT", kNo, kOk},
    {"OVERWRITE", "INSERT elsewhere", kNo, kOk},
    {"OVERWRITE", "UPDATE", kNo, kNo},
    {"OVERWRITE", "UPDATE elsewhere", kNo, kNo},
    {"OVERWRITE", "UPDATE into reach", kNo, kNo},
    {"OVERWRITE", "DELETE by vector", kNo, kNo},
    {"OVERWRITE", "OPTIMIZE", kNo, kNo},
    {"OVERWRITE", "ALTER", kNo, kNo},
    {"OVERWRITE", "ENABLE VECTORS", kOk, kOk},

    {"OPTIMIZE", "INSERT", kOk, kOk},
    {"OPTIMIZE", "INSERT elsewhere", kOk, kOk},
    {"OPTIMIZE", "UPDATE", kNo, kNo},
    {"OPTIMIZE", "UPDATE elsewhere", kOk, kOk},
    {"OPTIMIZE", "UPDATE into reach", kOk, kOk},
    {"OPTIMIZE", "DELETE by vector", kNo, kNo},
    {"OPTIMIZE", "OPTIMIZE", kNo, kNo},
    {"OPTIMIZE", "OPTIMIZE elsewhere", kOk, kOk},
    {"OPTIMIZE", "ALTER", kNo, kNo},
    {"OPTIMIZE", "ENABLE VECTORS", kOk, kOk},

    {"ALTER", "INSERT", kOk, kOk},
    {"ALTER", "INSERT elsewhere", kOk, kOk},
    {"ALTER", "UPDATE", kOk, kOk},
    {"ALTER", "UPDATE elsewhere", kOk, kOk},
    {"ALTER", "UPDATE into reach", kOk, kOk},
    {"ALTER", "DELETE by vector", kOk, kOk},
    {"ALTER", "OPTIMIZE", kOk, kOk},
    {"ALTER", "OPTIMIZE elsewhere", kOk, kOk},
    {"ALTER", "ALTER", kNo, kNo},
    {"ALTER", "ENABLE VECTORS", kNo, kNo},
};

TEST(ConflictMatrix, EachPairAtEachLevel) {
  for (const Row& row : kMatrix) {
    for (const auto level : {IsolationLevel::kSerializable, IsolationLevel::kWriteSerializable}) {
      const bool serializable = level == IsolationLevel::kSerializable;
      StagedCommit loser = Losers().at(row.loser);
      loser.reads.isolation = level;
      const auto outcome =
          Rebase(std::move(loser), {Version{7}, Winners().at(row.winner), std::nullopt});
      const auto* conflict = std::get_if<Conflict>(&outcome);
      const Outcome expected = serializable ? row.serializable : row.write_serializable;
      EXPECT_EQ(conflict == nullptr ? kOk : kNo, expected)
          << row.loser << " after " << row.winner << (serializable ? " (S) " : " (WS) ")
          << (conflict ? conflict->reason : "passes");
    }
  }
}

TEST(ConflictMatrix, VectorsOfOneFileAreToBeMerged) {
  const auto outcome = Rebase(Losers().at("DELETE by vector"),
                              {Version{7}, Winners().at("DELETE by vector"), std::nullopt});
  const auto* rebased = std::get_if<Rebased>(&outcome);
  ASSERT_NE(rebased, nullptr);
  ASSERT_EQ(rebased->merges.size(), 1u);
  const VectorMerge& merge = rebased->merges.front();
  EXPECT_EQ(merge.path, "a");
  EXPECT_FALSE(merge.before.has_value());
  EXPECT_EQ(merge.winner.deletion_vector->path_or_inline_dv, "theirs");
  EXPECT_EQ(merge.mine.path_or_inline_dv, "mine");

  StagedCommit staged = rebased->staged;
  TakeMergedVector(staged, merge, Vector("both", 2));
  // It has two rows, so none is left.
  EXPECT_TRUE(staged.adds.empty());
  EXPECT_EQ(staged.removes.Find("a")->deletion_vector->path_or_inline_dv, "theirs");
}

TEST(ConflictMatrix, CompactionUnderWriteSerializableMustSayThatItIsOne) {
  StagedCommit unknown = Losers().at("OPTIMIZE");
  unknown.operation = "SOMETHING";
  unknown.reads.read_predicates = {FromTen()};
  const std::vector<Action> winner = Winners().at("UPDATE into reach");
  EXPECT_EQ(IsolationOf(unknown), CommitIsolation::kSnapshot);
  unknown.reads.isolation = IsolationLevel::kWriteSerializable;
  EXPECT_EQ(IsolationOf(unknown), CommitIsolation::kWriteSerializable);
  EXPECT_TRUE(std::holds_alternative<Conflict>(Rebase(unknown, {Version{7}, winner, {}})));
  unknown.operation = "OPTIMIZE";
  EXPECT_TRUE(std::holds_alternative<Rebased>(Rebase(unknown, {Version{7}, winner, {}})));
  unknown.txns = {Txn{"app", 1, {}}};
  EXPECT_EQ(IsolationOf(unknown), CommitIsolation::kWriteSerializable);
}

/// What a winner may do to the table itself under an append that is underway.
struct StateCase {
  std::string name;
  std::vector<std::string> features;  ///< the winner's protocol, besides deletionVectors
  StringMap configuration;            ///< its metadata's; with `features` empty: none is changed
  std::string schema = FormatSchema(*kSchema);
  std::string reason;  ///< part of it; empty: taken over
};

class WinnersStateTest : public ::testing::TestWithParam<StateCase> {};

TEST_P(WinnersStateTest, IsTakenOverOrRefused) {
  const StateCase& test = GetParam();
  Protocol protocol = *Base("").base.protocol;
  for (const std::string& feature : test.features) {
    protocol.writer_features->push_back(feature);
    if (feature == "columnMapping" || feature == "v2Checkpoint") {
      protocol.reader_features->push_back(feature);
    }
  }
  Metadata metadata = TableMetadata(test.configuration);
  metadata.schema_string = test.schema;
  auto outcome = Rebase(Losers().at("INSERT"), {Version{7}, {protocol, metadata}, std::nullopt});
  if (const auto* conflict = std::get_if<Conflict>(&outcome)) {
    ASSERT_FALSE(test.reason.empty()) << conflict->reason;
    EXPECT_THAT(conflict->reason, ::testing::HasSubstr(test.reason));
    return;
  }
  EXPECT_EQ(test.reason, "");
  const StagedCommit& staged = std::get<Rebased>(outcome).staged;
  EXPECT_EQ(staged.effective_protocol(), protocol);
  EXPECT_EQ(staged.effective_metadata(), metadata);
}

constexpr char kMapped[] =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}}]})";
constexpr char kRenamed[] =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"old"}}]})";
constexpr char kWider[] =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"b","type":"long","nullable":true,"metadata":{}}]})";
const StringMap kNameMode = {{"delta.columnMapping.mode", "name"},
                             {"delta.columnMapping.maxColumnId", "1"}};

INSTANTIATE_TEST_SUITE_P(
    All, WinnersStateTest,
    ::testing::Values(
        StateCase{"NothingNew", {}, {}},
        StateCase{"Timestamps",
                  {"inCommitTimestamp"},
                  {{"delta.enableInCommitTimestamps", "true"},
                   {"delta.inCommitTimestampEnablementVersion", "7"},
                   {"delta.inCommitTimestampEnablementTimestamp", "5"}}},
        StateCase{"TimestampsWithoutTheFeature",
                  {},
                  {{"delta.enableInCommitTimestamps", "true"}},
                  FormatSchema(*kSchema),
                  "enableInCommitTimestamps"},
        StateCase{"Vectors", {}, {{"delta.enableDeletionVectors", "true"}}},
        StateCase{"CheckpointPolicy", {"v2Checkpoint"}, {{"delta.checkpointPolicy", "v2"}}},
        StateCase{"ColumnMapping", {"columnMapping"}, kNameMode, kMapped},
        StateCase{"ColumnMappingWithARename", {"columnMapping"}, kNameMode, kRenamed, "its schema"},
        StateCase{"Column", {}, {}, kWider, "its schema"},
        StateCase{"AnotherProperty",
                  {},
                  {{"delta.appendOnly", "true"}},
                  FormatSchema(*kSchema),
                  "delta.appendOnly"},
        StateCase{"HarmlessFeature", {"appendOnly"}, {}},
        StateCase{"FeatureThatJudgesRows",
                  {"checkConstraints"},
                  {},
                  FormatSchema(*kSchema),
                  "added the feature checkConstraints"},
        StateCase{
            "UnknownFeature", {"futureFeature"}, {}, FormatSchema(*kSchema), "futureFeature"}),
    [](const auto& info) { return info.param.name; });

TEST(WinnersState, DroppedFeatureConflicts) {
  const Protocol protocol{.min_reader_version = 3,
                          .min_writer_version = 7,
                          .reader_features = std::vector<std::string>(),
                          .writer_features = std::vector<std::string>()};
  const auto outcome = Rebase(Losers().at("INSERT"), {Version{7}, {protocol}, std::nullopt});
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  EXPECT_THAT(std::get<Conflict>(outcome).reason,
              ::testing::HasSubstr("dropped the feature deletionVectors"));
}

TEST(WinnersState, BackfilledRowIdsAreSaidOfTheSameFiles) {
  StagedCommit loser = Losers().at("DELETE by vector");
  Add backfilled = File("a", 10, 20, false);
  backfilled.base_row_id = 40;
  backfilled.default_row_commit_version = 3;
  auto outcome =
      Rebase(std::move(loser), {Version{7}, {Info("ROW TRACKING BACKFILL"), backfilled}, {}});
  ASSERT_TRUE(std::holds_alternative<Rebased>(outcome));
  const StagedCommit& staged = std::get<Rebased>(outcome).staged;
  EXPECT_EQ(staged.removes.Find("a")->base_row_id, 40);
  EXPECT_EQ(staged.adds.front().base_row_id, 40);
  EXPECT_EQ(staged.adds.front().default_row_commit_version, 3);
}

}  // namespace
}  // namespace deltaic
