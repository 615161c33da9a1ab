// What the footer says of nulls saves work; what is read is right whatever it says.

#include <memory>
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
using testing::Type;
using testing::WriteParquet;

constexpr const char* kPath = "p.parquet";
constexpr int64_t kRows = 5000;
/// Not of a count that something else in a footer may have too.
constexpr int64_t kNulls = 1234;

struct NullCountCase {
  std::string name;
  DataTypePtr type;
  bool dictionary = false;
  bool has_nulls = false;
};

class NullCountTest : public ::testing::TestWithParam<NullCountCase> {
 protected:
  /// Row i is null for the first kNulls odd i, where there are nulls.
  static bool IsNullAt(int64_t row) {
    return GetParam().has_nulls && row % 2 == 1 && row < 2 * kNulls;
  }

  static std::shared_ptr<arrow::Scalar> ValueOf(int64_t number,
                                                const std::shared_ptr<arrow::DataType>& type) {
    if (type->id() == arrow::Type::BOOL) return arrow::MakeScalar(number % 3 == 0);
    if (type->id() == arrow::Type::DECIMAL128)
      return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(number), type);
    return *arrow::MakeScalar(number)->CastTo(type);
  }

  static std::shared_ptr<arrow::Array> Values() {
    const auto type = *ToArrowType(*GetParam().type);
    auto builder = *arrow::MakeBuilder(type);
    for (int64_t row = 0; row < kRows; ++row) {
      const auto value = ValueOf(row % 2 == 0 ? row % 100 : 7, type);
      EXPECT_TRUE(IsNullAt(row) ? builder->AppendNull().ok() : builder->AppendScalar(*value).ok());
    }
    return *builder->Finish();
  }

  void Write(const std::shared_ptr<arrow::Array>& values) {
    parquet::WriterProperties::Builder builder;
    builder.compression(parquet::Compression::UNCOMPRESSED)->data_pagesize(4096);
    if (!GetParam().dictionary) builder.disable_dictionary();
    const auto numbers = [] {
      arrow::Int64Builder rows;
      for (int64_t row = 0; row < kRows; ++row) EXPECT_TRUE(rows.Append(row).ok());
      return *rows.Finish();
    };
    const auto schema =
        arrow::schema({arrow::field("n", arrow::int64()), arrow::field("v", values->type())});
    WriteParquet(*store_, kPath, *arrow::Table::Make(schema, {numbers(), values}),
                 {.properties = builder.build()});
  }

  /// Makes the footer say that there are none.
  void DenyNulls() {
    std::string bytes = *store_->Read(kPath, 1 << 24);
    // A number in a footer: twice it, seven bits a byte, the lowest first.
    const std::string count = {static_cast<char>((2 * kNulls & 0x7F) | 0x80),
                               static_cast<char>(2 * kNulls >> 7)};
    size_t found = 0;
    for (const char header : {'\x16', '\x26', '\x36'}) {
      for (size_t at = bytes.find(header + count, bytes.size() / 2); at != std::string::npos;
           at = bytes.find(header + count, at + 1)) {
        bytes[at + 1] = '\x80';
        bytes[at + 2] = '\0';
        ++found;
      }
    }
    ASSERT_GT(found, 0U);
    ASSERT_THAT(store_->Put(kPath, bytes), IsOk());
  }

  void ExpectReads(const std::shared_ptr<arrow::Array>& values) {
    const SchemaPtr schema = DataType::Struct({{"n", Type(TypeId::kLong)}, {"v", GetParam().type}});
    DataReadSpec spec = SpecOf(schema);
    spec.batch_rows = 700;
    const auto all = ReadFile(store_, spec, {kPath});
    ASSERT_THAT(all, IsOk());
    EXPECT_TRUE((*all)->column(1)->Equals(arrow::ChunkedArray(values)));
    spec.predicate = *BindPredicate(*ParsePredicate("n >= 1111 AND n < 4321"), *schema);
    const auto some = ReadFile(store_, spec, {kPath});
    ASSERT_THAT(some, IsOk());
    EXPECT_TRUE((*some)->column(1)->Equals(arrow::ChunkedArray(values->Slice(1111, 4321 - 1111))));
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

std::vector<NullCountCase> Cases() {
  std::vector<NullCountCase> cases;
  const std::pair<const char*, DataTypePtr> types[] = {
      {"Boolean", Type(TypeId::kBoolean)},   {"Byte", Type(TypeId::kByte)},
      {"Int", Type(TypeId::kInteger)},       {"Long", Type(TypeId::kLong)},
      {"Double", Type(TypeId::kDouble)},     {"String", Type(TypeId::kString)},
      {"Decimal", DataType::Decimal(12, 2)}, {"LongDecimal", DataType::Decimal(30, 2)},
  };
  for (const auto& [name, type] : types) {
    for (const bool dictionary : {false, true}) {
      for (const bool has_nulls : {false, true}) {
        cases.push_back({Concat(name, dictionary ? "Dictionary" : "Plain",
                                has_nulls ? "WithNulls" : "WithoutNulls"),
                         type, dictionary, has_nulls});
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Types, NullCountTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(NullCountTest, ReadsValuesAndNullsAsTheyWereWritten) {
  const auto values = Values();
  Write(values);
  ExpectReads(values);
}

TEST_P(NullCountTest, FindsNullsThatTheFooterDenies) {
  if (!GetParam().has_nulls) return;
  const auto values = Values();
  Write(values);
  ASSERT_NO_FATAL_FAILURE(DenyNulls());
  ExpectReads(values);
}

}  // namespace
}  // namespace deltaic
