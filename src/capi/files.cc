#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/stream_export.h"
#include "capi/table.h"
#include "storage/arrow_status.h"
#include "table/deletion_vector_table.h"
#include "table/file_table.h"

namespace deltaic::capi {
namespace {

Result<FileTableFormat> ReadFileTableFormat(OptionReader& options) {
  const std::string text = options.Text("format").value_or("log");
  if (text == "log") return FileTableFormat::kLog;
  if (text == "paths") return FileTableFormat::kPaths;
  if (text == "uris") return FileTableFormat::kUris;
  if (text == "actions") return FileTableFormat::kActions;
  if (text == "actions_flat") return FileTableFormat::kActionsFlat;
  return Status::InvalidArgument(
      "format is log, paths, uris, actions, actions_flat or deletion_vectors, not '", text, "'");
}

}  // namespace
}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;

extern "C" {

deltaic_status deltaic_table_files(const deltaic_table* table, const deltaic_options* options,
                                   struct ArrowArrayStream* out, deltaic_error** error) {
  return deltaic::capi::Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(deltaic::SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    deltaic::capi::OptionReader reader(options);
    if (reader.Text("format") == "deletion_vectors") {
      DELTAIC_RETURN_IF_ERROR(reader.Finish());
      DELTAIC_ASSIGN_OR_RETURN(auto vectors, deltaic::MakeDeletionVectorTable(snapshot));
      deltaic::capi::ExportStream(std::move(vectors), out);
      return Status::Ok();
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto format, deltaic::capi::ReadFileTableFormat(reader));
    DELTAIC_ASSIGN_OR_RETURN(auto predicate,
                             deltaic::capi::WhereOption(reader, *snapshot->schema()));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto files,
                             deltaic::MakeFileTable(snapshot, format, std::move(predicate)));
    deltaic::capi::ExportStream(std::move(files), out);
    return Status::Ok();
  });
}

}  // extern "C"
