#include "scan/scan_task.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "capi/error.h"
#include "capi/options.h"
#include "capi/scan.h"
#include "capi/table.h"
#include "data/read/metadata_column.h"
#include "expr/parser.h"
#include "protocol/json.h"

struct deltaic_task_list {
  std::vector<std::string> tasks;
};

namespace deltaic::capi {
namespace {

Result<ScanTaskOptions> ReadTaskOptions(const deltaic_options* given) {
  OptionReader options(given);
  ScanTaskOptions out;
  out.columns = options.List("columns");
  DELTAIC_ASSIGN_OR_RETURN(out.metadata_columns, MetadataColumnsOption(options));
  // Unbound: the text that goes into a task is what the caller wrote.
  if (const auto sql = options.Text("where")) {
    DELTAIC_ASSIGN_OR_RETURN(out.predicate, ParsePredicate(*sql));
  }
  DELTAIC_RETURN_IF_ERROR(options.Int("tasks", 1, &out.max_tasks));
  DELTAIC_RETURN_IF_ERROR(options.Int("target_bytes", 1, &out.target_bytes));
  out.cancel = options.cancel();
  DELTAIC_RETURN_IF_ERROR(options.Finish());
  return out;
}

Result<ScanTask> TaskFromBytes(const void* bytes, size_t length) {
  DELTAIC_RETURN_IF_ERROR(RequireNotNull("bytes", bytes));
  return ParseScanTask({static_cast<const char*>(bytes), length});
}

std::string FormatTask(const ScanTask& task) {
  int64_t bytes = 0;
  for (const ScanTask::Part& part : task.parts) {
    const int64_t size = std::clamp<int64_t>(part.file.size, 0, int64_t{1} << 48);
    bytes += std::max<int64_t>(0, std::min(size, part.range.end) - part.range.begin);
  }
  JsonWriter json;
  json.BeginObject().Key("table").String(task.table_uri);
  json.Key("version").Int(task.version.value).Key("columns").BeginArray();
  for (const std::string& name : task.columns) json.String(name);
  json.EndArray().Key("metadataColumns").BeginArray();
  for (const MetadataColumn column : task.metadata_columns) json.String(MetadataColumnName(column));
  json.EndArray().Key("predicate");
  task.predicate.empty() ? json.Null() : json.String(task.predicate);
  json.Key("numFiles").Int(static_cast<int64_t>(task.parts.size())).Key("bytes").Int(bytes);
  json.EndObject();
  return json.Take();
}

}  // namespace
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
    DELTAIC_ASSIGN_OR_RETURN(const auto task_options, deltaic::capi::ReadTaskOptions(options));
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
    deltaic::capi::OptionReader reader(options);
    deltaic::ScanOptions scan_options;
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::ReadRunOptions(reader, scan_options));
    DELTAIC_RETURN_IF_ERROR(reader.Finish());
    DELTAIC_ASSIGN_OR_RETURN(const auto table,
                             deltaic::capi::TableAt(task.table_uri.c_str(), storage));
    DELTAIC_ASSIGN_OR_RETURN(auto scan,
                             deltaic::OpenScanTask(task, table->store(), std::move(scan_options)));
    *out = new deltaic_scan{
        std::make_shared<deltaic::capi::SharedScan>(std::move(scan), reader.progress())};
    return Status::Ok();
  });
}

deltaic_status deltaic_task_json(const void* bytes, size_t length, char** out,
                                 deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("out", out));
    DELTAIC_ASSIGN_OR_RETURN(const auto task, deltaic::capi::TaskFromBytes(bytes, length));
    *out = deltaic::capi::NewString(deltaic::capi::FormatTask(task));
    return Status::Ok();
  });
}

}  // extern "C"
