#include "ops/clone.h"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "data/actions/data_path.h"
#include "data/actions/file_actions.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "ops/clustering.h"
#include "ops/operation_parameters.h"
#include "ops/table_definition.h"
#include "protocol/table_features.h"
#include "storage/arrow_status.h"
#include "storage/clock.h"
#include "storage/parallel_for.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

/// Of one table alone: what it gave out, and when.
constexpr const char* kNotCloned[] = {
    "delta.rowTracking.materializedRowIdColumnName",
    "delta.rowTracking.materializedRowCommitVersionColumnName",
    "delta.inCommitTimestampEnablementVersion",
    "delta.inCommitTimestampEnablementTimestamp",
    "delta.requireCheckpointProtectionBeforeVersion",
};

std::string SchemeOf(std::string_view uri) { return std::string(uri.substr(0, uri.find("://"))); }

bool IsAbsolute(std::string_view path) {
  return path.starts_with('/') || path.find(':') < path.find('/');
}

/// One file to be copied, by its place on both sides.
struct Copy {
  DataPlace from;
  std::string to;
};

/// One CloneTable call.
class Cloning {
 public:
  Cloning(const Snapshot& source, std::shared_ptr<Table> target, const CloneOptions& options)
      : source_(source), target_(std::move(target)), options_(options) {}

  Result<CloneResult> Run() {
    const std::string& from = source_.store()->root_uri();
    if (!options_.deep && SchemeOf(from) != SchemeOf(target_->uri())) {
      return Status::Unsupported("a shallow clone names the files of its source, and ", from,
                                 " is another storage than ", target_->uri(),
                                 "; make a deep clone");
    }
    DELTAIC_ASSIGN_OR_RETURN(const bool exists, target_->Exists());
    if (exists) return Status::AlreadyExists("a Delta table exists at ", target_->uri());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(target_, nullptr));
    DELTAIC_RETURN_IF_ERROR(StageDefinition(transaction));
    DELTAIC_RETURN_IF_ERROR(CollectFiles());
    Result<CloneResult> done = CopyAndCommit(std::move(transaction));
    // What may be named by a commit stays.
    if (!done.ok() && done.status().code() != StatusCode::kCommitUnknown) {
      RemoveCopies(done.status().code() == StatusCode::kAlreadyExists);
    }
    return done;
  }

 private:
  Status StageDefinition(Transaction& transaction) {
    Metadata metadata = source_.metadata();
    metadata.id = NewUuid();
    metadata.created_time_ms = begin_ms_;
    for (const char* key : kNotCloned) metadata.configuration.erase(key);
    DELTAIC_RETURN_IF_ERROR(CheckWritable(source_.protocol(), metadata));
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(source_.protocol()));
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(metadata)));
    DELTAIC_ASSIGN_OR_RETURN(const auto clustering, ClusteringColumnsOf(source_));
    return clustering ? transaction.Stage(ClusteringDomain(*clustering)) : Status();
  }

  Status CollectFiles() {
    DELTAIC_ASSIGN_OR_RETURN(const auto files,
                             source_.ListFiles(FileListOptions{.cancel = options_.cancel}));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) return Status();
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        Add add = AddFromBatch(*batch, row);
        ++result_.num_files;
        result_.num_bytes += add.size;
        add.base_row_id.reset();
        add.default_row_commit_version.reset();
        add.data_change = true;
        DELTAIC_RETURN_IF_ERROR(options_.deep ? PlanCopy(add) : NameSource(add));
        adds_.push_back(std::move(add));
      }
    }
  }

  /// A path of the log, as another table names it.
  std::string Absolute(const std::string& path) const {
    return IsAbsolute(path) ? path : Concat(source_.store()->root_uri(), '/', path);
  }

  Status NameSource(Add& add) const {
    add.path = Absolute(add.path);
    if (!add.deletion_vector || add.deletion_vector->storage_type != "u") return Status();
    DELTAIC_ASSIGN_OR_RETURN(const DataPlace place,
                             DeletionVectorPlace(*source_.store(), *add.deletion_vector));
    add.deletion_vector->storage_type = "p";
    add.deletion_vector->path_or_inline_dv = Absolute(PercentEncodePath(place.path));
    return Status();
  }

  Status PlanCopy(Add& add) {
    DELTAIC_ASSIGN_OR_RETURN(DataPlace data, LocateDataFile(*source_.store(), add.path));
    // A name of its own, so that what a failure removes is nobody else's.
    const size_t slash = data.outside == nullptr ? data.path.rfind('/') : std::string::npos;
    std::string to = Concat(slash == std::string::npos ? "" : data.path.substr(0, slash + 1),
                            "part-", NewUuid(), ".parquet");
    add.path = PercentEncodePath(to);
    copies_.push_back({std::move(data), std::move(to)});
    result_.num_copied_bytes += add.size;
    ++result_.num_copied_files;
    if (!add.deletion_vector || add.deletion_vector->storage_type == "i") return Status();
    DELTAIC_ASSIGN_OR_RETURN(DataPlace vector,
                             DeletionVectorPlace(*source_.store(), *add.deletion_vector));
    if (add.deletion_vector->storage_type != "u") {
      return Status::Unsupported("a deep clone of ", source_.store()->root_uri(),
                                 ", which names deletion vectors of another table (", vector.path,
                                 "), is not supported; purge them first");
    }
    if (vectors_.insert(vector.path).second) {
      std::string same = vector.path;
      copies_.push_back({std::move(vector), std::move(same)});
    }
    return Status();
  }

  Status CopyOne(const Copy& copy) const {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto input,
                             copy.from.In(*source_.store()).Open(copy.from.path, std::nullopt));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t size, input->GetSize());
    DELTAIC_ASSIGN_OR_RETURN(const auto writer, target_->store()->Create(copy.to));
    constexpr int64_t kPiece = int64_t{8} << 20;
    for (int64_t at = 0; at < size; at += kPiece) {
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      DELTAIC_ASSIGN_OR_RETURN(const auto piece, input->ReadAt(at, std::min(kPiece, size - at)));
      DELTAIC_RETURN_IF_ERROR(writer->stream()->Write(piece));
    }
    DELTAIC_ASSIGN_OR_RETURN(const int64_t written, writer->Close());
    if (written == size) return Status();
    return Status::Io("the copy of ", copy.from.path, " has ", written, " of ", size, " bytes");
  }

  Result<CloneResult> CopyAndCommit(Transaction transaction) {
    DELTAIC_RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(copies_.size()),
                                        DefaultThreads(source_.store()->traits()),
                                        [&](int64_t i) { return CopyOne(copies_[i]); }));
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(std::move(adds_)));
    CommitSpec spec = options_.commit;
    spec.operation = "CLONE";
    spec.cancel = options_.cancel;
    spec.parameters = {{"source", JsonText(source_.store()->root_uri())},
                       {"sourceVersion", std::to_string(source_.version().value)},
                       {"isShallow", options_.deep ? "false" : "true"}};
    spec.metrics = {{"sourceTableSize", std::to_string(result_.num_bytes)},
                    {"sourceNumOfFiles", std::to_string(result_.num_files)},
                    {"numRemovedFiles", "0"},
                    {"numCopiedFiles", std::to_string(result_.num_copied_files)},
                    {"removedFilesSize", "0"},
                    {"copiedFilesSize", std::to_string(result_.num_copied_bytes)}};
    DELTAIC_ASSIGN_OR_RETURN(CommitResult committed, std::move(transaction).Commit(spec));
    result_.snapshot = std::move(committed.snapshot);
    return std::move(result_);
  }

  /// \param keep_vectors  another clone of the source may have won, whose vectors have these names.
  void RemoveCopies(bool keep_vectors) const {
    for (const Copy& copy : copies_) {
      if (keep_vectors && vectors_.contains(copy.to)) continue;
      // Nobody names it, so that one that stays costs its bytes only.
      (void)target_->store()->Delete(copy.to);
    }
  }

  const Snapshot& source_;
  const std::shared_ptr<Table> target_;
  const CloneOptions& options_;
  const int64_t begin_ms_ = NowMs();
  std::vector<Add> adds_;
  std::vector<Copy> copies_;
  std::set<std::string> vectors_;
  CloneResult result_;
};

}  // namespace

Result<CloneResult> CloneTable(const Snapshot& source, const std::shared_ptr<Table>& target,
                               const CloneOptions& options) {
  return Cloning(source, target, options).Run();
}

}  // namespace deltaic
