#include "ops/merge/key_table.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

namespace deltaic {
namespace {

/// What is worked out of so many rows stays in the processor's first cache.
constexpr int64_t kFoundAtOnce = 1024;

/// Multiplication spreads low bits upwards, and the slot is taken from the top.
uint64_t Mix(uint64_t value) {
  value ^= value >> 32;
  value *= 0x9E3779B97F4A7C15u;
  value ^= value >> 29;
  return value * 0xBF58476D1CE4E5B9u;
}

template <typename T>
uint64_t CanonicalFloat(T value) {
  if (value == 0) value = 0;  // no sign
  if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<uint32_t>(value);
  else
    return std::bit_cast<uint64_t>(value);
}

/// Calls `visit(row, number)` for each row of a column whose values fit in 64 bits.
/// \return false for another type.
template <typename Visit>
bool VisitNumbers(const arrow::Array& array, Visit visit) {
  const auto all = [&](const auto& values) {
    for (int64_t i = 0; i < values.length(); ++i)
      visit(i, static_cast<uint64_t>(static_cast<int64_t>(values.Value(i))));
  };
  const auto floats = [&](const auto& values) {
    for (int64_t i = 0; i < values.length(); ++i) visit(i, CanonicalFloat(values.Value(i)));
  };
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      all(static_cast<const arrow::BooleanArray&>(array));
      return true;
    case arrow::Type::INT8:
      all(static_cast<const arrow::Int8Array&>(array));
      return true;
    case arrow::Type::INT16:
      all(static_cast<const arrow::Int16Array&>(array));
      return true;
    case arrow::Type::INT32:
      all(static_cast<const arrow::Int32Array&>(array));
      return true;
    case arrow::Type::INT64:
      all(static_cast<const arrow::Int64Array&>(array));
      return true;
    case arrow::Type::DATE32:
      all(static_cast<const arrow::Date32Array&>(array));
      return true;
    case arrow::Type::TIMESTAMP:
      all(static_cast<const arrow::TimestampArray&>(array));
      return true;
    case arrow::Type::FLOAT:
      floats(static_cast<const arrow::FloatArray&>(array));
      return true;
    case arrow::Type::DOUBLE:
      floats(static_cast<const arrow::DoubleArray&>(array));
      return true;
    default:
      return false;
  }
}

/// The bytes of a text, binary or decimal value.
Result<std::function<std::string_view(int64_t)>> BytesReader(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      const auto& values = static_cast<const arrow::BinaryArray&>(array);
      return std::function([&values](int64_t row) { return values.GetView(row); });
    }
    case arrow::Type::DECIMAL128: {
      const auto& values = static_cast<const arrow::Decimal128Array&>(array);
      return std::function([&values](int64_t row) { return values.GetView(row); });
    }
    default:
      return Status::Unsupported("values of type ", array.type()->ToString(),
                                 " cannot be keys of a merge");
  }
}

void Append(std::string& out, uint64_t number) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  out.append(bytes, sizeof(number));
}

}  // namespace

Result<KeyTable::Encoded> KeyTable::Encode(const std::vector<std::shared_ptr<arrow::Array>>& keys) {
  Encoded out;
  const int64_t length = keys.front()->length();
  const auto rows = static_cast<size_t>(length);
  out.valid.assign(rows, 1);
  for (const auto& key : keys) {
    if (key->null_count() == 0) continue;
    for (int64_t row = 0; row < length; ++row) {
      if (key->IsNull(row)) out.valid[static_cast<size_t>(row)] = 0;
    }
  }
  std::vector<std::vector<uint64_t>> numbers(keys.size());
  std::vector<std::function<std::string_view(int64_t)>> texts(keys.size());
  bool has_text = false;
  for (size_t i = 0; i < keys.size(); ++i) {
    numbers[i].resize(rows);
    uint64_t* column = numbers[i].data();
    if (VisitNumbers(*keys[i], [column](int64_t row, uint64_t number) { column[row] = number; }))
      continue;
    has_text = true;
    DELTAIC_ASSIGN_OR_RETURN(texts[i], BytesReader(*keys[i]));
  }
  if (!has_text) {
    out.numbers = std::move(numbers);
    return out;
  }
  // The columns of each row one after the other; lengths keep ("a", "bc") and ("ab", "c") apart.
  out.ends.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < keys.size() && out.valid[row] != 0; ++i) {
      if (texts[i] == nullptr) {
        Append(out.bytes, numbers[i][row]);
        continue;
      }
      const std::string_view text = texts[i](static_cast<int64_t>(row));
      if (keys.size() > 1) Append(out.bytes, text.size());
      out.bytes += text;
    }
    out.ends[row] = out.bytes.size();
  }
  return out;
}

std::vector<uint64_t> KeyTable::HashesOf(const Encoded& keys) {
  std::vector<uint64_t> hashes(keys.valid.size());
  for (const auto& column : keys.numbers) {
    for (size_t row = 0; row < hashes.size(); ++row) hashes[row] = Mix(hashes[row] ^ column[row]);
  }
  if (!keys.numbers.empty()) return hashes;
  for (size_t row = 0; row < hashes.size(); ++row)
    hashes[row] = Mix(std::hash<std::string_view>()(keys.BytesOf(row)));
  return hashes;
}

bool KeyTable::Equal(size_t row, const Encoded& others, size_t other) const {
  for (size_t i = 0; i < keys_.numbers.size(); ++i) {
    if (keys_.numbers[i][row] != others.numbers[i][other]) return false;
  }
  if (!keys_.numbers.empty()) return true;
  return keys_.BytesOf(row) == others.BytesOf(other);
}

Result<KeyTable> KeyTable::Make(const std::vector<std::shared_ptr<arrow::Array>>& keys,
                                const arrow::BooleanArray* wanted) {
  KeyTable table;
  DELTAIC_ASSIGN_OR_RETURN(table.keys_, Encode(keys));
  const auto rows = static_cast<size_t>(keys.front()->length());
  const int bits = std::bit_width(2 * rows + 1);
  table.shift_ = 64 - bits;
  table.slots_.assign(size_t{1} << bits, kNone);
  table.tags_.assign(size_t{1} << bits, 0);
  table.next_.assign(rows, kNone);
  table.last_.assign(rows, kNone);
  const size_t mask = table.slots_.size() - 1;
  const std::vector<uint64_t> hashes = HashesOf(table.keys_);
  for (size_t row = 0; row < rows; ++row) {
    const auto at = static_cast<int64_t>(row);
    if (table.keys_.valid[row] == 0) continue;
    if (wanted != nullptr && (wanted->IsNull(at) || !wanted->Value(at))) continue;
    const uint64_t hash = hashes[row];
    size_t slot = table.SlotOf(hash);
    while (table.slots_[slot] != kNone &&
           !table.Equal(static_cast<size_t>(table.slots_[slot]), table.keys_, row)) {
      slot = (slot + 1) & mask;
    }
    if (table.slots_[slot] == kNone) {
      table.slots_[slot] = static_cast<int32_t>(row);
      table.tags_[slot] = TagOf(hash);
      ++table.num_keys_;
    } else {
      const auto head = static_cast<size_t>(table.slots_[slot]);
      table.next_[static_cast<size_t>(table.last_[head])] = static_cast<int32_t>(row);
      table.last_[head] = static_cast<int32_t>(row);
      continue;
    }
    table.last_[row] = static_cast<int32_t>(row);
  }
  return table;
}

Result<std::vector<uint64_t>> KeyTable::Hashes(
    const std::vector<std::shared_ptr<arrow::Array>>& keys) {
  DELTAIC_ASSIGN_OR_RETURN(const Encoded encoded, Encode(keys));
  return HashesOf(encoded);
}

Status KeyTable::Find(const std::vector<std::shared_ptr<arrow::Array>>& keys,
                      std::vector<int32_t>& first) const {
  const int64_t rows = keys.front()->length();
  first.resize(static_cast<size_t>(rows));
  for (int64_t begin = 0; begin < rows; begin += kFoundAtOnce) {
    std::vector<std::shared_ptr<arrow::Array>> some;
    for (const auto& key : keys) some.push_back(key->Slice(begin, kFoundAtOnce));
    DELTAIC_RETURN_IF_ERROR(FindSome(some, first.data() + begin));
  }
  return Status();
}

Status KeyTable::FindSome(const std::vector<std::shared_ptr<arrow::Array>>& keys,
                          int32_t* first) const {
  DELTAIC_ASSIGN_OR_RETURN(const Encoded others, Encode(keys));
  const std::vector<uint64_t> hashes = HashesOf(others);
  for (const uint64_t hash : hashes) __builtin_prefetch(&tags_[SlotOf(hash)]);
  const size_t mask = slots_.size() - 1;
  for (size_t row = 0; row < hashes.size(); ++row) {
    first[row] = kNone;
    if (others.valid[row] == 0) continue;
    const uint8_t tag = TagOf(hashes[row]);
    for (size_t slot = SlotOf(hashes[row]); tags_[slot] != 0; slot = (slot + 1) & mask) {
      if (tags_[slot] != tag || !Equal(static_cast<size_t>(slots_[slot]), others, row)) continue;
      first[row] = slots_[slot];
      break;
    }
  }
  return Status();
}

}  // namespace deltaic
