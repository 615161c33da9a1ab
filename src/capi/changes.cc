#include "scan/changes.h"

#include <string>
#include <utility>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/scan.h"
#include "capi/table.h"
#include "expr/parser.h"

namespace deltaic::capi {
namespace {

Status ReadVersion(OptionReader& options, const std::string& key, std::optional<Version>* out) {
  std::optional<int64_t> version;
  DELTAIC_RETURN_IF_ERROR(options.Int(key, 0, &version));
  if (version) *out = Version{*version};
  return Status::Ok();
}

Status ReadTime(OptionReader& options, const std::string& key, std::optional<TimestampMs>* out) {
  const auto text = options.Text(key);
  if (!text) return Status::Ok();
  auto time = ParseTimestampMs(*text);
  if (!time.ok()) return time.status().WithContext(Concat("option ", key));
  *out = *time;
  return Status::Ok();
}

Result<ChangesOptions> ReadChangesOptions(const deltaic_options* given) {
  OptionReader options(given);
  ChangesOptions out;
  DELTAIC_RETURN_IF_ERROR(ReadVersion(options, "from_version", &out.from_version));
  DELTAIC_RETURN_IF_ERROR(ReadVersion(options, "to_version", &out.to_version));
  DELTAIC_RETURN_IF_ERROR(ReadTime(options, "from_timestamp", &out.from_time));
  DELTAIC_RETURN_IF_ERROR(ReadTime(options, "to_timestamp", &out.to_time));
  DELTAIC_RETURN_IF_ERROR(options.Bool("allow_out_of_range", &out.allow_out_of_range));
  out.scan.columns = options.List("columns");
  if (const auto sql = options.Text("where")) {
    DELTAIC_ASSIGN_OR_RETURN(out.scan.predicate, ParsePredicate(*sql));
  }
  DELTAIC_RETURN_IF_ERROR(options.Int("limit", 0, &out.scan.limit));
  DELTAIC_RETURN_IF_ERROR(ReadRunOptions(options, out.scan));
  DELTAIC_RETURN_IF_ERROR(options.Finish());
  return out;
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;

extern "C" deltaic_status deltaic_changes_open(const deltaic_table* table,
                                               const deltaic_options* options, deltaic_scan** out,
                                               deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("table and out", table, out));
    DELTAIC_ASSIGN_OR_RETURN(auto changes_options, deltaic::capi::ReadChangesOptions(options));
    const SnapshotPtr loaded = table->loaded.Get();
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, loaded != nullptr
                                                           ? table->table->Refresh(loaded)
                                                           : table->table->Load());
    DELTAIC_ASSIGN_OR_RETURN(
        auto changes, deltaic::OpenChanges(*table->table, newest, std::move(changes_options)));
    auto progress = deltaic::capi::OptionReader(options).progress();
    *out = new deltaic_scan{
        std::make_shared<deltaic::capi::SharedScan>(std::move(changes), std::move(progress))};
    return Status::Ok();
  });
}
