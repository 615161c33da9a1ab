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

/// A text short enough to be copied as a whole word, whatever its length.
struct ShortText {
  static constexpr int32_t kBytes = 16;
  char bytes[kBytes] = {};
  int32_t size = 0;
};

bool HasShortTextsOnly(const arrow::DictionaryArray& array) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*array.dictionary());
  if (array.indices()->type_id() != arrow::Type::INT32 || texts.length() > array.length() ||
      array.length() > std::numeric_limits<int32_t>::max() / ShortText::kBytes) {
    return false;
  }
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.value_length(i) > ShortText::kBytes) return false;
  }
  return true;
}

std::vector<ShortText> ShortTexts(const arrow::BinaryArray& texts) {
  std::vector<ShortText> result(static_cast<size_t>(texts.length()));
  for (int64_t i = 0; i < texts.length(); ++i) {
    const std::string_view text = texts.GetView(i);
    std::memcpy(result[static_cast<size_t>(i)].bytes, text.data(), text.size());
    result[static_cast<size_t>(i)].size = static_cast<int32_t>(text.size());
  }
  return result;
}

/// Take, for texts so short that a call to copy each would cost more than the copying.
Result<std::shared_ptr<arrow::Array>> ExpandShortTexts(const arrow::DictionaryArray& array,
                                                       arrow::MemoryPool* pool) {
  const int64_t length = array.length();
  const auto texts = ShortTexts(static_cast<const arrow::BinaryArray&>(*array.dictionary()));
  int32_t longest = 0;
  for (const ShortText& text : texts) longest = std::max(longest, text.size);
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> offsets,
                           arrow::AllocateBuffer((length + 1) * sizeof(int32_t), pool));
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::ResizableBuffer> bytes,
      arrow::AllocateResizableBuffer(length * longest + ShortText::kBytes, pool));
  const auto& indices = static_cast<const arrow::Int32Array&>(*array.indices());
  auto* offset = offsets->mutable_data_as<int32_t>();
  uint8_t* out = bytes->mutable_data();
  const bool has_nulls = indices.null_count() > 0;
  int32_t end = 0;
  *offset++ = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (!has_nulls || indices.IsValid(i)) {
      const ShortText& text = texts[static_cast<size_t>(indices.Value(i))];
      std::memcpy(out + end, text.bytes, ShortText::kBytes);
      end += text.size;
    }
    *offset++ = end;
  }
  DELTAIC_RETURN_IF_ERROR(bytes->Resize(end, /*shrink_to_fit=*/false));
  std::shared_ptr<arrow::Buffer> valid;
  if (has_nulls) {
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
  if (HasShortTextsOnly(dictionary)) return ExpandShortTexts(dictionary, pool);
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
