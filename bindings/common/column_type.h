#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "deltaic/arrow_abi.h"

namespace deltaic_rows {

/// What a value is, whatever its layout.
enum class Kind : uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kFloat,
  kDecimal,
  kText,
  kBinary,
  kDate,          ///< days since 1970-01-01
  kTimestamp,     ///< microseconds since 1970-01-01T00:00:00Z
  kTimestampNtz,  ///< the same of a clock on a wall
  kList,
  kStruct,
  kMap,
  kVariant
};

/// Where the values of a column are in its buffers.
enum class Layout : uint8_t { kNone, kBits, kFixed, kOffsets32, kOffsets64, kViews, kMembers };

/// A column's type. Plain data, free to copy.
struct ColumnType {
  std::string name;
  Kind kind = Kind::kNull;
  Layout layout = Layout::kNone;
  bool nullable = true;
  bool is_signed = true;
  int byte_width = 0;   ///< of kFixed: bytes of a value
  int precision = 0;    ///< of decimals: digits, 1 to 38
  int scale = 0;        ///< of decimals: digits behind the point
  char unit = 'u';      ///< of timestamps: s, m, u or n
  int index_width = 0;  ///< bytes of an index where the values are in a dictionary, else 0
  bool index_signed = true;
  /// list: its element; map: key and value; struct: the members; variant: metadata and value.
  std::vector<ColumnType> children;
};

/// A type that cannot be rows: its message names the column and the type.
class UnsupportedType : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The type of `schema`, which stays as it is. At most 100 levels deep.
/// \throws UnsupportedType
ColumnType ParseSchema(const ArrowSchema& schema);

/// `type` as ColumnBuilder makes it: without dictionaries, 32-bit offsets, decimals of 128 bits,
/// timestamps in microseconds.
ColumnType BuildableType(const ColumnType& type);

/// `type`, which is buildable, as the caller's to release. A struct at the root is a batch.
void MakeSchema(const ColumnType& type, ArrowSchema* out);

/// "decimal(10,2)", "array<long>": the type in Delta's words.
std::string TypeText(const ColumnType& type);

}  // namespace deltaic_rows
