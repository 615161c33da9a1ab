// A task as bytes: the format's version, then lines of JSON: a header, and the actions of the log.

#include <utility>

#include "data/read/metadata_column.h"
#include "protocol/actions_json.h"
#include "protocol/scan_task_header.h"
#include "scan/scan_task.h"

namespace deltaic {
namespace {

constexpr char kFormatVersion = 2;

Status ReadActions(std::string_view lines, ScanTask& task) {
  bool has_protocol = false;
  bool has_metadata = false;
  DELTAIC_RETURN_IF_ERROR(
      ParseCommit(lines, "scan task", ActionFilter(), [&](Action&& action) -> Status {
        if (auto* protocol = std::get_if<Protocol>(&action)) {
          if (std::exchange(has_protocol, true)) return Status::Corruption("has two protocols");
          task.protocol = std::move(*protocol);
        } else if (auto* metadata = std::get_if<Metadata>(&action)) {
          if (std::exchange(has_metadata, true)) return Status::Corruption("has two metaData");
          task.metadata = std::move(*metadata);
        } else if (auto* add = std::get_if<Add>(&action)) {
          task.parts.push_back({std::move(*add), {}});
        } else {
          return Status::Corruption("has an action that is no part of one");
        }
        return Status::Ok();
      }));
  if (!has_protocol) return Status::Corruption("has no protocol");
  if (!has_metadata) return Status::Corruption("has no metaData");
  return Status::Ok();
}

Status SetRanges(const std::vector<int64_t>& ranges, ScanTask& task) {
  if (ranges.empty()) return Status::Ok();
  if (ranges.size() != 2 * task.parts.size())
    return Status::Corruption("has ranges that do not fit its files");
  for (size_t i = 0; i < task.parts.size(); ++i) {
    const FileRange range{ranges[2 * i], ranges[2 * i + 1]};
    if (range.begin < 0 || range.end <= range.begin)
      return Status::Corruption("has a range of bytes that is none");
    task.parts[i].range = range;
  }
  return Status::Ok();
}

Result<ScanTask> Parse(std::string_view bytes) {
  if (bytes.empty()) return Status::Corruption("is empty");
  if (bytes.front() != kFormatVersion) {
    return Status::Unsupported(
        "was made by another version of the library; plan and run tasks with the same one");
  }
  bytes.remove_prefix(1);
  const size_t header_end = bytes.find('\n');
  if (header_end == std::string_view::npos) return Status::Corruption("is cut short");
  DELTAIC_ASSIGN_OR_RETURN(ScanTaskHeader header, ParseScanTaskHeader(bytes.substr(0, header_end)));
  ScanTask task;
  task.table_uri = std::move(header.table);
  task.version = header.version;
  task.columns = std::move(header.columns);
  for (const std::string& name : header.metadata_columns) {
    const Result<MetadataColumn> column = ParseMetadataColumn(name);
    if (!column.ok()) return Status::Corruption("has a metadata column that is none: ", name);
    task.metadata_columns.push_back(*column);
  }
  task.predicate = std::move(header.predicate);
  task.now_micros = header.now_micros;
  task.time_zone = std::move(header.time_zone);
  DELTAIC_RETURN_IF_ERROR(ReadActions(bytes.substr(header_end + 1), task));
  DELTAIC_RETURN_IF_ERROR(SetRanges(header.ranges, task));
  return task;
}

}  // namespace

std::string SerializeScanTask(const ScanTask& task) {
  ScanTaskHeader header{task.table_uri, task.version, task.columns};
  for (const MetadataColumn column : task.metadata_columns)
    header.metadata_columns.push_back(MetadataColumnName(column));
  header.predicate = task.predicate;
  header.now_micros = task.now_micros;
  header.time_zone = task.time_zone;
  bool whole = true;
  for (const ScanTask::Part& part : task.parts) {
    whole = whole && part.range == FileRange();
    header.ranges.push_back(part.range.begin);
    header.ranges.push_back(part.range.end);
  }
  if (whole) header.ranges.clear();
  std::string bytes(1, kFormatVersion);
  bytes += FormatScanTaskHeader(header) + '\n';
  bytes += FormatActions({task.protocol, task.metadata});
  for (const ScanTask::Part& part : task.parts) bytes += FormatAction(part.file) + '\n';
  return bytes;
}

Result<ScanTask> ParseScanTask(std::string_view bytes) {
  Result<ScanTask> task = Parse(bytes);
  if (!task.ok()) return task.status().WithContext("scan task");
  return task;
}

}  // namespace deltaic
