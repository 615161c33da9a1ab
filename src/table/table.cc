#include "table/table.h"

#include <algorithm>
#include <utility>

#include "data/values/compute_kernels.h"
#include "table/snapshot_impl.h"

namespace deltaic {

Result<std::shared_ptr<Table>> Table::At(std::string_view uri, const StorageOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(auto store, OpenObjectStore(uri, options));
  return Of(std::move(store));
}

std::shared_ptr<Table> Table::Of(std::shared_ptr<ObjectStore> store) {
  // Before any thread of the table's: see there. Where it fails, the first scan says so.
  static_cast<void>(EnsureComputeKernels());
  std::shared_ptr<LogStore> log = MakeLogStore(store);
  return std::make_shared<Table>(std::move(store), std::move(log));
}

Result<std::shared_ptr<Table>> Table::WithCatalog(CatalogCommits commits) const {
  DELTAIC_ASSIGN_OR_RETURN(auto log, MakeCatalogLog(MakeLogStore(store_), std::move(commits)));
  return std::make_shared<Table>(store_, std::move(log));
}

Result<bool> Table::Exists() const {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> files, ListLog(*log_, Version{0}));
  return std::ranges::any_of(files, [](const LogFile& file) {
    return file.parsed.kind == LogFileKind::kCommit || file.parsed.is_checkpoint();
  });
}

Result<SnapshotPtr> Table::Load(std::optional<Version> at) const {
  return LoadSnapshot(store_, log_, at);
}

Result<SnapshotPtr> Table::Refresh(const SnapshotPtr& base) const { return RefreshSnapshot(base); }

}  // namespace deltaic
