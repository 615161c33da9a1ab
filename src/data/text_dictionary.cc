#include "data/text_dictionary.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/type.h>
#include <parquet/metadata.h>
#include <parquet/types.h>

#include <algorithm>

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
