#include "sync/copy_rows.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "support/arrays.h"
#include "support/status_matchers.h"
#include "sync/column_encoder.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::ArrayOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

struct Column {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

Result<std::string> Copied(const std::vector<Column>& columns, CopyOptions options = {}) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(ArrayOf(column.type, column.json));
  }
  const auto schema = arrow::schema(std::move(fields));
  const auto batch = arrow::RecordBatch::Make(schema, arrays.front()->length(), arrays);
  DELTAIC_ASSIGN_OR_RETURN(
      const auto rows, CopyRows::Open(*arrow::RecordBatchReader::Make({batch}, schema), options));
  std::string out;
  for (;;) {
    DELTAIC_ASSIGN_OR_RETURN(const auto bytes, rows->Next());
    if (bytes.empty()) return out;
    out += bytes;
  }
}

CopyOptions Types(std::map<std::string, std::string> types,
                  CopyFormat format = CopyFormat::kPostgresText) {
  CopyOptions options;
  options.types = std::move(types);
  options.format = format;
  return options;
}

TEST(CopyRows, TextOfEachType) {
  EXPECT_THAT(
      Copied({{"a", arrow::int64(), "[-5, null]"},
              {"b", arrow::utf8(), R"(["a\tb\\c\nd\re", ""])"},
              {"c", arrow::float64(), "[0.1, null]"},
              {"d", arrow::boolean(), "[true, false]"},
              {"e", arrow::decimal128(5, 2), R"(["-1.50", null])"},
              {"f", arrow::date32(), "[19782, -800000]"},
              {"g", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[1000005, -1]"},
              {"h", arrow::timestamp(arrow::TimeUnit::MICRO), "[0, null]"}}),
      IsOkAndHolds("-5\ta\\tb\\\\c\\nd\\re\t0.1\tt\t-1.50\t2024-02-29\t1970-01-01 "
                   "00:00:01.000005+00\t1970-01-01 00:00:00\n"
                   "\\N\t\t\\N\tf\t\\N\t0222-09-04 BC\t1969-12-31 23:59:59.999999+00\t\\N\n"));
}

TEST(CopyRows, ListsAndStructs) {
  const auto lists = arrow::list(arrow::utf8());
  const std::string values = R"([["a\"b", null, "c\\d", "NULL", ""], []])";
  EXPECT_THAT(Copied({{"a", lists, values}}, Types({{"a", "text[]"}})),
              IsOkAndHolds("{\"a\\\\\"b\",NULL,\"c\\\\\\\\d\",\"NULL\",\"\"}\n{}\n"));
  EXPECT_THAT(Copied({{"a", lists, values}}, Types({{"a", "jsonb"}})),
              IsOkAndHolds("[\"a\\\\\"b\",null,\"c\\\\\\\\d\",\"NULL\",\"\"]\n[]\n"));
  EXPECT_THAT(Copied({{"a", arrow::list(arrow::list(arrow::int32())), "[[[1, 2], [3, null]]]"}},
                     Types({{"a", "integer[]"}})),
              IsOkAndHolds("{{\"1\",\"2\"},{\"3\",NULL}}\n"));
  EXPECT_THAT(
      Copied({{"a",
               arrow::struct_({arrow::field("x", arrow::float64()),
                               arrow::field("y", arrow::map(arrow::utf8(), arrow::int32()))}),
               R"([{"x": 1.5, "y": [["k", 1], ["l", null]]}])"}}),
      IsOkAndHolds("{\"x\":1.5,\"y\":{\"k\":1,\"l\":null}}\n"));
}

TEST(CopyRows, NulIsRefusedByNameOrStripped) {
  const std::vector<Column> rows = {{"id", arrow::int64(), "[1, 2]"},
                                    {"name", arrow::utf8(), "[\"ok\", \"a\\u0000b\"]"}};
  EXPECT_THAT(Copied(rows), StatusIs(StatusCode::kSchemaMismatch,
                                     AllOf(HasSubstr("row 1, column name"), HasSubstr("NUL"))));
  CopyOptions strip;
  strip.nul = NulRule::kStrip;
  EXPECT_THAT(Copied(rows, strip), IsOkAndHolds("1\tok\n2\tab\n"));
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[c & 15]);
  }
  return out;
}

/// The value of one column, without header and lengths.
std::string BinaryOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json,
                     const std::string& pg_type) {
  auto copied =
      Copied({{"a", type, "[" + json + "]"}}, Types({{"a", pg_type}}, CopyFormat::kPostgresBinary));
  EXPECT_TRUE(copied.ok()) << copied.status();
  if (!copied.ok()) return "";
  // 19 bytes of header, 2 of the number of fields, 4 of the length; 2 at the end.
  return Hex(std::string_view(*copied).substr(25, copied->size() - 27));
}

TEST(CopyRows, BinaryOfEachType) {
  EXPECT_EQ(BinaryOf(arrow::int64(), "258", "bigint"), "0000000000000102");
  EXPECT_EQ(BinaryOf(arrow::int64(), "-2", "smallint"), "fffe");
  EXPECT_EQ(BinaryOf(arrow::float64(), "1.0", "double precision"), "3ff0000000000000");
  EXPECT_EQ(BinaryOf(arrow::boolean(), "true", "boolean"), "01");
  EXPECT_EQ(BinaryOf(arrow::utf8(), "\"hi\"", "character varying(5)"), "6869");
  EXPECT_EQ(BinaryOf(arrow::utf8(), "\"1\"", "jsonb"), "0131");
  EXPECT_EQ(BinaryOf(arrow::date32(), "10958", "date"), "00000001");
  EXPECT_EQ(BinaryOf(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "946684800000001",
                     "timestamp(6) with time zone"),
            "0000000000000001");
  // Groups, weight, sign, scale, then groups of four digits.
  const auto decimal = arrow::decimal128(20, 5);
  EXPECT_EQ(BinaryOf(decimal, "\"12345.67890\"", "numeric(20,5)"), "0003000100000005000109291a85");
  EXPECT_EQ(BinaryOf(decimal, "\"-0.00010\"", "numeric"), "0001ffff400000050001");
  EXPECT_EQ(BinaryOf(decimal, "\"0.00000\"", "numeric"), "0000000000000005");
  EXPECT_EQ(BinaryOf(arrow::list(arrow::int32()), "[1, null]", "integer[]"),
            "0000000100000001000000170000000200000001"
            "0000000400000001"
            "ffffffff");
}

TEST(CopyRows, BinaryRefusesWhatDoesNotFit) {
  EXPECT_THAT(Copied({{"n", arrow::int64(), "[1, 70000]"}},
                     Types({{"n", "smallint"}}, CopyFormat::kPostgresBinary)),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("row 1, column n: 70000")));
  EXPECT_THAT(
      Copied({{"n", arrow::int64(), "[1]"}}, Types({{"n", "inet"}}, CopyFormat::kPostgresBinary)),
      StatusIs(StatusCode::kUnsupported, HasSubstr("inet")));
}

TEST(CopyRows, RedisCommands) {
  CopyOptions options;
  options.format = CopyFormat::kRedisJson;
  options.prefix = "s";
  options.key = {"id", "day"};
  const std::vector<Column> rows = {{"id", arrow::int64(), "[1, 2]"},
                                    {"day", arrow::utf8(), R"(["a:b", "%"])"},
                                    {"n", arrow::int32(), "[null, 3]"},
                                    {"_change_type", arrow::utf8(), R"(["insert", "delete"])"}};
  EXPECT_THAT(Copied(rows, options),
              IsOkAndHolds("[\"DEL\",\"s:1:a%3Ab\"]\n"
                           "[\"HSET\",\"s:1:a%3Ab\",\"id\",\"1\",\"day\",\"a:b\"]\n"
                           "[\"DEL\",\"s:2:%25\"]\n"));
  options.deletes = false;
  EXPECT_THAT(Copied(rows, options), IsOkAndHolds(::testing::Not(HasSubstr("s:2"))));
  options.format = CopyFormat::kRedis;
  options.value = RedisValue::kJson;
  options.key = {"id"};
  EXPECT_THAT(Copied({{"id", arrow::int64(), "[1]"}, {"x", arrow::utf8(), "[null]"}}, options),
              IsOkAndHolds("*3\r\n$3\r\nSET\r\n$3\r\ns:1\r\n$17\r\n{\"id\":1,\"x\":null}\r\n"));
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of the third row the name does not fit, of the fourth the key is null, of the last neither.
const std::vector<Column>& RowsWithMisfits() {
  static const std::vector<Column> rows = {
      {"id", arrow::int64(), "[1, 2, 3, null, 70000]"},
      {"name", arrow::utf8(), R"(["a", "b", "c\u0000", "d", "e\u0000"])"},
      {"_change_type", arrow::utf8(), R"(["insert", "delete", "update", "insert", "update"])"}};
  return rows;
}

TEST(CopyRows, WhatIsRejectedGoesToAFileAndIsDeleted) {
  CopyOptions options = Types({{"id", "smallint"}, {"name", "text"}});
  options.key = {"id"};
  options.into = "scores";
  options.version = 7;
  options.rejects = ::testing::TempDir() + "deltaic_copy_rows_rejects";
  std::remove(options.rejects.c_str());
  EXPECT_THAT(Copied(RowsWithMisfits(), options),
              IsOkAndHolds("1\ta\tinsert\n2\tb\tdelete\n3\t\\N\tdelete\n"));
  const std::string lines = ContentOf(options.rejects);
  EXPECT_EQ(std::ranges::count(lines, '\n'), 3);
  EXPECT_THAT(lines, HasSubstr(R"({"into":"scores","version":7,"reason":"row 2, column name: )"));
  EXPECT_THAT(lines, HasSubstr(R"("row":{"id":null,"name":"d","_change_type":"insert"}})"));

  // Behind what is there already.
  options.format = CopyFormat::kPostgresBinary;
  const auto binary = Copied(RowsWithMisfits(), options);
  ASSERT_THAT(binary, IsOkAndHolds(HasSubstr("insert")));
  EXPECT_THAT(Hex(*binary), HasSubstr("0003"
                                      "000000020003"
                                      "ffffffff"
                                      "0000000664656c657465"
                                      "ffff"));
  EXPECT_EQ(std::ranges::count(ContentOf(options.rejects), '\n'), 6);
  std::remove(options.rejects.c_str());
}

TEST(CopyRows, AllRowsOfABatchMayBeRejected) {
  CopyOptions options = Types({{"n", "smallint"}});
  options.rejects = ::testing::TempDir() + "deltaic_copy_rows_all_rejected";
  const auto schema = arrow::schema({arrow::field("n", arrow::int64())});
  const auto misfit = arrow::RecordBatch::Make(schema, 1, {ArrayOf(arrow::int64(), "[70000]")});
  const auto fit = arrow::RecordBatch::Make(schema, 1, {ArrayOf(arrow::int64(), "[5]")});
  auto rows =
      CopyRows::Open(*arrow::RecordBatchReader::Make({misfit, misfit, fit}, schema), options);
  ASSERT_THAT(rows, IsOk());
  EXPECT_THAT((*rows)->Next(), IsOkAndHolds("5\n"));
  EXPECT_THAT((*rows)->Next(), IsOkAndHolds(""));
  EXPECT_EQ((*rows)->num_rows(), 1);
  EXPECT_EQ((*rows)->num_rejected(), 2);
  std::remove(options.rejects.c_str());
  options.rejects = "/nowhere/at/all";
  EXPECT_THAT(CopyRows::Open(*arrow::RecordBatchReader::Make({fit}, schema), options).status(),
              StatusIs(StatusCode::kIo, HasSubstr("/nowhere/at/all")));
}

TEST(CopyRows, TypesWithoutWhatStandsInParentheses) {
  EXPECT_EQ(BarePostgresType("numeric(10,2)"), "numeric");
  EXPECT_EQ(BarePostgresType("character varying(5)[]"), "character varying[]");
  EXPECT_EQ(BarePostgresType("timestamp(3) with time zone"), "timestamp with time zone");
  EXPECT_EQ(BarePostgresType("bigint"), "bigint");
}

}  // namespace
}  // namespace deltaic
