#include "storage/local_listing.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include "storage/atomic_file.h"
#include "storage/errno_status.h"
#include "storage/parallel_for.h"
#include "storage/posix_file.h"

namespace deltaic {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

bool MeansAbsent(int error) { return error == ENOENT || error == ENOTDIR; }

/// Of a large folder, names that one thread looks at: each costs a wait where the disk must say.
constexpr size_t kLooksAtOnce = 512;
constexpr int kMostThreads = 8;
/// Names of a part: all threads have work, and a folder of millions takes little memory.
constexpr size_t kPartNames = kLooksAtOnce * kMostThreads * 2;

struct Entry {
  std::string name;
  unsigned char type = DT_UNKNOWN;
};

/// Adds one name. Names that vanish between listing and looking are left out.
Status AddEntry(int folder_fd, Entry& entry, const std::string& folder, FolderEntries& out) {
  std::string& name = entry.name;
  if (entry.type == DT_DIR) {
    out.folders.push_back(std::move(name));
    return Status();
  }
  if (entry.type != DT_REG && entry.type != DT_LNK && entry.type != DT_UNKNOWN) {
    return Status();
  }
  struct stat info;
  if (fstatat(folder_fd, name.c_str(), &info, 0) != 0) {
    // ELOOP: a link that leads nowhere is nothing that could be read.
    if (MeansAbsent(errno) || errno == ELOOP) return Status();
    return StatusFromErrno(errno, "listing", Concat(folder, '/', name));
  }
  if (S_ISREG(info.st_mode)) {
    out.files.push_back({std::move(name), int64_t{info.st_size}, ModificationTime(info)});
  } else if (S_ISDIR(info.st_mode) && entry.type == DT_UNKNOWN) {
    // Some file systems do not say what a name is; tell folders from links to folders.
    if (fstatat(folder_fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(info.st_mode)) {
      out.folders.push_back(std::move(name));
    }
  }
  return Status();
}

Status AddEntries(int folder_fd, std::span<Entry> entries, const std::string& folder,
                  FolderEntries& out) {
  for (Entry& entry : entries) {
    DELTAIC_RETURN_IF_ERROR(AddEntry(folder_fd, entry, folder, out));
  }
  return Status();
}

/// As AddEntries(), several parts at once.
Status AddManyEntries(int folder_fd, std::span<Entry> entries, const std::string& folder,
                      FolderEntries& out) {
  std::vector<FolderEntries> parts((entries.size() + kLooksAtOnce - 1) / kLooksAtOnce);
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(static_cast<int64_t>(parts.size()), kMostThreads, [&](int64_t i) {
        const size_t begin = static_cast<size_t>(i) * kLooksAtOnce;
        const size_t count = std::min(kLooksAtOnce, entries.size() - begin);
        return AddEntries(folder_fd, entries.subspan(begin, count), folder,
                          parts[static_cast<size_t>(i)]);
      }));
  out.files.reserve(entries.size());
  for (FolderEntries& part : parts) {
    std::ranges::move(part.files, std::back_inserter(out.files));
    std::ranges::move(part.folders, std::back_inserter(out.folders));
  }
  return Status();
}

}  // namespace

Status VisitLocalFolder(const std::string& folder, std::string_view start_name,
                        const std::function<Status(FolderEntries)>& visit) {
  UniqueFd fd = OpenFd(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) {
    if (MeansAbsent(errno)) return Status();
    return StatusFromErrno(errno, "listing", folder);
  }
  const std::unique_ptr<DIR, CloseFolder> opened(fdopendir(fd.get()));
  if (!opened) return StatusFromErrno(errno, "listing", folder);
  const int folder_fd = fd.Release();  // closed with `opened`
  std::vector<Entry> entries;
  const auto visit_entries = [&]() -> Status {
    FolderEntries part;
    DELTAIC_RETURN_IF_ERROR(entries.size() > 2 * kLooksAtOnce
                                ? AddManyEntries(folder_fd, entries, folder, part)
                                : AddEntries(folder_fd, entries, folder, part));
    entries.clear();
    return visit(std::move(part));
  };
  while (true) {
    errno = 0;
    const dirent* entry = readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name < start_name || name == "." || name == ".." || IsTempFileName(name)) continue;
    entries.push_back({std::string(name), entry->d_type});
    if (entries.size() == kPartNames) DELTAIC_RETURN_IF_ERROR(visit_entries());
  }
  if (errno != 0) return StatusFromErrno(errno, "listing", folder);
  return visit_entries();
}

Result<FolderEntries> ListLocalFolder(const std::string& folder, std::string_view start_name) {
  FolderEntries out;
  DELTAIC_RETURN_IF_ERROR(VisitLocalFolder(folder, start_name, [&](FolderEntries part) {
    std::ranges::move(part.files, std::back_inserter(out.files));
    std::ranges::move(part.folders, std::back_inserter(out.folders));
    return Status();
  }));
  return out;
}

}  // namespace deltaic
