#include "ops/optimize/group_rewrite.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "ops/row_finder.h"
#include "scan/file_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"

namespace deltaic {
namespace {

bool TracksRows(const RewriteTarget& target) { return !target.row_id_column.empty(); }

RowSinkTarget SinkTarget(const RewriteTarget& target) {
  RowSinkTarget sink = target.written_for ? *target.written_for : TargetOf(*target.snapshot);
  if (TracksRows(target)) {
    AddTrackingColumns(sink, target.row_id_column, target.row_commit_version_column);
  }
  return sink;
}

/// \param columns  logical names; empty: all, and what tracks rows.
Result<std::unique_ptr<Scan>> StartScan(const RewriteTarget& target, const FileGroup& group,
                                        const GroupRewriteOptions& options,
                                        std::vector<std::string> columns) {
  auto spec = ReadSpecOf(*target.snapshot);
  const bool takes_all = columns.empty();
  if (!columns.empty()) {
    spec->columns = std::move(columns);
  } else if (TracksRows(target)) {
    spec->metadata_columns = {MetadataColumn::kRowId, MetadataColumn::kRowCommitVersion};
    spec->row_id_column = target.row_id_column;
    spec->row_commit_version_column = target.row_commit_version_column;
  }
  std::vector<ScanFile> files;
  files.reserve(group.files.size());
  for (const Add& add : group.files) files.push_back(ScanFileOf(add));
  return RunningScan::Start(
      target.snapshot->store(), std::move(spec),
      [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> {
        return TheseFiles(std::move(files));
      },
      ScanOptions{.num_threads = options.files.num_threads,
                  .ordered = !options.curve.has_value(),
                  .dictionary_strings = options.curve.has_value() && takes_all,
                  .max_memory_bytes = options.scan_memory_bytes,
                  .cancel = options.cancel});
}

/// Looks at the columns that rows are to be sorted by.
Result<std::unique_ptr<CurveSort>> StartSort(const RewriteTarget& target, const FileGroup& group,
                                             const GroupRewriteOptions& options) {
  std::vector<std::string> columns;
  for (const auto& path : options.curve->columns) {
    if (std::ranges::find(columns, path.front()) == columns.end()) columns.push_back(path.front());
  }
  auto sort = std::make_unique<CurveSort>(*options.curve, options.curve_memory_bytes);
  DELTAIC_ASSIGN_OR_RETURN(const auto scan, StartScan(target, group, options, std::move(columns)));
  DELTAIC_RETURN_IF_ERROR(sort->Sample(*scan, group.num_rows, group.num_bytes));
  return sort;
}

/// The ids and versions of rows under the names that files have for them.
std::shared_ptr<arrow::RecordBatch> WithTrackingNames(
    const RewriteTarget& target, const std::shared_ptr<arrow::RecordBatch>& batch) {
  if (!TracksRows(target)) return batch;
  arrow::FieldVector fields = batch->schema()->fields();
  const size_t first = fields.size() - 2;
  fields[first] = fields[first]->WithName(target.row_id_column);
  fields[first + 1] = fields[first + 1]->WithName(target.row_commit_version_column);
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(),
                                  batch->columns());
}

/// Counts batches and rows as they go by.
class CountingScan : public Scan {
 public:
  CountingScan(std::unique_ptr<Scan> scan, const GroupRewriteOptions& options,
               RewrittenGroup& group)
      : scan_(std::move(scan)), options_(options), group_(group) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return scan_->schema(); }
  ScanMetrics metrics() const override { return scan_->metrics(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(auto batch, scan_->Next());
    if (batch == nullptr) return batch;
    ++group_.num_batches;
    group_.num_rows += batch->num_rows();
    if (options_.took_rows && !options_.took_rows(batch->num_rows())) {
      return Status::Cancelled("another part of the work failed");
    }
    return batch;
  }

 private:
  const std::unique_ptr<Scan> scan_;
  const GroupRewriteOptions& options_;
  RewrittenGroup& group_;
};

/// \return false: the rows must be read and written.
Result<bool> CopyGroup(const FileGroup& group, const GroupRewriteOptions& options,
                       RewrittenGroup& out) {
  if (options.copier == nullptr || options.curve || !options.copier->IsCandidate(group)) {
    return false;
  }
  DELTAIC_ASSIGN_OR_RETURN(std::optional<JoinedGroup> joined,
                           options.copier->Copy(group, options.files.num_threads, options.cancel));
  if (!joined) return false;
  out.written.push_back(std::move(joined->file));
  out.uncommitted.Add(out.written);
  out.num_rows = joined->num_rows;
  out.num_batches = static_cast<int64_t>(group.files.size());
  if (options.took_rows && !options.took_rows(out.num_rows)) {
    return Status::Cancelled("another part of the work failed");
  }
  return true;
}

}  // namespace

Result<RewriteTarget> MakeRewriteTarget(SnapshotPtr snapshot) {
  RewriteTarget target{.snapshot = std::move(snapshot),
                       .row_id_column = {},
                       .row_commit_version_column = {},
                       .written_for = {}};
  const auto tracking = ScannedTableOf(*target.snapshot).row_tracking;
  if (!tracking) return target;
  if (tracking->row_id.empty() || tracking->row_commit_version.empty()) {
    return Status::Corruption(
        "table ", target.snapshot->store()->root_uri(),
        " tracks rows (delta.enableRowTracking), but its metadata lacks "
        "delta.rowTracking.materializedRowIdColumnName or "
        "delta.rowTracking.materializedRowCommitVersionColumnName, without which rows cannot keep "
        "their ids");
  }
  target.row_id_column = tracking->row_id;
  target.row_commit_version_column = tracking->row_commit_version;
  return target;
}

Result<std::unique_ptr<RewrittenGroup>> RewriteGroup(const RewriteTarget& target, FileGroup group,
                                                     const GroupRewriteOptions& options) {
  auto out = std::make_unique<RewrittenGroup>(target.snapshot->store());
  DELTAIC_ASSIGN_OR_RETURN(const bool copied, CopyGroup(group, options, *out));
  if (copied) {
    out->group = std::move(group);
    return out;
  }
  std::unique_ptr<CurveSort> sort;
  if (options.curve) {
    DELTAIC_ASSIGN_OR_RETURN(sort, StartSort(target, group, options));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto running, StartScan(target, group, options, {}));
  CountingScan scan(std::move(running), options, *out);
  DELTAIC_ASSIGN_OR_RETURN(auto sink, RowSink::Make(target.snapshot->store(), SinkTarget(target),
                                                    options.files, options.cancel));
  const auto write = [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    return sink->Write(WithTrackingNames(target, batch), RowOrigin::kStored);
  };
  if (sort != nullptr) {
    DELTAIC_RETURN_IF_ERROR(sort->Sort(scan, write));
  } else {
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan.Next());
      if (batch == nullptr) break;
      DELTAIC_RETURN_IF_ERROR(write(batch));
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(SinkResult written, sink->Finish());
  out->uncommitted.Add(written.files);
  if (written.num_rows != out->num_rows) {
    return Status::Internal("of ", out->num_rows, " rows ", written.num_rows, " were written");
  }
  out->written = std::move(written.files);
  out->group = std::move(group);
  return out;
}

}  // namespace deltaic
