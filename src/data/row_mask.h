#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/deletion_vector.h"

namespace deltaic {

/// Which of some consecutive rows are wanted.
class RowMask {
 public:
  static RowMask All(int64_t num_rows);

  /// Takes out the rows that `deleted` has; `first_row` is the position in the file of the mask's
  /// first row.
  Status TakeOutDeleted(const DeletionVector& deleted, int64_t first_row);
  /// Takes out the rows for which `keep` is null or false.
  Status TakeOutUnmatched(const arrow::BooleanArray& keep);

  int64_t num_rows() const { return num_rows_; }
  int64_t num_selected() const { return num_selected_; }
  bool selects_all() const { return num_selected_ == num_rows_; }
  /// The mask of rows [begin, begin + length). Shares the bits.
  RowMask Slice(int64_t begin, int64_t length) const;

  /// The wanted elements of each array (nullptr stays); all of the mask's length. Shares where all
  /// are wanted.
  Status Apply(std::vector<std::shared_ptr<arrow::Array>>& arrays) const;

 private:
  Status MakeBits();
  int64_t num_rows_ = 0;
  int64_t num_selected_ = 0;
  std::shared_ptr<arrow::Buffer> bits_;  ///< nullptr: all
  int64_t offset_ = 0;                   ///< of the first row in bits_
};

}  // namespace deltaic
