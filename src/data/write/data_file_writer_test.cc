#include "data/write/data_file_writer.h"

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "data/write/data_write_test_support.h"
#include "storage/fault_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::BatchFor;
using ::deltaic::testing::CountObjects;
using ::deltaic::testing::Field;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::OpenParquet;
using ::deltaic::testing::ReadParquet;
using ::deltaic::testing::StatusIs;
using ::deltaic::testing::Target;
using ::deltaic::testing::Type;
using ::deltaic::testing::WriteBatches;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::SizeIs;

const DataTypePtr kLong = Type(TypeId::kLong);
const DataTypePtr kString = Type(TypeId::kString);

/// Rows i = begin .. begin + rows of the columns id = i and name = "name-<i>".
std::shared_ptr<arrow::RecordBatch> Numbered(int64_t begin, int64_t rows) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t i = begin; i < begin + rows; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(names.Append(Concat("name-", i)).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, rows, {*ids.Finish(), *names.Finish()});
}

DataFileTarget NumberedTarget(std::vector<std::string> partition_columns = {}) {
  return Target({Field("id", kLong), Field("name", kString)}, std::move(partition_columns));
}

/// All ids in the files, sorted.
std::vector<int64_t> AllIds(const ObjectStore& store, const std::vector<Add>& adds) {
  std::vector<int64_t> ids;
  for (const Add& add : adds) {
    const auto table = ReadParquet(store, add);
    for (const auto& chunk : table->GetColumnByName("id")->chunks()) {
      const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
      for (int64_t i = 0; i < values.length(); ++i) ids.push_back(values.Value(i));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<int64_t> Iota(int64_t n) {
  std::vector<int64_t> ids(static_cast<size_t>(n));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i);
  return ids;
}

TEST(DataFileWriter, RowsComeBackInOrder) {
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), {}, {Numbered(0, 1000), Numbered(1000, 1)});
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->adds, SizeIs(1));
  const Add& add = result->adds[0];
  EXPECT_THAT(add.path, MatchesRegex("part-00000-[0-9a-f-]{36}-c000.snappy.parquet"));
  EXPECT_EQ(result->num_rows, 1001);
  EXPECT_EQ(result->num_bytes, add.size);
  EXPECT_EQ(store->Stat(add.path)->size_bytes, add.size);
  EXPECT_TRUE(add.data_change);
  EXPECT_GT(add.modification_time, 1'500'000'000'000);
  const auto table = ReadParquet(*store, add);
  auto expected = arrow::Table::FromRecordBatches({Numbered(0, 1001)});
  EXPECT_TRUE(table->Equals(**expected, /*check_metadata=*/false));
}

TEST(DataFileWriter, NoRowsMakeNoFile) {
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), {}, {Numbered(0, 0)});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->adds, SizeIs(0));
  EXPECT_EQ(CountObjects(*store), 0);
}

TEST(DataFileWriter, EveryTypeComesBack) {
  const auto nested =
      DataType::Struct({Field("x", kLong, false), Field("y", DataType::Array(kString, true))});
  const DataFileTarget target =
      Target({Field("b", Type(TypeId::kBoolean)), Field("i8", Type(TypeId::kByte)),
              Field("i16", Type(TypeId::kShort)), Field("i32", Type(TypeId::kInteger)),
              Field("f", Type(TypeId::kFloat)), Field("d", Type(TypeId::kDouble)),
              Field("bin", Type(TypeId::kBinary)), Field("date", Type(TypeId::kDate)),
              Field("ts", Type(TypeId::kTimestamp)), Field("ntz", Type(TypeId::kTimestampNtz)),
              Field("d9", DataType::Decimal(9, 2)), Field("d18", DataType::Decimal(18, 0)),
              Field("d38", DataType::Decimal(38, 38)), Field("s", nested),
              Field("l", DataType::Array(DataType::Array(kLong, true), true)),
              Field("ls", DataType::Array(nested, true)),
              Field("m", DataType::Map(kString, DataType::Array(nested, false), true))});
  const auto batch = BatchFor(
      target,
      {"[true, null, false]", "[-128, null, 127]", "[-32768, null, 32767]",
       "[-2147483648, null, 1]", "[1.5, null, -0.0]", "[1e300, null, 2]", R"(["\u0000", null, ""])",
       "[-1000000, null, 20000]", "[-1, null, 9007199254740993]", "[-1, null, 1]",
       R"(["-1234567.89", null, "0.01"])", R"(["-999999999999999999", null, "1"])",
       R"(["0.12345678901234567890123456789012345678", null, "-0.00000000000000000000000000000000000001"])",
       R"([{"x": 1, "y": ["a", null, ""]}, null, {"x": 2, "y": null}])",
       "[[[1, null], [], null], null, []]",
       R"([[{"x": 1, "y": []}, null], [], [{"x": 3, "y": ["q"]}]])",
       R"([[["k", [{"x": 1, "y": null}, {"x": 2, "y": ["z"]}]], ["j", null]], null, []])"});
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, target, {}, {batch, batch->Slice(1)});
  ASSERT_THAT(result, IsOk());
  const auto table = ReadParquet(*store, result->adds[0]);
  ASSERT_NE(table, nullptr);
  auto expected = *arrow::Table::FromRecordBatches({batch, batch->Slice(1)});
  expected = *expected->CombineChunks();
  for (int i = 0; i < expected->num_columns(); ++i) {
    const auto& name = expected->field(i)->name();
    auto column = table->GetColumnByName(name);
    ASSERT_NE(column, nullptr) << name;
    // Readers give smaller integers and nested field names back as we wrote them.
    EXPECT_TRUE(column->Equals(*expected->column(i)))
        << name << " " << column->type()->ToString() << column->ToString();
  }
}

TEST(DataFileWriter, ParquetTypesAreThoseOfSpark) {
  const DataFileTarget target =
      Target({Field("ts", Type(TypeId::kTimestamp)), Field("ntz", Type(TypeId::kTimestampNtz)),
              Field("d9", DataType::Decimal(9, 2)), Field("d18", DataType::Decimal(18, 2)),
              Field("d19", DataType::Decimal(19, 2)), Field("i8", Type(TypeId::kByte)),
              Field("l", DataType::Array(kLong, true), false)});
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, target, {},
                             {BatchFor(target, {"[1]", "[1]", R"(["1.00"])", R"(["1.00"])",
                                                R"(["1.00"])", "[1]", "[[1]]"})});
  ASSERT_THAT(result, IsOk());
  const auto metadata = OpenParquet(*store, result->adds[0])->metadata();
  EXPECT_EQ(metadata->key_value_metadata(), nullptr);
  const auto* schema = metadata->schema();
  const std::vector<std::pair<parquet::Type::type, std::string>> expected = {
      {parquet::Type::INT64,
       "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, "
       "force_set_converted_type=false)"},
      {parquet::Type::INT64,
       "Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, "
       "force_set_converted_type=false)"},
      {parquet::Type::INT32, "Decimal(precision=9, scale=2)"},
      {parquet::Type::INT64, "Decimal(precision=18, scale=2)"},
      {parquet::Type::FIXED_LEN_BYTE_ARRAY, "Decimal(precision=19, scale=2)"},
      {parquet::Type::INT32, "Int(bitWidth=8, isSigned=true)"},
      {parquet::Type::INT64, "None"}};
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto* column = schema->Column(static_cast<int>(i));
    EXPECT_EQ(column->physical_type(), expected[i].first) << i;
    EXPECT_EQ(column->logical_type()->ToString(), expected[i].second) << i;
  }
  EXPECT_EQ(schema->Column(6)->path()->ToDotString(), "l.list.element");
}

TEST(DataFileWriter, ColumnMappingWritesPhysicalNamesAndIds) {
  auto mapped = [](StructField field, const std::string& physical, int id) {
    field.metadata["delta.columnMapping.physicalName"] = Concat('"', physical, '"');
    field.metadata["delta.columnMapping.id"] = std::to_string(id);
    return field;
  };
  const auto inner = DataType::Struct({mapped(Field("y", kLong), "col-y", 4)});
  DataFileTarget target =
      Target({mapped(Field("part", kString), "col-p", 1), mapped(Field("x", kLong), "col-x", 2),
              mapped(Field("s", inner), "col-s", 3)},
             {"part"});
  target.column_mapping = ColumnMappingMode::kId;
  auto store = MakeMemoryStore();
  auto result =
      WriteBatches(store, target, {}, {BatchFor(target, {R"(["v"])", "[5]", R"([{"y": 6}])"})});
  ASSERT_THAT(result, IsOk());
  const Add& add = result->adds[0];
  EXPECT_THAT(add.path, MatchesRegex("col-p=v/part-.*"));
  EXPECT_THAT(add.partition_values, ElementsAre(Pair("col-p", std::optional<std::string>("v"))));
  EXPECT_THAT(*add.stats, HasSubstr(R"("minValues":{"col-x":5,"col-s":{"col-y":6}})"));
  const auto metadata = OpenParquet(*store, add)->metadata();
  const auto& root = *metadata->schema()->group_node();
  ASSERT_EQ(root.field_count(), 2);
  EXPECT_EQ(root.field(0)->name(), "col-x");
  EXPECT_EQ(root.field(0)->field_id(), 2);
  EXPECT_EQ(root.field(1)->field_id(), 3);
  EXPECT_EQ(static_cast<const parquet::schema::GroupNode&>(*root.field(1)).field(0)->field_id(), 4);
}

struct PartitionCase {
  std::string name;
  DataTypePtr type;
  std::string json;  ///< one value
  std::optional<std::string> text;
  std::string directory;  ///< in the store
  std::string path;       ///< in the log
};

class DataFileWriterPartition : public ::testing::TestWithParam<PartitionCase> {};

TEST_P(DataFileWriterPartition, ValueIsEscaped) {
  const PartitionCase& c = GetParam();
  const DataFileTarget target = Target({Field("x", kLong), Field("p", c.type)}, {"p"});
  auto store = MakeMemoryStore();
  auto result =
      WriteBatches(store, target, {}, {BatchFor(target, {"[1]", Concat("[", c.json, "]")})});
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->adds, SizeIs(1));
  const Add& add = result->adds[0];
  EXPECT_THAT(add.partition_values, ElementsAre(Pair("p", c.text)));
  EXPECT_EQ(add.path.substr(0, add.path.rfind('/')), c.path);
  const std::string stored = PercentDecode(add.path);
  EXPECT_EQ(stored.substr(0, stored.rfind('/')), c.directory);
  const auto table = ReadParquet(*store, add);
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->num_columns(), 1);
  EXPECT_EQ(table->num_rows(), 1);
}

constexpr char kNullDirectory[] = "p=__HIVE_DEFAULT_PARTITION__";

INSTANTIATE_TEST_SUITE_P(
    All, DataFileWriterPartition,
    ::testing::Values(
        PartitionCase{"Plain", kString, R"("a-b_c")", "a-b_c", "p=a-b_c", "p=a-b_c"},
        PartitionCase{"Null", kString, "null", std::nullopt, kNullDirectory, kNullDirectory},
        PartitionCase{"Empty", kString, R"("")", std::nullopt, kNullDirectory, kNullDirectory},
        PartitionCase{"NullLong", kLong, "null", std::nullopt, kNullDirectory, kNullDirectory},
        PartitionCase{"Slash", kString, R"("a/b")", "a/b", "p=a%2Fb", "p=a%252Fb"},
        PartitionCase{"Percent", kString, R"("50%")", "50%", "p=50%25", "p=50%2525"},
        PartitionCase{"Space", kString, R"("a b")", "a b", "p=a b", "p=a%20b"},
        PartitionCase{"Dots", kString, R"("..")", "..", "p=..", "p=.."},
        PartitionCase{"Unicode", kString, R"("é😀")", "é😀", "p=é😀", "p=%C3%A9%F0%9F%98%80"},
        PartitionCase{"Control", kString, R"("a\u0001\n")", "a\x01\n", "p=a%01%0A",
                      "p=a%2501%250A"},
        PartitionCase{"Negative", kLong, "-5", "-5", "p=-5", "p=-5"},
        PartitionCase{"Boolean", Type(TypeId::kBoolean), "true", "true", "p=true", "p=true"},
        PartitionCase{"Double", Type(TypeId::kDouble), "1", "1.0", "p=1.0", "p=1.0"},
        PartitionCase{"Date", Type(TypeId::kDate), "18262", "2020-01-01", "p=2020-01-01",
                      "p=2020-01-01"},
        PartitionCase{"Decimal", DataType::Decimal(5, 2), R"("-1.50")", "-1.50", "p=-1.50",
                      "p=-1.50"}),
    [](const auto& info) { return info.param.name; });

TEST(DataFileWriter, SplitsRowsByAllPartitionColumns) {
  const DataFileTarget target =
      Target({Field("a", kString), Field("id", kLong), Field("b", kLong)}, {"b", "a"});
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, target, {},
                             {BatchFor(target, {R"(["x", "y", "x", null, "x", ""])",
                                                "[0, 1, 2, 3, 4, 5]", "[1, 1, 1, 1, 2, 1]"}),
                              BatchFor(target, {R"(["y"])", "[6]", "[1]"})});
  ASSERT_THAT(result, IsOk());
  std::map<std::string, std::vector<int64_t>> ids;
  for (const Add& add : result->adds) {
    ids[add.path.substr(0, add.path.rfind('/'))] = AllIds(*store, {add});
  }
  const std::map<std::string, std::vector<int64_t>> expected = {
      {"b=1/a=x", {0, 2}},
      {"b=1/a=y", {1, 6}},
      {"b=1/a=__HIVE_DEFAULT_PARTITION__", {3, 5}},
      {"b=2/a=x", {4}}};
  EXPECT_EQ(ids, expected);
}

TEST(DataFileWriter, VoidColumnsStayOutOfFiles) {
  const auto nested = DataType::Struct({Field("v", Type(TypeId::kVoid)), Field("x", kLong)});
  const DataFileTarget target = Target({Field("v", Type(TypeId::kVoid)), Field("s", nested)});
  auto store = MakeMemoryStore();
  auto result = WriteBatches(
      store, target, {}, {BatchFor(target, {"[null, null]", R"([{"v": null, "x": 7}, null])"})});
  ASSERT_THAT(result, IsOk());
  const auto table = ReadParquet(*store, result->adds[0]);
  EXPECT_EQ(table->schema()->ToString(), "s: struct<x: int64>");
  EXPECT_EQ(
      *result->adds[0].stats,
      R"({"numRecords":2,"minValues":{"s":{"x":7}},"maxValues":{"s":{"x":7}},"nullCount":{"s":{"x":1}}})");
}

TEST(DataFileWriter, RefusesWhatFilesCannotHold) {
  const auto none = Type(TypeId::kVoid);
  const std::vector<DataFileTarget> targets = {
      Target({Field("v", none)}), Target({Field("l", DataType::Array(none, true))}),
      Target({Field("x", kLong), Field("s", DataType::Struct({Field("v", none)}))}),
      Target({Field("p", kLong)}, {"p"})};
  for (const DataFileTarget& target : targets) {
    EXPECT_THAT(DataFileWriter::Make(MakeMemoryStore(), target, {}),
                StatusIs(StatusCode::kUnsupported))
        << target.schema->ToString();
  }
}

TEST(DataFileWriter, RefusesSenselessOptions) {
  std::vector<DataFileOptions> all(6);
  all[0].compression = "middle-out";
  all[1].compression = "zstd";
  all[1].compression_level = 1000;
  all[2].num_threads = -1;
  all[3].target_file_size_bytes = -1;
  all[4].bloom_filter_columns = {"nowhere"};
  all[5].max_memory_bytes = -5;
  for (const DataFileOptions& options : all) {
    EXPECT_THAT(DataFileWriter::Make(MakeMemoryStore(), NumberedTarget(), options),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST(DataFileWriter, RefusesAnotherSchemaAndNullsWhereNoneMayBe) {
  auto writer = DataFileWriter::Make(MakeMemoryStore(), Target({Field("id", kLong, false)}), {});
  ASSERT_THAT(writer, IsOk());
  const auto nulls =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int64(), false)}), 1,
                               {*arrow::MakeArrayOfNull(arrow::int64(), 1)});
  EXPECT_THAT((*writer)->Write(nulls),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("column id")));
  writer = DataFileWriter::Make(MakeMemoryStore(), Target({Field("id", kLong)}), {});
  EXPECT_THAT((*writer)->Write(Numbered(0, 1)), StatusIs(StatusCode::kSchemaMismatch));
}

struct CodecCase {
  std::string option;
  std::string property;
  std::string suffix;
  arrow::Compression::type expected;
};

class DataFileWriterCodec : public ::testing::TestWithParam<CodecCase> {};

TEST_P(DataFileWriterCodec, OptionOverridesProperty) {
  DataFileTarget target = NumberedTarget();
  target.properties.parquet_compression_codec = GetParam().property;
  DataFileOptions options;
  options.compression = GetParam().option;
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, target, options, {Numbered(0, 100)});
  ASSERT_THAT(result, IsOk());
  const std::string& path = result->adds[0].path;
  EXPECT_EQ(path.substr(path.find("-c000") + 5), GetParam().suffix);
  const auto metadata = OpenParquet(*store, result->adds[0])->metadata();
  EXPECT_EQ(metadata->RowGroup(0)->ColumnChunk(0)->compression(), GetParam().expected);
  EXPECT_EQ(AllIds(*store, result->adds), Iota(100));
}

INSTANTIATE_TEST_SUITE_P(
    All, DataFileWriterCodec,
    ::testing::Values(CodecCase{"", "", ".snappy.parquet", arrow::Compression::SNAPPY},
                      CodecCase{"", "zstd", ".zstd.parquet", arrow::Compression::ZSTD},
                      CodecCase{"gzip", "zstd", ".gz.parquet", arrow::Compression::GZIP},
                      CodecCase{"none", "zstd", ".parquet", arrow::Compression::UNCOMPRESSED},
                      CodecCase{"LZ4", "", ".lz4hadoop.parquet", arrow::Compression::LZ4_HADOOP},
                      CodecCase{"lz4_raw", "", ".lz4raw.parquet", arrow::Compression::LZ4},
                      CodecCase{"brotli", "", ".br.parquet", arrow::Compression::BROTLI}));

TEST(DataFileWriter, RowGroupsAndFilesKeepTheirLimits) {
  DataFileOptions options;
  options.max_rows_per_group = 1000;
  options.target_file_size_bytes = 100'000;
  options.num_threads = 2;
  auto store = MakeMemoryStore();
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (int64_t i = 0; i < 200; ++i) batches.push_back(Numbered(i * 500, 500));
  auto result = WriteBatches(store, NumberedTarget(), options, batches);
  ASSERT_THAT(result, IsOk());
  EXPECT_GE(result->adds.size(), 5u);
  EXPECT_LE(result->adds.size(), 25u);
  for (const Add& add : result->adds) {
    const auto metadata = OpenParquet(*store, add)->metadata();
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      EXPECT_LE(metadata->RowGroup(i)->num_rows(), 1000);
      EXPECT_GT(metadata->RowGroup(i)->num_rows(), 0);
    }
    EXPECT_LT(add.size, 1'000'000);
  }
  EXPECT_EQ(AllIds(*store, result->adds), Iota(100'000));
}

TEST(DataFileWriter, ManyThreadsLoseNoRow) {
  DataFileOptions options;
  options.num_threads = 16;
  options.max_rows_per_group = 5000;
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), options,
                             {Numbered(0, 70'000), Numbered(70'000, 3), Numbered(70'003, 29'997)});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_rows, 100'000);
  EXPECT_EQ(AllIds(*store, result->adds), Iota(100'000));
}

TEST(DataFileWriter, FilesAreFilledOneAfterTheOtherWhereAskedFor) {
  DataFileOptions options;
  options.num_threads = 16;
  options.max_rows_per_group = 66'000;
  options.one_file_at_a_time = true;
  auto store = MakeMemoryStore();
  const std::vector<std::shared_ptr<arrow::RecordBatch>> batches = {
      Numbered(0, 70'000), Numbered(70'000, 70'000), Numbered(140'000, 60'000)};
  auto result = WriteBatches(store, NumberedTarget(), options, batches);
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->adds.size(), 1u);
  EXPECT_EQ(AllIds(*store, result->adds), Iota(200'000));
  EXPECT_EQ(OpenParquet(*store, result->adds[0])->metadata()->num_row_groups(), 4);

  // Memory ends row groups, never files.
  options.max_memory_bytes = 1 << 20;
  store = MakeMemoryStore();
  result = WriteBatches(store, NumberedTarget(), options, batches);
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->adds.size(), 1u);
  EXPECT_EQ(AllIds(*store, result->adds), Iota(200'000));
  const auto metadata = OpenParquet(*store, result->adds[0])->metadata();
  EXPECT_GT(metadata->num_row_groups(), 4);
  for (int i = 0; i < metadata->num_row_groups(); ++i)
    EXPECT_GT(metadata->RowGroup(i)->num_rows(), 0);
}

TEST(DataFileWriter, RowGroupThatFillsUpWhileFinishingLosesNoRow) {
  DataFileOptions options;
  options.num_threads = 2;
  options.max_rows_per_group = 70'000;
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), options,
                             {Numbered(0, 66'000), Numbered(66'000, 5'000)});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(AllIds(*store, result->adds), Iota(71'000));
}

TEST(DataFileWriter, SmallRowGroupsAreOneFile) {
  DataFileOptions options;
  options.num_threads = 16;
  options.max_rows_per_group = 100;
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), options, {Numbered(0, 1'000)});
  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->adds.size(), 1u);
  EXPECT_EQ(OpenParquet(*store, result->adds[0])->metadata()->num_row_groups(), 10);
}

TEST(DataFileWriter, BloomFiltersAreWritten) {
  DataFileOptions options;
  options.bloom_filter_columns = {"name"};
  auto store = MakeMemoryStore();
  auto result = WriteBatches(store, NumberedTarget(), options, {Numbered(0, 100)});
  ASSERT_THAT(result, IsOk());
  const auto metadata = OpenParquet(*store, result->adds[0])->metadata();
  const auto group = metadata->RowGroup(0);
  EXPECT_FALSE(group->ColumnChunk(0)->bloom_filter_offset().has_value());
  EXPECT_TRUE(group->ColumnChunk(1)->bloom_filter_offset().has_value());
}

/// What the objects of a memory store take: their buffers grow by doubling.
int64_t StoredBytes(const ObjectStore& store) {
  int64_t bytes = 0;
  EXPECT_THAT(store.ListRecursive("",
                                  [&](const ObjectMeta& object) {
                                    bytes += static_cast<int64_t>(
                                        std::bit_ceil(static_cast<uint64_t>(object.size_bytes)));
                                    return Status();
                                  }),
              IsOk());
  return bytes;
}

TEST(DataFileWriter, ManyPartitionsStayWithinMemory) {
  const DataFileTarget target =
      Target({Field("p", kLong), Field("id", kLong), Field("text", kString)}, {"p"});
  DataFileOptions options;
  options.num_threads = 2;
  options.max_memory_bytes = 4 << 20;
  auto store = MakeMemoryStore();
  auto writer = DataFileWriter::Make(store, target, options);
  ASSERT_THAT(writer, IsOk());
  const auto schema = *ToArrowSchema(*target.schema);
  const int64_t before = arrow::default_memory_pool()->bytes_allocated();
  int64_t most = 0;
  int64_t next_id = 0;
  constexpr int64_t kRows = 5000;
  constexpr int64_t kBatches = 30;
  for (int64_t b = 0; b < kBatches; ++b) {
    arrow::Int64Builder p;
    arrow::Int64Builder id;
    arrow::StringBuilder text;
    for (int64_t i = 0; i < kRows; ++i) {
      ASSERT_TRUE(p.Append(i % 200).ok());
      ASSERT_TRUE(id.Append(next_id++).ok());
      ASSERT_TRUE(text.Append(std::string(100, static_cast<char>('a' + i % 26))).ok());
    }
    ASSERT_THAT((*writer)->Write(arrow::RecordBatch::Make(
                    schema, kRows, {*p.Finish(), *id.Finish(), *text.Finish()})),
                IsOk());
    most = std::max(most,
                    arrow::default_memory_pool()->bytes_allocated() - before - StoredBytes(*store));
  }
  auto result = (*writer)->Finish();
  ASSERT_THAT(result, IsOk());
  // 17 MB of rows passed through.
  EXPECT_LT(most, 6 << 20);
  std::set<std::string> partitions;
  for (const Add& add : result->adds) partitions.insert(*add.partition_values[0].second);
  EXPECT_EQ(partitions.size(), 200u);
  EXPECT_EQ(AllIds(*store, result->adds), Iota(kBatches * kRows));
}

/// Rows of fifty partitions by turns, more than may wait.
Result<DataFileResult> WriteByTurns(const std::shared_ptr<ObjectStore>& store,
                                    const DataFileOptions& options) {
  const DataFileTarget target =
      Target({Field("p", kLong), Field("id", kLong), Field("text", kString)}, {"p"});
  DELTAIC_ASSIGN_OR_RETURN(const auto writer, DataFileWriter::Make(store, target, options));
  const auto schema = *ToArrowSchema(*target.schema);
  int64_t next_id = 0;
  constexpr int64_t kRows = 5000;
  for (int64_t b = 0; b < 20; ++b) {
    arrow::Int64Builder p;
    arrow::Int64Builder id;
    arrow::StringBuilder text;
    for (int64_t i = 0; i < kRows; ++i) {
      EXPECT_TRUE(p.Append(i % 50).ok() && id.Append(next_id++).ok());
      EXPECT_TRUE(text.Append(std::string(100, static_cast<char>('a' + i % 26))).ok());
    }
    DELTAIC_RETURN_IF_ERROR(writer->Write(
        arrow::RecordBatch::Make(schema, kRows, {*p.Finish(), *id.Finish(), *text.Finish()})));
  }
  return writer->Finish();
}

TEST(DataFileWriter, PartitionsThatAreToBeOneFileAreWhateverMemoryThereIs) {
  for (const int num_threads : {1, 2}) {
    DataFileOptions options{.num_threads = num_threads, .max_memory_bytes = 4 << 20};
    const auto plain = WriteByTurns(MakeMemoryStore(), options);
    ASSERT_THAT(plain, IsOk());
    EXPECT_GT(plain->adds.size(), 100U);
    options.one_file_at_a_time = true;
    const auto store = MakeMemoryStore();
    const auto few = WriteByTurns(store, options);
    ASSERT_THAT(few, IsOk());
    EXPECT_THAT(few->adds, SizeIs(50));
    EXPECT_EQ(AllIds(*store, few->adds), Iota(100'000));
    const auto file = OpenParquet(*store, few->adds.front());
    for (int group = 0; group < file->metadata()->num_row_groups(); ++group) {
      EXPECT_GT(file->metadata()->RowGroup(group)->num_rows(), 0);
    }
  }
}

TEST(DataFileWriter, AsManyPartitionsAsRowsStayWithinMemory) {
  constexpr int64_t kRows = 1000;
  constexpr int64_t kColumns = 4;
  std::vector<StructField> fields = {Field("p", kLong)};
  for (int64_t c = 0; c < kColumns; ++c) fields.push_back(Field(Concat("text", c), kString));
  const DataFileTarget target = Target(fields, {"p"});
  const auto schema = *ToArrowSchema(*target.schema);
  arrow::Int64Builder p;
  arrow::StringBuilder text;
  for (int64_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(p.Append(i).ok());
    ASSERT_TRUE(text.Append(std::string(2000, 'x')).ok());
  }
  arrow::ArrayVector columns = {*p.Finish()};
  const std::shared_ptr<arrow::Array> texts = *text.Finish();
  columns.insert(columns.end(), kColumns, texts);
  const int64_t row_bytes = kRows * kColumns * 2000;

  const int64_t before = arrow::default_memory_pool()->bytes_allocated();
  auto inner = MakeMemoryStore();
  int64_t most = 0;
  std::mutex mutex;
  const auto store = MakeFaultStore(inner, [&](StoreCall, std::string_view) {
    const std::lock_guard lock(mutex);
    const int64_t now = arrow::default_memory_pool()->bytes_allocated() - before;
    most = std::max(most, now - StoredBytes(*inner));
    return Fault{};
  });
  DataFileOptions options;
  options.num_threads = 1;
  options.max_memory_bytes = 1 << 20;
  const auto result =
      WriteBatches(store, target, options, {arrow::RecordBatch::Make(schema, kRows, columns)});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->adds, SizeIs(kRows));
  // Once sorted by partition, and what may wait.
  EXPECT_LT(most, row_bytes + (4 << 20));
}

TEST(DataFileWriter, MorePartitionsThanFilesMayBeOpen) {
  const DataFileTarget target = Target({Field("p", kLong), Field("id", kLong)}, {"p"});
  const auto schema = *ToArrowSchema(*target.schema);
  DataFileOptions options;
  options.num_threads = 2;
  auto store = MakeMemoryStore();
  auto writer = DataFileWriter::Make(store, target, options);
  ASSERT_THAT(writer, IsOk());
  // Enough rows for each that its file is opened at once.
  constexpr int64_t kRows = 64 * 1024;
  constexpr int64_t kPartitions = 300;
  const auto ids = *arrow::MakeArrayFromScalar(arrow::Int64Scalar(1), kRows);
  for (int64_t p = 0; p < kPartitions; ++p) {
    const auto partition = *arrow::MakeArrayFromScalar(arrow::Int64Scalar(p), kRows);
    ASSERT_THAT((*writer)->Write(arrow::RecordBatch::Make(schema, kRows, {partition, ids})),
                IsOk());
  }
  auto result = (*writer)->Finish();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->adds, SizeIs(kPartitions));
  EXPECT_EQ(result->num_rows, kPartitions * kRows);
}

TEST(DataFileWriter, AbortRemovesAllFiles) {
  DataFileOptions options;
  options.target_file_size_bytes = 1000;
  options.max_rows_per_group = 1000;
  auto store = MakeMemoryStore();
  auto writer = DataFileWriter::Make(store, NumberedTarget(), options);
  ASSERT_THAT(writer, IsOk());
  ASSERT_THAT((*writer)->Write(Numbered(0, 200'000)), IsOk());
  EXPECT_GT(CountObjects(*store), 0);
  EXPECT_EQ((*writer)->rows_written(), 200'000);
  (*writer)->Abort();
  EXPECT_EQ(CountObjects(*store), 0);
  EXPECT_THAT((*writer)->Write(Numbered(0, 1)), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT((*writer)->Finish(), StatusIs(StatusCode::kInvalidArgument));
}

TEST(DataFileWriter, DestroyingItRemovesAllFilesUnlessFinished) {
  DataFileOptions options;
  options.target_file_size_bytes = 1000;
  auto store = MakeMemoryStore();
  {
    auto writer = DataFileWriter::Make(store, NumberedTarget(), options);
    ASSERT_THAT((*writer)->Write(Numbered(0, 200'000)), IsOk());
  }
  EXPECT_EQ(CountObjects(*store), 0);
  {
    auto writer = DataFileWriter::Make(store, NumberedTarget(), options);
    ASSERT_THAT((*writer)->Write(Numbered(0, 10)), IsOk());
    ASSERT_THAT((*writer)->Finish(), IsOk());
    EXPECT_THAT((*writer)->Write(Numbered(0, 1)), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_EQ(CountObjects(*store), 1);
}

TEST(DataFileWriter, CancellingStopsItAndRemovesAllFiles) {
  auto store = MakeMemoryStore();
  CancellationToken cancel;
  DataFileOptions options;
  options.target_file_size_bytes = 1000;
  auto writer = DataFileWriter::Make(store, NumberedTarget(), options, cancel);
  ASSERT_THAT((*writer)->Write(Numbered(0, 100'000)), IsOk());
  cancel.Cancel();
  EXPECT_THAT((*writer)->Write(Numbered(0, 100'000)), StatusIs(StatusCode::kCancelled));
  EXPECT_EQ(CountObjects(*store), 0);
}

struct FailingCall {
  std::string name;
  StoreCall call;
  Fault::Kind kind;
};

class DataFileWriterFailure : public ::testing::TestWithParam<FailingCall> {};

TEST_P(DataFileWriterFailure, IsReportedAndLeavesNothing) {
  auto inner = MakeMemoryStore();
  int count = 0;
  auto store = MakeFaultStore(inner, [&](StoreCall call, std::string_view) {
    // The third file fails, so that finished ones are there to remove.
    if (call != GetParam().call || ++count < 3) return Fault{};
    return Fault{GetParam().kind, Status::Io("no space left on device")};
  });
  DataFileOptions options;
  options.num_threads = 1;
  options.target_file_size_bytes = 10'000;
  options.max_rows_per_group = 10'000;
  auto result = WriteBatches(store, NumberedTarget(), options, {Numbered(0, 200'000)});
  EXPECT_THAT(result, StatusIs(StatusCode::kIo, HasSubstr("no space left on device")));
  EXPECT_EQ(CountObjects(*inner), 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, DataFileWriterFailure,
    ::testing::Values(FailingCall{"Create", StoreCall::kCreate, Fault::Kind::kFailBefore},
                      FailingCall{"Write", StoreCall::kWrite, Fault::Kind::kFailBefore},
                      FailingCall{"HalfWrite", StoreCall::kWrite, Fault::Kind::kHalfWritten},
                      FailingCall{"Close", StoreCall::kClose, Fault::Kind::kFailBefore}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
