#include "data/read/data_file_testing.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::DataFileRows;
using testing::ExpectTablesEqual;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ParquetOptions;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::TableOf;
using testing::Type;
using testing::WriteParquet;

const DataTypePtr kLong = Type(TypeId::kLong);
const DataTypePtr kString = Type(TypeId::kString);

/// A field under column mapping.
StructField Mapped(std::string name, DataTypePtr type, int id, const std::string& physical) {
  return {std::move(name),
          std::move(type),
          true,
          {{"delta.columnMapping.id", std::to_string(id)},
           {"delta.columnMapping.physicalName", "\"" + physical + "\""}}};
}

std::shared_ptr<arrow::Field> WithId(const std::shared_ptr<arrow::Field>& field, int id) {
  return field->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

class DataFileTest : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(DataFileTest, ColumnsComeByNameInTheOrderAskedForAndMissingOnesAreNull) {
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("B", arrow::utf8()), R"(["x", null])"},
                         {arrow::field("extra", arrow::int32()), "[1, 2]"},
                         {arrow::field("a", arrow::int32()), "[1, 2]"}}));
  DataReadSpec spec = SpecOf(DataType::Struct(
      {{"a", kLong}, {"b", kString}, {"c", Type(TypeId::kDate)}, {"v", Type(TypeId::kVoid)}}));
  spec.columns = {"v", "c", "b", "a"};
  const auto table = ReadFile(store_, spec, {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *TableOf({{arrow::field("v", arrow::null()), "[null, null]"},
                                       {arrow::field("c", arrow::date32()), "[null, null]"},
                                       {arrow::field("b", arrow::utf8()), R"(["x", null])"},
                                       {arrow::field("a", arrow::int64()), "[1, 2]"}}));
}

TEST_F(DataFileTest, PathsAreDecodedAndPartitionValuesWinOverTheFile) {
  WriteParquet(*store_, "d=2024-02-29/p q.parquet",
               *TableOf({{arrow::field("d", arrow::utf8()), R"(["no", "no"])"},
                         {arrow::field("a", arrow::int64()), "[1, 2]"}}));
  const auto schema =
      DataType::Struct({{"a", kLong}, {"d", Type(TypeId::kDate)}, {"n", Type(TypeId::kInteger)}});
  const auto table =
      ReadFile(store_, SpecOf(schema, {"d", "n"}),
               {"d=2024-02-29/p%20q.parquet", 1, {{"d", "2024-02-29"}, {"n", std::nullopt}}});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *TableOf({{arrow::field("a", arrow::int64()), "[1, 2]"},
                                       {arrow::field("d", arrow::date32()), "[19782, 19782]"},
                                       {arrow::field("n", arrow::int32()), "[null, null]"}}));
}

TEST_F(DataFileTest, OnlyPartitionColumnsReadNoData) {
  WriteParquet(*store_, "p.parquet", *TableOf({{arrow::field("a", arrow::int64()), "[1, 2, 3]"}}));
  DataReadSpec spec = SpecOf(DataType::Struct({{"a", kLong}, {"s", kString}}), {"s"});
  spec.columns = {"s"};
  spec.batch_rows = 2;
  DataReadMetrics metrics;
  const auto table = ReadFile(store_, spec, {"p.parquet", 0, {{"s", "x"}}}, &metrics);
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(**table, *TableOf({{arrow::field("s", arrow::utf8()), R"(["x", "x", "x"])"}}));
  EXPECT_EQ(metrics.bytes_read, 0);
  EXPECT_EQ(metrics.rows_returned, 3);
}

TEST_F(DataFileTest, LongPartitionValuesMakeShortBatches) {
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("a", arrow::int64()), "[1, 2, 3, 4, 5]"}}));
  const std::string value(20 << 20, 'x');
  const auto spec = std::make_shared<const DataReadSpec>(
      SpecOf(DataType::Struct({{"a", kLong}, {"s", kString}}), {"s"}));
  auto reader = DataFileRows::Open(store_, spec, {"p.parquet", 0, {{"s", value}}});
  ASSERT_THAT(reader, IsOk());
  for (int i = 0; i < 5; ++i) {
    const auto batch = reader->Next();
    ASSERT_THAT(batch, IsOk());
    EXPECT_EQ((*batch)->num_rows(), 1);
  }
  EXPECT_EQ(*reader->Next(), nullptr);
}

TEST_F(DataFileTest, NestedColumnsArePrunedWidenedAndFilledUp) {
  const auto inner =
      arrow::struct_({arrow::field("drop", arrow::utf8()), arrow::field("x", arrow::int32())});
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("s", inner),
                          R"([{"drop": "d", "x": 1}, null, {"drop": "d", "x": null}])"},
                         {arrow::field("l", arrow::list(arrow::field("element", inner))),
                          R"([[{"drop": "d", "x": 1}, null], null, []])"},
                         {arrow::field("m", arrow::map(arrow::utf8(), inner)),
                          R"([[["k", {"drop": "d", "x": 5}]], null, []])"}}));
  const auto wanted = DataType::Struct({{"y", kString}, {"x", kLong}});
  const auto schema = DataType::Struct({{"s", wanted},
                                        {"l", DataType::Array(wanted, true)},
                                        {"m", DataType::Map(kString, wanted, true)},
                                        {"none", DataType::Array(wanted, true)}});
  const auto table = ReadFile(store_, SpecOf(schema), {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  const auto arrow_schema = *ToArrowSchema(*schema);
  ExpectTablesEqual(
      **table,
      *TableOf({{arrow_schema->field(0), R"([{"y": null, "x": 1}, null, {"y": null, "x": null}])"},
                {arrow_schema->field(1), R"([[{"y": null, "x": 1}, null], null, []])"},
                {arrow_schema->field(2), R"([[["k", {"y": null, "x": 5}]], null, []])"},
                {arrow_schema->field(3), "[null, null, null]"}}));
}

TEST_F(DataFileTest, StructOfWhichNoMemberIsInTheFileKeepsItsNulls) {
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("s", arrow::struct_({arrow::field("old", arrow::int32())})),
                          R"([{"old": 1}, null])"}}));
  const auto schema = DataType::Struct({{"s", DataType::Struct({{"fresh", kLong}})}});
  const auto table = ReadFile(store_, SpecOf(schema), {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  ExpectTablesEqual(
      **table, *TableOf({{(*ToArrowSchema(*schema))->field(0), R"([{"fresh": null}, null])"}}));
}

TEST_F(DataFileTest, NameMappingGoesByPhysicalNamesAtEveryLevel) {
  const auto inner =
      arrow::struct_({arrow::field("col-x", arrow::int64()), arrow::field("a", arrow::int64())});
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("col-s", inner), R"([{"col-x": 1, "a": 9}])"},
                         {arrow::field("s", arrow::int64()), "[7]"},
                         {arrow::field("b", arrow::int64()), "[8]"}}));
  const auto schema =
      DataType::Struct({Mapped("s", DataType::Struct({Mapped("a", kLong, 2, "col-x")}), 1, "col-s"),
                        Mapped("b", kLong, 3, "col-b"), Mapped("p", kLong, 4, "col-p")});
  DataReadSpec spec = SpecOf(schema, {"p"});
  spec.column_mapping = ColumnMappingMode::kName;
  const auto table = ReadFile(store_, spec, {"p.parquet", 0, {{"col-p", "5"}}});
  ASSERT_THAT(table, IsOk());
  const auto arrow_schema = *ToArrowSchema(*schema);
  ExpectTablesEqual(**table, *TableOf({{arrow_schema->field(0), R"([{"a": 1}])"},
                                       {arrow_schema->field(1), "[null]"},
                                       {arrow_schema->field(2), "[5]"}}));
}

TEST_F(DataFileTest, IdMappingGoesByFieldIdsAtEveryLevel) {
  const auto inner = arrow::struct_({WithId(arrow::field("q", arrow::int64()), 20),
                                     WithId(arrow::field("a", arrow::int64()), 21)});
  WriteParquet(*store_, "p.parquet",
               *TableOf({{WithId(arrow::field("b", arrow::int64()), 11), "[8]"},
                         {WithId(arrow::field("z", inner), 10), R"([{"q": 1, "a": 9}])"}}));
  const auto schema =
      DataType::Struct({Mapped("s", DataType::Struct({Mapped("a", kLong, 20, "p1")}), 10, "p2"),
                        Mapped("b", kLong, 12, "b")});
  DataReadSpec spec = SpecOf(schema);
  spec.column_mapping = ColumnMappingMode::kId;
  const auto table = ReadFile(store_, spec, {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  const auto arrow_schema = *ToArrowSchema(*schema);
  ExpectTablesEqual(**table, *TableOf({{arrow_schema->field(0), R"([{"a": 1}])"},
                                       {arrow_schema->field(1), "[null]"}}));

  WriteParquet(*store_, "bare.parquet", *TableOf({{arrow::field("b", arrow::int64()), "[8]"}}));
  EXPECT_THAT(ReadFile(store_, spec, {"bare.parquet"}),
              StatusIs(StatusCode::kCorruption, HasSubstr("no field ids")));
}

TEST_F(DataFileTest, Int96OutsideTheNanosecondRangeIsExact) {
  // 0001-01-01 and 9999-12-31T23:59:59.999999.
  const std::string values = "[-62135596800000000, 253402300799999999, null]";
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO);
  ParquetOptions options;
  options.arrow_properties =
      parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build();
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("t", type), values}, {arrow::field("n", type), values}}),
               options);
  const auto schema =
      DataType::Struct({{"t", Type(TypeId::kTimestamp)}, {"n", Type(TypeId::kTimestampNtz)}});
  const auto table = ReadFile(store_, SpecOf(schema), {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  const auto arrow_schema = *ToArrowSchema(*schema);
  ExpectTablesEqual(**table,
                    *TableOf({{arrow_schema->field(0), values}, {arrow_schema->field(1), values}}));
}

TEST_F(DataFileTest, TypesThatTheWriterStoredBesideTheFileAreRead) {
  ParquetOptions options;
  options.arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  const auto dictionary = arrow::dictionary(arrow::int32(), arrow::utf8());
  WriteParquet(
      *store_, "p.parquet",
      *TableOf(
          {{arrow::field("large", arrow::large_utf8()), R"(["a", null])"},
           {arrow::field("view", arrow::utf8_view()), R"(["a", null])"},
           {arrow::field("dict", dictionary), R"(["a", null])"},
           {arrow::field("list", arrow::large_list(arrow::int32())), "[[1, 2], null]"},
           {arrow::field("fixed", arrow::fixed_size_list(arrow::int32(), 2)), "[[1, 2], null]"},
           {arrow::field("small", arrow::decimal32(5, 2)), R"(["1.25", null])"}}),
      options);
  const auto longs = DataType::Array(kLong, true);
  const auto schema = DataType::Struct({{"large", kString},
                                        {"view", kString},
                                        {"dict", kString},
                                        {"list", longs},
                                        {"fixed", longs},
                                        {"small", DataType::Decimal(7, 3)}});
  const auto arrow_schema = *ToArrowSchema(*schema);
  DataReadSpec spec = SpecOf(schema);
  auto table = ReadFile(store_, spec, {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  const std::string text = R"(["a", null])";
  ExpectTablesEqual(**table, *TableOf({{arrow_schema->field(0), text},
                                       {arrow_schema->field(1), text},
                                       {arrow_schema->field(2), text},
                                       {arrow_schema->field(3), "[[1, 2], null]"},
                                       {arrow_schema->field(4), "[[1, 2], null]"},
                                       {arrow_schema->field(5), R"(["1.250", null])"}}));
  spec.columns = spec.dictionary_columns = {"large", "view", "dict"};
  table = ReadFile(store_, spec, {"p.parquet"});
  ASSERT_THAT(table, IsOk());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE((*table)->column(i)->chunk(0)->Equals(*ArrayOf(dictionary, text)))
        << (*table)->column(i)->ToString();
  }
}

TEST_F(DataFileTest, DictionaryStringsKeepValuesAcrossPlainPagesPartitionsAndMissingColumns) {
  std::string json = "[";
  for (int i = 0; i < 5000; ++i)
    json += (i ? ", \"" : "\"") + std::to_string(i % 3 == 0 ? i : i % 7) + "\"";
  json += "]";
  ParquetOptions options;
  options.rows_per_group = 2000;
  // So small that later pages fall back to plain.
  options.properties = parquet::WriterProperties::Builder()
                           .dictionary_pagesize_limit(256)
                           ->data_pagesize(512)
                           ->build();
  WriteParquet(*store_, "p.parquet", *TableOf({{arrow::field("s", arrow::utf8()), json}}), options);
  DataReadSpec spec =
      SpecOf(DataType::Struct({{"s", kString}, {"p", kString}, {"gone", kString}}), {"p"});
  spec.dictionary_columns = {"s", "p", "gone"};
  spec.batch_rows = 700;
  const auto table = ReadFile(store_, spec, {"p.parquet", 0, {{"p", "x"}}});
  ASSERT_THAT(table, IsOk());
  spec.dictionary_columns.clear();
  const auto plain = ReadFile(store_, spec, {"p.parquet", 0, {{"p", "x"}}});
  ASSERT_THAT(plain, IsOk());
  ASSERT_EQ((*table)->num_rows(), 5000);
  int64_t row = 0;
  for (const auto& chunk : (*table)->column(0)->chunks()) {
    const auto& values = static_cast<const arrow::DictionaryArray&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i, ++row) {
      const auto& dictionary = static_cast<const arrow::StringArray&>(*values.dictionary());
      ASSERT_EQ(dictionary.GetString(values.GetValueIndex(i)),
                (*plain)->column(0)->GetScalar(row).ValueOrDie()->ToString());
    }
  }
  EXPECT_EQ((*table)->column(2)->null_count(), 5000);
}

TEST_F(DataFileTest, TypesThatCannotBeTheTablesAreCorruption) {
  WriteParquet(*store_, "p.parquet", *TableOf({{arrow::field("a", arrow::utf8()), R"(["x"])"}}));
  for (const DataTypePtr& type :
       {kLong, DataType::Struct({{"x", kLong}}), DataType::Array(kString, true),
        DataType::Map(kString, kString, true)}) {
    EXPECT_THAT(
        ReadFile(store_, SpecOf(DataType::Struct({{"a", type}})), {"p.parquet"}),
        StatusIs(StatusCode::kCorruption, HasSubstr("p.parquet: column a is string in the file")));
  }
}

TEST_F(DataFileTest, MissingAndBrokenFilesAreNamed) {
  const DataReadSpec spec = SpecOf(DataType::Struct({{"a", kLong}}));
  EXPECT_THAT(ReadFile(store_, spec, {"gone.parquet"}),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr("data file gone.parquet of the table is missing; ")));
  for (const char* bytes :
       {"", "short", "PAR1 this is no footer at all PAR1", "no magic at either end of this"}) {
    ASSERT_THAT(store_->Put("bad.parquet", bytes), IsOk());
    EXPECT_THAT(ReadFile(store_, spec, {"bad.parquet"}),
                StatusIs(StatusCode::kCorruption, HasSubstr("data file bad.parquet")));
  }
  WriteParquet(*store_, "p.parquet", *TableOf({{arrow::field("a", arrow::int64()), "[1, 2, 3]"}}));
  std::string bytes = *store_->Read("p.parquet", 1 << 20);
  // The footer stays, the data is torn.
  std::fill(bytes.begin() + 4, bytes.begin() + 40, '\xEE');
  ASSERT_THAT(store_->Put("torn.parquet", bytes), IsOk());
  EXPECT_THAT(ReadFile(store_, spec, {"torn.parquet"}),
              StatusIs(StatusCode::kCorruption, HasSubstr("data file torn.parquet")));
}

TEST_F(DataFileTest, EveryFlippedByteIsHandled) {
  WriteParquet(*store_, "p.parquet",
               *TableOf({{arrow::field("a", arrow::int64()), "[1, 2, null]"},
                         {arrow::field("s", arrow::utf8()), R"(["x", "yy", null])"}}));
  const DataReadSpec spec = SpecOf(DataType::Struct({{"a", kLong}, {"s", kString}}));
  const std::string good = *store_->Read("p.parquet", 1 << 20);
  for (size_t i = 0; i < good.size(); i += 3) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
    ASSERT_THAT(store_->Put("bad.parquet", bytes), IsOk());
    const auto shared = std::make_shared<const DataReadSpec>(spec);
    auto reader = DataFileRows::Open(store_, shared, {"bad.parquet"});
    if (!reader.ok()) continue;
    for (int batches = 0; batches < 10; ++batches) {
      const auto batch = reader->Next();
      if (!batch.ok() || *batch == nullptr) break;
    }
  }
}

TEST_F(DataFileTest, CancelledReaderStops) {
  WriteParquet(*store_, "p.parquet", *TableOf({{arrow::field("a", arrow::int64()), "[1, 2, 3]"}}));
  const auto spec = std::make_shared<const DataReadSpec>(SpecOf(DataType::Struct({{"a", kLong}})));
  const CancellationToken cancel;
  auto reader = DataFileRows::Open(store_, spec, {"p.parquet"}, cancel);
  ASSERT_THAT(reader, IsOk());
  cancel.Cancel();
  EXPECT_THAT(reader->Next(), StatusIs(StatusCode::kCancelled));
}

}  // namespace
}  // namespace deltaic
