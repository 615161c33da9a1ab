#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/object_store.h"
#include "storage/posix_file.h"

namespace deltaic {

/// How a file exists before it has its name.
enum class TempFileKind {
  kUnnamed,  ///< O_TMPFILE: gone by itself when the process dies
  kNamed,    ///< a dot-file (see IsTempFileName), for file systems without the former
};

/// True for names that named temporary files have, ours and those of other writers (`.name.tmp`);
/// listings leave them out.
bool IsTempFileName(std::string_view name);

/// A file written beside its later name and published whole: at every moment, also after a crash,
/// the name is absent (or the older object) or has all the bytes; what a power loss may leave, each
/// way to publish says. Destroyed unpublished, it leaves nothing behind. One thread at a time.
class AtomicFile {
 public:
  /// Starts a file in `folder` (absolute), which is made if it is missing. With kUnnamed, a file
  /// system that has no unnamed files gets a named one.
  static Result<AtomicFile> Create(std::string folder, TempFileKind kind = TempFileKind::kUnnamed);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile() { Discard(); }

  Status Write(std::string_view bytes);

  /// Durably gives the file its name, if and only if that name is free. Of many callers one gets
  /// kCreated.
  /// \retval kCommitUnknown  the name is given, but syncing the folder failed.
  /// \retval kUnsupported  the file system has neither hard links nor an exclusive rename.
  Result<PutOutcome> PublishNew(const std::string& name);

  /// Durably gives the file its name, replacing what had it.
  Status Publish(const std::string& name);

  /// As Publish(), for a name that nobody looks for before this returned: where one sync keeps
  /// bytes and name, a power loss during the call may leave the name with a part of the bytes.
  Status PublishUnannounced(const std::string& name);

  /// As Publish(), but without waiting for the disk: a power loss may leave the name absent, the
  /// older object, or an empty one.
  Status PublishHint(const std::string& name);

  /// Drops the file unless it is published.
  void Discard();

 private:
  AtomicFile(std::string folder, UniqueFd fd, std::string temp_name)
      : folder_(std::move(folder)), fd_(std::move(fd)), temp_name_(std::move(temp_name)) {}

  std::string Describe(std::string_view name) const { return Concat(folder_, '/', name); }
  Result<UniqueFd> OpenFolder() const;
  Result<UniqueFd> Replace(const std::string& name);
  int LinkAs(int folder_fd, const std::string& name);
  int MoveTo(int folder_fd, const std::string& name, unsigned flags);
  int PlaceNew(int folder_fd, const std::string& name);
  int PlaceReplacing(int folder_fd, const std::string& name);

  std::string folder_;     // absolute
  UniqueFd fd_;            // open until published or discarded
  std::string temp_name_;  // inside folder_; empty while unnamed, and once published
};

}  // namespace deltaic
