#include "ingest/decode/cells.h"

#include <simdjson.h>

#include "base/ascii.h"
#include "expr/decimal.h"

namespace deltaic::ingest {

bool PutInt(Column& column, int64_t value) {
  const auto put = [&](int64_t least, int64_t most) {
    if (value < least || value > most) return false;
    column.AppendInt(value);
    return true;
  };
  switch (column.id()) {
    case TypeId::kLong:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      column.AppendInt(value);
      return true;
    case TypeId::kInteger:
    case TypeId::kDate:
      return put(INT32_MIN, INT32_MAX);
    case TypeId::kShort:
      return put(INT16_MIN, INT16_MAX);
    case TypeId::kByte:
      return put(INT8_MIN, INT8_MAX);
    case TypeId::kDouble:
    case TypeId::kFloat:
      column.AppendDouble(static_cast<double>(value));
      return true;
    case TypeId::kDecimal:
      return PutDecimal(column, value, 0);
    default:
      return false;
  }
}

bool PutUnsigned(Column& column, uint64_t value) {
  if (value <= uint64_t{INT64_MAX}) return PutInt(column, static_cast<int64_t>(value));
  if (column.id() == TypeId::kDecimal) return PutDecimal(column, static_cast<Int128>(value), 0);
  if (column.id() != TypeId::kDouble && column.id() != TypeId::kFloat) return false;
  column.AppendDouble(static_cast<double>(value));
  return true;
}

bool PutDouble(Column& column, double value) {
  if (column.id() != TypeId::kDouble && column.id() != TypeId::kFloat) return false;
  column.AppendDouble(value);
  return true;
}

bool PutBool(Column& column, bool value) {
  if (column.id() != TypeId::kBoolean) return false;
  column.AppendBool(value);
  return true;
}

bool PutBytes(Column& column, std::string_view bytes) {
  if (column.id() == TypeId::kString ? !IsUtf8(bytes) : column.id() != TypeId::kBinary) {
    return false;
  }
  column.AppendText(bytes);
  return true;
}

bool PutMicros(Column& column, int64_t micros, int64_t as_it_is) {
  switch (column.id()) {
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      column.AppendInt(micros);
      return true;
    case TypeId::kLong:
      column.AppendInt(as_it_is);
      return true;
    default:
      return false;
  }
}

bool PutDecimal(Column& column, Int128 unscaled, int scale) {
  if (column.id() != TypeId::kDecimal) return false;
  const auto scaled = RescaleExactly(unscaled, scale, column.type().scale());
  if (!scaled || !FitsPrecision(*scaled, column.type().precision())) return false;
  column.AppendDecimal(*scaled);
  return true;
}

int FindField(const std::vector<StructField>& fields, std::string_view name) {
  int found = -1, count = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return static_cast<int>(i);
    if (!EqualsIgnoringCase(fields[i].name, name)) continue;
    found = static_cast<int>(i);
    ++count;
  }
  return count == 1 ? found : -1;
}

bool IsUtf8(std::string_view text) {
  if (text.size() < 32) {
    // A call into another library costs more than most short texts do.
    bool ascii = true;
    for (const char c : text) ascii &= static_cast<signed char>(c) >= 0;
    if (ascii) return true;
  }
  return simdjson::validate_utf8(text);
}

bool MicrosOf(int64_t value, int64_t units_per_second, int64_t& micros) {
  constexpr int64_t kMicros = 1'000'000;
  if (units_per_second == kMicros) {
    micros = value;
    return true;
  }
  if (units_per_second < kMicros) {
    return !__builtin_mul_overflow(value, kMicros / units_per_second, &micros);
  }
  const int64_t part = units_per_second / kMicros;
  micros = value / part - (value % part < 0 ? 1 : 0);
  return true;
}

}  // namespace deltaic::ingest
