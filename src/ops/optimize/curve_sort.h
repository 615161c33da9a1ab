#pragma once

#include <arrow/buffer_builder.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/optimize/curve.h"
#include "ops/optimize/rank_column.h"
#include "ops/optimize/row_bucket.h"
#include "ops/spill_file.h"
#include "scan/scan.h"

namespace deltaic {

/// What rows are sorted by.
struct CurveSpec {
  CurveKind kind = CurveKind::kZOrder;
  std::vector<std::vector<std::string>> columns;  ///< paths of logical names
  /// Bytes of temporary files that rows may take; 0: any.
  int64_t max_spill_bytes = 0;
  int num_threads = 1;  ///< that sort and gather rows
};

/// Sorts rows along a curve through several columns, in bounded memory: rows are shared out into
/// buckets that follow each other on the curve, those that memory has no room for wait on disk, and
/// one bucket after the other is sorted. One thread at a time.
class CurveSort {
 public:
  using Sink = std::function<Status(const std::shared_ptr<arrow::RecordBatch>&)>;

  /// \param memory_bytes  that rows may take.
  CurveSort(const CurveSpec& spec, int64_t memory_bytes);
  ~CurveSort();

  /// Looks at the values of the columns in all rows of `scan`.
  /// \param expected_rows  about how many those are.  \param data_bytes  of their files.
  /// \retval kInvalidArgument  a column of a type without an order.
  Status Sample(Scan& scan, int64_t expected_rows, int64_t data_bytes);
  /// Gives all rows of `scan`, the same rows, to `sink`, in order. Columns that come as
  /// dictionary<int32, utf8> go on so, with one dictionary for all batches, or as texts where that
  /// would be large.
  Status Sort(Scan& scan, const Sink& sink);

 private:
  struct Bucket {
    std::unique_ptr<RowBucket> rows;  ///< in memory
    std::vector<SpillFile::Extent> pieces;
  };
  /// Rows of a batch by the bucket they belong to.
  struct Shares {
    std::vector<int32_t> rows;    ///< those of the first bucket, of the second, ...
    std::vector<int64_t> begins;  ///< where each bucket's begin, and the end
    std::span<const int32_t> Of(size_t bucket) const;
  };

  Result<std::vector<RankKeys>> KeysOf(const arrow::RecordBatch& batch) const;
  Result<std::vector<uint64_t>> PlacesOf(const arrow::RecordBatch& batch) const;
  void AddPlaces(const std::vector<RankKeys>& keys, int64_t begin, std::span<uint64_t> out) const;
  void MakePartsOfPlaces();
  void ChooseCuts(std::vector<uint64_t> places, int64_t num_buckets);

  Shares ShareOut(std::span<const uint64_t> places) const;
  Status Add(const arrow::RecordBatch& batch);
  Status Spill();
  Result<std::span<const uint8_t>> ReadPiece(const SpillFile::Extent& extent);
  Status Emit(Bucket& bucket, const Sink& sink);
  Status EmitSorted(RowBucket& rows, const Sink& sink) const;

  const CurveSpec spec_;
  const int64_t memory_bytes_;
  const int bits_;
  std::vector<RankColumn> columns_;
  /// What each rank of each column adds to a place, on a curve where columns do so on their own.
  std::vector<std::vector<uint64_t>> parts_of_places_;
  std::vector<uint64_t> cuts_;  ///< places at which buckets begin, but for the first; ascending
  std::vector<Bucket> buckets_;
  std::unique_ptr<RowBucket> loaded_;  ///< rows that were on disk, a bucket at a time
  std::unique_ptr<SpillFile> spill_;
  arrow::BufferBuilder piece_;  ///< on its way to or from disk
};

}  // namespace deltaic
