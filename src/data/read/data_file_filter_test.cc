#include <functional>
#include <optional>
#include <random>
#include <set>

#include "base/uuid.h"
#include "base/z85.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::ParquetOptions;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::Type;
using testing::WriteParquet;

constexpr int64_t kNumRows = 5000;

struct Row {
  int64_t id;
  std::optional<int64_t> num;
  std::optional<std::string> text;
  double real;
};

/// Rows 0 to kNumRows - 1: `id` counts up, the others are random.
const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = [] {
    std::mt19937 random(3);
    std::vector<Row> made;
    for (int64_t i = 0; i < kNumRows; ++i) {
      Row row{i, {}, {}, static_cast<double>(random() % 100) / 4};
      if (random() % 5 != 0) row.num = static_cast<int64_t>(random() % 50) + i / 1000 * 100;
      if (random() % 5 != 0) row.text = "t" + std::to_string(random() % 20);
      made.push_back(std::move(row));
    }
    return made;
  }();
  return rows;
}

std::shared_ptr<arrow::Table> RowsAsTable() {
  arrow::Int64Builder ids;
  arrow::Int64Builder nums;
  arrow::StringBuilder texts;
  arrow::DoubleBuilder reals;
  for (const Row& row : Rows()) {
    EXPECT_TRUE(ids.Append(row.id).ok());
    EXPECT_TRUE(nums.AppendOrNull(row.num).ok());
    EXPECT_TRUE((row.text ? texts.Append(*row.text) : texts.AppendNull()).ok());
    EXPECT_TRUE(reals.Append(row.real).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("num", arrow::int64()),
                     arrow::field("text", arrow::utf8()), arrow::field("real", arrow::float64())});
  return arrow::Table::Make(schema,
                            {*ids.Finish(), *nums.Finish(), *texts.Finish(), *reals.Finish()});
}

const SchemaPtr& RowSchema() {
  static const SchemaPtr schema = DataType::Struct({{"id", Type(TypeId::kLong)},
                                                    {"num", Type(TypeId::kLong)},
                                                    {"text", Type(TypeId::kString)},
                                                    {"real", Type(TypeId::kDouble)},
                                                    {"part", Type(TypeId::kInteger)},
                                                    {"gone", Type(TypeId::kLong)}});
  return schema;
}

class DataFileFilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ParquetOptions options;
    options.rows_per_group = 1000;
    WriteParquet(*store_, "p.parquet", *RowsAsTable(), options);
  }

  static DataReadSpec Spec(std::vector<std::string> columns) {
    DataReadSpec spec = SpecOf(RowSchema(), {"part"});
    spec.columns = std::move(columns);
    return spec;
  }
  static DataFile File() { return {"p.parquet", 0, {{"part", "7"}}}; }

  /// The ids that are read.
  Result<std::vector<int64_t>> ReadIds(DataReadSpec spec, DataFile file,
                                       DataReadMetrics* metrics = nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const auto table,
                             ReadFile(store_, std::move(spec), std::move(file), metrics));
    std::vector<int64_t> ids;
    for (const auto& chunk : table->GetColumnByName("id")->chunks()) {
      const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
      ids.insert(ids.end(), values.raw_values(), values.raw_values() + values.length());
    }
    return ids;
  }

  /// Stores `bytes` as a deletion vector file, and describes the vector at `offset` in it.
  DeletionVectorDescriptor Store(const std::string& bytes, std::optional<int32_t> offset,
                                 size_t size, int64_t cardinality, const std::string& prefix = "") {
    UuidBytes uuid{};
    uuid[3] = std::byte{0xAB};
    EXPECT_THAT(store_->Put(Concat(prefix.empty() ? "" : prefix + "/", "deletion_vector_",
                                   FormatUuid(uuid), ".bin"),
                            bytes),
                IsOk());
    return {"u", prefix + Z85Encode(uuid), offset, static_cast<int32_t>(size), cardinality};
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

struct PredicateCase {
  std::string sql;
  std::function<bool(const Row&)> matches;  ///< true only: null and false drop
};

const std::vector<PredicateCase>& Predicates() {
  static const std::vector<PredicateCase> cases = {
      {"id < 10", [](const Row& r) { return r.id < 10; }},
      {"id >= 1998 AND id < 2003", [](const Row& r) { return r.id >= 1998 && r.id < 2003; }},
      {"id = 4999 OR id = 0", [](const Row& r) { return r.id == 4999 || r.id == 0; }},
      {"id < 0", [](const Row&) { return false; }},
      {"id >= 0", [](const Row&) { return true; }},
      {"num = 103", [](const Row& r) { return r.num == 103; }},
      {"NOT (num = 103)", [](const Row& r) { return r.num && *r.num != 103; }},
      {"num IS NULL", [](const Row& r) { return !r.num; }},
      {"num IS NOT NULL AND num > 400", [](const Row& r) { return r.num && *r.num > 400; }},
      {"text = 't3'", [](const Row& r) { return r.text == "t3"; }},
      {"text IN ('t1', 't2') AND real < 10.0",
       [](const Row& r) { return (r.text == "t1" || r.text == "t2") && r.real < 10; }},
      {"text LIKE 't1%' OR num < 20",
       [](const Row& r) {
         return (r.text && r.text->starts_with("t1")) || (r.num && *r.num < 20);
       }},
      {"part = 7 AND num = 3", [](const Row& r) { return r.num == 3; }},
      {"part = 8", [](const Row&) { return false; }},
      {"part = 7", [](const Row&) { return true; }},
      {"gone IS NULL AND id < 5", [](const Row& r) { return r.id < 5; }},
      {"gone = 1 OR id = 6", [](const Row& r) { return r.id == 6; }},
      {"id = 2500 AND text IS NOT NULL", [](const Row& r) { return r.id == 2500 && r.text; }},
  };
  return cases;
}

TEST_F(DataFileFilterTest, PredicatesGiveWhatBruteForceGives) {
  DeletionVector deleted;
  for (int64_t row = 0; row < kNumRows; row += 3) deleted.Add(row);
  std::string dv_file;
  const std::string serialized = deleted.Serialize();
  const int32_t offset = AppendToDeletionVectorFile(dv_file, serialized);
  const auto descriptor = Store(dv_file, offset, serialized.size(), deleted.cardinality());
  for (const PredicateCase& param : Predicates()) {
    SCOPED_TRACE(param.sql);
    const auto parsed = ParsePredicate(param.sql);
    ASSERT_THAT(parsed, IsOk());
    const auto bound = BindPredicate(*parsed, *RowSchema());
    ASSERT_THAT(bound, IsOk());
    for (const bool with_dv : {false, true}) {
      std::vector<int64_t> expected;
      for (const Row& row : Rows()) {
        if (param.matches(row) && !(with_dv && deleted.Contains(row.id)))
          expected.push_back(row.id);
      }
      for (const auto& columns : std::vector<std::vector<std::string>>{
               {"id"}, {"real", "id", "text"}, {"part", "gone", "text", "num", "real", "id"}}) {
        for (const int64_t batch_rows : {64, 333, 100'000}) {
          DataReadSpec spec = Spec(columns);
          spec.predicate = *bound;
          spec.batch_rows = batch_rows;
          if (batch_rows == 333) spec.dictionary_columns = {"text", "part", "gone"};
          DataFile file = File();
          if (with_dv) file.deletion_vector = descriptor;
          const auto ids = ReadIds(spec, file);
          ASSERT_THAT(ids, IsOk());
          ASSERT_EQ(*ids, expected)
              << columns.size() << " columns, " << batch_rows << " rows a batch";
        }
      }
    }
  }
}

TEST_F(DataFileFilterTest, RowsStayTogetherAcrossColumns) {
  DataReadSpec spec = Spec({"text", "num", "id", "real"});
  spec.predicate = *BindPredicate(*ParsePredicate("num > 120 AND num < 140"), *RowSchema());
  spec.batch_rows = 100;
  const auto table = ReadFile(store_, spec, File());
  ASSERT_THAT(table, IsOk());
  int64_t expected_rows = 0;
  for (const Row& row : Rows())
    expected_rows += row.num && *row.num > 120 && *row.num < 140 ? 1 : 0;
  ASSERT_EQ((*table)->num_rows(), expected_rows);
  const auto combined = (*table)->CombineChunks().ValueOrDie();
  const auto& texts = static_cast<const arrow::StringArray&>(*combined->column(0)->chunk(0));
  const auto& nums = static_cast<const arrow::Int64Array&>(*combined->column(1)->chunk(0));
  const auto& ids = static_cast<const arrow::Int64Array&>(*combined->column(2)->chunk(0));
  const auto& reals = static_cast<const arrow::DoubleArray&>(*combined->column(3)->chunk(0));
  for (int64_t i = 0; i < expected_rows; ++i) {
    const Row& row = Rows()[static_cast<size_t>(ids.Value(i))];
    ASSERT_EQ(nums.Value(i), *row.num);
    ASSERT_EQ(texts.IsValid(i), row.text.has_value());
    ASSERT_EQ(row.text ? texts.GetString(i) : "", row.text.value_or(""));
    ASSERT_EQ(reals.Value(i), row.real);
  }
}

TEST_F(DataFileFilterTest, RowGroupsThatCannotMatchAreNotRead) {
  DataReadSpec spec = Spec({"text", "id"});
  spec.predicate = *BindPredicate(*ParsePredicate("id BETWEEN 1500 AND 1600"), *RowSchema());
  DataReadMetrics metrics;
  ASSERT_THAT(ReadIds(spec, File(), &metrics), IsOk());
  EXPECT_EQ(metrics.row_groups_total, 5);
  EXPECT_EQ(metrics.row_groups_skipped, 4);
  EXPECT_EQ(metrics.rows_read, 1000);
  EXPECT_EQ(metrics.rows_returned, 101);
}

TEST_F(DataFileFilterTest, OtherColumnsAreReadOnlyWhereARowMatches) {
  // 4 values of num lie inside the statistics of each row group but in none of its rows.
  DataReadSpec spec = Spec({"id", "text", "real"});
  spec.predicate = *BindPredicate(*ParsePredicate("text = 't10x'"), *RowSchema());
  DataReadMetrics nothing;
  ASSERT_THAT(ReadIds(spec, File(), &nothing), IsOk());
  EXPECT_EQ(nothing.row_groups_skipped, 0);
  EXPECT_EQ(nothing.rows_returned, 0);
  spec.predicate = *BindPredicate(*ParsePredicate("text = 't10'"), *RowSchema());
  DataReadMetrics something;
  ASSERT_THAT(ReadIds(spec, File(), &something), IsOk());
  EXPECT_LT(nothing.bytes_read, something.bytes_read / 2);
}

TEST_F(DataFileFilterTest, DeletionVectorsOfAllKindsApply) {
  DeletionVector deleted;
  deleted.AddRange(990, 1010);
  deleted.Add(0);
  deleted.Add(kNumRows - 1);
  const std::string serialized = deleted.Serialize();
  std::string padded = serialized;
  padded.resize((padded.size() + 3) / 4 * 4, '\0');
  DeletionVector other;
  other.Add(17);
  std::string file;
  AppendToDeletionVectorFile(file, other.Serialize());
  const int32_t offset = AppendToDeletionVectorFile(file, serialized);
  std::string only;
  AppendToDeletionVectorFile(only, serialized);
  const int64_t count = deleted.cardinality();
  const auto size = static_cast<int32_t>(serialized.size());

  std::vector<DeletionVectorDescriptor> descriptors;
  descriptors.push_back(Store(file, offset, serialized.size(), count));
  descriptors.push_back(Store(file, offset, serialized.size(), count, "ab"));
  descriptors.push_back(Store(only, std::nullopt, serialized.size(), count, "x/y"));
  descriptors.push_back(
      {"i", Z85Encode(std::as_bytes(std::span(padded))), std::nullopt, size, count});
  ASSERT_THAT(store_->Put("dv 1.bin", file), IsOk());
  descriptors.push_back({"p", "memory:///dv%201.bin", offset, size, count});
  for (const auto& descriptor : descriptors) {
    SCOPED_TRACE(descriptor.UniqueId());
    DataFile data_file = File();
    data_file.deletion_vector = descriptor;
    const auto ids = ReadIds(Spec({"id"}), data_file);
    ASSERT_THAT(ids, IsOk());
    ASSERT_EQ(static_cast<int64_t>(ids->size()), kNumRows - count);
    for (const int64_t id : *ids) ASSERT_FALSE(deleted.Contains(id));

    const auto partition_only = ReadFile(store_, Spec({"part"}), data_file);
    ASSERT_THAT(partition_only, IsOk());
    EXPECT_EQ((*partition_only)->num_rows(), kNumRows - count);
  }
}

TEST_F(DataFileFilterTest, AllRowsDeletedGivesNone) {
  DeletionVector deleted;
  deleted.AddRange(0, kNumRows);
  std::string file;
  const std::string serialized = deleted.Serialize();
  const int32_t offset = AppendToDeletionVectorFile(file, serialized);
  DataFile data_file = File();
  data_file.deletion_vector = Store(file, offset, serialized.size(), kNumRows);
  const auto ids = ReadIds(Spec({"id", "text"}), data_file);
  ASSERT_THAT(ids, IsOk());
  EXPECT_TRUE(ids->empty());
}

TEST_F(DataFileFilterTest, BrokenDeletionVectorsAreNamed) {
  DeletionVector deleted;
  deleted.Add(5);
  const std::string serialized = deleted.Serialize();
  std::string good;
  const int32_t offset = AppendToDeletionVectorFile(good, serialized);
  const auto expect = [&](DeletionVectorDescriptor descriptor, StatusCode code,
                          const std::string& message) {
    DataFile file = File();
    file.deletion_vector = std::move(descriptor);
    EXPECT_THAT(ReadIds(Spec({"id"}), file), StatusIs(code, HasSubstr(message)));
  };
  const size_t size = serialized.size();
  const auto base = Store(good, offset, size, 1);
  auto changed = base;
  changed.cardinality = int64_t{1} << 60;
  expect(changed, StatusCode::kCorruption,
         "claims 1152921504606846976 rows of a file that has 5000");
  changed.cardinality = -1;
  expect(changed, StatusCode::kCorruption, "claims -1 rows");
  changed.cardinality = 2;
  expect(changed, StatusCode::kCorruption, "holds 1 rows, but the log says 2");
  changed = base;
  changed.size_in_bytes = std::numeric_limits<int32_t>::max();
  expect(changed, StatusCode::kCorruption, "its file has");
  changed.size_in_bytes = -1;
  expect(changed, StatusCode::kCorruption, "negative");
  changed.size_in_bytes = static_cast<int32_t>(size) - 1;
  expect(changed, StatusCode::kCorruption, "but the log says");
  changed = base;
  changed.offset = std::numeric_limits<int32_t>::max();
  expect(changed, StatusCode::kCorruption, "its file has");
  changed.offset = -7;
  expect(changed, StatusCode::kCorruption, "negative");
  std::string damaged = good;
  damaged[good.size() - 6] ^= 1;
  expect(Store(damaged, offset, size, 1, "d"), StatusCode::kCorruption, "CRC-32");
  expect(Store("", offset, size, 1, "e"), StatusCode::kCorruption, "its file has 0 bytes");
  changed = base;
  changed.path_or_inline_dv = "short";
  expect(changed, StatusCode::kCorruption, "too short");
  changed.path_or_inline_dv = "../" + base.path_or_inline_dv;
  expect(changed, StatusCode::kCorruption, "no path inside the table");
  changed.path_or_inline_dv = "gone" + base.path_or_inline_dv;
  expect(changed, StatusCode::kNotFound, "deletion vector file gone/deletion_vector_");
  changed = base;
  changed.storage_type = "p";
  changed.path_or_inline_dv = "file:///elsewhere/dv.bin";
  expect(changed, StatusCode::kUnsupported, "file:///elsewhere/dv.bin");
  changed.storage_type = "x";
  expect(changed, StatusCode::kCorruption, "unknown storage type");
  changed.storage_type = "i";
  changed.path_or_inline_dv = "not z85 \"";
  expect(changed, StatusCode::kCorruption, "p.parquet");
  DeletionVector beyond;
  beyond.Add(kNumRows);
  std::string beyond_file;
  const int32_t beyond_offset = AppendToDeletionVectorFile(beyond_file, beyond.Serialize());
  expect(Store(beyond_file, beyond_offset, beyond.Serialize().size(), 1, "b"),
         StatusCode::kCorruption, "names row 5000");
}

}  // namespace
}  // namespace deltaic
