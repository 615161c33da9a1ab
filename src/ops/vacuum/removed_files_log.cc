#include "ops/vacuum/removed_files_log.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "ops/vacuum/protected_files.h"
#include "protocol/actions_json.h"
#include "protocol/json.h"
#include "protocol/log_file_name.h"
#include "table/commit_times.h"

namespace deltaic {
namespace {

constexpr const char* kLastVacuum = "_last_vacuum_info";
constexpr const char* kLastVersionKey = "latestCommitVersionOutsideOfRetentionWindow";

/// The version that the last lite vacuum has come to. It is a hint: one that makes no sense is
/// none.
std::optional<Version> ReadLastVacuum(const LogStore& log) {
  const Result<std::string> text = log.Read(kLastVacuum);
  if (!text.ok()) return std::nullopt;
  const size_t key = text->find(Concat('"', kLastVersionKey, '"'));
  if (key == std::string::npos) return std::nullopt;
  const size_t digits = text->find_first_of("0123456789", text->find(':', key));
  if (digits == std::string::npos) return std::nullopt;
  const std::string number =
      text->substr(digits, text->find_first_not_of("0123456789", digits) - digits);
  if (number.size() > 18) return std::nullopt;
  return Version{std::stoll(number)};
}

Status VisitCommit(const Snapshot& table, Version version, bool change_data,
                   const RemovedPathVisitor& visit) {
  const std::string name = CommitFileName(version);
  DELTAIC_ASSIGN_OR_RETURN(const std::string text, table.log()->Read(name));
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<Action> actions, ParseActions(text, name));
  for (const Action& action : actions) {
    std::vector<std::string> paths;
    int64_t size = 0;
    if (const auto* remove = std::get_if<Remove>(&action)) {
      DELTAIC_ASSIGN_OR_RETURN(paths,
                               PathsOf(*table.store(), remove->path, remove->deletion_vector));
      size = remove->size.value_or(0);
    } else if (const auto* cdc = std::get_if<Cdc>(&action); cdc != nullptr && change_data) {
      DELTAIC_ASSIGN_OR_RETURN(paths, PathsOf(*table.store(), cdc->path, std::nullopt));
      size = cdc->size;
    }
    for (std::string& path : paths) {
      DELTAIC_RETURN_IF_ERROR(visit(std::move(path), std::exchange(size, 0)));
    }
  }
  return Status();
}

}  // namespace

Result<RemovedFilesRange> ReadRemovedFiles(const Snapshot& newest, TimestampMs cutoff,
                                           const CancellationToken& cancel,
                                           const RemovedPathVisitor& visit) {
  DELTAIC_ASSIGN_OR_RETURN(const CommitTimeline timeline, CommitTimeline::Load(newest));
  // The timeline begins where versions can be loaded; removes may stand before.
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<TimedCommit> commits,
                           ListTimedCommits(*newest.log(), Version{0}, newest.version()));
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<size_t> end, timeline.LastUntil(cutoff));
  RemovedFilesRange range;
  const std::optional<Version> before = ReadLastVacuum(*newest.log());
  const Version first = before ? before->Next() : Version{0};
  if (!end) return range;
  const Version last = timeline.commits()[*end].version;
  Version expected = first;
  for (const TimedCommit& commit : commits) {
    if (commit.version < first || commit.version > last) continue;
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    if (commit.version != expected) range.is_complete = false;
    expected = commit.version.Next();
    DELTAIC_RETURN_IF_ERROR(VisitCommit(newest, commit.version, /*change_data=*/true, visit));
    range.last = commit.version;
  }
  return range;
}

Status ReadRemovedSince(const Snapshot& newest, TimestampMs since, const CancellationToken& cancel,
                        const RemovedPathVisitor& visit) {
  DELTAIC_ASSIGN_OR_RETURN(const CommitTimeline timeline, CommitTimeline::Load(newest));
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<size_t> begin, timeline.FirstSince(since));
  if (!begin) return Status();
  for (size_t i = *begin; i < timeline.commits().size(); ++i) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_RETURN_IF_ERROR(
        VisitCommit(newest, timeline.commits()[i].version, /*change_data=*/false, visit));
  }
  return Status();
}

Status WriteLastVacuum(LogStore& log, Version last) {
  JsonWriter json;
  json.BeginObject().Key(kLastVersionKey).Int(last.value).EndObject();
  return log.Put(kLastVacuum, json.Take());
}

}  // namespace deltaic
