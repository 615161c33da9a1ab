#pragma once

#include <arrow/type_fwd.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/parquet/row_ranges.h"

namespace deltaic {

/// Where a leaf column of a checkpoint is, and what its levels mean. Leaves have at most one
/// repeated ancestor.
struct ParquetLeaf {
  int index = -1;                                       ///< among the file's leaves
  parquet::Type::type type = parquet::Type::UNDEFINED;  ///< physical
  int16_t value_level = 0;  ///< definition level of a value that is there
  int16_t entry_level = 0;  ///< repeated: lowest definition level at which an entry is there; the
                            ///< level below is an empty list
};

/// The two leaves of a map<text, text>.
struct MapColumn {
  ParquetLeaf key;
  ParquetLeaf value;
};

/// A leaf by its path from the root; nullopt where the file lacks it. \retval kCorruption  it is
/// there but is no plain leaf.
Result<std::optional<ParquetLeaf>> FindLeaf(const parquet::SchemaDescriptor& schema,
                                            const std::vector<std::string>& path);
Result<std::optional<MapColumn>> FindMap(const parquet::SchemaDescriptor& schema,
                                         const std::vector<std::string>& path);
Result<std::optional<ParquetLeaf>> FindList(const parquet::SchemaDescriptor& schema,
                                            const std::vector<std::string>& path);

/// Reads a leaf that is not repeated, forward, one row group. Damage throws
/// parquet::ParquetException. One thread at a time.
template <typename PhysicalType>
class FlatLeafReader {
 public:
  using T = typename PhysicalType::c_type;

  FlatLeafReader(std::shared_ptr<parquet::ColumnReader> reader, int16_t value_level,
                 int64_t first_row = 0)
      : reader_(
            std::static_pointer_cast<parquet::TypedColumnReader<PhysicalType>>(std::move(reader))),
        value_level_(value_level),
        row_(first_row) {}

  /// Calls `batch(first_row, present, num_rows, values, num_values)` over rows [begin, end) in
  /// pieces: `present[i]` tells whether row first_row + i has a value, `values` are those that are
  /// there. `begin` is not before an earlier call's `end`.
  template <typename Batch>
  void Read(int64_t begin, int64_t end, const Batch& batch) {
    SkipTo(begin);
    while (row_ < end) {
      const int64_t wanted = std::min<int64_t>(end - row_, kBatchRows);
      int64_t num_values = 0;
      const int64_t num_rows =
          reader_->ReadBatch(wanted, levels_.data(), nullptr, values_.data(), &num_values);
      if (num_rows <= 0) throw parquet::ParquetException("column ends before its row group");
      batch(row_, LevelsView{levels_.data(), value_level_}, num_rows, values_.data(), num_values);
      row_ += num_rows;
    }
  }

  /// Whether rows of the last batch have a value.
  struct LevelsView {
    const int16_t* levels;
    int16_t value_level;
    bool operator[](int64_t i) const { return value_level == 0 || levels[i] == value_level; }
  };

 private:
  static constexpr int64_t kBatchRows = 4096;

  void SkipTo(int64_t row) {
    if (row <= row_) return;
    if (reader_->Skip(row - row_) != row - row_) {
      throw parquet::ParquetException("column ends before its row group");
    }
    row_ = row;
  }

  std::shared_ptr<parquet::TypedColumnReader<PhysicalType>> reader_;
  int16_t value_level_;
  int64_t row_;
  std::array<int16_t, kBatchRows> levels_;
  std::array<T, kBatchRows> values_;
};

/// Reads a repeated leaf of text entry by entry, forward, one row group. Damage throws
/// parquet::ParquetException. One thread at a time.
class RepeatedTextReader {
 public:
  RepeatedTextReader(std::shared_ptr<parquet::ColumnReader> reader, const ParquetLeaf& column)
      : reader_(std::static_pointer_cast<parquet::TypedColumnReader<parquet::ByteArrayType>>(
            std::move(reader))),
        column_(column) {}

  struct Entry {
    int16_t definition = 0;
    bool starts_row = false;
    std::string_view
        value;  ///< valid until the next call; meant only where definition is value_level
  };

  /// True if another entry follows; Peek() is it.
  bool HasNext() {
    if (next_ < num_levels_) return true;
    Fill();
    return next_ < num_levels_;
  }
  Entry Peek() const {
    Entry entry{definitions_[next_], repetitions_[next_] == 0, {}};
    if (entry.definition == column_.value_level) {
      const parquet::ByteArray& bytes = values_[next_value_];
      entry.value = {reinterpret_cast<const char*>(bytes.ptr), bytes.len};
    }
    return entry;
  }
  void Advance() {
    if (definitions_[next_] == column_.value_level) ++next_value_;
    ++next_;
  }
  /// Passes over `n` entries, cheaply where they are not read yet.
  void SkipEntries(int64_t n) {
    while (n > 0 && next_ < num_levels_) {
      Advance();
      --n;
    }
    if (n > 0 && reader_->Skip(n) != n)
      throw parquet::ParquetException("column ends before its row group");
  }
  const ParquetLeaf& column() const { return column_; }

 private:
  static constexpr int64_t kBatchEntries = 4096;

  void Fill() {
    next_ = 0;
    next_value_ = 0;
    num_levels_ = 0;
    // A page may hold no entry, so ask until there is one or the column ends.
    while (num_levels_ == 0 && reader_->HasNext()) {
      int64_t num_values = 0;
      num_levels_ = reader_->ReadBatch(kBatchEntries, definitions_.data(), repetitions_.data(),
                                       values_.data(), &num_values);
      if (num_levels_ == 0) return;
    }
  }

  std::shared_ptr<parquet::TypedColumnReader<parquet::ByteArrayType>> reader_;
  ParquetLeaf column_;
  int64_t next_ = 0;
  int64_t next_value_ = 0;
  int64_t num_levels_ = 0;
  std::array<int16_t, kBatchEntries> definitions_;
  std::array<int16_t, kBatchEntries> repetitions_;
  std::array<parquet::ByteArray, kBatchEntries> values_;
};

/// Reads a map<text, text> row by row, forward, one row group. Damage throws
/// parquet::ParquetException. One thread at a time.
class MapReader {
 public:
  MapReader(std::unique_ptr<RepeatedTextReader> keys, std::unique_ptr<RepeatedTextReader> values)
      : keys_(std::move(keys)), values_(std::move(values)) {}

  /// Passes over `n` rows that are all null.
  void SkipNullRows(int64_t n) {
    keys_->SkipEntries(n);
    values_->SkipEntries(n);
  }
  void SkipRows(int64_t n) {
    for (; n > 0; --n) ReadRow([](std::string_view, const std::string_view*) {});
  }
  /// Reads one row: calls `entry(key, value)` for each entry, `value` nullptr where null. False if
  /// the map is null.
  template <typename EntryFunction>
  bool ReadRow(const EntryFunction& entry) {
    const ParquetLeaf& key_column = keys_->column();
    bool present = false;
    bool first = true;
    while (keys_->HasNext()) {
      const RepeatedTextReader::Entry key = keys_->Peek();
      if (key.starts_row != first) {
        if (first) throw parquet::ParquetException("map row does not begin where a row begins");
        return present;
      }
      if (!values_->HasNext()) throw parquet::ParquetException("map has fewer values than keys");
      const RepeatedTextReader::Entry value = values_->Peek();
      if (value.starts_row != key.starts_row)
        throw parquet::ParquetException("map keys and values do not match");
      present = key.definition >= key_column.entry_level - 1;
      if (key.definition == key_column.value_level) {
        entry(key.value,
              value.definition == values_->column().value_level ? &value.value : nullptr);
      }
      keys_->Advance();
      values_->Advance();
      first = false;
    }
    if (first) throw parquet::ParquetException("map column ends before its row group");
    return present;
  }

 private:
  std::unique_ptr<RepeatedTextReader> keys_;
  std::unique_ptr<RepeatedTextReader> values_;
};

}  // namespace deltaic
