#include "ops/uncommitted_files.h"

#include <utility>

#include "base/log_sink.h"
#include "base/percent_encoding.h"

namespace deltaic {

UncommittedFiles::UncommittedFiles(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}

UncommittedFiles::UncommittedFiles(UncommittedFiles&& other) noexcept
    : store_(std::move(other.store_)), log_paths_(std::exchange(other.log_paths_, {})) {}

UncommittedFiles::~UncommittedFiles() {
  for (const std::string& log_path : log_paths_) {
    const Status status = store_->Delete(PercentDecode(log_path));
    if (!status.ok()) {
      Log(LogLevel::kWarning,
          Concat("the file ", log_path, " of a failed write could not be deleted (",
                 status.message(), "); VACUUM will"));
    }
  }
}

void UncommittedFiles::Add(std::string log_path) { log_paths_.push_back(std::move(log_path)); }

void UncommittedFiles::Add(const std::vector<WrittenFile>& files) {
  for (const WrittenFile& file : files) log_paths_.push_back(file.path);
}

void UncommittedFiles::Settle(const Status& committed) {
  if (committed.ok() || committed.code() == StatusCode::kCommitUnknown) log_paths_.clear();
}

}  // namespace deltaic
