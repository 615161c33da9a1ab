#include "common/column.h"

#include <atomic>
#include <memory>

namespace deltaic_rows {
namespace {

[[noreturn]] void Refuse(const ColumnType& type, const char* why) {
  throw UnsupportedType("column " + type.name + ": the Arrow array " + why);
}

/// Buffers of an array of this type; views have as many as they like.
int64_t NumBuffers(const ColumnType& type) {
  if (type.index_width > 0) return 2;
  switch (type.layout) {
    case Layout::kNone:
      return 0;
    case Layout::kMembers:
      return 1;
    case Layout::kBits:
    case Layout::kFixed:
      return 2;
    default:
      return type.kind == Kind::kList || type.kind == Kind::kMap ? 2 : 3;
  }
}

ColumnType WithoutIndex(const ColumnType& type) {
  ColumnType out = type;
  out.index_width = 0;
  return out;
}

std::atomic<uint64_t> next_dictionary_id{1};

}  // namespace

Column::Column(const ColumnType& type) : type_(&type) {
  if (type.index_width > 0) {
    dictionary_type_ = std::make_shared<const ColumnType>(WithoutIndex(type));
    dictionary_.emplace_back(*dictionary_type_);
    return;
  }
  children_.reserve(type.children.size());
  for (const ColumnType& child : type.children) children_.emplace_back(child);
}

void Column::Bind(const ArrowArray& array, int64_t outer_offset) {
  const ColumnType& type = *type_;
  if (array.n_buffers < NumBuffers(type)) Refuse(type, "has too few buffers");
  offset_ = array.offset + outer_offset;
  const auto buffer = [&array](int64_t i) {
    return i < array.n_buffers ? static_cast<const uint8_t*>(array.buffers[i]) : nullptr;
  };
  validity_ = array.null_count == 0 ? nullptr : buffer(0);
  data_ = buffer(1);
  bytes_ = buffer(2);
  buffers_ = array.buffers;
  if (type.index_width > 0) {
    if (array.dictionary == nullptr) Refuse(type, "has no dictionary");
    dictionary_[0].Bind(*array.dictionary);
    dictionary_length_ = array.dictionary->length;
    dictionary_id_ = next_dictionary_id.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const ArrowArray* parent = &array;
  int64_t passed = type.layout == Layout::kMembers ? offset_ : 0;
  if (type.kind == Kind::kMap) {
    if (array.n_children != 1) Refuse(type, "has no entries");
    parent = array.children[0];
    passed = parent->offset;
  }
  if (parent->n_children != static_cast<int64_t>(children_.size())) {
    Refuse(type, "has another number of members");
  }
  for (size_t i = 0; i < children_.size(); ++i) children_[i].Bind(*parent->children[i], passed);
}

int64_t Column::Micros(int64_t row) const {
  const auto value = ValueAt<int64_t>(data_, offset_ + row);
  switch (type_->unit) {
    case 's':
      return value * 1'000'000;
    case 'm':
      return value * 1'000;
    case 'n':
      return value / 1'000 - (value % 1'000 < 0 ? 1 : 0);
    default:
      return value;
  }
}

__int128 Column::Unscaled(int64_t row) const {
  const int64_t at = offset_ + row;
  if (type_->byte_width == 16) return ValueAt<__int128>(data_, at);
  return IntegerAt(data_, at, type_->byte_width, true);
}

std::string_view Column::Bytes(int64_t row) const {
  const int64_t at = offset_ + row;
  if (type_->layout == Layout::kOffsets32) {
    const auto begin = ValueAt<int32_t>(data_, at);
    return {reinterpret_cast<const char*>(bytes_) + begin,
            static_cast<size_t>(ValueAt<int32_t>(data_, at + 1) - begin)};
  }
  if (type_->layout == Layout::kOffsets64) {
    const auto begin = ValueAt<int64_t>(data_, at);
    return {reinterpret_cast<const char*>(bytes_) + begin,
            static_cast<size_t>(ValueAt<int64_t>(data_, at + 1) - begin)};
  }
  // A view is 16 bytes: its length, then the text itself where it has at most 12, else the first
  // four, the number of its buffer and where it begins there.
  const uint8_t* view = data_ + static_cast<size_t>(at) * 16;
  const auto length = ValueAt<int32_t>(view, 0);
  if (length <= 12) return {reinterpret_cast<const char*>(view) + 4, static_cast<size_t>(length)};
  const auto* variadic = static_cast<const char*>(buffers_[2 + ValueAt<int32_t>(view, 2)]);
  return {variadic + ValueAt<int32_t>(view, 3), static_cast<size_t>(length)};
}

}  // namespace deltaic_rows
