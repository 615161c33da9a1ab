#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "ops/manifest.h"
#include "ops/repair.h"
#include "storage/clock.h"
#include "table/log_cleanup.h"
#include "table/log_compaction.h"

namespace deltaic::capi {
namespace {

const OptionTable<RepairOptions>& RepairTableOptions() {
  return MadeOnce([] {
    OptionTable<RepairOptions> out("deltaic_table_repair");
    out.Flag("dry_run", &RepairOptions::dry_run, "true: only look; default false")
        .Flag("deep", &RepairOptions::deep,
              "true: files are read, so that damaged ones are found, too; default false");
    AddTransactionOption(out).Include(CommitOptionTable(), &RepairOptions::commit);
    return out;
  });
}

const JsonTable<RepairResult>& RepairJson() {
  return MadeOnce([] {
    return JsonTable<RepairResult>()
        .Key("version", &RepairResult::version, "null where nothing was to do, or only looked at")
        .Key("numCheckedFiles", &RepairResult::num_checked)
        .Key("removed", &RepairResult::removed, "list of files, as in the log")
        .Key("missing", &RepairResult::missing,
             "list of what of each is gone or damaged: the file, or its deletion vector")
        .Key("reasons", &RepairResult::reasons, "list of what is wrong with each");
  });
}

struct CleanupCall {
  LogCleanup cleanup;
  std::optional<int64_t> retention_hours;
};

const OptionTable<CleanupCall>& CleanupOptions() {
  return MadeOnce([] {
    return OptionTable<CleanupCall>("deltaic_table_cleanup_log")
        .Number("retention_hours", &CleanupCall::retention_hours, 0,
                "commits older than that may go; default: the table's "
                "delta.logRetentionDuration")
        .Flag(
            "dry_run", [](CleanupCall& call) -> bool& { return call.cleanup.dry_run; },
            "true: only look; default false");
  });
}

const JsonTable<LogCleanupResult>& CleanupJson() {
  return MadeOnce([] {
    return JsonTable<LogCleanupResult>()
        .Key("files", &LogCleanupResult::files, "list of names of log files that went")
        .Key("bytes", &LogCleanupResult::num_bytes)
        .Key("firstVersion", &LogCleanupResult::first_version,
             "the oldest that can be loaded afterwards");
  });
}

struct CompactLogCall {
  std::optional<int64_t> first, last;
};

const OptionTable<CompactLogCall>& CompactLogOptions() {
  return MadeOnce([] {
    return OptionTable<CompactLogCall>("deltaic_table_compact_log")
        .Number("first_version", &CompactLogCall::first, 0, "the first commit of those")
        .Number("last_version", &CompactLogCall::last, 0, "the last");
  });
}

const JsonTable<LogCompactionResult>& CompactLogJson() {
  return MadeOnce([] {
    return JsonTable<LogCompactionResult>()
        .Key("numActions", &LogCompactionResult::num_actions)
        .Key("bytes", &LogCompactionResult::num_bytes)
        .Key("wasThere", &LogCompactionResult::was_there, "a file of these versions, which stays");
  });
}

const JsonTable<ManifestResult>& ManifestJson() {
  return MadeOnce([] {
    return JsonTable<ManifestResult>()
        .Key("numFiles", &ManifestResult::num_files)
        .Key("numManifests", &ManifestResult::num_manifests)
        .Key("numStaleManifests", &ManifestResult::num_stale,
             "of partitions that are gone; deleted");
  });
}

template <typename T>
void HandOut(const JsonTable<T>& json, const T& result, char** out) {
  if (out != nullptr) *out = NewString(json.Format(result));
}

}  // namespace

std::vector<CallDoc> UpkeepCalls() {
  return {{"deltaic_table_repair", RepairTableOptions().docs(), RepairJson().docs()},
          {"deltaic_table_cleanup_log", CleanupOptions().docs(), CleanupJson().docs()},
          {"deltaic_table_compact_log", CompactLogOptions().docs(), CompactLogJson().docs()},
          {"deltaic_table_manifest", {}, ManifestJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::Version;
using deltaic::capi::Guard;
using deltaic::capi::HandOut;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_repair(deltaic_table* table, const deltaic_options* options,
                                    char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::RepairTableOptions().Read(options));
    call.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result, deltaic::RepairTable(table->table, call));
    table->loaded.Set(result.snapshot);
    HandOut(deltaic::capi::RepairJson(), result, metrics_json);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_cleanup_log(deltaic_table* table, const deltaic_options* options,
                                         char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::CleanupOptions().Read(options));
    call.cleanup.cancel = deltaic::capi::CancellationOf(options);
    if (call.retention_hours) {
      constexpr int64_t kHourMs = 3600 * 1000;
      const int64_t hours = std::min<int64_t>(*call.retention_hours, INT64_MAX / kHourMs / 2);
      call.cleanup.cutoff = deltaic::TimestampMs{deltaic::NowMs() - hours * kHourMs};
    }
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, table->table->Load());
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::CleanUpLog(*table->table, *newest, call.cleanup));
    HandOut(deltaic::capi::CleanupJson(), result, metrics_json);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_compact_log(deltaic_table* table, const deltaic_options* options,
                                         char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(const auto call, deltaic::capi::CompactLogOptions().Read(options));
    if (!call.first || !call.last) {
      return Status::InvalidArgument(
          "deltaic_table_compact_log needs options first_version and last_version");
    }
    DELTAIC_ASSIGN_OR_RETURN(
        const auto result,
        deltaic::CompactLog(*table->table, Version{*call.first}, Version{*call.last},
                            deltaic::capi::CancellationOf(options)));
    HandOut(deltaic::capi::CompactLogJson(), result, metrics_json);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_manifest(deltaic_table* table, const deltaic_options* options,
                                      char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(const auto cancel,
                             deltaic::capi::BeginCall("deltaic_table_manifest", options));
    DELTAIC_ASSIGN_OR_RETURN(const auto result, deltaic::GenerateManifest(*snapshot, cancel));
    HandOut(deltaic::capi::ManifestJson(), result, metrics_json);
    return Status::Ok();
  });
}

}  // extern "C"
