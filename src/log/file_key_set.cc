#include "log/file_key_set.h"

#include <algorithm>

#include "log/file_key_hash.h"

namespace deltaic {
namespace {

std::array<uint64_t, 2> DigestOf(const FileKey& key) {
  constexpr uint64_t kSecondSeed = 0xa0761d6478bd642f;
  return {HashKey(key), HashKey(key, kSecondSeed)};
}

}  // namespace

void FileKeySet::Add(const FileKey& key) { digests_.push_back(DigestOf(key)); }

void FileKeySet::AddAll(const FileKeySet& other) {
  digests_.insert(digests_.end(), other.digests_.begin(), other.digests_.end());
}

void FileKeySet::Seal() { std::ranges::sort(digests_); }

bool FileKeySet::Contains(const FileKey& key) const {
  return std::ranges::binary_search(digests_, DigestOf(key));
}

}  // namespace deltaic
