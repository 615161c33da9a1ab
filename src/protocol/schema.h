#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

enum class TypeId {
  kString,
  kLong,
  kInteger,
  kShort,
  kByte,
  kFloat,
  kDouble,
  kBoolean,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kDecimal,
  kVariant,
  kVoid,
  kStruct,
  kArray,
  kMap,
};

class DataType;
struct StructField;
/// Types are immutable and shared.
using DataTypePtr = std::shared_ptr<const DataType>;

/// A Delta type. Immutable: safe from any thread. Source: PROTOCOL.md, "Schema Serialization
/// Format".
class DataType {
 public:
  static DataTypePtr Primitive(TypeId id);  ///< any id but decimal, struct, array, map
  static DataTypePtr Decimal(int precision,
                             int scale);  ///< 1 <= precision <= 38, 0 <= scale <= precision
  static DataTypePtr Struct(std::vector<StructField> fields);
  static DataTypePtr Array(DataTypePtr element, bool contains_null);
  static DataTypePtr Map(DataTypePtr key, DataTypePtr value, bool value_contains_null);

  TypeId id() const { return id_; }
  bool is_primitive() const {
    return id_ != TypeId::kStruct && id_ != TypeId::kArray && id_ != TypeId::kMap;
  }
  int precision() const { return precision_; }                        ///< decimal
  int scale() const { return scale_; }                                ///< decimal
  const std::vector<StructField>& fields() const { return fields_; }  ///< struct
  const DataTypePtr& element() const { return first_; }               ///< array
  const DataTypePtr& key() const { return first_; }                   ///< map
  const DataTypePtr& value() const { return second_; }                ///< map
  bool contains_null() const { return contains_null_; }  ///< array elements, or map values

  /// The field of that name, exactly; else the only one equal ignoring ASCII case; else nullptr.
  /// Struct only.
  const StructField* FindField(std::string_view name) const;

  /// Equal types, field names, nullability and field metadata.
  bool Equals(const DataType& other) const;
  /// Equal types and field names; nullability and metadata may differ.
  bool EqualsIgnoringNullability(const DataType& other) const;

  /// As users meet it: "long", "decimal(10,2)", "struct<a:long,b:array<string>>".
  std::string ToString() const;

  DataType(TypeId id, int precision, int scale, DataTypePtr first, DataTypePtr second,
           bool contains_null, std::vector<StructField> fields);
  ~DataType();

 private:
  TypeId id_;
  int precision_ = 0;
  int scale_ = 0;
  DataTypePtr first_;
  DataTypePtr second_;
  bool contains_null_ = true;
  std::vector<StructField> fields_;
};

/// One column or struct member. `metadata` maps each key to its value as compact JSON text (a text
/// value keeps its quotes), so that what we do not know is preserved.
struct StructField {
  std::string name;
  DataTypePtr type;
  bool nullable = true;
  std::map<std::string, std::string> metadata;

  /// The value of a text entry without its quotes and escapes, of any other as JSON text; nullopt
  /// if the key is absent or null.
  std::optional<std::string> MetadataText(std::string_view key) const;
  /// `delta.columnMapping.physicalName`, or the name.
  std::string physical_name() const;
  /// Whether texts in it compare by a collation, rather than by their bytes.
  bool has_collation() const;
  /// `delta.columnMapping.id`, if set and an integer.
  std::optional<int32_t> column_mapping_id() const;

  bool operator==(const StructField& other) const;
};

/// A table's schema is a struct type; this names the intent.
using Schema = DataType;
using SchemaPtr = DataTypePtr;

// Keys of field metadata that mean something here. Source: PROTOCOL.md, "Column Metadata".
inline constexpr std::string_view kColumnMappingIdKey = "delta.columnMapping.id";
inline constexpr std::string_view kPhysicalNameKey = "delta.columnMapping.physicalName";
inline constexpr std::string_view kInvariantsKey = "delta.invariants";
inline constexpr std::string_view kGenerationExpressionKey = "delta.generationExpression";
inline constexpr std::string_view kIdentityKeyPrefix = "delta.identity.";
inline constexpr std::string_view kIdentityHighWaterMarkKey = "delta.identity.highWaterMark";
inline constexpr std::string_view kCurrentDefaultKey = "CURRENT_DEFAULT";
inline constexpr std::string_view kTypeChangesKey = "delta.typeChanges";
inline constexpr std::string_view kCollationsKey = "__COLLATIONS";

/// Deepest nesting of types that ParseSchema accepts; the metadata of a field may nest as deep
/// again.
inline constexpr int kMaxSchemaDepth = 100;

/// The schema with each field under its physical name, at every depth: what files, partition values
/// and statistics of a table with column mapping call their columns.
SchemaPtr PhysicalSchema(const Schema& schema);

/// The number of leaf columns (primitive, or whole arrays and maps) below `type`, itself included
/// if it is one.
int64_t CountLeaves(const DataType& type);

}  // namespace deltaic
