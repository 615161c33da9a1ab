#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/json_tree.h"
#include "protocol/schema.h"

namespace deltaic {

enum class AvroKind {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kRecord,
  kArray,
  kMap,
  kUnion,
};

/// What a type means, beyond its bytes.
enum class AvroLogical {
  kNone,
  kDecimal,
  kUuid,
  kDate,
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,
  kLocalMillis,
  kLocalMicros,
  kLocalNanos,
};

struct AvroType;
using AvroTypePtr = std::shared_ptr<const AvroType>;

struct AvroField {
  std::string name;
  std::vector<std::string> aliases;
  AvroTypePtr type;
  std::optional<Json> default_value;
  std::optional<int64_t> field_id;  ///< "field-id", of Iceberg's files
};

/// A type of an Avro schema. Immutable; types never contain themselves.
struct AvroType {
  AvroKind kind = AvroKind::kNull;
  AvroLogical logical = AvroLogical::kNone;
  std::string name;  ///< full, of fixed, enum and record
  int64_t size = 0;  ///< fixed
  int precision = 0, scale = 0;
  std::vector<std::string> symbols;           ///< enum
  std::optional<std::string> default_symbol;  ///< enum
  std::vector<AvroField> fields;              ///< record
  std::vector<AvroTypePtr> children;          ///< branches of a union; the one of array and map
  int64_t weight = 1;  ///< how many types it is, each as often as it is used; bounded
};

/// \param text  a schema as JSON.
/// \param named  schemas whose names `text` may use, in the order in which they use each other.
/// \retval kSchemaMismatch  it is no Avro schema, or a type in it contains itself, by name.
Result<AvroTypePtr> ParseAvroSchema(std::string_view text,
                                    const std::vector<std::string>& named = {});

/// The schema in Parsing Canonical Form.
std::string CanonicalAvroSchema(const AvroType& type);
/// CRC-64-AVRO, as single object encoding has it.
uint64_t AvroFingerprint(std::string_view canonical);

/// The type of a column for its values. Unions with null are that type; of numbers the widest;
/// others a struct of memberN, one for each branch, as Spark has it.
/// \retval kSchemaMismatch  a record without fields, or null alone.
Result<DataTypePtr> DeltaTypeOf(const AvroType& type);

}  // namespace deltaic
