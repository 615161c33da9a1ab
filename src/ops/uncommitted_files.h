#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/written_file.h"
#include "storage/object_store.h"

namespace deltaic {

/// Files that an operation has written and that no commit names yet. Destroying it deletes them,
/// unless the commit has been made, or may have been. One thread at a time.
class UncommittedFiles {
 public:
  explicit UncommittedFiles(std::shared_ptr<ObjectStore> store);
  ~UncommittedFiles();
  UncommittedFiles(UncommittedFiles&& other) noexcept;
  UncommittedFiles& operator=(UncommittedFiles&&) = delete;

  /// \param log_path  as the log would have it: percent-encoded, below the table's root.
  void Add(std::string log_path);
  void Add(const std::vector<WrittenFile>& files);

  /// Learns how the commit went: after success, and after kCommitUnknown, when a version may name
  /// the files, they are kept; after any other status they are deleted with this object.
  void Settle(const Status& committed);

 private:
  std::shared_ptr<ObjectStore> store_;
  std::vector<std::string> log_paths_;
};

}  // namespace deltaic
