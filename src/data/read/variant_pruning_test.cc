#include "data/read/variant_pruning.h"

#include <algorithm>
#include <random>

#include "data/eval/expression_eval.h"
#include "data/read/data_file_testing.h"
#include "data/values/variant_column.h"
#include "data/values/variant_form.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "protocol/variant_parse.h"
#include "support/status_matchers.h"

// Predicates on paths of variants find the same rows, whether the whole variants are read or only
// what the paths need.

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::IsOk;
using testing::ReadFile;
using testing::SpecOf;
using testing::WriteParquet;

class RandomVariants {
 public:
  explicit RandomVariants(uint32_t seed) : random_(seed) {}

  int Pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }

  std::string Scalar() {
    switch (Pick(like_ < 0 ? 8 : 16)) {
      case 0:
        return "null";
      case 1:
        return "true";
      case 2:
        return "\"" + std::to_string(Pick(20)) + "\"";
      case 3:
        return "\"text\"";
      case 4:
        return std::to_string(Pick(40)) + ".50";
      case 5:
        return "1.5e0";
      case 6:
        return "5000000000";
      default:
        return std::to_string(Pick(20));
    }
  }

  std::string Json(int depth) {
    const int kind = Pick(10);
    if (depth == 0 || kind < (depth == 3 ? 1 : 6)) return Scalar();
    std::string out;
    if (kind == 9) {
      for (int n = Pick(3); n > 0; --n) out += (out.empty() ? "" : ",") + Json(depth - 1);
      return "[" + out + "]";
    }
    for (const char* name : {"a", "b", "c"}) {
      if (Pick(4) == 0) continue;
      out += (out.empty() ? "\"" : ",\"") + std::string(name) + "\":" + Json(depth - 1);
    }
    return "{" + out + "}";
  }

  VariantForm Form(int depth) {
    VariantForm form;
    const int kind = depth == 3 ? 5 + Pick(4) : Pick(8);
    if (kind < 5 || depth == 0) {
      static const DataTypePtr types[] = {
          DataType::Primitive(TypeId::kLong), DataType::Primitive(TypeId::kString),
          DataType::Decimal(10, 2), DataType::Primitive(TypeId::kBoolean)};
      form.kind = VariantForm::Kind::kScalar;
      form.type = types[kind % 4];
    } else if (kind == 5 && depth < 3) {
      form.kind = VariantForm::Kind::kArray;
      form.fields.push_back({"", Form(depth - 1)});
    } else {
      form.kind = VariantForm::Kind::kObject;
      for (const char* name : {"a", "b", "d"}) {
        if (Pick(3) != 0) form.fields.push_back({name, Form(depth - 1)});
      }
      if (form.fields.empty()) form.fields.push_back({"a", Form(depth - 1)});
    }
    return form;
  }

  /// Fewer odd values, so that row groups can be skipped.
  void BeLike(int kind) { like_ = kind; }

 private:
  std::mt19937 random_;
  int like_ = -1;
};

std::shared_ptr<arrow::Array> VariantsOf(RandomVariants& random, int rows) {
  arrow::BinaryBuilder metadata, value;
  arrow::TypedBufferBuilder<bool> valid;
  for (int row = 0; row < rows; ++row) {
    const auto variant = ParseVariantJson(random.Json(3));
    EXPECT_THAT(variant, IsOk());
    EXPECT_TRUE(metadata.Append(variant->metadata).ok());
    EXPECT_TRUE(value.Append(variant->value).ok());
    EXPECT_TRUE(valid.Append(random.Pick(10) != 0).ok());
  }
  return std::make_shared<arrow::StructArray>(
      VariantArrowType(), rows, arrow::ArrayVector{*metadata.Finish(), *value.Finish()},
      *valid.Finish());
}

constexpr const char* kPredicates[] = {
    "TRY_VARIANT_GET(v, '$.a', 'bigint') = 7",
    "TRY_VARIANT_GET(v, '$.a', 'int') > 30",
    "TRY_VARIANT_GET(v, '$.a', 'tinyint') <= 3",
    "VARIANT_GET(v, '$.a', 'string') = '5'",
    "VARIANT_GET(v, '$.a', 'bigint') = 5",
    "VARIANT_GET(v, '$.b', 'decimal(12,3)') > 39",
    "TRY_VARIANT_GET(v, '$.b', 'decimal(12,3)') < 1",
    "TRY_VARIANT_GET(v, '$.b', 'double') >= 39",
    "TRY_VARIANT_GET(v, '$.a', 'boolean')",
    "TRY_VARIANT_GET(v, '$.b', 'boolean') = FALSE",
    "TRY_VARIANT_GET(v, '$.a.b', 'bigint') = 3",
    "TRY_VARIANT_GET(v:a, '$.b', 'bigint') = 3",
    "TRY_CAST(v:a.b AS DECIMAL(5,1)) >= 19.5",
    "TRY_VARIANT_GET(v, '$.a[0]', 'bigint') = 3",
    "TRY_VARIANT_GET(v, '$.a[1].a', 'string') IS NOT NULL",
    "TRY_VARIANT_GET(v, '$[0]', 'bigint') > 2",
    "TRY_VARIANT_GET(v, '$.c', 'bigint') = 4",
    "TRY_VARIANT_GET(v, '$.d', 'bigint') = 4",
    "VARIANT_GET(v, '$.a', 'bigint') IS NULL",
    "VARIANT_GET(v, '$.a') IS NULL",
    "VARIANT_GET(v, '$.b') IS NOT NULL AND v IS NOT NULL",
    "IS_VARIANT_NULL(v:a)",
    "IS_VARIANT_NULL(v:a.b)",
    "NOT IS_VARIANT_NULL(v:b)",
    "IS_VARIANT_NULL(v)",
    "TO_JSON(v:a) LIKE '%a%'",
    "TO_JSON(v:a.b) = '{}'",
    "SCHEMA_OF_VARIANT(v:b) LIKE 'OBJECT%'",
    "TRY_VARIANT_GET(v, '$.a', 'bigint') IN (1, 2, 50) OR TRY_VARIANT_GET(v, '$.b', 'string') = "
    "'x'",
    "NOT (TRY_VARIANT_GET(v, '$.a', 'bigint') < 15)",
    "v IS NULL",
    "TRY_VARIANT_GET(v, '$.a', 'bigint') <=> NULL",
    "TRY_VARIANT_GET(v, '$.a', 'smallint') = 5 AND TRY_VARIANT_GET(v, '$', 'string') IS NOT NULL",
};

/// The ids of the rows that match, or the code of the error.
std::string Ids(const Result<std::shared_ptr<arrow::Table>>& rows) {
  if (!rows.ok()) return "error";
  std::string out;
  const auto column = (*rows)->GetColumnByName("id");
  for (int64_t row = 0; row < (*rows)->num_rows(); ++row) {
    out += (*column->GetScalar(row))->ToString() + " ";
  }
  return out;
}

std::string ExpectedIds(const Expr& predicate, const arrow::Table& all) {
  const auto batch = all.CombineChunksToBatch();
  const auto matches = EvaluateExpression(predicate, **batch);
  if (!matches.ok()) return "error";
  std::string out;
  const auto& flags = static_cast<const arrow::BooleanArray&>(**matches);
  for (int64_t row = 0; row < flags.length(); ++row) {
    if (flags.IsValid(row) && flags.Value(row)) {
      out += (*(*batch)->GetColumnByName("id")->GetScalar(row))->ToString() + " ";
    }
  }
  return out;
}

TEST(VariantPruning, FindsWhatWholeVariantsGive) {
  const SchemaPtr schema =
      DataType::Struct({{"id", DataType::Primitive(TypeId::kLong), true, {}},
                        {"v", DataType::Primitive(TypeId::kVariant), true, {}}});
  for (uint32_t seed = 0; seed < 60; ++seed) {
    RandomVariants random(seed);
    if (seed % 3 == 0) random.BeLike(1);
    const int rows = 1 + random.Pick(60);
    const auto variants = VariantsOf(random, rows);
    const VariantForm form = seed % 10 == 9 ? VariantForm() : random.Form(3);
    auto column = variants;
    if (form.is_shredded()) {
      auto shredded = ShredVariants(*variants, form);
      ASSERT_THAT(shredded, IsOk());
      column = *shredded;
    }
    arrow::Int64Builder ids;
    for (int row = 0; row < rows; ++row) ASSERT_TRUE(ids.Append(row).ok());
    const auto store = MakeMemoryStore();
    const auto table = arrow::Table::Make(
        arrow::schema({arrow::field("id", arrow::int64()), arrow::field("v", column->type())}),
        {*ids.Finish(), column});
    WriteParquet(*store, "f.parquet", *table, {.rows_per_group = 1 + random.Pick(20)});
    const auto all = ReadFile(store, SpecOf(schema), {"f.parquet"});
    ASSERT_THAT(all, IsOk());
    for (const char* sql : kPredicates) {
      const auto parsed = ParsePredicate(sql);
      ASSERT_THAT(parsed, IsOk());
      const auto bound = BindPredicate(*parsed, *schema, {});
      ASSERT_THAT(bound, IsOk()) << sql;
      DataReadSpec spec = SpecOf(schema);
      spec.predicate = *bound;
      const std::string expected = ExpectedIds(**bound, **all);
      EXPECT_EQ(Ids(ReadFile(store, spec, {"f.parquet"})), expected) << sql << ", seed " << seed;
      spec.columns = {"id"};
      EXPECT_EQ(Ids(ReadFile(store, spec, {"f.parquet"})), expected) << sql << ", seed " << seed;
    }
  }
}

TEST(VariantPruning, SkipsRowGroupsByTheTypedColumn) {
  const SchemaPtr schema =
      DataType::Struct({{"v", DataType::Primitive(TypeId::kVariant), true, {}}});
  arrow::BinaryBuilder metadata, value;
  for (int row = 0; row < 100; ++row) {
    const auto variant = ParseVariantJson("{\"a\":" + std::to_string(row) + ",\"rest\":\"" +
                                          std::string(100, 'x') + "\"}");
    ASSERT_THAT(variant, IsOk());
    ASSERT_TRUE(metadata.Append(variant->metadata).ok() && value.Append(variant->value).ok());
  }
  const auto variants = std::make_shared<arrow::StructArray>(
      VariantArrowType(), 100, arrow::ArrayVector{*metadata.Finish(), *value.Finish()});
  VariantForm form;
  form.kind = VariantForm::Kind::kObject;
  VariantForm number;
  number.kind = VariantForm::Kind::kScalar;
  number.type = DataType::Primitive(TypeId::kLong);
  form.fields.push_back({"a", number});
  const auto shredded = ShredVariants(*variants, form);
  ASSERT_THAT(shredded, IsOk());
  const auto store = MakeMemoryStore();
  WriteParquet(
      *store, "f.parquet",
      *arrow::Table::Make(arrow::schema({arrow::field("v", (*shredded)->type())}), {*shredded}),
      {.rows_per_group = 10});
  const auto read = [&](const char* sql) {
    DataReadSpec spec = SpecOf(schema);
    spec.predicate = *BindPredicate(*ParsePredicate(sql), *schema, {});
    DataReadMetrics metrics;
    const auto rows = ReadFile(store, spec, {"f.parquet"}, &metrics);
    EXPECT_THAT(rows, IsOk());
    return std::pair((*rows)->num_rows(), metrics.row_groups_total - metrics.row_groups_skipped);
  };
  EXPECT_EQ(read("VARIANT_GET(v, '$.a', 'int') = 42"), std::pair(int64_t{1}, int64_t{1}));
  EXPECT_EQ(read("v:a::bigint >= 85"), std::pair(int64_t{15}, int64_t{2}));
  EXPECT_EQ(read("v:a::tinyint = 200").first, 0);
  EXPECT_EQ(read("v:a::string = '42'"), std::pair(int64_t{1}, int64_t{10}));
}

}  // namespace
}  // namespace deltaic
