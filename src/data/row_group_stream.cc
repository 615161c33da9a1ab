#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "data/column_stream.h"
#include "data/parquet_data_file.h"
#include "data/row_filter.h"
#include "data/row_mask.h"

namespace deltaic {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

/// Rows that the first columns were read of.
struct Piece {
  int64_t begin = 0;  ///< position in the row group
  RowMask mask;
  Arrays arrays;  ///< wanted rows only
  int64_t end() const { return begin + mask.num_rows(); }
};

/// Reads the predicate's columns first, and the others only where a row group has a row to return.
/// Without a predicate, or where no others are wanted, one pass does.
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
    DELTAIC_ASSIGN_OR_RETURN(first_, OpenColumns(std::move(first)));
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
  Result<std::unique_ptr<ColumnStream>> OpenColumns(std::vector<size_t> columns) {
    DELTAIC_ASSIGN_OR_RETURN(auto stream, ColumnStream::Open(*file_, row_group_, std::move(columns),
                                                             decode_in_parallel_));
    metrics_.bytes_read += stream->bytes();
    return stream;
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
      DELTAIC_ASSIGN_OR_RETURN(second_, OpenColumns(second_columns_));
    }
    while (!pieces_.empty()) {
      if (!raw_) {
        DELTAIC_RETURN_IF_ERROR(cancel_.Check());
        DELTAIC_ASSIGN_OR_RETURN(raw_, second_->Next());
        if (!raw_) return nullptr;
      }
      // Both passes mostly cut at the same rows, but need not.
      const Piece& piece = pieces_.front();
      const int64_t begin = std::max({raw_->begin, piece.begin, next_row_});
      const int64_t end = std::min(raw_->begin + raw_->num_rows, piece.end());
      std::shared_ptr<arrow::RecordBatch> batch;
      if (begin < end) {
        DELTAIC_ASSIGN_OR_RETURN(batch, Join(piece, begin, end));
        next_row_ = end;
      }
      const bool raw_used_up = raw_->begin + raw_->num_rows <= piece.end();
      if (piece.end() <= raw_->begin + raw_->num_rows) {
        pieces_.pop_front();
        used_of_piece_ = 0;
      }
      if (raw_used_up) raw_.reset();
      if (batch != nullptr) return batch;
    }
    return nullptr;
  }

  Status ReadFirstColumns() {
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(std::optional<Piece> piece, NextPiece());
      if (!piece) return Status();
      if (piece->mask.num_selected() > 0) pieces_.push_back(std::move(*piece));
    }
  }

  /// Rows [begin, end) of the row group, inside both `piece` and raw_; nullptr where none of them
  /// is wanted.
  Result<std::shared_ptr<arrow::RecordBatch>> Join(const Piece& piece, int64_t begin, int64_t end) {
    const RowMask mask = piece.mask.Slice(begin - piece.begin, end - begin);
    if (mask.num_selected() == 0) return nullptr;
    Arrays arrays = raw_->arrays;
    for (auto& array : arrays) {
      if (array != nullptr) array = array->Slice(begin - raw_->begin, end - begin);
    }
    DELTAIC_RETURN_IF_ERROR(mask.Apply(arrays));
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (piece.arrays[i] != nullptr)
        arrays[i] = piece.arrays[i]->Slice(used_of_piece_, mask.num_selected());
    }
    used_of_piece_ += mask.num_selected();
    return Emit(arrays, mask.num_selected());
  }

  Result<std::optional<Piece>> NextPiece() {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    DELTAIC_ASSIGN_OR_RETURN(std::optional<RawBatch> raw, first_->Next());
    if (!raw) return std::optional<Piece>();
    Piece piece{raw->begin, RowMask::All(raw->num_rows), std::move(raw->arrays)};
    if (const DeletionVector* deleted = file_->deletion_vector()) {
      DELTAIC_RETURN_IF_ERROR(
          piece.mask.TakeOutDeleted(*deleted, row_group_.first_row + piece.begin));
    }
    if (predicate_ != nullptr && piece.mask.num_selected() > 0) {
      DELTAIC_ASSIGN_OR_RETURN(const auto keep,
                               EvaluatePredicate(*predicate_, *PredicateBatch(piece)));
      DELTAIC_RETURN_IF_ERROR(piece.mask.TakeOutUnmatched(*keep));
    }
    if (piece.mask.num_selected() == 0) {
      std::fill(piece.arrays.begin(), piece.arrays.end(), nullptr);
      return std::optional(std::move(piece));
    }
    for (size_t i = 0; i < piece.arrays.size(); ++i) {
      if (!file_->plan().columns[i].in_output) piece.arrays[i] = nullptr;
    }
    DELTAIC_RETURN_IF_ERROR(piece.mask.Apply(piece.arrays));
    return std::optional(std::move(piece));
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
  ExprPtr predicate_;  ///< nullptr: nothing to evaluate
  std::unique_ptr<ColumnStream> first_;
  DataReadMetrics metrics_;

  // The second pass.
  std::vector<size_t> second_columns_;
  std::deque<Piece> pieces_;
  std::unique_ptr<ColumnStream> second_;
  std::optional<RawBatch> raw_;
  int64_t next_row_ = 0;
  int64_t used_of_piece_ = 0;  ///< rows of pieces_.front() already returned
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
