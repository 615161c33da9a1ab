#include "scan/scan_task.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/scan.h"
#include "capi/table.h"
#include "data/read/metadata_column.h"
#include "table/clock.h"

struct deltaic_task_list {
  std::vector<std::string> tasks;
};

namespace deltaic::capi {
namespace {

const OptionTable<ScanTaskOptions>& ScanTasksTable() {
  return MadeOnce([] {
    OptionTable<ScanTaskOptions> out("deltaic_scan_tasks");
    // Unbound: the text that goes into a task is what the caller wrote.
    AddReadOptions(out)
        .Number("tasks", &ScanTaskOptions::max_tasks, 1, "at most so many; or")
        .Number("target_bytes", &ScanTaskOptions::target_bytes, 1,
                "of one task; default 134217728");
    return out;
  });
}

const OptionTable<ScanOptions>& TaskOpenTable() {
  return MadeOnce([] {
    return OptionTable<ScanOptions>("deltaic_task_open").Include(RunOptions(), std::identity());
  });
}

Result<ScanTask> TaskFromBytes(const void* bytes, size_t length) {
  DELTAIC_RETURN_IF_ERROR(RequireNotNull("bytes", bytes));
  return ParseScanTask({static_cast<const char*>(bytes), length});
}

/// Of the files' parts, as far as their sizes are sane.
int64_t BytesOf(const ScanTask& task) {
  int64_t bytes = 0;
  for (const ScanTask::Part& part : task.parts) {
    const int64_t size = std::clamp<int64_t>(part.file.size, 0, int64_t{1} << 48);
    bytes += std::max<int64_t>(0, std::min(size, part.range.end) - part.range.begin);
  }
  return bytes;
}

const JsonTable<ScanTask>& TaskJson() {
  return MadeOnce([] {
    return JsonTable<ScanTask>()
        .Key("table", &ScanTask::table_uri)
        .Key("version", &ScanTask::version)
        .Key("columns", &ScanTask::columns, "list")
        .Key(
            "metadataColumns",
            [](const ScanTask& task) {
              std::vector<std::string> names;
              for (const MetadataColumn column : task.metadata_columns) {
                names.push_back(MetadataColumnName(column));
              }
              return names;
            },
            "list")
        .Key(
            "predicate",
            [](const ScanTask& task) {
              return task.predicate.empty() ? std::nullopt : std::optional(task.predicate);
            },
            "SQL or null")
        .Key("numFiles",
             [](const ScanTask& task) { return static_cast<int64_t>(task.parts.size()); })
        .Key("bytes", BytesOf);
  });
}

}  // namespace

std::vector<CallDoc> ScanTaskCalls() {
  return {{"deltaic_scan_tasks", ScanTasksTable().docs(), {}},
          {"deltaic_task_open", TaskOpenTable().docs(), {}},
          {"deltaic_task_json", {}, TaskJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::SnapshotPtr;
using deltaic::Status;
using deltaic::capi::Guard;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_scan_tasks(const deltaic_table* table, const deltaic_options* options,
                                  deltaic_task_list** out, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, deltaic::capi::LoadedSnapshot(table));
    DELTAIC_ASSIGN_OR_RETURN(auto task_options, deltaic::capi::ScanTasksTable().Read(options));
    task_options.cancel = deltaic::capi::CancellationOf(options);
    task_options.session.now_micros = deltaic::NowMicros();
    DELTAIC_ASSIGN_OR_RETURN(const auto tasks, deltaic::PlanScanTasks(snapshot, task_options));
    auto list = std::make_unique<deltaic_task_list>();
    for (const auto& task : tasks) list->tasks.push_back(deltaic::SerializeScanTask(task));
    *out = list.release();
    return Status::Ok();
  });
}

size_t deltaic_task_list_length(const deltaic_task_list* list) {
  return list == nullptr ? 0 : list->tasks.size();
}

const void* deltaic_task_list_bytes(const deltaic_task_list* list, size_t index, size_t* length) {
  if (index >= deltaic_task_list_length(list)) return nullptr;
  if (length != nullptr) *length = list->tasks[index].size();
  return list->tasks[index].data();
}

void deltaic_task_list_free(deltaic_task_list* list) { delete list; }

deltaic_status deltaic_task_open(const void* bytes, size_t length, const deltaic_options* storage,
                                 const deltaic_options* options, deltaic_scan** out,
                                 deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const auto task, deltaic::capi::TaskFromBytes(bytes, length));
    DELTAIC_ASSIGN_OR_RETURN(auto scan_options, deltaic::capi::TaskOpenTable().Read(options));
    scan_options.cancel = deltaic::capi::CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto table,
                             deltaic::capi::TableAt(task.table_uri.c_str(), storage));
    DELTAIC_ASSIGN_OR_RETURN(auto scan,
                             deltaic::OpenScanTask(task, table->store(), std::move(scan_options)));
    *out = deltaic::capi::NewScan(std::move(scan), options);
    return Status::Ok();
  });
}

deltaic_status deltaic_task_json(const void* bytes, size_t length, char** out,
                                 deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const auto task, deltaic::capi::TaskFromBytes(bytes, length));
    *out = deltaic::capi::NewString(deltaic::capi::TaskJson().Format(task));
    return Status::Ok();
  });
}

}  // extern "C"
