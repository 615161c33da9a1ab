#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "data/actions/file_pruner.h"
#include "data/checkpoint/checkpoint_files.h"
#include "storage/parallel_for.h"
#include "table/batch_stream.h"
#include "table/checkpoint_reading.h"
#include "table/file_listing.h"
#include "table/seen_files.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// In how many parts to read a row group, so that no thread stands idle, not even at the end. Each
/// part passes over the pages before it, which is cheap only nearby.
int PartsPerGroup(const std::vector<std::shared_ptr<const CheckpointFile>>& files,
                  const ObjectStore& store) {
  if (!store.is_local()) return 1;
  int num_groups = 0;
  for (const auto& file : files) num_groups += file->num_row_groups();
  constexpr int kPartsPerThread = 6;
  return num_groups == 0 ? 1
                         : (DefaultThreads(true) * kPartsPerThread + num_groups - 1) / num_groups;
}

FileListMetrics Sum(const FileListMetrics& a, const FileListMetrics& b) {
  return {a.files_total + b.files_total, a.files_pruned_partition + b.files_pruned_partition,
          a.files_pruned_stats + b.files_pruned_stats, a.files_selected + b.files_selected};
}

/// The files of a snapshot. Where its checkpoint is found damaged when files of it have been given
/// already, the rest comes from an alternative of the same version: its files are the same, so
/// those seen are passed over.
class SnapshotFileStream : public FileStream {
 public:
  SnapshotFileStream(std::shared_ptr<const FileListing> listing, BatchConversion convert,
                     CancellationToken cancel)
      : listing_(std::move(listing)), convert_(std::move(convert)), cancel_(std::move(cancel)) {}

  Status Open(const SnapshotPtr& snapshot) {
    DELTAIC_ASSIGN_OR_RETURN(current_,
                             ReadUndamaged(snapshot, [this](const SnapshotPtr& undamaged) {
                               return OpenSources(undamaged);
                             }));
    return Status::Ok();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatch> batch, current_.batches->Next());
      metrics_ = Sum(ended_, current_.batches->metrics());
      if (batch != nullptr) return batch;
      const Status damage = current_.checkpoint->damage();
      if (damage.ok()) return batch;
      DELTAIC_RETURN_IF_ERROR(Recover(damage));
    }
  }
  const FileListMetrics& metrics() const override { return metrics_; }

 private:
  /// The reading of one snapshot.
  struct Reading {
    SnapshotPtr snapshot;
    std::shared_ptr<CheckpointReading> checkpoint;
    std::shared_ptr<const CommitChunk> json;  ///< of a JSON checkpoint, else nullptr
    std::unique_ptr<FileStream> batches;
  };

  Result<Reading> OpenSources(const SnapshotPtr& snapshot) const {
    const Snapshot::Impl& impl = snapshot->impl();
    DELTAIC_ASSIGN_OR_RETURN(const auto commits, impl.Commits());
    DELTAIC_ASSIGN_OR_RETURN(const auto replay, impl.Replay());
    Reading out{snapshot, std::make_shared<CheckpointReading>(listing_)};
    std::vector<std::unique_ptr<BatchSource>> sources;
    DELTAIC_RETURN_IF_ERROR(OpenCheckpointSources(impl, replay, out, sources));

    const CheckpointKeyFilter filter = FilterOf(std::make_shared<const SeenFiles>(seen_));
    for (size_t i = commits->size(); i-- > 0;) {
      const CommitChunk& chunk = *(*commits)[i];
      const arrow::RecordBatch& rows = *listing_->RowsOf(chunk);
      if (rows.num_rows() == 0) continue;
      std::vector<uint8_t> live = listing_->Live(*replay)[i];
      if (filter) {
        const std::vector<uint8_t> unseen = FilterRows(rows, filter);
        for (size_t row = 0; row < live.size(); ++row) live[row] &= unseen[row];
      }
      sources.push_back(listing_->ReadChunk(chunk, std::move(live)));
    }
    if (convert_) {
      for (auto& source : sources) source = ConvertBatches(std::move(source), convert_);
    }
    out.batches =
        MakeBatchStream(std::move(sources), DefaultThreads(impl.store->is_local()), cancel_);
    return out;
  }

  Status OpenCheckpointSources(const Snapshot::Impl& impl,
                               const std::shared_ptr<const TailReplay>& replay, Reading& out,
                               std::vector<std::unique_ptr<BatchSource>>& sources) const {
    DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, impl.Checkpoint());
    if (checkpoint == nullptr) return Status::Ok();
    SeenFiles seen = seen_;
    seen.commits.push_back(replay);
    const CheckpointKeyFilter filter = FilterOf(std::make_shared<const SeenFiles>(std::move(seen)));
    DELTAIC_ASSIGN_OR_RETURN(const auto files, checkpoint->FileActionFiles());
    const int parts_per_group = PartsPerGroup(files, *impl.store);
    for (const auto& file : files) {
      for (const RowGroupPart& part : SplitRowGroups(*file, parts_per_group)) {
        sources.push_back(CheckpointReading::ReadPart(out.checkpoint, file, part, filter));
      }
    }
    out.json = checkpoint->json();
    if (out.json != nullptr) {
      sources.push_back(
          listing_->ReadChunk(*out.json, FilterRows(*listing_->RowsOf(*out.json), filter)));
    }
    return Status::Ok();
  }

  /// Goes on with an alternative. All sources have ended: those of the commits at their end, those
  /// of the checkpoint wherever they were when the damage was found.
  Status Recover(const Status& damage) {
    const Snapshot::Impl& impl = current_.snapshot->impl();
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr alternative, impl.Alternative(damage));
    DELTAIC_ASSIGN_OR_RETURN(const auto replay, impl.Replay());
    auto given = std::make_shared<FileKeySet>();
    const Status again =
        current_.checkpoint->CollectKeys(DefaultThreads(impl.store->is_local()), *given);
    if (!again.ok()) return NoAlternative(damage, impl.segment.version, *impl.store, again);
    if (current_.json != nullptr) AddKeys(*listing_->RowsOf(*current_.json), *given);
    given->Seal();
    seen_.commits.push_back(replay);
    seen_.given.push_back(std::move(given));
    ended_ = Sum(ended_, current_.batches->metrics());
    return Open(alternative);
  }

  const std::shared_ptr<const FileListing> listing_;
  const BatchConversion convert_;
  const CancellationToken cancel_;
  Reading current_;
  SeenFiles seen_;         ///< of readings that have ended
  FileListMetrics ended_;  ///< of the same
  FileListMetrics metrics_;
};

Result<std::unique_ptr<FileStream>> OpenStream(const SnapshotPtr& snapshot,
                                               std::shared_ptr<const FileListing> listing,
                                               BatchConversion convert, CancellationToken cancel) {
  auto out = std::make_unique<SnapshotFileStream>(std::move(listing), std::move(convert),
                                                  std::move(cancel));
  DELTAIC_RETURN_IF_ERROR(out->Open(snapshot));
  return std::unique_ptr<FileStream>(std::move(out));
}

}  // namespace

Result<std::unique_ptr<FileStream>> Snapshot::ListFiles(FileListOptions options) const {
  std::shared_ptr<const FilePruner> pruner;
  if (options.predicate != nullptr) {
    pruner = std::make_shared<const FilePruner>(options.predicate, *impl_->schema,
                                                impl_->metadata.partition_columns,
                                                impl_->column_mapping != ColumnMappingMode::kNone);
  }
  return OpenStream(shared_from_this(), ListAdds(options.columns, std::move(pruner)),
                    std::move(options.convert), options.cancel);
}

Result<std::unique_ptr<FileStream>> Snapshot::ListTombstones(TimestampMs now) const {
  return OpenStream(shared_from_this(),
                    ListRemoves(now.value - impl_->properties.deleted_file_retention_ms), nullptr,
                    CancellationToken::None());
}

}  // namespace deltaic
