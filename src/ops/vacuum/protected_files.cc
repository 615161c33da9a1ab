#include "ops/vacuum/protected_files.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/actions/data_path.h"
#include "data/actions/file_actions.h"
#include "data/deletion_vector/deletion_vector_file.h"

namespace deltaic {

Result<std::vector<std::string>> PathsOf(const ObjectStore& store, std::string_view log_path,
                                         const std::optional<DeletionVectorDescriptor>& vector) {
  std::vector<std::string> out;
  const auto take = [&](Result<std::string> path) -> Status {
    if (path.ok()) out.push_back(*std::move(path));
    // A clone names files of other tables, which are nobody's business here.
    return path.status().code() == StatusCode::kUnsupported ? Status() : path.status();
  };
  DELTAIC_RETURN_IF_ERROR(take(ResolveDataPath(store.root_uri(), log_path)));
  if (!vector || vector->storage_type == "i") return out;
  if (vector->storage_type == "p") {
    DELTAIC_RETURN_IF_ERROR(take(ResolveDataPath(store.root_uri(), vector->path_or_inline_dv)));
    return out;
  }
  DELTAIC_ASSIGN_OR_RETURN(DataPlace place, DeletionVectorPlace(store, *vector));
  out.push_back(std::move(place.path));
  return out;
}

Status ProtectedFiles::Add(std::string_view log_path,
                           const std::optional<DeletionVectorDescriptor>& vector) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                           PathsOf(*store_, log_path, vector));
  for (const std::string& path : paths) paths_.Add({path, {}});
  return Status();
}

Status ProtectedFiles::AddLive(const Snapshot& snapshot, const CancellationToken& cancel) {
  FileColumns columns = FileColumns::PathOnly();
  columns.deletion_vector = true;
  DELTAIC_ASSIGN_OR_RETURN(
      const auto files, snapshot.ListFiles(FileListOptions{.columns = columns, .cancel = cancel}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return Status();
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const deltaic::Add add = AddFromBatch(*batch, row);
      DELTAIC_RETURN_IF_ERROR(Add(add.path, add.deletion_vector));
    }
  }
}

Status ProtectedFiles::AddTombstones(const Snapshot& snapshot, TimestampMs cutoff) {
  // It takes the retention off again. One millisecond more, for those of the cutoff itself.
  const TimestampMs now{cutoff.value - 1 + snapshot.properties().deleted_file_retention_ms};
  DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot.ListTombstones(now));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return Status();
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const Remove remove = RemoveFromBatch(*batch, row);
      DELTAIC_RETURN_IF_ERROR(Add(remove.path, remove.deletion_vector));
    }
  }
}

}  // namespace deltaic
