#include "ops/optimize/curve_sort.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

constexpr int64_t kSampledRows = 64 * 1024;
/// What decoded rows take, of a byte of a file, by experience; a wrong guess costs only speed.
constexpr int64_t kBytesInMemory = 4;
constexpr int64_t kMostBuckets = 512;
constexpr int64_t kEmittedRows = 64 * 1024;
constexpr int64_t kRowsWorthAThread = 8 * 1024;

/// A batch of the columns that `make` gives by their numbers, several at once.
Result<std::shared_ptr<arrow::RecordBatch>> MakeColumns(
    const std::shared_ptr<arrow::Schema>& schema, int64_t num_rows, int num_threads,
    const std::function<Result<std::shared_ptr<arrow::Array>>(int column)>& make) {
  arrow::ArrayVector columns(static_cast<size_t>(schema->num_fields()));
  DELTAIC_RETURN_IF_ERROR(ParallelFor(schema->num_fields(), num_threads, [&](int64_t i) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(columns[static_cast<size_t>(i)], make(static_cast<int>(i)));
    return Status();
  }));
  return arrow::RecordBatch::Make(schema, num_rows, std::move(columns));
}

/// Texts of more than 2 GiB have no room in one array.
bool MayOverflow(int64_t bytes) { return bytes > (int64_t{1} << 30); }

}  // namespace

struct CurveSort::Bucket {
  std::vector<std::shared_ptr<arrow::RecordBatch>> held;
  int64_t held_bytes = 0;
  std::vector<SpillFile::Extent> spilled;
};

CurveSort::CurveSort(const CurveSpec& spec, int64_t memory_bytes)
    : spec_(spec),
      memory_bytes_(memory_bytes),
      bits_(CurveBits(static_cast<int>(spec.columns.size()))),
      columns_(spec.columns.size()) {}

CurveSort::~CurveSort() = default;

Result<std::vector<RankKeys>> CurveSort::KeysOf(const arrow::RecordBatch& batch) const {
  std::vector<RankKeys> keys;
  for (const auto& path : spec_.columns) {
    DELTAIC_ASSIGN_OR_RETURN(const auto column, ColumnAt(batch, path));
    DELTAIC_ASSIGN_OR_RETURN(keys.emplace_back(), RankKeys::Of(column));
  }
  return keys;
}

uint64_t CurveSort::PlaceOf(const std::vector<RankKeys>& keys, int64_t row,
                            std::vector<uint32_t>& ranks) const {
  for (size_t i = 0; i < columns_.size(); ++i) ranks[i] = columns_[i].RankOf(keys[i], row);
  return spec_.kind == CurveKind::kHilbert && ranks.size() > 1 ? HilbertPlace(ranks, bits_)
                                                               : ZOrderPlace(ranks, bits_);
}

Result<std::shared_ptr<arrow::RecordBatch>> CurveSort::Take(const arrow::RecordBatch& batch,
                                                            std::span<const int64_t> rows) const {
  const auto num_rows = static_cast<int64_t>(rows.size());
  const auto indices =
      std::make_shared<arrow::Int64Array>(num_rows, arrow::Buffer::Wrap(rows.data(), rows.size()));
  const int num_threads = num_rows < kRowsWorthAThread ? 1 : spec_.num_threads;
  return MakeColumns(batch.schema(), num_rows, num_threads,
                     [&](int column) -> Result<std::shared_ptr<arrow::Array>> {
                       DELTAIC_ASSIGN_OR_RETURN(
                           auto taken,
                           arrow::compute::Take(*batch.column(column), *indices,
                                                arrow::compute::TakeOptions::NoBoundsCheck()));
                       return taken;
                     });
}

Result<std::shared_ptr<arrow::RecordBatch>> CurveSort::Concatenate(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) const {
  if (batches.size() == 1) return batches.front();
  int64_t num_rows = 0;
  for (const auto& batch : batches) num_rows += batch->num_rows();
  return MakeColumns(batches.front()->schema(), num_rows, spec_.num_threads,
                     [&](int column) -> Result<std::shared_ptr<arrow::Array>> {
                       arrow::ArrayVector parts;
                       for (const auto& batch : batches) parts.push_back(batch->column(column));
                       DELTAIC_ASSIGN_OR_RETURN(auto one, arrow::Concatenate(parts));
                       return one;
                     });
}

/// The places of all rows on the curve.
Result<std::vector<uint64_t>> CurveSort::PlacesOf(const arrow::RecordBatch& batch) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<RankKeys> keys, KeysOf(batch));
  const int64_t num_rows = batch.num_rows();
  std::vector<uint64_t> places(static_cast<size_t>(num_rows));
  const int64_t parts = (num_rows + kRowsWorthAThread - 1) / kRowsWorthAThread;
  DELTAIC_RETURN_IF_ERROR(ParallelFor(parts, spec_.num_threads, [&](int64_t part) {
    std::vector<uint32_t> ranks(columns_.size());
    const int64_t end = std::min(num_rows, (part + 1) * kRowsWorthAThread);
    for (int64_t row = part * kRowsWorthAThread; row < end; ++row) {
      places[static_cast<size_t>(row)] = PlaceOf(keys, row, ranks);
    }
    return Status();
  }));
  return places;
}

Status CurveSort::Sample(Scan& scan, int64_t expected_rows, int64_t data_bytes) {
  const int64_t stride = std::max<int64_t>(1, expected_rows / kSampledRows);
  std::vector<std::shared_ptr<arrow::RecordBatch>> sample;
  int64_t next = 0;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
    if (batch == nullptr) break;
    std::vector<int64_t> rows;
    for (; next < batch->num_rows(); next += stride) rows.push_back(next);
    next -= batch->num_rows();
    if (rows.empty()) continue;
    DELTAIC_ASSIGN_OR_RETURN(sample.emplace_back(), Take(*batch, rows));
  }
  std::vector<std::vector<RankKeys>> keys;
  for (const auto& batch : sample) {
    DELTAIC_ASSIGN_OR_RETURN(keys.emplace_back(), KeysOf(*batch));
    for (size_t i = 0; i < columns_.size(); ++i) {
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        columns_[i].Sample(keys.back()[i], row);
      }
    }
  }
  for (RankColumn& column : columns_) column.Seal(bits_);
  // A bucket is sorted in memory, twice: as it came and in order.
  const int64_t bucket_bytes = std::max<int64_t>(memory_bytes_ / 6, 1);
  const int64_t wanted =
      std::clamp<int64_t>(data_bytes * kBytesInMemory / bucket_bytes + 1, 1, kMostBuckets);
  std::vector<uint64_t> places;
  std::vector<uint32_t> ranks(columns_.size());
  for (size_t b = 0; b < sample.size() && wanted > 1; ++b) {
    for (int64_t row = 0; row < sample[b]->num_rows(); ++row) {
      places.push_back(PlaceOf(keys[b], row, ranks));
    }
  }
  std::ranges::sort(places);
  for (int64_t i = 1; i < wanted && !places.empty(); ++i) {
    const uint64_t cut =
        places[static_cast<size_t>(i) * places.size() / static_cast<size_t>(wanted)];
    if (cut > 0 && (cuts_.empty() || cuts_.back() < cut)) cuts_.push_back(cut);
  }
  for (size_t i = 0; i <= cuts_.size(); ++i) buckets_.push_back(std::make_unique<Bucket>());
  return Status();
}

Status CurveSort::ShareOut(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto hold = [&](Bucket& bucket, std::shared_ptr<arrow::RecordBatch> rows) {
    const int64_t bytes = arrow::util::TotalBufferSize(*rows);
    bucket.held_bytes += bytes;
    held_bytes_ += bytes;
    bucket.held.push_back(std::move(rows));
  };
  if (buckets_.size() == 1) {
    hold(*buckets_.front(), batch);
    return Status();
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<uint64_t> places, PlacesOf(*batch));
  std::vector<std::vector<int64_t>> rows(buckets_.size());
  for (int64_t row = 0; row < batch->num_rows(); ++row) {
    const uint64_t place = places[static_cast<size_t>(row)];
    const auto bucket = std::upper_bound(cuts_.begin(), cuts_.end(), place) - cuts_.begin();
    rows[static_cast<size_t>(bucket)].push_back(row);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].empty()) continue;
    DELTAIC_ASSIGN_OR_RETURN(auto part, Take(*batch, rows[i]));
    hold(*buckets_[i], std::move(part));
  }
  return Status();
}

/// Moves the largest buckets to disk until half of the memory is free.
Status CurveSort::MakeRoom() {
  if (held_bytes_ <= memory_bytes_ / 2) return Status();
  while (held_bytes_ > memory_bytes_ / 4) {
    Bucket& largest = **std::ranges::max_element(
        buckets_, {}, [](const std::unique_ptr<Bucket>& bucket) { return bucket->held_bytes; });
    if (largest.held.empty()) return Status();
    if (spill_ == nullptr) {
      spill_ = std::make_unique<SpillFile>(largest.held.front()->schema(), spec_.max_spill_bytes);
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto one, Concatenate(largest.held));
    DELTAIC_ASSIGN_OR_RETURN(largest.spilled.emplace_back(), spill_->Write(*one));
    held_bytes_ -= largest.held_bytes;
    largest.held_bytes = 0;
    largest.held.clear();
  }
  return Status();
}

Status CurveSort::EmitSorted(std::vector<std::shared_ptr<arrow::RecordBatch>> batches,
                             const Sink& sink) {
  if (batches.empty()) return Status();
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, Concatenate(batches));
  batches.clear();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<uint64_t> keys, PlacesOf(*rows));
  std::vector<std::pair<uint64_t, int64_t>> places(keys.size());
  for (size_t row = 0; row < keys.size(); ++row) {
    places[row] = {keys[row], static_cast<int64_t>(row)};
  }
  std::ranges::sort(places);
  std::vector<int64_t> order;
  for (size_t begin = 0; begin < places.size(); begin += kEmittedRows) {
    const size_t end = std::min(places.size(), begin + kEmittedRows);
    order.clear();
    for (size_t i = begin; i < end; ++i) order.push_back(places[i].second);
    DELTAIC_ASSIGN_OR_RETURN(const auto sorted, Take(*rows, order));
    DELTAIC_RETURN_IF_ERROR(sink(sorted));
  }
  return Status();
}

Status CurveSort::Emit(Bucket& bucket, const Sink& sink) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t bytes = 0;
  // A bucket that turned out too large for memory is sorted in pieces, which costs order, not rows.
  const auto take = [&](std::shared_ptr<arrow::RecordBatch> batch, int64_t size) -> Status {
    if (!batches.empty() && (bytes + size > memory_bytes_ / 2 || MayOverflow(bytes + size))) {
      DELTAIC_RETURN_IF_ERROR(EmitSorted(std::exchange(batches, {}), sink));
      bytes = 0;
    }
    bytes += size;
    batches.push_back(std::move(batch));
    return Status();
  };
  for (const SpillFile::Extent& extent : bucket.spilled) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, spill_->Read(extent));
    DELTAIC_RETURN_IF_ERROR(take(std::move(batch), extent.size));
  }
  for (auto& batch : std::exchange(bucket.held, {})) {
    const int64_t size = arrow::util::TotalBufferSize(*batch);
    DELTAIC_RETURN_IF_ERROR(take(std::move(batch), size));
  }
  return EmitSorted(std::move(batches), sink);
}

Status CurveSort::Sort(Scan& scan, const Sink& sink) {
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
    if (batch == nullptr) break;
    DELTAIC_RETURN_IF_ERROR(ShareOut(batch));
    DELTAIC_RETURN_IF_ERROR(MakeRoom());
  }
  for (const auto& bucket : buckets_) DELTAIC_RETURN_IF_ERROR(Emit(*bucket, sink));
  return Status();
}

}  // namespace deltaic
