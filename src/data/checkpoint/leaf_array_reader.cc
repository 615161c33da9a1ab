#include "data/checkpoint/leaf_array_reader.h"

#include <arrow/api.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "data/actions/file_actions.h"
#include "data/values/utf8_check.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

class NullReader : public LeafArrayReader {
 public:
  explicit NullReader(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}
  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) override {
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(type_, CountRows(rows)));
    return nulls;
  }

 private:
  std::shared_ptr<arrow::DataType> type_;
};

Result<std::shared_ptr<arrow::StringArray>> FinishText(arrow::StringBuilder& builder) {
  std::shared_ptr<arrow::StringArray> out;
  DELTAIC_RETURN_IF_ERROR(builder.Finish(&out));
  // Invalid text must not reach consumers that trust Arrow's utf8.
  if (!CheckUtf8(*out).ok()) throw parquet::ParquetException("text is not UTF-8");
  return out;
}

class TextReader : public LeafArrayReader {
 public:
  TextReader(std::shared_ptr<parquet::ColumnReader> reader, int16_t value_level, int64_t first_row)
      : leaf_(std::move(reader), value_level, first_row) {}

  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) override {
    arrow::StringBuilder out(FileActionsPool());
    const int64_t num_rows_wanted = CountRows(rows);
    DELTAIC_RETURN_IF_ERROR(out.Reserve(num_rows_wanted));
    DELTAIC_RETURN_IF_ERROR(out.ReserveData(num_rows_wanted * bytes_per_row_));
    arrow::Status status;
    for (const RowRange& range : rows) {
      leaf_.Read(range.begin, range.end,
                 [&](int64_t, auto present, int64_t num_rows, const parquet::ByteArray* values,
                     int64_t num_values) {
                   if (status.ok()) status = Append(out, present, num_rows, values, num_values);
                 });
      DELTAIC_RETURN_IF_ERROR(status);
    }
    if (num_rows_wanted > 0) {
      bytes_per_row_ = std::min(out.value_data_length() / num_rows_wanted + 1, kMaxBytesPerRow);
    }
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, FinishText(out));
    return array;
  }

 private:
  /// Longer texts need not make the next read large, too.
  static constexpr int64_t kMaxBytesPerRow = 4096;

  template <typename Present>
  static arrow::Status Append(arrow::StringBuilder& out, const Present& present, int64_t num_rows,
                              const parquet::ByteArray* values, int64_t num_values) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < num_values; ++i) bytes += values[i].len;
    ARROW_RETURN_NOT_OK(out.ReserveData(bytes));
    if (num_values == num_rows) {
      for (int64_t i = 0; i < num_rows; ++i)
        out.UnsafeAppend(values[i].ptr, static_cast<int32_t>(values[i].len));
      return arrow::Status::OK();
    }
    for (int64_t i = 0; i < num_rows; ++i) {
      if (!present[i]) {
        out.UnsafeAppendNull();
        continue;
      }
      out.UnsafeAppend(values->ptr, static_cast<int32_t>(values->len));
      ++values;
    }
    return arrow::Status::OK();
  }

  FlatLeafReader<parquet::ByteArrayType> leaf_;
  int64_t bytes_per_row_ = 0;  ///< of the last read: buffers that grow are copied at each step
};

/// Integers and booleans, converted to what `Builder` holds.
template <typename PhysicalType, typename Builder>
class NumberReader : public LeafArrayReader {
 public:
  NumberReader(std::shared_ptr<parquet::ColumnReader> reader, int16_t value_level,
               int64_t first_row)
      : leaf_(std::move(reader), value_level, first_row) {}

  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) override {
    Builder out(FileActionsPool());
    DELTAIC_RETURN_IF_ERROR(out.Reserve(CountRows(rows)));
    for (const RowRange& range : rows) {
      leaf_.Read(range.begin, range.end,
                 [&](int64_t, auto present, int64_t num_rows, const auto* values, int64_t) {
                   for (int64_t i = 0; i < num_rows; ++i) {
                     if (present[i]) {
                       out.UnsafeAppend(Convert(*values++));
                     } else {
                       out.UnsafeAppendNull();
                     }
                   }
                 });
    }
    std::shared_ptr<arrow::Array> array;
    DELTAIC_RETURN_IF_ERROR(out.Finish(&array));
    return array;
  }

 private:
  using From = typename PhysicalType::c_type;
  static auto Convert(From value) {
    if constexpr (std::is_same_v<Builder, arrow::Int32Builder> && std::is_same_v<From, int64_t>) {
      if (value < std::numeric_limits<int32_t>::min() ||
          value > std::numeric_limits<int32_t>::max()) {
        throw parquet::ParquetException("number does not fit 32 bits");
      }
      return static_cast<int32_t>(value);
    } else {
      return value;
    }
  }

  FlatLeafReader<PhysicalType> leaf_;
};

/// Calls `skip(gap)` before and `row()` for each row of `rows`, from row `next` on, which moves
/// along.
template <typename Skip, typename Row>
Status WalkRows(const RowRanges& rows, int64_t& next, const Skip& skip, const Row& row) {
  for (const RowRange& range : rows) {
    if (range.begin > next) skip(range.begin - next);
    for (next = range.begin; next < range.end; ++next) DELTAIC_RETURN_IF_ERROR(row());
  }
  return Status::Ok();
}

/// Offsets and validity of a list or map array under construction.
class RowOffsets {
 public:
  arrow::Status Reserve(int64_t rows) {
    ARROW_RETURN_NOT_OK(offsets_.Reserve(rows + 1));
    return valid_.Reserve(rows);
  }
  /// Ends a row; `num_entries` is the count of entries so far.
  arrow::Status Append(bool valid, int64_t num_entries) {
    if (num_entries > std::numeric_limits<int32_t>::max())
      return arrow::Status::CapacityError("too many entries");
    ARROW_RETURN_NOT_OK(offsets_.Append(end_));
    end_ = static_cast<int32_t>(num_entries);
    return valid_.Append(valid);
  }
  arrow::Status Finish() {
    length = valid_.length();
    null_count = valid_.false_count();
    ARROW_RETURN_NOT_OK(offsets_.Append(end_));
    ARROW_RETURN_NOT_OK(offsets_.Finish(&offsets));
    return valid_.Finish(&valid);
  }

  int64_t length = 0;
  int64_t null_count = 0;
  std::shared_ptr<arrow::Buffer> offsets;
  std::shared_ptr<arrow::Buffer> valid;

 private:
  arrow::TypedBufferBuilder<int32_t> offsets_{FileActionsPool()};
  arrow::TypedBufferBuilder<bool> valid_{FileActionsPool()};
  int32_t end_ = 0;
};

class MapArrayReader : public LeafArrayReader {
 public:
  MapArrayReader(std::unique_ptr<MapReader> map, Gaps gaps, int64_t first_row)
      : map_(std::move(map)), gaps_(gaps), next_(first_row) {}

  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) override {
    arrow::StringBuilder keys(FileActionsPool()), items(FileActionsPool());
    RowOffsets offsets;
    DELTAIC_RETURN_IF_ERROR(offsets.Reserve(CountRows(rows)));
    const auto read_row = [&]() -> Status {
      arrow::Status status;
      const bool present = map_->ReadRow([&](std::string_view key, const std::string_view* value) {
        if (status.ok()) status = keys.Append(key);
        if (status.ok()) status = value != nullptr ? items.Append(*value) : items.AppendNull();
      });
      DELTAIC_RETURN_IF_ERROR(status);
      return AsStatus(offsets.Append(present, keys.length()));
    };
    DELTAIC_RETURN_IF_ERROR(WalkRows(rows, next_, [&](int64_t n) { Skip(n); }, read_row));
    DELTAIC_RETURN_IF_ERROR(offsets.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto key_array, FinishText(keys));
    DELTAIC_ASSIGN_OR_RETURN(auto item_array, FinishText(items));
    return std::shared_ptr<arrow::Array>(std::make_shared<arrow::MapArray>(
        arrow::map(arrow::utf8(), arrow::utf8()), offsets.length, offsets.offsets, key_array,
        item_array, offsets.valid, offsets.null_count));
  }

 private:
  void Skip(int64_t n) {
    if (gaps_ == Gaps::kNullRows) return map_->SkipNullRows(n);
    map_->SkipRows(n);
  }

  std::unique_ptr<MapReader> map_;
  Gaps gaps_;
  int64_t next_;
};

class ListArrayReader : public LeafArrayReader {
 public:
  ListArrayReader(std::unique_ptr<RepeatedTextReader> entries, Gaps gaps)
      : entries_(std::move(entries)), gaps_(gaps) {}

  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) override {
    arrow::StringBuilder items(FileActionsPool());
    RowOffsets offsets;
    DELTAIC_RETURN_IF_ERROR(offsets.Reserve(CountRows(rows)));
    const auto read_row = [&]() -> Status {
      arrow::Status status;
      const bool present = ReadRow([&](std::string_view item) {
        if (status.ok()) status = items.Append(item);
      });
      DELTAIC_RETURN_IF_ERROR(status);
      return AsStatus(offsets.Append(present, items.length()));
    };
    DELTAIC_RETURN_IF_ERROR(WalkRows(rows, next_, [&](int64_t n) { Skip(n); }, read_row));
    DELTAIC_RETURN_IF_ERROR(offsets.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto item_array, FinishText(items));
    return std::shared_ptr<arrow::Array>(std::make_shared<arrow::ListArray>(
        arrow::list(arrow::utf8()), offsets.length, offsets.offsets, item_array, offsets.valid,
        offsets.null_count));
  }

 private:
  template <typename ItemFunction>
  bool ReadRow(const ItemFunction& item) {
    bool first = true;
    bool present = false;
    for (; entries_->HasNext(); first = false, entries_->Advance()) {
      const RepeatedTextReader::Entry entry = entries_->Peek();
      if (entry.starts_row != first) break;
      present = entry.definition >= entries_->column().entry_level - 1;
      if (entry.definition == entries_->column().value_level) item(entry.value);
    }
    if (first) throw parquet::ParquetException("list column ends before its row group");
    return present;
  }
  void Skip(int64_t n) {
    if (gaps_ == Gaps::kNullRows) return entries_->SkipEntries(n);
    for (; n > 0; --n) ReadRow([](std::string_view) {});
  }

  std::unique_ptr<RepeatedTextReader> entries_;
  Gaps gaps_;
  int64_t next_ = 0;
};

Status WrongType(const ParquetLeaf& leaf, const char* expected) {
  return Status::Corruption("leaf column ", leaf.index, " of the checkpoint does not hold ",
                            expected);
}

/// Whether each row of the row group has exactly one entry, so that entries can be passed over
/// unread.
bool OneEntryPerRow(parquet::RowGroupReader& group, const ParquetLeaf& leaf) {
  return group.metadata()->ColumnChunk(leaf.index)->num_values() == group.metadata()->num_rows();
}

std::unique_ptr<RepeatedTextReader> MakeRepeated(const RowGroupPlace& source,
                                                 const ParquetLeaf& leaf, int64_t first) {
  OpenedColumn opened = OpenLeaf({source.group, first}, leaf);
  auto out = std::make_unique<RepeatedTextReader>(std::move(opened.reader), leaf);
  out->SkipEntries(first - opened.first);
  return out;
}

template <typename Reader>
std::unique_ptr<LeafArrayReader> MakeFlat(const RowGroupPlace& source, const ParquetLeaf& leaf) {
  OpenedColumn opened = OpenLeaf(source, leaf);
  return std::make_unique<Reader>(std::move(opened.reader), leaf.value_level, opened.first);
}

}  // namespace

OpenedColumn OpenLeaf(const RowGroupPlace& source, const ParquetLeaf& leaf) {
  parquet::RowGroupReader& group = *source.group;
  const int64_t first = source.first_row;
  if (first == 0) return {group.Column(leaf.index), 0};
  auto passed = std::make_shared<int64_t>(0);
  std::unique_ptr<parquet::PageReader> pages = group.GetColumnPageReader(leaf.index);
  pages->set_data_page_filter(
      [passed, first, found = false](const parquet::DataPageStats& page) mutable {
        found = found || *passed + page.num_values > first;
        if (!found) *passed += page.num_values;
        return !found;
      });
  OpenedColumn out;
  out.reader =
      parquet::ColumnReader::Make(group.metadata()->schema()->Column(leaf.index), std::move(pages));
  out.reader->HasNext();  // reads up to the first page that is kept
  out.first = *passed;
  return out;
}

Result<std::unique_ptr<LeafArrayReader>> MakeTextReader(const RowGroupPlace& source,
                                                        const std::optional<ParquetLeaf>& leaf) {
  if (!leaf) return std::unique_ptr<LeafArrayReader>(std::make_unique<NullReader>(arrow::utf8()));
  if (leaf->type != parquet::Type::BYTE_ARRAY) return WrongType(*leaf, "text");
  return MakeFlat<TextReader>(source, *leaf);
}

Result<std::unique_ptr<LeafArrayReader>> MakeInt64Reader(const RowGroupPlace& source,
                                                         const std::optional<ParquetLeaf>& leaf) {
  if (!leaf) return std::unique_ptr<LeafArrayReader>(std::make_unique<NullReader>(arrow::int64()));
  if (leaf->type == parquet::Type::INT32) {
    return MakeFlat<NumberReader<parquet::Int32Type, arrow::Int64Builder>>(source, *leaf);
  }
  if (leaf->type != parquet::Type::INT64) return WrongType(*leaf, "integers");
  return MakeFlat<NumberReader<parquet::Int64Type, arrow::Int64Builder>>(source, *leaf);
}

Result<std::unique_ptr<LeafArrayReader>> MakeInt32Reader(const RowGroupPlace& source,
                                                         const std::optional<ParquetLeaf>& leaf) {
  if (!leaf) return std::unique_ptr<LeafArrayReader>(std::make_unique<NullReader>(arrow::int32()));
  if (leaf->type == parquet::Type::INT64) {
    return MakeFlat<NumberReader<parquet::Int64Type, arrow::Int32Builder>>(source, *leaf);
  }
  if (leaf->type != parquet::Type::INT32) return WrongType(*leaf, "integers");
  return MakeFlat<NumberReader<parquet::Int32Type, arrow::Int32Builder>>(source, *leaf);
}

Result<std::unique_ptr<LeafArrayReader>> MakeBoolReader(const RowGroupPlace& source,
                                                        const std::optional<ParquetLeaf>& leaf) {
  if (!leaf)
    return std::unique_ptr<LeafArrayReader>(std::make_unique<NullReader>(arrow::boolean()));
  if (leaf->type != parquet::Type::BOOLEAN) return WrongType(*leaf, "booleans");
  return MakeFlat<NumberReader<parquet::BooleanType, arrow::BooleanBuilder>>(source, *leaf);
}

std::unique_ptr<LeafArrayReader> MakeMapReader(const RowGroupPlace& source,
                                               const std::optional<MapColumn>& map, Gaps gaps) {
  if (!map) return std::make_unique<NullReader>(arrow::map(arrow::utf8(), arrow::utf8()));
  return std::make_unique<MapArrayReader>(MakeMapRowReader(source, *map), gaps, source.first_row);
}

std::unique_ptr<LeafArrayReader> MakeListReader(const RowGroupPlace& source,
                                                const std::optional<ParquetLeaf>& list, Gaps gaps) {
  if (!list) return std::make_unique<NullReader>(arrow::list(arrow::utf8()));
  return std::make_unique<ListArrayReader>(MakeRepeated(source, *list, 0), gaps);
}

std::unique_ptr<MapReader> MakeMapRowReader(const RowGroupPlace& source, const MapColumn& map) {
  const bool seekable =
      OneEntryPerRow(*source.group, map.key) && OneEntryPerRow(*source.group, map.value);
  const int64_t first = seekable ? source.first_row : 0;
  auto out = std::make_unique<MapReader>(MakeRepeated(source, map.key, first),
                                         MakeRepeated(source, map.value, first));
  out->SkipRows(source.first_row - first);
  return out;
}

}  // namespace deltaic
