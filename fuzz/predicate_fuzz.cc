// Predicates: text up to a zero byte, then bytes that make what is known of the columns. A tree is
// written so that it parses to an equal one, and what skipping says of a range agrees with what it
// says of a value inside that range.

#include <algorithm>

#include "expr/bind.h"
#include "expr/parser.h"
#include "expr/skipping.h"
#include "fuzz.h"

using namespace deltaic;

namespace {

SchemaPtr TestSchema() {
  const auto primitive = [](TypeId id) { return DataType::Primitive(id); };
  const auto inner =
      DataType::Struct({{"x", primitive(TypeId::kLong)}, {"y z", primitive(TypeId::kString)}});
  return DataType::Struct({{"a", primitive(TypeId::kByte)},
                           {"b", primitive(TypeId::kShort)},
                           {"c", primitive(TypeId::kInteger)},
                           {"d", primitive(TypeId::kLong)},
                           {"e", primitive(TypeId::kFloat)},
                           {"f", primitive(TypeId::kDouble)},
                           {"g", primitive(TypeId::kString)},
                           {"h", primitive(TypeId::kBoolean)},
                           {"i", primitive(TypeId::kDate)},
                           {"j", primitive(TypeId::kTimestamp)},
                           {"k", primitive(TypeId::kTimestampNtz)},
                           {"l", DataType::Decimal(10, 2)},
                           {"m", primitive(TypeId::kBinary)},
                           {"n", inner},
                           {"o", DataType::Array(primitive(TypeId::kLong), true)}});
}

/// Numbers from the rest of the input; zeros after its end.
class Dice {
 public:
  explicit Dice(std::string_view bytes) : bytes_(bytes) {}
  int64_t Small() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<int8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

 private:
  std::string_view bytes_;
};

Value MakeValue(const DataType& type, Dice& dice) {
  const int64_t n = dice.Small();
  switch (type.id()) {
    case TypeId::kBoolean:
      return n > 0;
    case TypeId::kFloat:
    case TypeId::kDouble:
      return static_cast<double>(n) / 4;
    case TypeId::kDecimal:
      return Int128{n} * 25;
    case TypeId::kString:
    case TypeId::kBinary:
      return std::string(static_cast<size_t>(n & 3), static_cast<char>('a' + (n >> 2 & 3)));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return n * 43'200'000'000;
    default:
      return n;
  }
}

/// What is known of a column in a file, and of one row of that file.
struct Known {
  ColumnRange file;
  ColumnRange row;
};

Known MakeKnown(const DataType& type, Dice& dice) {
  Known known;
  Value low = MakeValue(type, dice);
  Value high = MakeValue(type, dice);
  if (CompareValues(low, high) > 0) std::swap(low, high);
  const int64_t choice = dice.Small();
  const bool row_is_null = (choice & 3) == 3;
  const Value value = (choice & 4) != 0 ? low : high;
  if (row_is_null) {
    known.row = {std::monostate(), std::monostate(), true, false, false};
  } else {
    known.row = {value, value, false, true, false};
  }
  known.file = {low, high, row_is_null || (choice & 8) != 0, true, (choice & 16) != 0};
  if ((choice & 32) != 0) known.file.min = std::monostate();
  if ((choice & 64) != 0) known.file.max = std::monostate();
  return known;
}

using KnownColumns = std::map<std::vector<std::string>, Known>;

void MakeKnownColumns(const DataType& type, std::vector<std::string>& path, Dice& dice,
                      KnownColumns& out) {
  for (const StructField& field : type.fields()) {
    path.push_back(field.name);
    if (field.type->id() == TypeId::kStruct) {
      MakeKnownColumns(*field.type, path, dice, out);
    } else if (field.type->is_primitive()) {
      out.emplace(path, MakeKnown(*field.type, dice));
    }
    path.pop_back();
  }
}

void CheckSkipping(const Expr& predicate, const KnownColumns& columns) {
  const auto lookup = [&](ColumnRange Known::* which) {
    return [&columns, which](const std::vector<std::string>& path) {
      const auto it = columns.find(path);
      return it == columns.end() ? ColumnRange{} : it->second.*which;
    };
  };
  const bool file_may = MayMatch(predicate, lookup(&Known::file));
  const bool file_always = AlwaysMatches(predicate, lookup(&Known::file));
  const bool row_may = MayMatch(predicate, lookup(&Known::row));
  const bool row_always = AlwaysMatches(predicate, lookup(&Known::row));
  FUZZ_CHECK(row_may || !row_always);
  FUZZ_CHECK(file_may || !file_always);
  FUZZ_CHECK(row_may || !file_always);  // else a row is said to match and not to
  FUZZ_CHECK(file_may || !row_always);  // else a file with a matching row is skipped
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const SchemaPtr schema = TestSchema();
  std::string_view rest = fuzz::AsText(data, size);
  const std::string_view sql = fuzz::TakeUntil(rest, '\0');

  const auto parsed = ParsePredicate(sql);
  if (!parsed.ok()) {
    FUZZ_CHECK(parsed.status().code() == StatusCode::kInvalidArgument);
    return 0;
  }
  const auto again = ParseWrittenPredicate((*parsed)->ToSql());
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK((*again)->Equals(**parsed));

  const auto bound = BindPredicate(*parsed, *schema);
  if (!bound.ok()) {
    FUZZ_CHECK(bound.status().code() == StatusCode::kInvalidArgument);
    return 0;
  }
  const auto bound_text = ParseWrittenPredicate((*bound)->ToSql());
  FUZZ_CHECK_OK(bound_text);
  FUZZ_CHECK_OK(BindPredicate(*bound_text, *schema));

  Dice dice(rest);
  KnownColumns columns;
  std::vector<std::string> path;
  MakeKnownColumns(*schema, path, dice, columns);
  CheckSkipping(**bound, columns);
  for (const ExprPtr& part : SplitConjunction(*bound)) CheckSkipping(*part, columns);
  return 0;
}
