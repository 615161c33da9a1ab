#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "ops/optimize/code_lane.h"
#include "ops/optimize/row_lane.h"

namespace deltaic {

/// Rows that are near each other on a curve, with their places on it, column by column. One thread
/// at a time, but Append() may run at once for different columns.
class RowBucket {
 public:
  /// \param codes  of each column, as ColumnCodes() makes them; buckets that pieces go between
  /// share them.
  RowBucket(std::shared_ptr<arrow::Schema> schema,
            std::span<const std::shared_ptr<TextCodes>> codes);

  /// Adds rows of a batch: their places, and for each column their values.
  void AppendPlaces(std::span<const uint64_t> places, std::span<const int32_t> rows);
  Status Append(int column, const arrow::Array& values, std::span<const int32_t> rows);
  /// Adds all rows to a piece.
  Status Save(arrow::BufferBuilder& piece) const;
  /// Adds the rows of a piece that Save() made.
  Status Load(const uint8_t* piece);
  void Clear(bool keep_memory);

  /// Puts the rows in order, those of one place as they came. No rows are added before Clear().
  Status Sort(int num_threads);
  /// Rows `begin` to `end` of the order; columns of codes as TextCodes gives them back.
  /// \return nullptr: they have no room in one batch.
  Result<std::shared_ptr<arrow::RecordBatch>> Take(int64_t begin, int64_t end,
                                                   int num_threads) const;

  int64_t num_rows() const { return static_cast<int64_t>(places_.size()); }
  int64_t size_bytes() const;

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<int64_t> places_;
  std::vector<std::unique_ptr<RowLane>> lanes_;
  std::vector<uint32_t> order_;  ///< once sorted
};

}  // namespace deltaic
