#include "table/seen_files.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "data/actions/file_keys.h"

namespace deltaic {
namespace {

FileKeyColumns KeyColumns(const arrow::RecordBatch& batch) {
  return FileKeyColumns(*batch.GetColumnByName("path"),
                        batch.GetColumnByName("deletionVector").get());
}

}  // namespace

void SeenFiles::Clear(std::span<const FileKey> keys, std::span<uint8_t> live) const {
  bool first = true;
  std::vector<uint8_t> unseen;
  for (const auto& tail : commits) {
    if (std::exchange(first, false)) {
      tail->replay.FilterCheckpoint(keys, live);
      continue;
    }
    unseen.resize(live.size());
    tail->replay.FilterCheckpoint(keys, unseen);
    for (size_t i = 0; i < live.size(); ++i) live[i] &= unseen[i];
  }
  for (const auto& files : given) {
    for (size_t i = 0; i < live.size(); ++i) {
      if (live[i] != 0 && files->Contains(keys[i])) live[i] = 0;
    }
  }
}

CheckpointKeyFilter FilterOf(std::shared_ptr<const SeenFiles> seen) {
  const auto has_keys = [](const auto& tail) { return !tail->replay.empty(); };
  if (seen->given.empty() && std::ranges::none_of(seen->commits, has_keys)) return nullptr;
  return
      [seen = std::move(seen)](std::span<const std::string_view> paths,
                               std::span<const std::string_view> dv_ids, std::span<uint8_t> live) {
        std::vector<FileKey> keys(paths.size());
        for (size_t i = 0; i < keys.size(); ++i) keys[i] = {CanonicalPath(paths[i]), dv_ids[i]};
        seen->Clear(keys, live);
      };
}

std::vector<uint8_t> FilterRows(const arrow::RecordBatch& batch,
                                const CheckpointKeyFilter& filter) {
  std::vector<uint8_t> live(batch.num_rows(), 1);
  if (!filter) return live;
  const FileKeyColumns keys = KeyColumns(batch);
  filter(keys.paths, keys.dv_ids, live);
  return live;
}

void AddKeys(const arrow::RecordBatch& batch, FileKeySet& keys) {
  const FileKeyColumns columns = KeyColumns(batch);
  for (size_t i = 0; i < columns.paths.size(); ++i) {
    keys.Add({CanonicalPath(columns.paths[i]), columns.dv_ids[i]});
  }
}

}  // namespace deltaic
