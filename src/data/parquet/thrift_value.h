#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A value of Thrift's compact protocol, as Parquet's footers, page headers and page indexes are
/// made of, without a schema: what is not known is kept, and written as it was.
struct ThriftValue {
  /// The protocol's own numbers.
  enum class Type : uint8_t {
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kI16 = 4,
    kI32 = 5,
    kI64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
  };
  struct Field;

  Type type = Type::kStruct;
  int64_t number = 0;                 ///< integers; 1 and 0 of a boolean; the bits of a double
  std::string bytes;                  ///< kBinary
  Type element_type = Type::kI32;     ///< of lists and sets; of a map's keys
  Type value_type = Type::kI32;       ///< of a map's values
  std::vector<ThriftValue> elements;  ///< of lists and sets; of a map key, value, key, value, ...
  std::vector<Field> fields;          ///< of a struct, by ascending number

  static ThriftValue I32(int32_t value);
  static ThriftValue I64(int64_t value);
  static ThriftValue Bool(bool value);
  static ThriftValue Binary(std::string value);
  static ThriftValue List(Type element);

  /// nullptr where the struct has no such field.
  const ThriftValue* Find(int16_t field) const;
  ThriftValue* Find(int16_t field);
  /// Of an integer or boolean; unset where the struct has none of that number.
  std::optional<int64_t> Number(int16_t field) const;
  void Set(int16_t field, ThriftValue value);
  void Erase(int16_t field);
};

struct ThriftValue::Field {
  int16_t number;
  ThriftValue value;
};

inline ThriftValue ThriftValue::I32(int32_t value) { return {.type = Type::kI32, .number = value}; }
inline ThriftValue ThriftValue::I64(int64_t value) { return {.type = Type::kI64, .number = value}; }
inline ThriftValue ThriftValue::Bool(bool value) {
  return {.type = value ? Type::kTrue : Type::kFalse, .number = value};
}
inline ThriftValue ThriftValue::Binary(std::string value) {
  return {.type = Type::kBinary, .bytes = std::move(value)};
}
inline ThriftValue ThriftValue::List(Type element) {
  return {.type = Type::kList, .element_type = element};
}

/// Reads the struct that `bytes` begin with. \param size  gets the bytes that it takes.
/// \retval kCorruption  it is cut off, nested too deeply, or not Thrift.
Result<ThriftValue> ParseThriftStruct(std::span<const uint8_t> bytes, size_t* size);

/// Appends a struct as ParseThriftStruct() reads it.
void AppendThriftStruct(const ThriftValue& value, std::string& out);

}  // namespace deltaic
