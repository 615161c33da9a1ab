#include "storage/posix_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "storage/errno_status.h"

namespace deltaic {
namespace {

/// Runs a system call again while a signal interrupts it.
template <typename Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// Makes one folder inside one that exists, and syncs that one. Also where another process made it
/// just now: it may not have come to syncing yet.
Status MakeOneFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
    const int error = errno;
    if (error == ENOTDIR) return Status::Io("making folder ", folder, ": ", ErrnoText(error));
    return StatusFromErrno(error, "making folder", folder);
  }
  if (!IsFolder(folder)) return Status::Io("making folder ", folder, ": something else is there");
  const std::string parent = ParentOf(folder);
  const UniqueFd fd = OpenFd(parent, O_RDONLY | O_DIRECTORY);
  // A parent that may be entered but not read cannot be synced; the folder is made all the same.
  if (!fd.valid())
    return errno == EACCES ? Status() : StatusFromErrno(errno, "opening folder", parent);
  return SyncFolder(fd.get(), parent);
}

}  // namespace

void UniqueFd::Reset(int fd) {
  // Not tried again after EINTR: Linux has released the descriptor by then.
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

UniqueFd OpenFd(const std::string& path, int flags) {
  return UniqueFd(Retry([&] { return open(path.c_str(), flags | O_CLOEXEC, 0666); }));
}

Result<OpenedFile> OpenForReading(const std::string& path) {
  OpenedFile file;
  // O_NONBLOCK: opening a pipe must not wait for a writer. It changes nothing for regular files.
  file.fd = OpenFd(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.fd.valid()) return StatusFromErrno(errno, "opening", path);
  if (fstat(file.fd.get(), &file.info) != 0) return StatusFromErrno(errno, "opening", path);
  if (!S_ISREG(file.info.st_mode))
    return Status::NotFound("opening ", path, ": not a regular file");
  return file;
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = Retry([&] { return write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return StatusFromErrno(errno, "writing", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status();
}

Result<int64_t> ReadFromPosition(int fd, int64_t position, char* out, int64_t size,
                                 const std::string& path) {
  int64_t have = 0;
  while (have < size) {
    const ssize_t got = Retry(
        [&] { return pread(fd, out + have, static_cast<size_t>(size - have), position + have); });
    if (got < 0) return StatusFromErrno(errno, "reading", path);
    if (got == 0) break;
    have += got;
  }
  return have;
}

Result<std::string> ReadFromStart(int fd, int64_t size, const std::string& path) {
  std::string bytes(static_cast<size_t>(size), '\0');
  DELTAIC_ASSIGN_OR_RETURN(const int64_t have, ReadFromPosition(fd, 0, bytes.data(), size, path));
  bytes.resize(static_cast<size_t>(have));
  return bytes;
}

Status SyncFile(int fd, const std::string& path) {
  if (Retry([&] { return fsync(fd); }) != 0) return StatusFromErrno(errno, "syncing", path);
  return Status();
}

bool SyncOfFileKeepsName(int fd) {
  constexpr uint32_t kXfs = 0x58465342;  // in no header
  struct statfs info;
  if (fstatfs(fd, &info) != 0) return false;
  // POSIX promises nothing. These give a name and count it in the file's own record by one
  // transaction of their journal, and a sync of the file waits for all transactions that changed
  // its record. On tmpfs nothing lasts.
  const auto type = static_cast<uint32_t>(info.f_type);
  return type == EXT4_SUPER_MAGIC || type == kXfs || type == BTRFS_SUPER_MAGIC ||
         type == TMPFS_MAGIC;
}

Status SyncFolder(int fd, const std::string& path) {
  if (Retry([&] { return fsync(fd); }) == 0 || errno == EINVAL || errno == ENOTSUP) return Status();
  return StatusFromErrno(errno, "syncing folder", path);
}

Status MakeFolders(const std::string& folder) {
  std::vector<std::string> missing;
  std::string at = folder;
  while (at != "/" && !IsFolder(at)) {
    missing.push_back(at);
    at = ParentOf(at);
  }
  for (; !missing.empty(); missing.pop_back())
    DELTAIC_RETURN_IF_ERROR(MakeOneFolder(missing.back()));
  return Status();
}

TimestampMs ModificationTime(const struct stat& info) {
  return TimestampMs{int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000};
}

}  // namespace deltaic
