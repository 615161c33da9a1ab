#include "ops/write.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <optional>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/auto_compact_option.h"
#include "capi/calls.h"
#include "capi/counted_reader.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "data/values/type_mapping.h"
#include "data/write/column_options.h"
#include "expr/parser.h"
#include "ops/create.h"
#include "protocol/custom_commit_info.h"
#include "protocol/file_list.h"
#include "protocol/json.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

/// "txn.APP_ID": the version that the application has come to.
Status ReadTransaction(const GivenOption& given, WriteOptions& out) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t version,
                           NumberOption(given.key, given.values.back(), INT64_MIN));
  out.transactions.push_back({.app_id = given.name, .version = version});
  return Status();
}

const OptionTable<CommitSpec>& CommitOptions() {
  return MadeOnce([] {
    return OptionTable<CommitSpec>("a commit")
        .Custom("commit.KEY", "JSON", "a value for commitInfo",
                [](const GivenOption& given, CommitSpec& out) -> Status {
                  DELTAIC_RETURN_IF_ERROR(CheckCustomCommitInfo(given.name, given.values.back()));
                  out.custom.emplace_back(given.name, given.values.back());
                  return Status();
                })
        .Number("max_retries", &CommitSpec::max_retries, 0,
                "how often a commit that others overtook is tried again; default 10000")
        .Flag("checkpoint", &CommitSpec::post_commit_checkpoint,
              "false: none after this commit; default true")
        .Flag("cleanup_expired_logs", &CommitSpec::cleanup_expired_logs,
              "whether a checkpoint deletes what the log need not keep; default: the table's "
              "delta.enableExpiredLogCleanup");
  });
}

struct ColumnOptionDoc {
  std::string_view key, takes, meaning;
};

/// How columns are stored, each for all columns, or as "KEY.COLUMN" for one.
constexpr ColumnOptionDoc kColumnOptions[] = {
    {"dictionary", "true | false", "false: none; default true"},
    {"encoding", "text",
     "plain | rle | delta_binary_packed | delta_length_byte_array | delta_byte_array | "
     "byte_stream_split, in place of a dictionary"},
    {"statistics", "none | chunk | page", "what Parquet keeps of a column; default page"},
    {"bloom_filter", "true | false", "default false"},
    {"bloom_filter_fpp", "number", "share of false finds, between 0 and 1"},
    {"bloom_filter_ndv", "number", "distinct values that a filter is made for"},
};

void AddColumnOption(const ColumnOptionDoc& doc, OptionTable<DataFileOptions>& out) {
  const std::string key(doc.key);
  out.Custom(key, doc.takes, doc.meaning, [key](const GivenOption& given, DataFileOptions& files) {
    return SetColumnOption(key, given.values.back(), files.default_column);
  });
  out.Custom(Concat(key, ".COLUMN"), doc.takes, "of one column, dots between the names of members",
             [key](const GivenOption& given, DataFileOptions& files) {
               return SetColumnOption(key, given.values.back(), files.columns[given.name])
                   .WithContext(Concat("column ", given.name));
             });
}

const OptionTable<DataFileOptions>& DataFileTable() {
  return MadeOnce([] {
    OptionTable<DataFileOptions> out("data files");
    out.Text("compression", &DataFileOptions::compression,
             "none | snappy (default) | gzip | lz4 | lz4_raw | zstd | brotli")
        .Number("compression_level", &DataFileOptions::compression_level, INT32_MIN,
                "default: the codec's own")
        .Number("target_file_size_bytes", &DataFileOptions::target_file_size_bytes, 1,
                "a new file is begun beyond it; default: the table's, else 134217728")
        .Number("max_rows_per_group", &DataFileOptions::max_rows_per_group, 1, "default 1048576")
        .Number("data_page_size_bytes", &DataFileOptions::data_page_size_bytes, 1,
                "default 1048576")
        .Number("dictionary_page_size_bytes", &DataFileOptions::dictionary_page_size_bytes, 1,
                "a larger dictionary is given up; default 1048576")
        .Number("max_rows_per_page", &DataFileOptions::max_rows_per_page, 1,
                "default: by size alone")
        .Number("write_batch_rows", &DataFileOptions::write_batch_rows, 1,
                "rows encoded at a time; default 1024")
        .Number("threads", &DataFileOptions::num_threads, 0, "0 (default): one for each core")
        .Number("max_memory_bytes", &DataFileOptions::max_memory_bytes, 0,
                "of rows that are not in files yet; 0 (default): 536870912")
        .Flag("optimize_write", &DataFileOptions::optimize_write,
              "true: few files of each partition; default: the table's "
              "delta.autoOptimize.optimizeWrite")
        .List("bloom_filter_columns", &DataFileOptions::bloom_filter_columns,
              "columns that get a Bloom filter; default: the table's");
    for (const ColumnOptionDoc& doc : kColumnOptions) AddColumnOption(doc, out);
    return out;
  });
}

/// The options of a table that a call may make, for types that call them as CreateOptions does.
template <typename T>
OptionTable<T>& AddTableOptions(OptionTable<T>& table,
                                std::vector<std::pair<std::string_view, SaveMode>> modes) {
  return table
      .Choice("mode", &T::mode, std::move(modes),
              "what to do where the table is there; default error")
      .List("partition_by", &T::partition_by, "partition columns of a new table")
      .Custom("property.KEY", "text", "a property of a new table",
              [](const GivenOption& given, T& out) {
                out.properties[given.name] = given.values.back();
                return Status();
              })
      .Text("name", &T::name, "of a new table")
      .Text("description", &T::description, "of a new table");
}

struct CreateCall {
  SchemaPtr schema;  ///< of either option; nullptr: comes from Arrow
  CreateOptions create;
};

const OptionTable<CreateCall>& CreateTableTable() {
  return MadeOnce([] {
    OptionTable<CreateOptions> create("deltaic_table_create");
    AddTableOptions(create, {{"error", SaveMode::kError},
                             {"overwrite", SaveMode::kOverwrite},
                             {"ignore", SaveMode::kIgnore}})
        .Include(CommitOptions(), &CreateOptions::commit);
    return OptionTable<CreateCall>("deltaic_table_create")
        .Custom("schema_json", "JSON", "the columns as the protocol has them",
                [](const GivenOption& given, CreateCall& out) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(out.schema, ParseSchema(given.values.back()));
                  return Status();
                })
        .Custom(
            "schema", "SQL", "the columns as in id BIGINT NOT NULL, n DECIMAL(20,0)",
            [](const GivenOption& given, CreateCall& out) -> Status {
              if (out.schema != nullptr) {
                return Status::InvalidArgument("options schema and schema_json exclude each other");
              }
              DELTAIC_ASSIGN_OR_RETURN(out.schema, ParseColumnList(given.values.back()));
              return Status();
            })
        .Custom("files", "JSON lines",
                "files of other writers that the table begins with, add actions as "
                "deltaic_table_commit_files takes them",
                [](const GivenOption& given, CreateCall& out) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(FileList files, ParseFileList(given.values.back()));
                  if (!files.removes.empty()) {
                    return Status::InvalidArgument("a new table has no files to remove");
                  }
                  out.create.adds = std::move(files.adds);
                  return Status();
                })
        .Include(create, &CreateCall::create);
  });
}

const OptionTable<CompactedCall<WriteOptions>>& WriteTableTable() {
  return MadeOnce([] {
    OptionTable<WriteOptions> out("deltaic_table_write");
    AddTableOptions(out, {{"error", SaveMode::kError},
                          {"append", SaveMode::kAppend},
                          {"overwrite", SaveMode::kOverwrite},
                          {"ignore", SaveMode::kIgnore}})
        .Choice(
            "schema_mode", &WriteOptions::schema_mode,
            {{"merge", SchemaMode::kMerge}, {"overwrite", SchemaMode::kOverwrite}},
            "merge: columns that the table lacks are added; overwrite, with mode overwrite: the "
            "table gets the rows' schema; default: neither")
        .Custom(
            "replace_where", "SQL",
            "with mode overwrite: only rows that make it true are replaced, as all new ones must",
            [](const GivenOption& given, WriteOptions& write) -> Status {
              DELTAIC_ASSIGN_OR_RETURN(write.replace_where, ParsePredicate(given.values.back()));
              return Status();
            })
        .Custom("txn.APP_ID", "number", "the version that an application has come to",
                ReadTransaction)
        .Include(CommitOptions(), &WriteOptions::commit)
        .Include(DataFileTable(), &WriteOptions::files);
    return WithAutoCompact("deltaic_table_write", out);
  });
}

const JsonTable<WriteResult>& WriteMetricsJson() {
  return MadeOnce([] {
    return JsonTable<WriteResult>()
        .Key("version", &WriteResult::version, "null where skipped")
        .Key("skipped", &WriteResult::skipped, "mode ignore, and the table is there")
        .Key("numAddedFiles", &WriteResult::num_added_files)
        .Key("numRemovedFiles", &WriteResult::num_removed_files)
        .Key("numAddedRows", &WriteResult::num_added_rows)
        .Key("numAddedBytes", &WriteResult::num_added_bytes)
        .Key("numRetries", &WriteResult::num_retries);
  });
}

Result<SchemaPtr> SchemaOf(struct ArrowSchema* arrow_schema, const SchemaPtr& given) {
  if ((arrow_schema == nullptr) == (given == nullptr)) {
    return Status::InvalidArgument(
        "a new table needs either a schema from Arrow or one of the options schema and "
        "schema_json");
  }
  if (given != nullptr) return given;
  DELTAIC_ASSIGN_OR_RETURN(auto schema, arrow::ImportSchema(arrow_schema));
  return FromArrowSchema(*schema);
}

}  // namespace

const OptionTable<CommitSpec>& CommitOptionTable() { return CommitOptions(); }
const OptionTable<DataFileOptions>& DataFileOptionTable() { return DataFileTable(); }

std::vector<CallDoc> WriteCalls() {
  return {{"deltaic_table_create", CreateTableTable().docs(), {}},
          {"deltaic_table_write", WriteTableTable().docs(), WriteMetricsJson().docs()}};
}

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
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::CreateTableTable().Read(options));
    DELTAIC_ASSIGN_OR_RETURN(call.create.schema, deltaic::capi::SchemaOf(schema, call.schema));
    DELTAIC_ASSIGN_OR_RETURN(auto created, deltaic::CreateTable(table->table, call.create));
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
    DELTAIC_ASSIGN_OR_RETURN(auto write, deltaic::capi::WriteTableTable().Read(options));
    write.call.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatchReader> input,
                             arrow::ImportRecordBatchReader(rows));
    input = deltaic::capi::Counted(std::move(input), options);
    DELTAIC_ASSIGN_OR_RETURN(
        const auto result,
        deltaic::WriteTable(table->table, table->loaded.Get(), input, write.call));
    deltaic::capi::LoadCompacted(table, write, result.snapshot, result.version,
                                 write.call.files.num_threads);
    if (metrics_json != nullptr)
      *metrics_json = deltaic::capi::NewString(deltaic::capi::WriteMetricsJson().Format(result));
    return Status::Ok();
  });
  if (rows != nullptr && rows->release != nullptr) rows->release(rows);
  return status;
}

}  // extern "C"
