#include "scan/changes.h"

#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/scan.h"
#include "capi/table.h"
#include "table/clock.h"

namespace deltaic::capi {
namespace {

const OptionTable<ChangesOptions>& ChangesTable() {
  return MadeOnce([] {
    return OptionTable<ChangesOptions>("deltaic_changes_open")
        .Number("from_version", &ChangesOptions::from_version, 0, "default 0")
        .Time("from_timestamp", &ChangesOptions::from_time, "the first commit at or after it")
        .Number("to_version", &ChangesOptions::to_version, 0,
                "default, and if it is beyond it: the newest")
        .Time("to_timestamp", &ChangesOptions::to_time, "the last commit at or before it")
        .Flag("allow_out_of_range", &ChangesOptions::allow_out_of_range,
              "true: a range without commits has no rows instead of being an error")
        .Include(ScanTable("deltaic_changes_open"), &ChangesOptions::scan);
  });
}

}  // namespace

std::vector<CallDoc> ChangesCalls() {
  return {{"deltaic_changes_open", ChangesTable().docs(), {}}};
}

}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;

extern "C" deltaic_status deltaic_changes_open(const deltaic_table* table,
                                               const deltaic_options* options, deltaic_scan** out,
                                               deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("table and out", table, out));
    DELTAIC_ASSIGN_OR_RETURN(auto changes_options, deltaic::capi::ChangesTable().Read(options));
    changes_options.scan.cancel = deltaic::capi::CancellationOf(options);
    changes_options.scan.session.now_micros = deltaic::NowMicros();
    const SnapshotPtr loaded = table->loaded.Get();
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, loaded != nullptr
                                                           ? table->table->Refresh(loaded)
                                                           : table->table->Load());
    DELTAIC_ASSIGN_OR_RETURN(
        auto changes, deltaic::OpenChanges(*table->table, newest, std::move(changes_options)));
    *out = deltaic::capi::NewScan(std::move(changes), options);
    return Status::Ok();
  });
}
