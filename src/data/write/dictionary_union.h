#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Values one after the other, as a dictionary's page has them (PLAIN).
class PlainValues {
 public:
  /// \param value_bytes  of each; 0: texts behind their sizes.
  /// \retval kCorruption  `bytes` do not hold `count` values.
  static Result<PlainValues> Open(std::span<const uint8_t> bytes, int value_bytes, size_t count);

  size_t size() const { return count_; }
  /// Where value i begins; of i == size(): where the last one ends.
  size_t begin(size_t i) const { return width_ > 0 ? i * width_ : begins_[i]; }
  /// Of texts, with their sizes.
  std::span<const uint8_t> value(size_t i) const {
    return bytes_.subspan(begin(i), begin(i + 1) - begin(i));
  }
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t count_ = 0;
  size_t width_ = 0;            ///< 0: texts
  std::vector<size_t> begins_;  ///< of texts
};

/// The values of several dictionaries, each once, in the order in which they came.
class DictionaryUnion {
 public:
  explicit DictionaryUnion(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Takes in a dictionary. \param map  gets the number that each of its values has here.
  /// \return false: all together are larger than they may be; no call after it.
  bool Add(const PlainValues& values, std::vector<uint32_t>& map);

  size_t size() const { return ends_.size(); }
  const std::string& bytes() const { return bytes_; }  ///< PLAIN

 private:
  void Grow();
  size_t BeginOf(size_t number) const { return number == 0 ? 0 : ends_[number - 1]; }

  const size_t max_bytes_;
  std::string bytes_;
  std::vector<size_t> ends_;      ///< of values, in bytes_
  std::vector<uint64_t> hashes_;  ///< of values
  std::vector<uint32_t> slots_;   ///< numbers of values, plus 1, where their hashes say; 0: free
};

}  // namespace deltaic
