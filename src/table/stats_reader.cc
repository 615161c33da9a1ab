#include "table/stats_reader.h"

#include <arrow/api.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/made_once.h"
#include "storage/arrow_status.h"
#include "table/stats_array.h"

namespace deltaic {
namespace {

using Part = StatsScanner::Part;

std::vector<std::vector<std::string>> Paths(const std::vector<StatsLeaf>& leaves) {
  std::vector<std::vector<std::string>> out;
  for (const StatsLeaf& leaf : leaves) out.push_back(leaf.physical_names);
  return out;
}

Value ToValue(const std::optional<int64_t>& count) { return count ? Value(*count) : Value(); }

}  // namespace

/// The columns under construction. Texts are split row by row and parsed column by column, some
/// rows at once.
class StatsReader::Rows {
 public:
  static Result<Rows> Make(const StatsReader& reader) {
    Rows out(reader);
    out.columns_.resize(out.scanner_.num_texts());
    out.columns_[StatsScanner::kNumRecords] = StatsArray::OfCounts();
    for (size_t l = 0; l < reader.leaves_.size(); ++l) {
      const StatsLeaf& leaf = reader.leaves_[l];
      out.Column(l, Part::kNullCount) = StatsArray::OfCounts();
      if (!leaf.has_bounds) continue;
      DELTAIC_ASSIGN_OR_RETURN(out.Column(l, Part::kMin),
                               StatsArray::OfBounds(leaf.field, BoundSide::kMin));
      DELTAIC_ASSIGN_OR_RETURN(out.Column(l, Part::kMax),
                               StatsArray::OfBounds(leaf.field, BoundSide::kMax));
    }
    return out;
  }

  Status Append(std::string_view json) {
    const size_t num_texts = columns_.size();
    const auto row = std::span(texts_).subspan(pending_ * num_texts, num_texts);
    if (!scanner_.Scan(json, row)) {
      DELTAIC_RETURN_IF_ERROR(Flush());
      return AppendParsed(json);
    }
    return ++pending_ * num_texts == texts_.size() ? Flush() : Status::Ok();
  }

  Result<StatsArrays> Finish() {
    DELTAIC_RETURN_IF_ERROR(Flush());
    arrow::ArrayVector arrays;
    for (const auto& column : columns_) {
      auto& array = arrays.emplace_back();
      if (column == nullptr) continue;
      DELTAIC_ASSIGN_OR_RETURN(array, column->Finish());
    }
    return StatsArrays(std::move(arrays));
  }

 private:
  explicit Rows(const StatsReader& reader) : reader_(reader), scanner_(reader.scanner_) {
    // As many as stay in the processor's cache.
    constexpr size_t kTexts = 16 * 1024;
    const size_t num_rows = std::max<size_t>(1, kTexts / scanner_.num_texts());
    texts_.resize(num_rows * scanner_.num_texts());
  }

  std::unique_ptr<StatsArray>& Column(size_t leaf, Part part) {
    return columns_[StatsScanner::TextIndex(leaf, part)];
  }

  Status Flush() {
    for (size_t i = 0; i < columns_.size() && pending_ > 0; ++i) {
      if (columns_[i] == nullptr) continue;
      DELTAIC_RETURN_IF_ERROR(columns_[i]->AppendTexts(texts_.data() + i, columns_.size(),
                                                       static_cast<int64_t>(pending_)));
    }
    pending_ = 0;
    return Status::Ok();
  }

  Status AppendParsed(std::string_view json) {
    const FileStats file = reader_.parser_.ParseHint(json);
    DELTAIC_RETURN_IF_ERROR(
        columns_[StatsScanner::kNumRecords]->AppendValue(ToValue(file.num_records)));
    const auto& nothing = MadeOnce([] { return ColumnStats(); });
    const std::vector<const ColumnStats*> known = ByLeaf(file);
    for (size_t l = 0; l < known.size(); ++l) {
      const ColumnStats& stats = known[l] == nullptr ? nothing : *known[l];
      DELTAIC_RETURN_IF_ERROR(Column(l, Part::kNullCount)->AppendValue(ToValue(stats.null_count)));
      if (!reader_.leaves_[l].has_bounds) continue;
      DELTAIC_RETURN_IF_ERROR(Column(l, Part::kMin)->AppendValue(stats.min));
      DELTAIC_RETURN_IF_ERROR(Column(l, Part::kMax)->AppendValue(stats.max));
    }
    return Status::Ok();
  }

  std::vector<const ColumnStats*> ByLeaf(const FileStats& file) const {
    const std::vector<StatsLeaf>& leaves = reader_.leaves_;
    std::vector<const ColumnStats*> out(leaves.size());
    // Most writers keep the schema's order, so that the next column is the next leaf.
    size_t leaf = 0;
    for (const ColumnStats& column : file.columns) {
      for (size_t tries = 0; tries < leaves.size(); ++tries, leaf = (leaf + 1) % leaves.size()) {
        if (leaves[leaf].physical_names != column.path) continue;
        out[leaf] = &column;
        break;
      }
    }
    return out;
  }

  const StatsReader& reader_;
  StatsScanner scanner_;
  std::vector<std::unique_ptr<StatsArray>> columns_;  ///< by text; nullptr where there is none
  std::vector<std::string_view> texts_;               ///< of the pending rows
  size_t pending_ = 0;
};

StatsReader::StatsReader(const Schema& physical_schema, std::vector<StatsLeaf> leaves)
    : leaves_(std::move(leaves)),
      parser_(physical_schema, Paths(leaves_)),
      scanner_(physical_schema, Paths(leaves_)) {}

Result<StatsArrays> StatsReader::Read(const arrow::StringArray& texts) const {
  DELTAIC_ASSIGN_OR_RETURN(Rows rows, Rows::Make(*this));
  for (int64_t row = 0; row < texts.length(); ++row) {
    DELTAIC_RETURN_IF_ERROR(
        rows.Append(texts.IsNull(row) ? std::string_view() : texts.GetView(row)));
  }
  return rows.Finish();
}

}  // namespace deltaic
