#include <arrow/api.h>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include "base/made_once.h"
#include "data/values/variant_column.h"
#include "sync/column_encoder.h"

// The forms that PostgreSQL's receive functions take, by type.
// Source: PostgreSQL, "COPY", "Binary Format", and src/backend/utils/adt, *_recv.

namespace deltaic {
namespace {

using Made = std::unique_ptr<ColumnEncoder>;

/// Days and microseconds from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
constexpr int64_t kEpochDays = 10957;
constexpr int64_t kEpochMicros = kEpochDays * 86400 * 1000000;

template <typename Int>
void AppendBigEndian(std::string& out, Int value) {
  using Unsigned = std::make_unsigned_t<Int>;
  auto bits = static_cast<Unsigned>(value);
  char bytes[sizeof(Int)];
  for (size_t i = sizeof(Int); i-- > 0; bits = static_cast<Unsigned>(bits >> 7 >> 1))
    bytes[i] = static_cast<char>(bits & 0xff);
  out.append(bytes, sizeof(Int));
}

/// `Int` is the target's type.
template <typename ArrayType, typename Int>
class IntegerBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const auto value = static_cast<int64_t>(static_cast<const ArrayType&>(values).Value(row));
    if (value < std::numeric_limits<Int>::min() || value > std::numeric_limits<Int>::max()) {
      return Status::SchemaMismatch(value, " does not fit the target's integer of ", sizeof(Int),
                                    " bytes");
    }
    AppendBigEndian(out, static_cast<Int>(value));
    return Status();
  }
};

template <typename ArrayType>
class FloatBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const auto value = static_cast<const ArrayType&>(values).Value(row);
    if constexpr (sizeof(value) == 4)
      AppendBigEndian(out, std::bit_cast<int32_t>(value));
    else
      AppendBigEndian(out, std::bit_cast<int64_t>(value));
    return Status();
  }
};

class WidenedFloatBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const double value = static_cast<const arrow::FloatArray&>(values).Value(row);
    AppendBigEndian(out, std::bit_cast<int64_t>(value));
    return Status();
  }
};

class BooleanBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out.push_back(static_cast<const arrow::BooleanArray&>(values).Value(row) ? '\1' : '\0');
    return Status();
  }
};

class DateBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const int64_t days = static_cast<const arrow::Date32Array&>(values).Value(row) - kEpochDays;
    if (days < std::numeric_limits<int32_t>::min())
      return Status::SchemaMismatch("PostgreSQL has no date so early");
    AppendBigEndian(out, static_cast<int32_t>(days));
    return Status();
  }
};

class TimestampBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const int64_t micros = static_cast<const arrow::TimestampArray&>(values).Value(row);
    if (micros < std::numeric_limits<int64_t>::min() + kEpochMicros)
      return Status::SchemaMismatch("PostgreSQL has no time so early");
    AppendBigEndian(out, micros - kEpochMicros);
    return Status();
  }
};

/// \param prefix  what goes before the text: the version of jsonb.
class TextBinary : public ColumnEncoder {
 public:
  TextBinary(std::string_view prefix, NulRule nul) : prefix_(prefix), nul_(nul) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out += prefix_;
    return AppendWithoutNul(out, static_cast<const arrow::StringArray&>(values).GetView(row), nul_);
  }

 private:
  const std::string prefix_;
  const NulRule nul_;
};

class JsonBinary : public ColumnEncoder {
 public:
  JsonBinary(std::shared_ptr<arrow::Field> field, std::string_view prefix, NulRule nul)
      : field_(std::move(field)), prefix_(prefix), nul_(nul) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out += prefix_;
    return AppendTargetJson(out, *field_, values, row, nul_);
  }

 private:
  const std::shared_ptr<arrow::Field> field_;
  const std::string prefix_;
  const NulRule nul_;
};

class BytesBinary : public ColumnEncoder {
 public:
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    out += static_cast<const arrow::BinaryArray&>(values).GetView(row);
    return Status();
  }
};

/// numeric: groups of four decimal digits, of which the weight of the first is a power of 10,000.
class NumericBinary : public ColumnEncoder {
 public:
  explicit NumericBinary(int scale) : scale_(scale) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    arrow::Decimal128 value(static_cast<const arrow::Decimal128Array&>(values).GetValue(row));
    const bool is_negative = value.IsNegative();
    if (is_negative) value.Negate();
    std::string digits = value.ToIntegerString();
    if (digits == "0") digits.clear();
    // Filled up on both sides to whole groups around the decimal point.
    const auto fraction = static_cast<size_t>(scale_);
    if (digits.size() < fraction) digits.insert(0, fraction - digits.size(), '0');
    digits.insert(0, (4 - (digits.size() - fraction) % 4) % 4, '0');
    const size_t whole_groups = (digits.size() - fraction) / 4;
    digits.append((4 - fraction % 4) % 4, '0');
    std::vector<int16_t> groups;
    for (size_t i = 0; i < digits.size(); i += 4) {
      int16_t group = 0;
      for (size_t j = i; j < i + 4; ++j)
        group = static_cast<int16_t>(group * 10 + (digits[j] - '0'));
      groups.push_back(group);
    }
    size_t first = 0;
    while (first < groups.size() && groups[first] == 0) ++first;
    while (groups.size() > first && groups.back() == 0) groups.pop_back();
    const auto count = static_cast<int16_t>(groups.size() - first);
    const int weight =
        count == 0 ? 0 : static_cast<int>(whole_groups) - 1 - static_cast<int>(first);
    AppendBigEndian(out, count);
    AppendBigEndian(out, static_cast<int16_t>(weight));
    AppendBigEndian(out, static_cast<int16_t>(is_negative && count > 0 ? 0x4000 : 0));
    AppendBigEndian(out, static_cast<int16_t>(scale_));
    for (size_t i = first; i < groups.size(); ++i) AppendBigEndian(out, groups[i]);
    return Status();
  }

 private:
  const int scale_;
};

void PutLength(std::string& out, size_t at) {
  std::string length;
  AppendBigEndian(length, static_cast<int32_t>(out.size() - at - 4));
  out.replace(at, 4, length);
}

class ArrayBinary : public ColumnEncoder {
 public:
  ArrayBinary(Made item, int32_t item_oid) : item_(std::move(item)), item_oid_(item_oid) {}
  Status Append(std::string& out, const arrow::Array& values, int64_t row) const override {
    const auto& list = static_cast<const arrow::ListArray&>(values);
    const arrow::Array& items = *list.values();
    const int32_t length = list.value_length(row);
    const int64_t begin = list.value_offset(row);
    AppendBigEndian(out, int32_t{length > 0 ? 1 : 0});  // dimensions
    AppendBigEndian(out, int32_t{items.null_count() > 0 ? 1 : 0});
    AppendBigEndian(out, item_oid_);
    if (length == 0) return Status();
    AppendBigEndian(out, length);
    AppendBigEndian(out, int32_t{1});  // its first index
    for (int64_t i = begin; i < begin + length; ++i) {
      if (items.IsNull(i)) {
        AppendBigEndian(out, int32_t{-1});
        continue;
      }
      const size_t at = out.size();
      AppendBigEndian(out, int32_t{0});
      DELTAIC_RETURN_IF_ERROR(item_->Append(out, items, i));
      PutLength(out, at);
    }
    return Status();
  }

 private:
  const Made item_;
  const int32_t item_oid_;
};

/// Permanent numbers of types. Source: PostgreSQL, src/include/catalog/pg_type.dat.
int32_t OidOf(const std::string& pg_type) {
  const auto& oids = MadeOnce([] {
    return std::map<std::string, int32_t>{{"boolean", 16},
                                          {"bytea", 17},
                                          {"bigint", 20},
                                          {"smallint", 21},
                                          {"integer", 23},
                                          {"text", 25},
                                          {"json", 114},
                                          {"real", 700},
                                          {"double precision", 701},
                                          {"character", 1042},
                                          {"character varying", 1043},
                                          {"date", 1082},
                                          {"timestamp without time zone", 1114},
                                          {"timestamp with time zone", 1184},
                                          {"numeric", 1700},
                                          {"jsonb", 3802}};
  });
  const auto found = oids.find(pg_type);
  return found == oids.end() ? 0 : found->second;
}

template <typename ArrayType>
Made MakeInteger(const std::string& pg_type) {
  if (pg_type == "bigint") return std::make_unique<IntegerBinary<ArrayType, int64_t>>();
  if (pg_type == "integer") return std::make_unique<IntegerBinary<ArrayType, int32_t>>();
  if (pg_type == "smallint") return std::make_unique<IntegerBinary<ArrayType, int16_t>>();
  return nullptr;
}

/// nullptr where there is no binary form of these two types.
Made MakeScalar(const arrow::Field& field, const std::string& pg_type, NulRule nul) {
  const bool is_json = pg_type == "json" || pg_type == "jsonb";
  const std::string_view prefix = pg_type == "jsonb" ? std::string_view("\1") : std::string_view();
  if (IsVariantField(field) || arrow::is_nested(field.type()->id())) {
    if (!is_json) return nullptr;
    return std::make_unique<JsonBinary>(field.Copy(), prefix, nul);
  }
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
      if (pg_type == "boolean") return std::make_unique<BooleanBinary>();
      break;
    case arrow::Type::INT8:
      return MakeInteger<arrow::Int8Array>(pg_type);
    case arrow::Type::INT16:
      return MakeInteger<arrow::Int16Array>(pg_type);
    case arrow::Type::INT32:
      return MakeInteger<arrow::Int32Array>(pg_type);
    case arrow::Type::INT64:
      return MakeInteger<arrow::Int64Array>(pg_type);
    case arrow::Type::FLOAT:
      if (pg_type == "real") return std::make_unique<FloatBinary<arrow::FloatArray>>();
      if (pg_type == "double precision") return std::make_unique<WidenedFloatBinary>();
      break;
    case arrow::Type::DOUBLE:
      if (pg_type == "double precision") return std::make_unique<FloatBinary<arrow::DoubleArray>>();
      break;
    case arrow::Type::DECIMAL128: {
      const int scale = static_cast<const arrow::Decimal128Type&>(*field.type()).scale();
      if (pg_type == "numeric" && scale >= 0) return std::make_unique<NumericBinary>(scale);
      break;
    }
    case arrow::Type::STRING:
      if (pg_type == "text" || pg_type == "character varying" || pg_type == "character" || is_json)
        return std::make_unique<TextBinary>(prefix, nul);
      break;
    case arrow::Type::BINARY:
      if (pg_type == "bytea") return std::make_unique<BytesBinary>();
      break;
    case arrow::Type::DATE32:
      if (pg_type == "date") return std::make_unique<DateBinary>();
      break;
    case arrow::Type::TIMESTAMP:
      // The precision stands inside of these names: "timestamp(3) with time zone".
      if (static_cast<const arrow::TimestampType&>(*field.type()).unit() ==
              arrow::TimeUnit::MICRO &&
          (pg_type == "timestamp without time zone" || pg_type == "timestamp with time zone"))
        return std::make_unique<TimestampBinary>();
      break;
    default:
      break;
  }
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<ColumnEncoder>> MakeBinaryEncoder(const arrow::Field& field,
                                                         std::string_view pg_type, NulRule nul) {
  std::string target =
      BarePostgresType(pg_type.empty() ? SuitingPostgresType(field) : std::string(pg_type));
  Made made;
  if (field.type()->id() == arrow::Type::LIST && target.ends_with("[]")) {
    target.resize(target.size() - 2);
    const arrow::Field& item = *field.type()->field(0);
    Made item_encoder = MakeScalar(item, target, nul);
    if (item_encoder != nullptr && OidOf(target) != 0)
      made = std::make_unique<ArrayBinary>(std::move(item_encoder), OidOf(target));
  } else {
    made = MakeScalar(field, target, nul);
  }
  if (made != nullptr) return made;
  return Status::Unsupported("the column ", field.name(), " of Arrow type ",
                             field.type()->ToString(), " has no binary form for PostgreSQL's type ",
                             pg_type, "; copy it as text");
}

}  // namespace deltaic
