#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "data/column_stream.h"
#include "data/page_index.h"
#include "data/page_pruning.h"
#include "data/parquet_data_file.h"
#include "data/row_filter.h"
#include "data/row_mask.h"
#include "data/row_range_reader.h"

namespace deltaic {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

/// A gap between wanted rows that is shorter is read too, and filtered out: passing over it would
/// cost more.
constexpr int64_t kMinGapRows = 256;

/// Rows that the first columns were read of.
struct Piece {
  RowRanges rows;
  RowMask mask;
  Arrays arrays;  ///< wanted rows only
};

/// Whether reading only these rows saves enough for looking at page indexes and passing over rows.
bool IsPart(const RowRanges& rows, const RowGroupTask& row_group) {
  return CountRows(rows) < row_group.num_rows - row_group.num_rows / 8;
}

/// Reads the predicate's columns first, where the page index lets a row match; then of the others
/// the rows to return. Without a predicate, or where no others are wanted, one pass does.
class FilteringStream : public RowGroupStream {
 public:
  FilteringStream(std::shared_ptr<const ParquetDataFile> file, const RowGroupTask& row_group,
                  bool decode_in_parallel, CancellationToken cancel)
      : file_(std::move(file)),
        row_group_(row_group),
        decode_in_parallel_(decode_in_parallel),
        cancel_(std::move(cancel)),
        predicate_(row_group.all_match ? nullptr : file_->plan().spec->predicate) {}

  Status Open() {
    std::vector<size_t> first;
    const std::vector<PlannedColumn>& columns = file_->plan().columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (file_->constant(i) != nullptr) continue;
      if (predicate_ == nullptr ? columns[i].in_output : columns[i].in_predicate) {
        first.push_back(i);
      } else if (columns[i].in_output) {
        second_columns_.push_back(i);
      }
    }
    AppendRange(rows_, {0, row_group_.num_rows});
    if (predicate_ != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(const bool is_part, PruneRows(first));
      if (is_part) return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(
        first_, ColumnStream::Open(*file_, row_group_, std::move(first), decode_in_parallel_));
    metrics_.bytes_read += first_->bytes();
    metrics_.rows_read = row_group_.num_rows;
    return Status();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    auto batch = second_columns_.empty() ? NextOfOnePass() : NextOfTwoPasses();
    if (!batch.ok() && batch.status().code() != StatusCode::kCancelled) {
      return batch.status().WithContext(Concat("data file ", file_->path()));
    }
    return batch;
  }

  const DataReadMetrics& metrics() const override { return metrics_; }

 private:
  /// Opens the first columns for the rows that may match by page index, unless these are nearly
  /// all.
  Result<bool> PruneRows(const std::vector<size_t>& columns) {
    DELTAIC_ASSIGN_OR_RETURN(const PageIndex index, ReadPageIndex(file_->input(), row_group_.index,
                                                                  PredicateLeaves(*file_), true));
    if (index.empty()) return false;
    RowRanges rows = RowsThatMayMatch(*file_, row_group_, index);
    if (!IsPart(rows, row_group_)) return false;
    rows_ = std::move(rows);
    if (rows_.empty()) {
      for (const auto& [leaf, chunk] : index) {
        metrics_.pages_total += static_cast<int64_t>(chunk.pages.size());
        metrics_.pages_pruned += static_cast<int64_t>(chunk.pages.size());
      }
      return true;
    }
    DELTAIC_ASSIGN_OR_RETURN(first_rows_, OpenRows(columns, rows_, index));
    metrics_.pages_pruned += first_rows_->pages_skipped();
    metrics_.rows_read = CountRows(rows_);
    return true;
  }

  Result<std::unique_ptr<RowRangeReader>> OpenRows(const std::vector<size_t>& columns,
                                                   const RowRanges& rows, const PageIndex& index) {
    DELTAIC_ASSIGN_OR_RETURN(auto reader,
                             RowRangeReader::Open(*file_, row_group_, columns, rows, index));
    reader->set_decode_in_parallel(decode_in_parallel_);
    metrics_.bytes_read += reader->bytes();
    metrics_.pages_total += reader->pages_total();
    return reader;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> NextOfOnePass() {
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(const std::optional<Piece> piece, NextPiece());
      if (!piece) return nullptr;
      if (piece->mask.num_selected() > 0) return Emit(piece->arrays, piece->mask.num_selected());
    }
  }

  Result<std::shared_ptr<arrow::RecordBatch>> NextOfTwoPasses() {
    if (second_ == nullptr) {
      DELTAIC_RETURN_IF_ERROR(ReadFirstColumns());
      if (pieces_.empty()) return nullptr;
      DELTAIC_RETURN_IF_ERROR(OpenSecondColumns());
    }
    if (pieces_.empty()) return nullptr;
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    const Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    const RowRanges runs = piece.mask.Runs(kMinGapRows);
    DELTAIC_ASSIGN_OR_RETURN(Arrays arrays, second_->Read(RowsAt(piece.rows, runs)));
    DELTAIC_ASSIGN_OR_RETURN(const RowMask mask, piece.mask.Pick(runs));
    DELTAIC_RETURN_IF_ERROR(mask.Apply(arrays));
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (piece.arrays[i] != nullptr) arrays[i] = piece.arrays[i];
    }
    return Emit(arrays, mask.num_selected());
  }

  Status OpenSecondColumns() {
    RowRanges rows;
    for (const Piece& piece : pieces_) {
      for (const RowRange& range : RowsAt(piece.rows, piece.mask.Runs(kMinGapRows)))
        AppendRange(rows, range);
    }
    PageIndex index;
    if (IsPart(rows, row_group_)) {
      std::vector<int> leaves;
      for (const size_t column : second_columns_) {
        const ProjectedColumn& projected = file_->columns()[column];
        if (projected.source.leaf != ColumnSource::kMissing)
          leaves.push_back(projected.source.leaf);
      }
      DELTAIC_ASSIGN_OR_RETURN(index,
                               ReadPageIndex(file_->input(), row_group_.index, leaves, false));
    }
    DELTAIC_ASSIGN_OR_RETURN(second_, OpenRows(second_columns_, rows, index));
    metrics_.pages_passed_over += second_->pages_skipped();
    return Status();
  }

  Status ReadFirstColumns() {
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(std::optional<Piece> piece, NextPiece());
      if (!piece) return Status();
      if (piece->mask.num_selected() > 0) pieces_.push_back(std::move(*piece));
    }
  }

  /// The next rows of the first columns, nothing taken out; nullopt at the end.
  Result<std::optional<Piece>> ReadPiece() {
    Piece piece;
    if (first_ != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(std::optional<RawBatch> raw, first_->Next());
      if (!raw) return std::optional<Piece>();
      AppendRange(piece.rows, {raw->begin, raw->begin + raw->num_rows});
      piece.arrays = std::move(raw->arrays);
    } else {
      piece.rows = RowsAt(rows_, {{num_first_, num_first_ + file_->batch_rows()}});
      if (piece.rows.empty()) return std::optional<Piece>();
      DELTAIC_ASSIGN_OR_RETURN(piece.arrays, first_rows_->Read(piece.rows));
      num_first_ += CountRows(piece.rows);
    }
    piece.mask = RowMask::All(CountRows(piece.rows));
    return std::optional(std::move(piece));
  }

  Result<std::optional<Piece>> NextPiece() {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    DELTAIC_ASSIGN_OR_RETURN(std::optional<Piece> next, ReadPiece());
    if (!next) return next;
    Piece& piece = *next;
    if (const DeletionVector* deleted = file_->deletion_vector())
      DELTAIC_RETURN_IF_ERROR(
          piece.mask.TakeOutDeleted(*deleted, row_group_.first_row, piece.rows));
    if (predicate_ != nullptr && piece.mask.num_selected() > 0) {
      DELTAIC_ASSIGN_OR_RETURN(const auto keep,
                               EvaluatePredicate(*predicate_, *PredicateBatch(piece)));
      DELTAIC_RETURN_IF_ERROR(piece.mask.TakeOutUnmatched(*keep));
    }
    if (piece.mask.num_selected() == 0) {
      std::fill(piece.arrays.begin(), piece.arrays.end(), nullptr);
      return next;
    }
    for (size_t i = 0; i < piece.arrays.size(); ++i) {
      if (!file_->plan().columns[i].in_output) piece.arrays[i] = nullptr;
    }
    DELTAIC_RETURN_IF_ERROR(piece.mask.Apply(piece.arrays));
    return next;
  }

  /// What the predicate is evaluated over; before any row is taken out.
  std::shared_ptr<arrow::RecordBatch> PredicateBatch(const Piece& piece) const {
    const ReadPlan& plan = file_->plan();
    Arrays arrays;
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      if (!plan.columns[i].in_predicate) continue;
      const auto& constant = file_->constant(i);
      arrays.push_back(constant != nullptr ? constant->Slice(0, piece.mask.num_rows())
                                           : piece.arrays[i]);
    }
    return arrow::RecordBatch::Make(plan.predicate_schema, piece.mask.num_rows(),
                                    std::move(arrays));
  }

  std::shared_ptr<arrow::RecordBatch> Emit(const Arrays& arrays, int64_t num_rows) {
    const ReadPlan& plan = file_->plan();
    Arrays output;
    output.reserve(plan.num_output);
    for (size_t i = 0; i < plan.num_output; ++i) {
      const auto& constant = file_->constant(i);
      output.push_back(constant != nullptr ? constant->Slice(0, num_rows) : arrays[i]);
    }
    metrics_.rows_returned += num_rows;
    return arrow::RecordBatch::Make(plan.output_schema, num_rows, std::move(output));
  }

  std::shared_ptr<const ParquetDataFile> file_;
  RowGroupTask row_group_;
  bool decode_in_parallel_;
  CancellationToken cancel_;
  ExprPtr predicate_;                    ///< nullptr: nothing to evaluate
  RowRanges rows_;                       ///< those that may match
  std::unique_ptr<ColumnStream> first_;  ///< where these are all, or nearly
  std::unique_ptr<RowRangeReader> first_rows_;
  int64_t num_first_ = 0;  ///< of rows_ already read
  DataReadMetrics metrics_;

  // The second pass.
  std::vector<size_t> second_columns_;
  std::deque<Piece> pieces_;
  std::unique_ptr<RowRangeReader> second_;
};

}  // namespace

Result<std::unique_ptr<RowGroupStream>> ReadRowGroup(std::shared_ptr<const ParquetDataFile> file,
                                                     const RowGroupTask& row_group,
                                                     bool decode_in_parallel,
                                                     CancellationToken cancel) {
  const std::string& path = file->path();
  auto stream =
      std::make_unique<FilteringStream>(file, row_group, decode_in_parallel, std::move(cancel));
  if (Status status = stream->Open(); !status.ok())
    return status.WithContext(Concat("data file ", path));
  return std::unique_ptr<RowGroupStream>(std::move(stream));
}

}  // namespace deltaic
