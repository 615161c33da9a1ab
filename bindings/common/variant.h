#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/decimal_text.h"

namespace deltaic_rows {

/// The value inside the two parts of a variant, made by a Maker as read_value.h describes. Every
/// offset is checked: what does not hold together ends in `maker.BadVariant(why)`.
/// Source: parquet-format, VariantEncoding.md.
template <typename Maker>
class VariantReader {
 public:
  using Value = typename Maker::Value;

  VariantReader(std::string_view metadata, Maker& maker) : metadata_(metadata), maker_(maker) {}

  Value Read(std::string_view value) {
    values_left_ = value.size();
    return Read(value, 0);
  }

 private:
  static constexpr int kMaxDepth = 200;

  Value Read(std::string_view value, int depth) {
    if (value.empty()) return maker_.BadVariant("a value is missing");
    // Members may share bytes, so that a few of them would make any number of values.
    if (values_left_ == 0) return maker_.BadVariant("it has more values than bytes");
    --values_left_;
    if (depth > kMaxDepth) return maker_.BadVariant("it is nested too deep");
    const auto first = static_cast<uint8_t>(value[0]);
    switch (first & 3) {
      case 0:
        return Primitive(first >> 2, value.substr(1));
      case 1:
        if (value.size() < 1U + (first >> 2)) return maker_.BadVariant("a text is cut off");
        return maker_.Text(value.substr(1, first >> 2));
      default:
        return Nested(first, value, depth);
    }
  }

  /// Little endian, `width` bytes at `at`; false beyond the end.
  static bool Unsigned(std::string_view data, uint64_t at, int width, uint64_t* out) {
    if (at > data.size() || data.size() - at < static_cast<uint64_t>(width)) return false;
    *out = 0;
    std::memcpy(out, data.data() + at, static_cast<size_t>(width));
    return true;
  }
  template <typename T>
  static bool Fixed(std::string_view data, T* out) {
    if (data.size() < sizeof(T)) return false;
    std::memcpy(out, data.data(), sizeof(T));
    return true;
  }

  /// Name `id` of the metadata's dictionary.
  bool Name(uint64_t id, std::string_view* out) const {
    if (metadata_.empty()) return false;
    const int width = (static_cast<uint8_t>(metadata_[0]) >> 6) + 1;
    uint64_t count = 0;
    uint64_t begin = 0;
    uint64_t end = 0;
    if (!Unsigned(metadata_, 1, width, &count) || id >= count) return false;
    const auto step = static_cast<uint64_t>(width);
    if (!Unsigned(metadata_, 1 + step * (id + 1), width, &begin)) return false;
    if (!Unsigned(metadata_, 1 + step * (id + 2), width, &end)) return false;
    const uint64_t base = 1 + step * (count + 2);
    if (begin > end || base + end > metadata_.size()) return false;
    *out = metadata_.substr(base + begin, end - begin);
    return true;
  }

  Value Nested(uint8_t first, std::string_view value, int depth) {
    const bool is_object = (first & 3) == 2;
    const int header = first >> 2;
    const int width = (header & 3) + 1;
    const int id_width = is_object ? (header >> 2 & 3) + 1 : 0;
    const int count_width = (header >> (is_object ? 4 : 2) & 1) != 0 ? 4 : 1;
    uint64_t count = 0;
    if (!Unsigned(value, 1, count_width, &count)) return maker_.BadVariant("a list is cut off");
    const uint64_t ids_at = 1 + static_cast<uint64_t>(count_width);
    const uint64_t offsets_at = ids_at + count * static_cast<uint64_t>(id_width);
    const uint64_t values_at = offsets_at + (count + 1) * static_cast<uint64_t>(width);
    if (values_at > value.size()) return maker_.BadVariant("a list is cut off");
    Value out = is_object ? maker_.NewObject(count) : maker_.NewList(count);
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t offset = 0;
      uint64_t id = 0;
      std::string_view name;
      Unsigned(value, offsets_at + i * static_cast<uint64_t>(width), width, &offset);
      if (values_at + offset >= value.size()) return maker_.BadVariant("a list is cut off");
      Value item = Read(value.substr(values_at + offset), depth + 1);
      if (!is_object) {
        maker_.AddItem(out, item);
        continue;
      }
      Unsigned(value, ids_at + i * static_cast<uint64_t>(id_width), id_width, &id);
      if (!Name(id, &name)) return maker_.BadVariant("a name is missing");
      maker_.AddMember(out, name, item);
    }
    return out;
  }

  Value Primitive(int kind, std::string_view data) {
    switch (kind) {
      case 0:
        return maker_.Null();
      case 1:
      case 2:
        return maker_.Boolean(kind == 1);
      case 3:
        return Integer<int8_t>(data);
      case 4:
        return Integer<int16_t>(data);
      case 5:
        return Integer<int32_t>(data);
      case 6:
        return Integer<int64_t>(data);
      case 7:
        return Float<double>(data);
      case 8:
        return Decimal<int32_t>(data);
      case 9:
        return Decimal<int64_t>(data);
      case 10:
        return Decimal<__int128>(data);
      case 11: {
        int32_t days = 0;
        return Fixed(data, &days) ? maker_.Date(days) : CutOff();
      }
      case 12:
      case 13:
        return Timestamp(data, kind == 12, 1);
      case 14:
        return Float<float>(data);
      case 15:
      case 16:
        return Bytes(data, kind == 16);
      case 17:
        return Integer<int64_t>(data);  // microseconds since midnight
      case 18:
      case 19:
        return Timestamp(data, kind == 18, 1000);
      case 20:
        return Uuid(data);
      default:
        return maker_.BadVariant("it has a type that is not known");
    }
  }

  Value CutOff() { return maker_.BadVariant("a value is cut off"); }

  template <typename T>
  Value Integer(std::string_view data) {
    T value = 0;
    return Fixed(data, &value) ? maker_.Integer(value) : CutOff();
  }
  template <typename T>
  Value Float(std::string_view data) {
    T value = 0;
    return Fixed(data, &value) ? maker_.Float(value) : CutOff();
  }
  template <typename T>
  Value Decimal(std::string_view data) {
    T value = 0;
    if (data.empty() || !Fixed(data.substr(1), &value)) return CutOff();
    const auto scale = static_cast<uint8_t>(data[0]);
    if (scale > 38) return maker_.BadVariant("a decimal has more than 38 digits");
    char text[kMaxDecimalText];
    return maker_.Decimal(FormatDecimal(value, scale, text));
  }
  Value Timestamp(std::string_view data, bool has_zone, int64_t units_per_micro) {
    int64_t value = 0;
    if (!Fixed(data, &value)) return CutOff();
    int64_t micros = value / units_per_micro;
    if (value % units_per_micro < 0) --micros;
    return has_zone ? maker_.Timestamp(micros) : maker_.TimestampNtz(micros);
  }
  Value Bytes(std::string_view data, bool is_text) {
    uint32_t length = 0;
    if (!Fixed(data, &length) || data.size() - 4 < length) return CutOff();
    const std::string_view bytes = data.substr(4, length);
    return is_text ? maker_.Text(bytes) : maker_.Binary(bytes);
  }
  Value Uuid(std::string_view data) {
    if (data.size() < 16) return CutOff();
    char text[36];
    char* at = text;
    for (size_t i = 0; i < 16; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
      *at++ = "0123456789abcdef"[static_cast<uint8_t>(data[i]) >> 4];
      *at++ = "0123456789abcdef"[static_cast<uint8_t>(data[i]) & 15];
    }
    return maker_.Text(std::string_view(text, 36));
  }

  std::string_view metadata_;
  Maker& maker_;
  size_t values_left_ = 0;
};

}  // namespace deltaic_rows
