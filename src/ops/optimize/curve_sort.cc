#include "ops/optimize/curve_sort.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "ops/optimize/code_lane.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

constexpr int64_t kSampledRows = 64 * 1024;
/// What decoded rows take, of a byte of a file, by experience; a wrong guess costs only speed.
constexpr int64_t kBytesInMemory = 4;
constexpr int64_t kMostBuckets = 512;
/// Of a bucket, so that each of its columns stays in the nearer caches while rows are gathered.
constexpr int64_t kBucketBytes = int64_t{16} << 20;
constexpr int64_t kEmittedRows = 64 * 1024;
constexpr int64_t kRowsWorthAThread = 8 * 1024;
/// Of rows that are sorted at once, so that their nested values have room in one array.
constexpr int64_t kMostSortedBytes = int64_t{1} << 30;

/// Rows `first`, `first` + `stride`, ... of a batch.
Result<std::shared_ptr<arrow::RecordBatch>> TakeEvery(int64_t stride, int64_t first,
                                                      const arrow::RecordBatch& batch) {
  std::vector<int64_t> rows;
  for (int64_t row = first; row < batch.num_rows(); row += stride) rows.push_back(row);
  const auto num_rows = static_cast<int64_t>(rows.size());
  const arrow::Int64Array indices(num_rows, arrow::Buffer::Wrap(rows));
  arrow::ArrayVector columns(static_cast<size_t>(batch.num_columns()));
  for (size_t i = 0; i < columns.size(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(columns[i],
                             arrow::compute::Take(*batch.column(static_cast<int>(i)), indices,
                                                  arrow::compute::TakeOptions::NoBoundsCheck()));
  }
  return arrow::RecordBatch::Make(batch.schema(), num_rows, std::move(columns));
}

}  // namespace

std::span<const int32_t> CurveSort::Shares::Of(size_t bucket) const {
  return std::span(rows).subspan(static_cast<size_t>(begins[bucket]),
                                 static_cast<size_t>(begins[bucket + 1] - begins[bucket]));
}

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

void CurveSort::MakePartsOfPlaces() {
  if (spec_.kind == CurveKind::kHilbert && columns_.size() > 1) return;
  std::vector<uint32_t> ranks(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto& parts = parts_of_places_.emplace_back(columns_[i].num_ranks());
    for (uint32_t number = 0; number < parts.size(); ++number) {
      ranks[i] = columns_[i].RankAt(number);
      parts[number] = ZOrderPlace(ranks, bits_);
    }
    ranks[i] = 0;
  }
}

/// The places of the rows from `begin` on. \param out  zeros.
void CurveSort::AddPlaces(const std::vector<RankKeys>& keys, int64_t begin,
                          std::span<uint64_t> out) const {
  for (size_t i = 0; i < parts_of_places_.size(); ++i) {
    for (size_t row = 0; row < out.size(); ++row) {
      out[row] |=
          parts_of_places_[i][columns_[i].NumberOf(keys[i], begin + static_cast<int64_t>(row))];
    }
  }
  if (!parts_of_places_.empty()) return;
  std::vector<uint32_t> ranks(columns_.size());
  for (size_t row = 0; row < out.size(); ++row) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      ranks[i] = columns_[i].RankOf(keys[i], begin + static_cast<int64_t>(row));
    }
    out[row] = HilbertPlace(ranks, bits_);
  }
}

/// The places of all rows on the curve.
Result<std::vector<uint64_t>> CurveSort::PlacesOf(const arrow::RecordBatch& batch) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<RankKeys> keys, KeysOf(batch));
  const int64_t num_rows = batch.num_rows();
  std::vector<uint64_t> places(static_cast<size_t>(num_rows));
  const int64_t parts = (num_rows + kRowsWorthAThread - 1) / kRowsWorthAThread;
  DELTAIC_RETURN_IF_ERROR(ParallelFor(parts, spec_.num_threads, [&](int64_t part) {
    const int64_t begin = part * kRowsWorthAThread;
    const int64_t count = std::min(num_rows - begin, kRowsWorthAThread);
    AddPlaces(keys, begin,
              std::span(places).subspan(static_cast<size_t>(begin), static_cast<size_t>(count)));
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
    if (next < batch->num_rows()) {
      DELTAIC_ASSIGN_OR_RETURN(sample.emplace_back(), TakeEvery(stride, next, *batch));
      next += sample.back()->num_rows() * stride;
    }
    next -= batch->num_rows();
  }
  for (const auto& batch : sample) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<RankKeys> keys, KeysOf(*batch));
    for (size_t i = 0; i < columns_.size(); ++i) {
      for (int64_t row = 0; row < batch->num_rows(); ++row) columns_[i].Sample(keys[i], row);
    }
  }
  for (RankColumn& column : columns_) column.Seal(bits_);
  MakePartsOfPlaces();
  // A bucket is sorted in memory, and rows are taken from it while others are being encoded.
  const int64_t bucket_bytes = std::clamp<int64_t>(memory_bytes_ / 6, 1, kBucketBytes);
  std::vector<uint64_t> places;
  for (const auto& batch : sample) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<uint64_t> some, PlacesOf(*batch));
    places.insert(places.end(), some.begin(), some.end());
  }
  ChooseCuts(std::move(places),
             std::clamp<int64_t>(data_bytes * kBytesInMemory / bucket_bytes + 1, 1, kMostBuckets));
  return Status();
}

/// \param places  a sample of them.
void CurveSort::ChooseCuts(std::vector<uint64_t> places, int64_t num_buckets) {
  std::ranges::sort(places);
  for (int64_t i = 1; i < num_buckets && !places.empty(); ++i) {
    const uint64_t cut =
        places[static_cast<size_t>(i) * places.size() / static_cast<size_t>(num_buckets)];
    if (cut > 0 && (cuts_.empty() || cuts_.back() < cut)) cuts_.push_back(cut);
  }
  buckets_.resize(cuts_.size() + 1);
}

CurveSort::Shares CurveSort::ShareOut(std::span<const uint64_t> places) const {
  std::vector<uint16_t> bucket_of(places.size());
  Shares shares{.rows = std::vector<int32_t>(places.size()),
                .begins = std::vector<int64_t>(buckets_.size() + 1)};
  for (size_t row = 0; row < places.size(); ++row) {
    const auto bucket = std::ranges::upper_bound(cuts_, places[row]) - cuts_.begin();
    bucket_of[row] = static_cast<uint16_t>(bucket);
    ++shares.begins[static_cast<size_t>(bucket) + 1];
  }
  for (size_t i = 1; i < shares.begins.size(); ++i) shares.begins[i] += shares.begins[i - 1];
  std::vector<int64_t> next = shares.begins;
  for (size_t row = 0; row < places.size(); ++row) {
    shares.rows[static_cast<size_t>(next[bucket_of[row]]++)] = static_cast<int32_t>(row);
  }
  return shares;
}

Status CurveSort::Add(const arrow::RecordBatch& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<uint64_t> places, PlacesOf(batch));
  const Shares shares = ShareOut(places);
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i].rows->AppendPlaces(places, shares.Of(i));
  return ParallelFor(batch.num_columns(), spec_.num_threads, [&](int64_t column) -> Status {
    const auto& values = *batch.column(static_cast<int>(column));
    for (size_t i = 0; i < buckets_.size(); ++i) {
      const std::span<const int32_t> rows = shares.Of(i);
      if (rows.empty()) continue;
      DELTAIC_RETURN_IF_ERROR(buckets_[i].rows->Append(static_cast<int>(column), values, rows));
    }
    return Status();
  });
}

/// Moves all buckets to disk.
Status CurveSort::Spill() {
  if (spill_ == nullptr) spill_ = std::make_unique<SpillFile>(spec_.max_spill_bytes);
  const int64_t fair_share = memory_bytes_ / 2 / static_cast<int64_t>(buckets_.size());
  for (Bucket& bucket : buckets_) {
    if (bucket.rows->num_rows() == 0) continue;
    piece_.Rewind(0);
    DELTAIC_RETURN_IF_ERROR(bucket.rows->Save(piece_));
    DELTAIC_ASSIGN_OR_RETURN(bucket.pieces.emplace_back(),
                             spill_->Write({piece_.data(), static_cast<size_t>(piece_.length())}));
    // Rows that came in order have been in few buckets, which need not keep so much.
    bucket.rows->Clear(/*keep_memory=*/bucket.rows->size_bytes() <= 2 * fair_share);
  }
  return Status();
}

Status CurveSort::EmitSorted(RowBucket& rows, const Sink& sink) const {
  DELTAIC_RETURN_IF_ERROR(rows.Sort(spec_.num_threads));
  int64_t at_once = kEmittedRows;
  for (int64_t begin = 0; begin < rows.num_rows();) {
    const int64_t end = std::min(rows.num_rows(), begin + at_once);
    const int num_threads = end - begin < kRowsWorthAThread ? 1 : spec_.num_threads;
    DELTAIC_ASSIGN_OR_RETURN(const auto sorted, rows.Take(begin, end, num_threads));
    if (sorted == nullptr) {
      at_once = std::max<int64_t>(1, at_once / 2);
      continue;
    }
    DELTAIC_RETURN_IF_ERROR(sink(sorted));
    begin = end;
  }
  return Status();
}

Result<std::span<const uint8_t>> CurveSort::ReadPiece(const SpillFile::Extent& extent) {
  piece_.Rewind(0);
  DELTAIC_RETURN_IF_ERROR(piece_.Reserve(extent.size));
  DELTAIC_RETURN_IF_ERROR(spill_->Read(extent, piece_.mutable_data()));
  return std::span<const uint8_t>(piece_.data(), static_cast<size_t>(extent.size));
}

Status CurveSort::Emit(Bucket& bucket, const Sink& sink) {
  if (bucket.pieces.empty()) {
    DELTAIC_RETURN_IF_ERROR(EmitSorted(*bucket.rows, sink));
    bucket.rows.reset();
    return Status();
  }
  // All buckets are loaded into the same memory.
  const auto emit_loaded = [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(EmitSorted(*loaded_, sink));
    loaded_->Clear(/*keep_memory=*/true);
    return Status();
  };
  for (const SpillFile::Extent& extent : bucket.pieces) {
    DELTAIC_ASSIGN_OR_RETURN(const auto piece, ReadPiece(extent));
    DELTAIC_RETURN_IF_ERROR(loaded_->Load(piece.data()));
    // A bucket that turned out too large is sorted in parts, which costs order, not rows.
    if (loaded_->size_bytes() > std::min(memory_bytes_ / 2, kMostSortedBytes)) {
      DELTAIC_RETURN_IF_ERROR(emit_loaded());
    }
  }
  piece_.Rewind(0);
  DELTAIC_RETURN_IF_ERROR(bucket.rows->Save(piece_));
  bucket.rows.reset();
  DELTAIC_RETURN_IF_ERROR(loaded_->Load(piece_.data()));
  return emit_loaded();
}

Status CurveSort::Sort(Scan& scan, const Sink& sink) {
  const auto codes = ColumnCodes(*scan.schema());
  for (Bucket& bucket : buckets_) bucket.rows = std::make_unique<RowBucket>(scan.schema(), codes);
  loaded_ = std::make_unique<RowBucket>(scan.schema(), codes);
  const int64_t most_held = std::min(memory_bytes_ / 2, kMostSortedBytes);
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
    if (batch == nullptr) break;
    DELTAIC_RETURN_IF_ERROR(Add(*batch));
    int64_t held = 0;
    for (const Bucket& bucket : buckets_) held += bucket.rows->size_bytes();
    if (held > most_held) DELTAIC_RETURN_IF_ERROR(Spill());
  }
  for (const auto& column : codes) {
    if (column != nullptr) DELTAIC_RETURN_IF_ERROR(column->MakeTexts());
  }
  for (Bucket& bucket : buckets_) DELTAIC_RETURN_IF_ERROR(Emit(bucket, sink));
  return Status();
}

}  // namespace deltaic
