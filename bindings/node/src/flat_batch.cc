#include "flat_batch.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace deltaic_node {
namespace {

constexpr size_t kAlignment = 8;

bool BitAt(const void* bits, int64_t at) {
  return (static_cast<const uint8_t*>(bits)[at >> 3] >> (at & 7) & 1) != 0;
}

class Flattener {
 public:
  explicit Flattener(FlatBatch& out) : out_(out) {}

  /// Rows [from, from + n) of an array, counted from its own offset.
  void Add(const Field& field, const ArrowArray& array, int64_t from, int64_t n) {
    out_.layout.push_back(static_cast<double>(n));
    AddNulls(field, array, from, n);
    if (!field.dictionary.empty()) {
      CopyValues<int32_t>(array, from, n);
      Add(field.dictionary[0], *array.dictionary, 0, array.dictionary->length);
    } else if (field.format == "b") {
      AddBooleans(array, from, n);
    } else if (IsTimestamp(field)) {
      AddTimestamps(array, from, n);
    } else if (IsDecimal(field)) {
      AddDecimals(field, array, from, n);
    } else if (IsText(field) || IsBytes(field)) {
      AddBytes(array, from, n, IsText(field));
    } else if (field.format == "+l" || field.format == "+m") {
      AddList(field, array, from, n);
    } else if (field.format == "+s") {
      for (size_t i = 0; i < field.children.size(); ++i) {
        Add(field.children[i], *array.children[i], array.offset + from, n);
      }
    } else if (const int width = WidthOf(field); width > 0) {
      Position(static_cast<const uint8_t*>(array.buffers[1]) + (array.offset + from) * width,
               static_cast<size_t>(n * width));
    } else if (field.format != "n") {
      throw std::runtime_error("column " + field.name + " has the Arrow type " + field.format +
                               ", which is not known here");
    }
  }

 private:
  size_t Reserve(size_t size) {
    const size_t at = out_.block.Grow((size + kAlignment - 1) / kAlignment * kAlignment);
    out_.layout.push_back(static_cast<double>(at));
    return at;
  }
  void Position(const void* bytes, size_t size) {
    const size_t at = Reserve(size);
    if (size > 0) std::memcpy(out_.block.data() + at, bytes, size);
  }
  template <typename T>
  T* ReserveFor(int64_t n) {
    const size_t at =
        Reserve(static_cast<size_t>(n) * sizeof(T));  // before data(), which it may move
    return reinterpret_cast<T*>(out_.block.data() + at);
  }
  void Nothing() { out_.layout.push_back(-1); }

  template <typename T>
  void CopyValues(const ArrowArray& array, int64_t from, int64_t n) {
    Position(static_cast<const T*>(array.buffers[1]) + array.offset + from,
             static_cast<size_t>(n) * sizeof(T));
  }

  void AddNulls(const Field& field, const ArrowArray& array, int64_t from, int64_t n) {
    if (field.format == "n" || array.null_count == 0 || array.n_buffers == 0 ||
        array.buffers[0] == nullptr)
      return Nothing();
    auto* valid = ReserveFor<uint8_t>(n);
    for (int64_t i = 0; i < n; ++i)
      valid[i] = BitAt(array.buffers[0], array.offset + from + i) ? 1 : 0;
  }

  void AddBooleans(const ArrowArray& array, int64_t from, int64_t n) {
    auto* values = ReserveFor<uint8_t>(n);
    for (int64_t i = 0; i < n; ++i)
      values[i] = BitAt(array.buffers[1], array.offset + from + i) ? 1 : 0;
  }

  void AddTimestamps(const ArrowArray& array, int64_t from, int64_t n) {
    const auto* micros = static_cast<const int64_t*>(array.buffers[1]) + array.offset + from;
    auto* millis = ReserveFor<double>(n);
    bool finer = false;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t rest = (micros[i] % 1000 + 1000) % 1000;
      millis[i] = static_cast<double>((micros[i] - rest) / 1000);
      finer = finer || rest != 0;
    }
    if (!finer) return Nothing();
    auto* beyond = ReserveFor<uint16_t>(n);
    for (int64_t i = 0; i < n; ++i)
      beyond[i] = static_cast<uint16_t>((micros[i] % 1000 + 1000) % 1000);
  }

  void AddDecimals(const Field& field, const ArrowArray& array, int64_t from, int64_t n) {
    const int scale = std::atoi(field.format.c_str() + field.format.find(',') + 1);
    const auto* values =
        static_cast<const unsigned char*>(array.buffers[1]) + (array.offset + from) * 16;
    std::string text;
    std::vector<int32_t> offsets = {0};
    for (int64_t i = 0; i < n; ++i) {
      __int128 value = 0;
      std::memcpy(&value, values + i * 16, 16);
      AppendDecimal(value, scale, text);
      offsets.push_back(static_cast<int32_t>(text.size()));
    }
    Position(offsets.data(), offsets.size() * sizeof(int32_t));
    Position(text.data(), text.size());
    out_.layout.push_back(static_cast<double>(text.size()));
    Nothing();
  }

  static void AppendDecimal(__int128 value, int scale, std::string& out) {
    unsigned __int128 rest =
        value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    char digits[48];
    int at = sizeof digits;
    for (int written = 0; rest != 0 || written <= scale; ++written) {
      if (written == scale && scale > 0) digits[--at] = '.';
      digits[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
      rest /= 10;
    }
    if (value < 0) digits[--at] = '-';
    out.append(digits + at, sizeof digits - static_cast<size_t>(at));
  }

  /// n + 1 offsets from 0 on. Returns the first and the last as they were.
  std::pair<int64_t, int64_t> AddOffsets(const ArrowArray& array, int64_t from, int64_t n) {
    auto* offsets = ReserveFor<int32_t>(n + 1);
    if (n == 0) {
      offsets[0] = 0;
      return {0, 0};
    }
    const auto* source = static_cast<const int32_t*>(array.buffers[1]) + array.offset + from;
    for (int64_t i = 0; i <= n; ++i) offsets[i] = source[i] - source[0];
    return {source[0], source[n]};
  }

  void AddBytes(const ArrowArray& array, int64_t from, int64_t n, bool text) {
    const size_t offsets_at = out_.layout.size();
    const auto [first, last] = AddOffsets(array, from, n);
    const auto size = static_cast<size_t>(last - first);
    const auto* bytes = size == 0 ? nullptr : static_cast<const uint8_t*>(array.buffers[2]) + first;
    Position(bytes, size);
    out_.layout.push_back(static_cast<double>(size));
    if (!text) return;
    if (std::all_of(bytes, bytes + size, [](uint8_t byte) { return byte < 0x80; }))
      return Nothing();
    const size_t at = Reserve(static_cast<size_t>(n + 1) * sizeof(int32_t));
    auto* units = reinterpret_cast<int32_t*>(out_.block.data() + at);
    const auto* offsets = reinterpret_cast<const int32_t*>(
        out_.block.data() + static_cast<size_t>(out_.layout[offsets_at]));
    units[0] = 0;
    for (int64_t i = 0; i < n; ++i) {
      int32_t count = 0;
      // A unit for each character, two for one of four bytes.
      for (int32_t j = offsets[i]; j < offsets[i + 1]; ++j)
        count += ((bytes[j] & 0xC0) != 0x80) + (bytes[j] >= 0xF0);
      units[i + 1] = units[i] + count;
    }
  }

  void AddList(const Field& field, const ArrowArray& array, int64_t from, int64_t n) {
    const auto [first, last] = AddOffsets(array, from, n);
    Add(field.children[0], *array.children[0], first, last - first);
  }

  FlatBatch& out_;
};

}  // namespace

Field CopySchema(const ArrowSchema& schema) {
  Field field;
  field.name = schema.name == nullptr ? "" : schema.name;
  field.format = schema.format;
  field.nullable = (schema.flags & ARROW_FLAG_NULLABLE) != 0;
  if (schema.metadata != nullptr) {
    const char* at = schema.metadata;
    const auto number = [&at] {
      int32_t value = 0;
      std::memcpy(&value, at, sizeof value);
      at += sizeof value;
      return value;
    };
    const auto text = [&] {
      const auto size = static_cast<size_t>(number());
      const std::string_view value(at, size);
      at += size;
      return value;
    };
    for (int32_t left = number(); left > 0; --left) {
      const std::string_view key = text();
      const std::string_view value = text();
      if (key == "ARROW:extension:name" && value == "arrow.parquet.variant")
        field.is_variant = true;
    }
  }
  for (int64_t i = 0; i < schema.n_children; ++i)
    field.children.push_back(CopySchema(*schema.children[i]));
  if (schema.dictionary != nullptr) field.dictionary.push_back(CopySchema(*schema.dictionary));
  return field;
}

void FlattenBatch(const Field& schema, const ArrowArray& batch, FlatBatch* out) {
  out->layout.clear();
  Flattener(*out).Add(schema, batch, 0, batch.length);
}

}  // namespace deltaic_node
