#include "capi/scan.h"

#include <arrow/c/bridge.h>

#include <functional>
#include <utility>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/json_table.h"
#include "capi/stream_export.h"
#include "capi/table.h"
#include "scan/explain.h"
#include "table/clock.h"

namespace deltaic::capi {

Result<std::vector<MetadataColumn>> ParseMetadataColumns(const std::vector<std::string>& names) {
  std::vector<MetadataColumn> out;
  for (const std::string& name : names) {
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), ParseMetadataColumn(name));
  }
  return out;
}

const OptionTable<ScanOptions>& EffortOptions() {
  return MadeOnce([] {
    return OptionTable<ScanOptions>("a scan")
        .Number("threads", &ScanOptions::num_threads, 0, "0 (default): one for each core")
        .Number("max_memory_bytes", &ScanOptions::max_memory_bytes, 0,
                "what is read ahead of the consumer; 0 (default): by the machine's memory");
  });
}

const OptionTable<ScanOptions>& RunOptions() {
  return MadeOnce([] {
    return OptionTable<ScanOptions>("a scan")
        .Number("batch_rows", &ScanOptions::batch_rows, 1, "rows of a batch; default 65536")
        .Flag("ordered", &ScanOptions::ordered, "true: by partition, file and row")
        .Flag("dictionary_strings", &ScanOptions::dictionary_strings,
              "true: top-level string columns of few values come as dictionary<int32, utf8>. "
              "These are partition columns, and those that the largest of the first files listed "
              "keeps as Parquet dictionaries of at most a byte a row and 64 KiB; other files "
              "follow it, so that all batches have one schema. The call opens that file")
        .List("dictionary_columns", &ScanOptions::dictionary_columns,
              "string columns that come so, whatever their values")
        .Flag("string_views", &ScanOptions::string_views,
              "true: other top-level columns of text or bytes come as utf8_view and binary_view")
        .Include(EffortOptions(), std::identity());
  });
}

OptionTable<ScanOptions> ScanTable(std::string_view call) {
  OptionTable<ScanOptions> table(call);
  AddReadOptions(table)
      .Number("limit", &ScanOptions::limit, 0, "rows at most")
      .Include(RunOptions(), std::identity());
  return table;
}

deltaic_scan* NewScan(std::unique_ptr<Scan> scan, const deltaic_options* options) {
  return new deltaic_scan{std::make_shared<SharedScan>(std::move(scan), ProgressOf(options))};
}

namespace {

const OptionTable<ScanOptions>& ScanOpenTable() {
  return MadeOnce([] { return ScanTable("deltaic_scan_open"); });
}

const OptionTable<ScanOptions>& ExplainTable() {
  return MadeOnce([] { return ScanTable("deltaic_scan_explain_json"); });
}

const OptionTable<ScanOptions>& CountTable() {
  return MadeOnce([] {
    OptionTable<ScanOptions> out("deltaic_table_count");
    AddPredicateOption(out, kRowsThatMatch).Include(EffortOptions(), std::identity());
    return out;
  });
}

Result<ScanOptions> ReadScanOptions(const OptionTable<ScanOptions>& table,
                                    const deltaic_options* given) {
  DELTAIC_ASSIGN_OR_RETURN(ScanOptions out, table.Read(given));
  out.cancel = CancellationOf(given);
  out.session.now_micros = NowMicros();
  return out;
}

const JsonTable<ScanMetrics>& MetricsJson() {
  return MadeOnce([] {
    return JsonTable<ScanMetrics>()
        .Key("filesTotal", [](const ScanMetrics& m) { return m.files.files_total; })
        .Key("filesPrunedByPartition",
             [](const ScanMetrics& m) { return m.files.files_pruned_partition; })
        .Key("filesPrunedByStats", [](const ScanMetrics& m) { return m.files.files_pruned_stats; })
        .Key("filesRead", &ScanMetrics::files_read)
        .Key("rowGroupsTotal", &ScanMetrics::row_groups_total)
        .Key("rowGroupsSkipped", &ScanMetrics::row_groups_skipped)
        .Key("rowsRead", &ScanMetrics::rows_read)
        .Key("rowsReturned", &ScanMetrics::rows_returned)
        .Key("bytesRead", &ScanMetrics::bytes_read)
        .Key("pagesTotal", &ScanMetrics::pages_total, "of columns whose page index was used")
        .Key("pagesPruned", &ScanMetrics::pages_pruned,
             "not read since by the index no row of them can match")
        .Key("pagesPassedOver", &ScanMetrics::pages_passed_over,
             "not read since no row of them was left once the predicate had been evaluated");
  });
}

/// A plan, and what was planned.
struct ShownPlan {
  const Snapshot& snapshot;
  const ScanPlan& plan;
  const ScanMetrics& metrics() const { return plan.metrics; }
};

const JsonTable<ShownPlan>& PlanJson() {
  return MadeOnce([] {
    return JsonTable<ShownPlan>()
        .Key("table", [](const ShownPlan& p) { return p.snapshot.store()->root_uri(); })
        .Key("version", [](const ShownPlan& p) { return p.snapshot.version().value; })
        .Key(
            "columns", [](const ShownPlan& p) { return p.plan.columns; }, "list")
        .Key(
            "columnsRead", [](const ShownPlan& p) { return p.plan.columns_read; },
            "list, from data files, without partition columns")
        .Key(
            "predicate",
            [](const ShownPlan& p) {
              return p.plan.predicate ? std::optional(p.plan.predicate->ToSql()) : std::nullopt;
            },
            "bound, as SQL, or null")
        .Key("filesTotal", [](const ShownPlan& p) { return p.metrics().files.files_total; })
        .Key("filesPrunedByPartition",
             [](const ShownPlan& p) { return p.metrics().files.files_pruned_partition; })
        .Key("filesPrunedByStats",
             [](const ShownPlan& p) { return p.metrics().files.files_pruned_stats; })
        .Key("filesToRead", [](const ShownPlan& p) { return p.metrics().files_read; })
        .Key("rowGroupsTotal", [](const ShownPlan& p) { return p.metrics().row_groups_total; })
        .Key(
            "rowGroupsSkipped", [](const ShownPlan& p) { return p.metrics().row_groups_skipped; },
            "of the files to read")
        .Key("rowsToRead", [](const ShownPlan& p) { return p.metrics().rows_selected; })
        .Key(
            "bytesToRead", [](const ShownPlan& p) { return p.metrics().bytes_selected; },
            "of the wanted columns, as stored");
  });
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

std::vector<CallDoc> ScanCalls() {
  return {{"deltaic_scan_open", ScanOpenTable().docs(), {}},
          {"deltaic_scan_metrics_json", {}, MetricsJson().docs()},
          {"deltaic_scan_explain_json", ExplainTable().docs(), PlanJson().docs()},
          {"deltaic_table_count", CountTable().docs(), {}}};
}

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
    DELTAIC_ASSIGN_OR_RETURN(
        auto scan_options, deltaic::capi::ReadScanOptions(deltaic::capi::ScanOpenTable(), options));
    DELTAIC_ASSIGN_OR_RETURN(auto scan, deltaic::Scan::Make(snapshot, std::move(scan_options)));
    *out = deltaic::capi::NewScan(std::move(scan), options);
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
    *out = deltaic::capi::NewString(deltaic::capi::MetricsJson().Format(scan->shared->metrics()));
    return Status::Ok();
  });
}

deltaic_status deltaic_scan_explain_json(const deltaic_table* table, const deltaic_options* options,
                                         char** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(
        auto scan_options, deltaic::capi::ReadScanOptions(deltaic::capi::ExplainTable(), options));
    DELTAIC_ASSIGN_OR_RETURN(const auto plan,
                             deltaic::ExplainScan(snapshot, std::move(scan_options)));
    *out = deltaic::capi::NewString(deltaic::capi::PlanJson().Format({*snapshot, plan}));
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
    DELTAIC_ASSIGN_OR_RETURN(auto scan,
                             deltaic::capi::ReadScanOptions(deltaic::capi::CountTable(), options));
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
