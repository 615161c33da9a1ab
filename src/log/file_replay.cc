#include "log/file_replay.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "log/file_key_hash.h"

namespace deltaic {

/// A set of file keys that only grows.
/// 1. `arena` holds each key once: path length, id length (4 bytes each), path, id.
/// 2. A slot is 0 (free), or 24 bits of the key's hash above the 40-bit offset, plus one, of its
/// key in the arena.
/// 3. The number of slots is a power of two, and at most 5/8 of them are taken.
struct FileReplay::Impl {
  static constexpr int kOffsetBits = 40;
  static constexpr uint64_t kOffsetMask = (uint64_t{1} << kOffsetBits) - 1;
  static constexpr size_t kHeaderBytes = 2 * sizeof(uint32_t);
  static constexpr size_t kFirstSlots = 64;

  std::string arena;
  std::vector<uint64_t> slots;
  size_t num_keys = 0;

  static uint64_t TagOf(uint64_t hash) { return hash & ~kOffsetMask; }

  FileKey KeyAt(uint64_t slot) const {
    const char* record = arena.data() + ((slot & kOffsetMask) - 1);
    uint32_t path_size, id_size;
    std::memcpy(&path_size, record, sizeof(path_size));
    std::memcpy(&id_size, record + sizeof(path_size), sizeof(id_size));
    const char* text = record + kHeaderBytes;
    return {{text, path_size}, {text + path_size, id_size}};
  }

  /// The slot that holds `key`, or the free one where it belongs.
  size_t Probe(const FileKey& key, uint64_t hash) const {
    const size_t mask = slots.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      const uint64_t slot = slots[i];
      if (slot == 0) return i;
      if (TagOf(slot) != TagOf(hash)) continue;
      const FileKey other = KeyAt(slot);
      if (other.path == key.path && other.dv_id == key.dv_id) return i;
    }
  }

  bool Contains(const FileKey& key) const { return slots[Probe(key, HashKey(key))] != 0; }

  /// True if the key was not there before.
  bool Insert(const FileKey& key) {
    if ((num_keys + 1) * 8 > slots.size() * 5) Grow();
    const uint64_t hash = HashKey(key);
    const size_t i = Probe(key, hash);
    if (slots[i] != 0) return false;
    slots[i] = TagOf(hash) | (arena.size() + 1);
    const uint32_t sizes[2] = {static_cast<uint32_t>(key.path.size()),
                               static_cast<uint32_t>(key.dv_id.size())};
    arena.append(reinterpret_cast<const char*>(sizes), kHeaderBytes);
    arena.append(key.path);
    arena.append(key.dv_id);
    ++num_keys;
    return true;
  }

  void Grow() {
    const std::vector<uint64_t> old = std::move(slots);
    slots.assign(old.empty() ? kFirstSlots : old.size() * 2, 0);
    const size_t mask = slots.size() - 1;
    for (const uint64_t slot : old) {
      if (slot == 0) continue;
      size_t i = HashKey(KeyAt(slot)) & mask;
      while (slots[i] != 0) i = (i + 1) & mask;
      slots[i] = slot;
    }
  }
};

FileReplay::FileReplay() : impl_(std::make_unique<Impl>()) {}
FileReplay::~FileReplay() = default;

void FileReplay::Commit(std::span<const FileKey> adds, std::span<const FileKey> removes,
                        std::span<uint8_t> live_adds, std::span<uint8_t> live_removes) {
  // The order inside a commit means nothing, and a key stands in it once. Where a writer broke
  // that, the file counts as there (an add before a remove), once, as its last add says.
  for (size_t i = adds.size(); i-- > 0;) live_adds[i] = impl_->Insert(adds[i]) ? 1 : 0;
  for (size_t i = removes.size(); i-- > 0;) live_removes[i] = impl_->Insert(removes[i]) ? 1 : 0;
}

void FileReplay::FilterCheckpoint(std::span<const FileKey> keys, std::span<uint8_t> live) const {
  if (empty()) {
    std::fill(live.begin(), live.end(), uint8_t{1});
    return;
  }
  for (size_t i = 0; i < keys.size(); ++i) live[i] = impl_->Contains(keys[i]) ? 0 : 1;
}

bool FileReplay::empty() const { return impl_->num_keys == 0; }
int64_t FileReplay::num_keys() const { return static_cast<int64_t>(impl_->num_keys); }

std::string_view CanonicalPath(std::string_view path) {
  constexpr std::string_view kScheme = "file:";
  if (!path.starts_with(kScheme)) return path;
  const std::string_view rest = path.substr(kScheme.size());
  if (rest.starts_with("///")) return rest.substr(2);
  return rest.starts_with('/') && !rest.starts_with("//") ? rest : path;
}

}  // namespace deltaic
