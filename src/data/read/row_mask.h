#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/parquet/row_ranges.h"

namespace deltaic {

/// Which of some rows are wanted.
class RowMask {
 public:
  static RowMask All(int64_t num_rows);

  /// Takes out the rows that `deleted` has, first of all. The mask is of `rows` of a row group that
  /// begins at `first_row` of the file.
  Status TakeOutDeleted(const DeletionVector& deleted, int64_t first_row, const RowRanges& rows);
  /// Takes out the rows for which `keep` is null or false.
  Status TakeOutUnmatched(const arrow::BooleanArray& keep);

  int64_t num_rows() const { return num_rows_; }
  int64_t num_selected() const { return num_selected_; }
  bool selects_all() const { return num_selected_ == num_rows_; }
  /// Where wanted rows are; runs of them with less than `max_gap` others between them count as one.
  RowRanges Runs(int64_t max_gap) const;
  /// The mask of these rows alone.
  Result<RowMask> Pick(const RowRanges& rows) const;

  /// The wanted elements of each array (nullptr stays); all of the mask's length. Shares where all
  /// are wanted.
  Status Apply(std::vector<std::shared_ptr<arrow::Array>>& arrays) const;

 private:
  Status MakeBits();
  int64_t num_rows_ = 0;
  int64_t num_selected_ = 0;
  std::shared_ptr<arrow::Buffer> bits_;  ///< nullptr: all
};

}  // namespace deltaic
