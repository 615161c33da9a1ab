#include "scan/file_source.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "data/actions/file_actions.h"
#include "expr/skipping.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

ScanFile FileAt(const arrow::RecordBatch& batch, int64_t row) {
  return ScanFileOf(AddFromBatch(batch, row));
}

class FilesAtHand : public FileSource {
 public:
  explicit FilesAtHand(std::vector<ScanFile> files) : files_(std::move(files)) {}

  Result<std::optional<ScanFile>> Next() override {
    if (next_ == files_.size()) return std::optional<ScanFile>();
    return std::optional(std::move(files_[next_++]));
  }
  bool may_have_more() const override { return next_ < files_.size(); }
  FileListMetrics metrics() const override {
    const auto count = static_cast<int64_t>(files_.size());
    return {.files_total = count, .files_selected = count};
  }

 private:
  std::vector<ScanFile> files_;
  size_t next_ = 0;
};

class StreamedFiles : public FileSource {
 public:
  StreamedFiles(SnapshotPtr snapshot, std::unique_ptr<FileStream> stream)
      : snapshot_(std::move(snapshot)), stream_(std::move(stream)) {}

  Result<std::optional<ScanFile>> Next() override {
    if (!started_) DELTAIC_RETURN_IF_ERROR(Advance());
    if (batch_ == nullptr) return std::optional<ScanFile>();
    std::optional<ScanFile> file = FileAt(*batch_, row_++);
    // The next batch is looked for now, so that the last file is known to be the last.
    if (row_ == batch_->num_rows()) DELTAIC_RETURN_IF_ERROR(Advance());
    return file;
  }
  bool may_have_more() const override { return !started_ || batch_ != nullptr; }
  FileListMetrics metrics() const override { return stream_->metrics(); }

 private:
  Status Advance() {
    started_ = true;
    row_ = 0;
    DELTAIC_ASSIGN_OR_RETURN(batch_, stream_->Next());
    return Status();
  }

  SnapshotPtr snapshot_;  ///< outlives stream_
  std::unique_ptr<FileStream> stream_;
  bool started_ = false;
  BatchPtr batch_;
  int64_t row_ = 0;
};

/// Sorts a listing.
class SortedFiles : public FileSource {
 public:
  SortedFiles(SnapshotPtr snapshot, std::unique_ptr<FileStream> stream, CancellationToken cancel)
      : snapshot_(std::move(snapshot)), stream_(std::move(stream)), cancel_(std::move(cancel)) {}

  Status SetPartitionColumns() {
    const Snapshot& snapshot = *snapshot_;
    for (const std::string& name : snapshot.metadata().partition_columns) {
      const StructField* field = snapshot.schema()->FindField(name);
      if (field == nullptr)
        return Status::Corruption("partition column ", name, " is not in the table's schema");
      const bool mapped = snapshot.column_mapping() != ColumnMappingMode::kNone;
      partition_columns_.push_back({mapped ? field->physical_name() : field->name, field->type});
    }
    return Status();
  }

  Result<std::optional<ScanFile>> Next() override {
    if (!sorted_) DELTAIC_RETURN_IF_ERROR(ReadAndSort());
    if (next_ == entries_.size()) return std::optional<ScanFile>();
    const Entry& entry = entries_[next_++];
    return std::optional(FileAt(*batches_[entry.batch], entry.row));
  }
  bool may_have_more() const override { return !sorted_ || next_ < entries_.size(); }
  FileListMetrics metrics() const override { return stream_->metrics(); }

 private:
  struct PartitionColumn {
    std::string key;
    DataTypePtr type;
  };
  struct Entry {
    uint32_t batch = 0;
    uint32_t row = 0;
    uint32_t partition = 0;  ///< in partitions_
  };

  Status ReadAndSort() {
    sorted_ = true;
    // Few tuples of values serve many files.
    std::map<PartitionValues, uint32_t> known;
    std::vector<std::vector<Value>> partitions;
    for (;;) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr batch, stream_->Next());
      if (batch == nullptr) break;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        PartitionValues texts = AddFromBatch(*batch, row).partition_values;
        const auto [it, is_new] =
            known.emplace(std::move(texts), static_cast<uint32_t>(partitions.size()));
        if (is_new) {
          DELTAIC_ASSIGN_OR_RETURN(std::vector<Value> values, Parse(it->first));
          partitions.push_back(std::move(values));
        }
        entries_.push_back(
            {static_cast<uint32_t>(batches_.size()), static_cast<uint32_t>(row), it->second});
      }
      batches_.push_back(std::move(batch));
    }
    const std::vector<uint32_t> rank = Ranks(partitions);
    std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
      if (rank[a.partition] != rank[b.partition]) return rank[a.partition] < rank[b.partition];
      return PathOf(a) < PathOf(b);
    });
    return Status();
  }

  Result<std::vector<Value>> Parse(const PartitionValues& texts) const {
    std::vector<Value> values;
    for (const PartitionColumn& column : partition_columns_) {
      const auto entry = std::find_if(texts.begin(), texts.end(),
                                      [&](const auto& e) { return e.first == column.key; });
      if (entry == texts.end()) {
        values.emplace_back();
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(Value value, ParsePartitionValue(entry->second, *column.type));
      values.push_back(std::move(value));
    }
    return values;
  }

  /// The place of each tuple in the order; equal tuples share one.
  static std::vector<uint32_t> Ranks(const std::vector<std::vector<Value>>& partitions) {
    std::vector<uint32_t> order(partitions.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return Compare(partitions[a], partitions[b]) < 0; });
    std::vector<uint32_t> rank(partitions.size());
    for (uint32_t i = 0; i < order.size(); ++i) {
      const bool same = i > 0 && Compare(partitions[order[i - 1]], partitions[order[i]]) == 0;
      rank[order[i]] = same ? rank[order[i - 1]] : i;
    }
    return rank;
  }

  static int Compare(const std::vector<Value>& a, const std::vector<Value>& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      const int order = IsNull(a[i]) || IsNull(b[i]) ? int{IsNull(b[i])} - int{IsNull(a[i])}
                                                     : CompareValues(a[i], b[i]);
      if (order != 0) return order;
    }
    return 0;
  }

  std::string_view PathOf(const Entry& entry) const {
    return static_cast<const arrow::StringArray&>(*batches_[entry.batch]->column(0))
        .GetView(entry.row);
  }

  SnapshotPtr snapshot_;  ///< outlives stream_
  std::unique_ptr<FileStream> stream_;
  CancellationToken cancel_;
  std::vector<PartitionColumn> partition_columns_;
  bool sorted_ = false;
  std::vector<BatchPtr> batches_;
  std::vector<Entry> entries_;
  size_t next_ = 0;
};

}  // namespace

FileListOptions ScanListOptions(const ExprPtr& predicate, CancellationToken cancel,
                                bool row_tracking) {
  FileListOptions options;
  options.columns.modification_time = false;
  options.columns.stats = false;
  options.columns.others = row_tracking;
  options.predicate = predicate;
  options.cancel = std::move(cancel);
  return options;
}

ScanFile ScanFileOf(Add add) {
  return {.file = {.path = std::move(add.path),
                   .size_bytes = add.size,
                   .partition_values = std::move(add.partition_values),
                   .deletion_vector = std::move(add.deletion_vector),
                   .base_row_id = add.base_row_id,
                   .default_row_commit_version = add.default_row_commit_version}};
}

std::unique_ptr<FileSource> TheseFiles(std::vector<ScanFile> files) {
  return std::make_unique<FilesAtHand>(std::move(files));
}

Result<std::unique_ptr<FileSource>> ListScanFiles(SnapshotPtr snapshot, const ExprPtr& predicate,
                                                  CancellationToken cancel, bool row_tracking) {
  DELTAIC_ASSIGN_OR_RETURN(auto stream, snapshot->ListFiles(ScanListOptions(
                                            predicate, std::move(cancel), row_tracking)));
  return std::unique_ptr<FileSource>(
      std::make_unique<StreamedFiles>(std::move(snapshot), std::move(stream)));
}

Result<std::unique_ptr<FileSource>> ListScanFilesInOrder(SnapshotPtr snapshot,
                                                         const ExprPtr& predicate,
                                                         CancellationToken cancel,
                                                         bool row_tracking) {
  DELTAIC_ASSIGN_OR_RETURN(auto stream,
                           snapshot->ListFiles(ScanListOptions(predicate, cancel, row_tracking)));
  auto files =
      std::make_unique<SortedFiles>(std::move(snapshot), std::move(stream), std::move(cancel));
  DELTAIC_RETURN_IF_ERROR(files->SetPartitionColumns());
  return std::unique_ptr<FileSource>(std::move(files));
}

}  // namespace deltaic
