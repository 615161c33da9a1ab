#include "data/rows/tabular_file.h"

#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/api.h>
#include <arrow/io/stdio.h>
#include <arrow/ipc/api.h>
#include <arrow/json/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/ascii.h"
#include "data/rows/csv_quotes.h"
#include "data/values/type_mapping.h"
#include "data/values/value_text.h"
#include "expr/nearest_name.h"
#include "protocol/json.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int64_t kInferenceBytes = 1 << 20;

bool EndsWith(std::string_view path, std::string_view ending) {
  if (path.size() < ending.size()) return false;
  return EqualsIgnoringCase(path.substr(path.size() - ending.size()), ending);
}

/// Names the file in an error, and makes of Arrow's "Invalid" what it means for a file's content.
Status InFile(const arrow::Status& status, const std::string& path) {
  const std::string where = path == "-" ? "standard input" : path;
  if (status.IsInvalid() || status.IsSerializationError() || status.IsTypeError()) {
    return Status::Corruption(where, ": ", status.message());
  }
  return AsStatus(status).WithContext(where);
}

#define DELTAIC_ASSIGN_IN_FILE(lhs, path, expr)                               \
  auto DELTAIC_CONCAT(deltaic_in_file_, __LINE__) = (expr);                   \
  if (!DELTAIC_CONCAT(deltaic_in_file_, __LINE__).ok())                       \
    return InFile(DELTAIC_CONCAT(deltaic_in_file_, __LINE__).status(), path); \
  lhs = *std::move(DELTAIC_CONCAT(deltaic_in_file_, __LINE__))

/// Errors of a reader's later batches name the file too.
class NamedReader : public arrow::RecordBatchReader {
 public:
  NamedReader(std::shared_ptr<arrow::RecordBatchReader> reader, std::string path)
      : reader_(std::move(reader)), path_(std::move(path)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    const arrow::Status status = reader_->ReadNext(batch);
    return status.ok() ? status : ToArrow(InFile(status, path_));
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::string path_;
};

Result<std::shared_ptr<arrow::io::InputStream>> OpenStream(const std::string& path) {
  if (path == "-")
    return std::shared_ptr<arrow::io::InputStream>(std::make_shared<arrow::io::StdinStream>());
  DELTAIC_ASSIGN_IN_FILE(auto file, path, arrow::io::ReadableFile::Open(path));
  return std::shared_ptr<arrow::io::InputStream>(std::move(file));
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenRandomAccess(const std::string& path) {
  if (path != "-") {
    DELTAIC_ASSIGN_IN_FILE(auto file, path, arrow::io::ReadableFile::Open(path));
    return std::shared_ptr<arrow::io::RandomAccessFile>(std::move(file));
  }
  arrow::io::StdinStream input;
  arrow::BufferBuilder bytes;
  while (true) {
    DELTAIC_ASSIGN_IN_FILE(auto part, path, input.Read(kInferenceBytes));
    if (part->size() == 0) break;
    DELTAIC_RETURN_IF_ERROR(bytes.Append(part->data(), part->size()));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto buffer, bytes.Finish());
  return std::shared_ptr<arrow::io::RandomAccessFile>(
      std::make_shared<arrow::io::BufferReader>(std::move(buffer)));
}

/// A Parquet reader that keeps its file reader alive.
class ParquetStream : public arrow::RecordBatchReader {
 public:
  ParquetStream(std::unique_ptr<parquet::arrow::FileReader> file,
                std::unique_ptr<arrow::RecordBatchReader> rows)
      : file_(std::move(file)), rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return rows_->ReadNext(batch);
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> rows_;
};

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenParquet(const std::string& path,
                                                              int64_t batch_rows) {
  DELTAIC_ASSIGN_OR_RETURN(auto input, OpenRandomAccess(path));
  parquet::arrow::FileReaderBuilder builder;
  if (const arrow::Status status = builder.Open(std::move(input)); !status.ok())
    return InFile(status, path);
  parquet::ArrowReaderProperties properties(/*use_threads=*/true);
  properties.set_batch_size(batch_rows);
  properties.set_pre_buffer(true);
  std::unique_ptr<parquet::arrow::FileReader> file;
  if (const arrow::Status status = builder.properties(properties)->Build(&file); !status.ok())
    return InFile(status, path);
  DELTAIC_ASSIGN_IN_FILE(auto rows, path, file->GetRecordBatchReader());
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<ParquetStream>(std::move(file), std::move(rows)));
}

Status HasColumn(const arrow::Schema& schema, const std::string& name, const std::string& path) {
  if (schema.GetFieldIndex(name) >= 0) return Status();
  const std::vector<std::string> names = schema.field_names();
  const std::string_view nearest =
      NearestName(name, std::vector<std::string_view>(names.begin(), names.end()));
  return Status::InvalidArgument(path == "-" ? "standard input" : path, " has no column ", name,
                                 nearest.empty() ? "" : Concat("; did you mean ", nearest, "?"));
}

/// Columns in which no value was seen are text, all null: types cannot be told from nothing.
class NoValueIsText : public arrow::RecordBatchReader {
 public:
  explicit NoValueIsText(std::shared_ptr<arrow::RecordBatchReader> reader)
      : reader_(std::move(reader)) {
    arrow::FieldVector fields = reader_->schema()->fields();
    for (auto& field : fields) {
      if (field->type()->id() == arrow::Type::NA) field = field->WithType(arrow::utf8());
    }
    schema_ = arrow::schema(std::move(fields));
  }
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(reader_->ReadNext(batch));
    if (*batch == nullptr) return arrow::Status::OK();
    arrow::ArrayVector columns = (*batch)->columns();
    for (auto& column : columns) {
      if (column->type_id() != arrow::Type::NA) continue;
      ARROW_ASSIGN_OR_RAISE(column, arrow::MakeArrayOfNull(arrow::utf8(), column->length()));
    }
    *batch = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns));
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenCsv(const std::string& path,
                                                          const TabularReadOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(auto input, OpenStream(path));
  auto read = arrow::csv::ReadOptions::Defaults();
  read.block_size = kInferenceBytes;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = {""};
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  if (options.types != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const auto types, ToArrowSchema(*options.types));
    for (const auto& field : types->fields()) convert.column_types[field->name()] = field->type();
  }
  DELTAIC_ASSIGN_IN_FILE(auto reader, path,
                         arrow::csv::StreamingReader::Make(
                             arrow::io::default_io_context(), WithQuotesClosed(std::move(input)),
                             read, arrow::csv::ParseOptions::Defaults(), convert));
  for (const auto& [name, type] : convert.column_types) {
    DELTAIC_RETURN_IF_ERROR(HasColumn(*reader->schema(), name, path));
  }
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<NoValueIsText>(std::move(reader)));
}

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenJsonLines(const std::string& path,
                                                                const TabularReadOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(auto input, OpenStream(path));
  auto read = arrow::json::ReadOptions::Defaults();
  read.block_size = kInferenceBytes;
  auto parse = arrow::json::ParseOptions::Defaults();
  if (options.types != nullptr) {
    // A column that no line has is null throughout, as other absent members are.
    DELTAIC_ASSIGN_OR_RETURN(parse.explicit_schema, ToArrowSchema(*options.types));
  }
  DELTAIC_ASSIGN_IN_FILE(auto reader, path,
                         arrow::json::StreamingReader::Make(std::move(input), read, parse));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
}

/// The file form has its index at the end; a stream has none and starts otherwise.
class ArrowFileStream : public arrow::RecordBatchReader {
 public:
  explicit ArrowFileStream(std::shared_ptr<arrow::ipc::RecordBatchFileReader> file)
      : file_(std::move(file)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return file_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ == file_->num_record_batches()) return arrow::Status::OK();
    return file_->ReadRecordBatch(next_++).Value(batch);
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int next_ = 0;
};

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenArrow(const std::string& path) {
  DELTAIC_ASSIGN_OR_RETURN(auto input, OpenRandomAccess(path));
  DELTAIC_ASSIGN_IN_FILE(auto magic, path, input->ReadAt(0, 6));
  if (magic->ToString() == "ARROW1") {
    DELTAIC_ASSIGN_IN_FILE(auto file, path, arrow::ipc::RecordBatchFileReader::Open(input));
    return std::shared_ptr<arrow::RecordBatchReader>(
        std::make_shared<ArrowFileStream>(std::move(file)));
  }
  DELTAIC_ASSIGN_IN_FILE(
      auto stream, path,
      arrow::ipc::RecordBatchStreamReader::Open(std::shared_ptr<arrow::io::InputStream>(input)));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(stream));
}

/// Standard output that tells a closed pipe from other errors by errno, and does not close it.
class StdoutSink : public arrow::io::OutputStream {
 public:
  arrow::Status Write(const void* data, int64_t size) override {
    if (std::fwrite(data, 1, static_cast<size_t>(size), stdout) != static_cast<size_t>(size))
      return Failed();
    position_ += size;
    return arrow::Status::OK();
  }
  using Writable::Write;
  arrow::Status Flush() override {
    return std::fflush(stdout) == 0 ? arrow::Status::OK() : Failed();
  }
  arrow::Status Close() override { return Flush(); }
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return false; }

 private:
  static arrow::Status Failed() {
    return arrow::Status::IOError("cannot write to standard output: ", std::strerror(errno));
  }
  int64_t position_ = 0;
};

/// Pulls all batches of `rows` through `write` and counts them.
template <typename Write>
Result<int64_t> ForEachBatch(arrow::RecordBatchReader& rows, Write&& write) {
  int64_t num_rows = 0;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    DELTAIC_RETURN_IF_ERROR(rows.ReadNext(&batch));
    if (!batch) return num_rows;
    DELTAIC_RETURN_IF_ERROR(write(*batch));
    num_rows += batch->num_rows();
  }
}

void AppendCsvCell(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

Result<int64_t> WriteCsv(arrow::io::OutputStream& out, arrow::RecordBatchReader& rows) {
  std::string text;
  for (int i = 0; i < rows.schema()->num_fields(); ++i) {
    if (i > 0) text.push_back(',');
    AppendCsvCell(text, rows.schema()->field(i)->name());
  }
  text.push_back('\n');
  // The header goes out with the first rows, so that a scan that fails at once leaves no output.
  const auto write = [&](const arrow::RecordBatch& batch) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(auto texts, ToDisplayText(batch));
    for (int64_t row = 0; row < texts->num_rows(); ++row) {
      for (int i = 0; i < texts->num_columns(); ++i) {
        if (i > 0) text.push_back(',');
        const auto& column = static_cast<const arrow::StringArray&>(*texts->column(i));
        if (!column.IsNull(row)) AppendCsvCell(text, column.GetView(row));
      }
      text.push_back('\n');
    }
    DELTAIC_RETURN_IF_ERROR(out.Write(text));
    text.clear();
    return Status::Ok();
  };
  DELTAIC_ASSIGN_OR_RETURN(const int64_t num_rows, ForEachBatch(rows, write));
  DELTAIC_RETURN_IF_ERROR(out.Write(text));
  return num_rows;
}

Result<int64_t> WriteJsonLines(arrow::io::OutputStream& out, arrow::RecordBatchReader& rows) {
  return ForEachBatch(rows, [&](const arrow::RecordBatch& batch) -> Status {
    std::string text;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        text.push_back(i == 0 ? '{' : ',');
        AppendJsonString(text, batch.schema()->field(i)->name());
        text.push_back(':');
        DELTAIC_RETURN_IF_ERROR(
            AppendJsonValue(text, *batch.schema()->field(i), *batch.column(i), row));
      }
      text += batch.num_columns() == 0 ? "{}\n" : "}\n";
    }
    return AsStatus(out.Write(text));
  });
}

Result<int64_t> WriteParquet(std::shared_ptr<arrow::io::OutputStream> out,
                             arrow::RecordBatchReader& rows) {
  auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  DELTAIC_ASSIGN_OR_RETURN(
      auto writer, parquet::arrow::FileWriter::Open(*rows.schema(), arrow::default_memory_pool(),
                                                    std::move(out), std::move(properties)));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t num_rows,
                           ForEachBatch(rows, [&](const arrow::RecordBatch& batch) {
                             return AsStatus(writer->WriteRecordBatch(batch));
                           }));
  DELTAIC_RETURN_IF_ERROR(writer->Close());
  return num_rows;
}

Result<int64_t> WriteArrow(std::shared_ptr<arrow::io::OutputStream> out,
                           arrow::RecordBatchReader& rows, bool stream) {
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
  if (stream) {
    DELTAIC_ASSIGN_OR_RETURN(writer, arrow::ipc::MakeStreamWriter(std::move(out), rows.schema()));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(writer, arrow::ipc::MakeFileWriter(std::move(out), rows.schema()));
  }
  DELTAIC_ASSIGN_OR_RETURN(const int64_t num_rows,
                           ForEachBatch(rows, [&](const arrow::RecordBatch& batch) {
                             return AsStatus(writer->WriteRecordBatch(batch));
                           }));
  DELTAIC_RETURN_IF_ERROR(writer->Close());
  return num_rows;
}

Result<int64_t> WriteTo(std::shared_ptr<arrow::io::OutputStream> out, TabularFormat format,
                        arrow::RecordBatchReader& rows, bool stream) {
  switch (format) {
    case TabularFormat::kParquet:
      return WriteParquet(std::move(out), rows);
    case TabularFormat::kCsv:
      return WriteCsv(*out, rows);
    case TabularFormat::kJsonLines:
      return WriteJsonLines(*out, rows);
    case TabularFormat::kArrow:
      return WriteArrow(std::move(out), rows, stream);
  }
  return Status::Internal("unknown file format");
}

}  // namespace

std::optional<TabularFormat> ParseTabularFormat(std::string_view name) {
  if (name == "parquet") return TabularFormat::kParquet;
  if (name == "csv") return TabularFormat::kCsv;
  if (name == "json") return TabularFormat::kJsonLines;
  if (name == "arrow") return TabularFormat::kArrow;
  return std::nullopt;
}

std::optional<TabularFormat> TabularFormatOf(std::string_view path) {
  if (EndsWith(path, ".parquet")) return TabularFormat::kParquet;
  if (EndsWith(path, ".csv")) return TabularFormat::kCsv;
  for (const char* ending : {".json", ".jsonl", ".ndjson"}) {
    if (EndsWith(path, ending)) return TabularFormat::kJsonLines;
  }
  for (const char* ending : {".arrow", ".arrows", ".ipc", ".feather"}) {
    if (EndsWith(path, ending)) return TabularFormat::kArrow;
  }
  return std::nullopt;
}

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenTabularFile(
    const std::string& path, TabularFormat format, const TabularReadOptions& options) {
  const bool has_types = format == TabularFormat::kParquet || format == TabularFormat::kArrow;
  if (has_types && options.types != nullptr) {
    return Status::InvalidArgument(path,
                                   " has types of its own; a schema is given for CSV and "
                                   "JSON alone");
  }
  std::shared_ptr<arrow::RecordBatchReader> reader;
  switch (format) {
    case TabularFormat::kParquet: {
      DELTAIC_ASSIGN_OR_RETURN(reader, OpenParquet(path, options.batch_rows));
      break;
    }
    case TabularFormat::kCsv: {
      DELTAIC_ASSIGN_OR_RETURN(reader, OpenCsv(path, options));
      break;
    }
    case TabularFormat::kJsonLines: {
      DELTAIC_ASSIGN_OR_RETURN(reader, OpenJsonLines(path, options));
      break;
    }
    case TabularFormat::kArrow: {
      DELTAIC_ASSIGN_OR_RETURN(reader, OpenArrow(path));
      break;
    }
  }
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<NamedReader>(std::move(reader), path));
}

Result<std::optional<int64_t>> CountTabularFile(const std::string& path, TabularFormat format) {
  if (path == "-" || format != TabularFormat::kParquet) return std::optional<int64_t>();
  DELTAIC_ASSIGN_OR_RETURN(auto input, OpenRandomAccess(path));
  parquet::arrow::FileReaderBuilder builder;
  if (const arrow::Status status = builder.Open(std::move(input)); !status.ok())
    return InFile(status, path);
  return std::optional<int64_t>(builder.raw_reader()->metadata()->num_rows());
}

Result<int64_t> WriteTabularFile(const std::string& path, TabularFormat format,
                                 arrow::RecordBatchReader& rows) {
  if (path == "-") {
    auto out = std::make_shared<StdoutSink>();
    DELTAIC_ASSIGN_OR_RETURN(const int64_t num_rows, WriteTo(out, format, rows, /*stream=*/true));
    DELTAIC_RETURN_IF_ERROR(out->Flush());
    return num_rows;
  }
  const std::string partial = path + ".part";
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::io::FileOutputStream> out,
                           arrow::io::FileOutputStream::Open(partial));
  Result<int64_t> num_rows = WriteTo(out, format, rows, /*stream=*/false);
  const arrow::Status closed = out->Close();
  if (num_rows.ok() && !closed.ok()) num_rows = AsStatus(closed);
  if (num_rows.ok() && std::rename(partial.c_str(), path.c_str()) != 0) {
    num_rows = Status::Io("cannot create ", path, ": ", std::strerror(errno));
  }
  if (!num_rows.ok()) std::remove(partial.c_str());
  return num_rows;
}

}  // namespace deltaic
