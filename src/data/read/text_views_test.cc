#include "data/read/text_views.h"

#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>

#include <memory>
#include <random>
#include <string>

#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::Type;
using testing::WriteParquet;

std::shared_ptr<arrow::Array> RandomTexts(int64_t length, bool with_nulls) {
  std::mt19937 random(7);
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < length; ++i) {
    if (with_nulls && random() % 5 == 0) {
      EXPECT_TRUE(builder.AppendNull().ok());
    } else {
      const size_t size = random() % 30;  // beside 12, the longest that a view has in itself
      EXPECT_TRUE(builder.Append(std::string(size, static_cast<char>('a' + random() % 26))).ok());
    }
  }
  return *builder.Finish();
}

/// Checks views against Arrow's own of the same texts.
void ExpectViews(const std::shared_ptr<arrow::Array>& texts,
                 const std::shared_ptr<arrow::Array>& plain) {
  const auto views = ToViews(texts, arrow::default_memory_pool());
  ASSERT_THAT(views, IsOk());
  ASSERT_TRUE((*views)->ValidateFull().ok()) << (*views)->ValidateFull().ToString();
  const auto expected = *arrow::compute::Cast(plain, ViewTypeOf(plain->type()));
  EXPECT_TRUE((*views)->Equals(expected.make_array()));
}

TEST(ToViews, AreTheSameTexts) {
  for (const int64_t length : {0, 1, 5, 1000}) {
    for (const bool with_nulls : {false, true}) {
      const auto texts = RandomTexts(length, with_nulls);
      ExpectViews(texts, texts);
      ExpectViews(*texts->View(arrow::binary()), *texts->View(arrow::binary()));
      const auto some = texts->Slice(length / 3, length / 2);
      ExpectViews(some, some);
      const auto dictionary = (*arrow::compute::DictionaryEncode(texts)).make_array();
      ExpectViews(dictionary, texts);
      ExpectViews(dictionary->Slice(length / 3, length / 2), some);
    }
  }
}

TEST(ToViews, IndexBeyondTheDictionaryIsCorruption) {
  arrow::Int32Builder indices;
  ASSERT_TRUE(indices.AppendValues({0, 5}).ok());
  const auto array = std::make_shared<arrow::DictionaryArray>(
      arrow::dictionary(arrow::int32(), arrow::utf8()), *indices.Finish(), RandomTexts(3, false));
  EXPECT_THAT(ToViews(array, arrow::default_memory_pool()), StatusIs(StatusCode::kCorruption));
}

TEST(ToViews, ScanGivesThemForTopLevelTextAlone) {
  const auto store = MakeMemoryStore();
  const auto texts = RandomTexts(3000, true);
  const auto few = [] {
    arrow::StringBuilder builder;
    for (int i = 0; i < 3000; ++i) EXPECT_TRUE(builder.Append(std::string(i % 20, 'x')).ok());
    return *builder.Finish();
  }();
  const auto nested = *arrow::StructArray::Make({texts}, std::vector<std::string>{"s"});
  WriteParquet(*store, "p.parquet",
               *arrow::Table::Make(arrow::schema({arrow::field("t", arrow::utf8()),
                                                  arrow::field("few", arrow::utf8()),
                                                  arrow::field("in", nested->type())}),
                                   {texts, few, nested}));
  const SchemaPtr schema =
      DataType::Struct({{"t", Type(TypeId::kString)},
                        {"few", Type(TypeId::kString)},
                        {"in", DataType::Struct({{"s", Type(TypeId::kString)}})},
                        {"p", Type(TypeId::kString)}});
  DataReadSpec spec = SpecOf(schema, {"p"});
  spec.string_views = true;
  spec.dictionary_columns = {"few"};
  for (const std::string predicate : {"", "few > 'xxx' AND t IS NOT NULL"}) {
    SCOPED_TRACE(predicate);
    if (!predicate.empty()) spec.predicate = *BindPredicate(*ParsePredicate(predicate), *schema);
    DataFile file{"p.parquet"};
    file.partition_values = {{"p", "a value of the folder's name"}};
    const auto table = ReadFile(store, spec, file);
    ASSERT_THAT(table, IsOk());
    EXPECT_EQ((*table)->column(0)->type()->id(), arrow::Type::STRING_VIEW);
    EXPECT_EQ((*table)->column(1)->type()->id(), arrow::Type::DICTIONARY);
    EXPECT_EQ((*table)->column(2)->type()->field(0)->type()->id(), arrow::Type::STRING);
    EXPECT_EQ((*table)->column(3)->type()->id(), arrow::Type::STRING_VIEW);
    DataReadSpec plain = spec;
    plain.string_views = false;
    const auto expected = ReadFile(store, plain, file);
    ASSERT_THAT(expected, IsOk());
    for (const int column : {0, 3}) {
      const auto text = arrow::compute::Cast((*table)->column(column), arrow::utf8());
      ASSERT_TRUE(text.ok());
      EXPECT_TRUE(text->chunked_array()->Equals((*expected)->column(column)));
    }
  }
}

}  // namespace
}  // namespace deltaic
