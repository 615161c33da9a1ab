#include "ops/row_changes.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <parquet/metadata.h>

#include <limits>
#include <optional>
#include <utility>

#include "base/percent_encoding.h"
#include "data/actions/data_path.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/deletion_vector/deletion_vector_writer.h"
#include "data/read/parquet_data_file.h"
#include "data/values/spark_calendar.h"
#include "data/write/copied_stats.h"
#include "data/write/data_file_name.h"
#include "data/write/row_group_copy.h"
#include "data/write/variant_shredder.h"
#include "ops/inline_vector.h"
#include "ops/remove_files.h"
#include "ops/row_finder.h"
#include "ops/scan_beside.h"
#include "protocol/file_stats.h"
#include "protocol/partition_value.h"
#include "protocol/physical_stats.h"
#include "protocol/table_features.h"
#include "scan/running_scan.h"
#include "storage/arrow_status.h"
#include "storage/clock.h"
#include "storage/object_path.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

std::string_view NameOf(ChangeType type) {
  switch (type) {
    case ChangeType::kInsert:
      return "insert";
    case ChangeType::kDelete:
      return "delete";
    case ChangeType::kUpdatePreimage:
      return "update_preimage";
    case ChangeType::kUpdatePostimage:
      break;
  }
  return "update_postimage";
}

/// \return -1 where the statistics do not say.
int64_t RowsByStatistics(const Add& add, const Schema& schema) {
  if (!add.stats) return -1;
  const Result<FileStats> stats = ParseFileStats(*add.stats, schema, {});
  return stats.ok() ? stats->num_records.value_or(-1) : -1;
}

Result<int64_t> RowsByFooter(const ObjectStore& store, const Add& add) {
  DELTAIC_ASSIGN_OR_RETURN(
      const auto input,
      ParquetDataFile::OpenInput(store, {.path = add.path, .size_bytes = add.size}));
  return input->metadata->num_rows();
}

using RowsByFile = std::map<std::string, DeletionVector, std::less<>>;

void AddPositions(RowsByFile& rows, std::string_view file_uri, const arrow::Int64Array& positions) {
  if (positions.length() == 0) return;
  auto entry = rows.find(file_uri);
  if (entry == rows.end()) entry = rows.emplace(std::string(file_uri), DeletionVector()).first;
  // Runs are the rule where whole files go.
  int64_t begin = positions.Value(0);
  int64_t end = begin + 1;
  for (int64_t i = 1; i < positions.length(); ++i) {
    if (positions.Value(i) == end) {
      ++end;
      continue;
    }
    entry->second.AddRange(begin, end);
    begin = positions.Value(i);
    end = begin + 1;
  }
  entry->second.AddRange(begin, end);
}

/// The rows of a file, which are then no longer among those of others.
DeletionVector TakeOut(RowsByFile& rows, const std::string& uri) {
  const auto entry = rows.find(uri);
  if (entry == rows.end()) return {};
  DeletionVector out = std::move(entry->second);
  rows.erase(entry);
  return out;
}

bool WritesVectors(const Snapshot& snapshot) {
  return snapshot.properties().enable_deletion_vectors &&
         ProtocolHasFeature(snapshot.protocol(), "deletionVectors");
}

}  // namespace

/// A data file that rows are taken from.
struct RowChanges::TakenFile {
  Add add;
  DeletionVector taken;    ///< now
  DeletionVector patched;  ///< rows that get other values
  DeletionVector deleted;  ///< with those deleted before
  int64_t num_rows = 0;    ///< that the data file holds
  bool is_all() const { return deleted.cardinality() >= num_rows; }
};

/// A data file copied without the rows that were taken.
struct RowChanges::FileCopy {
  WrittenFile file;
  int64_t num_rows = 0;
};

RowChanges::RowChanges(SnapshotPtr snapshot, RowSinkTarget target, RowChangesOptions options)
    : snapshot_(std::move(snapshot)),
      target_(std::move(target)),
      options_(std::move(options)),
      has_feed_(snapshot_->properties().enable_change_data_feed),
      writes_vectors_(WritesVectors(*snapshot_)),
      tracking_(ScannedTableOf(*snapshot_).row_tracking),
      now_ms_(NowMs()),
      uncommitted_(snapshot_->store()) {}

void RowChanges::Take(std::string_view file_uri, const arrow::Int64Array& positions) {
  AddPositions(taken_, file_uri, positions);
}

void RowChanges::Patch(std::string_view file_uri, const arrow::Int64Array& positions) {
  AddPositions(patched_, file_uri, positions);
}

Result<std::unique_ptr<RowSink>> RowChanges::MakeSink(RowSinkTarget target) const {
  return RowSink::Make(snapshot_->store(), std::move(target), options_.files, options_.cancel);
}

/// Data files of a table that tracks rows have columns for ids and versions that stay with rows.
Status RowChanges::OpenSink() {
  if (sink_ != nullptr) return Status();
  RowSinkTarget target = target_;
  if (tracking_) AddTrackingColumns(target, tracking_->row_id, tracking_->row_commit_version);
  DELTAIC_ASSIGN_OR_RETURN(sink_, MakeSink(std::move(target)));
  return Status();
}

/// \param ids, versions  nullptr: what the log gives the new file.
Result<std::shared_ptr<arrow::RecordBatch>> RowChanges::WithTracking(
    const arrow::RecordBatch& rows, std::shared_ptr<arrow::Array> ids,
    std::shared_ptr<arrow::Array> versions) const {
  arrow::FieldVector fields = rows.schema()->fields();
  arrow::ArrayVector columns = rows.columns();
  const auto add = [&](const std::string& name, std::shared_ptr<arrow::Array> values) -> Status {
    if (values == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(values, arrow::MakeArrayOfNull(arrow::int64(), rows.num_rows()));
    }
    fields.push_back(arrow::field(name, arrow::int64()));
    columns.push_back(std::move(values));
    return Status();
  };
  DELTAIC_RETURN_IF_ERROR(add(tracking_->row_id, std::move(ids)));
  DELTAIC_RETURN_IF_ERROR(add(tracking_->row_commit_version, std::move(versions)));
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows.num_rows(),
                                  std::move(columns));
}

Status RowChanges::Put(std::shared_ptr<arrow::RecordBatch> rows, RowOrigin origin,
                       const std::shared_ptr<arrow::Array>& row_ids) {
  if (rows->num_rows() == 0) return Status();
  DELTAIC_RETURN_IF_ERROR(OpenSink());
  counts_.num_put_rows += rows->num_rows();
  if (tracking_) {
    DELTAIC_ASSIGN_OR_RETURN(rows, WithTracking(*rows, row_ids, nullptr));
  }
  return sink_->Write(rows, origin);
}

Status RowChanges::Record(const std::shared_ptr<arrow::RecordBatch>& rows, ChangeType type) {
  if (!has_feed_ || rows->num_rows() == 0) return Status();
  if (change_sink_ == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(change_sink_, MakeSink(ChangeDataTarget(target_)));
  }
  DELTAIC_ASSIGN_OR_RETURN(
      auto kind,
      arrow::MakeArrayFromScalar(arrow::StringScalar(std::string(NameOf(type))), rows->num_rows()));
  DELTAIC_ASSIGN_OR_RETURN(
      const auto marked,
      rows->AddColumn(rows->num_columns(), arrow::field("_change_type", arrow::utf8(), false),
                      std::move(kind)));
  return change_sink_->Write(marked, RowOrigin::kStored);
}

Result<RowChangeCounts> RowChanges::Finish(const CandidateFiles& files, Transaction& transaction) {
  const int64_t begin_ms = NowMs();
  DELTAIC_ASSIGN_OR_RETURN(std::vector<TakenFile> taken, CollectTaken(files));
  if (writes_vectors_) {
    DELTAIC_RETURN_IF_ERROR(WriteVectors(taken, transaction));
  } else {
    DELTAIC_RETURN_IF_ERROR(RewriteFiles(taken, transaction));
    if (has_feed_ && options_.record == ChangeRecord::kFromFiles) {
      DELTAIC_RETURN_IF_ERROR(RecordTaken(taken));
    }
  }
  DELTAIC_RETURN_IF_ERROR(StageWritten(transaction));
  counts_.rewrite_time_ms = NowMs() - begin_ms;
  return counts_;
}

/// With what the log says of each file, and its older deletion vector.
Result<std::vector<RowChanges::TakenFile>> RowChanges::CollectTaken(const CandidateFiles& files) {
  std::vector<TakenFile> out;
  DataFileUris uris(snapshot_->store()->root_uri());
  DELTAIC_RETURN_IF_ERROR(files.ForEach([&](Add add) -> Status {
    const std::string uri(uris.Of(add.path));
    if (!taken_.contains(uri) && !patched_.contains(uri)) return Status();
    TakenFile file{
        .add = std::move(add), .taken = TakeOut(taken_, uri), .patched = TakeOut(patched_, uri)};
    file.num_rows = RowsByStatistics(file.add, *snapshot_->schema());
    counts_.num_taken_rows += file.taken.cardinality() + file.patched.cardinality();
    file.deleted.AddAll(file.taken);
    if (file.add.deletion_vector) {
      DELTAIC_ASSIGN_OR_RETURN(const DeletionVector before,
                               LoadDeletionVector(*snapshot_->store(), *file.add.deletion_vector,
                                                  std::numeric_limits<int64_t>::max()));
      file.deleted.AddAll(before);
    }
    // Statistics can be wrong, and a file that is thought to be empty would lose its other rows.
    if (file.num_rows <= file.deleted.Max() || file.is_all()) {
      DELTAIC_ASSIGN_OR_RETURN(file.num_rows, RowsByFooter(*snapshot_->store(), file.add));
    }
    out.push_back(std::move(file));
    return Status();
  }));
  for (const auto* rows : {&taken_, &patched_}) {
    if (rows->empty()) continue;
    return Status::Internal("rows were taken from ", rows->begin()->first,
                            ", which is not among the files looked at");
  }
  return out;
}

Status RowChanges::StageRemove(const TakenFile& file, Transaction& transaction) {
  // Whose rows were read.
  transaction.reads().read_files.insert(file.add.path);
  return transaction.Stage(RemoveOf(file.add, now_ms_));
}

Status RowChanges::WriteVectors(std::vector<TakenFile>& files, Transaction& transaction) {
  DeletionVectorWriter writer(*snapshot_->store());
  std::vector<Add> adds;
  const auto write_all = [&]() -> Status {
    for (TakenFile& file : files) {
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      DELTAIC_RETURN_IF_ERROR(StageRemove(file, transaction));
      const bool had_vector = file.add.deletion_vector.has_value();
      counts_.num_vectors_removed += had_vector ? 1 : 0;
      if (file.is_all()) {
        ++counts_.num_removed_files;
        counts_.num_removed_bytes += file.add.size;
        continue;
      }
      ++counts_.num_vectors_added;
      counts_.num_vectors_updated += had_vector ? 1 : 0;
      file.add.data_change = true;
      file.add.stats = PhysicalStats(file.add.stats.value_or(""), file.num_rows);
      DELTAIC_ASSIGN_OR_RETURN(file.add.deletion_vector, writer.Write(file.deleted));
      adds.push_back(std::move(file.add));
    }
    return writer.Finish();
  };
  const Status written = write_all();
  for (const std::string& path : writer.paths()) uncommitted_.Add(path);
  DELTAIC_RETURN_IF_ERROR(written);
  return transaction.StageAdds(std::move(adds));
}

Status RowChanges::RewriteFiles(const std::vector<TakenFile>& files, Transaction& transaction) {
  std::vector<const TakenFile*> left;
  for (const TakenFile& file : files) {
    DELTAIC_RETURN_IF_ERROR(StageRemove(file, transaction));
    ++counts_.num_removed_files;
    counts_.num_removed_bytes += file.add.size;
    counts_.num_vectors_removed += file.add.deletion_vector ? 1 : 0;
    if (!file.is_all()) left.push_back(&file);
  }
  DELTAIC_ASSIGN_OR_RETURN(left, CopyFiles(std::move(left), transaction));
  return DecodeFiles(left);
}

/// Copies what need not be decoded. \return the files that must be.
Result<std::vector<const RowChanges::TakenFile*>> RowChanges::CopyFiles(
    std::vector<const TakenFile*> files, Transaction& transaction) {
  // The rules of some tables say how files are stored, and old ones may not keep to them.
  if (target_.files.properties.writes_partition_columns()) return files;
  // Rows take ids along that files may not have, as these follow from where rows were.
  if (tracking_) return files;
  DELTAIC_ASSIGN_OR_RETURN(const auto layout, MakeDataFileLayout(target_.files, options_.files));
  std::optional<PatchLayout> patch;
  if (can_patch()) {
    DELTAIC_ASSIGN_OR_RETURN(patch,
                             PatchLayout::Make(target_.files, options_.files, *options_.patch));
  }
  std::vector<std::optional<FileCopy>> copies(files.size());
  const Status copied = ParallelFor(
      static_cast<int64_t>(files.size()), layout->options.num_threads, [&](int64_t i) -> Status {
        const TakenFile& file = *files[static_cast<size_t>(i)];
        if (file.add.size < options_.files.min_copied_file_bytes) return Status();
        DELTAIC_ASSIGN_OR_RETURN(copies[static_cast<size_t>(i)], CopyFile(file, *layout, patch, i));
        return Status();
      });
  std::vector<const TakenFile*> left;
  std::vector<Add> adds;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!copies[i]) {
      left.push_back(files[i]);
      continue;
    }
    uncommitted_.Add(copies[i]->file.path);
    ++counts_.num_added_files;
    counts_.num_added_bytes += copies[i]->file.size;
    counts_.num_copied_rows += copies[i]->num_rows;
    adds.push_back(copies[i]->file.ToAdd());
  }
  DELTAIC_RETURN_IF_ERROR(copied);
  DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(std::move(adds)));
  return left;
}

/// \return nullopt: its rows must be decoded.
Result<std::optional<RowChanges::FileCopy>> RowChanges::CopyFile(
    const TakenFile& file, const DataFileLayout& layout, const std::optional<PatchLayout>& patch,
    int64_t number) const {
  ObjectStore& store = *snapshot_->store();
  const bool is_patched = file.patched.cardinality() > 0;
  if (is_patched && !patch) return std::optional<FileCopy>();
  DELTAIC_ASSIGN_OR_RETURN(
      const auto input,
      ParquetDataFile::OpenInput(store, {.path = file.add.path, .size_bytes = file.add.size}));
  if (!target_.files.shreds_variants && HasShreddedVariants(*input->metadata->schema(), layout)) {
    return std::optional<FileCopy>();
  }
  // Days of another calendar are written as those of ours where they are written again.
  if (CalendarsOf(input->metadata->key_value_metadata().get()) != FileCalendars()) {
    return std::optional<FileCopy>();
  }
  const std::string path = JoinPath(PartitionDirectory(file.add.partition_values),
                                    NewDataFileName(DataFileKind::kData, number, ".parquet"));
  CopySource source{
      .from = *input,
      .dropped = [&file](int64_t begin, int64_t end) { return file.deleted.Rows(begin, end); },
      .replaced = {}};
  std::unique_ptr<PatchedChunks> chunks;
  if (is_patched) {
    DELTAIC_ASSIGN_OR_RETURN(chunks, PatchedChunks::Start({.snapshot = *snapshot_,
                                                           .patch = *options_.patch,
                                                           .layout = *patch,
                                                           .add = file.add,
                                                           .patched = file.patched,
                                                           .deleted = file.deleted},
                                                          *input, options_.cancel));
    if (chunks == nullptr) return std::optional<FileCopy>();
    source.replaced = [&chunks](int row_group) { return chunks->Next(row_group); };
  }
  const auto copy = JoinFiles(store, path, {&source, 1}, options_.cancel);
  if (!copy.ok() && copy.status().code() == StatusCode::kConstraintViolated) return copy.status();
  if (!copy.ok()) return copy.status().WithContext(Concat("copying ", file.add.path));
  if (!*copy) return std::optional<FileCopy>();
  return std::optional(
      FileCopy{.file = {.path = PercentEncodePath(path),
                        .partition_values = file.add.partition_values,
                        .size = (*copy)->size_bytes,
                        .modification_time = now_ms_,
                        .stats = StatsOfCopy(**copy, file.add.stats.value_or(""), layout,
                                             chunks == nullptr ? nullptr : &chunks->stats())},
               .num_rows = (*copy)->num_rows - file.patched.cardinality()});
}

Status RowChanges::DecodeFiles(const std::vector<const TakenFile*>& files) {
  std::vector<ScanFile> to_copy;
  std::map<std::string, const DeletionVector*, std::less<>> patched;
  DataFileUris uris(snapshot_->store()->root_uri());
  for (const TakenFile* file : files) {
    if (file->patched.cardinality() > 0) {
      patched.emplace(uris.Of(file->add.path), &file->patched);
      counts_.num_copied_rows -= file->patched.cardinality();
    }
    ScanFile scanned = ScanFileOf(file->add);
    DELTAIC_ASSIGN_OR_RETURN(scanned.file.deletion_vector, InlineDescriptor(file->deleted));
    to_copy.push_back(std::move(scanned));
  }
  if (to_copy.empty()) return Status();
  std::vector<MetadataColumn> metadata;
  if (tracking_) metadata = {MetadataColumn::kRowId, MetadataColumn::kRowCommitVersion};
  if (!patched.empty()) metadata = {MetadataColumn::kFilePath, MetadataColumn::kRowIndex};
  DELTAIC_ASSIGN_OR_RETURN(const auto scan,
                           RunningScan::Start(
                               snapshot_->store(), ReadSpecOf(*snapshot_, std::move(metadata)),
                               [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
                                 return TheseFiles(std::move(to_copy));
                               },
                               // In order, so that rows that were sorted stay so.
                               OrderedScanBeside(options_.files, options_.cancel)));
  DELTAIC_RETURN_IF_ERROR(OpenSink());
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, scan->Next());
    if (batch == nullptr) return Status();
    counts_.num_copied_rows += batch->num_rows();
    if (!patched.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(batch, WithPatch(std::move(batch), patched));
    }
    if (tracking_) {
      const int versions = batch->num_columns() - 1;
      const auto ids = batch->column(versions - 1);
      const auto commits = batch->column(versions);
      DELTAIC_ASSIGN_OR_RETURN(batch, batch->RemoveColumn(versions));
      DELTAIC_ASSIGN_OR_RETURN(batch, batch->RemoveColumn(versions - 1));
      DELTAIC_ASSIGN_OR_RETURN(batch, WithTracking(*batch, ids, commits));
    }
    DELTAIC_RETURN_IF_ERROR(sink_->Write(batch, RowOrigin::kStored));
  }
}

/// \param batch  of one file, with its path and the rows' positions, which are dropped.
Result<std::shared_ptr<arrow::RecordBatch>> RowChanges::WithPatch(
    std::shared_ptr<arrow::RecordBatch> batch,
    const std::map<std::string, const DeletionVector*, std::less<>>& patched) const {
  const int path = batch->num_columns() - 2;
  const auto paths = std::static_pointer_cast<arrow::StringArray>(batch->column(path));
  DELTAIC_ASSIGN_OR_RETURN(batch, batch->RemoveColumn(path));
  const auto entry = batch->num_rows() == 0 ? patched.end() : patched.find(paths->GetView(0));
  if (entry == patched.end()) {
    DELTAIC_ASSIGN_OR_RETURN(batch, batch->RemoveColumn(path));
    return batch;
  }
  return options_.patch->Apply(batch, *entry->second);
}

Status RowChanges::RecordTaken(const std::vector<TakenFile>& files) {
  std::vector<ScanFile> to_record;
  for (const TakenFile& file : files) {
    ScanFile scanned = ScanFileOf(file.add);
    DELTAIC_ASSIGN_OR_RETURN(scanned.file.only_rows_in, InlineDescriptor(file.taken));
    to_record.push_back(std::move(scanned));
  }
  if (to_record.empty()) return Status();
  DELTAIC_ASSIGN_OR_RETURN(const auto scan,
                           RunningScan::Start(
                               snapshot_->store(), ReadSpecOf(*snapshot_),
                               [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
                                 return TheseFiles(std::move(to_record));
                               },
                               ScanBeside(options_.files, options_.cancel)));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan->Next());
    if (batch == nullptr) return Status();
    DELTAIC_RETURN_IF_ERROR(Record(batch, ChangeType::kDelete));
  }
}

Status RowChanges::StageWritten(Transaction& transaction) {
  if (sink_ != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const SinkResult written, sink_->Finish());
    uncommitted_.Add(written.files);
    counts_.num_added_files += static_cast<int64_t>(written.files.size());
    counts_.num_added_bytes += written.num_bytes;
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(ToAdds(written.files)));
  }
  if (change_sink_ != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const SinkResult written, change_sink_->Finish());
    uncommitted_.Add(written.files);
    counts_.num_change_files += static_cast<int64_t>(written.files.size());
    counts_.num_change_bytes += written.num_bytes;
    for (const WrittenFile& file : written.files) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(file.ToCdc()));
    }
  }
  return Status();
}

}  // namespace deltaic
