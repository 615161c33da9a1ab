#include "ops/write.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <charconv>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/table.h"
#include "data/values/type_mapping.h"
#include "data/write/column_options.h"
#include "expr/parser.h"
#include "ops/create.h"
#include "protocol/custom_commit_info.h"
#include "protocol/json.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

Result<SaveMode> ReadSaveMode(OptionReader& options) {
  const std::string text = options.Text("mode").value_or("error");
  if (text == "error") return SaveMode::kError;
  if (text == "append") return SaveMode::kAppend;
  if (text == "overwrite") return SaveMode::kOverwrite;
  if (text == "ignore") return SaveMode::kIgnore;
  return Status::InvalidArgument("mode is error, append, overwrite or ignore, not '", text, "'");
}

Result<SchemaMode> ReadSchemaMode(OptionReader& options) {
  const std::optional<std::string> text = options.Text("schema_mode");
  if (!text) return SchemaMode::kStrict;
  if (*text == "merge") return SchemaMode::kMerge;
  if (*text == "overwrite") return SchemaMode::kOverwrite;
  return Status::InvalidArgument("schema_mode is merge or overwrite, not '", *text, "'");
}

StringMap ReadProperties(OptionReader& options) {
  StringMap out;
  for (auto& [key, value] : options.WithPrefix("property.")) out[key] = value;
  return out;
}

Status ReadCommitOptions(OptionReader& options, CommitSpec* commit) {
  for (auto& [key, json] : options.WithPrefix("commit.")) {
    DELTAIC_RETURN_IF_ERROR(CheckCustomCommitInfo(key, json));
    commit->custom.emplace_back(std::move(key), std::move(json));
  }
  DELTAIC_RETURN_IF_ERROR(options.Int("max_retries", 0, &commit->max_retries));
  return options.Bool("checkpoint", &commit->post_commit_checkpoint);
}

Result<std::vector<Txn>> ReadTransactions(OptionReader& options) {
  std::vector<Txn> out;
  for (const auto& [app_id, text] : options.WithPrefix("txn.")) {
    Txn txn{.app_id = app_id};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, txn.version);
    if (error != std::errc() || stop != end) {
      return Status::InvalidArgument("the version of application transaction '", app_id,
                                     "' is not a whole number: ", text);
    }
    out.push_back(std::move(txn));
  }
  return out;
}

/// "encoding" for all columns, "encoding.COLUMN" for one, and so on.
Status ReadColumnOptions(OptionReader& options, DataFileOptions* files) {
  for (const std::string_view key : kColumnOptionKeys) {
    if (const auto value = options.Text(std::string(key))) {
      DELTAIC_RETURN_IF_ERROR(SetColumnOption(key, *value, files->default_column));
    }
    for (const auto& [column, value] : options.WithPrefix(Concat(key, '.'))) {
      DELTAIC_RETURN_IF_ERROR(SetColumnOption(key, value, files->columns[column])
                                  .WithContext(Concat("column ", column)));
    }
  }
  return Status::Ok();
}

Status ReadFileOptions(OptionReader& options, DataFileOptions* files) {
  files->compression = options.Text("compression").value_or("");
  DELTAIC_RETURN_IF_ERROR(options.Int("compression_level", INT32_MIN, &files->compression_level));
  DELTAIC_RETURN_IF_ERROR(options.Int("target_file_size_bytes", 1, &files->target_file_size_bytes));
  DELTAIC_RETURN_IF_ERROR(options.Int("max_rows_per_group", 1, &files->max_rows_per_group));
  DELTAIC_RETURN_IF_ERROR(options.Int("data_page_size_bytes", 1, &files->data_page_size_bytes));
  DELTAIC_RETURN_IF_ERROR(
      options.Int("dictionary_page_size_bytes", 1, &files->dictionary_page_size_bytes));
  DELTAIC_RETURN_IF_ERROR(options.Int("max_rows_per_page", 1, &files->max_rows_per_page));
  DELTAIC_RETURN_IF_ERROR(options.Int("write_batch_rows", 1, &files->write_batch_rows));
  DELTAIC_RETURN_IF_ERROR(ReadColumnOptions(options, files));
  DELTAIC_RETURN_IF_ERROR(options.Int("threads", 0, &files->num_threads));
  DELTAIC_RETURN_IF_ERROR(options.Int("max_memory_bytes", 0, &files->max_memory_bytes));
  files->bloom_filter_columns = options.List("bloom_filter_columns");
  return Status::Ok();
}

Result<WriteOptions> ReadWriteOptions(const deltaic_options* given) {
  OptionReader options(given);
  WriteOptions out;
  DELTAIC_ASSIGN_OR_RETURN(out.mode, ReadSaveMode(options));
  DELTAIC_ASSIGN_OR_RETURN(out.schema_mode, ReadSchemaMode(options));
  out.partition_by = options.List("partition_by");
  out.properties = ReadProperties(options);
  out.name = options.Text("name");
  out.description = options.Text("description");
  if (const auto sql = options.Text("replace_where")) {
    DELTAIC_ASSIGN_OR_RETURN(out.replace_where, ParsePredicate(*sql));
  }
  DELTAIC_ASSIGN_OR_RETURN(out.transactions, ReadTransactions(options));
  DELTAIC_RETURN_IF_ERROR(ReadFileOptions(options, &out.files));
  DELTAIC_RETURN_IF_ERROR(ReadCommitOptions(options, &out.commit));
  out.cancel = options.cancel();
  DELTAIC_RETURN_IF_ERROR(options.Finish());
  return out;
}

std::string FormatWriteResult(const WriteResult& result) {
  JsonWriter json;
  json.BeginObject().Key("version");
  result.version ? json.Int(result.version->value) : json.Null();
  json.Key("skipped").Bool(result.skipped);
  json.Key("numAddedFiles").Int(result.num_added_files);
  json.Key("numRemovedFiles").Int(result.num_removed_files);
  json.Key("numAddedRows").Int(result.num_added_rows);
  json.Key("numAddedBytes").Int(result.num_added_bytes);
  json.Key("numRetries").Int(result.num_retries);
  json.EndObject();
  return json.Take();
}

/// Tells the caller how many rows have been taken from `input`.
class CountingReader : public arrow::RecordBatchReader {
 public:
  CountingReader(std::shared_ptr<arrow::RecordBatchReader> input,
                 std::function<void(int64_t)> progress)
      : input_(std::move(input)), progress_(std::move(progress)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return input_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(input_->ReadNext(batch));
    if (*batch) progress_(rows_ += (*batch)->num_rows());
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatchReader> input_;
  std::function<void(int64_t)> progress_;
  int64_t rows_ = 0;
};

Result<SchemaPtr> SchemaOf(struct ArrowSchema* arrow_schema,
                           const std::optional<std::string>& json) {
  if ((arrow_schema == nullptr) == !json.has_value()) {
    return Status::InvalidArgument("a new table needs either a schema or the option schema_json");
  }
  if (json) return ParseSchema(*json);
  DELTAIC_ASSIGN_OR_RETURN(auto schema, arrow::ImportSchema(arrow_schema));
  return FromArrowSchema(*schema);
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_create(deltaic_table* table, struct ArrowSchema* schema,
                                    const deltaic_options* options, deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    deltaic::capi::OptionReader reader(options);
    deltaic::CreateOptions create;
    DELTAIC_ASSIGN_OR_RETURN(create.schema,
                             deltaic::capi::SchemaOf(schema, reader.Text("schema_json")));
    create.partition_by = reader.List("partition_by").value_or(std::vector<std::string>());
    create.properties = deltaic::capi::ReadProperties(reader);
    create.name = reader.Text("name");
    create.description = reader.Text("description");
    DELTAIC_ASSIGN_OR_RETURN(create.mode, deltaic::capi::ReadSaveMode(reader));
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::ReadCommitOptions(reader, &create.commit));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto created, deltaic::CreateTable(table->table, create));
    table->loaded.Set(std::move(created));
    return Status::Ok();
  });
  // An importer that never ran leaves the schema to us: it is moved from in every case.
  if (schema != nullptr && schema->release != nullptr) schema->release(schema);
  return status;
}

deltaic_status deltaic_table_write(deltaic_table* table, struct ArrowArrayStream* rows,
                                   const deltaic_options* options, char** metrics_json,
                                   deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and rows", table, rows));
    DELTAIC_ASSIGN_OR_RETURN(auto write, deltaic::capi::ReadWriteOptions(options));
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatchReader> input,
                             arrow::ImportRecordBatchReader(rows));
    if (auto progress = deltaic::capi::OptionReader(options).progress()) {
      input =
          std::make_shared<deltaic::capi::CountingReader>(std::move(input), std::move(progress));
    }
    DELTAIC_ASSIGN_OR_RETURN(auto result,
                             deltaic::WriteTable(table->table, table->loaded.Get(), input, write));
    if (result.snapshot) table->loaded.Set(result.snapshot);
    if (metrics_json != nullptr)
      *metrics_json = deltaic::capi::NewString(deltaic::capi::FormatWriteResult(result));
    return Status::Ok();
  });
  if (rows != nullptr && rows->release != nullptr) rows->release(rows);
  return status;
}

}  // extern "C"
