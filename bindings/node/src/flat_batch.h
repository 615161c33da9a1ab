#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "arrow_tree.h"

namespace deltaic_node {

Field CopySchema(const ArrowSchema& schema);

/// Bytes that grow without being set to 0, in memory that was lent while it suffices.
class Bytes {
 public:
  /// Begins anew. \param lent  of `capacity` bytes, used until the next call; may be nullptr.
  void Begin(uint8_t* lent, size_t capacity) {
    size_ = 0;
    at_ = lent == nullptr ? own_.get() : lent;
    capacity_ = lent == nullptr ? own_capacity_ : capacity;
  }
  /// Adds `size` bytes, whatever is in them. Returns where they begin.
  size_t Grow(size_t size) {
    const size_t at = size_;
    size_ += size;
    if (size_ > capacity_) Reserve(std::max(size_, 2 * capacity_));
    return at;
  }
  uint8_t* data() { return at_; }
  const uint8_t* data() const { return at_; }
  size_t size() const { return size_; }
  bool is_lent() const { return at_ != own_.get(); }

 private:
  void Reserve(size_t capacity) {
    std::unique_ptr<uint8_t[]> larger(new uint8_t[capacity]);
    if (capacity_ > 0) std::memcpy(larger.get(), at_, capacity_);
    own_ = std::move(larger);
    at_ = own_.get();
    own_capacity_ = capacity_ = capacity;
  }

  std::unique_ptr<uint8_t[]> own_;
  size_t own_capacity_ = 0;
  uint8_t* at_ = nullptr;  // where they are: of own_, or lent
  size_t size_ = 0;
  size_t capacity_ = 0;
};

/// A batch as JavaScript reads it: one block of bytes, and numbers that say where in it what is.
/// For each field, parents first: rows, position of the nulls, and then, by the field's type,
///   numbers, days      position of the values
///   booleans           position of the values, a byte each
///   timestamps         position of the milliseconds as doubles, position of the microseconds
///   beyond them as uint16 text, decimals     position of n + 1 offsets in bytes, position and
///   length of the bytes, position of n + 1 offsets
///                      in UTF-16 units
///   bytes              the first three of these
///   lists, maps        position of n + 1 offsets into the child
///   dictionaries       position of the indexes as int32; then the words as a field of text
/// A position is -1 where there is nothing to say: no null, no microsecond, offsets in UTF-16 that
/// equal those in bytes. Nulls are a byte for each row, 1 where there is a value. All begins at row
/// 0, whatever the array's offset.
struct FlatBatch {
  Bytes block;
  std::vector<double> layout;
};

/// \param out  begun; what it held before goes.
void FlattenBatch(const Field& schema, const ArrowArray& batch, FlatBatch* out);

}  // namespace deltaic_node
