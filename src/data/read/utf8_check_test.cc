#include "data/values/utf8_check.h"

#include <string>
#include <vector>

#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::IsOk;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::Type;
using testing::WriteParquet;

std::shared_ptr<arrow::Array> Texts(const std::vector<std::string>& texts) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendValues(texts).ok());
  return *builder.Finish();
}

TEST(CheckUtf8Test, TextsAreJudgedOneByOne) {
  EXPECT_THAT(CheckUtf8(*Texts({})), IsOk());
  EXPECT_THAT(CheckUtf8(*Texts({"", "a", "é", "", "日本 🦆", std::string(1, '\0')})), IsOk());
  EXPECT_THAT(CheckUtf8(*ArrayOf(arrow::utf8(), R"([null, "é", null])")), IsOk());
  for (const auto& texts : std::vector<std::vector<std::string>>{{"a", "\xFF"},
                                                                 {"\xC3", "\xA9"},
                                                                 {"a\xC3", "", "\xA9"},
                                                                 {"\xED\xA0\x80"},
                                                                 {"é", "\xC3"}}) {
    EXPECT_THAT(CheckUtf8(*Texts(texts)), StatusIs(StatusCode::kCorruption));
  }
}

TEST(CheckUtf8Test, OnlyWhatASliceHasCounts) {
  const auto texts = Texts({"\xFF", "é", "a", "\xFF"});
  EXPECT_THAT(CheckUtf8(*texts->Slice(1, 2)), IsOk());
  EXPECT_THAT(CheckUtf8(*texts->Slice(2)), StatusIs(StatusCode::kCorruption));
}

TEST(CheckUtf8Test, BytesAreNoTexts) {
  EXPECT_THAT(CheckUtf8(**Texts({"\xFF"})->View(arrow::binary())), IsOk());
}

class NoUtf8FileTest : public ::testing::TestWithParam<bool> {};

TEST_P(NoUtf8FileTest, IsRefusedAndOtherColumnsAreRead) {
  std::vector<std::string> texts(100, "a");
  texts[70] = "\xFF";
  arrow::Int64Builder ids;
  for (int64_t i = 0; i < 100; ++i) EXPECT_TRUE(ids.Append(i).ok());
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("s", arrow::utf8())}),
      arrow::ArrayVector{*ids.Finish(), Texts(texts)});
  testing::ParquetOptions options;
  parquet::WriterProperties::Builder properties;
  options.properties =
      (GetParam() ? properties.enable_dictionary() : properties.disable_dictionary())
          ->enable_write_page_index()
          ->build();
  const auto store = MakeMemoryStore();
  WriteParquet(*store, "p.parquet", *table, options);
  const auto schema = DataType::Struct({{"id", Type(TypeId::kLong)}, {"s", Type(TypeId::kString)}});
  const auto refused = StatusIs(StatusCode::kCorruption,
                                ::testing::HasSubstr("column s: a text is not valid UTF-8"));
  EXPECT_THAT(ReadFile(store, SpecOf(schema), {"p.parquet"}), refused);
  DataReadSpec spec = SpecOf(schema);
  spec.dictionary_columns = {"s"};
  EXPECT_THAT(ReadFile(store, spec, {"p.parquet"}), refused);
  spec.dictionary_columns = {};
  spec.predicate = *BindPredicate(*ParsePredicate("id % 2 = 0"), *schema);
  EXPECT_THAT(ReadFile(store, spec, {"p.parquet"}), refused);
  spec.columns = {"id"};
  EXPECT_THAT(ReadFile(store, spec, {"p.parquet"}), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Encodings, NoUtf8FileTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Dictionary" : "Plain"; });

}  // namespace
}  // namespace deltaic
