#include "ops/commit_files.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/auto_compact_option.h"
#include "capi/calls.h"
#include "capi/counted_reader.h"
#include "capi/error.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "expr/parser.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {
namespace {

const OptionTable<WriteFilesOptions>& WriteFilesTable() {
  return MadeOnce([] {
    OptionTable<WriteFilesOptions> out("deltaic_table_write_files");
    out.Include(DataFileOptionTable(), &WriteFilesOptions::files);
    return out;
  });
}

/// What the commit says of itself where its caller is another operation than a write.
void AddOperationOptions(OptionTable<CommitFilesOptions>& table) {
  table
      .Custom("operation", "text", "what commitInfo calls it; default WRITE",
              [](const GivenOption& given, CommitFilesOptions& call) -> Status {
                call.commit.operation = given.values.back();
                return Status();
              })
      .Custom("metric.KEY", "text", "one of operationMetrics, in place of those of a write",
              [](const GivenOption& given, CommitFilesOptions& call) -> Status {
                call.commit.metrics.emplace_back(given.name, given.values.back());
                return Status();
              });
}

const OptionTable<CompactedCall<CommitFilesOptions>>& CommitFilesTable() {
  return MadeOnce([] {
    OptionTable<CommitFilesOptions> out("deltaic_table_commit_files");
    out.Choice("mode", &CommitFilesOptions::overwrite, {{"append", false}, {"overwrite", true}},
               "overwrite: all other files of the table are removed; default append")
        .Custom("replace_where", "SQL",
                "with mode overwrite: only the files of partitions that make it true are removed",
                [](const GivenOption& given, CommitFilesOptions& call) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(call.replace_where, ParsePredicate(given.values.back()));
                  return Status();
                });
    out.Custom("schema_json", "JSON",
               "with mode overwrite, of all files: the columns of the table from then on",
               [](const GivenOption& given, CommitFilesOptions& call) -> Status {
                 DELTAIC_ASSIGN_OR_RETURN(call.schema, ParseSchema(given.values.back()));
                 return Status();
               });
    AddOperationOptions(out);
    AddTransactionOption(out).Include(CommitOptionTable(), &CommitFilesOptions::commit);
    return WithAutoCompact("deltaic_table_commit_files", out);
  });
}

const JsonTable<WrittenFiles>& WrittenFilesJson() {
  return MadeOnce([] {
    return JsonTable<WrittenFiles>()
        .Key("numFiles", &WrittenFiles::num_files)
        .Key("numRows", &WrittenFiles::num_rows)
        .Key("numBytes", &WrittenFiles::num_bytes);
  });
}

const JsonTable<CommitFilesResult>& CommitFilesJson() {
  return MadeOnce([] {
    return JsonTable<CommitFilesResult>()
        .Key("version", &CommitFilesResult::version, "null where nothing was committed")
        .Key("wasThere", &CommitFilesResult::was_there,
             "the table had come to the transactions before")
        .Key("numAddedFiles", &CommitFilesResult::num_added_files)
        .Key("numRemovedFiles", &CommitFilesResult::num_removed_files)
        .Key("numRetries", &CommitFilesResult::num_retries);
  });
}

struct DiscardedFiles {
  int64_t num_files = 0;
};

const JsonTable<DiscardedFiles>& DiscardedFilesJson() {
  return MadeOnce(
      [] { return JsonTable<DiscardedFiles>().Key("numFiles", &DiscardedFiles::num_files); });
}

template <typename T>
void HandOut(const JsonTable<T>& table, const T& value, char** json) {
  if (json != nullptr) *json = NewString(table.Format(value));
}

}  // namespace

std::vector<CallDoc> CommitFilesCalls() {
  return {{"deltaic_table_write_files", WriteFilesTable().docs(), WrittenFilesJson().docs()},
          {"deltaic_table_commit_files", CommitFilesTable().docs(), CommitFilesJson().docs()},
          {"deltaic_table_discard_files", {}, DiscardedFilesJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_write_files(deltaic_table* table, struct ArrowArrayStream* rows,
                                         const deltaic_options* options, char** files,
                                         char** metrics_json, deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table, rows and files", table, rows, files));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::WriteFilesTable().Read(options));
    call.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::RecordBatchReader> input,
                             arrow::ImportRecordBatchReader(rows));
    DELTAIC_ASSIGN_OR_RETURN(
        const auto written,
        deltaic::WriteFiles(table->table, table->loaded.Get(),
                            *deltaic::capi::Counted(std::move(input), options), call));
    *files = deltaic::capi::NewString(written.list);
    deltaic::capi::HandOut(deltaic::capi::WrittenFilesJson(), written, metrics_json);
    return Status::Ok();
  });
  if (rows != nullptr && rows->release != nullptr) rows->release(rows);
  return status;
}

deltaic_status deltaic_table_commit_files(deltaic_table* table, const char* files,
                                          const deltaic_options* options, char** metrics_json,
                                          deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and files", table, files));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::CommitFilesTable().Read(options));
    call.call.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(call.call.files, deltaic::ParseFileList(files));
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::CommitFiles(table->table, table->loaded.Get(), call.call));
    deltaic::capi::LoadCompacted(table, call, result.snapshot, result.version);
    deltaic::capi::HandOut(deltaic::capi::CommitFilesJson(), result, metrics_json);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_discard_files(const deltaic_table* table, const char* files,
                                           const deltaic_options* options, char** metrics_json,
                                           deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table and files", table, files));
    DELTAIC_ASSIGN_OR_RETURN(const auto cancel,
                             deltaic::capi::BeginCall("deltaic_table_discard_files", options));
    DELTAIC_ASSIGN_OR_RETURN(const auto list, deltaic::ParseFileList(files));
    deltaic::capi::DiscardedFiles discarded;
    DELTAIC_ASSIGN_OR_RETURN(discarded.num_files,
                             deltaic::DiscardFiles(*table->table, list, cancel));
    deltaic::capi::HandOut(deltaic::capi::DiscardedFilesJson(), discarded, metrics_json);
    return Status::Ok();
  });
}

}  // extern "C"
