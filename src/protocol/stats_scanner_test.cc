#include "protocol/stats_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deltaic {
namespace {

using Texts = std::vector<std::string_view>;

SchemaPtr TestSchema() {
  const auto primitive = [](TypeId id) { return DataType::Primitive(id); };
  const auto inner =
      DataType::Struct({{"x", primitive(TypeId::kLong)}, {"text", primitive(TypeId::kString)}});
  return DataType::Struct({{"id", primitive(TypeId::kLong)},
                           {"text", primitive(TypeId::kString)},
                           {"in", inner},
                           {"a\"b", primitive(TypeId::kLong)}});
}

StatsScanner TestScanner() {
  return StatsScanner(*TestSchema(), {{"id"}, {"text"}, {"in", "x"}, {"in", "text"}, {"a\"b"}});
}

constexpr size_t kId = 0, kText = 1, kInX = 2, kInText = 3;

TEST(StatsScanner, SplitsWhatWritersMake) {
  StatsScanner scanner = TestScanner();
  Texts texts(scanner.num_texts());
  ASSERT_TRUE(scanner.Scan(
      R"({"numRecords":12,"minValues":{"id":-3,"text":"a b","in":{"x":1.5e3,"text":"é"}},)"
      R"("maxValues":{"id":9,"text":null},"nullCount":{"id":0,"in":{"x":4}},"tightBounds":true})",
      texts));
  EXPECT_EQ(texts[StatsScanner::kNumRecords], "12");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kId, StatsScanner::kMin)], "-3");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kText, StatsScanner::kMin)], "\"a b\"");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kInX, StatsScanner::kMin)], "1.5e3");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kInText, StatsScanner::kMin)], "\"é\"");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kId, StatsScanner::kMax)], "9");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kText, StatsScanner::kMax)], "");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kInX, StatsScanner::kMax)], "");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kId, StatsScanner::kNullCount)], "0");
  EXPECT_EQ(texts[StatsScanner::TextIndex(kInX, StatsScanner::kNullCount)], "4");
}

TEST(StatsScanner, TakesKeysInAnyOrderAndForgetsTheRowBefore) {
  StatsScanner scanner = TestScanner();
  Texts texts(scanner.num_texts());
  const std::vector<std::string> rows = {
      R"({"numRecords":1,"minValues":{"id":1,"text":"a"}})",
      R"({"minValues":{"text":"b","id":2},"numRecords":2})",
      R"({"maxValues":{},"minValues":{"in":{"text":"c"},"text":"d"}})",
      "",
      "{}",
      R"({"numRecords":3})"};
  Texts found;
  for (const std::string& row : rows) {
    ASSERT_TRUE(scanner.Scan(row, texts)) << row;
    found.push_back(texts[StatsScanner::kNumRecords]);
    found.push_back(texts[StatsScanner::TextIndex(kId, StatsScanner::kMin)]);
    found.push_back(texts[StatsScanner::TextIndex(kText, StatsScanner::kMin)]);
  }
  EXPECT_EQ(found, (Texts{"1", "1", "\"a\"", "2", "2", "\"b\"", "", "", "\"d\"", "", "", "", "", "",
                          "", "3", "", ""}));
}

TEST(StatsScanner, LeavesTheUnusualToTheParser) {
  const std::vector<std::string> unusual = {
      " ",
      "null",
      "[]",
      "{",
      "{}x",
      "{} ",
      "\"numRecords\":1",
      R"({"numRecords":1)",
      R"({"numRecords":1,})",
      R"({"numRecords" :1})",
      R"({"numRecords":1,"numRecords":2})",
      R"({"minValues":{"id":1,"id":2}})",
      R"({"minValues":{"other":1}})",
      R"({"minValues":{"a\"b":1}})",
      R"({"minValues":{"a"b":1}})",
      R"({"minValues":{"i\u0064":1}})",
      R"({"minValues":{"text":"a\n"}})",
      "{\"minValues\":{\"text\":\"a\nb\"}}",
      "{\"minValues\":{\"text\":\"\xff\"}}",
      R"({"minValues":{"text":"a}})",
      R"({"minValues":{"id":{}}})",
      R"({"minValues":{"id":[1]}})",
      R"({"minValues":{"in":1}})",
      R"({"minValues":null})",
      R"({"minValues":{"id":nul}})",
      R"({"minValues":{"id":1 }})",
      R"({"minValues":{"id":}})",
      R"({"numRecords":-1})",
      R"({"numRecords":01})",
      R"({"numRecords":1.0})",
      R"({"numRecords":"1"})",
      R"({"numRecords":9223372036854775807})",
      R"({"nullCount":{"id":true}})",
      R"({"partitionValues":{}})",
  };
  StatsScanner scanner = TestScanner();
  Texts texts(scanner.num_texts());
  for (const std::string& text : unusual) EXPECT_FALSE(scanner.Scan(text, texts)) << text;
  EXPECT_TRUE(scanner.Scan(R"({"numRecords":1})", texts));
}

}  // namespace
}  // namespace deltaic
