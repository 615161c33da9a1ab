#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/exec.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "data/eval/row_filter.h"
#include "data/memory/decode_pool.h"
#include "data/parquet/page_index.h"
#include "data/read/column_stream.h"
#include "data/read/page_pruning.h"
#include "data/read/parquet_data_file.h"
#include "data/read/row_mask.h"
#include "data/read/row_range_reader.h"
#include "data/read/text_dictionary.h"
#include "data/read/text_views.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

/// A gap between wanted rows that is shorter is read too, and filtered out: passing over it would
/// cost more.
constexpr int64_t kMinGapRows = 256;

/// Text that takes more, once it is plain, is handed out in several batches: a small dictionary of
/// long texts can stand for more than memory holds.
constexpr int64_t kMaxTextBytes = 64 << 20;

/// Rows that the first columns were read of.
struct Piece {
  RowRanges rows;
  RowMask mask;
  Arrays arrays;  ///< wanted rows only
};

/// Rows to return, of which text is maybe still in dictionaries.
struct DecodedRows {
  Arrays arrays;  ///< by number of the plan's column; nullptr: constant, or not read
  int64_t num_rows = 0;
};

Arrays Slice(const Arrays& arrays, int64_t begin, int64_t length) {
  Arrays slices(arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i] != nullptr) slices[i] = arrays[i]->Slice(begin, length);
  }
  return slices;
}

/// Whether reading only these rows saves enough for looking at page indexes and passing over rows.
bool IsPart(const RowRanges& rows, const RowGroupTask& row_group) {
  return CountRows(rows) < row_group.num_rows - row_group.num_rows / 8;
}

/// Reads the predicate's columns first, where the page index lets a row match; then of the others
/// the rows to return. Without a predicate, or where no others are wanted, one pass does.
class FilteringStream : public RowGroupStream {
 public:
  FilteringStream(std::shared_ptr<const ParquetDataFile> file, const RowGroupTask& row_group,
                  IsAlone is_alone, CancellationToken cancel)
      : file_(std::move(file)),
        row_group_(row_group),
        is_alone_(std::move(is_alone)),
        cancel_(std::move(cancel)),
        predicate_(row_group.all_match ? nullptr : file_->plan().spec->predicate),
        test_(file_->plan().spec->row_test ? &*file_->plan().spec->row_test : nullptr) {}

  Status Open() {
    std::vector<size_t> first;
    const std::vector<PlannedColumn>& columns = file_->plan().columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (file_->constant(i) != nullptr) continue;
      if (is_filtered() ? columns[i].in_predicate : columns[i].in_output) {
        first.push_back(i);
      } else if (columns[i].in_output) {
        second_columns_.push_back(i);
      }
    }
    AppendRange(rows_, {0, row_group_.num_rows});
    PageIndex index;
    if (predicate_ != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(
          index, ReadPageIndex(file_->input(), row_group_.index, PredicateLeaves(*file_), true));
      PruneRows(index);
    }
    if (rows_.empty()) return Status();
    DELTAIC_ASSIGN_OR_RETURN(first_, OpenRows(first, rows_, index));
    metrics_.pages_pruned += first_->pages_skipped();
    metrics_.rows_read = CountRows(rows_);
    return Status();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    auto batch = NextBatch();
    if (!batch.ok() && batch.status().code() != StatusCode::kCancelled) {
      return batch.status().WithContext(Concat("data file ", file_->path()));
    }
    return batch;
  }

  void WaitForFirstBytes() override {
    if (first_ != nullptr) first_->WaitForBytes();
  }

  const DataReadMetrics& metrics() const override { return metrics_; }

 private:
  /// Keeps the rows that may match by page index, unless these are nearly all.
  void PruneRows(PageIndex& index) {
    RowRanges rows = index.empty() ? rows_ : RowsThatMayMatch(*file_, row_group_, index);
    if (!IsPart(rows, row_group_)) {
      index.clear();
      return;
    }
    rows_ = std::move(rows);
    if (!rows_.empty()) return;
    for (const auto& [leaf, chunk] : index) {
      metrics_.pages_total += static_cast<int64_t>(chunk.pages.size());
      metrics_.pages_pruned += static_cast<int64_t>(chunk.pages.size());
    }
  }

  Result<std::unique_ptr<RowRangeReader>> OpenRows(const std::vector<size_t>& columns,
                                                   const RowRanges& rows, const PageIndex& index) {
    DELTAIC_ASSIGN_OR_RETURN(
        auto reader, RowRangeReader::Open(*file_, row_group_, columns, rows, index, is_alone_));
    metrics_.bytes_read += reader->bytes();
    metrics_.pages_total += reader->pages_total();
    return reader;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> NextBatch() {
    if (ready_.empty())
      DELTAIC_RETURN_IF_ERROR(second_columns_.empty() ? ReadInOnePass() : ReadInTwoPasses());
    if (ready_.empty()) return nullptr;
    DecodedRows rows = std::move(ready_.front());
    ready_.pop_front();
    while (rows.num_rows > 1 && LongestText(rows.arrays) > kMaxTextBytes) {
      const int64_t half = rows.num_rows / 2;
      ready_.push_front({Slice(rows.arrays, half, rows.num_rows - half), rows.num_rows - half});
      rows = {Slice(rows.arrays, 0, half), half};
    }
    return Emit(rows.arrays, rows.num_rows);
  }

  Status ReadInOnePass() {
    for (;;) {
      DELTAIC_ASSIGN_OR_RETURN(std::optional<Piece> piece, NextPiece());
      if (!piece) return Status();
      const int64_t num_selected = piece->mask.num_selected();
      if (num_selected == 0) continue;
      ready_.push_back({std::move(piece->arrays), num_selected});
      return Status();
    }
  }

  Status ReadInTwoPasses() {
    if (second_ == nullptr) {
      DELTAIC_RETURN_IF_ERROR(ReadFirstColumns());
      if (pieces_.empty()) return Status();
      DELTAIC_RETURN_IF_ERROR(OpenSecondColumns());
    }
    if (pieces_.empty()) return Status();
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
    ready_.push_back({std::move(arrays), mask.num_selected()});
    return Status();
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
    piece.rows = RowsAt(rows_, {{num_first_, num_first_ + file_->batch_rows()}});
    if (piece.rows.empty()) return std::optional<Piece>();
    DELTAIC_ASSIGN_OR_RETURN(piece.arrays, first_->Read(piece.rows));
    num_first_ += CountRows(piece.rows);
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
    if (is_filtered() && piece.mask.num_selected() > 0) {
      DELTAIC_ASSIGN_OR_RETURN(const auto keep, Evaluate({piece.arrays, piece.mask.num_rows()}));
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

  /// The predicate's outcome for each row; before any row is taken out.
  Result<std::shared_ptr<arrow::BooleanArray>> Evaluate(const DecodedRows& rows) const {
    if (rows.num_rows > 1 && LongestText(rows.arrays) > kMaxTextBytes) {
      const int64_t half = rows.num_rows / 2;
      DELTAIC_ASSIGN_OR_RETURN(const auto first, Evaluate({Slice(rows.arrays, 0, half), half}));
      DELTAIC_ASSIGN_OR_RETURN(
          const auto second,
          Evaluate({Slice(rows.arrays, half, rows.num_rows - half), rows.num_rows - half}));
      DELTAIC_ASSIGN_OR_RETURN(const auto joined, arrow::Concatenate({first, second}));
      return std::static_pointer_cast<arrow::BooleanArray>(joined);
    }
    const ReadPlan& plan = file_->plan();
    Arrays arrays;
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      if (!plan.columns[i].in_predicate) continue;
      DELTAIC_ASSIGN_OR_RETURN(auto values, Values(i, rows.arrays, rows.num_rows));
      arrays.push_back(std::move(values));
    }
    const auto batch =
        arrow::RecordBatch::Make(plan.predicate_schema, rows.num_rows, std::move(arrays));
    if (test_ == nullptr) return EvaluatePredicate(*predicate_, *batch);
    DELTAIC_ASSIGN_OR_RETURN(const auto passed, test_->test(*batch));
    if (predicate_ == nullptr || test_->implies_predicate) return passed;
    DELTAIC_ASSIGN_OR_RETURN(const auto matched, EvaluatePredicate(*predicate_, *batch));
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum both,
                             arrow::compute::CallFunction("and_kleene", {passed, matched}));
    return std::static_pointer_cast<arrow::BooleanArray>(both.make_array());
  }

  bool is_filtered() const { return predicate_ != nullptr || test_ != nullptr; }

  /// Bytes of the longest column that is to become plain text.
  int64_t LongestText(const Arrays& arrays) const {
    int64_t longest = 0;
    for (size_t i = 0; i < arrays.size(); ++i) {
      if (arrays[i] != nullptr && !IsWantedAsDictionary(i))
        longest = std::max(longest, ExpandedBytes(*arrays[i]));
    }
    return longest;
  }

  bool IsWantedAsDictionary(size_t column) const {
    return file_->plan().columns[column].arrow_field->type()->id() == arrow::Type::DICTIONARY;
  }

  /// A column as batches have it, of what was read or of its constant.
  Result<std::shared_ptr<arrow::Array>> Values(size_t column, const Arrays& arrays,
                                               int64_t num_rows) const {
    const auto& constant = file_->constant(column);
    if (constant != nullptr) return constant->Slice(0, num_rows);
    if (IsWantedAsDictionary(column)) return arrays[column];
    return ExpandDictionary(arrays[column], DecodePool());
  }

  /// The same as views, of dictionaries too.
  Result<std::shared_ptr<arrow::Array>> Views(size_t column, const Arrays& arrays,
                                              int64_t num_rows) const {
    const auto& constant = file_->constant(column);
    return ToViews(constant != nullptr ? constant->Slice(0, num_rows) : arrays[column],
                   DecodePool());
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Emit(const Arrays& arrays, int64_t num_rows) {
    const ReadPlan& plan = file_->plan();
    Arrays output;
    output.reserve(plan.num_output);
    for (size_t i = 0; i < plan.num_output; ++i) {
      DELTAIC_ASSIGN_OR_RETURN(auto values, plan.columns[i].as_views ? Views(i, arrays, num_rows)
                                                                     : Values(i, arrays, num_rows));
      output.push_back(std::move(values));
    }
    metrics_.rows_returned += num_rows;
    return arrow::RecordBatch::Make(plan.output_schema, num_rows, std::move(output));
  }

  std::shared_ptr<const ParquetDataFile> file_;
  RowGroupTask row_group_;
  IsAlone is_alone_;
  CancellationToken cancel_;
  ExprPtr predicate_;    ///< nullptr: nothing to evaluate
  const RowTest* test_;  ///< likewise
  RowRanges rows_;       ///< those that may match
  std::unique_ptr<RowRangeReader> first_;
  int64_t num_first_ = 0;  ///< of rows_ already read
  std::deque<DecodedRows> ready_;
  DataReadMetrics metrics_;

  // The second pass.
  std::vector<size_t> second_columns_;
  std::deque<Piece> pieces_;
  std::unique_ptr<RowRangeReader> second_;
};

}  // namespace

Result<std::unique_ptr<RowGroupStream>> ReadRowGroup(std::shared_ptr<const ParquetDataFile> file,
                                                     const RowGroupTask& row_group,
                                                     IsAlone is_alone, CancellationToken cancel) {
  const std::string& path = file->path();
  auto stream =
      std::make_unique<FilteringStream>(file, row_group, std::move(is_alone), std::move(cancel));
  if (Status status = stream->Open(); !status.ok())
    return status.WithContext(Concat("data file ", path));
  return std::unique_ptr<RowGroupStream>(std::move(stream));
}

}  // namespace deltaic
