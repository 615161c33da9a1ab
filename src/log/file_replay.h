#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace deltaic {

/// The key of a logical file: its path as written in the log (canonicalised) and its deletion
/// vector's unique id (empty for none).
struct FileKey {
  std::string_view path;
  std::string_view dv_id;
};

/// Newest-first replay of file actions. Feed the commits' actions from the newest to the oldest,
/// then the checkpoint's; each call says which rows survive. Keys are copied, in a compact arena;
/// one thread at a time, but FilterCheckpoint may run on many threads once all commits are in.
/// Source: PROTOCOL.md, "Action Reconciliation".
class FileReplay {
 public:
  FileReplay();
  ~FileReplay();
  /// One commit's adds and removes (any order inside the commit). Sets `live_adds[i]` to 1 where
  /// add i was not seen in a newer commit, `live_removes[i]` likewise for tombstones.
  void Commit(std::span<const FileKey> adds, std::span<const FileKey> removes,
              std::span<uint8_t> live_adds, std::span<uint8_t> live_removes);
  /// Rows of a checkpoint: `live[i]` = 1 where no commit mentioned key i.
  void FilterCheckpoint(std::span<const FileKey> keys, std::span<uint8_t> live) const;
  bool empty() const;
  int64_t num_keys() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `/a`, `file:/a` and `file:///a` mean one file: gives "/a" for all three, other paths as they
/// are.
std::string_view CanonicalPath(std::string_view path);

}  // namespace deltaic
