#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "protocol/value.h"

namespace deltaic {

/// How deep arrays and objects of a variant may nest here; the format sets no bound.
inline constexpr int kMaxVariantDepth = 256;

/// Source: parquet-format, VariantEncoding.md, "Encoding types".
enum class VariantType {
  kNull,
  kBoolean,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,            ///< days since 1970-01-01
  kTime,            ///< microseconds since midnight
  kTimestamp,       ///< microseconds since 1970-01-01 UTC
  kTimestampNtz,    ///< microseconds, of no time zone
  kTimestampNanos,  ///< as kTimestamp, nanoseconds
  kTimestampNtzNanos,
  kBinary,
  kString,
  kUuid,
  kObject,
  kArray,
};

/// The dictionary of field names that comes with a variant value. Borrows its bytes. Immutable:
/// safe from any thread.
class VariantMetadata {
 public:
  /// Checks version and sizes; a name is looked at when it is asked for.
  /// \retval kCorruption
  static Result<VariantMetadata> Parse(std::string_view bytes);

  uint32_t size() const { return size_; }
  /// \retval kCorruption  no such id, or bytes that lie outside.
  Result<std::string_view> Name(uint32_t id) const;
  /// The id of a name; nullopt where the dictionary lacks it.
  std::optional<uint32_t> Find(std::string_view name) const;

 private:
  std::string_view offsets_;
  std::string_view names_;
  int offset_size_ = 1;
  uint32_t size_ = 0;
  bool sorted_ = false;
};

/// One encoded value. Borrows its bytes. Immutable: safe from any thread.
/// Source: parquet-format, VariantEncoding.md, "Value encoding".
class VariantValue {
 public:
  /// Reads the header and checks that the value is whole; members are checked by VariantMembers.
  /// What comes after the value is passed over.
  /// \retval kCorruption  cut off, or a type that does not exist.
  static Result<VariantValue> Parse(std::string_view bytes);

  VariantType type() const { return type_; }
  /// The value and nothing else.
  std::string_view bytes() const { return bytes_; }

  // Each only for its types.
  bool boolean() const { return integer_ != 0; }
  int64_t integer() const { return integer_; }           ///< integers, dates, times, timestamps
  double number() const;                                 ///< float, double
  Int128 unscaled() const;                               ///< decimals
  int scale() const;                                     ///< decimals: 0..38
  std::string_view content() const { return content_; }  ///< string, binary; uuid: 16 bytes
  uint32_t num_members() const { return num_members_; }  ///< object, array

 private:
  friend class VariantMembers;
  static Result<VariantValue> ParsePrimitive(std::string_view bytes, int id);
  static Result<VariantValue> ParseNested(std::string_view bytes, bool object);

  VariantType type_ = VariantType::kNull;
  std::string_view bytes_;
  std::string_view content_;  ///< what follows the header; of nested ones the members' bytes
  int64_t integer_ = 0;
  uint32_t num_members_ = 0;
  std::string_view ids_;      ///< object
  std::string_view offsets_;  ///< object, array
};

/// Walks the members of an object or array in their order. Members that share bytes are refused, so
/// that a walk of a whole value costs no more than its size.
class VariantMembers {
 public:
  /// \param nested  an object or array; outlives this.
  explicit VariantMembers(const VariantValue& nested) : nested_(nested) {}

  /// Moves on to the next, the first one at first; false at the end. \retval kCorruption
  Result<bool> Next();
  uint32_t field_id() const { return field_id_; }  ///< object
  const VariantValue& value() const { return value_; }

 private:
  const VariantValue& nested_;
  uint32_t next_ = 0;
  size_t used_bytes_ = 0;
  uint32_t field_id_ = 0;
  VariantValue value_;
};

}  // namespace deltaic
