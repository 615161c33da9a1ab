#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include <optional>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/predicate_option.h"
#include "capi/stream_export.h"
#include "capi/table.h"
#include "expr/bind.h"
#include "storage/arrow_status.h"
#include "table/clock.h"
#include "table/deletion_vector_table.h"
#include "table/file_table.h"

namespace deltaic::capi {
namespace {

struct FilesCall {
  std::optional<FileTableFormat> format = FileTableFormat::kLog;  ///< unset: "deletion_vectors"
  ExprPtr predicate;
  Session session;
};

const OptionTable<FilesCall>& FilesTable() {
  return MadeOnce([] {
    OptionTable<FilesCall> out("deltaic_table_files");
    out.Choice("format", &FilesCall::format,
               {{"log", FileTableFormat::kLog},
                {"paths", FileTableFormat::kPaths},
                {"uris", FileTableFormat::kUris},
                {"actions", FileTableFormat::kActions},
                {"actions_flat", FileTableFormat::kActionsFlat},
                {"deletion_vectors", std::nullopt}},
               "as above; default log");
    AddPredicateOption(out, "files that cannot match are left out");
    return out;
  });
}

}  // namespace

std::vector<CallDoc> FilesCalls() { return {{"deltaic_table_files", FilesTable().docs(), {}}}; }

}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;

extern "C" {

deltaic_status deltaic_table_files(const deltaic_table* table, const deltaic_options* options,
                                   struct ArrowArrayStream* out, deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(deltaic::SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::FilesTable().Read(options));
    if (!call.format) {
      if (call.predicate) return Status::InvalidArgument("format deletion_vectors takes no where");
      DELTAIC_ASSIGN_OR_RETURN(auto vectors, deltaic::MakeDeletionVectorTable(snapshot));
      deltaic::capi::ExportStream(std::move(vectors), out);
      return Status::Ok();
    }
    call.session.now_micros = deltaic::NowMicros();
    deltaic::ExprPtr predicate;
    if (call.predicate != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(
          predicate, deltaic::BindPredicate(call.predicate, *snapshot->schema(), call.session));
    }
    DELTAIC_ASSIGN_OR_RETURN(auto files,
                             deltaic::MakeFileTable(snapshot, *call.format, std::move(predicate)));
    deltaic::capi::ExportStream(std::move(files), out);
    return Status::Ok();
  });
}

}  // extern "C"
