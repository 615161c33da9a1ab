#include "capi/scan.h"

#include <arrow/c/bridge.h>

#include <utility>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/stream_export.h"
#include "capi/table.h"
#include "data/read/metadata_column.h"
#include "protocol/json.h"
#include "scan/explain.h"

namespace deltaic::capi {

Status ReadRunOptions(OptionReader& options, ScanOptions& out) {
  DELTAIC_RETURN_IF_ERROR(options.Int("batch_rows", 1, &out.batch_rows));
  DELTAIC_RETURN_IF_ERROR(options.Int("threads", 0, &out.num_threads));
  DELTAIC_RETURN_IF_ERROR(options.Bool("ordered", &out.ordered));
  DELTAIC_RETURN_IF_ERROR(options.Bool("dictionary_strings", &out.dictionary_strings));
  out.dictionary_columns = options.List("dictionary_columns").value_or(std::vector<std::string>());
  DELTAIC_RETURN_IF_ERROR(options.Bool("string_views", &out.string_views));
  DELTAIC_RETURN_IF_ERROR(options.Int("max_memory_bytes", 0, &out.max_memory_bytes));
  out.cancel = options.cancel();
  return Status();
}

Result<std::vector<MetadataColumn>> MetadataColumnsOption(OptionReader& options) {
  std::vector<MetadataColumn> out;
  for (const std::string& name :
       options.List("metadata_columns").value_or(std::vector<std::string>())) {
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), ParseMetadataColumn(name));
  }
  return out;
}

namespace {

Result<ScanOptions> ReadScanOptions(const deltaic_options* given, const Schema& schema) {
  OptionReader options(given);
  ScanOptions out;
  out.columns = options.List("columns");
  DELTAIC_ASSIGN_OR_RETURN(out.metadata_columns, MetadataColumnsOption(options));
  DELTAIC_ASSIGN_OR_RETURN(out.predicate, WhereOption(options, schema));
  DELTAIC_RETURN_IF_ERROR(options.Int("limit", 0, &out.limit));
  DELTAIC_RETURN_IF_ERROR(ReadRunOptions(options, out));
  DELTAIC_RETURN_IF_ERROR(options.Finish());
  return out;
}

std::string FormatMetrics(const ScanMetrics& metrics) {
  JsonWriter json;
  json.BeginObject();
  json.Key("filesTotal").Int(metrics.files.files_total);
  json.Key("filesPrunedByPartition").Int(metrics.files.files_pruned_partition);
  json.Key("filesPrunedByStats").Int(metrics.files.files_pruned_stats);
  json.Key("filesRead").Int(metrics.files_read);
  json.Key("rowGroupsTotal").Int(metrics.row_groups_total);
  json.Key("rowGroupsSkipped").Int(metrics.row_groups_skipped);
  json.Key("rowsRead").Int(metrics.rows_read);
  json.Key("rowsReturned").Int(metrics.rows_returned);
  json.Key("bytesRead").Int(metrics.bytes_read);
  json.Key("pagesTotal").Int(metrics.pages_total);
  json.Key("pagesPruned").Int(metrics.pages_pruned);
  json.Key("pagesPassedOver").Int(metrics.pages_passed_over);
  json.EndObject();
  return json.Take();
}

void WriteTexts(JsonWriter& json, const std::vector<std::string>& texts) {
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

std::string FormatPlan(const Snapshot& snapshot, const ScanPlan& plan) {
  const ScanMetrics& metrics = plan.metrics;
  JsonWriter json;
  json.BeginObject().Key("table").String(snapshot.store()->root_uri());
  json.Key("version").Int(snapshot.version().value).Key("columns");
  WriteTexts(json, plan.columns);
  json.Key("columnsRead");
  WriteTexts(json, plan.columns_read);
  json.Key("predicate");
  plan.predicate ? json.String(plan.predicate->ToSql()) : json.Null();
  json.Key("filesTotal").Int(metrics.files.files_total);
  json.Key("filesPrunedByPartition").Int(metrics.files.files_pruned_partition);
  json.Key("filesPrunedByStats").Int(metrics.files.files_pruned_stats);
  json.Key("filesToRead").Int(metrics.files_read);
  json.Key("rowGroupsTotal").Int(metrics.row_groups_total);
  json.Key("rowGroupsSkipped").Int(metrics.row_groups_skipped);
  json.Key("rowsToRead").Int(metrics.rows_selected);
  json.Key("bytesToRead").Int(metrics.bytes_selected);
  json.EndObject();
  return json.Take();
}

/// The rows that match, counted by reading no column but those of the predicate.
Result<int64_t> CountByScanning(const SnapshotPtr& snapshot, ScanOptions options) {
  options.columns = std::vector<std::string>();
  DELTAIC_ASSIGN_OR_RETURN(auto scan, Scan::Make(snapshot, std::move(options)));
  int64_t rows = 0;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, scan->Next());
    if (!batch) return rows;
    rows += batch->num_rows();
  }
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_scan_open(const deltaic_table* table, const deltaic_options* options,
                                 deltaic_scan** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto scan_options,
                             deltaic::capi::ReadScanOptions(options, *snapshot->schema()));
    DELTAIC_ASSIGN_OR_RETURN(auto scan, deltaic::Scan::Make(snapshot, std::move(scan_options)));
    auto progress = deltaic::capi::OptionReader(options).progress();
    *out = new deltaic_scan{
        std::make_shared<deltaic::capi::SharedScan>(std::move(scan), std::move(progress))};
    return Status::Ok();
  });
}

deltaic_status deltaic_scan_stream(deltaic_scan* scan, struct ArrowArrayStream* out,
                                   deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("scan and out", scan, out));
    if (!scan->shared->TakeStream()) return Status::InvalidArgument("a scan gives its stream once");
    deltaic::capi::ExportStream(std::make_shared<deltaic::capi::ScanStream>(scan->shared), out);
    return Status::Ok();
  });
}

deltaic_status deltaic_scan_metrics_json(const deltaic_scan* scan, char** out,
                                         deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("scan and out", scan, out));
    *out = deltaic::capi::NewString(deltaic::capi::FormatMetrics(scan->shared->metrics()));
    return Status::Ok();
  });
}

deltaic_status deltaic_scan_explain_json(const deltaic_table* table, const deltaic_options* options,
                                         char** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto scan_options,
                             deltaic::capi::ReadScanOptions(options, *snapshot->schema()));
    DELTAIC_ASSIGN_OR_RETURN(const auto plan,
                             deltaic::ExplainScan(snapshot, std::move(scan_options)));
    *out = deltaic::capi::NewString(deltaic::capi::FormatPlan(*snapshot, plan));
    return Status::Ok();
  });
}

deltaic_error* deltaic_scan_error(const deltaic_scan* scan) {
  if (scan == nullptr) return nullptr;
  deltaic_error* error = nullptr;
  const Status status = scan->shared->error();
  if (!status.ok()) deltaic::capi::ExportError(status, &error);
  return error;
}

void deltaic_scan_free(deltaic_scan* scan) { delete scan; }

deltaic_status deltaic_table_count(const deltaic_table* table, const deltaic_options* options,
                                   int64_t* out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    deltaic::capi::OptionReader reader(options);
    deltaic::ScanOptions scan;
    DELTAIC_ASSIGN_OR_RETURN(scan.predicate,
                             deltaic::capi::WhereOption(reader, *snapshot->schema()));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    scan.cancel = reader.cancel();
    if (scan.predicate == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(const auto totals, snapshot->Totals());
      if (totals.num_rows) {
        *out = *totals.num_rows;
        return Status::Ok();
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(*out, deltaic::capi::CountByScanning(snapshot, std::move(scan)));
    return Status::Ok();
  });
}

}  // extern "C"
