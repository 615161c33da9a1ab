#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/growing_array.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic::ingest {

/// The values of one column as they are decoded, for a Delta type. It can be cut at any row, so
/// that a row that turns out bad in its last column costs nothing but itself: Arrow's builders
/// cannot do that. One thread at a time.
///
/// Invariants: 1. valid_ has one byte for each of length() values. 2. Members of a struct have its
/// length; elements of a list or map as many as the last offset says.
class Column {
 public:
  /// \retval kUnsupported  a type that no message is decoded to (variant, void).
  static Result<std::unique_ptr<Column>> Make(const DataTypePtr& type);

  int64_t length() const { return valid_.size(); }
  const DataType& type() const { return *type_; }
  TypeId id() const { return type_->id(); }
  int64_t null_count() const { return null_count_; }
  bool IsValid(int64_t i) const { return valid_[i] != 0; }

  void AppendNull();
  /// By the column's type: byte, short, integer, date, long, timestamps. \param value fits it.
  void AppendInt(int64_t value);
  void AppendDouble(double value);  ///< double and float
  void AppendBool(bool value);
  void AppendText(std::string_view bytes);  ///< string and binary
  void AppendDecimal(Int128 unscaled);

  // Nested values: fill the children, then say so.
  Column& child(size_t i) { return *children_[i]; }
  size_t num_children() const { return children_.size(); }
  void AppendStruct() { valid_.push_back(1); }  ///< each member has one value more by now
  void AppendList();                            ///< of all elements added since the last one

  /// Drops all from row `length` on, of children too.
  void Truncate(int64_t length);
  /// Drops elements of a list that no row has yet.
  void TruncateElements();

  /// Bytes held, roughly.
  int64_t num_bytes() const;
  /// The values as Arrow has the type (ToArrowType), not copied but for bits. Empty after.
  Result<std::shared_ptr<arrow::Array>> Take();

 private:
  explicit Column(DataTypePtr type) : type_(std::move(type)) {}
  std::shared_ptr<arrow::Buffer> TakeValidity();

  DataTypePtr type_;
  GrowingArray<uint8_t> valid_;
  int64_t null_count_ = 0;
  GrowingArray<int64_t> ints_;    // long, timestamps
  GrowingArray<int32_t> ints32_;  // integer, date
  GrowingArray<double> doubles_;
  GrowingArray<float> floats_;
  GrowingArray<int16_t> ints16_;
  GrowingArray<int8_t> ints8_;  // byte, boolean
  GrowingArray<Int128> decimals_;
  GrowingArray<char> bytes_;       // string, binary
  GrowingArray<int32_t> offsets_;  // string, binary, array, map: one more than there are values
  std::vector<std::unique_ptr<Column>> children_;
};

}  // namespace deltaic::ingest
