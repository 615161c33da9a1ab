#include "storage/local_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/percent_encoding.h"
#include "storage/atomic_file.h"
#include "storage/errno_status.h"
#include "storage/local_listing.h"
#include "storage/local_reader.h"
#include "storage/local_writer.h"
#include "storage/object_path.h"
#include "storage/parallel_for.h"
#include "storage/posix_file.h"

namespace deltaic {
namespace {

/// Deleting waits for the disk where the file system gives blocks back at once (mounted with
/// "discard", networks): many wait together. Of others this costs nothing.
constexpr int kDeletesAtOnce = 32;

/// Absolute, without empty and "." segments; "" for "/". ".." stays: behind a link it is not the
/// segment before.
Result<std::string> NormalizeRoot(const std::string& root) {
  if (root.empty()) return Status::InvalidArgument("the path of a table is empty");
  if (root.find('\0') != std::string::npos) {
    return Status::InvalidArgument("path \"", root.substr(0, root.find('\0')), "\" has a NUL byte");
  }
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(root, error).string();
  if (error) return StatusFromErrno(error.value(), "finding the current folder for", root);
  std::string out;
  for (size_t begin = 0; begin < absolute.size();) {
    const size_t end = std::min(absolute.find('/', begin), absolute.size());
    const std::string_view segment(absolute.data() + begin, end - begin);
    if (!segment.empty() && segment != ".") out.append("/").append(segment);
    begin = end + 1;
  }
  return out;
}

class LocalStore : public ObjectStore {
 public:
  explicit LocalStore(std::string root)
      : root_(std::move(root)), root_uri_(Concat("file://", PercentEncodePath(root_))) {}

  const std::string& root_uri() const override { return root_uri_; }
  StoreTraits traits() const override { return kNearStore; }

  Result<ObjectMeta> Stat(std::string_view path) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
    struct stat info;
    if (stat(full.c_str(), &info) != 0) return StatusFromErrno(errno, "looking at", full);
    if (!S_ISREG(info.st_mode)) return Status::NotFound(full, " is not a regular file");
    return ObjectMeta{std::string(path), int64_t{info.st_size}, ModificationTime(info)};
  }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view path, std::optional<int64_t> /*size_bytes*/) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
    return OpenLocalFile(full);
  }

  Result<std::string> Read(std::string_view path, int64_t max_bytes) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
    DELTAIC_ASSIGN_OR_RETURN(const OpenedFile file, OpenForReading(full));
    if (file.info.st_size > max_bytes) {
      return Status::Io("reading ", full, ": ", int64_t{file.info.st_size},
                        " bytes, more than the allowed ", max_bytes);
    }
    return ReadFromStart(file.fd.get(), file.info.st_size, full);
  }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view directory,
                                           std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view folder, CheckFolderPath(directory));
    DELTAIC_ASSIGN_OR_RETURN(FolderEntries entries,
                             ListLocalFolder(FullPathOfFolder(folder), start_name));
    std::sort(entries.files.begin(), entries.files.end(),
              [](const ObjectMeta& a, const ObjectMeta& b) { return a.path < b.path; });
    for (ObjectMeta& file : entries.files) file.path = JoinPath(folder, file.path);
    return std::move(entries.files);
  }

  Status ListRecursive(std::string_view directory,
                       const std::function<Status(const ObjectMeta&)>& visit) const override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view top, CheckFolderPath(directory));
    // A list of its own instead of recursion: folders can be nested deeper than a stack is.
    std::vector<std::string> waiting = {std::string(top)};
    while (!waiting.empty()) {
      const std::string folder = std::move(waiting.back());
      waiting.pop_back();
      DELTAIC_RETURN_IF_ERROR(
          VisitLocalFolder(FullPathOfFolder(folder), "", [&](FolderEntries entries) -> Status {
            for (const std::string& name : entries.folders) {
              waiting.push_back(JoinPath(folder, name));
            }
            for (ObjectMeta& file : entries.files) {
              file.path = JoinPath(folder, file.path);
              DELTAIC_RETURN_IF_ERROR(visit(file));
            }
            return Status();
          }));
    }
    return Status();
  }

  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(Place place, ResolvePlace(path));
    return CreateLocalFile(std::move(place.folder), std::move(place.name), NameUse::kUnannounced);
  }

  Result<std::unique_ptr<ObjectWriter>> CreateListed(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(Place place, ResolvePlace(path));
    return CreateLocalFile(std::move(place.folder), std::move(place.name), NameUse::kListed);
  }

  Result<PutOutcome> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    DELTAIC_ASSIGN_OR_RETURN(Place place, ResolvePlace(path));
    DELTAIC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(std::move(place.folder)));
    DELTAIC_RETURN_IF_ERROR(file.Write(bytes));
    return file.PublishNew(place.name);
  }

  Status Put(std::string_view path, std::string_view bytes) override {
    DELTAIC_ASSIGN_OR_RETURN(Place place, ResolvePlace(path));
    DELTAIC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(std::move(place.folder)));
    DELTAIC_RETURN_IF_ERROR(file.Write(bytes));
    return file.Publish(place.name);
  }

  Status PutHint(std::string_view path, std::string_view bytes) override {
    DELTAIC_ASSIGN_OR_RETURN(Place place, ResolvePlace(path));
    // Only a named file can replace another.
    DELTAIC_ASSIGN_OR_RETURN(AtomicFile file,
                             AtomicFile::Create(std::move(place.folder), TempFileKind::kNamed));
    DELTAIC_RETURN_IF_ERROR(file.Write(bytes));
    return file.PublishHint(place.name);
  }

  Status Delete(std::string_view path) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
    if (unlink(full.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return Status();
    return StatusFromErrno(errno, "deleting", full);
  }

  Status DeleteMany(std::span<const std::string> paths) override {
    return ParallelFor(static_cast<int64_t>(paths.size()), kDeletesAtOnce,
                       [&](int64_t i) { return Delete(paths[static_cast<size_t>(i)]); });
  }

 private:
  struct Place {
    std::string folder;  // absolute
    std::string name;
  };

  Result<std::string> Resolve(std::string_view path) const {
    DELTAIC_RETURN_IF_ERROR(CheckObjectPath(path));
    return Concat(root_, '/', path);
  }

  std::string FullPathOfFolder(std::string_view folder) const { return Concat(root_, '/', folder); }

  Result<Place> ResolvePlace(std::string_view path) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
    const size_t slash = full.rfind('/');
    return Place{slash == 0 ? "/" : full.substr(0, slash), full.substr(slash + 1)};
  }

  const std::string root_;
  const std::string root_uri_;
};

}  // namespace

Result<std::shared_ptr<ObjectStore>> MakeLocalStore(std::string root) {
  DELTAIC_ASSIGN_OR_RETURN(std::string normal, NormalizeRoot(root));
  return std::make_shared<LocalStore>(std::move(normal));
}

}  // namespace deltaic
