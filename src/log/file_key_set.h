#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "log/file_replay.h"

namespace deltaic {

/// A set of file keys that takes 16 bytes for each, for lists of many millions: a key stands in it
/// by 128 bits of hash. First filled, by one thread; once sealed, asked from any.
class FileKeySet {
 public:
  /// \param key  its path canonicalised.
  void Add(const FileKey& key);
  void AddAll(const FileKeySet& other);
  void Seal();
  bool Contains(const FileKey& key) const;

 private:
  std::vector<std::array<uint64_t, 2>> digests_;  ///< ascending once sealed
};

}  // namespace deltaic
