#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/column_type.h"

namespace deltaic_rows {

/// Values appended one by one, given away as an Arrow array. One thread at a time.
///
/// Each Append adds one row where it returns true, and nothing where it returns false: the value
/// does not fit the type. Rows of lists, maps and structs are begun by appending to the children
/// and ended here.
class ColumnBuilder {
 public:
  /// \param type  buildable (BuildableType); borrowed.
  explicit ColumnBuilder(const ColumnType& type);

  const ColumnType& type() const { return *type_; }
  ColumnBuilder& child(size_t i) { return children_[i]; }
  int64_t length() const { return length_; }
  /// What the buffers hold, in bytes, children included.
  int64_t size_bytes() const;

  /// Null, of any type; members of a struct get one too.
  void AppendNull();
  bool AppendBoolean(bool value);
  /// Integers of any width, floats and decimals where they keep the value. \retval false  too
  /// large.
  bool AppendInteger(int64_t value);
  bool AppendFloat(double value);
  /// Texts and binaries; a text must be UTF-8 already. \retval false  beyond 2 GiB a column.
  bool AppendBytes(std::string_view bytes);
  /// A decimal as text. \retval false  none, or one that loses digits here.
  bool AppendDecimal(std::string_view text);
  /// Days since 1970-01-01. \retval false  beyond 32 bits.
  bool AppendDays(int64_t days);
  /// Microseconds since 1970-01-01T00:00:00.
  bool AppendMicros(int64_t micros);
  /// Ends a list or map: what the children got since the last one. \retval false  beyond 2^31.
  bool EndList();
  /// Ends a struct whose members each got one more value.
  void EndStruct();

  /// Gives the rows away, for the caller to release, and is empty again.
  void Export(ArrowArray* out);

 private:
  template <typename T>
  void AppendFixed(T value);
  void AppendValidity(bool valid);
  void Clear();

  const ColumnType* type_;
  int64_t length_ = 0;
  int64_t null_count_ = 0;
  std::vector<uint8_t> validity_;  // empty as long as nothing is null
  std::vector<uint8_t> values_;    // fixed values or bits
  std::vector<int32_t> offsets_;
  std::vector<char> bytes_;
  std::vector<ColumnBuilder> children_;
};

}  // namespace deltaic_rows
