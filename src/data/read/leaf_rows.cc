#include "data/read/leaf_rows.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/buffer.h>
#include <arrow/chunked_array.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/decimal.h>
#include <arrow/util/int_util.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/level_conversion.h>
#include <parquet/schema.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr int64_t kDecimalBytes = 16;

bool IsNarrow(Type::type id) {
  return id == Type::INT8 || id == Type::INT16 || id == Type::UINT8 || id == Type::UINT16;
}

/// What one read gave, of a type whose values lie in a plain buffer.
struct Values {
  int64_t length;
  int64_t null_count;
  std::shared_ptr<arrow::Buffer> valid;  ///< nullptr: all
  std::shared_ptr<arrow::Buffer> data;

  ArrayPtr As(const std::shared_ptr<arrow::DataType>& type) const {
    return arrow::MakeArray(arrow::ArrayData::Make(type, length, {valid, data}, null_count));
  }
};

/// Parquet's reader gives a byte for each boolean.
Result<ArrayPtr> PackBooleans(Values values, arrow::MemoryPool* pool) {
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bits,
                           arrow::AllocateEmptyBitmap(values.length, pool));
  const uint8_t* bytes = values.data->data();
  for (int64_t i = 0; i < values.length; ++i) {
    if (bytes[i] != 0) arrow::bit_util::SetBit(bits->mutable_data(), i);
  }
  values.data = std::move(bits);
  return values.As(arrow::boolean());
}

/// Decimals from integers that hold their digits.
template <typename Integer>
Result<ArrayPtr> WidenDecimals(Values values, const std::shared_ptr<arrow::DataType>& type,
                               arrow::MemoryPool* pool) {
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> wide,
                           arrow::AllocateBuffer(values.length * kDecimalBytes, pool));
  const auto* in = reinterpret_cast<const Integer*>(values.data->data());
  auto* out = reinterpret_cast<int64_t*>(wide->mutable_data());  // little endian: low half first
  for (int64_t i = 0; i < values.length; ++i) {
    out[2 * i] = in[i];
    out[2 * i + 1] = in[i] < 0 ? -1 : 0;
  }
  values.data = std::move(wide);
  return values.As(type);
}

/// Decimals from their big-endian bytes.
Result<ArrayPtr> DecimalsFromBytes(const arrow::FixedSizeBinaryArray& bytes,
                                   const std::shared_ptr<arrow::DataType>& type,
                                   arrow::MemoryPool* pool) {
  arrow::Decimal128Builder builder(type, pool);
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(bytes.length()));
  for (int64_t i = 0; i < bytes.length(); ++i) {
    if (bytes.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(
        const auto value, arrow::Decimal128::FromBigEndian(bytes.GetValue(i), bytes.byte_width()));
    builder.UnsafeAppend(value);
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr array, builder.Finish());
  return array;
}

/// Parquet's reader takes numbers into a dictionary as they are.
Status CheckIndices(const arrow::DictionaryArray& array) {
  const auto status = arrow::internal::CheckIndexBounds(
      *array.indices()->data(), static_cast<uint64_t>(array.dictionary()->length()));
  return status.ok() ? Status() : Status::Corruption("a value is not in its dictionary");
}

Result<ArrayPtr> Join(const arrow::ArrayVector& chunks,
                      const std::shared_ptr<arrow::DataType>& type, arrow::MemoryPool* pool) {
  if (chunks.size() == 1) return chunks.front();
  if (chunks.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(ArrayPtr empty, arrow::MakeEmptyArray(type, pool));
    return empty;
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr joined, arrow::Concatenate(chunks, pool));
  return joined;
}

}  // namespace

std::shared_ptr<arrow::DataType> LeafRows::TypeOf(std::shared_ptr<arrow::DataType> type) {
  switch (type->id()) {
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return arrow::utf8();
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
      return arrow::binary();
    default:
      return type;
  }
}

bool LeafRows::CanRead(const parquet::ColumnDescriptor& leaf, const arrow::DataType& type) {
  const Type::type id = type.id();
  if (leaf.max_repetition_level() > 0 || leaf.max_definition_level() > 1) return false;
  switch (leaf.physical_type()) {
    case parquet::Type::BOOLEAN:
      return id == Type::BOOL;
    case parquet::Type::INT32:
      return id == Type::INT32 || id == Type::UINT32 || id == Type::DATE32 ||
             id == Type::DECIMAL128 || IsNarrow(id);
    case parquet::Type::INT64:
      return id == Type::INT64 || id == Type::UINT64 || id == Type::TIMESTAMP ||
             id == Type::DECIMAL128;
    case parquet::Type::FLOAT:
      return id == Type::FLOAT;
    case parquet::Type::DOUBLE:
      return id == Type::DOUBLE;
    case parquet::Type::BYTE_ARRAY:
      return id == Type::STRING || id == Type::BINARY;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return id == Type::DECIMAL128 && leaf.type_length() <= kDecimalBytes;
    default:
      return false;
  }
}

LeafRows::LeafRows(const parquet::ColumnDescriptor* leaf, std::shared_ptr<arrow::DataType> type,
                   Options options, std::unique_ptr<parquet::PageReader> pages, RowRanges present,
                   arrow::MemoryPool* pool)
    : type_(std::move(type)),
      present_(std::move(present)),
      row_(present_.empty() ? 0 : present_.front().begin),
      pool_(pool),
      reader_(parquet::internal::RecordReader::Make(
          leaf, parquet::internal::LevelInfo::ComputeLevelInfo(leaf), pool, options.as_dictionary,
          /*read_dense_for_nullable=*/options.no_nulls)) {
  reader_->SetPageReader(std::move(pages));
}

Result<ArrayPtr> LeafRows::Read(const RowRanges& rows) {
  reader_->Reset();
  reader_->Reserve(CountRows(rows));
  for (const RowRange& range : rows) {
    SkipTo(range.begin);
    const int64_t count = range.end - range.begin;
    if (reader_->ReadRecords(count) != count)
      throw parquet::ParquetException("column ends before its row group");
    row_ = range.end;
  }
  return TakeArray();
}

void LeafRows::SkipTo(int64_t row) {
  int64_t between = 0;
  while (range_ < present_.size() && row >= present_[range_].end) {
    between += present_[range_].end - row_;
    ++range_;
    row_ = range_ < present_.size() ? present_[range_].begin : row;
  }
  between += row - row_;
  row_ = row;
  if (between > 0 && reader_->SkipRecords(between) != between)
    throw parquet::ParquetException("column ends before its row group");
}

Result<ArrayPtr> LeafRows::TakeArray() {
  if (auto* dictionary = dynamic_cast<parquet::internal::DictionaryRecordReader*>(reader_.get())) {
    const auto type = arrow::dictionary(arrow::int32(), type_);
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr joined,
                             Join(dictionary->GetResult()->chunks(), type, pool_));
    DELTAIC_ASSIGN_OR_RETURN(ArrayPtr array, joined->View(type));
    DELTAIC_RETURN_IF_ERROR(CheckIndices(static_cast<const arrow::DictionaryArray&>(*array)));
    return array;
  }
  if (auto* binary = dynamic_cast<parquet::internal::BinaryRecordReader*>(reader_.get())) {
    const arrow::ArrayVector chunks = binary->GetBuilderChunks();
    const bool decimal = type_->id() == Type::DECIMAL128;
    DELTAIC_ASSIGN_OR_RETURN(
        ArrayPtr joined,
        Join(chunks, decimal ? arrow::fixed_size_binary(reader_->descr()->type_length()) : type_,
             pool_));
    if (decimal)
      return DecimalsFromBytes(static_cast<const arrow::FixedSizeBinaryArray&>(*joined), type_,
                               pool_);
    DELTAIC_ASSIGN_OR_RETURN(ArrayPtr array, joined->View(type_));
    return array;
  }
  Values values{reader_->values_written(), reader_->null_count(), nullptr, nullptr};
  if (reader_->nullable_values() && !reader_->read_dense_for_nullable())
    values.valid = reader_->ReleaseIsValid();
  values.data = reader_->ReleaseValues();
  if (values.null_count == 0) values.valid = nullptr;
  if (type_->id() == Type::BOOL) return PackBooleans(std::move(values), pool_);
  if (type_->id() == Type::DECIMAL128) {
    return reader_->descr()->physical_type() == parquet::Type::INT32
               ? WidenDecimals<int32_t>(std::move(values), type_, pool_)
               : WidenDecimals<int64_t>(std::move(values), type_, pool_);
  }
  if (!IsNarrow(type_->id())) return values.As(type_);
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr narrow,
                           arrow::compute::Cast(*values.As(arrow::int32()), type_,
                                                arrow::compute::CastOptions::Unsafe()));
  return narrow;
}

}  // namespace deltaic
