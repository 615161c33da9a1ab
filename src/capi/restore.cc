#include "ops/restore.h"

#include <utility>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"

namespace deltaic::capi {
namespace {

const OptionTable<RestoreOptions>& RestoreTableOptions() {
  return MadeOnce([] {
    OptionTable<RestoreOptions> out("deltaic_table_restore");
    out.Number("version", &RestoreOptions::version, 0, "the version to go back to; or")
        .Time("timestamp", &RestoreOptions::time, "to the newest version committed until then")
        .Flag("ignore_missing_files", &RestoreOptions::ignore_missing_files,
              "true: go on where files of that version are gone; default false")
        .Flag("protocol_downgrade_allowed", &RestoreOptions::protocol_downgrade_allowed,
              "true: features go that the table of then does not need; default false");
    AddTransactionOption(out).Include(CommitOptionTable(), &RestoreOptions::commit);
    return out;
  });
}

const JsonTable<RestoreResult>& RestoreJson() {
  return MadeOnce([] {
    return JsonTable<RestoreResult>()
        .Key("version", &RestoreResult::version)
        .Key("restoredVersion", &RestoreResult::restored_version, "which it is like")
        .Key("numRemovedFiles", &RestoreResult::num_removed_files)
        .Key("numRestoredFiles", &RestoreResult::num_restored_files)
        .Key("removedFilesSize", &RestoreResult::removed_bytes)
        .Key("restoredFilesSize", &RestoreResult::restored_bytes)
        .Key("numMissingFiles", &RestoreResult::num_missing_files, "restored in the log, but gone")
        .Key("numOfFilesAfterRestore", &RestoreResult::num_files)
        .Key("tableSizeAfterRestore", &RestoreResult::num_bytes)
        .Key("executionTimeMs", &RestoreResult::execution_time_ms);
  });
}

}  // namespace

std::vector<CallDoc> RestoreCalls() {
  return {{"deltaic_table_restore", RestoreTableOptions().docs(), RestoreJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" deltaic_status deltaic_table_restore(deltaic_table* table,
                                                const deltaic_options* options, char** metrics_json,
                                                deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::RestoreTableOptions().Read(options));
    call.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result, deltaic::RestoreTable(table->table, call));
    table->loaded.Set(result.snapshot);
    if (metrics_json != nullptr) {
      *metrics_json = deltaic::capi::NewString(deltaic::capi::RestoreJson().Format(result));
    }
    return Status::Ok();
  });
}
