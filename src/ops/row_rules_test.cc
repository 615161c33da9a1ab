// The rules that a table has for its rows, followed by every write.

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/write/data_write_test_support.h"
#include "expr/parser.h"
#include "ops/create.h"
#include "ops/identity_column.h"
#include "ops/write.h"
#include "protocol/invariants.h"
#include "protocol/table_features.h"
#include "storage/memory_store.h"
#include "support/arrays.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::ArrayOf;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::LiveFiles;
using testing::StatusIs;

/// As field metadata has a text.
std::string Quoted(const std::string& text) { return '"' + text + '"'; }

using FieldMetadata = std::map<std::string, std::string>;

StructField Field(std::string name, TypeId id, FieldMetadata metadata = {}, bool nullable = true) {
  return {.name = std::move(name),
          .type = DataType::Primitive(id),
          .nullable = nullable,
          .metadata = std::move(metadata)};
}

struct NamedColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::shared_ptr<arrow::RecordBatchReader> RowsOf(const std::vector<NamedColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NamedColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ArrayOf(column.type, column.json));
  }
  const auto schema = arrow::schema(fields);
  return *arrow::RecordBatchReader::Make(
      {arrow::RecordBatch::Make(schema, arrays[0]->length(), arrays)}, schema);
}

std::shared_ptr<arrow::RecordBatchReader> Ids(const std::string& json) {
  return RowsOf({{"id", arrow::int64(), json}});
}

class RowRulesTest : public ::testing::Test {
 protected:
  void Create(std::vector<StructField> fields, StringMap properties = {},
              std::vector<std::string> partition_by = {}) {
    ASSERT_THAT(CreateTable(table_, {.schema = DataType::Struct(std::move(fields)),
                                     .partition_by = std::move(partition_by),
                                     .properties = std::move(properties)}),
                IsOk());
  }

  Result<WriteResult> Append(const std::shared_ptr<arrow::RecordBatchReader>& rows) {
    return WriteTable(table_, nullptr, rows, {.mode = SaveMode::kAppend});
  }

  /// The values of a column, file by file, those with the lowest ids first.
  std::string Column(const std::string& name) {
    std::vector<std::pair<int64_t, std::string>> files;
    for (const Add& add : LiveFiles(*table_->Load())) {
      const auto rows = testing::ReadParquet(*table_->store(), add);
      auto& [id, values] = files.emplace_back();
      if (const auto ids = rows->GetColumnByName("id")) {
        id = static_cast<const arrow::Int64Array&>(*ids->chunk(0)).Value(0);
      }
      const auto column = rows->GetColumnByName(name);
      for (int64_t i = 0; i < column->length(); ++i) {
        values += (values.empty() ? "" : " ") + (*column->GetScalar(i))->ToString();
      }
    }
    std::sort(files.begin(), files.end());
    std::string out;
    for (const auto& [id, values] : files) out += (out.empty() ? "" : " ") + values;
    return out;
  }

  /// Nothing but the table's first version is there.
  void ExpectUntouched() {
    EXPECT_EQ((*table_->Load())->version(), Version{0});
    EXPECT_THAT(DataObjects(*table_->store()), IsEmpty());
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(RowRulesTest, AConstraintIsNamedWithTheRowThatBreaksIt) {
  Create({Field("id", TypeId::kLong), Field("name", TypeId::kString)},
         {{"delta.constraints.positive", "id > 0 AND name <> \"x\""}});
  EXPECT_THAT(
      Append(RowsOf({{"id", arrow::int64(), "[1, -7]"}, {"name", arrow::utf8(), R"(["a", "b"])"}})),
      StatusIs(StatusCode::kConstraintViolated,
               AllOf(HasSubstr("CHECK constraint positive (id > 0 AND name <> \"x\")"),
                     HasSubstr("id = -7, name = \"b\""))));
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"name", arrow::utf8(), R"(["x"])"}})),
              StatusIs(StatusCode::kConstraintViolated));
  ExpectUntouched();
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"name", arrow::utf8(), R"(["a"])"}})),
              IsOk());
}

TEST_F(RowRulesTest, WhatIsNeitherTrueNorFalseBreaksAConstraint) {
  Create({Field("id", TypeId::kLong)}, {{"delta.constraints.positive", "id > 0"}});
  EXPECT_THAT(Append(Ids("[1, null]")),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("id = null")));
  ExpectUntouched();
}

TEST_F(RowRulesTest, AConstraintThatCannotBeCheckedRefusesTheRow) {
  Create({Field("id", TypeId::kLong)}, {{"delta.constraints.ratio", "10 / id > 1"}});
  EXPECT_THAT(Append(Ids("[0]")),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("ratio (10 / id > 1)")));
  ExpectUntouched();
}

TEST_F(RowRulesTest, InvariantsHoldInStructsToo) {
  const std::string invariant = R"("{\"expression\":{\"expression\":\"s.x > 3\"}}")";
  Create(
      {Field("id", TypeId::kLong),
       {.name = "s",
        .type = DataType::Struct({Field("x", TypeId::kLong, {{"delta.invariants", invariant}})})}});
  const auto type = arrow::struct_({arrow::field("x", arrow::int64())});
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"s", type, R"([{"x": 3}])"}})),
              StatusIs(StatusCode::kConstraintViolated,
                       HasSubstr("invariant of column s.x (s.x > 3): s = {\"x\":3}")));
  ExpectUntouched();
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"s", type, R"([{"x": 4}])"}})),
              IsOk());
}

TEST_F(RowRulesTest, GeneratedColumnsAreComputedOrCompared) {
  Create({Field("id", TypeId::kLong),
          Field("twice", TypeId::kInteger, {{"delta.generationExpression", Quoted("id * 2")}})});
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"twice", arrow::int32(), "[3]"}})),
              StatusIs(StatusCode::kConstraintViolated,
                       AllOf(HasSubstr("generated column twice (id * 2): id = 1, twice = 3"),
                             HasSubstr("leave twice out"))));
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"twice", arrow::int32(), "[null]"}})),
              StatusIs(StatusCode::kConstraintViolated));
  EXPECT_THAT(Append(Ids("[2000000000]")),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("column twice")));
  ExpectUntouched();
  ASSERT_THAT(Append(Ids("[1, null, 5]")), IsOk());
  EXPECT_EQ(Column("twice"), "2 null 10");
  EXPECT_THAT(Append(RowsOf({{"ID", arrow::int64(), "[7]"}, {"TWICE", arrow::int32(), "[14]"}})),
              IsOk());
}

TEST_F(RowRulesTest, GeneratedPartitionColumnsChooseTheFolder) {
  Create({Field("at", TypeId::kDate),
          Field("year", TypeId::kInteger, {{"delta.generationExpression", Quoted("YEAR(at)")}})},
         {}, {"year"});
  ASSERT_THAT(Append(RowsOf({{"at", arrow::date32(), "[0, 366]"}})), IsOk());
  std::set<std::string> years;
  for (const Add& add : LiveFiles(*table_->Load())) years.insert(*add.partition_values[0].second);
  EXPECT_THAT(years, ElementsAre("1970", "1971"));
}

FieldMetadata Identity(const std::string& start, const std::string& step, bool allow_explicit) {
  return {{"delta.identity.start", start},
          {"delta.identity.step", step},
          {"delta.identity.allowExplicitInsert", allow_explicit ? "true" : "false"}};
}

TEST_F(RowRulesTest, IdentityColumnsCountOnFromWriteToWrite) {
  Create({Field("key", TypeId::kLong, Identity("100", "-5", false), false),
          Field("id", TypeId::kLong)});
  ASSERT_THAT(Append(Ids("[1, 2]")), IsOk());
  ASSERT_THAT(Append(Ids("[3]")), IsOk());
  EXPECT_EQ(Column("key"), "100 95 90");
  const StructField field = (*table_->Load())->schema()->fields()[0];
  EXPECT_EQ(field.metadata.at("delta.identity.highWaterMark"), "90");
  EXPECT_TRUE(ProtocolHasFeature((*table_->Load())->protocol(), "identityColumns"));
}

TEST_F(RowRulesTest, IdentityValuesCannotBeSupplied) {
  Create({Field("key", TypeId::kLong, Identity("1", "1", false)), Field("id", TypeId::kLong)});
  EXPECT_THAT(Append(RowsOf({{"KEY", arrow::int64(), "[1]"}, {"id", arrow::int64(), "[1]"}})),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("column key is GENERATED ALWAYS")));
  ExpectUntouched();
}

TEST_F(RowRulesTest, ValuesSuppliedByDefaultDoNotCount) {
  Create({Field("key", TypeId::kLong, Identity("1", "1", true)), Field("id", TypeId::kLong)});
  ASSERT_THAT(Append(RowsOf({{"key", arrow::int64(), "[50]"}, {"id", arrow::int64(), "[1]"}})),
              IsOk());
  EXPECT_FALSE(
      (*table_->Load())->schema()->fields()[0].metadata.contains("delta.identity.highWaterMark"));
  ASSERT_THAT(Append(Ids("[2]")), IsOk());
  EXPECT_EQ(Column("key"), "50 1");
}

TEST_F(RowRulesTest, OfTwoWritersOfIdentityValuesOneYields) {
  Create({Field("key", TypeId::kLong, Identity("1", "1", false)), Field("id", TypeId::kLong)});
  const SnapshotPtr base = *table_->Load();
  ASSERT_THAT(Append(Ids("[1]")), IsOk());
  EXPECT_THAT(WriteTable(table_, base, Ids("[2]"), {.mode = SaveMode::kAppend}),
              StatusIs(StatusCode::kConflict));
  EXPECT_EQ(Column("key"), "1");
}

TEST_F(RowRulesTest, ExhaustedIdentityColumnsSaySo) {
  Create({Field("key", TypeId::kLong, Identity("9223372036854775806", "1", false)),
          Field("id", TypeId::kLong)});
  EXPECT_THAT(Append(Ids("[1, 2, 3]")),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("identity column key")));
  ExpectUntouched();
  EXPECT_THAT(Append(Ids("[1, 2]")), IsOk());
}

struct NextCase {
  int64_t start, step;
  std::optional<int64_t> mark;
  int64_t next;
};

TEST(NextIdentityValue, IsOnTheGridPastTheMarkAndNeverBeforeStart) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const std::vector<NextCase> cases = {{1, 1, {}, 1},      {1, 1, 1, 2},
                                       {10, 5, 10, 15},    {10, 5, 12, 15},
                                       {10, 5, 3, 10},     {10, -5, 10, 5},
                                       {10, -5, 12, 10},   {10, -5, 7, 5},
                                       {10, -5, 5, 0},     {kMin, kMax, 0, kMax - 1},
                                       {kMax, kMin, 0, -1}};
  for (const NextCase& c : cases) {
    EXPECT_EQ(static_cast<int64_t>(NextIdentityValue(c.start, c.step, c.mark)), c.next)
        << c.start << ' ' << c.step << ' ' << c.mark.value_or(-1);
  }
}

TEST_F(RowRulesTest, DefaultsFillOmittedColumnsOnly) {
  Create({Field("id", TypeId::kLong),
          Field("state", TypeId::kString, {{"CURRENT_DEFAULT", Quoted("'new'")}}, false),
          Field("n", TypeId::kShort, {{"CURRENT_DEFAULT", Quoted("40 + 2")}}),
          Field("at", TypeId::kTimestamp, {{"CURRENT_DEFAULT", Quoted("current_timestamp()")}})});
  EXPECT_TRUE(ProtocolHasFeature((*table_->Load())->protocol(), "allowColumnDefaults"));
  ASSERT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"n", arrow::int16(), "[null]"}})),
              IsOk());
  ASSERT_THAT(Append(Ids("[2]")), IsOk());
  EXPECT_EQ(Column("state"), "new new");
  EXPECT_EQ(Column("n"), "null 42");
  EXPECT_THAT(Column("at"), ::testing::Not(HasSubstr("null")));
}

TEST_F(RowRulesTest, GeneratedColumnsStandOnDefaults) {
  Create({Field("next", TypeId::kLong, {{"delta.generationExpression", Quoted("n + 1")}}),
          Field("n", TypeId::kLong, {{"CURRENT_DEFAULT", Quoted("6L")}}),
          Field("id", TypeId::kLong)});
  ASSERT_THAT(Append(Ids("[1]")), IsOk());
  EXPECT_EQ(Column("next"), "7");
}

TEST_F(RowRulesTest, DeclaredLengthsCountCharacters) {
  const auto declared = [](const std::string& type) {
    return FieldMetadata{{"__CHAR_VARCHAR_TYPE_STRING", '"' + type + '"'}};
  };
  Create(
      {Field("v", TypeId::kString, declared("varchar(3)")),
       Field("c", TypeId::kString, declared("char(3)")),
       {.name = "s",
        .type = DataType::Struct(
            {{.name = "a", .type = DataType::Array(DataType::Primitive(TypeId::kString), true)}}),
        .metadata = declared("struct<a:array<char(2)>>")}});
  const auto nested = arrow::struct_({arrow::field("a", arrow::list(arrow::utf8()))});
  EXPECT_THAT(Append(RowsOf({{"v", arrow::utf8(), R"(["äöüß"])"}})),
              StatusIs(StatusCode::kConstraintViolated,
                       HasSubstr("column v: a text of 4 characters does not fit varchar(3)")));
  EXPECT_THAT(Append(RowsOf({{"s", nested, R"([{"a": ["abc"]}])"}})),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("does not fit char(2)")));
  ExpectUntouched();
  ASSERT_THAT(Append(RowsOf({{"v", arrow::utf8(), R"(["äöü  ", null])"},
                             {"c", arrow::utf8(), R"(["ä", "abc  "])"},
                             {"s", nested, R"([{"a": ["x", null]}, null])"}})),
              IsOk());
  EXPECT_EQ(Column("v"), "äöü null");
  EXPECT_EQ(Column("c"), "ä   abc");
  EXPECT_THAT(Column("s"), HasSubstr("x "));
}

TEST_F(RowRulesTest, EmptyPartitionTextsAreNullForTheRules) {
  Create({Field("id", TypeId::kLong), Field("day", TypeId::kString)},
         {{"delta.constraints.known", "day IS NOT NULL"}}, {"day"});
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"day", arrow::utf8(), R"([""])"}})),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("day = null")));
  ExpectUntouched();
}

TEST_F(RowRulesTest, EmptyPartitionTextsAreNoValueWhereNullIsForbidden) {
  Create({Field("id", TypeId::kLong), Field("day", TypeId::kString, {}, false)}, {}, {"day"});
  EXPECT_THAT(Append(RowsOf({{"id", arrow::int64(), "[1]"}, {"day", arrow::utf8(), R"([""])"}})),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("day")));
  ExpectUntouched();
}

struct BadRule {
  std::string name;
  std::vector<StructField> fields;
  StringMap properties;
  std::string message;
};

class BadRulesTest : public ::testing::TestWithParam<BadRule> {};

TEST_P(BadRulesTest, AreRefusedWhenTheTableIsMade) {
  const auto table = Table::Of(MakeMemoryStore());
  EXPECT_THAT(CreateTable(table, {.schema = DataType::Struct(GetParam().fields),
                                  .properties = GetParam().properties}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  EXPECT_THAT(table->Exists(), testing::IsOkAndHolds(false));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRulesTest,
    ::testing::Values(
        BadRule{"ConstraintOnNoColumn",
                {Field("id", TypeId::kLong)},
                {{"delta.constraints.c", "idd > 0"}},
                "CHECK constraint c (idd > 0)"},
        BadRule{"GeneratedFromGenerated",
                {Field("id", TypeId::kLong),
                 Field("a", TypeId::kLong, {{"delta.generationExpression", Quoted("id + 1")}}),
                 Field("b", TypeId::kLong, {{"delta.generationExpression", Quoted("a + 1")}})},
                {},
                "made of the column a"},
        BadRule{"GeneratedFromTheClock",
                {Field("t", TypeId::kTimestamp,
                       {{"delta.generationExpression", Quoted("current_timestamp()")}}),
                 Field("id", TypeId::kLong)},
                {},
                "generated column t"},
        BadRule{"DefaultOfAColumn",
                {Field("id", TypeId::kLong),
                 Field("b", TypeId::kLong, {{"CURRENT_DEFAULT", Quoted("id")}})},
                {},
                "default of column b"},
        BadRule{"IdentityWithoutStep",
                {Field("id", TypeId::kLong, {{"delta.identity.start", "1"}})},
                {},
                "identity column id"},
        BadRule{"IdentityOfAnInteger",
                {Field("id", TypeId::kInteger, Identity("1", "1", false))},
                {},
                "must be long"}),
    [](const auto& info) { return info.param.name; });

TEST_F(RowRulesTest, RulesThatCannotBeEvaluatedRefuseTheWriteByName) {
  Create({Field("id", TypeId::kLong)});
  // As another engine may have set it.
  SnapshotPtr snapshot = *table_->Load();
  Metadata metadata = snapshot->metadata();
  metadata.configuration["delta.constraints.odd"] = "my_udf(id) = 1";
  Transaction transaction = *Transaction::Start(table_, snapshot);
  ASSERT_THAT(transaction.Stage(metadata), IsOk());
  ASSERT_THAT(std::move(transaction).Commit({}), IsOk());
  EXPECT_THAT(
      Append(Ids("[1]")),
      StatusIs(StatusCode::kUnsupported, AllOf(HasSubstr("CHECK constraint odd (my_udf(id) = 1)"),
                                               HasSubstr("nothing that this build can evaluate"))));
  EXPECT_THAT(DataObjects(*table_->store()), IsEmpty());
}

TEST(ParseInvariant, ReadsTheExpression) {
  EXPECT_THAT(ParseInvariant(R"({"expression":{"expression":"x > 3"}})"),
              testing::IsOkAndHolds("x > 3"));
  for (const std::string bad :
       {"", "x > 3", "{}", R"({"expression":"x"})", R"({"expression":{}})"}) {
    EXPECT_THAT(ParseInvariant(bad), StatusIs(StatusCode::kCorruption)) << bad;
  }
}

}  // namespace
}  // namespace deltaic
