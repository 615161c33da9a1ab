#include "storage/atomic_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "storage/errno_status.h"

namespace deltaic {
namespace {

constexpr std::string_view kTempPrefix = ".";
constexpr std::string_view kTempSuffix = ".tmp";

std::string RandomTempName() {
  uint64_t random = 0;
  // Blocks only in the first moments of a machine. Were it to fail, O_EXCL below still keeps two
  // files apart.
  if (getrandom(&random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random))) {
    random = static_cast<uint64_t>(getpid());
  }
  char hex[17];
  std::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(random));
  return Concat(kTempPrefix, "deltaic-", hex, kTempSuffix);
}

/// An unnamed file gets its name through /proc, which a bare chroot may lack.
bool HasProc() {
  static const bool has = access("/proc/self/fd", X_OK) == 0;
  return has;
}

/// What open(O_TMPFILE) says where the file system has no such files.
bool MeansNoUnnamedFiles(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL;
}

/// What linkat() says where the file system has no hard links.
bool MeansNoHardLinks(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK;
}

}  // namespace

bool IsTempFileName(std::string_view name) {
  return name.starts_with(kTempPrefix) && name.ends_with(kTempSuffix);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      fd_(std::move(other.fd_)),
      temp_name_(std::exchange(other.temp_name_, {})) {}

Result<AtomicFile> AtomicFile::Create(std::string folder, TempFileKind kind) {
  UniqueFd fd;
  std::string temp_name;
  const auto open_once = [&] {
    if (kind == TempFileKind::kUnnamed && HasProc()) {
      fd = OpenFd(folder, O_TMPFILE | O_WRONLY);
      if (fd.valid() || !MeansNoUnnamedFiles(errno)) return;
    }
    temp_name = RandomTempName();
    fd = OpenFd(Concat(folder, '/', temp_name), O_CREAT | O_EXCL | O_WRONLY);
  };
  open_once();
  if (!fd.valid() && (errno == ENOENT || errno == ENOTDIR)) {
    // Trying first and making folders second keeps the usual case at one call.
    DELTAIC_RETURN_IF_ERROR(MakeFolders(folder));
    open_once();
  }
  if (!fd.valid()) return StatusFromErrno(errno, "creating a file in", folder);
  return AtomicFile(std::move(folder), std::move(fd), std::move(temp_name));
}

Status AtomicFile::Write(std::string_view bytes) { return WriteAll(fd_.get(), bytes, folder_); }

Result<PutOutcome> AtomicFile::PublishNew(const std::string& name) {
  DELTAIC_RETURN_IF_ERROR(SyncFile(fd_.get(), Describe(name)));
  DELTAIC_ASSIGN_OR_RETURN(const UniqueFd folder_fd, OpenFolder());
  const int error = PlaceNew(folder_fd.get(), name);
  if (error == EEXIST) return PutOutcome::kAlreadyExists;
  if (error == EINVAL) {
    return Status::Unsupported(
        "creating ", Describe(name),
        ": the file system can create no file exclusively (it has neither hard links nor "
        "RENAME_NOREPLACE), so commits there would not be safe");
  }
  if (error != 0) return StatusFromErrno(error, "creating", Describe(name));
  Discard();
  if (Status synced = SyncFolder(folder_fd.get(), folder_); !synced.ok()) {
    return Status::CommitUnknown(Describe(name),
                                 " is written, but may not last: ", synced.message());
  }
  return PutOutcome::kCreated;
}

Status AtomicFile::Publish(const std::string& name) {
  DELTAIC_RETURN_IF_ERROR(SyncFile(fd_.get(), Describe(name)));
  DELTAIC_ASSIGN_OR_RETURN(const UniqueFd folder_fd, Replace(name));
  return SyncFolder(folder_fd.get(), folder_);
}

Status AtomicFile::PublishUnannounced(const std::string& name) {
  const std::string path = Describe(name);
  // A name that is taken is left to Publish(), which replaces only what is on the disk.
  if (!temp_name_.empty() || !SyncOfFileKeepsName(fd_.get()) || LinkAs(AT_FDCWD, path) != 0) {
    return Publish(name);
  }
  Status synced = SyncFile(fd_.get(), path);
  if (!synced.ok()) unlink(path.c_str());
  Discard();
  return synced;
}

Status AtomicFile::PublishHint(const std::string& name) { return AsStatus(Replace(name)); }

void AtomicFile::Discard() {
  if (!temp_name_.empty()) unlink(Describe(temp_name_).c_str());
  temp_name_.clear();
  fd_.Reset();
}

Result<UniqueFd> AtomicFile::OpenFolder() const {
  UniqueFd folder_fd = OpenFd(folder_, O_RDONLY | O_DIRECTORY);
  if (!folder_fd.valid()) return StatusFromErrno(errno, "opening folder", folder_);
  return folder_fd;
}

/// Gives the file its name. \return the folder, which is not synced
Result<UniqueFd> AtomicFile::Replace(const std::string& name) {
  DELTAIC_ASSIGN_OR_RETURN(UniqueFd folder_fd, OpenFolder());
  if (const int error = PlaceReplacing(folder_fd.get(), name); error != 0) {
    return StatusFromErrno(error, "creating", Describe(name));
  }
  Discard();
  return folder_fd;
}

/// Links the file to `name` inside the folder. \return 0 or errno
int AtomicFile::LinkAs(int folder_fd, const std::string& name) {
  const int done = temp_name_.empty()
                       ? linkat(AT_FDCWD, Concat("/proc/self/fd/", fd_.get()).c_str(), folder_fd,
                                name.c_str(), AT_SYMLINK_FOLLOW)
                       : linkat(folder_fd, temp_name_.c_str(), folder_fd, name.c_str(), 0);
  return done == 0 ? 0 : errno;
}

/// Renames the named temporary file to `name`. \return 0 or errno
int AtomicFile::MoveTo(int folder_fd, const std::string& name, unsigned flags) {
  if (renameat2(folder_fd, temp_name_.c_str(), folder_fd, name.c_str(), flags) != 0) return errno;
  temp_name_.clear();
  return 0;
}

/// \return 0, or errno: EEXIST where the name is taken, EINVAL where the file system knows no
/// exclusive way
int AtomicFile::PlaceNew(int folder_fd, const std::string& name) {
  const int error = LinkAs(folder_fd, name);
  if (error == 0 || temp_name_.empty()) return error;
  if (error == EEXIST) {
    // On network file systems the reply to a link that was made can get lost, and the repeated call
    // then finds the name taken: by this very file, whose link count tells.
    struct stat info;
    return fstat(fd_.get(), &info) == 0 && info.st_nlink == 2 ? 0 : EEXIST;
  }
  return MeansNoHardLinks(error) ? MoveTo(folder_fd, name, RENAME_NOREPLACE) : error;
}

/// \return 0 or errno
int AtomicFile::PlaceReplacing(int folder_fd, const std::string& name) {
  if (temp_name_.empty()) {
    if (const int error = LinkAs(folder_fd, name); error != EEXIST) return error;
    // Only a named file can replace another.
    std::string temp_name = RandomTempName();
    if (const int error = LinkAs(folder_fd, temp_name); error != 0) return error;
    temp_name_ = std::move(temp_name);
  }
  return MoveTo(folder_fd, name, 0);
}

}  // namespace deltaic
