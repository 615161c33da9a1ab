#include "data/read/text_views.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/binary_view_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using View = arrow::BinaryViewType::c_type;

/// A text of at most 12 bytes, of which 16 may be read: no call to copy a few bytes.
View ShortView(const uint8_t* text, int32_t size) {
  uint64_t first = 0;
  uint32_t last = 0;
  std::memcpy(&first, text, sizeof(first));
  std::memcpy(&last, text + sizeof(first), sizeof(last));
  if (size <= 8) {
    last = 0;
    first = size == 8 ? first : first & ((uint64_t{1} << (8 * size)) - 1);
  } else {
    last = size == 12 ? last : last & ((uint32_t{1} << (8 * (size - 8))) - 1);
  }
  View view;
  view.inlined.size = size;
  std::memcpy(view.inlined.data.data(), &first, sizeof(first));
  std::memcpy(view.inlined.data.data() + sizeof(first), &last, sizeof(last));
  return view;
}

/// Views of all texts, nulls among them as empty ones, into the array's own bytes.
void MakeViews(const arrow::BinaryArray& texts, View* out) {
  const int32_t* offsets = texts.raw_value_offsets();
  const uint8_t* bytes = texts.value_data() == nullptr ? nullptr : texts.value_data()->data();
  const int64_t num_bytes = texts.value_data() == nullptr ? 0 : texts.value_data()->size();
  for (int64_t i = 0; i < texts.length(); ++i) {
    const int32_t begin = offsets[i];
    const int32_t size = offsets[i + 1] - begin;
    if (size > arrow::BinaryViewType::kInlineSize) {
      out[i] = arrow::util::ToNonInlineBinaryView(bytes + begin, size, 0, begin);
    } else if (begin + int64_t{16} <= num_bytes) {
      out[i] = ShortView(bytes + begin, size);
    } else {
      out[i] = size == 0 ? View{} : arrow::util::ToInlineBinaryView(bytes + begin, size);
    }
  }
}

Result<std::shared_ptr<arrow::Array>> Finish(const arrow::Array& array,
                                             const arrow::BinaryArray& texts,
                                             std::shared_ptr<arrow::Buffer> views,
                                             arrow::MemoryPool* pool) {
  std::shared_ptr<arrow::Buffer> valid;
  if (array.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(valid, arrow::internal::CopyBitmap(pool, array.null_bitmap_data(),
                                                                array.offset(), array.length()));
  }
  arrow::BufferVector buffers = {std::move(valid), std::move(views)};
  if (texts.value_data() != nullptr) buffers.push_back(texts.value_data());
  return arrow::MakeArray(arrow::ArrayData::Make(ViewTypeOf(texts.type()), array.length(),
                                                 std::move(buffers), array.null_count()));
}

Result<std::shared_ptr<arrow::Array>> GatherViews(const arrow::DictionaryArray& array,
                                                  arrow::MemoryPool* pool) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*array.dictionary());
  std::vector<View> known(static_cast<size_t>(texts.length()));
  MakeViews(texts, known.data());
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::Buffer> views,
      arrow::AllocateBuffer(array.length() * static_cast<int64_t>(sizeof(View)), pool));
  auto* out = views->mutable_data_as<View>();
  const int32_t* indices = static_cast<const arrow::Int32Array&>(*array.indices()).raw_values();
  for (int64_t i = 0; i < array.length(); ++i) {
    // A null may have any index.
    const auto index = static_cast<uint32_t>(indices[i]);
    out[i] = index < known.size() ? known[index] : View{};
    if (index >= known.size() && array.IsValid(i))
      return Status::Corruption("a value is not in its dictionary");
  }
  return Finish(array, texts, std::move(views), pool);
}

}  // namespace

std::shared_ptr<arrow::DataType> ViewTypeOf(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::STRING) return arrow::utf8_view();
  if (type->id() == arrow::Type::BINARY) return arrow::binary_view();
  return type;
}

Result<std::shared_ptr<arrow::Array>> ToViews(const std::shared_ptr<arrow::Array>& array,
                                              arrow::MemoryPool* pool) {
  if (array->type_id() == arrow::Type::DICTIONARY)
    return GatherViews(static_cast<const arrow::DictionaryArray&>(*array), pool);
  const auto& texts = static_cast<const arrow::BinaryArray&>(*array);
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::Buffer> views,
      arrow::AllocateBuffer(array->length() * static_cast<int64_t>(sizeof(View)), pool));
  MakeViews(texts, views->mutable_data_as<View>());
  return Finish(*array, texts, std::move(views), pool);
}

}  // namespace deltaic
