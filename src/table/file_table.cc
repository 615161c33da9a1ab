#include "table/file_table.h"

#include <arrow/api.h>

#include <string>
#include <string_view>
#include <utility>

#include "data/actions/data_path.h"
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

BatchResult ToUris(std::string_view root_uri, const arrow::RecordBatch& files) {
  const auto& paths = static_cast<const arrow::StringArray&>(*files.column(0));
  DataFileUris places(root_uri);
  arrow::StringBuilder builder(FileActionsPool());
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(paths.length()));
  // Decoding makes no path longer.
  DELTAIC_RETURN_IF_ERROR(builder.ReserveData(
      paths.total_values_length() + paths.length() * static_cast<int64_t>(places.prefix_size())));
  for (int64_t row = 0; row < paths.length(); ++row) {
    builder.UnsafeAppend(places.Of(paths.GetView(row)));
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
      options.convert = [root_uri = snapshot->store()->root_uri()](
                            const arrow::RecordBatch& files) { return ToUris(root_uri, files); };
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
