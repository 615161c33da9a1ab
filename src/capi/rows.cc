#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <optional>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/stream_export.h"
#include "data/rows/tabular_file.h"
#include "data/values/requested_schema.h"
#include "data/values/value_text.h"
#include "expr/parser.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

struct FileCall {
  std::optional<TabularFormat> format;  ///< unset: by the file's name
  TabularReadOptions read;
};

OptionTable<FileCall> FormatOption(std::string_view call) {
  return OptionTable<FileCall>(call).Choice("format", &FileCall::format,
                                            {{"parquet", TabularFormat::kParquet},
                                             {"csv", TabularFormat::kCsv},
                                             {"json", TabularFormat::kJsonLines},
                                             {"arrow", TabularFormat::kArrow}},
                                            "default: by the file's name");
}

const OptionTable<FileCall>& FileReadTable() {
  return MadeOnce([] {
    return FormatOption("deltaic_file_read")
        .Number(
            "batch_rows", [](FileCall& call) -> auto& { return call.read.batch_rows; }, 1,
            "rows of a batch; default 65536")
        .Custom("schema", "SQL",
                "types of columns of a CSV or JSON file, as in code STRING, n DECIMAL(20,0); those "
                "of other columns are found from the first MiB",
                [](const GivenOption& given, FileCall& call) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(call.read.types, ParseColumnList(given.values.back()));
                  return Status();
                });
  });
}

const OptionTable<FileCall>& FileNumRowsTable() {
  return MadeOnce([] { return FormatOption("deltaic_file_num_rows"); });
}

const OptionTable<FileCall>& FileWriteTable() {
  return MadeOnce([] { return FormatOption("deltaic_file_write"); });
}

Result<TabularFormat> FormatOf(const FileCall& call, const std::string& path) {
  if (call.format) return *call.format;
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

/// \param moved  an ArrowArrayStream or ArrowSchema that a call takes.
template <typename Moved>
void ReleaseIfStillOurs(Moved* moved) {
  if (moved != nullptr && moved->release != nullptr) moved->release(moved);
}

}  // namespace

std::vector<CallDoc> RowsCalls() {
  return {{"deltaic_file_num_rows", FileNumRowsTable().docs(), {}},
          {"deltaic_file_read", FileReadTable().docs(), {}},
          {"deltaic_file_write", FileWriteTable().docs(), {}}};
}

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
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::FileReadTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::FormatOf(call, path));
    DELTAIC_ASSIGN_OR_RETURN(auto rows, deltaic::OpenTabularFile(path, format, call.read));
    deltaic::capi::ExportStream(std::move(rows), out);
    return Status::Ok();
  });
}

deltaic_status deltaic_file_num_rows(const char* path, const deltaic_options* options, int64_t* out,
                                     deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("path and out", path, out));
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::FileNumRowsTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::FormatOf(call, path));
    DELTAIC_ASSIGN_OR_RETURN(const auto rows, deltaic::CountTabularFile(path, format));
    *out = rows.value_or(-1);
    return Status::Ok();
  });
}

deltaic_status deltaic_file_write(const char* path, struct ArrowArrayStream* rows,
                                  const deltaic_options* options, int64_t* num_rows,
                                  deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("path and rows", path, rows));
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::FileWriteTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::FormatOf(call, path));
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

deltaic_status deltaic_stream_with_schema(struct ArrowArrayStream* rows, struct ArrowSchema* wanted,
                                          struct ArrowArrayStream* out, deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("rows, wanted and out", rows, wanted, out));
    DELTAIC_ASSIGN_OR_RETURN(const auto schema, arrow::ImportSchema(wanted));
    DELTAIC_ASSIGN_OR_RETURN(auto input, arrow::ImportRecordBatchReader(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto given, deltaic::WithRequestedSchema(std::move(input), *schema));
    deltaic::capi::ExportStream(std::move(given), out);
    return Status::Ok();
  });
  deltaic::capi::ReleaseIfStillOurs(rows);
  deltaic::capi::ReleaseIfStillOurs(wanted);
  return status;
}

}  // extern "C"
