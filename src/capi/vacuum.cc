#include "ops/vacuum/vacuum.h"

#include <utility>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"

namespace deltaic::capi {
namespace {

struct VacuumCall {
  VacuumOptions vacuum;
  bool list_files = true;
};

const OptionTable<VacuumCall>& VacuumTableTable() {
  return MadeOnce([] {
    OptionTable<VacuumOptions> vacuum("deltaic_table_vacuum");
    vacuum
        .Number("retention_ms", &VacuumOptions::retention_ms, 0,
                "files that a version of the last so many milliseconds needs stay; default: the "
                "table's delta.deletedFileRetentionDuration")
        .Flag("enforce_retention_duration", &VacuumOptions::enforce_retention,
              "false: a retention shorter than the table's is allowed; default true")
        .Flag("full", &VacuumOptions::full,
              "false: only files that the log says were removed; default true: whatever is in the "
              "folder")
        .Flag("dry_run", &VacuumOptions::dry_run,
              "false: files are deleted; default true: only named")
        .Custom("keep_versions", "list", "versions whose files stay, however old",
                [](const GivenOption& given, VacuumOptions& out) -> Status {
                  for (const std::string& text : given.values) {
                    DELTAIC_ASSIGN_OR_RETURN(const int64_t version,
                                             NumberOption(given.key, text, 0));
                    out.keep_versions.push_back(Version{version});
                  }
                  return Status();
                })
        .Flag("log_commits", &VacuumOptions::log_commits,
              "false: no VACUUM START and VACUUM END in the log; default true")
        .Number("threads", &VacuumOptions::num_threads, 0,
                "files deleted at once; 0 (default): as the storage does best")
        .Include(CommitOptionTable(), &VacuumOptions::commit);
    OptionTable<VacuumCall> out("deltaic_table_vacuum");
    out.Include(vacuum, &VacuumCall::vacuum)
        .Flag("list_files", &VacuumCall::list_files,
              "false: files is empty, which saves memory; default true");
    return out;
  });
}

const JsonTable<VacuumResult>& VacuumJson() {
  return MadeOnce([] {
    return JsonTable<VacuumResult>()
        .Key("version", &VacuumResult::version, "of the last commit; null where none was made")
        .Key(
            "numFilesToDelete", [](const VacuumResult& result) { return result.num_to_delete; },
            "that nothing needs")
        .Key("sizeOfDataToDelete", &VacuumResult::num_bytes, "bytes")
        .Key("numDeletedFiles", &VacuumResult::num_deleted, "0 of a dry run")
        .Key("numListedFiles", &VacuumResult::num_listed, "looked at")
        .Key("isComplete", &VacuumResult::is_complete,
             "false: older commits are gone, so that only full=true finds all")
        .Key("executionTimeMs", &VacuumResult::execution_time_ms)
        .Key("files", &VacuumResult::paths, "[], below the table's root, decoded");
  });
}

}  // namespace

std::vector<CallDoc> VacuumCalls() {
  return {{"deltaic_table_vacuum", VacuumTableTable().docs(), VacuumJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Status;
using deltaic::capi::Guard;

extern "C" deltaic_status deltaic_table_vacuum(deltaic_table* table, const deltaic_options* options,
                                               char** result_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::VacuumTableTable().Read(options));
    call.vacuum.cancel = deltaic::capi::CancellationOf(options);
    call.vacuum.commit.cancel = call.vacuum.cancel;
    call.vacuum.progress = deltaic::capi::ProgressOf(options);
    DELTAIC_ASSIGN_OR_RETURN(auto result,
                             deltaic::VacuumTable(table->table, table->loaded.Get(), call.vacuum));
    table->loaded.Set(result.snapshot);
    if (!call.list_files) result.paths.clear();
    if (result_json != nullptr)
      *result_json = deltaic::capi::NewString(deltaic::capi::VacuumJson().Format(result));
    return Status::Ok();
  });
}
