#include "data/read/text_dictionary.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>
#include <parquet/metadata.h>
#include <parquet/types.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Each batch comes with a dictionary of its own: it must be small beside a batch's indices.
constexpr int64_t kMaxDictionaryBytes = 64 << 10;

/// Below this nobody needs to know it any better.
constexpr int64_t kFewBytes = 16 << 20;

bool IsDictionary(parquet::Encoding::type encoding) {
  return encoding == parquet::Encoding::PLAIN_DICTIONARY ||
         encoding == parquet::Encoding::RLE_DICTIONARY;
}

/// False only where the footer says so. It need not say, but a dictionary that is as small as is
/// wanted here was not given up for its size.
bool MayHaveAllInDictionary(const parquet::ColumnChunkMetaData& chunk) {
  const auto& pages = chunk.encoding_stats();
  return std::all_of(pages.begin(), pages.end(), [](const parquet::PageEncodingStats& page) {
    return page.page_type == parquet::PageType::DICTIONARY_PAGE || IsDictionary(page.encoding);
  });
}

/// Texts up to this are copied by whole words, whatever their length: a call to copy each would
/// cost more than the copying.
constexpr int32_t kShortBytes = 64;

/// The longest text of the dictionary, where all are short and many rows share them; else nullopt.
std::optional<int32_t> LongestOfShortTexts(const arrow::DictionaryArray& array) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*array.dictionary());
  if (array.indices()->type_id() != arrow::Type::INT32 || texts.length() > array.length() ||
      array.length() > std::numeric_limits<int32_t>::max() / kShortBytes) {
    return std::nullopt;
  }
  int32_t longest = 0;
  for (int64_t i = 0; i < texts.length(); ++i) {
    longest = std::max(longest, texts.value_length(i));
    if (longest > kShortBytes) return std::nullopt;
  }
  return longest;
}

/// Texts at equal distances, so that each is found and copied without a look at its length.
struct WordTexts {
  std::vector<char> bytes;  ///< each text fills `word` bytes, with zeros behind it
  std::vector<int32_t> sizes;

  WordTexts(const arrow::BinaryArray& texts, size_t word)
      : bytes(static_cast<size_t>(texts.length()) * word),
        sizes(static_cast<size_t>(texts.length())) {
    for (int64_t i = 0; i < texts.length(); ++i) {
      const std::string_view text = texts.GetView(i);
      std::memcpy(bytes.data() + static_cast<size_t>(i) * word, text.data(), text.size());
      sizes[static_cast<size_t>(i)] = static_cast<int32_t>(text.size());
    }
  }
};

/// Calls `function(row, index)` for each row that is not null.
template <typename Function>
void ForEachIndex(const arrow::Int32Array& indices, const Function& function) {
  const int32_t* index = indices.raw_values();
  const bool has_nulls = indices.null_count() > 0;
  for (int64_t i = 0; i < indices.length(); ++i) {
    if (!has_nulls || indices.IsValid(i)) function(i, static_cast<size_t>(index[i]));
  }
}

template <size_t word>
void CopyTexts(const arrow::Int32Array& indices, const WordTexts& texts, const int32_t* offsets,
               uint8_t* out) {
  const char* bytes = texts.bytes.data();
  ForEachIndex(indices, [&](int64_t row, size_t index) {
    std::memcpy(out + offsets[row], bytes + index * word, word);
  });
}

/// Take, for short texts. Offsets first, so that the bytes are as many as are wanted.
Result<std::shared_ptr<arrow::Array>> ExpandShortTexts(const arrow::DictionaryArray& array,
                                                       int32_t longest, arrow::MemoryPool* pool) {
  const int64_t length = array.length();
  const auto& indices = static_cast<const arrow::Int32Array&>(*array.indices());
  const size_t word = longest <= 16 ? 16 : longest <= 32 ? 32 : size_t{kShortBytes};
  const WordTexts texts(static_cast<const arrow::BinaryArray&>(*array.dictionary()), word);
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> offsets,
                           arrow::AllocateBuffer((length + 1) * sizeof(int32_t), pool));
  auto* offset = offsets->mutable_data_as<int32_t>();
  std::fill(offset, offset + length + 1, 0);
  ForEachIndex(indices, [&](int64_t row, size_t index) { offset[row + 1] = texts.sizes[index]; });
  for (int64_t i = 0; i < length; ++i) offset[i + 1] += offset[i];
  const int64_t num_bytes = offset[length];
  // The last word goes beyond the last text.
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::ResizableBuffer> bytes,
      arrow::AllocateResizableBuffer(num_bytes + static_cast<int64_t>(word), pool));
  uint8_t* out = bytes->mutable_data();
  if (word == 16) CopyTexts<16>(indices, texts, offset, out);
  if (word == 32) CopyTexts<32>(indices, texts, offset, out);
  if (word == kShortBytes) CopyTexts<kShortBytes>(indices, texts, offset, out);
  DELTAIC_RETURN_IF_ERROR(bytes->Resize(num_bytes, /*shrink_to_fit=*/false));
  std::shared_ptr<arrow::Buffer> valid;
  if (indices.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(valid, arrow::internal::CopyBitmap(pool, indices.null_bitmap_data(),
                                                                indices.offset(), length));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(
      array.dictionary()->type(), length, {std::move(valid), std::move(offsets), std::move(bytes)},
      indices.null_count()));
}

}  // namespace

bool HasSmallDictionary(const parquet::ColumnChunkMetaData& chunk) {
  if (!chunk.has_dictionary_page() || !MayHaveAllInDictionary(chunk)) return false;
  const int64_t bytes = chunk.data_page_offset() - chunk.dictionary_page_offset();
  return bytes > 0 && bytes <= std::min(chunk.num_values(), kMaxDictionaryBytes);
}

Result<std::shared_ptr<arrow::Array>> ExpandDictionary(const std::shared_ptr<arrow::Array>& array,
                                                       arrow::MemoryPool* pool) {
  if (array->type_id() != arrow::Type::DICTIONARY) return array;
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  if (const std::optional<int32_t> longest = LongestOfShortTexts(dictionary))
    return ExpandShortTexts(dictionary, *longest, pool);
  arrow::compute::ExecContext context(pool);
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::Array> texts,
      arrow::compute::Take(*dictionary.dictionary(), *dictionary.indices(),
                           arrow::compute::TakeOptions::NoBoundsCheck(), &context));
  return texts;
}

int64_t ExpandedBytes(const arrow::Array& array) {
  if (array.type_id() != arrow::Type::DICTIONARY) return 0;
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
  const auto& texts = static_cast<const arrow::BinaryArray&>(*dictionary.dictionary());
  int64_t bytes = 0;
  if (!__builtin_mul_overflow(texts.total_values_length(), array.length(), &bytes) &&
      bytes <= kFewBytes) {
    return bytes;
  }
  bytes = 0;
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsValid(i)) bytes += texts.value_length(dictionary.GetValueIndex(i));
  }
  return bytes;
}

}  // namespace deltaic
