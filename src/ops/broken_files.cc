#include "ops/broken_files.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "ops/missing_files.h"
#include "ops/row_finder.h"
#include "scan/file_source.h"
#include "scan/running_scan.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// Reads all of a file, one thread for it.
Status ReadWhole(const SnapshotPtr& snapshot, const Add& add, const CancellationToken& cancel) {
  std::vector<ScanFile> files{ScanFileOf(add)};
  DELTAIC_ASSIGN_OR_RETURN(
      const auto scan,
      RunningScan::Start(
          snapshot->store(), ReadSpecOf(*snapshot),
          [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
            return TheseFiles(std::move(files));
          },
          ScanOptions{.num_threads = 1, .max_memory_bytes = int64_t{8} << 20, .cancel = cancel}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan->Next());
    if (batch == nullptr) return Status();
  }
}

/// \return nullopt: it can be read.
Result<std::optional<BrokenFile>> Check(const SnapshotPtr& snapshot, const Add& add,
                                        const FileLook& look, const BrokenFileSearch& search) {
  DELTAIC_RETURN_IF_ERROR(search.cancel.Check());
  if (!look.has_data) return std::optional(BrokenFile{0, look.data_path, "missing"});
  if (!look.has_vector) return std::optional(BrokenFile{0, look.vector_path, "missing"});
  if (!search.read_all && !look.has_odd_size) return std::optional<BrokenFile>();
  const Status read = ReadWhole(snapshot, add, search.cancel);
  if (read.ok()) return std::optional<BrokenFile>();
  // Others say nothing of the file: a storage that does not answer, a type that is not known.
  if (read.code() != StatusCode::kCorruption && read.code() != StatusCode::kNotFound) return read;
  const std::string& message = read.message();
  const bool is_vector =
      !look.vector_path.empty() && message.find(look.vector_path) != std::string::npos;
  return std::optional(BrokenFile{0, is_vector ? look.vector_path : look.data_path, message});
}

}  // namespace

Result<std::vector<BrokenFile>> FindBrokenFiles(const SnapshotPtr& snapshot,
                                                const std::vector<Add>& adds,
                                                const BrokenFileSearch& search) {
  DELTAIC_ASSIGN_OR_RETURN(const auto looks, LookAtFiles(*snapshot->store(), adds, search.cancel));
  std::vector<std::optional<BrokenFile>> found(adds.size());
  const int num_threads = search.num_threads > 0
                              ? search.num_threads
                              : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(static_cast<int64_t>(adds.size()), num_threads, [&](int64_t i) -> Status {
        DELTAIC_ASSIGN_OR_RETURN(found[i], Check(snapshot, adds[i], looks[i], search));
        return Status();
      }));
  std::vector<BrokenFile> broken;
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    found[i]->index = i;
    broken.push_back(*std::move(found[i]));
  }
  return broken;
}

}  // namespace deltaic
