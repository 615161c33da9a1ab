// Text as Parquet stores it: plain, in dictionaries, of any length, damaged.

#include <arrow/compute/cast.h>

#include <memory>
#include <string>
#include <vector>

#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::ParquetOptions;
using testing::ReadFile;
using testing::SpecOf;
using testing::Type;
using testing::WriteParquet;

constexpr const char* kPath = "p.parquet";
constexpr int kLetters = 3;

class TextColumnTest : public ::testing::Test {
 protected:
  /// Row i has its number, and as text the letter i % 3 so often; each seventh text is null.
  void Write(int64_t num_rows, size_t text_bytes, bool dictionary,
             const std::shared_ptr<arrow::DataType>& type = arrow::utf8()) {
    arrow::Int64Builder numbers;
    arrow::StringBuilder texts;
    for (int64_t i = 0; i < num_rows; ++i) {
      ASSERT_TRUE(numbers.Append(i).ok());
      ASSERT_TRUE(i % 7 == 0 ? texts.AppendNull().ok() : texts.Append(TextOf(i, text_bytes)).ok());
    }
    auto cast = (*texts.Finish())->View(arrow::utf8());
    if (type->id() != arrow::Type::STRING) cast = arrow::compute::Cast(**cast, type);
    ASSERT_TRUE(cast.ok()) << cast.status().ToString();
    const auto schema = arrow::schema({arrow::field("n", arrow::int64()), arrow::field("t", type)});
    parquet::WriterProperties::Builder builder;
    builder.compression(text_bytes > 100 ? parquet::Compression::ZSTD
                                         : parquet::Compression::UNCOMPRESSED);
    if (!dictionary) builder.disable_dictionary();
    ParquetOptions options;
    options.properties = builder.build();
    options.arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    WriteParquet(*store_, kPath, *arrow::Table::Make(schema, {*numbers.Finish(), *cast}), options);
  }

  static std::string TextOf(int64_t row, size_t bytes) {
    return std::string(bytes, static_cast<char>('a' + row % kLetters));
  }

  DataReadSpec Spec(const std::string& predicate = "") const {
    DataReadSpec spec = SpecOf(schema_);
    if (!predicate.empty()) {
      const auto bound = BindPredicate(*ParsePredicate(predicate), *schema_);
      EXPECT_THAT(bound, IsOk());
      spec.predicate = *bound;
    }
    return spec;
  }

  static void ExpectTexts(const arrow::Table& table, size_t text_bytes) {
    for (const auto& batch : Batches(table)) {
      const auto& numbers = static_cast<const arrow::Int64Array&>(*batch->column(0));
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
      for (int64_t i = 0; i < batch->num_rows(); ++i) {
        const int64_t row = numbers.Value(i);
        ASSERT_EQ(texts.IsNull(i), row % 7 == 0) << row;
        if (texts.IsNull(i)) continue;
        ASSERT_EQ(texts.GetView(i), TextOf(row, text_bytes)) << row;
      }
    }
  }

  static std::vector<std::shared_ptr<arrow::RecordBatch>> Batches(const arrow::Table& table) {
    arrow::TableBatchReader reader(table);
    return *reader.ToRecordBatches();
  }

  SchemaPtr schema_ = DataType::Struct({{"n", Type(TypeId::kLong)}, {"t", Type(TypeId::kString)}});
  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(TextColumnTest, ComesAsItWasWritten) {
  for (const bool dictionary : {false, true}) {
    for (const auto& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view()}) {
      SCOPED_TRACE(Concat(dictionary, " ", type->ToString()));
      Write(5000, 9, dictionary, type);
      const auto all = ReadFile(store_, Spec(), {kPath});
      ASSERT_THAT(all, IsOk());
      EXPECT_EQ((*all)->num_rows(), 5000);
      ExpectTexts(**all, 9);
      const auto some = ReadFile(store_, Spec("t = 'bbbbbbbbb' AND n < 4000"), {kPath});
      ASSERT_THAT(some, IsOk());
      EXPECT_EQ((*some)->num_rows(), 1333 - 191);  // every third row, less the nulls among them
      ExpectTexts(**some, 9);
    }
  }
}

TEST_F(TextColumnTest, TextsOfEachLengthComeOutOfADictionary) {
  for (const size_t bytes : {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300}) {
    SCOPED_TRACE(bytes);
    Write(3000, bytes, true);
    const auto table = ReadFile(store_, Spec(), {kPath});
    ASSERT_THAT(table, IsOk());
    ExpectTexts(**table, bytes);
    const auto some = ReadFile(store_, Spec("n % 2 = 0"), {kPath});
    ASSERT_THAT(some, IsOk());
    ExpectTexts(**some, bytes);
  }
}

TEST_F(TextColumnTest, LongTextsOfASmallDictionaryComeInSeveralBatches) {
  constexpr size_t kBytes = 100'000;
  Write(1500, kBytes, true);
  for (const char* predicate : {"", "n < 1400", "t <> 'x'"}) {
    SCOPED_TRACE(predicate);
    const auto table = ReadFile(store_, Spec(predicate), {kPath});
    ASSERT_THAT(table, IsOk());
    EXPECT_GT(Batches(**table).size(), 1U);
    for (const auto& batch : Batches(**table)) {
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
      EXPECT_LE(texts.total_values_length(), 64 << 20);
    }
    ExpectTexts(**table, kBytes);
  }
}

TEST_F(TextColumnTest, LongTextsMakeShortBatches) {
  constexpr size_t kBytes = 20'000;
  Write(4000, kBytes, false);
  const auto table = ReadFile(store_, Spec(), {kPath});
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->num_rows(), 4000);
  EXPECT_GT(Batches(**table).size(), 1U);
  ExpectTexts(**table, kBytes);
}

TEST_F(TextColumnTest, DamageIsFoundAndNothingIsReadBeyondADictionary) {
  Write(200, 5, true);
  const std::string good = *store_->Read(kPath, 1 << 24);
  const std::string end = good.substr(good.size() - 8, 4);
  const size_t footer_bytes = static_cast<unsigned char>(end[0]) +
                              (static_cast<size_t>(static_cast<unsigned char>(end[1])) << 8);
  int refused = 0;
  for (size_t at = 4; at < good.size() - 8 - footer_bytes; ++at) {
    for (const char value : {'\x03', '\x7F'}) {
      for (const bool as_dictionary : {false, true}) {
        SCOPED_TRACE(Concat("byte ", at, " as ", static_cast<int>(value)));
        std::string damaged = good;
        damaged[at] = value;
        ASSERT_THAT(store_->Put(kPath, damaged), IsOk());
        DataReadSpec spec = Spec();
        if (as_dictionary) spec.dictionary_columns = {"t"};
        const auto table = ReadFile(store_, std::move(spec), {kPath});  // checks the batches
        if (table.ok()) continue;
        ASSERT_EQ(table.status().code(), StatusCode::kCorruption) << table.status();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace deltaic
