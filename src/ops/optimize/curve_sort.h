#pragma once

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
/// buckets that follow each other on the curve, buckets that memory has no room for wait on disk,
/// and one bucket after the other is sorted. One thread at a time.
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
  /// Gives all rows of `scan`, the same rows, to `sink`, in order.
  Status Sort(Scan& scan, const Sink& sink);

 private:
  struct Bucket;
  Result<std::vector<RankKeys>> KeysOf(const arrow::RecordBatch& batch) const;
  Result<std::vector<uint64_t>> PlacesOf(const arrow::RecordBatch& batch) const;
  uint64_t PlaceOf(const std::vector<RankKeys>& keys, int64_t row,
                   std::vector<uint32_t>& ranks) const;
  Status ShareOut(const std::shared_ptr<arrow::RecordBatch>& batch);
  Status MakeRoom();
  Status Emit(Bucket& bucket, const Sink& sink);
  Status EmitSorted(std::vector<std::shared_ptr<arrow::RecordBatch>> batches, const Sink& sink);

  Result<std::shared_ptr<arrow::RecordBatch>> Take(const arrow::RecordBatch& batch,
                                                   std::span<const int64_t> rows) const;
  Result<std::shared_ptr<arrow::RecordBatch>> Concatenate(
      const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const;

  const CurveSpec spec_;
  const int64_t memory_bytes_;
  const int bits_;
  std::vector<RankColumn> columns_;
  std::vector<uint64_t> cuts_;  ///< places at which buckets begin, but for the first; ascending
  std::vector<std::unique_ptr<Bucket>> buckets_;
  std::unique_ptr<SpillFile> spill_;
  int64_t held_bytes_ = 0;  ///< rows of buckets in memory
};

}  // namespace deltaic
