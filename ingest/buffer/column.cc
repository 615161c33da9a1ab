#include "ingest/buffer/column.h"

#include <arrow/array.h>
#include <arrow/array/data.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic::ingest {
namespace {

bool HasOffsets(TypeId id) {
  return id == TypeId::kString || id == TypeId::kBinary || id == TypeId::kArray ||
         id == TypeId::kMap;
}

/// One bit for each byte that is not zero.
std::shared_ptr<arrow::Buffer> PackBits(const uint8_t* bytes, int64_t count) {
  GrowingArray<uint8_t> bits;
  bits.append(arrow::bit_util::BytesForBits(count), 0);
  for (int64_t i = 0; i < count; ++i) {
    bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | ((bytes[i] != 0 ? 1 : 0) << (i % 8)));
  }
  return bits.Take();
}

}  // namespace

Result<std::unique_ptr<Column>> Column::Make(const DataTypePtr& type) {
  auto column = std::unique_ptr<Column>(new Column(type));
  const auto add = [&](const DataTypePtr& child) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(auto made, Make(child));
    column->children_.push_back(std::move(made));
    return Status();
  };
  switch (type->id()) {
    case TypeId::kStruct:
      for (const StructField& field : type->fields()) DELTAIC_RETURN_IF_ERROR(add(field.type));
      break;
    case TypeId::kArray:
      DELTAIC_RETURN_IF_ERROR(add(type->element()));
      break;
    case TypeId::kMap:
      if (type->key()->id() != TypeId::kString) {
        return Status::Unsupported("messages are not decoded to ", type->ToString(),
                                   ": only texts can be keys");
      }
      DELTAIC_RETURN_IF_ERROR(add(type->key()));
      DELTAIC_RETURN_IF_ERROR(add(type->value()));
      break;
    case TypeId::kVariant:
    case TypeId::kVoid:
      return Status::Unsupported("messages are not decoded to columns of type ", type->ToString());
    default:
      break;
  }
  if (HasOffsets(type->id())) column->offsets_.push_back(0);
  return column;
}

void Column::AppendNull() {
  valid_.push_back(0);
  ++null_count_;
  switch (id()) {
    case TypeId::kLong:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return ints_.push_back(0);
    case TypeId::kInteger:
    case TypeId::kDate:
      return ints32_.push_back(0);
    case TypeId::kShort:
      return ints16_.push_back(0);
    case TypeId::kByte:
    case TypeId::kBoolean:
      return ints8_.push_back(0);
    case TypeId::kDouble:
      return doubles_.push_back(0);
    case TypeId::kFloat:
      return floats_.push_back(0);
    case TypeId::kDecimal:
      return decimals_.push_back(0);
    case TypeId::kStruct:
      for (auto& child : children_) child->AppendNull();
      return;
    default:
      return offsets_.push_back(offsets_.back());
  }
}

void Column::AppendInt(int64_t value) {
  valid_.push_back(1);
  switch (id()) {
    case TypeId::kInteger:
    case TypeId::kDate:
      return ints32_.push_back(static_cast<int32_t>(value));
    case TypeId::kShort:
      return ints16_.push_back(static_cast<int16_t>(value));
    case TypeId::kByte:
      return ints8_.push_back(static_cast<int8_t>(value));
    default:
      return ints_.push_back(value);
  }
}

void Column::AppendDouble(double value) {
  valid_.push_back(1);
  if (id() == TypeId::kFloat) {
    floats_.push_back(static_cast<float>(value));
  } else {
    doubles_.push_back(value);
  }
}

void Column::AppendBool(bool value) {
  valid_.push_back(1);
  ints8_.push_back(value ? 1 : 0);
}

void Column::AppendText(std::string_view bytes) {
  valid_.push_back(1);
  bytes_.append(bytes.data(), static_cast<int64_t>(bytes.size()));
  offsets_.push_back(static_cast<int32_t>(bytes_.size()));
}

void Column::AppendDecimal(Int128 unscaled) {
  valid_.push_back(1);
  decimals_.push_back(unscaled);
}

void Column::AppendList() {
  valid_.push_back(1);
  offsets_.push_back(static_cast<int32_t>(children_.front()->length()));
}

void Column::Truncate(int64_t length) {
  if (length >= this->length()) return;
  for (int64_t i = length; i < this->length(); ++i) null_count_ -= valid_[i] == 0 ? 1 : 0;
  valid_.truncate(length);
  ints_.truncate(std::min(length, ints_.size()));
  ints32_.truncate(std::min(length, ints32_.size()));
  ints16_.truncate(std::min(length, ints16_.size()));
  ints8_.truncate(std::min(length, ints8_.size()));
  doubles_.truncate(std::min(length, doubles_.size()));
  floats_.truncate(std::min(length, floats_.size()));
  decimals_.truncate(std::min(length, decimals_.size()));
  if (id() == TypeId::kStruct) {
    for (auto& child : children_) child->Truncate(length);
  }
  if (HasOffsets(id())) {
    offsets_.truncate(length + 1);
    bytes_.truncate(std::min<int64_t>(offsets_.back(), bytes_.size()));
    TruncateElements();
  }
}

void Column::TruncateElements() {
  if (id() == TypeId::kStruct) {
    // A row that failed half way has given a value to some members only.
    for (auto& child : children_) {
      child->Truncate(length());
      child->TruncateElements();
    }
  }
  if (id() != TypeId::kArray && id() != TypeId::kMap) return;
  for (auto& child : children_) {
    child->Truncate(offsets_.back());
    child->TruncateElements();
  }
}

int64_t Column::num_bytes() const {
  int64_t out = valid_.size() + ints_.size() * 8 + ints32_.size() * 4 + ints16_.size() * 2 +
                ints8_.size() + doubles_.size() * 8 + floats_.size() * 4 + decimals_.size() * 16 +
                bytes_.size() + offsets_.size() * 4;
  for (const auto& child : children_) out += child->num_bytes();
  return out;
}

std::shared_ptr<arrow::Buffer> Column::TakeValidity() {
  auto out = null_count_ == 0 ? nullptr : PackBits(valid_.data(), valid_.size());
  valid_.truncate(0);
  null_count_ = 0;
  return out;
}

Result<std::shared_ptr<arrow::Array>> Column::Take() {
  DELTAIC_ASSIGN_OR_RETURN(const auto type, ToArrowType(*type_));
  const int64_t count = length(), nulls = null_count_;
  auto data = arrow::ArrayData::Make(type, count, {TakeValidity()}, nulls);
  switch (id()) {
    case TypeId::kLong:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      data->buffers.push_back(ints_.Take());
      break;
    case TypeId::kInteger:
    case TypeId::kDate:
      data->buffers.push_back(ints32_.Take());
      break;
    case TypeId::kShort:
      data->buffers.push_back(ints16_.Take());
      break;
    case TypeId::kByte:
      data->buffers.push_back(ints8_.Take());
      break;
    case TypeId::kBoolean:
      data->buffers.push_back(PackBits(reinterpret_cast<const uint8_t*>(ints8_.data()), count));
      ints8_.truncate(0);
      break;
    case TypeId::kDouble:
      data->buffers.push_back(doubles_.Take());
      break;
    case TypeId::kFloat:
      data->buffers.push_back(floats_.Take());
      break;
    case TypeId::kDecimal:
      data->buffers.push_back(decimals_.Take());
      break;
    case TypeId::kString:
    case TypeId::kBinary:
      data->buffers.push_back(offsets_.Take());
      data->buffers.push_back(bytes_.Take());
      break;
    case TypeId::kArray:
    case TypeId::kMap:
      data->buffers.push_back(offsets_.Take());
      break;
    default:
      break;
  }
  if (HasOffsets(id())) offsets_.push_back(0);
  std::vector<std::shared_ptr<arrow::ArrayData>> children;
  for (auto& child : children_) {
    DELTAIC_ASSIGN_OR_RETURN(const auto array, child->Take());
    children.push_back(array->data());
  }
  if (id() == TypeId::kMap) {
    const int64_t entries = children.front()->length;
    data->child_data = {
        arrow::ArrayData::Make(type->field(0)->type(), entries, {nullptr}, std::move(children), 0)};
  } else {
    data->child_data = std::move(children);
  }
  return arrow::MakeArray(data);
}

}  // namespace deltaic::ingest
