#include "data/checkpoint/stats_leaf_texts.h"

#include <arrow/util/utf8.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "protocol/json.h"
#include "protocol/schema.h"
#include "protocol/stats_bound.h"

namespace deltaic {
namespace {

/// \tparam Append  appends the text of a value to a string, or nothing.
template <typename PhysicalType, typename Append>
class Texts : public StatsLeafTexts {
 public:
  Texts(OpenedColumn column, int16_t value_level, Append append)
      : leaf_(std::move(column.reader), value_level, column.first), append_(std::move(append)) {}

  void Read(const RowRanges& rows) override {
    texts_.clear();
    ends_.clear();
    for (const RowRange& range : rows) {
      leaf_.Read(range.begin, range.end,
                 [&](int64_t, auto present, int64_t num_rows, const auto* values, int64_t) {
                   for (int64_t i = 0; i < num_rows; ++i) {
                     if (present[i]) append_(*values++, texts_);
                     ends_.push_back(texts_.size());
                   }
                 });
    }
  }

 private:
  FlatLeafReader<PhysicalType> leaf_;
  Append append_;
};

/// Where a leaf is opened once it is known how its values become text.
struct LeafSource {
  const RowGroupPlace& source;
  const ParquetLeaf& leaf;

  template <typename PhysicalType, typename Append>
  std::unique_ptr<StatsLeafTexts> With(Append append) const {
    return std::make_unique<Texts<PhysicalType, Append>>(OpenLeaf(source, leaf), leaf.value_level,
                                                         std::move(append));
  }
};

void AppendInteger(int64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void AppendCount(int64_t value, std::string& out) {
  if (value >= 0) AppendInteger(value, out);
}

void AppendBoolean(bool value, std::string& out) { out += value ? "true" : "false"; }

/// What a writer of `add.stats` makes of bounds of one type.
struct AppendBound {
  DataTypePtr type;
  BoundSide side;

  void operator()(const Value& bound, std::string& out) const {
    if (const auto text = FormatBound(bound, *type, side)) out += *text;
  }
};

/// As it is: a writer has cut it already, perhaps to more characters than we would.
void AppendText(const parquet::ByteArray& value, std::string& out) {
  static const bool initialized = [] {
    arrow::util::InitializeUTF8();
    return true;
  }();
  static_cast<void>(initialized);
  // Replacing invalid bytes would change the order.
  if (!arrow::util::ValidateUTF8(value.ptr, value.len)) return;
  AppendJsonString(out, {reinterpret_cast<const char*>(value.ptr), value.len});
}

/// A big-endian integer; nullopt where it is no decimal's.
std::optional<Int128> UnscaledDecimal(const uint8_t* bytes, size_t size) {
  if (size == 0 || size > sizeof(Int128)) return std::nullopt;
  auto value = static_cast<unsigned __int128>(static_cast<Int128>(static_cast<int8_t>(bytes[0])));
  for (size_t i = 1; i < size; ++i) value = value << 8 | bytes[i];
  return static_cast<Int128>(value);
}

std::optional<int64_t> FitInt64(Int128 value) {
  if (value < std::numeric_limits<int64_t>::min() || value > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(value);
}

/// Microseconds of a timestamp in other units, cut down.
std::optional<int64_t> Micros(int64_t value, parquet::LogicalType::TimeUnit::unit unit) {
  switch (unit) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return FitInt64(static_cast<Int128>(value) * 1000);
    case parquet::LogicalType::TimeUnit::MICROS:
      return value;
    case parquet::LogicalType::TimeUnit::NANOS:
      return value / 1000 - (value % 1000 < 0 ? 1 : 0);
    default:
      return std::nullopt;
  }
}

/// Microseconds of an INT96: nanoseconds of the day, then the Julian day.
std::optional<int64_t> Micros(const parquet::Int96& value) {
  constexpr int64_t kJulianDayOfEpoch = 2'440'588;
  constexpr Int128 kMicrosPerDay = 86'400'000'000;
  const auto nanos =
      static_cast<int64_t>(uint64_t{value.value[1]} << 32 | uint64_t{value.value[0]});
  const Int128 days = static_cast<int32_t>(value.value[2]) - kJulianDayOfEpoch;
  return FitInt64(days * kMicrosPerDay + nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0));
}

Value ToValue(const auto& value) { return value ? Value(*value) : Value(); }

/// The type of decimals; nullptr where no table has it.
DataTypePtr DecimalType(const parquet::LogicalType& type) {
  const auto& decimal = static_cast<const parquet::DecimalLogicalType&>(type);
  constexpr int kMaxPrecision = 38;
  const bool valid = decimal.precision() >= 1 && decimal.precision() <= kMaxPrecision &&
                     decimal.scale() >= 0 && decimal.scale() <= decimal.precision();
  return valid ? DataType::Decimal(decimal.precision(), decimal.scale()) : nullptr;
}

bool IsSignedOrPlain(const parquet::LogicalType& type) {
  return type.is_none() ||
         (type.is_int() && static_cast<const parquet::IntLogicalType&>(type).is_signed());
}

template <typename PhysicalType>
std::unique_ptr<StatsLeafTexts> IntegerTexts(const LeafSource& in, const parquet::LogicalType& type,
                                             BoundSide side) {
  if (IsSignedOrPlain(type)) return in.With<PhysicalType>(AppendInteger);
  if (type.is_date()) {
    return in.With<PhysicalType>(
        [append = AppendBound{DataType::Primitive(TypeId::kDate), side}](
            int64_t value, std::string& out) { append(Value(value), out); });
  }
  if (type.is_timestamp()) {
    const auto& timestamp = static_cast<const parquet::TimestampLogicalType&>(type);
    const TypeId id = timestamp.is_adjusted_to_utc() ? TypeId::kTimestamp : TypeId::kTimestampNtz;
    return in.With<PhysicalType>(
        [unit = timestamp.time_unit(), append = AppendBound{DataType::Primitive(id), side}](
            int64_t value, std::string& out) { append(ToValue(Micros(value, unit)), out); });
  }
  if (!type.is_decimal()) return nullptr;
  const DataTypePtr decimal = DecimalType(type);
  if (decimal == nullptr) return nullptr;
  return in.With<PhysicalType>(
      [append = AppendBound{decimal, side}](int64_t value, std::string& out) {
        append(Value(Int128{value}), out);
      });
}

template <typename PhysicalType>
std::unique_ptr<StatsLeafTexts> FloatingTexts(const LeafSource& in, BoundSide side) {
  // A float's digits as a double bound it exactly in a column that was widened since.
  return in.With<PhysicalType>([append = AppendBound{DataType::Primitive(TypeId::kDouble), side}](
                                   double value, std::string& out) { append(Value(value), out); });
}

std::unique_ptr<StatsLeafTexts> BytesTexts(const LeafSource& in, const parquet::LogicalType& type,
                                           BoundSide side) {
  if (type.is_string()) return in.With<parquet::ByteArrayType>(AppendText);
  const DataTypePtr decimal = type.is_decimal() ? DecimalType(type) : nullptr;
  if (decimal == nullptr) return nullptr;
  return in.With<parquet::ByteArrayType>(
      [append = AppendBound{decimal, side}](const parquet::ByteArray& value, std::string& out) {
        append(ToValue(UnscaledDecimal(value.ptr, value.len)), out);
      });
}

std::unique_ptr<StatsLeafTexts> FixedBytesTexts(const LeafSource& in,
                                                const parquet::ColumnDescriptor& column,
                                                BoundSide side) {
  const auto& type = *column.logical_type();
  const DataTypePtr decimal = type.is_decimal() ? DecimalType(type) : nullptr;
  if (decimal == nullptr) return nullptr;
  const auto size = static_cast<size_t>(column.type_length());
  return in.With<parquet::FLBAType>([size, append = AppendBound{decimal, side}](
                                        const parquet::FixedLenByteArray& value, std::string& out) {
    append(ToValue(UnscaledDecimal(value.ptr, size)), out);
  });
}

std::unique_ptr<StatsLeafTexts> BoundTexts(const LeafSource& in,
                                           const parquet::ColumnDescriptor& column,
                                           BoundSide side) {
  const auto& type = *column.logical_type();
  switch (in.leaf.type) {
    case parquet::Type::BOOLEAN:
      return in.With<parquet::BooleanType>(AppendBoolean);
    case parquet::Type::INT32:
      return IntegerTexts<parquet::Int32Type>(in, type, side);
    case parquet::Type::INT64:
      return IntegerTexts<parquet::Int64Type>(in, type, side);
    case parquet::Type::INT96:
      return in.With<parquet::Int96Type>(
          [append = AppendBound{DataType::Primitive(TypeId::kTimestamp), side}](
              const parquet::Int96& value, std::string& out) {
            append(ToValue(Micros(value)), out);
          });
    case parquet::Type::FLOAT:
      return FloatingTexts<parquet::FloatType>(in, side);
    case parquet::Type::DOUBLE:
      return FloatingTexts<parquet::DoubleType>(in, side);
    case parquet::Type::BYTE_ARRAY:
      return BytesTexts(in, type, side);
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return FixedBytesTexts(in, column, side);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<StatsLeafTexts> StatsLeafTexts::Make(const RowGroupPlace& source,
                                                     const ParquetLeaf& leaf, StatsRole role) {
  const LeafSource in{source, leaf};
  const parquet::ColumnDescriptor& column = *source.group->metadata()->schema()->Column(leaf.index);
  if (column.logical_type() == nullptr) return nullptr;
  const bool plain = IsSignedOrPlain(*column.logical_type());
  switch (role) {
    case StatsRole::kCount:
      if (!plain) return nullptr;
      if (leaf.type == parquet::Type::INT32) return in.With<parquet::Int32Type>(AppendCount);
      if (leaf.type == parquet::Type::INT64) return in.With<parquet::Int64Type>(AppendCount);
      return nullptr;
    case StatsRole::kFlag:
      if (leaf.type != parquet::Type::BOOLEAN) return nullptr;
      return in.With<parquet::BooleanType>(AppendBoolean);
    case StatsRole::kMin:
      return BoundTexts(in, column, BoundSide::kMin);
    default:
      return BoundTexts(in, column, BoundSide::kMax);
  }
}

}  // namespace deltaic
