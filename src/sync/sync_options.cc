#include "sync/sync_options.h"

#include <algorithm>

namespace deltaic {

Result<std::vector<std::pair<std::string, std::string>>> ParseSyncColumns(
    const std::vector<std::string>& columns) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& column : columns) {
    const size_t equals = column.find('=');
    std::string source = column.substr(0, equals);
    std::string target = equals == std::string::npos ? source : column.substr(equals + 1);
    if (source.empty() || target.empty())
      return Status::InvalidArgument("columns takes SOURCE or SOURCE=TARGET, not ", column);
    out.emplace_back(std::move(source), std::move(target));
  }
  return out;
}

Result<std::vector<std::string>> TargetKey(const SyncOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(const auto columns, ParseSyncColumns(options.columns));
  std::vector<std::string> key;
  for (const std::string& name : options.key) {
    const auto found =
        std::ranges::find_if(columns, [&](const auto& column) { return column.first == name; });
    key.push_back(found == columns.end() ? name : found->second);
  }
  return key;
}

Status CheckSyncOptions(const SyncOptions& options) {
  if (options.into.empty())
    return Status::InvalidArgument("into is missing: the target's table, or the prefix in Redis");
  if (options.key.empty())
    return Status::InvalidArgument("key is missing: the columns that name a row");
  for (const std::string* text : {&options.into, &options.name, &options.soft_delete}) {
    if (text->find('\0') != std::string::npos)
      return Status::InvalidArgument("names must not have a NUL");
  }
  if (options.target == SyncTarget::kRedis && options.mode != SyncMode::kMirror &&
      options.mode != SyncMode::kUpsert) {
    return Status::InvalidArgument("Redis has the modes mirror and upsert, not ",
                                   SyncModeName(options.mode));
  }
  if (!options.soft_delete.empty()) {
    if (options.target == SyncTarget::kRedis)
      return Status::InvalidArgument(
          "Redis has no soft_delete: its keys have no columns of theirs");
    if (options.mode != SyncMode::kMirror)
      return Status::InvalidArgument("soft_delete is for mode mirror: ", SyncModeName(options.mode),
                                     " deletes nothing");
  }
  return Status();
}

std::string_view SyncModeName(SyncMode mode) {
  switch (mode) {
    case SyncMode::kMirror:
      return "mirror";
    case SyncMode::kUpsert:
      return "upsert";
    case SyncMode::kAppend:
      return "append";
    case SyncMode::kUpdate:
      return "update";
  }
  return "";
}

}  // namespace deltaic
