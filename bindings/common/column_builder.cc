#include "common/column_builder.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "common/decimal_text.h"

namespace deltaic_rows {
namespace {

constexpr size_t kMaxOffset = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxExactFloat = int64_t{1} << 53;

/// What an ArrowArray that we made keeps alive.
struct OwnedArray {
  std::vector<uint8_t> validity;
  std::vector<uint8_t> values;
  std::vector<int32_t> offsets;
  std::vector<char> bytes;
  std::vector<const void*> buffers;
  std::vector<std::unique_ptr<ArrowArray>> children;
  std::vector<ArrowArray*> pointers;
  ~OwnedArray() {
    for (const auto& child : children) {
      if (child->release != nullptr) child->release(child.get());
    }
  }
};

void ReleaseArray(ArrowArray* array) {
  delete static_cast<OwnedArray*>(array->private_data);
  array->release = nullptr;
}

void Publish(std::unique_ptr<OwnedArray> owned, int64_t length, int64_t null_count,
             ArrowArray* out) {
  *out = {};
  for (const auto& child : owned->children) owned->pointers.push_back(child.get());
  out->length = length;
  out->null_count = null_count;
  out->n_buffers = static_cast<int64_t>(owned->buffers.size());
  out->buffers = owned->buffers.data();
  out->n_children = static_cast<int64_t>(owned->pointers.size());
  out->children = owned->pointers.data();
  out->release = &ReleaseArray;
  out->private_data = owned.release();
}

/// Where an empty vector has no memory, Arrow still wants an address.
const void* AddressOf(const void* data) {
  static const int64_t nothing = 0;
  return data == nullptr ? &nothing : data;
}

bool HasOffsets(const ColumnType& type) { return type.layout == Layout::kOffsets32; }

void SetBit(std::vector<uint8_t>* bits, int64_t index, bool value) {
  const auto byte = static_cast<size_t>(index >> 3);
  if (byte >= bits->size()) bits->resize(byte + 1, 0);
  const auto mask = static_cast<uint8_t>(1U << (index & 7));
  (*bits)[byte] = static_cast<uint8_t>(value ? (*bits)[byte] | mask : (*bits)[byte] & ~mask);
}

}  // namespace

ColumnBuilder::ColumnBuilder(const ColumnType& type) : type_(&type) {
  for (const ColumnType& child : type.children) children_.emplace_back(child);
  if (HasOffsets(type)) offsets_.push_back(0);
}

int64_t ColumnBuilder::size_bytes() const {
  size_t size = validity_.size() + values_.size() + offsets_.size() * 4 + bytes_.size();
  for (const ColumnBuilder& child : children_) size += static_cast<size_t>(child.size_bytes());
  return static_cast<int64_t>(size);
}

void ColumnBuilder::AppendValidity(bool valid) {
  if (!valid && null_count_++ == 0) {
    validity_.assign(static_cast<size_t>(length_ / 8 + 1), 0xff);
  }
  if (null_count_ > 0) SetBit(&validity_, length_, valid);
  ++length_;
}

template <typename T>
void ColumnBuilder::AppendFixed(T value) {
  const size_t at = values_.size();
  values_.resize(at + sizeof(T));
  std::memcpy(values_.data() + at, &value, sizeof(T));
  AppendValidity(true);
}

void ColumnBuilder::AppendNull() {
  switch (type_->layout) {
    case Layout::kNone:
      break;
    case Layout::kBits:
      SetBit(&values_, length_, false);
      break;
    case Layout::kFixed:
      values_.resize(values_.size() + static_cast<size_t>(type_->byte_width), 0);
      break;
    case Layout::kMembers:
      for (ColumnBuilder& child : children_) {
        // What a null row's members hold is nobody's business, but a variant's must not be null.
        if (type_->kind == Kind::kVariant) {
          child.AppendBytes({});
        } else {
          child.AppendNull();
        }
      }
      break;
    default:
      offsets_.push_back(offsets_.back());
  }
  AppendValidity(false);
}

bool ColumnBuilder::AppendBoolean(bool value) {
  if (type_->kind != Kind::kBoolean) return false;
  SetBit(&values_, length_, value);
  AppendValidity(true);
  return true;
}

bool ColumnBuilder::AppendInteger(int64_t value) {
  if (type_->kind == Kind::kDecimal) return AppendDecimal(std::to_string(value));
  if (type_->kind == Kind::kFloat) {
    const int64_t exact = type_->byte_width == 4 ? int64_t{1} << 24 : kMaxExactFloat;
    if (value > exact || value < -exact) return false;
    return AppendFloat(static_cast<double>(value));
  }
  if (type_->kind != Kind::kInteger) return false;
  switch (type_->byte_width) {
    case 1:
      if (value != static_cast<int8_t>(value)) return false;
      AppendFixed(static_cast<int8_t>(value));
      break;
    case 2:
      if (value != static_cast<int16_t>(value)) return false;
      AppendFixed(static_cast<int16_t>(value));
      break;
    case 4:
      if (value != static_cast<int32_t>(value)) return false;
      AppendFixed(static_cast<int32_t>(value));
      break;
    default:
      AppendFixed(value);
  }
  return true;
}

bool ColumnBuilder::AppendFloat(double value) {
  if (type_->kind != Kind::kFloat) return false;
  if (type_->byte_width == 8) {
    AppendFixed(value);
    return true;
  }
  if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max()) return false;
  AppendFixed(static_cast<float>(value));
  return true;
}

bool ColumnBuilder::AppendBytes(std::string_view bytes) {
  if (type_->kind != Kind::kText && type_->kind != Kind::kBinary) return false;
  if (bytes.size() > kMaxOffset - bytes_.size()) return false;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  offsets_.push_back(static_cast<int32_t>(bytes_.size()));
  AppendValidity(true);
  return true;
}

bool ColumnBuilder::AppendDecimal(std::string_view text) {
  __int128 unscaled = 0;
  if (type_->kind != Kind::kDecimal) return false;
  if (!ParseDecimal(text, type_->precision, type_->scale, &unscaled)) return false;
  AppendFixed(unscaled);
  return true;
}

bool ColumnBuilder::AppendDays(int64_t days) {
  if (type_->kind != Kind::kDate || days != static_cast<int32_t>(days)) return false;
  AppendFixed(static_cast<int32_t>(days));
  return true;
}

bool ColumnBuilder::AppendMicros(int64_t micros) {
  if (type_->kind != Kind::kTimestamp && type_->kind != Kind::kTimestampNtz) return false;
  AppendFixed(micros);
  return true;
}

bool ColumnBuilder::EndList() {
  const int64_t end = children_[0].length();
  if (end > static_cast<int64_t>(kMaxOffset)) return false;
  offsets_.push_back(static_cast<int32_t>(end));
  AppendValidity(true);
  return true;
}

void ColumnBuilder::EndStruct() { AppendValidity(true); }

void ColumnBuilder::Export(ArrowArray* out) {
  auto owned = std::make_unique<OwnedArray>();
  for (ColumnBuilder& child : children_) {
    owned->children.push_back(std::make_unique<ArrowArray>());
    child.Export(owned->children.back().get());
  }
  if (type_->kind == Kind::kMap) {
    auto entries = std::make_unique<OwnedArray>();
    entries->children = std::exchange(owned->children, {});
    entries->buffers = {nullptr};
    const int64_t length = entries->children[0]->length;
    owned->children.push_back(std::make_unique<ArrowArray>());
    Publish(std::move(entries), length, 0, owned->children[0].get());
  }
  owned->validity = std::move(validity_);
  owned->values = std::move(values_);
  owned->offsets = std::move(offsets_);
  owned->bytes = std::move(bytes_);
  const void* validity = null_count_ == 0 ? nullptr : AddressOf(owned->validity.data());
  if (type_->layout != Layout::kNone) owned->buffers.push_back(validity);
  if (type_->layout == Layout::kBits || type_->layout == Layout::kFixed) {
    owned->buffers.push_back(AddressOf(owned->values.data()));
  }
  if (HasOffsets(*type_)) owned->buffers.push_back(owned->offsets.data());
  if (type_->kind == Kind::kText || type_->kind == Kind::kBinary) {
    owned->buffers.push_back(AddressOf(owned->bytes.data()));
  }
  const int64_t nulls = type_->kind == Kind::kNull ? length_ : null_count_;
  Publish(std::move(owned), length_, nulls, out);
  Clear();
}

void ColumnBuilder::Clear() {
  length_ = 0;
  null_count_ = 0;
  validity_.clear();
  values_.clear();
  bytes_.clear();
  offsets_.clear();
  if (HasOffsets(*type_)) offsets_.push_back(0);
}

}  // namespace deltaic_rows
