#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"
#include "ops/optimize/packed_numbers.h"

namespace deltaic {

class TextCodes;

/// The values of one column of rows that are put in another order: taken from batches row by row,
/// kept side by side, maybe on disk for a while, and given as batches again. Memory once had is
/// used again. One thread at a time.
class RowLane {
 public:
  /// \param codes  of the column, for dictionaries as TextCodes takes them: the lanes of a column
  /// share it, so that codes mean the same in each. nullptr: the type is another.
  static std::unique_ptr<RowLane> Make(const std::shared_ptr<arrow::DataType>& type,
                                       std::shared_ptr<TextCodes> codes = nullptr);
  virtual ~RowLane() = default;

  /// Adds the values of some rows of an array of the lane's type.
  /// \retval kSchemaMismatch  a decimal has more digits than its type.
  virtual Status Append(const arrow::Array& values, std::span<const int32_t> rows) = 0;
  /// Adds all values to a piece.
  virtual Status Save(arrow::BufferBuilder& out) const = 0;
  /// Adds the values, `num_rows`, that Save() has added to a piece.
  virtual Status Load(PieceReader& in, int64_t num_rows) = 0;
  /// Makes values ready to be taken. No more are added before Clear().
  virtual Status Seal() { return Status(); }
  /// The values of some rows in this order. \return nullptr: one array has no room for them.
  virtual Result<std::shared_ptr<arrow::Array>> Take(std::span<const uint32_t> rows) const = 0;
  /// Forgets all values. \param keep_memory  for those that come next.
  virtual void Clear(bool keep_memory) = 0;
  virtual int64_t size_bytes() const = 0;  ///< of values, by estimate
};

}  // namespace deltaic
