#include "sync/file_changes.h"

#include <arrow/api.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "data/actions/data_path.h"
#include "data/actions/file_actions.h"
#include "data/actions/file_keys.h"
#include "expr/bind.h"
#include "log/file_key_hash.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// A live file by hashes: two independent ones of the path, since equal ones count as one file.
struct ListedFile {
  uint64_t path, path_again, vector;
  bool operator<(const ListedFile& other) const {
    return path != other.path ? path < other.path : path_again < other.path_again;
  }
};

enum class Fate : uint8_t { kNew, kSame, kOtherRows };

ListedFile HashesOf(std::string_view path, std::string_view dv_id) {
  return {HashBytes(path, kHashSeed0), HashBytes(path, kHashSeed1),
          dv_id.empty() ? 0 : HashBytes(dv_id, kHashSeed0)};
}

/// Calls `visit(hashes, batch, row)` for each live file that may match.
Status VisitFiles(
    const SnapshotPtr& snapshot, const ExprPtr& predicate, const CancellationToken& cancel,
    const std::function<void(const ListedFile&, const arrow::RecordBatch&, int64_t)>& visit) {
  DELTAIC_ASSIGN_OR_RETURN(const auto files,
                           snapshot->ListFiles(ScanListOptions(predicate, cancel)));
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return Status();
    const auto vectors = batch->GetColumnByName("deletionVector");
    const FileKeyColumns keys(*batch->GetColumnByName("path"), vectors.get());
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto at = static_cast<size_t>(row);
      visit(HashesOf(keys.paths[at], keys.dv_ids.empty() ? "" : keys.dv_ids[at]), *batch, row);
    }
  }
}

class FileComparison {
 public:
  FileComparison(SnapshotPtr from, SnapshotPtr to, CancellationToken cancel)
      : from_(std::move(from)), to_(std::move(to)), cancel_(std::move(cancel)) {}

  Result<FileChanges> Run(const ExprPtr& predicate, const Session& session) {
    ExprPtr of_to, of_from;
    if (predicate != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(of_to, BindPredicate(predicate, *to_->schema(), session));
      // The older version may lack a column that is named; then all of its files are compared.
      auto bound = BindPredicate(predicate, *from_->schema(), session);
      if (bound.ok()) of_from = *std::move(bound);
    }
    DELTAIC_RETURN_IF_ERROR(
        VisitFiles(to_, of_to, cancel_,
                   [&](const ListedFile& file, const auto&, int64_t) { listed_.push_back(file); }));
    std::sort(listed_.begin(), listed_.end());
    fates_.assign(listed_.size(), Fate::kNew);
    DELTAIC_RETURN_IF_ERROR(VisitFiles(from_, of_from, cancel_,
                                       [&](const ListedFile& file, const arrow::RecordBatch& batch,
                                           int64_t row) { VisitOld(file, batch, row); }));
    DELTAIC_RETURN_IF_ERROR(VisitFiles(to_, of_to, cancel_,
                                       [&](const ListedFile& file, const arrow::RecordBatch& batch,
                                           int64_t row) { VisitNew(file, batch, row); }));
    return std::move(changes_);
  }

 private:
  /// The place of `file` in listed_; listed_.size() where it is not there.
  size_t Find(const ListedFile& file) const {
    const auto found = std::lower_bound(listed_.begin(), listed_.end(), file);
    if (found == listed_.end() || file < *found) return listed_.size();
    return static_cast<size_t>(found - listed_.begin());
  }

  void VisitOld(const ListedFile& file, const arrow::RecordBatch& batch, int64_t row) {
    const size_t at = Find(file);
    if (at < listed_.size() && listed_[at].vector == file.vector) {
      fates_[at] = Fate::kSame;
      ++changes_.num_unchanged;
      return;
    }
    ScanFile old = ScanFileOf(AddFromBatch(batch, row));
    if (at < listed_.size()) {
      fates_[at] = Fate::kOtherRows;
      other_rows_.emplace(at, std::move(old));
      return;
    }
    changes_.size_bytes += old.file.size_bytes;
    changes_.removed.push_back(std::move(old));
  }

  void VisitNew(const ListedFile& file, const arrow::RecordBatch& batch, int64_t row) {
    const size_t at = Find(file);
    if (at == listed_.size() || fates_[at] == Fate::kSame) return;
    ScanFile added = ScanFileOf(AddFromBatch(batch, row));
    changes_.size_bytes += added.file.size_bytes;
    if (fates_[at] == Fate::kNew) {
      changes_.added.push_back(std::move(added));
      return;
    }
    ScanFile removed = std::move(other_rows_.at(at));
    const auto before = removed.file.deletion_vector, after = added.file.deletion_vector;
    if (after) {
      removed.file.only_rows_in = after;
      changes_.removed.push_back(std::move(removed));
    }
    if (before) {
      added.file.only_rows_in = before;
      changes_.added.push_back(std::move(added));
    }
  }

  const SnapshotPtr from_, to_;
  const CancellationToken cancel_;
  std::vector<ListedFile> listed_;                   ///< of the newer version, sorted
  std::vector<Fate> fates_;                          ///< of listed_
  std::unordered_map<size_t, ScanFile> other_rows_;  ///< the older version's, by place in listed_
  FileChanges changes_;
};

}  // namespace

Result<FileChanges> CompareFiles(const SnapshotPtr& from, const SnapshotPtr& to,
                                 const ExprPtr& predicate, const Session& session,
                                 const CancellationToken& cancel) {
  return FileComparison(from, to, cancel).Run(predicate, session);
}

Status CheckFilesExist(const ObjectStore& store, const std::vector<ScanFile>& files,
                       const CancellationToken& cancel) {
  return ParallelFor(
      static_cast<int64_t>(files.size()), DefaultThreads(store.traits()), [&](int64_t i) -> Status {
        DELTAIC_RETURN_IF_ERROR(cancel.Check());
        const std::string& path = files[static_cast<size_t>(i)].file.path;
        DELTAIC_ASSIGN_OR_RETURN(const DataPlace place, LocateDataFile(store, path));
        const auto found = place.In(store).Stat(place.path);
        if (found.ok()) return Status();
        if (found.status().code() != StatusCode::kNotFound) return found.status();
        return Status::NotFound("data file ", path, " of an older version is gone (vacuumed)");
      });
}

}  // namespace deltaic
