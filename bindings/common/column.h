#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "common/column_type.h"

namespace deltaic_rows {

/// Half open: rows, or elements of a list.
struct Span {
  int64_t begin;
  int64_t end;
};

/// The values of one column of a batch. Borrows type and array; safe from any thread.
class Column {
 public:
  /// A column of `type` over no batch yet.
  explicit Column(const ColumnType& type);

  /// Over `array` from now on.
  /// \param outer_offset  the rows that a struct around it passes over.
  /// \throws UnsupportedType  an array that is none of this type.
  void Bind(const ArrowArray& array, int64_t outer_offset = 0);

  const ColumnType& type() const { return *type_; }
  /// By type.children; a map's are key and value.
  const Column& child(size_t i) const { return children_[i]; }
  /// Only of types with an index_width.
  const Column& dictionary() const { return dictionary_[0]; }
  int64_t dictionary_length() const { return dictionary_length_; }
  /// Another number after each Bind, and for each column: what is cached of a dictionary goes by
  /// it.
  uint64_t dictionary_id() const { return dictionary_id_; }

  bool IsNull(int64_t row) const {
    if (type_->kind == Kind::kNull) return true;
    return validity_ != nullptr && !BitAt(validity_, offset_ + row);
  }
  // Of rows that are not null; each is for the kinds it names.
  bool Boolean(int64_t row) const { return BitAt(data_, offset_ + row); }
  /// Integers, dates; unsigned longs wrap.
  int64_t Integer(int64_t row) const {
    return IntegerAt(data_, offset_ + row, type_->byte_width, type_->is_signed);
  }
  int64_t DictionaryIndex(int64_t row) const {
    return IntegerAt(data_, offset_ + row, type_->index_width, type_->index_signed);
  }
  /// Timestamps, in microseconds.
  int64_t Micros(int64_t row) const;
  double Float(int64_t row) const {
    if (type_->byte_width == 4) return ValueAt<float>(data_, offset_ + row);
    return ValueAt<double>(data_, offset_ + row);
  }
  /// Decimals, without their point.
  __int128 Unscaled(int64_t row) const;
  /// Texts and binaries.
  std::string_view Bytes(int64_t row) const;
  /// The elements of a list or map, as rows of the children.
  Span Elements(int64_t row) const {
    const int64_t at = offset_ + row;
    if (type_->layout == Layout::kOffsets32) {
      return {ValueAt<int32_t>(data_, at), ValueAt<int32_t>(data_, at + 1)};
    }
    return {ValueAt<int64_t>(data_, at), ValueAt<int64_t>(data_, at + 1)};
  }

 private:
  template <typename T>
  static T ValueAt(const uint8_t* data, int64_t index) {
    T value;
    std::memcpy(&value, data + static_cast<size_t>(index) * sizeof(T), sizeof(T));
    return value;
  }
  static bool BitAt(const uint8_t* bits, int64_t index) {
    return (bits[index >> 3] >> (index & 7) & 1) != 0;
  }
  static int64_t IntegerAt(const uint8_t* data, int64_t index, int width, bool is_signed) {
    switch (width) {
      case 1:
        if (is_signed) return ValueAt<int8_t>(data, index);
        return ValueAt<uint8_t>(data, index);
      case 2:
        if (is_signed) return ValueAt<int16_t>(data, index);
        return ValueAt<uint16_t>(data, index);
      case 4:
        if (is_signed) return ValueAt<int32_t>(data, index);
        return ValueAt<uint32_t>(data, index);
      default:
        return ValueAt<int64_t>(data, index);
    }
  }

  const ColumnType* type_;
  int64_t offset_ = 0;
  const uint8_t* validity_ = nullptr;
  const uint8_t* data_ = nullptr;   // values, bits, offsets, views or indices
  const uint8_t* bytes_ = nullptr;  // of kOffsets32 and kOffsets64
  const void* const* buffers_ = nullptr;
  std::vector<Column> children_;
  std::vector<Column> dictionary_;
  int64_t dictionary_length_ = 0;
  uint64_t dictionary_id_ = 0;
  std::shared_ptr<const ColumnType> dictionary_type_;
};

}  // namespace deltaic_rows
