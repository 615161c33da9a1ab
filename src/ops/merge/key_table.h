#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Rows by their keys, for an equality join: a row is found by another row's equal key. Keys of
/// several columns are equal where each is; null equals nothing; -0.0 equals 0.0 and NaN itself.
/// Immutable once made: safe from any thread.
class KeyTable {
 public:
  static constexpr int32_t kNone = -1;

  /// \param keys  at least one array of primitive values, all of one length below 2^31.
  /// \param wanted  rows to put in; nullptr: all.
  /// \retval kUnsupported  a type that has no keys.
  static Result<KeyTable> Make(const std::vector<std::shared_ptr<arrow::Array>>& keys,
                               const arrow::BooleanArray* wanted);

  /// A hash of each row of `keys`, the same for equal keys of the same types.
  static Result<std::vector<uint64_t>> Hashes(
      const std::vector<std::shared_ptr<arrow::Array>>& keys);

  /// For each row of `keys`, of the same types: the first row here with an equal key, or kNone.
  Status Find(const std::vector<std::shared_ptr<arrow::Array>>& keys,
              std::vector<int32_t>& first) const;
  /// The next row with the same key, or kNone.
  int32_t Next(int32_t row) const { return next_[static_cast<size_t>(row)]; }
  /// Of different keys.
  int64_t num_keys() const { return num_keys_; }

 private:
  /// The keys of some rows: by column as numbers, or by row as bytes where a column does not fit
  /// in numbers.
  struct Encoded {
    std::vector<std::vector<uint64_t>> numbers;
    std::string bytes;
    std::vector<size_t> ends;  ///< of the bytes of each row
    std::vector<uint8_t> valid;
    std::string_view BytesOf(size_t row) const {
      const size_t begin = row == 0 ? 0 : ends[row - 1];
      return std::string_view(bytes).substr(begin, ends[row] - begin);
    }
  };
  static Result<Encoded> Encode(const std::vector<std::shared_ptr<arrow::Array>>& keys);
  static std::vector<uint64_t> HashesOf(const Encoded& keys);
  Status FindSome(const std::vector<std::shared_ptr<arrow::Array>>& keys, int32_t* first) const;
  bool Equal(size_t row, const Encoded& others, size_t other) const;
  size_t SlotOf(uint64_t hash) const { return static_cast<size_t>(hash >> shift_); }
  /// Of a slot that is taken.
  static uint8_t TagOf(uint64_t hash) { return static_cast<uint8_t>(hash) | 1; }

  Encoded keys_;
  std::vector<int32_t> slots_;  ///< first row of each key, by hash; linear probing
  /// Of each slot a part of the hash, 0 where it is free: what is not there is known by them alone,
  /// which fit in a cache where slots and keys do not.
  std::vector<uint8_t> tags_;
  std::vector<int32_t> next_, last_;
  int shift_ = 0;
  int64_t num_keys_ = 0;
};

}  // namespace deltaic
