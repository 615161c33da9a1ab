#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/stream_export.h"
#include "data/rows/tabular_file.h"
#include "data/values/value_text.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

Result<TabularFormat> ReadFormat(OptionReader& options, const std::string& path) {
  if (const auto name = options.Text("format")) {
    if (const auto format = ParseTabularFormat(*name)) return *format;
    return Status::InvalidArgument("format is parquet, csv, json or arrow, not '", *name, "'");
  }
  if (const auto format = TabularFormatOf(path)) return *format;
  return Status::InvalidArgument(
      "the name ", path, " does not tell its format; give format: parquet, csv, json or arrow");
}

/// Turns each batch of `rows` into display text.
class TextReader : public arrow::RecordBatchReader {
 public:
  explicit TextReader(std::shared_ptr<arrow::RecordBatchReader> rows)
      : rows_(std::move(rows)), schema_(DisplayTextSchema(*rows_->schema())) {}
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(rows_->ReadNext(&batch));
    out->reset();
    if (!batch) return arrow::Status::OK();
    auto texts = ToDisplayText(*batch);
    if (!texts.ok()) return ToArrow(texts.status());
    *out = *std::move(texts);
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::Schema> schema_;
};

void ReleaseIfStillOurs(struct ArrowArrayStream* rows) {
  if (rows != nullptr && rows->release != nullptr) rows->release(rows);
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_file_read(const char* path, const deltaic_options* options,
                                 struct ArrowArrayStream* out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("path and out", path, out));
    deltaic::capi::OptionReader reader(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::ReadFormat(reader, path));
    int64_t batch_rows = 64 * 1024;
    DELTAIC_RETURN_IF_ERROR(reader.Int("batch_rows", 1, &batch_rows));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto rows, deltaic::OpenTabularFile(path, format, batch_rows));
    deltaic::capi::ExportStream(std::move(rows), out);
    return Status::Ok();
  });
}

deltaic_status deltaic_file_write(const char* path, struct ArrowArrayStream* rows,
                                  const deltaic_options* options, int64_t* num_rows,
                                  deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("path and rows", path, rows));
    deltaic::capi::OptionReader reader(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::ReadFormat(reader, path));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto input, arrow::ImportRecordBatchReader(rows));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t written,
                             deltaic::WriteTabularFile(path, format, *input));
    if (num_rows != nullptr) *num_rows = written;
    return Status::Ok();
  });
  deltaic::capi::ReleaseIfStillOurs(rows);
  return status;
}

deltaic_status deltaic_stream_as_text(struct ArrowArrayStream* rows, struct ArrowArrayStream* out,
                                      deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("rows and out", rows, out));
    DELTAIC_ASSIGN_OR_RETURN(auto input, arrow::ImportRecordBatchReader(rows));
    deltaic::capi::ExportStream(std::make_shared<deltaic::capi::TextReader>(std::move(input)), out);
    return Status::Ok();
  });
  deltaic::capi::ReleaseIfStillOurs(rows);
  return status;
}

}  // extern "C"
