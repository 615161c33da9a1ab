#include "storage/local_listing.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "storage/atomic_file.h"
#include "storage/errno_status.h"
#include "storage/posix_file.h"

namespace deltaic {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

bool MeansAbsent(int error) { return error == ENOENT || error == ENOTDIR; }

/// Adds one name. Names that vanish between listing and looking are left out.
Status AddEntry(int folder_fd, const dirent& entry, const std::string& folder, FolderEntries& out) {
  const std::string_view name = entry.d_name;
  if (entry.d_type == DT_DIR) {
    out.folders.emplace_back(name);
    return Status();
  }
  if (entry.d_type != DT_REG && entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) {
    return Status();
  }
  struct stat info;
  if (fstatat(folder_fd, entry.d_name, &info, 0) != 0) {
    // ELOOP: a link that leads nowhere is nothing that could be read.
    if (MeansAbsent(errno) || errno == ELOOP) return Status();
    return StatusFromErrno(errno, "listing", Concat(folder, '/', name));
  }
  if (S_ISREG(info.st_mode)) {
    out.files.push_back({std::string(name), int64_t{info.st_size}, ModificationTime(info)});
  } else if (S_ISDIR(info.st_mode) && entry.d_type == DT_UNKNOWN) {
    // Some file systems do not say what a name is; tell folders from links to folders.
    if (fstatat(folder_fd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode)) {
      out.folders.emplace_back(name);
    }
  }
  return Status();
}

}  // namespace

Result<FolderEntries> ListLocalFolder(const std::string& folder, std::string_view start_name) {
  FolderEntries out;
  UniqueFd fd = OpenFd(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) {
    if (MeansAbsent(errno)) return out;
    return StatusFromErrno(errno, "listing", folder);
  }
  const std::unique_ptr<DIR, CloseFolder> opened(fdopendir(fd.get()));
  if (!opened) return StatusFromErrno(errno, "listing", folder);
  const int folder_fd = fd.Release();  // closed with `opened`
  while (true) {
    errno = 0;
    const dirent* entry = readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name < start_name || name == "." || name == ".." || IsTempFileName(name)) continue;
    DELTAIC_RETURN_IF_ERROR(AddEntry(folder_fd, *entry, folder, out));
  }
  if (errno != 0) return StatusFromErrno(errno, "listing", folder);
  return out;
}

}  // namespace deltaic
