#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "base/strong_types.h"

namespace deltaic {

/// Owns one file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// open(2), close-on-exec, tried again after a signal. \return none, with errno set, on failure.
UniqueFd OpenFd(const std::string& path, int flags);

/// A regular file opened for reading.
struct OpenedFile {
  UniqueFd fd;
  struct stat info;
};

/// \retval kNotFound  absent, or no regular file (a folder, a pipe, a device).
Result<OpenedFile> OpenForReading(const std::string& path);

/// Writes all of `bytes` at the file's position. `path` is for messages, here and below.
Status WriteAll(int fd, std::string_view bytes, const std::string& path);

/// Reads `size` bytes from `position` on into `out`. Safe from many threads at once. \return how
/// many came: fewer where the file ends earlier.
Result<int64_t> ReadFromPosition(int fd, int64_t position, char* out, int64_t size,
                                 const std::string& path);

/// At most `size` bytes from the start of the file; fewer where it ends earlier.
Result<std::string> ReadFromStart(int fd, int64_t size, const std::string& path);

/// Puts the file's bytes on the disk.
Status SyncFile(int fd, const std::string& path);

/// True on file systems whose sync of a file also keeps the name that the file was just given.
bool SyncOfFileKeepsName(int fd);

/// Puts the folder's names on the disk; ok on file systems that cannot sync folders.
Status SyncFolder(int fd, const std::string& path);

/// Makes `folder` (absolute) and what is missing above it, durably. Ok if it is there.
/// \retval kIo  something on the way is no folder.
Status MakeFolders(const std::string& folder);

TimestampMs ModificationTime(const struct stat& info);

}  // namespace deltaic
