// `add.stats`: bounds that are read, written and read again still bound what they did.

#include "expr/skipping.h"
#include "fuzz.h"
#include "protocol/file_stats.h"

using namespace deltaic;

namespace {

using Path = std::vector<std::string>;

SchemaPtr TestSchema() {
  const auto primitive = [](TypeId id) { return DataType::Primitive(id); };
  const auto inner = DataType::Struct({{"x", primitive(TypeId::kLong)},
                                       {"text", primitive(TypeId::kString)},
                                       {"a.b", primitive(TypeId::kDate)}});
  return DataType::Struct({{"byte", primitive(TypeId::kByte)},
                           {"int", primitive(TypeId::kInteger)},
                           {"long", primitive(TypeId::kLong)},
                           {"float", primitive(TypeId::kFloat)},
                           {"double", primitive(TypeId::kDouble)},
                           {"bool", primitive(TypeId::kBoolean)},
                           {"text", primitive(TypeId::kString)},
                           {"binary", primitive(TypeId::kBinary)},
                           {"date", primitive(TypeId::kDate)},
                           {"time", primitive(TypeId::kTimestamp)},
                           {"ntz", primitive(TypeId::kTimestampNtz)},
                           {"decimal", DataType::Decimal(12, 3)},
                           {"large", DataType::Decimal(38, 10)},
                           {"list", DataType::Array(primitive(TypeId::kLong), true)},
                           {"in", inner}});
}

void AddLeaves(const DataType& type, Path& path, std::vector<Path>& leaves) {
  for (const StructField& field : type.fields()) {
    path.push_back(field.name);
    if (field.type->id() == TypeId::kStruct) {
      AddLeaves(*field.type, path, leaves);
    } else {
      leaves.push_back(path);
    }
    path.pop_back();
  }
}

std::vector<Path> Leaves(const DataType& schema) {
  std::vector<Path> leaves;
  Path path;
  AddLeaves(schema, path, leaves);
  return leaves;
}

void CheckBounds(const ColumnStats& first, const ColumnStats& again) {
  if (!IsNull(again.min)) {
    FUZZ_CHECK(!IsNull(first.min));
    FUZZ_CHECK(CompareValues(again.min, first.min) <= 0);
  }
  if (!IsNull(again.max)) {
    FUZZ_CHECK(!IsNull(first.max));
    FUZZ_CHECK(CompareValues(again.max, first.max) >= 0);
  }
  FUZZ_CHECK(again.null_count == first.null_count);
}

void CheckTruncation(std::string_view text) {
  FUZZ_CHECK(text.starts_with(TruncateMinString(text, 8)));
  if (const auto max = TruncateMaxString(text, 8)) FUZZ_CHECK(std::string_view(*max) >= text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const SchemaPtr schema = TestSchema();
  static const std::vector<Path> leaves = Leaves(*schema);
  const std::string_view text = fuzz::AsText(data, size);
  CheckTruncation(text);

  const auto stats = ParseFileStats(text, *schema, leaves);
  if (!stats.ok()) {
    FUZZ_CHECK(stats.status().code() == StatusCode::kCorruption);
    return 0;
  }
  const std::string formatted = FormatFileStats(*stats, *schema);
  const auto again = ParseFileStats(formatted, *schema, leaves);
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(again->num_records == stats->num_records);
  FUZZ_CHECK(again->tight_bounds == stats->tight_bounds);
  for (const ColumnStats& column : again->columns) {
    const ColumnStats* first = stats->Find(column.path);
    FUZZ_CHECK(first != nullptr);
    CheckBounds(*first, column);
  }

  // Few wanted columns are read as many are. (Not from the input: it may name one twice.)
  const auto some = ParseFileStats(formatted, *schema, {leaves.front(), leaves.back()});
  FUZZ_CHECK_OK(some);
  for (const Path& path : {leaves.front(), leaves.back()}) {
    const ColumnStats* few = some->Find(path);
    const ColumnStats* many = again->Find(path);
    FUZZ_CHECK((few == nullptr) == (many == nullptr));
    if (few == nullptr) continue;
    FUZZ_CHECK(fuzz::SameValue(few->min, many->min) && fuzz::SameValue(few->max, many->max));
    FUZZ_CHECK(few->null_count == many->null_count);
  }
  return 0;
}
