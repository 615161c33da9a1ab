#include "ops/manifest.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "data/actions/data_path.h"
#include "data/actions/file_actions.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

constexpr std::string_view kFolder = "_symlink_format_manifest";

Result<std::map<std::string, std::string>> CollectPaths(const Snapshot& snapshot,
                                                        const CancellationToken& cancel,
                                                        int64_t& num_files) {
  FileListOptions options{.columns = FileColumns::PathOnly(), .cancel = cancel};
  options.columns.partition_values = true;
  options.columns.deletion_vector = true;
  DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot.ListFiles(std::move(options)));
  DataFileUris uris(snapshot.store()->root_uri());
  std::map<std::string, std::string> by_folder;
  while (true) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return by_folder;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const Add add = AddFromBatch(*batch, row);
      if (add.deletion_vector) {
        return Status::Unsupported("no manifest of ", snapshot.store()->root_uri(),
                                   ": engines that read manifests do not know deletion vectors, "
                                   "and file ",
                                   add.path, " has one; purge them first");
      }
      std::string& lines =
          by_folder[add.partition_values.empty()
                        ? std::string(kFolder)
                        : Concat(kFolder, '/', PartitionDirectory(add.partition_values))];
      lines += uris.Of(add.path);
      lines += '\n';
      ++num_files;
    }
  }
}

}  // namespace

Result<ManifestResult> GenerateManifest(const Snapshot& snapshot, const CancellationToken& cancel) {
  if (snapshot.column_mapping() != ColumnMappingMode::kNone) {
    return Status::Unsupported("no manifest of ", snapshot.store()->root_uri(),
                               ": engines that read manifests do not know column mapping");
  }
  ManifestResult result;
  DELTAIC_ASSIGN_OR_RETURN(auto by_folder, CollectPaths(snapshot, cancel, result.num_files));
  if (snapshot.metadata().partition_columns.empty()) by_folder[std::string(kFolder)];
  ObjectStore& store = *snapshot.store();
  std::set<std::string> written;
  for (const auto& [folder, lines] : by_folder) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    const std::string path = folder + "/manifest";
    DELTAIC_RETURN_IF_ERROR(store.Put(path, lines));
    written.insert(path);
  }
  result.num_manifests = static_cast<int64_t>(written.size());
  std::vector<std::string> stale;
  DELTAIC_RETURN_IF_ERROR(store.ListRecursive(kFolder, [&](const ObjectMeta& object) {
    if (object.path.ends_with("/manifest") && !written.contains(object.path)) {
      stale.push_back(object.path);
    }
    return Status();
  }));
  for (const std::string& path : stale) DELTAIC_RETURN_IF_ERROR(store.Delete(path));
  result.num_stale = static_cast<int64_t>(stale.size());
  return result;
}

}  // namespace deltaic
