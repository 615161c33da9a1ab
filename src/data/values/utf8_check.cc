#include "data/values/utf8_check.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <simdjson.h>

#include <cstdint>
#include <string_view>

namespace deltaic {
namespace {

/// Inside of a character, where no text begins.
bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/// All texts at once, since most are short: they are UTF-8 if what they are together is, and none
/// begins inside of a character.
bool IsUtf8(const arrow::StringArray& texts) {
  if (texts.length() == 0) return true;
  const int64_t begin = texts.value_offset(0);
  const int64_t end = texts.value_offset(texts.length());
  if (begin == end) return true;
  const uint8_t* bytes = texts.raw_data();
  if (!simdjson::validate_utf8(reinterpret_cast<const char*>(bytes) + begin,
                               static_cast<size_t>(end - begin))) {
    return false;
  }
  const int32_t* offsets = texts.raw_value_offsets();
  for (int64_t i = 1; i < texts.length(); ++i) {
    if (offsets[i] < end && IsContinuation(bytes[offsets[i]])) return false;
  }
  return true;
}

}  // namespace

std::optional<int64_t> FindInvalidUtf8(const arrow::StringArray& texts) {
  if (IsUtf8(texts)) return std::nullopt;
  // What is below a null does not count.
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) continue;
    const std::string_view text = texts.GetView(row);
    if (!simdjson::validate_utf8(text.data(), text.size())) return row;
  }
  return std::nullopt;
}

Status CheckUtf8(const arrow::Array& array) {
  if (array.type_id() == arrow::Type::DICTIONARY)
    return CheckUtf8(*static_cast<const arrow::DictionaryArray&>(array).dictionary());
  if (array.type_id() != arrow::Type::STRING ||
      IsUtf8(static_cast<const arrow::StringArray&>(array))) {
    return Status();
  }
  return Status::Corruption(
      "a text is not valid UTF-8; read the other columns, or rewrite this one");
}

}  // namespace deltaic
