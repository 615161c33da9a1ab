#include "protocol/variant.h"

#include <bit>
#include <cstring>

namespace deltaic {
namespace {

constexpr int kVersion = 1;
constexpr int kMaxScale = 38;

Status Broken(std::string_view why) { return Status::Corruption("a variant is damaged: ", why); }

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

int64_t SignedLittleEndian(std::string_view bytes) {
  const int unused_bits = 64 - 8 * static_cast<int>(bytes.size());
  return static_cast<int64_t>(LittleEndian(bytes) << unused_bits) >> unused_bits;
}

/// Number `i` of a list of numbers that have `size` bytes each.
uint32_t NumberAt(std::string_view list, uint32_t i, size_t size) {
  return static_cast<uint32_t>(LittleEndian(list.substr(size * i, size)));
}

/// What the format's number for a primitive type means.
struct Primitive {
  VariantType type;
  int size;  ///< of its bytes; -1: four bytes say
};

constexpr Primitive kPrimitives[] = {
    {VariantType::kNull, 0},           {VariantType::kBoolean, 0},
    {VariantType::kBoolean, 0},        {VariantType::kInt8, 1},
    {VariantType::kInt16, 2},          {VariantType::kInt32, 4},
    {VariantType::kInt64, 8},          {VariantType::kDouble, 8},
    {VariantType::kDecimal4, 5},       {VariantType::kDecimal8, 9},
    {VariantType::kDecimal16, 17},     {VariantType::kDate, 4},
    {VariantType::kTimestamp, 8},      {VariantType::kTimestampNtz, 8},
    {VariantType::kFloat, 4},          {VariantType::kBinary, -1},
    {VariantType::kString, -1},        {VariantType::kTime, 8},
    {VariantType::kTimestampNanos, 8}, {VariantType::kTimestampNtzNanos, 8},
    {VariantType::kUuid, 16},
};
constexpr int kTrueId = 1;

bool IsDecimal(VariantType type) {
  return type == VariantType::kDecimal4 || type == VariantType::kDecimal8 ||
         type == VariantType::kDecimal16;
}

bool HoldsInteger(VariantType type) {
  switch (type) {
    case VariantType::kInt8:
    case VariantType::kInt16:
    case VariantType::kInt32:
    case VariantType::kInt64:
    case VariantType::kDate:
    case VariantType::kTime:
    case VariantType::kTimestamp:
    case VariantType::kTimestampNtz:
    case VariantType::kTimestampNanos:
    case VariantType::kTimestampNtzNanos:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<VariantMetadata> VariantMetadata::Parse(std::string_view bytes) {
  if (bytes.empty()) return Broken("its metadata is empty");
  const auto header = static_cast<unsigned char>(bytes[0]);
  if ((header & 0x0F) != kVersion) {
    return Status::Unsupported("a variant has metadata of version ", header & 0x0F,
                               "; this build reads version 1");
  }
  VariantMetadata result;
  result.sorted_ = (header & 0x10) != 0;
  result.offset_size_ = (header >> 6) + 1;
  bytes.remove_prefix(1);
  const auto size = static_cast<size_t>(result.offset_size_);
  if (bytes.size() < size) return Broken("its metadata is cut off");
  const uint64_t count = LittleEndian(bytes.substr(0, size));
  bytes.remove_prefix(size);
  // Some writers leave the one offset of an empty dictionary out.
  if (count == 0) return result;
  if (bytes.size() / size <= count) return Broken("its metadata is cut off");
  result.size_ = static_cast<uint32_t>(count);
  result.offsets_ = bytes.substr(0, size * (count + 1));
  result.names_ = bytes.substr(result.offsets_.size());
  return result;
}

Result<std::string_view> VariantMetadata::Name(uint32_t id) const {
  if (id >= size_) return Broken("a field id is not in its metadata");
  const auto size = static_cast<size_t>(offset_size_);
  const uint32_t begin = NumberAt(offsets_, id, size);
  const uint32_t end = NumberAt(offsets_, id + 1, size);
  if (begin > end || end > names_.size()) return Broken("a field name lies outside its metadata");
  return names_.substr(begin, end - begin);
}

std::optional<uint32_t> VariantMetadata::Find(std::string_view name) const {
  uint32_t begin = 0;
  uint32_t end = size_;
  while (sorted_ && begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    const auto found = Name(middle);
    if (!found.ok()) return std::nullopt;
    if (*found == name) return middle;
    (*found < name ? begin : end) = *found < name ? middle + 1 : middle;
  }
  for (uint32_t id = 0; !sorted_ && id < size_; ++id) {
    const auto found = Name(id);
    if (found.ok() && *found == name) return id;
  }
  return std::nullopt;
}

Result<VariantValue> VariantValue::Parse(std::string_view bytes) {
  if (bytes.empty()) return Broken("a value is empty");
  const auto header = static_cast<unsigned char>(bytes[0]);
  switch (header & 3) {
    case 0:
      return ParsePrimitive(bytes, header >> 2);
    case 1: {
      const size_t length = header >> 2;
      if (bytes.size() - 1 < length) return Broken("a string is cut off");
      VariantValue value;
      value.type_ = VariantType::kString;
      value.bytes_ = bytes.substr(0, 1 + length);
      value.content_ = bytes.substr(1, length);
      return value;
    }
    default:
      return ParseNested(bytes, (header & 3) == 2);
  }
}

Result<VariantValue> VariantValue::ParsePrimitive(std::string_view bytes, int id) {
  if (id >= static_cast<int>(std::size(kPrimitives))) {
    return Status::Unsupported("a variant has a value of the unknown type ", id,
                               "; use a newer version of Deltaic");
  }
  const Primitive& primitive = kPrimitives[id];
  const std::string_view rest = bytes.substr(1);
  size_t begin = 0;
  uint64_t length = 0;
  if (primitive.size >= 0) {
    length = static_cast<uint64_t>(primitive.size);
  } else {
    begin = 4;
    if (rest.size() < begin) return Broken("a value is cut off");
    length = LittleEndian(rest.substr(0, begin));
  }
  if (rest.size() - begin < length) return Broken("a value is cut off");
  VariantValue value;
  value.type_ = primitive.type;
  value.bytes_ = bytes.substr(0, 1 + begin + length);
  value.content_ = rest.substr(begin, length);
  if (HoldsInteger(value.type_)) value.integer_ = SignedLittleEndian(value.content_);
  if (value.type_ == VariantType::kBoolean) value.integer_ = id == kTrueId ? 1 : 0;
  if (IsDecimal(value.type_) && static_cast<unsigned char>(value.content_[0]) > kMaxScale) {
    return Broken("a decimal has a scale over 38");
  }
  return value;
}

Result<VariantValue> VariantValue::ParseNested(std::string_view bytes, bool object) {
  const int header = static_cast<unsigned char>(bytes[0]) >> 2;
  const auto offset_size = (static_cast<size_t>(header) & 3) + 1;
  const size_t id_size = object ? (static_cast<size_t>(header) >> 2 & 3) + 1 : 0;
  const size_t count_size = (header >> (object ? 4 : 2) & 1) != 0 ? 4 : 1;
  std::string_view rest = bytes.substr(1);
  if (rest.size() < count_size) return Broken("an object or array is cut off");
  const uint64_t count = LittleEndian(rest.substr(0, count_size));
  rest.remove_prefix(count_size);
  const uint64_t ids_bytes = count * id_size;
  const uint64_t offsets_bytes = (count + 1) * offset_size;
  if (rest.size() < ids_bytes + offsets_bytes) return Broken("an object or array is cut off");
  VariantValue value;
  value.type_ = object ? VariantType::kObject : VariantType::kArray;
  value.num_members_ = static_cast<uint32_t>(count);
  value.ids_ = rest.substr(0, ids_bytes);
  value.offsets_ = rest.substr(ids_bytes, offsets_bytes);
  rest.remove_prefix(ids_bytes + offsets_bytes);
  const uint32_t end = NumberAt(value.offsets_, value.num_members_, offset_size);
  if (rest.size() < end) return Broken("an object or array is cut off");
  value.content_ = rest.substr(0, end);
  value.bytes_ = bytes.substr(0, bytes.size() - rest.size() + end);
  return value;
}

double VariantValue::number() const {
  if (type_ == VariantType::kFloat) {
    return std::bit_cast<float>(static_cast<uint32_t>(LittleEndian(content_)));
  }
  return std::bit_cast<double>(LittleEndian(content_));
}

Int128 VariantValue::unscaled() const {
  const std::string_view digits = content_.substr(1);
  if (digits.size() <= 8) return SignedLittleEndian(digits);
  const auto low = static_cast<unsigned __int128>(LittleEndian(digits.substr(0, 8)));
  const auto high = static_cast<unsigned __int128>(LittleEndian(digits.substr(8)));
  return static_cast<Int128>(high << 64 | low);
}

int VariantValue::scale() const { return static_cast<unsigned char>(content_[0]); }

Result<bool> VariantMembers::Next() {
  const uint32_t count = nested_.num_members_;
  if (next_ == count) return false;
  const std::string_view content = nested_.content_;
  const uint32_t begin =
      NumberAt(nested_.offsets_, next_, nested_.offsets_.size() / (size_t{count} + 1));
  if (begin >= content.size()) return Broken("a member lies outside its object or array");
  DELTAIC_ASSIGN_OR_RETURN(value_, VariantValue::Parse(content.substr(begin)));
  used_bytes_ += value_.bytes().size();
  if (used_bytes_ > content.size()) return Broken("members of an object or array overlap");
  if (nested_.type_ == VariantType::kObject) {
    field_id_ = NumberAt(nested_.ids_, next_, nested_.ids_.size() / count);
  }
  ++next_;
  return true;
}

}  // namespace deltaic
