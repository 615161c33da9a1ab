#include "table/file_table.h"

#include <arrow/api.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/percent_encoding.h"
#include "storage/arrow_status.h"
#include "table/stats_columns.h"

namespace deltaic {
namespace {

using BatchResult = Result<std::shared_ptr<arrow::RecordBatch>>;

/// A file stream as a reader.
class FileTableReader : public arrow::RecordBatchReader {
 public:
  FileTableReader(SnapshotPtr snapshot, std::unique_ptr<FileStream> files,
                  std::shared_ptr<arrow::Schema> schema)
      : snapshot_(std::move(snapshot)), files_(std::move(files)), schema_(std::move(schema)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    auto batch = files_->Next();
    if (!batch.ok()) return ToArrow(batch.status());
    *out = *std::move(batch);
    return arrow::Status::OK();
  }

 private:
  SnapshotPtr snapshot_;
  std::unique_ptr<FileStream> files_;
  std::shared_ptr<arrow::Schema> schema_;
};

std::shared_ptr<arrow::Schema> UriSchema() {
  return arrow::schema({arrow::field("uri", arrow::utf8(), false)});
}

/// Absolute paths of the log stay as they are, others lie below the root.
bool IsAbsolute(std::string_view path) {
  return path.starts_with('/') || path.find("://") != std::string_view::npos ||
         path.starts_with("file:");
}

/// What comes before a relative path. Local roots are given as plain paths, which is what every
/// reader of local files takes.
std::string UriPrefix(std::string_view root) {
  if (root.starts_with("file://")) return Concat(PercentDecode(root.substr(7)), "/");
  return Concat(root, "/");
}

BatchResult ToUris(const std::string& prefix, const arrow::RecordBatch& files) {
  const auto& paths = static_cast<const arrow::StringArray&>(*files.column(0));
  arrow::StringBuilder builder(FileActionsPool());
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(paths.length()));
  // Decoding makes no path longer.
  DELTAIC_RETURN_IF_ERROR(builder.ReserveData(
      paths.total_values_length() + paths.length() * static_cast<int64_t>(prefix.size())));
  std::string decoded, uri = prefix;
  for (int64_t row = 0; row < paths.length(); ++row) {
    std::string_view path = paths.GetView(row);
    if (path.find('%') != std::string_view::npos) path = decoded = PercentDecode(path);
    if (IsAbsolute(path)) {
      builder.UnsafeAppend(path);
      continue;
    }
    uri.resize(prefix.size());
    builder.UnsafeAppend(uri.append(path));
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
      options.convert = [prefix = UriPrefix(snapshot->store()->root_uri())](
                            const arrow::RecordBatch& files) { return ToUris(prefix, files); };
      break;
    case FileTableFormat::kActions:
    case FileTableFormat::kActionsFlat: {
      options.columns.deletion_vector = false;
      options.columns.others = false;
      DELTAIC_ASSIGN_OR_RETURN(auto columns,
                               StatsColumns::Make(*snapshot, format == FileTableFormat::kActionsFlat
                                                                 ? StatsColumns::Form::kFlat
                                                                 : StatsColumns::Form::kStructs));
      schema = columns->schema();
      options.convert = [columns](const arrow::RecordBatch& files) {
        return columns->Convert(files);
      };
      break;
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot->ListFiles(std::move(options)));
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<FileTableReader>(snapshot, std::move(files), std::move(schema)));
}

}  // namespace deltaic
