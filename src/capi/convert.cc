#include "ops/convert.h"

#include <utility>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "expr/parser.h"
#include "ops/clone.h"
#include "protocol/schema_json.h"

namespace deltaic::capi {
namespace {

const OptionTable<ConvertOptions>& ConvertTableOptions() {
  return MadeOnce([] {
    OptionTable<ConvertOptions> out("deltaic_table_convert");
    out.Custom("partition_schema", "SQL", "columns in the names of folders, as in day DATE, n INT",
               [](const GivenOption& given, ConvertOptions& call) -> Status {
                 DELTAIC_ASSIGN_OR_RETURN(call.partition_schema,
                                          ParseColumnList(given.values.back()));
                 return Status();
               })
        .Custom("partition_schema_json", "JSON", "the same as the protocol has a schema",
                [](const GivenOption& given, ConvertOptions& call) -> Status {
                  auto schema = ParseSchema(given.values.back());
                  if (!schema.ok()) return Status::InvalidArgument(schema.status().message());
                  call.partition_schema = *std::move(schema);
                  return Status();
                })
        .Choice("partition_strategy", &ConvertOptions::strategy,
                {{"hive", PartitionStrategy::kHive}, {"directory", PartitionStrategy::kDirectory}},
                "day=2024-01-31/ or 2024-01-31/; default hive")
        .Text(
            "iceberg_metadata", &ConvertOptions::iceberg_metadata,
            "of an Iceberg table: the metadata.json to convert, as a path below the root or whole; "
            "default: the newest in metadata/")
        .Flag("ignore_existing", &ConvertOptions::ignore_existing,
              "true: a table that is there is left alone; default false")
        .Flag("collect_stats", &ConvertOptions::collect_stats,
              "false: no bounds of columns from the footers; default true")
        .Custom("property.KEY", "text", "a property of the new table",
                [](const GivenOption& given, ConvertOptions& call) {
                  call.properties[given.name] = given.values.back();
                  return Status();
                })
        .Text("name", &ConvertOptions::name, "of the new table")
        .Text("description", &ConvertOptions::description, "of the new table");
    AddTransactionOption(out).Include(CommitOptionTable(), &ConvertOptions::commit);
    return out;
  });
}

const JsonTable<ConvertResult>& ConvertJson() {
  return MadeOnce([] {
    return JsonTable<ConvertResult>()
        .Key("version",
             [](const ConvertResult& result) { return result.snapshot->version().value; })
        .Key("skipped", &ConvertResult::skipped, "ignore_existing, and a table is there")
        .Key("sourceFormat", &ConvertResult::source_format, "parquet or iceberg")
        .Key("icebergMetadata", &ConvertResult::iceberg_metadata, "or null")
        .Key("numConvertedFiles", &ConvertResult::num_files)
        .Key("numConvertedBytes", &ConvertResult::num_bytes)
        .Key("numConvertedRows", &ConvertResult::num_rows);
  });
}

const OptionTable<CloneOptions>& CloneTableOptions() {
  return MadeOnce([] {
    return OptionTable<CloneOptions>("deltaic_table_clone")
        .Flag("deep", &CloneOptions::deep,
              "true: the files are copied; default false: the new table "
              "names those of the source")
        .Include(CommitOptionTable(), &CloneOptions::commit);
  });
}

const JsonTable<CloneResult>& CloneJson() {
  return MadeOnce([] {
    return JsonTable<CloneResult>()
        .Key("version", [](const CloneResult& result) { return result.snapshot->version().value; })
        .Key("sourceNumOfFiles", &CloneResult::num_files)
        .Key("sourceTableSize", &CloneResult::num_bytes)
        .Key("numCopiedFiles", &CloneResult::num_copied_files)
        .Key("copiedFilesSize", &CloneResult::num_copied_bytes);
  });
}

}  // namespace

std::vector<CallDoc> ConvertCalls() {
  return {{"deltaic_table_convert", ConvertTableOptions().docs(), ConvertJson().docs()},
          {"deltaic_table_clone", CloneTableOptions().docs(), CloneJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::capi::CancellationOf;
using deltaic::capi::Guard;
using deltaic::capi::NewString;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_convert(deltaic_table* table, const deltaic_options* options,
                                     char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::ConvertTableOptions().Read(options));
    call.cancel = CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result, deltaic::ConvertToTable(table->table, call));
    table->loaded.Set(result.snapshot);
    if (metrics_json != nullptr) {
      *metrics_json = NewString(deltaic::capi::ConvertJson().Format(result));
    }
    return Status::Ok();
  });
}

deltaic_status deltaic_table_clone(const deltaic_table* source, deltaic_table* target,
                                   const deltaic_options* options, char** metrics_json,
                                   deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("target", target));
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(source));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::CloneTableOptions().Read(options));
    call.cancel = CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::CloneTable(*snapshot, target->table, call));
    target->loaded.Set(result.snapshot);
    if (metrics_json != nullptr) {
      *metrics_json = NewString(deltaic::capi::CloneJson().Format(result));
    }
    return Status::Ok();
  });
}

}  // extern "C"
