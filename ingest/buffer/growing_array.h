#pragma once

#include <arrow/buffer.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace deltaic::ingest {

/// A growing array of plain values that Arrow takes over without a copy, and that can be cut at any
/// length. One thread at a time.
template <typename T>
class GrowingArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  GrowingArray() = default;
  ~GrowingArray() { std::free(data_); }
  GrowingArray(GrowingArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  GrowingArray& operator=(GrowingArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  int64_t size() const { return size_; }
  const T* data() const { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  const T& operator[](int64_t i) const { return data_[i]; }
  const T& back() const { return data_[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_) [[unlikely]]
      Grow(size_ + 1);
    data_[size_++] = value;
  }
  void append(const T* values, int64_t count) {
    if (size_ + count > capacity_) [[unlikely]]
      Grow(size_ + count);
    if (count > 0) std::memcpy(data_ + size_, values, static_cast<size_t>(count) * sizeof(T));
    size_ += count;
  }
  void append(int64_t count, T value) {
    if (size_ + count > capacity_) Grow(size_ + count);
    for (int64_t i = 0; i < count; ++i) data_[size_ + i] = value;
    size_ += count;
  }
  /// \param size  at most what there is.
  void truncate(int64_t size) { size_ = size; }

  /// Hands the values over and is empty after; the next ones start with room for as many.
  std::shared_ptr<arrow::Buffer> Take() {
    class Owner : public arrow::Buffer {
     public:
      Owner(T* data, int64_t bytes)
          : arrow::Buffer(reinterpret_cast<const uint8_t*>(data), bytes), held_(data) {}
      ~Owner() override { std::free(held_); }

     private:
      T* held_;
    };
    if (data_ == nullptr) Grow(1);
    auto out = std::make_shared<Owner>(data_, size_ * static_cast<int64_t>(sizeof(T)));
    const int64_t used = size_;
    data_ = nullptr;
    size_ = capacity_ = 0;
    if (used > 0) Grow(used);
    return out;
  }

 private:
  void Grow(int64_t least) {
    const int64_t capacity = std::max({least, capacity_ * 2, int64_t{64}});
    void* data = std::realloc(data_, static_cast<size_t>(capacity) * sizeof(T));
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(data);
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  int64_t size_ = 0;
  int64_t capacity_ = 0;
};

}  // namespace deltaic::ingest
