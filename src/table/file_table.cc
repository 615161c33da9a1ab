#include "table/file_table.h"

#include <arrow/api.h>

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "data/type_mapping.h"
#include "data/value_builder.h"
#include "protocol/file_stats.h"
#include "protocol/partition_value.h"
#include "storage/arrow_status.h"
#include "table/parallel_for.h"
#include "table/stats_columns.h"

namespace deltaic {
namespace {

using BatchResult = Result<std::shared_ptr<arrow::RecordBatch>>;

/// Pulls a file stream and turns each batch into others, on several threads.
class FileTableReader : public arrow::RecordBatchReader {
 public:
  using Convert = std::function<BatchResult(const arrow::RecordBatch&)>;
  FileTableReader(SnapshotPtr snapshot, std::unique_ptr<FileStream> files,
                  std::shared_ptr<arrow::Schema> schema, Convert convert)
      : snapshot_(std::move(snapshot)),
        files_(std::move(files)),
        schema_(std::move(schema)),
        convert_(std::move(convert)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    out->reset();
    if (ready_.empty()) {
      if (const Status status = Refill(); !status.ok()) return ToArrow(status);
    }
    if (ready_.empty()) return arrow::Status::OK();
    *out = std::move(ready_.front());
    ready_.pop_front();
    return arrow::Status::OK();
  }

 private:
  Status Refill() {
    DELTAIC_ASSIGN_OR_RETURN(const auto files, files_->Next());
    if (files == nullptr) return Status::Ok();
    if (!convert_) {
      ready_.push_back(files);
      return Status::Ok();
    }
    // Parsed statistics take more memory than their text, so few rows at once.
    constexpr int64_t kRowsAtOnce = 8 * 1024;
    std::vector<std::shared_ptr<arrow::RecordBatch>> parts((files->num_rows() + kRowsAtOnce - 1) /
                                                           kRowsAtOnce);
    const auto convert = [&](int64_t i) -> Status {
      DELTAIC_ASSIGN_OR_RETURN(parts[i], convert_(*files->Slice(i * kRowsAtOnce, kRowsAtOnce)));
      return Status::Ok();
    };
    DELTAIC_RETURN_IF_ERROR(
        ParallelFor(static_cast<int64_t>(parts.size()), DefaultThreads(true), convert));
    ready_.assign(parts.begin(), parts.end());
    return Status::Ok();
  }

  SnapshotPtr snapshot_;
  std::unique_ptr<FileStream> files_;
  std::shared_ptr<arrow::Schema> schema_;
  Convert convert_;
  std::deque<std::shared_ptr<arrow::RecordBatch>> ready_;
};

std::shared_ptr<arrow::Schema> UriSchema() {
  return arrow::schema({arrow::field("uri", arrow::utf8(), false)});
}

/// The text of a file's URI: absolute paths of the log as they are, others below the root. Local
/// roots are given as plain paths, which is what every reader of local files takes.
std::string FileUri(std::string_view root, std::string_view log_path) {
  std::string path = PercentDecode(log_path);
  if (path.starts_with('/') || path.find("://") != std::string::npos || path.starts_with("file:"))
    return path;
  if (root.starts_with("file://")) return Concat(PercentDecode(root.substr(7)), "/", path);
  return Concat(root, "/", path);
}

BatchResult ToUris(const std::string& root, const arrow::RecordBatch& files) {
  const auto& paths = static_cast<const arrow::StringArray&>(*files.column(0));
  arrow::StringBuilder builder;
  for (int64_t row = 0; row < paths.length(); ++row) {
    DELTAIC_RETURN_IF_ERROR(builder.Append(FileUri(root, paths.GetView(row))));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto uris, builder.Finish());
  return arrow::RecordBatch::Make(UriSchema(), files.num_rows(), {std::move(uris)});
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> MakeFileTable(const SnapshotPtr& snapshot,
                                                                FileTableFormat format,
                                                                ExprPtr predicate) {
  FileListOptions options;
  options.predicate = std::move(predicate);
  FileTableReader::Convert convert;
  std::shared_ptr<arrow::Schema> schema;
  switch (format) {
    case FileTableFormat::kLog:
      schema = AddBatchSchema(options.columns);
      break;
    case FileTableFormat::kPaths:
      options.columns = FileColumns::PathOnly();
      schema = AddBatchSchema(options.columns);
      break;
    case FileTableFormat::kUris:
      options.columns = FileColumns::PathOnly();
      schema = UriSchema();
      convert = [root = snapshot->store()->root_uri()](const arrow::RecordBatch& files) {
        return ToUris(root, files);
      };
      break;
    case FileTableFormat::kActions:
    case FileTableFormat::kActionsFlat: {
      options.columns.deletion_vector = false;
      options.columns.others = false;
      DELTAIC_ASSIGN_OR_RETURN(
          auto columns, StatsColumns::Make(*snapshot, format == FileTableFormat::kActionsFlat));
      schema = columns->schema();
      convert = [columns](const arrow::RecordBatch& files) { return columns->Convert(files); };
      break;
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot->ListFiles(std::move(options)));
  return std::shared_ptr<arrow::RecordBatchReader>(std::make_shared<FileTableReader>(
      snapshot, std::move(files), std::move(schema), std::move(convert)));
}

}  // namespace deltaic
