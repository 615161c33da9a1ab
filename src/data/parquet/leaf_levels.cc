#include "data/parquet/leaf_levels.h"

#include <arrow/api.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {

namespace {

/// A position in the level streams: what is known of it, and where its value would be.
struct Entry {
  int16_t definition = 0;
  int16_t repetition = 0;
  bool alive = true;  ///< nothing above it is null or empty
  int64_t slot = 0;   ///< in the current array; -1 where an enclosing list has no element
};

std::shared_ptr<arrow::Array> WithoutValidity(const std::shared_ptr<arrow::Array>& array) {
  if (array->null_bitmap() == nullptr) return array;
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  data->buffers[0] = nullptr;
  data->null_count = 0;
  return arrow::MakeArray(data);
}

/// Walks from a column down to a leaf.
class LevelBuilder {
 public:
  explicit LevelBuilder(std::shared_ptr<arrow::Array> column) : array_(std::move(column)) {
    entries_.resize(static_cast<size_t>(array_->length()));
    for (size_t i = 0; i < entries_.size(); ++i) entries_[i].slot = static_cast<int64_t>(i);
  }

  Status Walk(const arrow::Field& field, std::span<const int> path, LeafLevels& levels) {
    const arrow::Field* current = &field;
    for (const int child : path) {
      if (current->type()->id() == arrow::Type::STRUCT) {
        if (current->nullable()) Define();
        DELTAIC_RETURN_IF_ERROR(DescendStruct(child));
        current = current->type()->field(child).get();
      } else {
        CountNulls(levels);
        DELTAIC_RETURN_IF_ERROR(DescendList(current->nullable()));
        if (current->type()->id() == arrow::Type::MAP) {
          DELTAIC_RETURN_IF_ERROR(DescendStruct(child));
          current = current->type()->field(0)->type()->field(child).get();
        } else {
          current = current->type()->field(0).get();
        }
      }
    }
    CountNulls(levels);
    if (current->nullable()) Define();
    levels.nullable = current->nullable();
    // Slots below a null parent carry nulls here, which the writer refuses in a required leaf.
    levels.values = levels.nullable ? array_ : WithoutValidity(array_);
    levels.values_or_nulls = array_;
    Export(levels);
    return Status();
  }

 private:
  void CountNulls(LeafLevels& levels) {
    if (!counted_) levels.null_count = array_->null_count();
    counted_ = true;
  }

  /// The current array may be null: where it is not, entries are one level deeper defined.
  void Define() {
    ++max_definition_;
    for (Entry& entry : entries_) {
      if (!entry.alive) continue;
      if (array_->IsNull(entry.slot)) {
        entry.alive = false;
      } else {
        ++entry.definition;
      }
    }
  }

  /// Nulls go down with the children, so that a list below a null struct is null and not read.
  Status DescendStruct(int child) {
    DELTAIC_ASSIGN_OR_RETURN(
        array_, static_cast<const arrow::StructArray&>(*array_).GetFlattenedField(child));
    return Status();
  }

  Status DescendList(bool nullable) {
    if (nullable) Define();
    ++max_definition_;
    ++max_repetition_;
    const auto& list = static_cast<const arrow::ListArray&>(*array_);
    std::vector<Entry> expanded;
    expanded.reserve(entries_.size());
    int64_t next_slot = 0;
    for (const Entry& entry : entries_) {
      const int32_t length = entry.alive ? list.value_length(entry.slot) : 0;
      if (length == 0) {
        expanded.push_back(Entry{entry.definition, entry.repetition, false, -1});
        continue;
      }
      for (int32_t i = 0; i < length; ++i) {
        expanded.push_back(Entry{static_cast<int16_t>(entry.definition + 1),
                                 i == 0 ? entry.repetition : max_repetition_, true, next_slot++});
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(array_, list.Flatten());
    if (array_->length() != next_slot) {
      return Status::SchemaMismatch("a list column has ", array_->length(),
                                    " elements where its offsets say ", next_slot);
    }
    entries_ = std::move(expanded);
    return Status();
  }

  void Export(LeafLevels& levels) const {
    levels.num_levels = static_cast<int64_t>(entries_.size());
    levels.definition.clear();
    levels.repetition.clear();
    if (max_definition_ > 0) {
      levels.definition.reserve(entries_.size());
      for (const Entry& entry : entries_) levels.definition.push_back(entry.definition);
    }
    if (max_repetition_ > 0) {
      levels.repetition.reserve(entries_.size());
      for (const Entry& entry : entries_) levels.repetition.push_back(entry.repetition);
    }
  }

  std::shared_ptr<arrow::Array> array_;
  std::vector<Entry> entries_;
  int16_t max_definition_ = 0;
  int16_t max_repetition_ = 0;
  bool counted_ = false;
};

/// A column that is a leaf itself needs no walk.
void BuildFlatLevels(std::shared_ptr<arrow::Array> column, bool nullable, LeafLevels& levels) {
  levels.nullable = nullable;
  levels.num_levels = column->length();
  levels.null_count = column->null_count();
  levels.repetition.clear();
  levels.definition.clear();
  if (nullable) {
    levels.definition.assign(static_cast<size_t>(column->length()), 1);
    if (levels.null_count > 0) {
      for (int64_t i = 0; i < column->length(); ++i) {
        levels.definition[static_cast<size_t>(i)] = column->IsNull(i) ? 0 : 1;
      }
    }
  }
  levels.values_or_nulls = column;
  levels.values = std::move(column);
}

}  // namespace

Status BuildLeafLevels(std::shared_ptr<arrow::Array> column, const arrow::Field& field,
                       std::span<const int> path, LeafLevels& levels) {
  if (path.empty()) {
    BuildFlatLevels(std::move(column), field.nullable(), levels);
    return Status();
  }
  return LevelBuilder(std::move(column)).Walk(field, path, levels);
}

}  // namespace deltaic
